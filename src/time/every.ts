// Something every so often, without drift and without overlap.
//
// Ticks stand on a fixed grid: the n-th is due n intervals after the start, whatever the ones before
// took. The function is awaited, so two calls never overlap; when it takes longer than an interval,
// the ticks it missed are skipped, or caught up one after the other, as stated. The policy is the
// caller's because both are wrong for somebody.
import { misuse } from "../base/misuse.ts"
import { TimeoutError } from "../core/index.ts"
import type { WaitOptions } from "../core/index.ts"
import { CancelScope, clock, deadlineIn, expectFunction, refusal, runBlock } from "../core/lowlevel.ts"
import { sleepUntil } from "./sleep-until.ts"

/** Settings of {@link every}. */
export interface EveryOptions extends WaitOptions {
  /** What becomes of ticks that were missed: dropped, or made up for at once. @default "skip" */
  readonly missed?: "skip" | "catch-up" | undefined
  /** Make a first call at once, as tick 0. @default false */
  readonly immediate?: boolean | undefined
}

/**
 * Calls `fn` every `ms` milliseconds, until cancelled.
 *
 * A church clock: it strikes on the hour, however long the last strike took. Run it in a task of a
 * group beside the work it belongs to. For a pause of the same length between two calls, a loop with
 * {@link sleep} is right; to repeat what fails, {@link retry}.
 *
 * **Cancellation.** Ends the call that runs, or the wait for the next tick.
 * **Pitfall.** It never returns: an error of `fn` ends it and is thrown.
 *
 * @param ms - Distance of the ticks in milliseconds. Above 0.
 * @param fn - Called with the number of the tick on the grid, which is due that many intervals after
 * the start; a gap tells that ticks were skipped. Awaited.
 * @param options.missed - What becomes of ticks that were missed. @default "skip"
 * @param options.immediate - Make a first call at once, as tick 0. @default false
 * @param options.signal - Ends it, and a call that runs, when it aborts; `signal.reason` is thrown. @default none
 * @param options.timeout - Milliseconds after which it ends with a TimeoutError. @default no limit
 * @returns Never.
 * @throws {RangeError} If `ms` is not above 0, or `missed` is something else.
 * @throws {TypeError} If `fn` is no function.
 * @throws {CancelledError} If the current task is cancelled.
 *
 * @example Three ticks
 * ```ts
 * const ticks: number[] = []
 * await moveOnAfter(35, () => every(10, (tick) => ticks.push(tick)))
 * ticks // => [1, 2, 3]
 * ```
 *
 * @example Beside other work
 * ```ts
 * let beats = 0
 * await taskGroup(async (group) => {
 *   const heartbeat = group.createTask(() => every(10, () => void (beats += 1)))
 *   await sleep(45)
 *   heartbeat.cancel()
 * })
 * beats // => 4
 * ```
 */
export async function every(
  ms: number,
  fn: (tick: number) => unknown,
  options: EveryOptions = {},
): Promise<never> {
  expectFunction(fn)
  checkGrid(ms, options)
  const { signal, timeout } = options
  if (signal === undefined && timeout === undefined) return tick(ms, fn, options)
  const refused = refusal(options)
  if (refused !== null) return refused
  const limits = new CancelScope("an every", { signal, deadline: deadlineIn(timeout ?? null) })
  // The ticks end by an error or a request only, and of the requests this block absorbs its own.
  await runBlock(limits.scope, () => tick(ms, fn, options), undefined)
  if (limits.expired())
    throw new TimeoutError(`Timed out after ${timeout} ms`, { cause: limits.scope.request })
  throw signal?.reason
}

async function tick(ms: number, fn: (tick: number) => unknown, options: EveryOptions): Promise<never> {
  const start = clock.now()
  let next = options.immediate === true ? 0 : 1
  for (;;) {
    await sleepUntil(start + next * ms)
    await fn(next)
    next += 1
    // A tick that is due now is not missed, whatever the last digit of the quotient says.
    if (options.missed !== "catch-up") next = Math.max(next, Math.ceil((clock.now() - start) / ms - 1e-9))
  }
}

function checkGrid(ms: number, { missed }: EveryOptions): void {
  if (typeof ms !== "number" || !(ms > 0 && ms < Infinity)) {
    throw misuse("ms", "milliseconds above 0", ms)
  }
  if (missed === undefined || missed === "skip" || missed === "catch-up") return
  throw misuse("missed", '"skip" or "catch-up"', missed, "string")
}
