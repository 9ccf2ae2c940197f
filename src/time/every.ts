// Something every so often, without drift and without overlap.
//
// Ticks stand on a fixed grid from the start. The function is awaited, so two calls never overlap;
// when it takes longer than an interval, the ticks it missed are skipped, or caught up one after
// the other, as stated. The policy is the caller's because both are wrong for somebody.
import { clock, expectFunction } from "../core/lowlevel.ts"
import { sleepUntil } from "./sleep-until.ts"

/** Settings of {@link every}. */
export interface EveryOptions {
  /** What becomes of ticks that were missed: dropped, or made up for at once. @default "skip" */
  readonly missed?: "skip" | "catch-up" | undefined
  /** Make the first call at once, not after one interval. @default false */
  readonly immediate?: boolean | undefined
}

/**
 * Calls `fn` every `ms` milliseconds, until cancelled.
 *
 * A church clock: it strikes on the hour, however long the last strike took. Run it in a task of a
 * group beside the work it belongs to.
 *
 * **Cancellation.** Ends the call that runs, or the wait for the next tick.
 * **Pitfall.** It never returns: an error of `fn` ends it and is thrown.
 *
 * @param ms - Distance of the ticks in milliseconds. Above 0.
 * @param fn - Called with the number of the tick, from 1 up; awaited.
 * @param options.missed - What becomes of ticks that were missed. @default "skip"
 * @param options.immediate - Make the first call at once. @default false
 * @returns Never.
 * @throws {RangeError} If `ms` is not above 0.
 *
 * @example Three ticks
 * ```ts
 * const ticks: number[] = []
 * await moveOnAfter(35, () => every(10, (tick) => void ticks.push(tick)))
 * ticks // => [1, 2, 3]
 * ```
 */
export async function every(
  ms: number,
  fn: (tick: number) => void | PromiseLike<void>,
  options: EveryOptions = {},
): Promise<never> {
  expectFunction(fn)
  if (!(ms > 0)) throw new RangeError(`Expected \`ms\` to be milliseconds above 0, got \`${String(ms)}\` (${typeof ms})`)
  const skips = options.missed !== "catch-up"
  let tick = options.immediate === true ? 0 : 1
  const start = clock.now()
  for (let count = 1; ; count += 1) {
    await sleepUntil(start + tick * ms)
    await fn(count)
    tick += 1
    if (skips) tick = Math.max(tick, Math.ceil((clock.now() - start) / ms))
  }
}
