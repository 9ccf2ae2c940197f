// Doing it again when it failed.
//
// One owner of attempts: whoever calls `retry` counts, nobody inside does. A CancelledError is
// never retried, and the wait between attempts ends at once when the caller is cancelled. Each
// attempt is a block, so a request that an attempt turned into another error is not lost: it comes
// at the wait that follows (C3). The last error itself is thrown; `attemptsOf(error)` tells how
// often it was tried.
import { misuse } from "../base/misuse.ts"
import { isCancelled } from "../core/index.ts"
import type { WaitOptions } from "../core/lowlevel.ts"
import { CancelScope, expectFunction, refusal, runBlock } from "../core/lowlevel.ts"
import { sleep } from "../time/index.ts"
import type { BackoffOptions } from "./backoff.ts"
import { backoff } from "./backoff.ts"

/** When and how often to try again. */
export interface RetryOptions extends Omit<BackoffOptions, "delay">, Pick<WaitOptions, "signal"> {
  /** Most attempts, the first included. At least 1. */
  readonly attempts: number
  /** Step after the first attempt in milliseconds, or a function that gives the whole delay. */
  readonly delay: number | ((error: unknown, attempt: number) => number)
  /** Whether to try again after `error` of attempt number `attempt`. @default always */
  readonly when?: ((error: unknown, attempt: number) => boolean) | undefined
}

const attemptsByError = new WeakMap<object, number>()

/**
 * How often {@link retry} had tried when it threw `error`; undefined for other errors.
 *
 * @example In a message
 * ```ts
 * const fail = () => Promise.reject(new Error("down"))
 * const error = await retry(fail, { attempts: 3, delay: 10 }).catch((error) => error)
 * attemptsOf(error) // => 3
 * ```
 */
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
 * An attempt that makes another error of its cancel does not escape it: it comes at the next wait.
 * **Pitfall.** Retries inside retries multiply: turn off those of the client you call.
 *
 * @param fn - One attempt; gets its number, from 1 up.
 * @param options.attempts - Most attempts, the first included.
 * @param options.delay - Step after the first attempt in milliseconds, or a function of error and attempt.
 * @param options.factor - What each further step is multiplied by. @default 2
 * @param options.maxDelay - Longest step in milliseconds. @default no bound
 * @param options.jitter - Draw evenly between zero and the step. @default true
 * @param options.when - Whether to try again after this error. @default always
 * @param options.signal - Cancels the attempt or ends the wait between two when it aborts; then
 * `signal.reason` is thrown. @default none
 * @returns What the first successful attempt gives.
 * @throws The last error itself; {@link attemptsOf} tells the number of attempts.
 * @throws {RangeError} If `attempts` is no integer from 1 up, or a delay no number from 0 up.
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
export async function retry<T>(
  fn: (attempt: number) => T | PromiseLike<T>,
  options: RetryOptions,
): Promise<T> {
  expectFunction(fn)
  checkOptions(options)
  const refused = refusal({ signal: options.signal })
  if (refused !== null) return refused
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await attemptOnce(fn, attempt, options.signal)
    } catch (error) {
      if (isCancelled(error) || isAborted(options.signal, error)) throw error
      if (attempt >= options.attempts || options.when?.(error, attempt) === false) {
        if (typeof error === "object" && error !== null) attemptsByError.set(error, attempt)
        throw error
      }
      await sleep(pauseAfter(error, attempt, options), undefined, { signal: options.signal })
    }
  }
}

async function attemptOnce<T>(
  fn: (attempt: number) => T | PromiseLike<T>,
  attempt: number,
  signal: AbortSignal | undefined,
): Promise<T> {
  const block = new CancelScope("an attempt", { signal })
  const end = await runBlock(block.scope, fn, attempt)
  if (end.absorbed) throw signal?.reason
  return end.value
}

function isAborted(signal: AbortSignal | undefined, error: unknown): boolean {
  return signal?.aborted === true && signal.reason === error
}

function pauseAfter(error: unknown, attempt: number, options: RetryOptions): number {
  const { delay } = options
  if (typeof delay !== "function") return backoff(attempt, { ...options, delay })
  const pause = delay(error, attempt)
  if (typeof pause === "number" && !Number.isNaN(pause)) return pause
  throw new RangeError(
    `Expected \`delay\` to give milliseconds, got \`${String(pause)}\` (${typeof pause})`,
    {
      cause: error,
    },
  )
}

function checkOptions({ attempts, delay, ...rest }: RetryOptions): void {
  if (attempts !== Infinity && (!Number.isInteger(attempts) || attempts < 1)) {
    throw misuse("attempts", "an integer from 1 up", attempts)
  }
  if (typeof delay !== "function") backoff(1, { ...rest, delay, jitter: false })
}
