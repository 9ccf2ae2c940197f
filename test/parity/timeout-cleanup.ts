// Cleanup that throws beats the limit, cleanup that swallows ends it, cleanup that waits is waited for.
import { TimeoutError, currentTask, rethrowCancelled, sleep, timeout } from "../../src/index.ts"
import type { Print } from "./print.ts"

export async function main(print: Print): Promise<void> {
  const throws = async (): Promise<void> => {
    try {
      await sleep(10_000)
    } catch {
      throw new Error("cleanup")
    }
  }
  const swallows = async (): Promise<void> => {
    try {
      await sleep(10_000)
    } catch {
      print("swallowed")
    }
  }
  const waits = async (): Promise<void> => {
    try {
      await sleep(10_000)
    } finally {
      await sleep(20)
      print("clean")
    }
  }
  const fails = async (): Promise<void> => {
    await sleep(0)
    throw new Error("unrelated")
  }
  for (const work of [throws, swallows, waits, fails]) {
    let hasExpired = (): boolean => false
    try {
      await timeout(20, async (scope) => {
        hasExpired = () => scope.expired()
        await work()
      })
      print(work.name, "ended", hasExpired())
    } catch (error) {
      rethrowCancelled(error)
      if (error instanceof TimeoutError) print(work.name, "timed out", hasExpired())
      else print(work.name, "failed", error, hasExpired())
    }
    await sleep(0)
    print("counts", currentTask()?.cancelling())
  }
}
