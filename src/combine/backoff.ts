// How long to wait before the next attempt.
//
// Exponential growth with full jitter: the delay is drawn evenly from zero to the current step, so
// that many who failed together do not come back together. Idea: AWS Architecture Blog,
// "Exponential Backoff And Jitter".
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
 *
 * @example Without jitter
 * ```ts
 * const options = { delay: 100, jitter: false, maxDelay: 500 }
 * const steps = [1, 2, 3, 4].map((attempt) => backoff(attempt, options))
 * steps // => [100, 200, 400, 500]
 * ```
 */
export function backoff(attempt: number, options: BackoffOptions): number {
  const step = Math.min(options.delay * (options.factor ?? 2) ** (attempt - 1), options.maxDelay ?? Infinity)
  return options.jitter === false ? step : step * clock.random()
}
