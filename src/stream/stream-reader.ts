// The reading end of a stream of bytes.
//
//   state  | meaning                                   | leaves by
//   open   | more may come                             | feedEof() -> ended, setException() -> failed
//   ended  | what is buffered can be read, then none   | setException() -> failed
//   failed | every read throws                         | -
//
// Whoever has the bytes feeds them in; one task at a time reads. While nobody waits and more than twice
// the limit is buffered, the transport is asked to pause; it goes on once that has been read down to the
// limit, or when somebody waits for more. What must stay true: bytes leave the buffer in the step of the
// task that gets them, so that a cancelled read has lost nothing.
import { misuse } from "../base/misuse.ts"
import { InvalidStateError } from "../core/index.ts"
import type { WaitOptions } from "../core/lowlevel.ts"
import { WaitList, refusal } from "../core/lowlevel.ts"
import { ByteBuffer } from "./byte-buffer.ts"
import { LineIterator } from "./line-iterator.ts"
import { Exactly, Line, ToEnd, Until, UpTo } from "./read-demand.ts"
import type { ReadDemand, ReadInput } from "./read-demand.ts"
import { checkSeparators } from "./separator-search.ts"

/** Where a reader's bytes come from, as far as it can be slowed down. */
export interface ReadTransport {
  pauseReading(): void
  resumeReading(): void
}

/** Settings of {@link StreamReader}. */
export interface StreamReaderOptions {
  /**
   * Most bytes of a line, or before a separator; twice as many are buffered before the transport is
   * paused. @default 65536
   */
  readonly limit?: number | undefined
}

/** State of a reader at one moment. */
export interface StreamReaderStatistics {
  /** Bytes that have come and were not read. */
  readonly buffered: number
  /** Tasks that wait for more: one or none. */
  readonly waiting: number
  /** Whether the transport was asked to pause. */
  readonly paused: boolean
}

const defaultLimit = 65_536

/**
 * The reading end of a stream of bytes: by number, by line, by separator, or to the end.
 *
 * A tray at the end of a conveyor belt: take what lies there, or stand and wait for the piece you need;
 * when the tray is full the belt stops. {@link openConnection} and {@link startServer} give one for each
 * connection, {@link memoryPair} two for tests. Its other end is a {@link StreamWriter}.
 *
 * **Cancellation.** Safe: a cancelled read has taken nothing, and the next one finds all that has come.
 * **Fairness.** One task at a time: a second read is refused while one waits.
 * **Pitfall.** Bytes that are fed in are kept and not copied; large pieces that are read may share memory.
 *
 * @param options.limit - Most bytes of a line, or before a separator. @default 65536
 * @throws {RangeError} If the limit is no positive number.
 * @throws {TypeError} If it is no number.
 *
 * @example Lines
 * ```ts
 * const reader = new StreamReader()
 * reader.feedData(new TextEncoder().encode("one\ntwo\nthr"))
 * reader.feedEof()
 * const lines: string[] = []
 * for await (const line of reader) lines.push(new TextDecoder().decode(line))
 * lines // => ["one\n", "two\n", "thr"]
 * ```
 */
export class StreamReader implements AsyncIterable<Uint8Array> {
  readonly #limit: number
  readonly #input: ReadInput = { buffer: new ByteBuffer(), isEof: false }
  /** What every read throws; null if none does. */
  #failure: { readonly error: unknown } | null = null
  #transport: ReadTransport | null = null
  /** Whether the transport was asked to pause. */
  #isPaused = false
  /** What the task in `#line` waits for. */
  #demand: ReadDemand | null = null
  /** Holds one task at most. A task that goes on takes its bytes itself: nothing is handed over. */
  readonly #line = new WaitList<void>("stream read", () => this.#pauseIfFull(), {
    onLeave: () => this.#pauseIfFull(),
  })

  constructor({ limit = defaultLimit }: StreamReaderOptions = {}) {
    if (typeof limit !== "number" || !(limit > 0)) throw misuse("limit", "a positive number of bytes", limit)
    this.#limit = limit
  }

  /** Most bytes of a line, or before a separator. */
  get limit(): number {
    return this.#limit
  }

  /** Whether the end was fed in and all before it was read. */
  atEof(): boolean {
    return this.#input.isEof && this.#input.buffer.size === 0
  }

  /** What reads throw since `setException`; null if they do not. */
  exception(): unknown {
    return this.#failure?.error ?? null
  }

  /**
   * Puts bytes in behind the others; of no bytes, nothing happens.
   *
   * @param data - Kept, not copied: do not change it afterwards.
   * @throws {InvalidStateError} If the end was fed in before.
   * @throws {TypeError} If `data` is no Uint8Array.
   */
  feedData(data: Uint8Array): void {
    if (!(data instanceof Uint8Array)) throw misuse("data", "a Uint8Array", data, "none")
    if (this.#input.isEof) throw new InvalidStateError("Cannot feed data: the end was fed before")
    if (data.length === 0) return
    this.#input.buffer.push(data)
    this.#look()
  }

  /** Says that nothing more will come. */
  feedEof(): void {
    this.#input.isEof = true
    this.#look()
  }

  /** Makes the pending read and all later ones throw `error`, also if bytes are buffered. */
  setException(error: unknown): void {
    this.#failure = { error }
    this.#line.failAll(error)
  }

  /**
   * Tells the reader whom to ask to pause when too much is buffered, and to go on.
   *
   * @throws {InvalidStateError} If it has a transport already.
   */
  setTransport(transport: ReadTransport): void {
    if (this.#transport !== null)
      throw new InvalidStateError("Cannot set transport: the reader has one already")
    this.#transport = transport
    if (this.#line.first === null) this.#pauseIfFull()
  }

  /**
   * Reads up to `n` bytes, as soon as there are any; without `n`, everything to the end of the stream.
   *
   * **Cancellation.** Safe: nothing is taken, also of what had come for it.
   * **Pitfall.** Without `n` the limit does not hold: whatever comes is buffered.
   *
   * @param n - Most bytes to read; 0 gives none at once. @default to the end, as does -1
   * @param options.signal - Ends the wait with `signal.reason` when it aborts. @default none
   * @param options.timeout - Milliseconds after which the wait throws a TimeoutError. @default no limit
   * @returns The bytes; none at the end of the stream.
   * @throws {InvalidStateError} If another task is reading.
   * @throws {RangeError} If `n` is no whole number, or below -1.
   */
  read(n = -1, options?: WaitOptions): Promise<Uint8Array> {
    if (n === -1) return this.#get(new ToEnd(), options)
    if (!isCount(n)) return Promise.reject(misuse("n", "a whole number of bytes from 0 up, or -1 for all", n))
    return this.#get(new UpTo(n), options)
  }

  /**
   * Reads a line, its newline included; at the end of the stream what is left, or nothing.
   *
   * **Cancellation.** Safe: nothing is taken.
   *
   * @param options.signal - Ends the wait with `signal.reason` when it aborts. @default none
   * @param options.timeout - Milliseconds after which the wait throws a TimeoutError. @default no limit
   * @throws {RangeError} If the line is longer than the limit. It is dropped, as far as it has come.
   * @throws {InvalidStateError} If another task is reading.
   */
  readLine(options?: WaitOptions): Promise<Uint8Array> {
    return this.#get(new Line(this.#input.buffer, this.#limit), options)
  }

  /**
   * Reads `n` bytes, waiting until all of them are there.
   *
   * **Cancellation.** Safe: nothing is taken.
   *
   * @param n - How many; may be more than the limit.
   * @param options.signal - Ends the wait with `signal.reason` when it aborts. @default none
   * @param options.timeout - Milliseconds after which the wait throws a TimeoutError. @default no limit
   * @throws {IncompleteReadError} If the stream ends before; what came is in it.
   * @throws {RangeError} If `n` is no whole number from 0 up.
   * @throws {InvalidStateError} If another task is reading.
   */
  readExactly(n: number, options?: WaitOptions): Promise<Uint8Array> {
    if (!isCount(n)) return Promise.reject(misuse("n", "a whole number of bytes from 0 up", n))
    return this.#get(new Exactly(n), options)
  }

  /**
   * Reads up to a separator, and the separator.
   *
   * **Cancellation.** Safe: nothing is taken.
   *
   * @param separator - Bytes or text, or several of which the one counts that ends first. @default "\n"
   * @param options.signal - Ends the wait with `signal.reason` when it aborts. @default none
   * @param options.timeout - Milliseconds after which the wait throws a TimeoutError. @default no limit
   * @throws {IncompleteReadError} If the stream ends before; what came is in it.
   * @throws {LimitOverrunError} If more than the limit stands before it; all stays in the reader.
   * @throws {RangeError} If there is no separator, or an empty one.
   * @throws {InvalidStateError} If another task is reading.
   */
  readUntil(
    separator: Uint8Array | string | readonly (Uint8Array | string)[] = "\n",
    options?: WaitOptions,
  ): Promise<Uint8Array> {
    let separators: readonly Uint8Array[]
    try {
      separators = checkSeparators(separator)
    } catch (error) {
      return Promise.reject(error)
    }
    return this.#get(new Until(this.#input.buffer, separators, this.#limit), options)
  }

  /** Gives line after line, as `readLine()` does, until the stream ends. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array> {
    return new LineIterator(this)
  }

  /**
   * @internal Takes out what was not read, for whoever goes on with it below this reader.
   *
   * @throws {InvalidStateError} If a task is reading.
   */
  takeBuffered(): Uint8Array {
    if (this.#isReading) throw alreadyReading()
    const taken = this.#input.buffer.take(Infinity)
    this.#resume()
    return taken
  }

  statistics(): StreamReaderStatistics {
    return { buffered: this.#input.buffer.size, waiting: this.#line.size, paused: this.#isPaused }
  }

  toString(): string {
    const words = ["StreamReader"]
    const { buffered, waiting } = this.statistics()
    if (buffered > 0) words.push(`${buffered} bytes`)
    if (this.#input.isEof) words.push("eof")
    if (this.#limit !== defaultLimit) words.push(`limit=${this.#limit}`)
    if (waiting > 0) words.push("waiter")
    if (this.#failure !== null) words.push(`exception=${String(this.#failure.error)}`)
    if (this.#transport !== null) words.push(`transport=${describeTransport(this.#transport)}`)
    if (this.#isPaused) words.push("paused")
    return `<${words.join(" ")}>`
  }

  /** Whether a task waits for bytes, or has been woken and not taken them yet. */
  get #isReading(): boolean {
    return this.#line.size > 0 || this.#line.isServing
  }

  #get(demand: ReadDemand, options: WaitOptions | undefined): Promise<Uint8Array> {
    const refused = refusal(options)
    if (refused !== null) return refused
    if (this.#isReading) return Promise.reject(alreadyReading())
    if (this.#failure === null && !demand.isMet(this.#input)) return this.#wait(demand, options)
    if (this.#line.isTurnDue()) return this.#line.pass(undefined, undefined).then(() => this.#take(demand))
    try {
      return Promise.resolve(this.#take(demand))
    } catch (error) {
      return Promise.reject(error)
    }
  }

  async #wait(demand: ReadDemand, options: WaitOptions | undefined): Promise<Uint8Array> {
    do {
      this.#demand = demand
      const woken = this.#line.wait(undefined, options)
      // Now that somebody stands in line: a transport that has more may feed it at once.
      this.#resume()
      await woken
    } while (this.#failure === null && !demand.isMet(this.#input))
    return this.#take(demand)
  }

  #take(demand: ReadDemand): Uint8Array {
    if (this.#failure !== null) throw this.#failure.error
    try {
      return demand.take(this.#input)
    } finally {
      if (this.#input.buffer.size <= this.#limit) this.#resume()
    }
  }

  /** Something has come: wakes the task that waits for it. */
  #look(): void {
    if (this.#line.first === null) this.#pauseIfFull()
    else if (this.#demand?.isMet(this.#input) === true) this.#line.serve(undefined)
  }

  #pauseIfFull(): true {
    const isFull = this.#input.buffer.size > 2 * this.#limit && !this.#input.isEof
    if (isFull && !this.#isPaused && this.#transport !== null) {
      this.#isPaused = true
      this.#transport.pauseReading()
    }
    return true
  }

  #resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    this.#transport?.resumeReading()
  }
}

function isCount(n: unknown): n is number {
  return typeof n === "number" && Number.isInteger(n) && n >= 0
}

function alreadyReading(): InvalidStateError {
  return new InvalidStateError("Cannot read: another task is reading from this stream already")
}

function describeTransport(transport: {
  toString(): string
  readonly constructor: { readonly name: string }
}): string {
  const text = String(transport)
  return text === "[object Object]" ? transport.constructor.name : text
}
