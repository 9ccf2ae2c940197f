// A queue between interpreters: a shared channel with the words of a queue.
//
// The channel does the work. What is added is the face that programs know from `Queue`, and that it may be handed to
// an interpreter as an argument.
import { misuse } from "../base/misuse.ts"
import type { WaitOptions } from "../core/lowlevel.ts"
import { QueueEmptyError, QueueFullError, QueueShutDownError } from "../sync/index.ts"
import { ChannelClosedError } from "./channel-closed-error.ts"
import { SharedChannel } from "./shared-channel.ts"
import type { BlockOptions } from "./thread-line.ts"

/** Settings of an {@link InterpreterQueue}. */
export interface InterpreterQueueOptions {
  /** Bytes it has for its items, rounded up to a power of two; also the bound of one item. @default 1048576 */
  readonly bytes?: number | undefined
}

/** State of an interpreter queue at one moment. */
export interface InterpreterQueueStatistics {
  readonly size: number
  readonly maxSize: number
  /** Tasks of this thread that wait for an item. */
  readonly getters: number
  /** Tasks of this thread that wait for room. */
  readonly putters: number
  readonly isShutDown: boolean
}

const unbounded = 2 ** 30

/**
 * A line of items between interpreters, and between them and the program.
 *
 * A counter with a hatch to each room: whoever has something puts it down, whoever needs something takes the oldest.
 * Hand it to an {@link Interpreter} as an argument of `call`, or by `setGlobals`; both sides await it, and inside an
 * interpreter one may block on it. Items are copied, as in a {@link SharedChannel}, which it is made of.
 *
 * **Cancellation.** Safe: a cancelled getter takes nothing, a cancelled putter has put nothing.
 * **Fairness.** As {@link SharedChannel}: getters and putters in order of arrival, over all interpreters.
 * **Pitfall.** An interpreter that only waits for an item does not keep the program alive once its call is over.
 *
 * @param maxSize - Most items it holds; 0 and less: no bound but that of its bytes. @default 1024
 * @param options.bytes - Bytes it has for its items. @default 1048576
 * @throws {TypeError} If `maxSize` is no number.
 * @throws {RangeError} If a number is out of its range.
 *
 * @example Both ends
 * ```ts
 * const queue = new InterpreterQueue<number>(10)
 * await queue.put(1)
 * queue.shutdown()
 * await collect.array(queue) // => [1]
 * ```
 */
export class InterpreterQueue<T> implements AsyncIterable<T>, Iterable<T> {
  readonly #channel: SharedChannel<T>

  constructor(maxSize: number | SharedArrayBuffer = 1024, options: InterpreterQueueOptions = {}) {
    if (maxSize instanceof SharedArrayBuffer) {
      this.#channel = new SharedChannel<T>(maxSize)
      return
    }
    if (typeof maxSize !== "number" || Number.isNaN(maxSize)) throw misuse("maxSize", "a number", maxSize)
    const capacity = maxSize <= 0 || maxSize > unbounded ? unbounded : maxSize
    this.#channel = new SharedChannel<T>({ capacity, bytes: options.bytes })
  }

  /** What a thread that is no interpreter of ours makes it again from. */
  get buffer(): SharedArrayBuffer {
    return this.#channel.buffer
  }

  /** Items in it. */
  get size(): number {
    return this.#channel.size
  }

  /** Most items it holds; 0 means no bound but that of its bytes. */
  get maxSize(): number {
    const { capacity } = this.#channel
    return capacity === unbounded ? 0 : capacity
  }

  /** Whether nothing is in it. */
  empty(): boolean {
    return this.size === 0
  }

  /** Whether it holds as many items as it may. */
  full(): boolean {
    return this.size >= this.#channel.capacity
  }

  /**
   * Puts an item in, waiting for room if the queue is full.
   *
   * **Cancellation.** Safe: the item was not put if this throws.
   *
   * @param options.signal - Ends the wait with `signal.reason` when it aborts. @default none
   * @param options.timeout - Milliseconds after which the wait throws a TimeoutError. @default no limit
   * @throws {QueueShutDownError} If the queue was shut down.
   * @throws {RangeError} If the item is larger than the queue.
   */
  async put(item: T, options?: WaitOptions): Promise<void> {
    try {
      await this.#channel.send(item, options)
    } catch (error) {
      throw asShutDown(error, noMorePuts)
    }
  }

  /** As {@link put}, blocking the thread: inside an interpreter, and in programs without a run. */
  putSync(item: T, options?: BlockOptions): void {
    translated(() => this.#channel.sendSync(item, options), noMorePuts)
  }

  /**
   * Puts an item in without waiting.
   *
   * @throws {QueueFullError} If there is no room, or others are first.
   * @throws {QueueShutDownError} If the queue was shut down.
   */
  putNowait(item: T): void {
    if (translated(() => this.#channel.trySend(item), noMorePuts)) return
    throw new QueueFullError(`Cannot put into queue: it holds ${this.size} items already`)
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
  async get(options?: WaitOptions): Promise<T> {
    try {
      return await this.#channel.receive(options)
    } catch (error) {
      throw asShutDown(error, noMoreItems)
    }
  }

  /** As {@link get}, blocking the thread: inside an interpreter, and in programs without a run. */
  getSync(options?: BlockOptions): T {
    return translated(() => this.#channel.receiveSync(options), noMoreItems)
  }

  /**
   * Takes the oldest item without waiting.
   *
   * @throws {QueueEmptyError} If there is none, or others are first.
   * @throws {QueueShutDownError} If the queue was shut down and is empty.
   */
  getNowait(): T {
    const found = translated(() => this.#channel.tryReceive(), noMoreItems)
    if (found !== null) return found.value
    throw new QueueEmptyError("Cannot get from queue: it is empty")
  }

  /** Ends the queue: no item can be put any more, and who gets finds the rest and then an error. */
  shutdown(): void {
    this.#channel.close()
  }

  /** Takes items until the queue is shut down and empty. */
  [Symbol.asyncIterator](): AsyncGenerator<T, void, void> {
    return this.#channel[Symbol.asyncIterator]()
  }

  /** Takes items until the queue is shut down and empty, blocking the thread between them. */
  [Symbol.iterator](): Generator<T, void, void> {
    return this.#channel[Symbol.iterator]()
  }

  statistics(): InterpreterQueueStatistics {
    const { size, receivers, senders, closed } = this.#channel.statistics()
    return { size, maxSize: this.maxSize, getters: receivers, putters: senders, isShutDown: closed }
  }

  toString(): string {
    const { size, maxSize, getters, putters, isShutDown } = this.statistics()
    const end = isShutDown ? " shut down" : ""
    return `<InterpreterQueue size=${size} maxSize=${maxSize} getters=${getters} putters=${putters}${end}>`
  }
}

const noMorePuts = "Cannot put into queue: it was shut down"
const noMoreItems = "Cannot get from queue: it was shut down and is empty"

function asShutDown(error: unknown, message: string): unknown {
  return error instanceof ChannelClosedError ? new QueueShutDownError(message) : error
}

function translated<R>(fn: () => R, message: string): R {
  try {
    return fn()
  } catch (error) {
    throw asShutDown(error, message)
  }
}
