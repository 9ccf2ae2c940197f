/**
 * Waiting for time, and limits on it.
 *
 * Read sleep, sleep-until, checkpoint, timeout, timeout-at, every.
 *
 * @module
 */
export { checkpoint } from "./checkpoint.ts"
export type { EveryOptions } from "./every.ts"
export { every } from "./every.ts"
export { sleep } from "./sleep.ts"
export { sleepUntil } from "./sleep-until.ts"
export type { MoveOn, TimeoutOptions } from "./timeout.ts"
export { TimeoutScope, moveOnAfter, timeout } from "./timeout.ts"
export { timeoutAt } from "./timeout-at.ts"
