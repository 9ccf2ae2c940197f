// What a queue throws: empty and full are moments, shut down is for good.
//
// The first two come from the twins that do not wait; the third ends consumers, and iteration over
// a queue turns it into its end. They have no common class: nobody catches them together. Each has
// a brand by `Symbol.for`, so that two copies of the package in one process know each other's.

import { brand } from "../core/lowlevel.ts"

/**
 * Nothing is in the queue right now; from `getNowait()`.
 *
 * Differs from {@link QueueShutDownError}: something may come later.
 */
export class QueueEmptyError extends Error {
  /** Constant that tells this class across copies of the package. */
  readonly code = "E_SYNC_QUEUE_EMPTY"
}
brand(QueueEmptyError, "QueueEmptyError")

/**
 * No room is in the queue right now; from `putNowait()`.
 *
 * Differs from {@link QueueShutDownError}: there may be room later.
 */
export class QueueFullError extends Error {
  /** Constant that tells this class across copies of the package. */
  readonly code = "E_SYNC_QUEUE_FULL"
}
brand(QueueFullError, "QueueFullError")

/** The queue was shut down: no item will come, and none is taken in. */
export class QueueShutDownError extends Error {
  /** Constant that tells this class across copies of the package. */
  readonly code = "E_SYNC_QUEUE_SHUT_DOWN"
}
brand(QueueShutDownError, "QueueShutDownError")

/** What a put throws once the queue was shut down. */
export function noMorePuts(): QueueShutDownError {
  return new QueueShutDownError("Cannot put into queue: it was shut down")
}

/** What a get throws once the queue was shut down and is empty. */
export function noMoreItems(): QueueShutDownError {
  return new QueueShutDownError("Cannot get from queue: it was shut down and is empty")
}
