// One output of a process, as a reader sees it.
//
// Events of Node's stream go straight to the reader; nothing is copied or kept here. When the process has
// ended, what its pipe still holds is fetched whoever reads, so that the end of it is seen: a pipe holds no
// more than `mostLeft`. What must stay true: a reader is told the end once.
import type { Readable } from "node:stream"
import type { StreamReader } from "../stream/index.ts"

/** Bytes that are fetched from a pipe after the end, unasked; no system has larger ones. */
const mostLeft = 1024 * 1024

/** Feeds a reader from one output of a process. */
export class OutputPipe {
  readonly #stream: Readable
  readonly #reader: StreamReader
  /** Bytes that may still be fetched unasked; null while the process is alive. */
  #left: number | null = null
  #isAtEof = false

  constructor(stream: Readable, reader: StreamReader) {
    this.#stream = stream
    this.#reader = reader
    stream.on("data", (data: Uint8Array) => {
      reader.feedData(data)
      if (this.#left !== null) this.#left -= data.length
    })
    stream.once("end", () => this.#finish())
    stream.once("close", () => this.#finish())
    reader.setTransport(this)
    if (stream.destroyed) this.#finish()
  }

  pauseReading(): void {
    if (this.#left === null || this.#left <= 0) this.#stream.pause()
  }

  resumeReading(): void {
    this.#stream.resume()
  }

  /** The process has ended: what it has written is to be fetched. */
  fetchRest(): void {
    this.#left = mostLeft
    this.#stream.resume()
  }

  toString(): string {
    return "<pipe>"
  }

  #finish(): void {
    if (this.#isAtEof) return
    this.#isAtEof = true
    this.#reader.feedEof()
  }
}
