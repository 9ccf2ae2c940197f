// A function over many items, so many at a time.
//
// The face of it: what is refused before anything begins. The source's iterator is taken at once and
// not read before somebody asks for a result; how that goes stands in `mapping.ts`.
import { misuse } from "../base/misuse.ts"
import { describeReason } from "../base/describe-reason.ts"
import { expectFunction, expectSignal } from "../core/lowlevel.ts"
import { expectTimeout } from "./expect-timeout.ts"
import type { MapPlan } from "./mapping.ts"
import { Mapping } from "./mapping.ts"

/** Settings of {@link map}. */
export interface MapOptions {
  /** Most calls at a time. At least 1. */
  readonly concurrency: number
  /** Give results in the order of the items, not of finishing. @default true */
  readonly ordered?: boolean | undefined
  /** Ends the map when it aborts; the loop then throws `signal.reason`. @default none */
  readonly signal?: AbortSignal | undefined
  /** Milliseconds for the whole map, from when the first result is asked for; then the loop throws a TimeoutError. @default no limit */
  readonly timeout?: number | undefined
}

/**
 * Calls `fn` for each item, at most `concurrency` at a time, and iterates over the results.
 *
 * A counter with so many clerks: items come from any iterable, also an endless or asynchronous one,
 * and are taken at most twice `concurrency` ahead of what is consumed. For a handful of different
 * works prefer {@link gather}.
 *
 * **Cancellation.** Leaving the loop, or cancelling the task that iterates, cancels the calls that
 * run, waits for them, and closes the source. Several tasks may share the results; the first of them
 * that is cancelled ends the map for all.
 * **Fairness.** Items are started in order; results come in order unless `ordered` is false, and go
 * to those who ask in the order of asking.
 * **Pitfall.** The first error cancels the other calls, and is thrown by the loop once the results
 * that were ready are consumed: catch inside `fn` to record failures instead.
 *
 * @param items - Any iterable or async iterable.
 * @param fn - Called with the item and its index.
 * @param options.concurrency - Most calls at a time.
 * @param options.ordered - Give results in the order of the items. @default true
 * @param options.signal - Ends the map with `signal.reason` when it aborts. @default none
 * @param options.timeout - Milliseconds for the whole map, from when the first result is asked for, after
 * which the loop throws a TimeoutError. @default no limit
 * @returns The results; can be iterated once. With `await using`, they are closed at the latest there.
 * @throws {RangeError} If `concurrency` is no integer from 1 up, or `timeout` is NaN.
 * @throws {TypeError} If `items` cannot be iterated, `fn` is no function, or an option of another kind.
 *
 * @example Ten at a time
 * ```ts
 * const squares: number[] = []
 * for await (const square of map([1, 2, 3], async (n) => n * n, { concurrency: 10 })) squares.push(square)
 * squares // => [1, 4, 9]
 * ```
 */
export function map<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  fn: (item: T, index: number) => R | PromiseLike<R>,
  options: MapOptions,
): AsyncIterableIterator<R> & AsyncDisposable {
  expectFunction(fn)
  const { concurrency, ordered = true, signal, timeout } = options
  expectSignal(signal)
  expectTimeout(timeout)
  if (concurrency !== Infinity && (!Number.isInteger(concurrency) || concurrency < 1)) {
    throw misuse("concurrency", "an integer from 1 up", concurrency)
  }
  return new Mapping({ ...sourceOf(items), fn, concurrency, isOrdered: ordered, signal, timeout })
}

function sourceOf<T>(items: Iterable<T> | AsyncIterable<T>): Pick<MapPlan<T, never>, "source" | "isAsync"> {
  const found = Object(items) as Partial<Iterable<T> & AsyncIterable<T>>
  const later = found[Symbol.asyncIterator]?.()
  if (later !== undefined) return { source: later, isAsync: true }
  const source = found[Symbol.iterator]?.()
  if (source !== undefined) return { source, isAsync: false }
  throw new TypeError(
    `Expected \`items\` to be an iterable or async iterable, got \`${describeReason(items)}\` (${typeof items})`,
  )
}
