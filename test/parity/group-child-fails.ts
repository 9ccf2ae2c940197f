// A child that fails cancels body and siblings; what they throw on the way out comes after it, in order.
import { TaskGroupError, currentTask, sleep, taskGroup } from "../../src/index.ts"
import type { Task } from "../../src/index.ts"
import type { Print } from "./print.ts"

export async function main(print: Print): Promise<void> {
  const sibling = async (name: string, replacement: Error): Promise<void> => {
    try {
      await sleep(10_000)
    } catch {
      print(name, "told")
      await sleep(20)
      print(name, "clean")
      throw replacement
    }
  }
  const fails = async (): Promise<void> => {
    await sleep(20)
    print("fails")
    throw new Error("first")
  }
  const tasks: Task<void>[] = []
  try {
    await taskGroup(async (group) => {
      tasks.push(group.createTask(() => sibling("b", new Error("second"))))
      tasks.push(group.createTask(fails))
      try {
        await sleep(10_000)
      } catch {
        print("body told")
        throw new Error("body")
      }
    })
  } catch (error) {
    if (error instanceof TaskGroupError) print(error.errors.map((one) => (one as Error).message))
  }
  print(...tasks.map((task) => task.cancelled()))
  print(currentTask()?.cancelling())
  await sleep(0)
  print("not interrupted")
}
