// Many tasks await one: all get its value in the order in which they came; late ones do not wait at all.
import { createTask, sleep } from "../../src/index.ts"
import type { Task } from "../../src/index.ts"
import type { Print } from "./print.ts"

export async function main(print: Print): Promise<void> {
  const waiter = async (name: string, task: Task<string>): Promise<void> => {
    print(name, await task)
  }
  const late = async (task: Task<string>): Promise<void> => {
    const value = await task
    print("late", value, "before anybody else")
  }
  const task = createTask(async () => {
    await sleep(20)
    print("work ends")
    return "v"
  })
  const waiters = ["a", "b", "c"].map((name) => createTask(() => waiter(name, task)))
  await sleep(40)
  const other = createTask(() => waiter("other", task))
  await late(task)
  await other
  print(waiters.map((one) => one.done()))
}
