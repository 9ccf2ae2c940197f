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
export type { RateLimiterOptions, RateLimiterStatistics } from "./rate-limiter.ts"
export { RateLimiter } from "./rate-limiter.ts"
export type { Cost } from "./rate-permit.ts"
export { RatePermit } from "./rate-permit.ts"
export type { SemaphoreStatistics } from "./semaphore.ts"
export { Semaphore } from "./semaphore.ts"
export type { Budget } from "./token-bucket.ts"
