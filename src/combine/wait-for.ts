// One work with a time limit.
//
// The work is a task of its own, or a future that exists: when the time is over it is cancelled and
// waited for, and what it comes to decides. Only if it ends as cancelled is that a TimeoutError.
import { TimeoutError, isCancelled } from "../core/index.ts"
import type { Work } from "../core/lowlevel.ts"
import { expectWork, spawnWork } from "../core/lowlevel.ts"
import { timeout } from "../time/index.ts"
import { joinOnly } from "./join-only.ts"

/**
 * Waits for one work, at most `ms` milliseconds.
 *
 * A train that waits for one passenger. For a block of code prefer {@link timeout}, which needs no
 * task; to give up without cancelling the work, `waitFor(shield(work), ms)`.
 *
 * **Cancellation.** Cancels the work and waits for its end.
 *
 * @param work - A function, a task or a future. A bare promise is refused.
 * @param ms - The limit in milliseconds; null for none. With zero or less only what is done counts.
 * @returns What the work gives, also if it does so while it is being cancelled.
 * @throws {TimeoutError} If the time was over and the work ended as cancelled.
 * @throws {TypeError} If `work` is a promise: it could not be cancelled and would stay in line.
 *
 * @example An empty queue
 * ```ts
 * const queue = new Queue<string>()
 * const error = await waitFor(() => queue.get(), 10).catch((error) => error)
 * error.name // => "TimeoutError"
 * ```
 */
export async function waitFor<T>(work: Work<T>, ms: number | null): Promise<T> {
  expectWork(work)
  if (ms === null || ms > 0 || Number.isNaN(ms)) {
    const future = spawnWork(work)
    return timeout(ms, async () => future)
  }
  if (typeof work === "function") throw new TimeoutError(`Timed out after ${ms} ms`)
  if (work.done()) return work.result()
  work.cancel("its time was over")
  try {
    return await joinOnly(work)
  } catch (error) {
    if (isCancelled(error) && work.cancelled()) throw new TimeoutError(`Timed out after ${ms} ms`, { cause: error })
    throw error
  }
}
