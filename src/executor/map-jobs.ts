// A job for each item, so many at a time: `map` of combine, with a job for the call.
//
// The bound is in the map and not in the line of the executor: what is not submitted can still be left, and
// the source is read no further than results are asked for.
import type { Future } from "../core/index.ts"
import { map } from "../combine/index.ts"

/** Settings of an executor's `map`. */
export interface JobMapOptions {
  /** Most jobs at a time. @default twice the workers */
  readonly concurrency?: number | undefined
  /** Give results in the order of the items, not of finishing. @default true */
  readonly ordered?: boolean | undefined
  /** Ends the map when it aborts. @default none */
  readonly signal?: AbortSignal | undefined
  /** Milliseconds for the whole map. @default no limit */
  readonly timeout?: number | undefined
}

/**
 * Submits a job for each item and iterates over the results.
 *
 * **Cancellation.** As for `map` of combine.
 */
export function mapJobs<T, R>(
  submit: (item: T) => Future<unknown>,
  items: Iterable<T> | AsyncIterable<T>,
  options: JobMapOptions | undefined,
  concurrency: number,
): AsyncIterableIterator<Awaited<R>> & AsyncDisposable {
  const call = (item: T): Promise<Awaited<R>> => submit(item).then() as Promise<Awaited<R>>
  return map(items, call, { ...options, concurrency: options?.concurrency ?? concurrency })
}
