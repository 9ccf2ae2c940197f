// Waiting for a time of the clock.
//
// The clock is the running loop's: monotonic milliseconds, as `loop.time()` gives them, not the date.
// A difference is rounded and so is the sum that the sleep makes of it, hence the second look.
import type { WaitOptions } from "../core/lowlevel.ts"
import { clock, refusedTime } from "../core/lowlevel.ts"
import { sleep } from "./sleep.ts"

/**
 * Parks the running task until a time of the clock.
 *
 * An appointment. For a span from now use {@link sleep}; for ticks, {@link every}; for a limit,
 * {@link timeoutAt}.
 *
 * **Cancellation.** Safe: the timer is taken back.
 *
 * @param time - Time of the loop's clock in milliseconds; one in the past gives one turn to the others.
 * @param options.signal - Ends the sleep with `signal.reason` when it aborts. @default none
 * @param options.timeout - Milliseconds after which the sleep throws a TimeoutError. @default no limit
 * @returns Nothing, not earlier than `time`.
 * @throws {RangeError} If `time` is NaN.
 * @throws {TypeError} If `time` is no number.
 * @throws {CancelledError} If the current task is cancelled while it sleeps.
 *
 * @example A time that has passed
 * ```ts
 * await sleepUntil(0) // => undefined
 * ```
 */
export async function sleepUntil(time: number, options?: WaitOptions): Promise<void> {
  await (refusedTime("time", time) ?? sleep(time - clock.now(), undefined, options))
  while (clock.now() < time) await sleep(time - clock.now(), undefined, options)
}
