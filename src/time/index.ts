/**
 * Waiting for time, and limits on it.
 *
 * Read sleep, checkpoint, timeout.
 *
 * @module
 */
export { checkpoint } from "./checkpoint.ts"
export { sleep } from "./sleep.ts"
export type { MoveOn } from "./timeout.ts"
export { TimeoutScope, moveOnAfter, timeout } from "./timeout.ts"
