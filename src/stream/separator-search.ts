// Finds the first of several separators in a buffer that grows.
//
// It goes on where it stopped: each byte is looked at once, whatever the chunks are. Within a chunk
// the platform searches; across a border a few bytes of both sides are laid together. Of several
// separators the one whose match ends first counts, and of two that end together the shorter. What
// must stay true: while a search goes on nothing is taken out of its buffer.
import { misuse } from "../base/misuse.ts"
import type { ByteBuffer } from "./byte-buffer.ts"

const nothing = new Uint8Array(0)

/** Where a separator begins and ends in the buffer. */
export interface Match {
  readonly start: number
  readonly end: number
}

/** One search; begins at the front of its buffer. */
export class SeparatorSearch {
  readonly #buffer: ByteBuffer
  /** Shortest first. */
  readonly #separators: readonly Uint8Array[]
  /** Length of the longest. */
  readonly longest: number
  /** The next chunk to look at. */
  #index = 0
  /** Bytes before that chunk. */
  #base = 0
  /** The last bytes before that chunk, at most one fewer than the longest separator. */
  #tail: Uint8Array = nothing
  #match: Match | null = null

  constructor(buffer: ByteBuffer, separators: readonly Uint8Array[]) {
    this.#buffer = buffer
    this.#separators = separators
    this.longest = (separators.at(-1) as Uint8Array).length
  }

  /** The first match in what is there by now, or null. */
  find(): Match | null {
    while (this.#match === null && this.#index < this.#buffer.count) this.#lookAtNext()
    return this.#match
  }

  #lookAtNext(): void {
    const whole = this.#buffer.chunk(this.#index) as Uint8Array
    const from = this.#index === 0 ? this.#buffer.offset : 0
    const chunk = from === 0 ? whole : whole.subarray(from)
    if (this.#tail.length > 0) this.#lookAtBorder(chunk)
    for (const separator of this.#separators) this.#note(indexOf(chunk, separator), separator, this.#base)
    if (this.longest > 1) this.#keepTail(chunk)
    this.#base += chunk.length
    this.#index += 1
  }

  #lookAtBorder(chunk: Uint8Array): void {
    const tail = this.#tail
    const border = joined(tail, chunk.subarray(0, this.longest - 1))
    for (const separator of this.#separators) {
      const at = indexOf(border, separator)
      if (at < tail.length) this.#note(at, separator, this.#base - tail.length)
    }
  }

  #note(at: number, separator: Uint8Array, base: number): void {
    if (at < 0) return
    const start = base + at
    const end = start + separator.length
    const found = this.#match
    const isBetter = found === null || end < found.end || (end === found.end && start > found.start)
    if (isBetter) this.#match = { start, end }
  }

  #keepTail(chunk: Uint8Array): void {
    const most = this.longest - 1
    this.#tail =
      chunk.length >= most ? chunk.subarray(chunk.length - most) : joined(this.#tail, chunk).slice(-most)
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}

/** Place of `separator` in `bytes`, or -1. */
function indexOf(bytes: Uint8Array, separator: Uint8Array): number {
  if (separator.length === 1) return bytes.indexOf(separator[0] as number)
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(separator)
}

/**
 * Separators as bytes, shortest first.
 *
 * @throws {RangeError} If there is none, or an empty one.
 * @throws {TypeError} If one is neither bytes nor text.
 */
export function checkSeparators(
  given: Uint8Array | string | readonly (Uint8Array | string)[],
): readonly Uint8Array[] {
  const several = Array.isArray(given) ? (given as readonly unknown[]) : [given]
  if (several.length === 0) throw new RangeError("Expected `separator` to be at least one, got none")
  const separators = several.map((one) => (typeof one === "string" ? new TextEncoder().encode(one) : one))
  for (const one of separators) {
    if (!(one instanceof Uint8Array)) throw misuse("separator", "bytes or text, or several", one, "none")
    if (one.length === 0)
      throw new RangeError("Expected `separator` to be at least one byte long, got an empty one")
  }
  return (separators as Uint8Array[]).toSorted((a, b) => a.length - b.length)
}
