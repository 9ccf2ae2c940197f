// The caller of a shield leaves at once; the work inside runs on and keeps its value.
import { createTask, gather, shield, sleep } from "../../src/index.ts"
import type { Task } from "../../src/index.ts"
import type { Print } from "./print.ts"

export async function main(print: Print): Promise<void> {
  const work = async (name: string): Promise<string> => {
    print(name, "starts")
    await sleep(40)
    print(name, "ends")
    return name
  }
  const caller = async (inner: Task<string>): Promise<void> => {
    try {
      print("value", await shield(inner))
    } catch (error) {
      print("caller told", inner.done())
      throw error
    }
  }
  const inner = createTask(() => work("inner"))
  const task = createTask(() => caller(inner))
  const other = createTask(() => caller(inner))
  await sleep(20)
  print(task.cancel())
  await sleep(0)
  print(task.cancelled(), inner.done())
  await other
  print(await inner, await shield(inner))
  const outer = shield(() => sleep(20, "slept"))
  print(outer.cancel(), outer.cancelled())
  const both = gather([shield(inner), shield(createTask(() => work("late")))])
  await sleep(0)
  print(both.cancel())
  try {
    await both
  } catch {
    print("gather cancelled")
  }
  await sleep(60)
}
