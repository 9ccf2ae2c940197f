// Two connected ends in memory, for tests and for parts of one program.
//
//   state   | meaning                                         | leaves by
//   open    | bytes go both ways                              | writeEof() -> ending, close() -> closing
//   ending  | nothing more is written; the other side may     | close() -> closing
//   closing | what was written is still to be delivered       | all delivered -> gone
//   gone    | the other side is at its end, and its writes fail | -
//
// What is written is delivered at once, unless the other reader has asked for a pause: then it is kept,
// and past the high mark the writer waits. An end that breaks off goes from every state to gone.
import { ByteBuffer } from "./byte-buffer.ts"
import { ConnectionResetError } from "./errors.ts"
import type { StreamReaderOptions } from "./stream-reader.ts"
import { StreamReader } from "./stream-reader.ts"
import { StreamWriter } from "./stream-writer.ts"
import type { Transport } from "./transport.ts"
import { WriteFlow } from "./write-flow.ts"

/** One end of a connection. */
export interface StreamEnd {
  readonly reader: StreamReader
  readonly writer: StreamWriter
}

/** Bytes on their way above which a writer waits, and below which it goes on. */
const highMark = 65_536
const lowMark = 16_384

/**
 * Two ends of a connection without a network: what one writes the other reads.
 *
 * A tube between two rooms. Both sides behave as sockets do, back-pressure, half-closing and resets
 * included, on the virtual clock of `tsyncio/testing` as well.
 *
 * @param options.limit - Of both readers, see {@link StreamReader}. @default 65536
 *
 * @example An echo
 * ```ts
 * const [client, server] = memoryPair()
 * await taskGroup(async (group) => {
 *   group.createTask(() => pipe(server.reader, server.writer))
 *   client.writer.write("hello")
 *   client.writer.writeEof()
 *   new TextDecoder().decode(await client.reader.read()) // => "hello"
 * })
 * ```
 */
export function memoryPair(options: StreamReaderOptions = {}): [StreamEnd, StreamEnd] {
  const first = new MemoryTransport(new StreamReader(options))
  const second = new MemoryTransport(new StreamReader(options))
  first.connect(second)
  second.connect(first)
  return [first.end, second.end]
}

class MemoryTransport implements Transport {
  readonly flow: WriteFlow = new WriteFlow()
  readonly #reader: StreamReader
  #other!: MemoryTransport
  #state: "open" | "ending" | "closing" | "gone" = "open"
  /** Written here and not yet taken by the other reader. */
  readonly #outgoing = new ByteBuffer()
  /** Whether the reader of this end asked for a pause: the other end keeps what it writes. */
  #isPaused = false
  /** Whether the reader of this end was told that nothing more comes. */
  #isAtEof = false

  constructor(reader: StreamReader) {
    this.#reader = reader
    reader.setTransport(this)
  }

  connect(other: MemoryTransport): void {
    this.#other = other
  }

  get end(): StreamEnd {
    return { reader: this.#reader, writer: new StreamWriter(this) }
  }

  write(data: Uint8Array | string): void {
    if (this.#state !== "open" || this.flow.isLost) return
    // A copy: whoever reads keeps it, whoever wrote may use its buffer again.
    this.#outgoing.push(typeof data === "string" ? new TextEncoder().encode(data) : new Uint8Array(data))
    this.#deliver()
    if (this.#outgoing.size > highMark) this.flow.pause()
  }

  canWriteEof(): boolean {
    return true
  }

  writeEof(): void {
    if (this.#state !== "open") return
    this.#state = "ending"
    this.#deliver()
  }

  close(): void {
    if (this.isClosing()) return
    this.#state = "closing"
    this.#finishReading()
    this.#deliver()
    this.#other.#deliver()
  }

  abort(): void {
    if (this.#state === "gone") return
    this.#state = "gone"
    this.#finishReading()
    this.flow.lose(null, false)
    this.#other.#broken()
  }

  isClosing(): boolean {
    return this.#state === "closing" || this.#state === "gone" || this.flow.isLost
  }

  pauseReading(): void {
    this.#isPaused = true
  }

  resumeReading(): void {
    this.#isPaused = false
    this.#other.#deliver()
  }

  extraInfo(): unknown {
    return undefined
  }

  toString(): string {
    return `<memory ${this.#state}>`
  }

  #deliver(): void {
    const other = this.#other
    if (this.#outgoing.size > 0 && other.isClosing()) this.#reset()
    while (this.#outgoing.size > 0 && !other.#isPaused) other.#reader.feedData(this.#outgoing.takeChunk())
    if (this.#outgoing.size <= lowMark && this.flow.isPaused) this.flow.resume()
    if (this.#outgoing.size > 0 || this.#state === "open") return
    other.#finishReading()
    if (this.#state !== "closing") return
    this.#state = "gone"
    this.flow.lose(null, false)
  }

  /** Written to an end that is closed. */
  #reset(): void {
    this.#outgoing.clear()
    this.flow.lose(new ConnectionResetError("The other side has closed the connection"), true)
  }

  /** The other end has broken off. */
  #broken(): void {
    if (this.#state === "gone") return
    const error = new ConnectionResetError("The other side has broken the connection off")
    const hasUnsent = this.#outgoing.size > 0
    this.#outgoing.clear()
    this.#state = "gone"
    if (!this.#isAtEof) this.#reader.setException(error)
    this.flow.lose(error, hasUnsent)
  }

  #finishReading(): void {
    if (this.#isAtEof) return
    this.#isAtEof = true
    this.#reader.feedEof()
  }
}
