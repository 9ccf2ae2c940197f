// Cleanup runs from the inside out; an error in a finally replaces the one on its way, and may become none.
import { createTask, sleep } from "../../src/index.ts"
import type { Print } from "./print.ts"

export async function main(print: Print): Promise<void> {
  const inner = async (): Promise<void> => {
    try {
      await sleep(10_000)
    } catch {
      print("inner finally")
      await sleep(0)
      throw new Error("from inner")
    }
  }
  const middle = async (): Promise<void> => {
    try {
      await inner()
    } catch (error) {
      print("middle caught", error)
      throw new Error("from middle")
    } finally {
      print("middle finally")
      await sleep(0)
    }
  }
  const outer = async (): Promise<string> => {
    try {
      await middle()
    } catch (error) {
      print("outer caught", error)
    } finally {
      print("outer finally")
    }
    await sleep(0)
    return "recovered"
  }
  const task = createTask(outer)
  const other = createTask(middle)
  await sleep(0)
  task.cancel()
  other.cancel()
  print(await task, task.cancelled())
  try {
    await other
  } catch (error) {
    print("other", error, other.cancelled())
  }
}
