// Lines out of a run of chunks.
//
// A chunk is decoded once, from its first to its last newline, and cut as text: two calls of the platform
// for a thousand lines. A newline is one byte that is part of no other character, so cutting there never
// cuts a character. What must stay true: what is kept between chunks is the one unfinished line, copied out
// of the reader's buffer, and no longer than `mostBytes`.
const newline = 0x0a
const byteOrderMark = "\uFEFF"
/** A UTF-16 unit of text is at most so many bytes of UTF-8. */
const mostBytesOfUnit = 3

/** Cuts chunks into lines. */
export class LineSplitter {
  readonly #mostBytes: number
  /** Pieces of the unfinished line, and their length in bytes. */
  #pieces: Buffer[] = []
  #held = 0
  /** Lines that were given out. */
  #count = 0
  /** Whether the line after those is longer than it may be; nothing is cut any more then. */
  #isTooLong = false

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes
  }

  /** Number of the unfinished line, from 1. */
  get number(): number {
    return this.#count + 1
  }

  /** Whether the line after those that were given out is longer than it may be. */
  get isTooLong(): boolean {
    return this.#isTooLong
  }

  /** The lines that a chunk completes, without what ends them. */
  feed(chunk: Buffer): string[] {
    const last = chunk.lastIndexOf(newline)
    if (last < 0) {
      this.#hold(chunk)
      return []
    }
    const text = this.#textTo(chunk, last)
    if (last + 1 < chunk.length) this.#hold(chunk.subarray(last + 1))
    return this.#cut(text)
  }

  /** What is left at the end of the file: a last line without a newline, or nothing. */
  end(): string[] {
    if (this.#held === 0) return []
    return this.#cut(this.#textTo(Buffer.alloc(0), 0))
  }

  #textTo(chunk: Buffer, end: number): string {
    if (this.#held === 0) return chunk.toString("utf8", 0, end)
    const whole = Buffer.concat([...this.#pieces, chunk.subarray(0, end)])
    this.#pieces = []
    this.#held = 0
    return whole.toString("utf8")
  }

  #cut(text: string): string[] {
    const marked = this.#count === 0 && text.startsWith(byteOrderMark)
    const lines = (marked ? text.slice(1) : text).split("\n")
    if (text.length * mostBytesOfUnit > this.#mostBytes) this.#cutAtTooLong(lines)
    if (text.includes("\r")) for (const [at, line] of lines.entries()) lines[at] = withoutReturn(line)
    this.#count += lines.length
    return lines
  }

  #cutAtTooLong(lines: string[]): void {
    const at = lines.findIndex((line) => Buffer.byteLength(line) > this.#mostBytes)
    if (at < 0) return
    lines.length = at
    this.#isTooLong = true
  }

  #hold(piece: Buffer): void {
    this.#held += piece.length
    if (this.#held > this.#mostBytes) this.#isTooLong = true
    else this.#pieces.push(Buffer.from(piece))
  }
}

function withoutReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line
}
