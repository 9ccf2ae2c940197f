// What a barrier throws at those who wait when the round will not be completed.
//
// It is not a CancelledError: the waiter itself was not cancelled, and may come again after a
// reset.

/** The barrier was broken or reset while, or before, a task waited at it. */
export class BrokenBarrierError extends Error {
  override readonly name = "BrokenBarrierError"
  readonly code = "E_SYNC_BROKEN_BARRIER"
}
