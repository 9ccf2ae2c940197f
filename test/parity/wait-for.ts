// wait_for cancels what takes too long and waits for its cleanup; what the cleanup throws or gives wins.
import {
  CancelledError,
  Future,
  TimeoutError,
  createTask,
  currentTask,
  shield,
  sleep,
  waitFor,
} from "../../src/index.ts"
import type { Print } from "./print.ts"

export async function main(print: Print): Promise<void> {
  const work = async (name: string, cleanup: () => string): Promise<string> => {
    try {
      return await sleep(10_000, "not reached")
    } catch {
      print(name, "told")
      await sleep(30)
      print(name, "clean")
      return cleanup()
    }
  }
  const cleanups = {
    passes_on: (): string => {
      throw new CancelledError()
    },
    throws: (): string => {
      throw new Error("cleanup")
    },
    swallows: (): string => "a value after all",
  }
  for (const [name, cleanup] of Object.entries(cleanups)) {
    try {
      print("value", await waitFor(() => work(name, cleanup), 20))
    } catch (error) {
      if (error instanceof TimeoutError) print("timed out", (error.cause as Error).name)
      else print("failed", error)
    }
    print("counts", currentTask()?.cancelling())
  }
  print(await waitFor(() => sleep(10, "in time"), 1000))
  print(await waitFor(() => sleep(10, "no limit"), null))
  const task = createTask(() => sleep(40, "kept"))
  try {
    await waitFor(shield(task), 20)
  } catch (error) {
    if (error instanceof TimeoutError) print("shielded", task.done())
  }
  print(await task)
  const future = new Future<string>()
  future.setResult("there")
  print(await waitFor(future, 0))
}
