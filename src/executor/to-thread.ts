// A single call in a thread: asyncio's `to_thread`.
//
// Nothing of its own: the loop's default executor, or the one for code outside of every run, does it.
// What must be said about a job in one place is said with `submit`.
import type { Future } from "../core/index.ts"
import { getRunningLoop } from "../core/index.ts"
import { currentScope } from "../core/lowlevel.ts"
import { defaultExecutorOutside } from "./default-executor.ts"
import type { AnyFunction, ArgumentsAndOptions } from "./job-options.ts"

/**
 * Calls a function in a thread, in the executor that each run has of its own.
 *
 * A call through to the back office. For more than a few calls make a {@link ThreadExecutor}, whose bounds
 * are yours.
 *
 * **Cancellation.** The function is told, and its thread ended after a second if it does not end; with
 * `{ abandon: true }` the task ends at once and the function runs on, as in asyncio. The run waits for it
 * at its end.
 * **Fairness.** First come, first served.
 *
 * @param fn - A function made by `portable` or `inline`.
 * @param args - Its arguments, and options behind them, as for `submit` of an executor.
 * @returns The task of the call.
 * @throws {TypeError} If the function cannot be sent.
 *
 * @example Off the loop
 * ```ts
 * const cube = inline((n: number) => n ** 3)
 * await toThread(cube, 3) // => 27
 * ```
 */
export function toThread<A extends readonly unknown[], R>(
  fn: (...args: A) => R,
  ...args: A
): Future<Awaited<R>>
export function toThread<F extends AnyFunction>(
  fn: F,
  ...args: ArgumentsAndOptions<F>
): Future<Awaited<ReturnType<F>>>
export function toThread(fn: AnyFunction, ...args: readonly unknown[]): Future<unknown> {
  const call = fn as (...given: readonly unknown[]) => unknown
  if (!currentScope().home.isRun) return defaultExecutorOutside().submit(call, ...args)
  return getRunningLoop().runInExecutor(null, call, ...args)
}
