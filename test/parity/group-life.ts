// A group waits for all children, those that children start after the body has ended too.
import { sleep, taskGroup } from "../../src/index.ts"
import type { TaskGroup } from "../../src/index.ts"
import type { Print } from "./print.ts"

export async function main(print: Print): Promise<void> {
  const child = async (name: string, delay: number, group?: TaskGroup): Promise<string> => {
    print(name, "starts")
    await sleep(delay)
    void group?.createTask(() => child(`${name}'s child`, 20))
    print(name, "ends")
    return name
  }
  const tasks = await taskGroup(async (group) => {
    const a = group.createTask(() => child("a", 40))
    const b = group.createTask(() => child("b", 20, group))
    print("body", a.done(), b.done())
    await sleep(0)
    const c = group.createTask(() => child("c", 0))
    print("body ends")
    return [a, b, c]
  })
  print("left", ...tasks.map((task) => task.result()))
  await taskGroup(() => print("empty"))
  print("left")
}
