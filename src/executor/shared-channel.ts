// Messages from many senders to many receivers, over all threads.
//
//   a message is | it                                         | if its task is cancelled
//   offered      | its sender stands in line                  | was not sent
//   sent         | bytes in the ring, in shared memory        | -
//   received     | a receiver has taken it, at its turn       | cannot be: it goes on with it
//
// The ring holds the messages, two lines say whose turn it is. A message is taken when its task runs and not before, so
// it is never in the hands of a task that does not go on: what was to be put back might find its place taken.
import { deserialize, serialize } from "node:v8"
import { misuse } from "../base/misuse.ts"
import type { WaitOptions } from "../core/lowlevel.ts"
import { refusal } from "../core/lowlevel.ts"
import { ChannelClosedError } from "./channel-closed-error.ts"
import { MessageRing, ringWords, spaceFor } from "./message-ring.ts"
import { SharedLine, lineWords } from "./shared-line.ts"
import type { SharedMemory } from "./shared-memory.ts"
import { makeSharedMemory, openSharedMemory, sealSharedMemory } from "./shared-memory.ts"
import type { BlockOptions } from "./thread-line.ts"
import { ThreadLine } from "./thread-line.ts"

/** Settings of a new {@link SharedChannel}. */
export interface SharedChannelOptions {
  /** Most messages it holds. @default 1024 */
  readonly capacity?: number | undefined
  /** Bytes it has for them, rounded up to a power of two; also the bound of one message. @default 1048576 */
  readonly bytes?: number | undefined
}

/** State of a shared channel at one moment. */
export interface SharedChannelStatistics {
  /** Messages in it. */
  readonly size: number
  readonly capacity: number
  /** Bytes they take, and there are. */
  readonly usedBytes: number
  readonly bytes: number
  /** Tasks of this thread that wait for room. */
  readonly senders: number
  /** Tasks of this thread that wait for a message. */
  readonly receivers: number
  /** Threads that wait for room, this one among them. */
  readonly sendingThreads: number
  /** Threads that wait for a message, this one among them. */
  readonly receivingThreads: number
  readonly closed: boolean
}

const ownWords = 2 * lineWords + ringWords
const mostBytes = 2 ** 30

/** Done, as a value that is not undefined. */
const done = "done"
/** The channel was closed. */
const ended = "ended"

/**
 * Carries messages between threads: a bounded line of values, from any thread to any other.
 *
 * A letter chute with a bottom: who has something drops it in, who needs something takes the oldest, and when it is full
 * senders wait. Messages are copied, as structured clones: plain data, maps, sets, dates, errors, typed arrays. It lives
 * in a `SharedArrayBuffer`: make it in one thread and hand it to a job of a thread; to a thread of your own hand its
 * `buffer`, and make it again from that. Within one thread use {@link Queue}.
 *
 * **Cancellation.** Safe: a cancelled receiver takes nothing, a cancelled sender has sent nothing.
 * **Fairness.** Each message is received once; those of one sender in the order in which they were sent. Senders and
 * receivers are served in order of arrival, over all threads; a large message is not overtaken by small ones. A thread
 * with several tasks in line has one place for them. One that does not come within 10 ms when it is its turn, since it is
 * busy or has ended, is passed over until it looks again.
 * **Pitfall.** Functions, promises, class instances and shared memory cannot be sent; an instance arrives as plain data.
 *
 * @param options.capacity - Most messages it holds. @default 1024
 * @param options.bytes - Bytes it has for them, rounded up to a power of two. @default 1048576
 * @throws {RangeError} If a number is out of its range.
 * @throws {TypeError} If it is handed a buffer that is not that of a channel.
 *
 * @example Both ends
 * ```ts
 * const channel = new SharedChannel<{ id: number }>({ capacity: 10 })
 * const otherEnd = new SharedChannel<{ id: number }>(channel.buffer) // in another thread
 * await otherEnd.send({ id: 7 })
 * await channel.receive() // => { id: 7 }
 * ```
 */
export class SharedChannel<T> implements AsyncIterable<T>, Iterable<T> {
  /** What is handed to other threads. */
  readonly buffer: SharedArrayBuffer
  readonly #ring: MessageRing
  readonly #sendLine: SharedLine
  readonly #receiveLine: SharedLine
  readonly #senders: ThreadLine<Uint8Array, typeof done | typeof ended>
  readonly #receivers: ThreadLine<undefined, Uint8Array | typeof ended>

  constructor(from: SharedChannelOptions | SharedArrayBuffer = {}) {
    const memory = isOptions(from) ? makeRing(from) : openSharedMemory(from, "channel", ownWords)
    const { words, base, buffer } = memory
    const ring = new MessageRing(
      words,
      base + 2 * lineWords,
      (base + ownWords) * Int32Array.BYTES_PER_ELEMENT,
    )
    this.buffer = buffer
    this.#ring = ring
    this.#sendLine = new SharedLine(
      words,
      base,
      (before, space) => ring.isClosed || (before === 0 && ring.hasRoom(space)),
    )
    this.#receiveLine = new SharedLine(
      words,
      base + lineWords,
      (before) => before < ring.count || ring.isClosed,
    )
    this.#senders = new ThreadLine({
      kind: "shared channel send",
      line: this.#sendLine,
      take: (message) => this.#push(message),
      needOf: ({ length }) => spaceFor(length),
    })
    this.#receivers = new ThreadLine({
      kind: "shared channel receive",
      line: this.#receiveLine,
      take: () => this.#pop(),
    })
    if (!memory.isNew) return
    this.#sendLine.clear()
    this.#receiveLine.clear()
    sealSharedMemory(memory, "channel")
  }

  /** Messages in it. */
  get size(): number {
    return this.#ring.count
  }

  /** Most messages it holds. */
  get capacity(): number {
    return this.#ring.capacity
  }

  /** Whether it was closed; what was sent before can still be received. */
  get closed(): boolean {
    return this.#ring.isClosed
  }

  /**
   * Sends a message, waiting for room if the channel is full.
   *
   * **Cancellation.** Safe: the message was not sent if this throws.
   *
   * @param message - Anything that structured clone takes; copied at once.
   * @param options.signal - Ends the wait with `signal.reason` when it aborts. @default none
   * @param options.timeout - Milliseconds after which the wait throws a TimeoutError. @default no limit
   * @throws {ChannelClosedError} If the channel was closed.
   * @throws {RangeError} If the message is larger than the channel.
   * @throws {TypeError} If it is a task, a future or a promise.
   * @throws {Error} If it cannot be copied: what structured clone says.
   */
  async send(message: T, options?: WaitOptions): Promise<void> {
    const refused = refusal(options)
    if (refused !== null) return refused
    const bytes = this.#pack(message)
    const end =
      (this.#senders.isTurnDue() ? undefined : this.#senders.tryTake(bytes)) ??
      (await this.#senders.wait(bytes, options))
    if (end === ended) throw noMoreSends()
  }

  /**
   * Sends a message, blocking this thread while the channel is full.
   *
   * @param options.timeout - Milliseconds after which it throws a TimeoutError. @default no limit
   * @throws {InvalidStateError} In the main thread while a run is going on.
   * @throws {ChannelClosedError} If the channel was closed.
   */
  sendSync(message: T, options?: BlockOptions): void {
    const bytes = this.#pack(message)
    const end = this.#senders.block(bytes, options, "send to shared channel", "await channel.send(message)")
    if (end === ended) throw noMoreSends()
  }

  /**
   * Sends a message if there is room and nobody is first; false if not.
   *
   * @throws {ChannelClosedError} If the channel was closed.
   */
  trySend(message: T): boolean {
    const end = this.#senders.tryTake(this.#pack(message))
    if (end === ended) throw noMoreSends()
    return end === done
  }

  /**
   * Takes the oldest message, waiting for one if there is none.
   *
   * **Cancellation.** Safe: no message is taken if this throws.
   *
   * @param options.signal - Ends the wait with `signal.reason` when it aborts. @default none
   * @param options.timeout - Milliseconds after which the wait throws a TimeoutError. @default no limit
   * @throws {ChannelClosedError} If the channel was closed and is empty.
   */
  async receive(options?: WaitOptions): Promise<T> {
    const refused = refusal(options)
    if (refused !== null) return refused
    const bytes =
      (this.#receivers.isTurnDue() ? undefined : this.#receivers.tryTake(undefined)) ??
      (await this.#receivers.wait(undefined, options))
    return unpack<T>(bytes)
  }

  /**
   * Takes the oldest message, blocking this thread until there is one.
   *
   * @param options.timeout - Milliseconds after which it throws a TimeoutError. @default no limit
   * @throws {InvalidStateError} In the main thread while a run is going on.
   * @throws {ChannelClosedError} If the channel was closed and is empty.
   */
  receiveSync(options?: BlockOptions): T {
    const what = "receive from shared channel"
    return unpack<T>(this.#receivers.block(undefined, options, what, "await channel.receive()"))
  }

  /**
   * Takes the oldest message if there is one and nobody is first.
   *
   * @returns The message as `value`, or null.
   * @throws {ChannelClosedError} If the channel was closed and is empty.
   */
  tryReceive(): { readonly value: T } | null {
    const bytes = this.#receivers.tryTake(undefined)
    return bytes === undefined ? null : { value: unpack<T>(bytes) }
  }

  /** Ends the channel: nothing can be sent any more, and who receives finds the rest and then an error. */
  close(): void {
    this.#ring.close()
    this.#receivers.ring()
    this.#senders.ring()
  }

  /** Takes messages until the channel is closed and empty. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, void> {
    for (;;) {
      let message: T
      try {
        message = await this.receive()
      } catch (error) {
        if (error instanceof ChannelClosedError) return
        throw error
      }
      yield message
    }
  }

  /** Takes messages until the channel is closed and empty, blocking this thread between them. */
  *[Symbol.iterator](): Generator<T, void, void> {
    for (;;) {
      let message: T
      try {
        message = this.receiveSync()
      } catch (error) {
        if (error instanceof ChannelClosedError) return
        throw error
      }
      yield message
    }
  }

  statistics(): SharedChannelStatistics {
    return {
      size: this.#ring.count,
      capacity: this.#ring.capacity,
      usedBytes: this.#ring.used,
      bytes: this.#ring.size,
      senders: this.#senders.size,
      receivers: this.#receivers.size,
      sendingThreads: this.#sendLine.size(),
      receivingThreads: this.#receiveLine.size(),
      closed: this.#ring.isClosed,
    }
  }

  toString(): string {
    const { size, capacity, senders, receivers, closed } = this.statistics()
    const end = closed ? " closed" : ""
    return `<SharedChannel size=${size}/${capacity} senders=${senders} receivers=${receivers}${end}>`
  }

  #push(message: Uint8Array): typeof done | typeof ended | undefined {
    const isIn = this.#ring.push(message)
    if (isIn === true) this.#receivers.ring()
    return isIn === null ? ended : isIn ? done : undefined
  }

  #pop(): Uint8Array | typeof ended | undefined {
    const message = this.#ring.pop()
    if (message !== undefined && message !== null) this.#senders.ring()
    return message === null ? ended : message
  }

  #pack(message: T): Uint8Array {
    if (typeof message === "object" && message !== null && "then" in message) {
      throw new TypeError("Cannot send a task, future or promise: await it, and send what it gives")
    }
    if (this.#ring.isClosed) throw noMoreSends()
    const bytes = serialize(message)
    if (spaceFor(bytes.length) > this.#ring.size) {
      throw new RangeError(
        `Cannot send a message of ${bytes.length} bytes: the channel has ${this.#ring.size} in all; ` +
          "make it with more `bytes`",
      )
    }
    return bytes
  }
}

function unpack<T>(bytes: Uint8Array | typeof ended): T {
  if (bytes === ended) {
    throw new ChannelClosedError("Cannot receive from shared channel: it was closed and is empty")
  }
  return deserialize(bytes) as T
}

function noMoreSends(): ChannelClosedError {
  return new ChannelClosedError("Cannot send to shared channel: it was closed")
}

function isOptions(from: SharedChannelOptions | SharedArrayBuffer): from is SharedChannelOptions {
  if (typeof from !== "object" || from === null || from instanceof ArrayBuffer) return false
  return !(from instanceof SharedArrayBuffer)
}

function makeRing({ capacity = 1024, bytes = 2 ** 20 }: SharedChannelOptions): SharedMemory {
  if (!Number.isInteger(capacity) || capacity < 1 || capacity > mostBytes) {
    throw misuse("capacity", `an integer from 1 to ${mostBytes}`, capacity)
  }
  if (!Number.isInteger(bytes) || bytes < 1 || bytes > mostBytes) {
    throw misuse("bytes", `an integer from 1 to ${mostBytes}`, bytes)
  }
  const size = Math.max(64, 2 ** Math.ceil(Math.log2(bytes)))
  const memory = makeSharedMemory(ownWords + size / Int32Array.BYTES_PER_ELEMENT)
  MessageRing.clear(memory.words, memory.base + 2 * lineWords, capacity, size)
  return memory
}
