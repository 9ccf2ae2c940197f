// Double-ended queue in a ring of slots.
//
// The ready queue, the items of a queue and every fair line of values live in one of these, so
// push and shift must cost no allocation and no copying but for the doubling of a full ring.
// The ring's length is always a power of two: an index wraps by a mask. Slots outside the
// living range hold `undefined`, so nothing that was taken out is kept alive.

/** Longest ring that an empty queue keeps; a longer one, left by a crowd, is let go of. */
const mostKept = 4096

/** First-in-first-out queue with access to both ends; pure data, waits for nothing. */
export class Deque<T> {
  /** Power-of-two ring; only the `#size` slots from `#head` on are living. */
  #slots: (T | undefined)[] = [
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ]
  /** Index of the first living slot. */
  #head = 0
  /** Number of living slots, at most `#slots.length`. */
  #size = 0

  get size(): number {
    return this.#size
  }

  push(item: T): void {
    if (this.#size === this.#slots.length) this.#grow()
    this.#slots[(this.#head + this.#size) & (this.#slots.length - 1)] = item
    this.#size += 1
  }

  unshift(item: T): void {
    if (this.#size === this.#slots.length) this.#grow()
    this.#head = (this.#head - 1) & (this.#slots.length - 1)
    this.#slots[this.#head] = item
    this.#size += 1
  }

  shift(): T | undefined {
    if (this.#size === 0) return undefined
    const item = this.#slots[this.#head]
    this.#slots[this.#head] = undefined
    this.#head = (this.#head + 1) & (this.#slots.length - 1)
    this.#size -= 1
    if (this.#size === 0 && this.#slots.length > mostKept) this.clear()
    return item
  }

  pop(): T | undefined {
    if (this.#size === 0) return undefined
    this.#size -= 1
    const index = (this.#head + this.#size) & (this.#slots.length - 1)
    const item = this.#slots[index]
    this.#slots[index] = undefined
    return item
  }

  peek(): T | undefined {
    return this.#size === 0 ? undefined : this.#slots[this.#head]
  }

  /** The item `index` places behind the front; undefined past the end. */
  at(index: number): T | undefined {
    return index < this.#size ? this.#slots[(this.#head + index) & (this.#slots.length - 1)] : undefined
  }

  /** Takes out the youngest slot that holds `item`; searches from the back. */
  removeLast(item: T): boolean {
    const mask = this.#slots.length - 1
    for (let i = this.#size - 1; i >= 0; i -= 1) {
      if (!Object.is(this.#slots[(this.#head + i) & mask], item)) continue
      for (let j = i; j < this.#size - 1; j += 1) {
        this.#slots[(this.#head + j) & mask] = this.#slots[(this.#head + j + 1) & mask]
      }
      this.pop()
      return true
    }
    return false
  }

  clear(): void {
    this.#slots = new Array<T | undefined>(8).fill(undefined)
    this.#head = 0
    this.#size = 0
  }

  *[Symbol.iterator](): IterableIterator<T> {
    for (let i = 0; i < this.#size; i += 1) {
      yield this.#slots[(this.#head + i) & (this.#slots.length - 1)] as T
    }
  }

  #grow(): void {
    const old = this.#slots
    const grown = new Array<T | undefined>(old.length * 2).fill(undefined)
    for (let i = 0; i < this.#size; i += 1) grown[i] = old[(this.#head + i) & (old.length - 1)]
    this.#slots = grown
    this.#head = 0
  }
}
