// Waiting for a time of the clock.
//
// The clock is the running loop's: monotonic milliseconds, as `loop.time()` gives them, not the date.
import type { WaitOptions } from "../core/lowlevel.ts"
import { clock } from "../core/lowlevel.ts"
import { sleep } from "./sleep.ts"

/**
 * Parks the running task until a time of the clock.
 *
 * An appointment. For a span from now use {@link sleep}; for ticks, {@link every}.
 *
 * **Cancellation.** Safe: the timer is taken back.
 *
 * @param time - Time of the loop's clock in milliseconds; one in the past gives one turn to the others.
 * @param options.signal - Ends the sleep with `signal.reason` when it aborts. @default none
 * @throws {RangeError} If `time` is NaN.
 *
 * @example A time that has passed
 * ```ts
 * await sleepUntil(0) // => undefined
 * ```
 */
export function sleepUntil(time: number, options?: WaitOptions): Promise<void> {
  return sleep(time - clock.now(), undefined, options)
}
