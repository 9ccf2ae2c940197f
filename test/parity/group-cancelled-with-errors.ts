// Errors of the children's cleanup beat the request from outside, which comes again at the next wait.
import { TaskGroupError, createTask, currentTask, sleep, taskGroup } from "../../src/index.ts"
import type { Print } from "./print.ts"

export async function main(print: Print): Promise<void> {
  const child = async (name: string): Promise<void> => {
    try {
      await sleep(10_000)
    } catch {
      throw new Error(name)
    }
  }
  const task = createTask(async () => {
    try {
      await taskGroup(async (group) => {
        void group.createTask(() => child("a"))
        void group.createTask(() => child("b"))
      })
    } catch (error) {
      if (error instanceof TaskGroupError) print(error.errors.map((one) => (one as Error).message).sort())
    }
    print("no wait yet", currentTask()?.cancelling())
    await sleep(0)
    print("not reached")
  })
  await sleep(10)
  task.cancel()
  try {
    await task
  } catch {
    print("cancelled", task.cancelled())
  }
}
