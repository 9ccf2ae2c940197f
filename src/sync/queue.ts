// Items from many producers to many consumers, with back-pressure.
//
//   an item is  | owned by                          | if its owner is cancelled
//   offered     | a putter in line                  | leaves with it: it was not put
//   queued      | the queue                         | -
//   handed over | a getter that was served          | goes to the next getter, or back to the front
//
// Items are handed over, not offered again (T2): while getters wait the queue is empty, and while
// putters wait it is full. A put whose item already went on to a getter cannot be taken back: it
// stands, and the request comes at the next wait.
import { Deque } from "../base/deque.ts"
import { Future } from "../core/index.ts"
import type { WaitOptions } from "../core/lowlevel.ts"
import { WaitList, checkSignal } from "../core/lowlevel.ts"
import { QueueEmptyError, QueueFullError, QueueShutDownError } from "./queue-errors.ts"

/** State of a queue at one moment. */
export interface QueueStatistics {
  readonly size: number
  readonly maxSize: number
  /** Tasks waiting for an item. */
  readonly getters: number
  /** Tasks waiting for room. */
  readonly putters: number
  /** Items that were put and for which `taskDone()` was not called. */
  readonly unfinished: number
}

/**
 * A line of items between tasks.
 *
 * A counter with a hatch: who has something puts it down, who needs something takes the oldest. A
 * bound makes producers wait for consumers. To run a function over items prefer {@link map}.
 *
 * **Cancellation.** Safe: a cancelled getter takes nothing, a cancelled putter has put nothing.
 * **Fairness.** Getters and putters are served in order of arrival.
 * **Pitfall.** One sentinel ends one consumer: `shutdown()` ends all of them.
 *
 * @param maxSize - Most items it holds; 0 and less mean no bound. @default 0
 *
 * @example A producer and a consumer
 * ```ts
 * const queue = new Queue<number>(1)
 * const sum = await taskGroup(async (group) => {
 *   group.createTask(async () => {
 *     for (const item of [1, 2, 3]) await queue.put(item)
 *     queue.shutdown()
 *   })
 *   let total = 0
 *   for await (const item of queue) total += item
 *   return total
 * })
 * sum // => 6
 * ```
 */
export class Queue<T> implements AsyncIterable<T> {
  readonly #maxSize: number
  readonly #items = new Deque<T>()
  #unfinished = 0
  #isShutDown = false
  /** Done when no item is unfinished; null while nobody joins. */
  #joined: Future<void> | null = null
  readonly #getters = new WaitList<T>("queue get", (item) => {
    this.#takeBack(item)
    return true
  })
  readonly #putters = new WaitList<void, T>("queue put", (_, wait) => this.#withdraw(wait.detail))

  constructor(maxSize = 0) {
    if (typeof maxSize !== "number" || Number.isNaN(maxSize)) {
      throw new RangeError(`Expected \`maxSize\` to be a number, got \`${String(maxSize)}\` (${typeof maxSize})`)
    }
    this.#maxSize = maxSize
  }

  get size(): number {
    return this.#items.size
  }

  get maxSize(): number {
    return this.#maxSize
  }

  empty(): boolean {
    return this.#items.size === 0
  }

  full(): boolean {
    return this.#maxSize > 0 && this.#items.size >= this.#maxSize
  }

  /**
   * Puts an item in, waiting for room if the queue is full.
   *
   * **Cancellation.** Safe: the item was not put if this throws.
   *
   * @throws {QueueShutDownError} If the queue was shut down.
   * @throws {TypeError} If `item` is a task or future: it would melt into its value.
   */
  put(item: T, options?: WaitOptions): Promise<void> {
    this.#checkItem(item)
    if (this.#isShutDown) return Promise.reject(new QueueShutDownError("Cannot put into queue: it was shut down"))
    if (this.full()) return this.#putters.wait(item, options)
    if (options !== undefined) checkSignal(options)
    this.#accept(item)
    return Promise.resolve()
  }

  /**
   * Puts an item in without waiting.
   *
   * @throws {QueueFullError} If there is no room.
   * @throws {QueueShutDownError} If the queue was shut down.
   */
  putNowait(item: T): void {
    this.#checkItem(item)
    if (this.#isShutDown) throw new QueueShutDownError("Cannot put into queue: it was shut down")
    if (this.full()) throw new QueueFullError(`Cannot put into queue: it holds ${this.#items.size} items already`)
    this.#accept(item)
  }

  /**
   * Takes the oldest item, waiting for one if there is none.
   *
   * **Cancellation.** Safe: no item is taken if this throws.
   *
   * @throws {QueueShutDownError} If the queue was shut down and is empty.
   */
  get(options?: WaitOptions): Promise<T> {
    if (this.#items.size === 0) {
      if (this.#isShutDown) return Promise.reject(new QueueShutDownError("Cannot get from queue: it was shut down and is empty"))
      return this.#getters.wait(undefined, options)
    }
    if (options !== undefined) checkSignal(options)
    return Promise.resolve(this.#take())
  }

  /**
   * Takes the oldest item without waiting.
   *
   * @throws {QueueEmptyError} If there is none.
   * @throws {QueueShutDownError} If the queue was shut down and is empty.
   */
  getNowait(): T {
    if (this.#items.size > 0) return this.#take()
    if (this.#isShutDown) throw new QueueShutDownError("Cannot get from queue: it was shut down and is empty")
    throw new QueueEmptyError("Cannot get from queue: it is empty")
  }

  /**
   * Tells that an item that was taken is dealt with; for {@link join}.
   *
   * @throws {RangeError} If called more often than items were put.
   */
  taskDone(): void {
    if (this.#unfinished === 0) throw new RangeError("Cannot call taskDone: every item that was put is done already")
    this.#finishItems(1)
  }

  /**
   * Waits until `taskDone()` was called for every item that was put.
   *
   * **Cancellation.** Safe: other joiners go on waiting.
   */
  async join(): Promise<void> {
    while (this.#unfinished > 0) {
      this.#joined ??= new Future<void>()
      await this.#joined.join()
    }
  }

  /**
   * Ends the queue: no item can be put any more, and who gets finds the rest and then an error.
   *
   * @param options.immediate - Drop what is in it as well, and count it as done. @default false
   */
  shutdown(options: { readonly immediate?: boolean } = {}): void {
    this.#isShutDown = true
    if (options.immediate === true) {
      const dropped = this.#items.size
      this.#items.clear()
      this.#finishItems(dropped)
    }
    this.#putters.failAll(new QueueShutDownError("Cannot put into queue: it was shut down"))
    if (this.#items.size === 0) this.#getters.failAll(new QueueShutDownError("Cannot get from queue: it was shut down and is empty"))
  }

  /** Takes items until the queue is shut down and empty. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, void> {
    for (;;) {
      let item: T
      try {
        item = await this.get()
      } catch (error) {
        if (error instanceof QueueShutDownError) return
        throw error
      }
      yield item
    }
  }

  statistics(): QueueStatistics {
    return {
      size: this.#items.size,
      maxSize: this.#maxSize,
      getters: this.#getters.size,
      putters: this.#putters.size,
      unfinished: this.#unfinished,
    }
  }

  toString(): string {
    const { size, getters, putters, unfinished } = this.statistics()
    return `<Queue size=${size} maxSize=${this.#maxSize} getters=${getters} putters=${putters} unfinished=${unfinished}${this.#isShutDown ? " shut down" : ""}>`
  }

  #checkItem(item: T): void {
    if (item instanceof Future) {
      throw new TypeError("Cannot put a task or future into a queue: it would melt into its value; wrap it in an object")
    }
  }

  #accept(item: T): void {
    this.#unfinished += 1
    if (this.#getters.serve(item) === null) this.#items.push(item)
  }

  #take(): T {
    const item = this.#items.shift() as T
    this.#refill()
    return item
  }

  /** Lets the first putter's item in, now that there is room. */
  #refill(): void {
    const putter = this.#putters.first
    if (putter === null || this.full()) return
    this.#accept(putter.detail)
    this.#putters.serve(undefined)
  }

  /** A getter was served and cancelled: its item goes to the next one, or to the front. */
  #takeBack(item: T): void {
    if (this.#getters.serve(item) === null) this.#items.unshift(item)
  }

  /** A putter was served and cancelled: its item leaves, if it is still here. */
  #withdraw(item: T): boolean {
    if (!this.#items.removeLast(item)) return false
    this.#finishItems(1)
    this.#refill()
    return true
  }

  #finishItems(count: number): void {
    this.#unfinished -= count
    if (this.#unfinished > 0) return
    this.#joined?.setResult()
    this.#joined = null
  }
}
