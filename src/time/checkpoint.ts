// Giving way in a long computation.
//
// A task that computes without waiting holds everybody up. `checkpoint()` costs one look at the
// clock while the time slice lasts and one turn of the event loop when it is used up (T4).
import { isSliceUsed } from "../core/lowlevel.ts"
import { sleep } from "./sleep.ts"

const stillMine = Promise.resolve()

/**
 * Gives the others a turn if the running task has had the thread for long enough (10 ms).
 *
 * A bus stop on request: nobody gets on, the bus drives through. Call it in each round of a long
 * loop; for a computation of seconds, send the work to an executor instead.
 *
 * **Cancellation.** Delivers a request when it gives way, and only then.
 *
 * @throws {CancelledError} If the current task was cancelled and it gives way.
 *
 * @example In a loop
 * ```ts
 * let sum = 0
 * for (let i = 0; i < 1000; i += 1) {
 *   sum += i
 *   await checkpoint()
 * }
 * sum // => 499500
 * ```
 */
export function checkpoint(): Promise<void> {
  return isSliceUsed() ? sleep(0) : stillMine
}
