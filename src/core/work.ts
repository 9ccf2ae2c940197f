// What may be handed over as work: a function, a task or a future (P5).
//
// A bare promise is refused with advice: it runs already, nobody can cancel it, and a limit around
// it leaves it in line (`waitFor(queue.get(), 10)` would swallow the next item).
import { Future } from "./future.ts"

/** Something that can be run or awaited: a function, a task or a future. */
export type Work<T> = (() => T | PromiseLike<T>) | Future<T>

/** The function of `work`, or `work` itself if it is a future; refuses everything else. */
export function expectWork<T>(work: Work<T>): Work<T> {
  if (work instanceof Future) return work
  expectFunction(work)
  return work
}

/** Refuses what is no function, with advice for a promise. */
export function expectFunction(work: unknown): void {
  if (typeof work === "function") return
  if (typeof work === "object" && work !== null && "then" in work) {
    throw new TypeError(
      "Expected a function, got a promise: pass `() => …`, or `() => cancellable(promise)` for a promise that exists",
    )
  }
  throw new TypeError(`Expected a function, got \`${String(work)}\` (${typeof work})`)
}
