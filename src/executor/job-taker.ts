// What can be done with every executor, whatever its jobs run in.
//
// `executor.with(options)` gives nothing but this, so that code which only hands jobs in can ask for no
// more; closing is the owner's.
import type { Future } from "../core/index.ts"
import type { AnyFunction, ArgumentsAndOptions } from "./job-options.ts"
import type { JobMapOptions } from "./map-jobs.ts"
import { mapJobs } from "./map-jobs.ts"

/** Something that takes jobs. */
export interface JobTaker {
  submit<A extends readonly unknown[], R>(fn: (...args: A) => R, ...args: A): Future<Awaited<R>>
  submit<F extends AnyFunction>(fn: F, ...args: ArgumentsAndOptions<F>): Future<Awaited<ReturnType<F>>>
  map<T, R>(
    items: Iterable<T> | AsyncIterable<T>,
    fn: (item: T) => R,
    options?: JobMapOptions,
  ): AsyncIterableIterator<Awaited<R>> & AsyncDisposable
}

/**
 * A taker whose jobs are handed to `submit`.
 *
 * @param concurrency - Jobs of a `map` at a time, unless it says otherwise.
 */
export function jobTaker(
  submit: (fn: AnyFunction, args: readonly unknown[]) => Future<unknown>,
  concurrency: number,
): JobTaker {
  return {
    submit: (fn: AnyFunction, ...args: readonly unknown[]) => submit(fn, args) as Future<never>,
    map: (items, fn, options) => mapJobs((item) => submit(fn, [item]), items, options, concurrency),
  }
}
