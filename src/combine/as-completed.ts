// Results in order of finishing.
//
// A task cannot travel through a promise (it would melt into its value), so what comes is an
// outcome that names its task (P6). Leaving the loop leaves the rest running; the same iterator can
// be taken up again.
import { Deque } from "../base/deque.ts"
import type { Future } from "../core/index.ts"
import type { FutureListener, Work } from "../core/lowlevel.ts"
import { WaitList, clock, expectWork, spawnWork } from "../core/lowlevel.ts"

/** What became of one work. */
export type Outcome<T> =
  | { readonly task: Future<T>; readonly ok: true; readonly value: T }
  | { readonly task: Future<T>; readonly ok: false; readonly error: unknown }

/** Settings of {@link asCompleted}. */
export interface AsCompletedOptions {
  /** Milliseconds from now after which the iteration throws a TimeoutError. @default no limit */
  readonly timeout?: number | undefined
}

/**
 * Iterates over the outcomes of works in order of finishing.
 *
 * A baggage belt: what comes first is taken first. For results in order prefer {@link gather}, for
 * many items with a bound {@link map} with `ordered: false`.
 *
 * **Cancellation.** The wait for the next outcome ends; the works run on.
 *
 * @param works - Functions, which are started as tasks, tasks or futures; duplicates come once.
 * @param options.timeout - Milliseconds from now after which it throws; nothing is cancelled then. @default no limit
 * @returns Outcomes `{ task, ok, value }` or `{ task, ok, error }`.
 * @throws {TimeoutError} From the iteration, if the time is over and works are left.
 *
 * @example The fast one first
 * ```ts
 * const order: number[] = []
 * for await (const outcome of asCompleted([30, 10].map((ms) => () => sleep(ms, ms)))) {
 *   if (outcome.ok) order.push(outcome.value)
 * }
 * order // => [10, 30]
 * ```
 */
export function asCompleted<T>(works: Iterable<Work<T>>, options: AsCompletedOptions = {}): AsyncIterableIterator<Outcome<T>> {
  const list = new Set([...works].map((work) => expectWork(work)))
  return new Completions([...list].map((work) => spawnWork(work)), options.timeout)
}

class Completions<T> implements AsyncIterableIterator<Outcome<T>>, FutureListener {
  /** Works that are done and were not taken. */
  readonly #finished = new Deque<Future<T>>()
  /** Works that were not given out. */
  #left: number
  readonly #timeout: number | undefined
  readonly #deadline: number
  // Handed over in an object: a future that travels through a promise melts into its value (P6).
  readonly #line = new WaitList<{ readonly future: Future<T> }>("as completed", ({ future }) => {
    this.#finished.unshift(future)
    return true
  })

  constructor(futures: readonly Future<T>[], timeout: number | undefined) {
    this.#left = futures.length
    this.#timeout = timeout
    this.#deadline = clock.now() + (timeout ?? Infinity)
    for (const future of futures) future.addListener(this)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  futureDone(future: Future<never>): void {
    future.markRead()
    const done = future as Future<T>
    if (this.#line.serve({ future: done }) === null) this.#finished.push(done)
  }

  async next(): Promise<IteratorResult<Outcome<T>>> {
    if (this.#left === 0) return { done: true, value: undefined }
    const future = this.#finished.shift() ?? (await this.#wait()).future
    this.#left -= 1
    return { done: false, value: outcomeOf(future) }
  }

  #wait(): Promise<{ readonly future: Future<T> }> {
    const timeout = this.#timeout === undefined ? undefined : Math.max(0, this.#deadline - clock.now())
    return this.#line.wait(undefined, { timeout })
  }
}

function outcomeOf<T>(task: Future<T>): Outcome<T> {
  try {
    return { task, ok: true, value: task.result() }
  } catch (error) {
    return { task, ok: false, error }
  }
}
