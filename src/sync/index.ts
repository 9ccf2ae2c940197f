/**
 * What tasks wait in line for: permits, items, a place under a rate.
 *
 * Read permit, semaphore, queue, rate-limiter. Each has `statistics()`, serves in order of arrival,
 * and loses nothing when a waiter is cancelled.
 *
 * @module
 */
export { Permit } from "./permit.ts"
export type { QueueStatistics } from "./queue.ts"
export { Queue } from "./queue.ts"
export { QueueEmptyError, QueueFullError, QueueShutDownError } from "./queue-errors.ts"
export type { Budget, Cost, RateLimiterOptions, RateLimiterStatistics } from "./rate-limiter.ts"
export { RateLimiter, RatePermit } from "./rate-limiter.ts"
export type { SemaphoreStatistics } from "./semaphore.ts"
export { Semaphore } from "./semaphore.ts"
