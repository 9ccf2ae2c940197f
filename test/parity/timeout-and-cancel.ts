// A cancel from outside beats the limit it meets on the way out, and a limit inside cleanup still works.
import {
  TimeoutError,
  createTask,
  currentTask,
  joinOnly,
  rethrowCancelled,
  sleep,
  timeout,
} from "../../src/index.ts"
import type { Print } from "./print.ts"

export async function main(print: Print): Promise<void> {
  const limited = async (): Promise<void> => {
    let hasExpired = (): boolean => false
    try {
      await timeout(20, async (scope) => {
        hasExpired = () => scope.expired()
        try {
          await sleep(10_000)
        } finally {
          print("unwinds", scope.expired())
        }
      })
    } catch (error) {
      if (error instanceof TimeoutError) print("not reached")
      throw error
    } finally {
      print("leaves", hasExpired())
    }
  }
  const cleansUp = async (): Promise<void> => {
    try {
      await sleep(10_000)
    } finally {
      try {
        await timeout(20, () => sleep(10_000))
      } catch (error) {
        rethrowCancelled(error)
        if (error instanceof TimeoutError) print("cleanup timed out", currentTask()?.cancelling())
      }
    }
  }
  const first = createTask(limited)
  await sleep(0)
  first.cancel()
  await joinOnly(first).catch(() => {})
  print(first.cancelled())
  const second = createTask(cleansUp)
  await sleep(0)
  second.cancel()
  await joinOnly(second).catch(() => {})
  print(second.cancelled())
  const third = createTask(cleansUp)
  await sleep(0)
  third.cancel()
  await sleep(0)
  third.cancel()
  await joinOnly(third).catch(() => {})
  print("told twice", third.cancelled(), third.cancelling())
}
