// Items from many producers to many consumers, with back-pressure.
//
//   an item is  | owned by                          | if its owner is cancelled
//   offered     | a putter in line                  | leaves with it: it was not put
//   stored      | the queue                         | -
//   handed over | a getter that was served          | goes to the next getter, or back to where it was
//
// Items are handed over, not offered again (T2): while getters wait the queue is empty, and while
// putters wait it is full. A put whose item already went on to a getter cannot be taken back: it
// stands, and the request comes at the next wait. An item that comes back may find the queue full
// again; it then holds one more than its bound until the next get.
import { misuse } from "../base/misuse.ts"
import type { WaitOptions } from "../core/lowlevel.ts"
import { WaitList, refusal } from "../core/lowlevel.ts"
import {
  QueueEmptyError,
  QueueFullError,
  QueueShutDownError,
  noMoreItems,
  noMorePuts,
} from "./queue-errors.ts"
import type { AnyStock } from "./stock.ts"
import { Stock } from "./stock.ts"

/** What everybody gets who need not wait and gets no value. */
const done = Promise.resolve()

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
  /** Tasks waiting for all items to be done. */
  readonly joiners: number
}

/**
 * A line of items between tasks.
 *
 * A counter with a hatch: who has something puts it down, who needs something takes the oldest. A
 * bound makes producers wait for consumers. To run a function over items prefer {@link map}.
 *
 * **Cancellation.** Safe: a cancelled getter takes nothing, a cancelled putter has put nothing.
 * **Fairness.** Getters and putters are served in order of arrival. An item that its getter was
 * cancelled with goes to the next, which may have got a later one by then.
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
  /** Items to be had; while getters wait in it there is none, and no putter waits either. */
  readonly #stock: AnyStock<T>
  /** Items that were put and are not done. */
  #unfinished = 0
  #isShutDown = false
  readonly #putters = new WaitList<void, T>("queue put", (_, wait) => this.#withdraw(wait.detail))
  readonly #joiners = new WaitList<void>("queue join", () => true)

  constructor(maxSize?: number)
  /** Used by the queues with an order of their own. */
  constructor(maxSize: number, stock: AnyStock<T>)
  constructor(maxSize = 0, stock: AnyStock<T> = new Stock<T>()) {
    if (typeof maxSize !== "number" || Number.isNaN(maxSize)) {
      throw misuse("maxSize", "a number", maxSize)
    }
    this.#maxSize = maxSize
    this.#stock = stock
  }

  /** Items in it; those on their way to a getter are not. */
  get size(): number {
    return this.#stock.size
  }

  /** The bound; 0 and less mean none. */
  get maxSize(): number {
    return this.#maxSize
  }

  /** Whether `getNowait()` would throw. */
  empty(): boolean {
    return this.#stock.size === 0
  }

  /** Whether `putNowait()` would throw. */
  full(): boolean {
    return this.#maxSize > 0 && this.#stock.size >= this.#maxSize
  }

  /**
   * Puts an item in, waiting for room if the queue is full.
   *
   * **Cancellation.** Safe: the item was not put if this throws.
   *
   * @param options.signal - Ends the wait with `signal.reason` when it aborts. @default none
   * @param options.timeout - Milliseconds after which the wait throws a TimeoutError. @default no limit
   * @throws {QueueShutDownError} If the queue was shut down.
   * @throws {TypeError} If `item` is a task, a future or a promise: it would melt into its value.
   */
  put(item: T, options?: WaitOptions): Promise<void> {
    const refused = refusal(options) ?? this.#refusedItem(item)
    if (refused !== null) return refused
    if (this.full()) return this.#putters.wait(item, options)
    this.#accept(item)
    return this.#putters.isTurnDue() ? this.#putters.pass(undefined, item) : done
  }

  /**
   * Puts an item in without waiting.
   *
   * @throws {QueueFullError} If there is no room.
   * @throws {QueueShutDownError} If the queue was shut down.
   * @throws {TypeError} If `item` is a task, a future or a promise: it would melt into its value.
   */
  putNowait(item: T): void {
    this.#expectItem(item)
    if (this.full()) {
      const { size } = this
      throw new QueueFullError(`Cannot put into queue: it holds ${size} item${size === 1 ? "" : "s"} already`)
    }
    this.#accept(item)
  }

  /**
   * Takes the oldest item, waiting for one if there is none.
   *
   * **Cancellation.** Safe: no item is taken if this throws.
   *
   * @param options.signal - Ends the wait with `signal.reason` when it aborts. @default none
   * @param options.timeout - Milliseconds after which the wait throws a TimeoutError. @default no limit
   * @throws {QueueShutDownError} If the queue was shut down and is empty.
   */
  get(options?: WaitOptions): Promise<T> {
    const refused = refusal(options)
    if (refused !== null) return refused
    if (this.#stock.size === 0) {
      return this.#isShutDown ? Promise.reject(noMoreItems()) : this.#stock.wait(options)
    }
    return this.#stock.give(this.#take())
  }

  /**
   * Takes the oldest item without waiting.
   *
   * @throws {QueueEmptyError} If there is none.
   * @throws {QueueShutDownError} If the queue was shut down and is empty.
   */
  getNowait(): T {
    if (this.#stock.size > 0) return this.#take()
    if (this.#isShutDown) throw noMoreItems()
    throw new QueueEmptyError("Cannot get from queue: it is empty")
  }

  /**
   * Tells that an item that was taken is dealt with; for {@link join}.
   *
   * @throws {RangeError} If called more often than items were put.
   */
  taskDone(): void {
    if (this.#unfinished === 0)
      throw new RangeError("Cannot call taskDone: every item that was put is done already")
    this.#finish(1)
  }

  /**
   * Waits until `taskDone()` was called for every item that was put.
   *
   * **Cancellation.** Safe: other joiners go on waiting.
   *
   * @param options.signal - Ends the wait with `signal.reason` when it aborts. @default none
   * @param options.timeout - Milliseconds after which the wait throws a TimeoutError. @default no limit
   */
  join(options?: WaitOptions): Promise<void> {
    const refused = refusal(options)
    if (refused !== null) return refused
    return this.#unfinished === 0 ? done : this.#joiners.wait(undefined, options)
  }

  /**
   * Ends the queue: no item can be put any more, and who gets finds the rest and then an error.
   *
   * @param options.immediate - Drop what is in it as well, what is on its way to a getter included,
   * and count it as done. @default false
   */
  shutdown(options: { readonly immediate?: boolean } = {}): void {
    this.#isShutDown = true
    if (options.immediate === true) this.#finish(this.#stock.drop())
    this.#putters.failAll(noMorePuts())
    if (this.#stock.size === 0) this.#stock.endGetters()
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
      size: this.#stock.size,
      maxSize: this.#maxSize,
      getters: this.#stock.waiting,
      putters: this.#putters.size,
      unfinished: this.#unfinished,
      joiners: this.#joiners.size,
    }
  }

  toString(): string {
    const { size, getters, putters, unfinished } = this.statistics()
    const end = this.#isShutDown ? " shut down" : ""
    return `<${this.constructor.name} size=${size} maxSize=${this.#maxSize} getters=${getters} putters=${putters} unfinished=${unfinished}${end}>`
  }

  #expectItem(item: T): void {
    if (typeof item === "object" && item !== null && "then" in item) {
      throw new TypeError(
        "Cannot put a task, future or promise into a queue: it would melt into its value; wrap it in an object",
      )
    }
    if (this.#isShutDown) throw noMorePuts()
    this.#stock.check(item)
  }

  #refusedItem(item: T): Promise<never> | null {
    try {
      this.#expectItem(item)
      return null
    } catch (error) {
      return Promise.reject(error)
    }
  }

  #accept(item: T): void {
    this.#unfinished += 1
    this.#stock.add(item)
  }

  #take(): T {
    const item = this.#stock.take()
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

  /** A putter was served and cancelled: its item leaves, if it is still here. */
  #withdraw(item: T): boolean {
    if (!this.#stock.remove(item)) return false
    this.#finish(1)
    this.#refill()
    return true
  }

  #finish(count: number): void {
    this.#unfinished -= count
    if (this.#unfinished > 0) return
    while (this.#joiners.serve(undefined) !== null);
  }
}
