// What a barrier throws at those who wait when their round will not be completed.
//
// It is not a CancelledError: the waiter itself was not cancelled, and may come again after a reset. What must stay
// true: whoever waited in a round that cannot be complete any more gets it, and nobody else.

import { brand } from "../core/lowlevel.ts"

/**
 * The barrier was broken, or reset while the task waited.
 *
 * Differs from {@link CancelledError}: the barrier ended the wait, not a request to the task. After
 * `reset()` the task may come again.
 *
 * @example A round that is called off
 * ```ts
 * const barrier = new Barrier(2)
 * const waiter = createTask(() => barrier.wait())
 * await sleep(0)
 * barrier.reset()
 * await joinOnly(waiter).catch((error) => error.code) // => "E_SYNC_BROKEN_BARRIER"
 * ```
 */
export class BrokenBarrierError extends Error {
  /** Constant that tells this class across copies of the package. */
  readonly code = "E_SYNC_BROKEN_BARRIER"
}
brand(BrokenBarrierError, "BrokenBarrierError")
