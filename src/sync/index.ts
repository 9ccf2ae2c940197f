/**
 * What tasks wait in line for: permits, items, a place under a rate, a thing of a pool, each other.
 *
 * Read permit, lock, semaphore, event, condition, barrier, queue, rate-limiter, pool. Each has
 * `statistics()`, serves in order of arrival, and loses nothing when a waiter is cancelled.
 *
 * @module
 */
export type { BarrierStatistics } from "./barrier.ts"
export { Barrier } from "./barrier.ts"
export { BoundedSemaphore } from "./bounded-semaphore.ts"
export { BrokenBarrierError } from "./broken-barrier-error.ts"
export type { BorrowOptions, CapacityStatistics } from "./capacity-limiter.ts"
export { CapacityLimiter } from "./capacity-limiter.ts"
export type { ConditionStatistics } from "./condition.ts"
export { Condition } from "./condition.ts"
export type { EventStatistics } from "./event.ts"
export { Event } from "./event.ts"
export { LifoQueue } from "./lifo-queue.ts"
export { LockPermit } from "./lock-permit.ts"
export type { LockStatistics } from "./lock.ts"
export { Lock } from "./lock.ts"
export { once } from "./once.ts"
export { Permit } from "./permit.ts"
export { PoolLease } from "./pool-lease.ts"
export type { PoolOptions } from "./pool-options.ts"
export type { PoolStatistics } from "./pool.ts"
export { Pool } from "./pool.ts"
export { PriorityQueue } from "./priority-queue.ts"
export type { QueueStatistics } from "./queue.ts"
export { Queue } from "./queue.ts"
export { QueueEmptyError, QueueFullError, QueueShutDownError } from "./queue-errors.ts"
export type { BudgetUpdate, RateHold, RateLimiterOptions, RateLimiterStatistics } from "./rate-limiter.ts"
export { RateLimiter } from "./rate-limiter.ts"
export type { Cost } from "./rate-permit.ts"
export { RatePermit } from "./rate-permit.ts"
export { RateSlots } from "./rate-slots.ts"
export type { SemaphoreStatistics } from "./semaphore.ts"
export { Semaphore } from "./semaphore.ts"
export type { Budget } from "./token-bucket.ts"
