// Lines of a file, in blocks, as they come from the disk.
//
// Input and output files are both read through here, so what counts as a line is decided once:
// ended by \n, one \r before it dropped, a BOM dropped from the first line, the last line good
// without a newline. One chunk and one line are in memory, never the file: the reader pulls, and
// nothing is read ahead. A line that is too long or no UTF-8 is still delivered, with a `problem`
// in place of its text, because the caller has to account for it.

import type { FileHandle } from "node:fs/promises"
import { checkpoint } from "../time/index.ts"

/** One line of a file, with its place. */
export interface Line {
  /** Counted from 1, blank lines included. */
  readonly number: number
  /** Offset of the first byte. */
  readonly start: number
  /** Offset of the first byte after the newline. */
  readonly end: number
  /** Without the newline; if there is a `problem`, what could be read of it. */
  readonly text: string
  /** Why the text cannot be used, or null. */
  readonly problem: string | null
  /** False only for a last line without a newline. */
  readonly ended: boolean
}

/** Where a line begins. */
export interface LinePlace {
  readonly offset: number
  /** Lines before it, blank ones included. */
  readonly linesBefore: number
}

export interface ReadLinesOptions {
  /** Longest line in bytes. @default 67108864 (64 MiB) */
  readonly maxLineBytes?: number
  /** How much of a file is read at once, in bytes. @default 262144 */
  readonly chunkBytes?: number
  /** Begin at this place, which must be the start of a line. @default the first line */
  readonly from?: LinePlace
}

const newline = 0x0a

/**
 * Reads an open file, or chunks that begin at `from`, to the end, yielding the lines that each chunk completed.
 *
 * **Cancellation.** Between two chunks; a file stays open, and its position is not shared.
 */
export async function* readLines(
  source: FileHandle | AsyncIterable<Buffer> | Iterable<Buffer>,
  options: ReadLinesOptions = {},
): AsyncGenerator<Line[]> {
  const from = options.from ?? { offset: 0, linesBefore: 0 }
  const cutter = new LineCutter(options.maxLineBytes ?? 64 * 1024 * 1024, from)
  const chunks = "read" in source ? fileChunks(source, from.offset, options.chunkBytes) : source
  for await (const chunk of chunks) {
    const lines = cutter.feed(chunk)
    if (lines.length > 0) yield lines
    await checkpoint()
  }
  const last = cutter.end()
  if (last !== null) yield [last]
}

/** Chunks of an open file, in one buffer that is used again. */
export async function* fileChunks(
  file: FileHandle,
  from: number,
  chunkBytes: number = 256 * 1024,
): AsyncGenerator<Buffer> {
  const buffer = Buffer.allocUnsafe(chunkBytes)
  for (let position = from; ;) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, position)
    if (bytesRead === 0) return
    position += bytesRead
    yield buffer.subarray(0, bytesRead)
  }
}

/** Cuts a run of chunks into lines; holds what came after the last newline. */
class LineCutter {
  /** Pieces of the unfinished line, copied out of the shared buffer; empty once it is too long. */
  #pieces: Buffer[] = []
  /** Bytes of the unfinished line, also those no longer kept. */
  #held = 0
  /** Offset of the first byte of the unfinished line. */
  #start: number
  /** Lines before the unfinished one. */
  #count: number
  readonly #maxLineBytes: number

  constructor(maxLineBytes: number, from: LinePlace) {
    this.#maxLineBytes = maxLineBytes
    this.#start = from.offset
    this.#count = from.linesBefore
  }

  feed(chunk: Buffer): Line[] {
    const lines: Line[] = []
    let from = 0
    for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, from)) {
      lines.push(this.#finish(chunk.subarray(from, at), true))
      from = at + 1
    }
    if (from < chunk.length) this.#hold(chunk.subarray(from))
    return lines
  }

  end(): Line | null {
    return this.#held === 0 ? null : this.#finish(Buffer.alloc(0), false)
  }

  #hold(piece: Buffer): void {
    this.#held += piece.length
    if (this.#held > this.#maxLineBytes) this.#pieces = []
    else this.#pieces.push(Buffer.from(piece))
  }

  #finish(tail: Buffer, ended: boolean): Line {
    const length = this.#held + tail.length
    const start = this.#start
    const end = start + length + (ended ? 1 : 0)
    const tooLong = length > this.#maxLineBytes
    const bytes = tooLong || this.#pieces.length === 0 ? tail : Buffer.concat([...this.#pieces, tail])
    this.#pieces = []
    this.#held = 0
    this.#start = end
    this.#count++
    if (tooLong) {
      const problem = `the line has ${length} bytes, more than the ${this.#maxLineBytes} allowed`
      return { number: this.#count, start, end, text: "", problem, ended }
    }
    const text = decode(bytes, this.#count === 1)
    const isBroken = text.includes("\uFFFD") && !isStrictUtf8(bytes)
    const problem = isBroken ? "the line is not valid UTF-8" : null
    return { number: this.#count, start, end, text, problem, ended }
  }
}

const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

function decode(bytes: Buffer, first: boolean): string {
  const last = bytes.length - 1
  const text = bytes.toString("utf8", 0, bytes[last] === 0x0d ? last : bytes.length)
  return first && text.startsWith("\uFEFF") ? text.slice(1) : text
}

function isStrictUtf8(bytes: Buffer): boolean {
  try {
    strictDecoder.decode(bytes)
    return true
  } catch {
    return false
  }
}
