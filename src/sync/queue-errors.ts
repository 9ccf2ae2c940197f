// What a queue throws: empty and full are moments, shut down is for good.
//
// The first two come from the twins that do not wait; the third ends consumers, and iteration over
// a queue turns it into its end. They have no common class: nobody catches them together.

/** Nothing is in the queue right now; from `getNowait()`. */
export class QueueEmptyError extends Error {
  override readonly name = "QueueEmptyError"
  readonly code = "E_SYNC_QUEUE_EMPTY"
}

/** No room is in the queue right now; from `putNowait()`. */
export class QueueFullError extends Error {
  override readonly name = "QueueFullError"
  readonly code = "E_SYNC_QUEUE_FULL"
}

/** The queue was shut down: no item will come, and none is taken in. */
export class QueueShutDownError extends Error {
  override readonly name = "QueueShutDownError"
  readonly code = "E_SYNC_QUEUE_SHUT_DOWN"
}
