// A cancel of the waiter reaches the work and is not lost, even when the work is done in that very turn.
import { Future, createTask, isCancelled, sleep, wait, waitFor } from "../../src/index.ts"
import type { Work } from "../../src/index.ts"
import type { Print } from "./print.ts"

export async function main(print: Print): Promise<void> {
  const work = async (): Promise<void> => {
    try {
      await sleep(10_000)
    } finally {
      await sleep(20)
      print("work clean")
    }
  }
  const parent = async (inner: Work<unknown>): Promise<void> => {
    try {
      print("value", await waitFor(inner, 5000))
      await sleep(0)
      print("not reached")
    } catch (error) {
      if (isCancelled(error)) print("parent told", error.reason ?? "")
      throw error
    }
  }
  const first = createTask(() => parent(work))
  await sleep(10)
  first.cancel("by us")
  await wait([first])
  print(first.cancelled())
  const done = new Future<string>()
  const second = createTask(() => parent(done))
  await sleep(10)
  done.setResult("done")
  second.cancel()
  await wait([second])
  print(second.cancelled(), done.result())
  const gone = new Future<string>()
  const third = createTask(() => parent(gone))
  await sleep(10)
  gone.cancel("by others")
  await wait([third])
  print(third.cancelled(), third.cancelling())
}
