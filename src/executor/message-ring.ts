// Messages as bytes in a ring that threads share.
//
//   positions       | meaning                        | moved by
//   head .. tail    | messages, oldest first         | a receiver moves head, a sender tail
//   sent - received | how many they are              | as above, after that
//
// Positions only grow, modulo 2^32; the size of the ring is a power of two. A message is one word with its length, and
// its bytes. One sender at a time is inside, and one receiver, each behind a latch that is held for no longer than it
// takes to copy a message. Node ends a thread only where one of its functions is called or a loop goes round: between
// the two ends of a latch there is neither. A message is there once `sent` counts it, and gone once `received` does.

const word = Int32Array.BYTES_PER_ELEMENT
/** Milliseconds after which a latch counts as stuck: the process was halted inside, or worse. */
const longestLatch = 10_000

const sendLatch = 0
const receiveLatch = 1
const head = 2
const tail = 3
const sent = 4
const received = 5
const closed = 6
const capacity = 7
const size = 8

/** Words that a ring takes in front of its bytes. */
export const ringWords = 9

/** Bytes that a message of so many bytes takes. */
export function spaceFor(length: number): number {
  return (length + 2 * word - 1) & -word
}

/** A ring of messages. */
export class MessageRing {
  readonly #words: Int32Array
  readonly #base: number
  /** Most messages it holds. */
  readonly capacity: number
  /** Bytes it has for them. */
  readonly size: number
  readonly #bytes: Uint8Array
  readonly #lengths: Int32Array

  /**
   * @param base - Index of its first word.
   * @param start - Index of the byte where its messages begin; a multiple of four.
   */
  constructor(words: Int32Array, base: number, start: number) {
    this.#words = words
    this.#base = base
    this.capacity = words[base + capacity] as number
    this.size = words[base + size] as number
    this.#bytes = new Uint8Array(words.buffer, start, this.size)
    this.#lengths = new Int32Array(words.buffer, start, this.size / word)
  }

  /** Sets up the words of a new ring. */
  static clear(words: Int32Array, base: number, mostMessages: number, bytes: number): void {
    words[base + capacity] = mostMessages
    words[base + size] = bytes
  }

  /** Messages in it. */
  get count(): number {
    return (this.#load(sent) - this.#load(received)) | 0
  }

  /** Bytes they take. */
  get used(): number {
    return (this.#load(tail) - this.#load(head)) | 0
  }

  get isClosed(): boolean {
    return this.#load(closed) === 1
  }

  /** Whether there is room for one more, of so many bytes with its length. */
  hasRoom(space: number): boolean {
    return this.count < this.capacity && this.size - this.used >= space
  }

  /** Puts a message in; false if there is no room, null if the ring was closed. */
  push(message: Uint8Array): boolean | null {
    const words = this.#words
    const base = this.#base
    const { length } = message
    const space = spaceFor(length)
    const mask = this.size - 1
    this.#enter(sendLatch)
    try {
      if (Atomics.load(words, base + closed) === 1) return null
      const at = Atomics.load(words, base + tail)
      const count = (Atomics.load(words, base + sent) - Atomics.load(words, base + received)) | 0
      const left = this.size - ((at - Atomics.load(words, base + head)) | 0)
      if (count >= this.capacity || left < space) return false
      const from = (at + word) & mask
      const first = Math.min(length, this.size - from)
      this.#lengths[(at & mask) / word] = length
      this.#bytes.set(message.subarray(0, first), from)
      this.#bytes.set(message.subarray(first), 0)
      Atomics.store(words, base + tail, (at + space) | 0)
      Atomics.add(words, base + sent, 1)
      return true
    } finally {
      Atomics.store(words, base + sendLatch, 0)
      Atomics.notify(words, base + sendLatch)
    }
  }

  /** Takes the oldest message out; undefined if there is none, null if none will come either. */
  pop(): Uint8Array | undefined | null {
    if (this.count === 0) return this.#isOver() ? null : undefined
    const words = this.#words
    const base = this.#base
    const mask = this.size - 1
    this.#enter(receiveLatch)
    try {
      if (Atomics.load(words, base + sent) === Atomics.load(words, base + received)) return undefined
      const at = Atomics.load(words, base + head)
      const length = this.#lengths[(at & mask) / word] as number
      const from = (at + word) & mask
      const first = Math.min(length, this.size - from)
      const message = new Uint8Array(length)
      message.set(this.#bytes.subarray(from, from + first), 0)
      message.set(this.#bytes.subarray(0, length - first), first)
      Atomics.store(words, base + head, (at + ((length + 2 * word - 1) & -word)) | 0)
      Atomics.add(words, base + received, 1)
      return message
    } finally {
      Atomics.store(words, base + receiveLatch, 0)
      Atomics.notify(words, base + receiveLatch)
    }
  }

  /** Takes no more messages; a sender that is inside comes first. */
  close(): void {
    this.#enter(sendLatch)
    Atomics.store(this.#words, this.#base + closed, 1)
    Atomics.store(this.#words, this.#base + sendLatch, 0)
    Atomics.notify(this.#words, this.#base + sendLatch)
  }

  /** Whether it was closed and nothing is left: in this order, since the last message may come just before. */
  #isOver(): boolean {
    return this.isClosed && this.count === 0
  }

  #load(index: number): number {
    return Atomics.load(this.#words, this.#base + index)
  }

  #enter(latch: number): void {
    const at = this.#base + latch
    for (let waited = 0; Atomics.compareExchange(this.#words, at, 0, 1) !== 0; waited += 1) {
      if (waited > longestLatch) throw new Error("Cannot use the shared channel: a thread is stuck inside")
      Atomics.wait(this.#words, at, 1, 1)
    }
  }
}
