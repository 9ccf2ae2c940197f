// Rounds of a barrier do not mix; a waiter that is cancelled leaves its round, reset and abort send all away.
import { Barrier, BrokenBarrierError, createTask, gather, rethrowCancelled, sleep } from "../../src/index.ts"
import type { Print } from "./print.ts"

export async function main(print: Print): Promise<void> {
  const barrier = new Barrier(3)
  const attempt = async (name: string): Promise<void> => {
    try {
      await barrier.wait()
      print(name, "through")
    } catch (error) {
      if (error instanceof BrokenBarrierError) print(name, "broken")
      else print(name, "cancelled")
      rethrowCancelled(error)
    }
  }
  const first = ["a", "b"].map((name) => createTask(() => attempt(name)))
  const gone = createTask(() => attempt("gone"))
  gone.cancel()
  await sleep(0)
  print(barrier.parties, barrier.waiting, barrier.broken)
  await barrier.wait()
  await gather(first)
  print("waiting", barrier.waiting)
  const cancelled = createTask(() => attempt("cancelled"))
  const others = [createTask(() => attempt("c"))]
  await sleep(10)
  cancelled.cancel()
  await sleep(10)
  print("left", barrier.waiting, barrier.broken)
  others.push(...["d", "e"].map((name) => createTask(() => attempt(name))))
  await gather(others)
  const waiting = ["f", "g"].map((name) => createTask(() => attempt(name)))
  await sleep(10)
  barrier.reset()
  await gather(waiting)
  print(barrier.broken)
  const last = ["h", "i"].map((name) => createTask(() => attempt(name)))
  await sleep(10)
  barrier.abort()
  await gather([...last, () => attempt("late")])
  print(barrier.broken)
}
