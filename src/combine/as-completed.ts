// Results in order of finishing.
//
// A task cannot travel through a promise (it would melt into its value), so what comes is an
// outcome that names its task (P6). Leaving the loop leaves the rest running; the same iterator can
// be taken up again. A failure that nobody takes stays unread.
import { Deque } from "../base/deque.ts"
import type { Future, WaitOptions, Work } from "../core/index.ts"
import { TimeoutError } from "../core/index.ts"
import type { FutureListener } from "../core/lowlevel.ts"
import { WaitList, clock, refusal } from "../core/lowlevel.ts"
import type { HandleOf, ValueOf } from "./list-works.ts"
import { expectTimeout } from "./expect-timeout.ts"
import { listWorks, startWorks } from "./list-works.ts"

/** What became of one work. */
export type Outcome<T, F = Future<T>> =
  | { readonly task: F; readonly ok: true; readonly value: T }
  | { readonly task: F; readonly ok: false; readonly error: unknown }

/** What becomes of a work of that type. */
export type OutcomeOf<W> = W extends Work<unknown> ? Outcome<ValueOf<W>, HandleOf<W>> : never

/**
 * Iterates over the outcomes of works in order of finishing.
 *
 * A baggage belt: what comes first is taken first. For results in order prefer {@link gather}, for
 * many items with a bound {@link map} with `ordered: false`, for the first alone {@link race}.
 *
 * **Cancellation.** The wait for the next outcome ends; the works run on, as they do when the loop
 * is left, and the same iterator can be taken up again.
 * **Fairness.** Several tasks may share one iterator: outcomes go to those who ask in the order of asking.
 * **Pitfall.** A failure does not throw: look at `outcome.ok`, or call `outcome.task.result()`.
 *
 * @param works - Functions, which are started as tasks, tasks or futures; duplicates come once.
 * @param options.timeout - Milliseconds from now after which it throws, once for each work that was
 * not done then; nothing is cancelled. @default no limit
 * @param options.signal - Ends the iteration with `signal.reason` when it aborts. @default none
 * @returns Outcomes `{ task, ok: true, value }` or `{ task, ok: false, error }`.
 * @throws {TimeoutError} From the iteration, if the time is over and works are left.
 * @throws {TypeError} If one is a promise or something else; none is started then.
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
export function asCompleted<W extends Work<unknown>>(
  works: Iterable<W>,
  options: WaitOptions = {},
): AsyncIterableIterator<OutcomeOf<W>> {
  const list = listWorks(works)
  expectTimeout(options.timeout)
  const futures = options.signal?.aborted === true ? [] : startWorks(list)
  const completions: AsyncIterableIterator<Outcome<unknown>> = new Completions(futures, list.length, options)
  return completions as AsyncIterableIterator<OutcomeOf<W>>
}

/** Handed over in an object: a future that travels through a promise melts into its value (P6). */
interface Finished {
  readonly future: Future<unknown>
}

class Completions implements AsyncIterableIterator<Outcome<unknown>>, FutureListener {
  /** Works that were not done in time; it listens to each until the time is over. */
  readonly #running: Set<Future<unknown>>
  /** Works that are done and were not taken, in order of finishing. */
  readonly #finished = new Deque<Finished>()
  /** Outcomes that nobody asked for; one is set aside for each `next()`. */
  #left: number
  readonly #options: WaitOptions
  /** Time of the clock after which nothing is taken in any more. */
  readonly #deadline: number
  readonly #line = new WaitList<Finished>("completion", (finished) => {
    if (this.#line.serve(finished) === null) this.#finished.unshift(finished)
    return true
  })

  constructor(futures: readonly Future<unknown>[], count: number, options: WaitOptions) {
    this.#running = new Set(futures)
    this.#left = count
    this.#options = options
    this.#deadline = clock.now() + (options.timeout ?? Infinity)
    for (const future of futures) future.addListener(this)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  futureDone(future: Future<unknown>): void {
    if (clock.now() > this.#deadline) return
    this.#running.delete(future)
    const finished = { future }
    if (this.#line.serve(finished) === null) this.#finished.push(finished)
  }

  async next(): Promise<IteratorResult<Outcome<unknown>>> {
    const { signal } = this.#options
    if (this.#left === 0) return { done: true, value: undefined }
    this.#left -= 1
    try {
      const refused = refusal({ signal })
      const { future } = await (refused ?? this.#take(signal))
      return { done: false, value: outcomeOf(future) }
    } catch (error) {
      if (error !== signal?.reason && error instanceof TimeoutError) throw this.#timedOut(error)
      this.#left += 1
      throw error
    }
  }

  #take(signal: AbortSignal | undefined): Finished | Promise<Finished> {
    const finished = this.#finished.shift()
    if (finished !== undefined)
      return this.#line.isTurnDue() ? this.#line.pass(finished, undefined) : finished
    const timeout = this.#deadline === Infinity ? undefined : Math.max(0, this.#deadline - clock.now())
    return this.#line.wait(undefined, { signal, timeout })
  }

  #timedOut(cause: TimeoutError): TimeoutError {
    for (const future of this.#running) future.removeListener(this)
    const { timeout } = this.#options
    const left = this.#running.size
    return new TimeoutError(`Timed out after ${timeout} ms: ${left} of the works were not done in time`, {
      cause,
    })
  }
}

function outcomeOf(task: Future<unknown>): Outcome<unknown> {
  try {
    return { task, ok: true, value: task.result() }
  } catch (error) {
    return { task, ok: false, error }
  }
}
