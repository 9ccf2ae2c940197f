// Doing it again when it failed.
//
// One owner of attempts: whoever calls `retry` counts, nobody inside does. A CancelledError is
// never retried, and the wait between attempts ends at once when the caller is cancelled. Each
// attempt is a block, so a request that an attempt turned into another error is not lost: it comes
// at the wait that follows (C3). The last error itself is thrown; `attemptsOf(error)` tells how
// often it was tried.
import { isCancelled } from "../core/index.ts"
import type { WaitOptions } from "../core/lowlevel.ts"
import { expectFunction, openBlock, runBlock } from "../core/lowlevel.ts"
import { sleep } from "../time/index.ts"
import type { BackoffOptions } from "./backoff.ts"
import { backoff } from "./backoff.ts"

/** When and how often to try again. */
export interface RetryPolicy extends Omit<BackoffOptions, "delay">, Pick<WaitOptions, "signal"> {
  /** Most attempts, the first included. At least 1. */
  readonly attempts: number
  /** Step after the first attempt in milliseconds, or a function that gives the whole delay. */
  readonly delay: number | ((error: unknown, attempt: number) => number)
  /** Whether to try again after `error` of attempt number `attempt`. @default always */
  readonly when?: ((error: unknown, attempt: number) => boolean) | undefined
}

const owner = { describe: (): string => "an attempt" }

const attemptsByError = new WeakMap<object, number>()

/** How often {@link retry} had tried when it threw `error`; undefined for other errors. */
export function attemptsOf(error: unknown): number | undefined {
  return typeof error === "object" && error !== null ? attemptsByError.get(error) : undefined
}

/**
 * Calls `fn` until it succeeds, with growing delays in between.
 *
 * Knocking again, a little later each time. The delays are exponential with full jitter; a function
 * as `delay` decides alone, for example by a `Retry-After` header.
 *
 * **Cancellation.** Ends the attempt or the wait between two; a cancelled attempt is never retried.
 * **Pitfall.** Retries inside retries multiply: turn off those of the client you call.
 *
 * @param fn - One attempt; gets its number, from 1 up.
 * @param policy.attempts - Most attempts, the first included.
 * @param policy.delay - Step after the first attempt in milliseconds, or a function of error and attempt.
 * @param policy.factor - What each further step is multiplied by. @default 2
 * @param policy.maxDelay - Longest step in milliseconds. @default no bound
 * @param policy.jitter - Draw evenly between zero and the step. @default true
 * @param policy.when - Whether to try again after this error. @default always
 * @param policy.signal - Ends the wait between attempts with `signal.reason`. @default none
 * @returns What the first successful attempt gives.
 * @throws The last error itself; {@link attemptsOf} tells the number of attempts.
 * @throws {RangeError} If `attempts` is no integer from 1 up.
 *
 * @example The third attempt succeeds
 * ```ts
 * const result = await retry(
 *   async (attempt) => {
 *     if (attempt < 3) throw new Error("not yet")
 *     return attempt
 *   },
 *   { attempts: 5, delay: 10 },
 * )
 * result // => 3
 * ```
 */
export async function retry<T>(fn: (attempt: number) => T | PromiseLike<T>, policy: RetryPolicy): Promise<T> {
  expectFunction(fn)
  const { attempts, delay, when } = policy
  if (attempts !== Infinity && (!Number.isInteger(attempts) || attempts < 1)) {
    throw new RangeError(`Expected \`attempts\` to be an integer from 1 up, got \`${String(attempts)}\` (${typeof attempts})`)
  }
  for (let attempt = 1; ; attempt += 1) {
    try {
      const end = await runBlock(openBlock(owner, false), fn, attempt)
      if (!end.absorbed) return end.value
      throw end.error
    } catch (error) {
      if (isCancelled(error)) throw error
      if (attempt >= attempts || when?.(error, attempt) === false) {
        if (typeof error === "object" && error !== null) attemptsByError.set(error, attempt)
        throw error
      }
      const pause = typeof delay === "function" ? delay(error, attempt) : backoff(attempt, { ...policy, delay })
      await sleep(pause, undefined, { signal: policy.signal })
    }
  }
}
