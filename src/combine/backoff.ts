// How long to wait before the next attempt.
//
// Exponential growth with full jitter: the delay is drawn evenly from zero to the current step, so
// that many who failed together do not come back together. Idea: AWS Architecture Blog,
// "Exponential Backoff And Jitter".
import { misuse } from "../base/misuse.ts"
import { clock } from "../core/lowlevel.ts"

/** How delays grow. */
export interface BackoffOptions {
  /** Step after the first attempt, in milliseconds. */
  readonly delay: number
  /** What each further step is multiplied by. @default 2 */
  readonly factor?: number | undefined
  /** Longest step in milliseconds. @default no bound */
  readonly maxDelay?: number | undefined
  /** Draw evenly between zero and the step. @default true */
  readonly jitter?: boolean | undefined
}

/**
 * Milliseconds to wait after attempt number `attempt` has failed.
 *
 * Used by {@link retry}; for loops that decide by themselves.
 *
 * @param attempt - Number of the attempt that failed, from 1 up.
 * @param options.delay - Step after the first attempt, in milliseconds.
 * @param options.factor - What each further step is multiplied by. @default 2
 * @param options.maxDelay - Longest step in milliseconds. @default no bound
 * @param options.jitter - Draw evenly between zero and the step. @default true
 * @returns Milliseconds, with fractions.
 * @throws {RangeError} If a number is negative or NaN, or `attempt` below 1.
 * @throws {TypeError} If one is no number.
 *
 * @example Without jitter
 * ```ts
 * const options = { delay: 100, jitter: false, maxDelay: 500 }
 * const steps = [1, 2, 3, 4].map((attempt) => backoff(attempt, options))
 * steps // => [100, 200, 400, 500]
 * ```
 */
export function backoff(attempt: number, options: BackoffOptions): number {
  const { delay, factor = 2, maxDelay = Infinity, jitter = true } = options
  checkNumber("attempt", attempt, 1)
  checkNumber("delay", delay, 0)
  checkNumber("factor", factor, 0)
  checkNumber("maxDelay", maxDelay, 0)
  // After a thousand attempts the power is Infinity, and zero times that is no number.
  const step = delay === 0 ? 0 : Math.min(delay * factor ** (attempt - 1), maxDelay, Number.MAX_VALUE)
  return jitter ? step * clock.random() : step
}

function checkNumber(name: string, value: number, least: number): void {
  if (value >= least && typeof value === "number") return
  throw misuse(name, `a number from ${least} up`, value)
}
