// A body that awaits the failing child is interrupted, and the error stands in the group error once.
import { TaskGroupError, currentTask, sleep, taskGroup } from "../../src/index.ts"
import type { Print } from "./print.ts"

export async function main(print: Print): Promise<void> {
  const fails = async (): Promise<void> => {
    await sleep(0)
    throw new Error("boom")
  }
  const messages = (error: unknown): unknown =>
    error instanceof TaskGroupError ? error.errors.map((one) => (one as Error).message) : error
  try {
    await taskGroup(async (group) => {
      const child = group.createTask(fails)
      try {
        await child
      } finally {
        print("body leaves")
      }
    })
  } catch (error) {
    print(messages(error))
  }
  try {
    await taskGroup(async (group) => {
      const child = group.createTask(fails)
      try {
        await child
      } catch {
        print("caught")
      }
      print("went on")
    })
  } catch (error) {
    print(messages(error))
  }
  await sleep(0)
  print(currentTask()?.cancelling())
}
