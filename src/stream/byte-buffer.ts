// Bytes that have come and were not read yet.
//
// Chunks stay as they came, one behind the other, and are cut where a reader wants: nothing is joined
// before it is taken, so that many small chunks and one large line cost the same for each byte. What
// is taken from within one chunk is a view of it if it is large, and a copy if it is small: a short
// line that is kept does not keep its chunk. What must stay true: `size` is the sum of what is left
// of the chunks, and no chunk is empty.
import { Deque } from "../base/deque.ts"

const nothing = new Uint8Array(0)

/** Most bytes that are copied out of a chunk; more than these are a view. */
const mostCopied = 4096

/** A chunk and where it stands in the buffer. */
export interface ChunkPlace {
  readonly chunk: Uint8Array
  /** Place in the buffer of the chunk's first byte; below 0 if some of it was taken already. */
  readonly base: number
}

/** First-in-first-out bytes; pure data, waits for nothing. */
export class ByteBuffer {
  readonly #chunks = new Deque<Uint8Array>()
  /** Bytes of the first chunk that were taken. */
  #offset = 0
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Number of chunks. */
  get count(): number {
    return this.#chunks.size
  }

  /** Bytes of the first chunk that were taken already. */
  get offset(): number {
    return this.#offset
  }

  chunk(index: number): Uint8Array | undefined {
    return this.#chunks.at(index)
  }

  /** Puts bytes behind the others; they are kept, not copied. */
  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return
    // A Buffer would give pieces of its own kind.
    const isPlain = chunk.constructor === Uint8Array
    this.#chunks.push(isPlain ? chunk : new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length))
    this.#size += chunk.length
  }

  /** Takes the first `count` bytes out, or as many as there are. */
  take(count: number): Uint8Array {
    const wanted = Math.min(count, this.#size)
    if (wanted === 0) return nothing
    const first = this.#chunks.peek() as Uint8Array
    return wanted <= first.length - this.#offset ? this.#cut(first, wanted) : this.#join(wanted)
  }

  /** Forgets the first `count` bytes. */
  skip(count: number): void {
    for (let left = Math.min(count, this.#size); left > 0;) left -= this.#advance(left)
  }

  /** Takes the first chunk out as it is, or what is left of it. */
  takeChunk(): Uint8Array {
    return this.take((this.#chunks.peek()?.length ?? 0) - this.#offset)
  }

  clear(): void {
    this.#chunks.clear()
    this.#offset = this.#size = 0
  }

  /** Takes bytes that lie within the first chunk. */
  #cut(first: Uint8Array, count: number): Uint8Array {
    const begin = this.#offset
    this.#advance(count)
    if (count === first.length) return first
    return count <= mostCopied ? first.slice(begin, begin + count) : first.subarray(begin, begin + count)
  }

  #join(count: number): Uint8Array {
    const joined = new Uint8Array(count)
    for (let filled = 0; filled < count;) {
      const first = this.#chunks.peek() as Uint8Array
      const end = Math.min(first.length, this.#offset + count - filled)
      joined.set(first.subarray(this.#offset, end), filled)
      filled += this.#advance(count - filled)
    }
    return joined
  }

  /** Goes past at most `count` bytes, and not past the end of the first chunk; gives how many. */
  #advance(count: number): number {
    const left = (this.#chunks.peek() as Uint8Array).length - this.#offset
    if (count < left) {
      this.#offset += count
      this.#size -= count
      return count
    }
    this.#chunks.shift()
    this.#offset = 0
    this.#size -= left
    return left
  }
}
