// A function over many items, so many at a time.
//
// Workers are tasks below the caller's scope; each pulls an item, calls the function, and leaves
// the result for the consumer. A window of twice the concurrency bounds what was pulled and not yet
// consumed, so a slow consumer slows the source down and memory does not grow with the input.
//
//   state    | meaning                                       | leaves by
//   idle     | nobody has asked for a result                 | next() -> running
//   running  | workers pull and call                         | source at its end, failure, return()
//   over     | all workers have ended, the source is closed  | -
import { Future, ScopeEndedError, isCancelled } from "../core/index.ts"
import type { ScopeOwner } from "../core/lowlevel.ts"
import { Scope, currentScope, expectFunction, spawnBelow } from "../core/lowlevel.ts"
import { Semaphore } from "../sync/index.ts"

/** Settings of {@link map}. */
export interface MapOptions {
  /** Most calls at a time. At least 1. */
  readonly concurrency: number
  /** Give results in the order of the items, not of finishing. @default true */
  readonly ordered?: boolean | undefined
}

/**
 * Calls `fn` for each item, at most `concurrency` at a time, and iterates over the results.
 *
 * A counter with so many clerks: items come from any iterable, also an endless or asynchronous one,
 * and are taken only as fast as results are consumed. For a handful of different works prefer
 * {@link gather}.
 *
 * **Cancellation.** Leaving the loop, or cancelling the task that iterates, cancels the calls that
 * run, waits for them, and closes the source.
 * **Fairness.** Items are started in order; results come in order unless `ordered` is false.
 * **Pitfall.** The first error ends the rest and is thrown by the loop: catch inside `fn` to record
 * failures instead.
 *
 * @param items - Any iterable or async iterable.
 * @param fn - Called with the item and its index.
 * @param options.concurrency - Most calls at a time.
 * @param options.ordered - Give results in the order of the items. @default true
 * @returns The results; can be iterated once.
 * @throws {RangeError} If `concurrency` is no integer from 1 up.
 * @throws {TypeError} If `items` cannot be iterated.
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
): AsyncIterableIterator<R> {
  expectFunction(fn)
  const { concurrency, ordered = true } = options
  if (concurrency !== Infinity && (!Number.isInteger(concurrency) || concurrency < 1)) {
    throw new RangeError(`Expected \`concurrency\` to be an integer from 1 up, got \`${String(concurrency)}\` (${typeof concurrency})`)
  }
  return new Mapping(iteratorOf(items), fn, concurrency, ordered)
}

class Mapping<T, R> implements AsyncIterableIterator<R>, ScopeOwner {
  readonly #source: Iterator<T> | AsyncIterator<T>
  readonly #fn: (item: T, index: number) => R | PromiseLike<R>
  readonly #concurrency: number
  readonly #isOrdered: boolean
  /** One worker at a time asks the source. */
  readonly #turn = new Semaphore(1)
  /** Places for items that were pulled and whose result was not consumed. */
  readonly #window: Semaphore
  /** Results nobody has consumed, by index, or by order of finishing. */
  readonly #results = new Map<number, R>()
  /** Index of the next item to pull, of the next result to leave, and of the next to consume. */
  #pulled = 0
  #finished = 0
  #consumed = 0
  #isSourceDone = false
  #living = 0
  #failure: { readonly error: unknown } | null = null
  #scope: Scope | null = null
  /** Done when something has changed for the consumer; null while it does not wait. */
  #news: Future<void> | null = null
  #isOver = false

  constructor(source: Iterator<T> | AsyncIterator<T>, fn: (item: T, index: number) => R | PromiseLike<R>, concurrency: number, isOrdered: boolean) {
    this.#source = source
    this.#fn = fn
    this.#concurrency = concurrency
    this.#isOrdered = isOrdered
    this.#window = new Semaphore(Math.min(concurrency * 2, Number.MAX_SAFE_INTEGER))
  }

  describe(): string {
    return "a map"
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<R>> {
    if (this.#isOver) return { done: true, value: undefined }
    this.#scope ??= this.#begin()
    for (;;) {
      if (this.#failure !== null) {
        const { error } = this.#failure
        if (isCancelled(error)) currentScope().takePending()
        await this.#stop()
        throw error
      }
      if (this.#results.has(this.#consumed)) return { done: false, value: this.#consume() }
      if (this.#isSourceDone && this.#living === 0) {
        await this.#stop()
        return { done: true, value: undefined }
      }
      this.#news = new Future<void>()
      try {
        await this.#news.join()
      } catch (error) {
        if (isCancelled(error)) await this.#stop()
        throw error
      }
    }
  }

  async return(): Promise<IteratorResult<R>> {
    await this.#stop()
    return { done: true, value: undefined }
  }

  #begin(): Scope {
    const above = currentScope()
    const scope = new Scope(above, above.home, this, "block")
    this.#startWorker(scope)
    return scope
  }

  // Workers are added one by one as long as each new one finds an item, so a short source does not
  // pay for a large concurrency.
  #startWorker(scope: Scope): void {
    this.#living += 1
    spawnBelow(scope, () => this.#work(scope)).addListener({ futureDone: (worker) => this.#workerEnded(worker) })
  }

  async #work(scope: Scope): Promise<void> {
    let isFirst = true
    for (;;) {
      await this.#window.acquire()
      const pulled = await this.#turn.run(() => this.#pull())
      if (pulled === null) return
      if (isFirst && this.#living < this.#concurrency) this.#startWorker(scope)
      isFirst = false
      const result = await this.#fn(pulled.item, pulled.index)
      this.#results.set(this.#isOrdered ? pulled.index : this.#finished, result)
      this.#finished += 1
      this.#tell()
    }
  }

  async #pull(): Promise<{ readonly item: T; readonly index: number } | null> {
    if (this.#isSourceDone) return null
    const step = this.#source.next()
    const { done, value } = "then" in step ? await step : step
    if (done === true) {
      this.#isSourceDone = true
      return null
    }
    const index = this.#pulled
    this.#pulled += 1
    return { item: value, index }
  }

  #workerEnded(worker: Future<never>): void {
    this.#living -= 1
    worker.markRead()
    try {
      worker.result()
    } catch (error) {
      this.#failure ??= { error }
    }
    this.#tell()
  }

  #tell(): void {
    this.#news?.setResult()
    this.#news = null
  }

  #consume(): R {
    const result = this.#results.get(this.#consumed) as R
    this.#results.delete(this.#consumed)
    this.#consumed += 1
    this.#window.release()
    return result
  }

  /** Cancels what runs, waits for its end, and closes the source. */
  async #stop(): Promise<void> {
    if (this.#isOver) return
    this.#isOver = true
    // Workers that a request from above has reached already clean up in peace.
    if (this.#living > 0 && this.#scope?.requestInForce() === null) this.#scope.cancel(new ScopeEndedError("The map was left"))
    while (this.#living > 0) {
      this.#news = new Future<void>()
      await this.#news.join()
    }
    this.#scope?.end("ended")
    this.#results.clear()
    if (!this.#isSourceDone) await this.#source.return?.()
  }
}

function iteratorOf<T>(items: Iterable<T> | AsyncIterable<T>): Iterator<T> | AsyncIterator<T> {
  if (Symbol.asyncIterator in items) return items[Symbol.asyncIterator]()
  if (Symbol.iterator in items) return items[Symbol.iterator]()
  throw new TypeError(`Expected \`items\` to be an iterable or async iterable, got \`${String(items)}\` (${typeof items})`)
}
