// What a reader waits for, and what it takes when that is there.
//
// A demand is asked after each chunk whether it can be met, so that its task is woken once, and takes
// its bytes in the step of the task: a read that is cancelled, at whatever moment, has taken nothing.
// What must stay true: `isMet` takes nothing and looks at each byte at most once.
import type { ByteBuffer } from "./byte-buffer.ts"
import { IncompleteReadError, LimitOverrunError } from "./errors.ts"
import { SeparatorSearch } from "./separator-search.ts"

/** What has come, and whether more will. */
export interface ReadInput {
  readonly buffer: ByteBuffer
  isEof: boolean
}

/** One read that is going on. */
export interface ReadDemand {
  /** Whether `take` can be called: what is wanted is there, or will never be. */
  isMet(input: ReadInput): boolean
  take(input: ReadInput): Uint8Array
}

/** As many bytes as there are, up to a number; at least one unless the stream has ended. */
export class UpTo implements ReadDemand {
  readonly #most: number

  constructor(most: number) {
    this.#most = most
  }

  isMet({ buffer, isEof }: ReadInput): boolean {
    return buffer.size > 0 || isEof || this.#most === 0
  }

  take({ buffer }: ReadInput): Uint8Array {
    return buffer.take(this.#most)
  }
}

/** Everything up to the end. */
export class ToEnd implements ReadDemand {
  isMet({ isEof }: ReadInput): boolean {
    return isEof
  }

  take({ buffer }: ReadInput): Uint8Array {
    return buffer.take(Infinity)
  }
}

/** Just so many bytes. */
export class Exactly implements ReadDemand {
  readonly #count: number

  constructor(count: number) {
    this.#count = count
  }

  isMet({ buffer, isEof }: ReadInput): boolean {
    return buffer.size >= this.#count || isEof
  }

  take({ buffer }: ReadInput): Uint8Array {
    if (buffer.size < this.#count) throw new IncompleteReadError(buffer.take(Infinity), this.#count)
    return buffer.take(this.#count)
  }
}

/** Everything up to a separator, and the separator. */
export class Until implements ReadDemand {
  readonly #search: SeparatorSearch
  readonly #limit: number

  constructor(buffer: ByteBuffer, separators: readonly Uint8Array[], limit: number) {
    this.#search = new SeparatorSearch(buffer, separators)
    this.#limit = limit
  }

  isMet({ buffer, isEof }: ReadInput): boolean {
    return this.#search.find() !== null || isEof || this.#without(buffer) > this.#limit
  }

  take({ buffer }: ReadInput): Uint8Array {
    const match = this.#search.find()
    if (match === null && this.#without(buffer) <= this.#limit)
      throw new IncompleteReadError(buffer.take(Infinity), null)
    const consumed = match?.start ?? this.#without(buffer)
    if (match !== null && consumed <= this.#limit) return buffer.take(match.end)
    const what =
      match === null ? `no separator in ${consumed} bytes` : `the separator comes after ${consumed} bytes`
    throw new LimitOverrunError(
      `Cannot read until a separator: ${what}, the limit is ${this.#limit}`,
      consumed,
    )
  }

  /** How many bytes are known to hold no separator, not even its beginning. */
  #without(buffer: ByteBuffer): number {
    return Math.max(0, buffer.size + 1 - this.#search.longest)
  }
}

const newline = new Uint8Array([10])

/** A line with its newline; at the end what is left. */
export class Line extends Until {
  constructor(buffer: ByteBuffer, limit: number) {
    super(buffer, [newline], limit)
  }

  // A line that is too long is dropped, so that the next read finds the next line.
  override take(input: ReadInput): Uint8Array {
    try {
      return super.take(input)
    } catch (error) {
      if (error instanceof IncompleteReadError) return error.partial
      if (!(error instanceof LimitOverrunError)) throw error
      const { buffer } = input
      const isFound = buffer.size > error.consumed
      if (isFound) buffer.skip(error.consumed + 1)
      else buffer.clear()
      const message = error.message.replace("until a separator", "a line").replace("separator", "newline")
      throw new RangeError(`${message}; it was dropped: give the reader a larger \`limit\``, { cause: error })
    }
  }
}
