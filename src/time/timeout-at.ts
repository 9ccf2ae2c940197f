// A time limit that stands at a time of the clock, not at a distance from now.
//
// asyncio's `timeout_at`: several blocks, one after the other, under one deadline. It is `timeout`
// without a limit, moved to that time before its body begins.
import { misuse } from "../base/misuse.ts"
import { expectFunction } from "../core/lowlevel.ts"
import type { TimeoutOptions, TimeoutScope } from "./timeout.ts"
import { timeout } from "./timeout.ts"

/**
 * Runs a block that must end by a time of the clock.
 *
 * A shop that closes at six, whenever you came in. For a limit from now use {@link timeout}. The
 * clock is the loop's: the time of an outer limit comes from its `scope.when()`.
 *
 * **Cancellation.** A request from above passes through and beats the limit.
 *
 * @param time - Time of the loop's clock in milliseconds, not the date; null for no limit. One in
 * the past ends the block at its first wait.
 * @param body - The work; runs at once, in the current task, and gets the handle of the limit.
 * @param options - As for {@link timeout}.
 * @returns What the body gives.
 * @throws {TimeoutError} If the limit ran out; its `cause` is the CancelledError that ended the body.
 * @throws {RangeError} If `time` is NaN.
 * @throws {TypeError} If `time` is no number, or `body` no function.
 *
 * @example Half of the time for a first try
 * ```ts
 * const result = await timeout(20, async (outer) => {
 *   const half = (outer.when() ?? 0) - 10
 *   return await timeoutAt(half, () => sleep(15, "in time")).catch(() => "second try")
 * })
 * result // => "second try"
 * ```
 */
export async function timeoutAt<T>(
  time: number | null,
  body: (scope: TimeoutScope) => T | PromiseLike<T>,
  options: TimeoutOptions = {},
): Promise<T> {
  if (time !== null && (typeof time !== "number" || Number.isNaN(time))) {
    throw misuse("time", "a time in milliseconds or null", time)
  }
  expectFunction(body)
  return timeout(
    null,
    (scope) => {
      scope.reschedule(time)
      return body(scope)
    },
    options,
  )
}
