// A task that cancels itself is told at its next wait, or ends cancelled without one.
import { createTask, currentTask, isCancelled, sleep } from "../../src/index.ts"
import type { Print } from "./print.ts"

export async function main(print: Print): Promise<void> {
  const waits = async (): Promise<void> => {
    currentTask()?.cancel()
    print("waits goes on")
    try {
      await sleep(0)
      print("not reached")
    } catch (error) {
      print("waits is told")
      throw error
    }
  }
  const returns = async (): Promise<string> => {
    currentTask()?.cancel()
    print("returns goes on")
    return "dropped"
  }
  const throws = async (): Promise<void> => {
    currentTask()?.cancel()
    throw new Error("kept")
  }
  const nested = async (): Promise<void> => {
    const noWait = async (): Promise<string> => "n"
    currentTask()?.cancel()
    print("nested", await noWait(), await noWait())
    await sleep(0)
    print("not reached")
  }
  for (const work of [waits, returns, throws, nested]) {
    const task = createTask<unknown>(work)
    try {
      print("value", await task)
    } catch (error) {
      if (isCancelled(error)) print(work.name, "cancelled", task.cancelled())
      else print(work.name, "failed", error, task.cancelled())
    }
  }
}
