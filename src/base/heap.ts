// Binary heap whose items know their own place.
//
// Timers are removed far more often than they fire (a timeout that does not expire), so an item
// carries its index and leaves in O(log n) without a search, and nothing cancelled stays behind.
// `before` must be a strict total order: ties are the caller's to break.

/** An item of a {@link Heap}; the heap alone writes `heapIndex`. */
export interface HeapItem {
  /** Place in the heap, or -1 when the item is in none. */
  heapIndex: number
}

/** Priority queue with removal from the middle; pure data. */
export class Heap<T extends HeapItem> {
  /** Heap order: no item is `before` its parent at (i - 1) >> 1. */
  readonly #items: T[] = []
  readonly #before: (a: T, b: T) => boolean

  constructor(before: (a: T, b: T) => boolean) {
    this.#before = before
  }

  get size(): number {
    return this.#items.length
  }

  peek(): T | undefined {
    return this.#items[0]
  }

  push(item: T): void {
    this.#items.push(item)
    this.#rise(item, this.#items.length - 1)
  }

  pop(): T | undefined {
    const first = this.#items[0]
    if (first !== undefined) this.remove(first)
    return first
  }

  /** Takes `item` out; false if it was in no heap. */
  remove(item: T): boolean {
    const index = item.heapIndex
    if (index < 0) return false
    const last = this.#items.pop() as T
    item.heapIndex = -1
    if (last === item) return true
    const parent = this.#items[(index - 1) >> 1]
    if (index > 0 && parent !== undefined && this.#before(last, parent)) this.#rise(last, index)
    else this.#sink(last, index)
    return true
  }

  *[Symbol.iterator](): IterableIterator<T> {
    yield* this.#items
  }

  #rise(item: T, from: number): void {
    const items = this.#items
    let index = from
    while (index > 0) {
      const up = (index - 1) >> 1
      const parent = items[up] as T
      if (!this.#before(item, parent)) break
      items[index] = parent
      parent.heapIndex = index
      index = up
    }
    items[index] = item
    item.heapIndex = index
  }

  #sink(item: T, from: number): void {
    const items = this.#items
    const size = items.length
    let index = from
    for (;;) {
      let down = index * 2 + 1
      if (down >= size) break
      if (down + 1 < size && this.#before(items[down + 1] as T, items[down] as T)) down += 1
      const child = items[down] as T
      if (!this.#before(child, item)) break
      items[index] = child
      child.heapIndex = index
      index = down
    }
    items[index] = item
    item.heapIndex = index
  }
}
