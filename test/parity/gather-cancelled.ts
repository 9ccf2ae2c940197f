// Cancelling a task that awaits a gather tells every child, nested ones too, before the task itself.
import { createTask, gather, sleep } from "../../src/index.ts"
import type { Print } from "./print.ts"

export async function main(print: Print): Promise<void> {
  const work = async (name: string): Promise<void> => {
    try {
      await sleep(10_000)
    } catch (error) {
      print(name, "told")
      throw error
    }
  }
  const task = createTask(async () => {
    try {
      await gather([() => work("a"), gather([() => work("b"), () => work("c")]), () => work("d")])
    } catch (error) {
      print("parent told")
      throw error
    }
  })
  await sleep(10)
  print(task.cancel())
  try {
    await task
  } catch {
    print("parent cancelled", task.cancelled())
  }
}
