// Items by priority, least first, ties in order of arrival.
//
// The caller's `compare` may throw or give nonsense. An item is compared with one that is here before
// it is let in, so who puts it gets the error. Should a later comparison fail all the same, it is
// reported, and the two stand in order of arrival: the heap stays whole and nothing is lost.
import { Heap } from "../base/heap.ts"
import { currentScope, reportProblem } from "../core/lowlevel.ts"
import type { RankedStore } from "./ranked-stock.ts"

interface Entry<T> {
  heapIndex: number
  readonly item: T
  /** Rises with each item that is put. */
  readonly order: number
}

/** Heap of items with a comparison that is not trusted. */
export class PriorityStore<T> implements RankedStore<T> {
  readonly #compare: (a: T, b: T) => number
  #heap: Heap<Entry<T>> = this.#newHeap()
  /** Order of the item that came last. */
  #lastOrder = 0
  /** Order of the item that left last. */
  #departed = 0

  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare
  }

  get size(): number {
    return this.#heap.size
  }

  check(item: T): void {
    const first = this.#heap.peek()
    this.#difference(item, first === undefined ? item : first.item)
  }

  push(item: T): void {
    this.#lastOrder += 1
    this.#heap.push({ heapIndex: -1, item, order: this.#lastOrder })
  }

  shift(): T {
    const first = this.#heap.pop() as Entry<T>
    this.#departed = first.order
    return first.item
  }

  unshift(item: T): void {
    this.#heap.push({ heapIndex: -1, item, order: this.#departed })
  }

  remove(item: T): boolean {
    let youngest: Entry<T> | null = null
    for (const entry of this.#heap) {
      if (Object.is(entry.item, item) && entry.order > (youngest?.order ?? 0)) youngest = entry
    }
    return youngest !== null && this.#heap.remove(youngest)
  }

  clear(): void {
    this.#heap = this.#newHeap()
  }

  #newHeap(): Heap<Entry<T>> {
    return new Heap<Entry<T>>((a, b) => this.#isBefore(a, b))
  }

  #isBefore(a: Entry<T>, b: Entry<T>): boolean {
    let difference = 0
    try {
      difference = this.#difference(a.item, b.item)
    } catch (error) {
      reportProblem(currentScope(), { message: "Items of a priority queue cannot be compared", error })
    }
    return difference === 0 ? a.order < b.order : difference < 0
  }

  #difference(a: T, b: T): number {
    const difference: unknown = this.#compare(a, b)
    if (typeof difference === "number" && !Number.isNaN(difference)) return difference
    throw new TypeError(
      `Expected \`compare\` to give a number, got \`${String(difference)}\` (${typeof difference})`,
    )
  }
}
