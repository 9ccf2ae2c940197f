// Deadlines in order, of which the first is known: a few sorted lists beside a heap.
//
// Most timers of a program have one of a few lengths, and time does not run backwards: of those with
// the same length each is due after the one before it. So an item goes to the end of the list whose
// last one is due the least before it, at no cost, and leaves from anywhere at no cost. What fits no
// list, or has no links, goes into the heap. The first of all is the least of the heads.
import type { HeapItem } from "./heap.ts"
import { Heap } from "./heap.ts"

/** An item of {@link Deadlines}. */
export interface DeadlineItem extends HeapItem {
  dueAt: number
  /** Breaks ties between equal deadlines; rises from item to item. */
  timerOrder: number
  /** Neighbours in a list; an item without these fields goes into the heap. */
  nextDue?: DeadlineItem | null
  previousDue?: DeadlineItem | null
}

/** The fields of an item, for a class of items. */
export class DueItem implements DeadlineItem {
  heapIndex: number = -1
  nextDue: DeadlineItem | null = null
  previousDue: DeadlineItem | null = null
  timerOrder: number = 0
  dueAt: number = 0
}

/** Items in order of `dueAt`, then of `timerOrder`. */
interface Line {
  first: DeadlineItem | null
  last: DeadlineItem | null
}

/** `heapIndex` of an item that stands in a list. */
const inLine = -2
const mostLines = 8

/** Items by deadline; pure data. */
export class Deadlines<T extends DeadlineItem> {
  readonly #heap = new Heap<DeadlineItem>(isBefore)
  /** Made as they are needed, and kept. */
  readonly #lines: Line[] = []
  /** Items in lists. */
  #inLines = 0

  get size(): number {
    return this.#heap.size + this.#inLines
  }

  /** The first one due. */
  peek(): T | undefined {
    let first = this.#heap.peek()
    for (const line of this.#lines) {
      const head = line.first
      if (head !== null && (first === undefined || isBefore(head, first))) first = head
    }
    return first as T | undefined
  }

  /** Puts an item in; its `timerOrder` must be the highest. */
  push(item: T): void {
    const line = item.nextDue === undefined ? null : this.#lineFor(item.dueAt)
    if (line === null) {
      this.#heap.push(item)
      return
    }
    item.heapIndex = inLine
    item.previousDue = line.last
    if (line.last === null) line.first = item
    else line.last.nextDue = item
    line.last = item
    this.#inLines += 1
  }

  /** Takes an item out; false if it was not in. */
  remove(item: T): boolean {
    if (item.heapIndex !== inLine) return this.#heap.remove(item)
    const next = item.nextDue ?? null
    const previous = item.previousDue ?? null
    if (previous === null || next === null) this.#leaveEnd(item, previous, next)
    if (previous !== null) previous.nextDue = next
    if (next !== null) next.previousDue = previous
    item.nextDue = item.previousDue = null
    item.heapIndex = -1
    this.#inLines -= 1
    return true
  }

  /** All items, in no order; an item may be taken out when it was given. */
  *[Symbol.iterator](): IterableIterator<T> {
    yield* [...this.#heap] as T[]
    for (const line of this.#lines) {
      for (let item = line.first, next: DeadlineItem | null; item !== null; item = next) {
        next = item.nextDue ?? null
        yield item as T
      }
    }
  }

  #leaveEnd(item: T, previous: DeadlineItem | null, next: DeadlineItem | null): void {
    for (const line of this.#lines) {
      if (line.first === item) line.first = next
      if (line.last === item) line.last = previous
    }
  }

  #lineFor(dueAt: number): Line | null {
    let closest: Line | null = null
    let latest = -Infinity
    let empty: Line | null = null
    for (const line of this.#lines) {
      if (line.last === null) empty = line
      else if (line.last.dueAt <= dueAt && line.last.dueAt >= latest) {
        closest = line
        latest = line.last.dueAt
      }
    }
    if (closest !== null || empty !== null) return closest ?? empty
    if (this.#lines.length === mostLines) return null
    const line: Line = { first: null, last: null }
    this.#lines.push(line)
    return line
  }
}

function isBefore(a: DeadlineItem, b: DeadlineItem): boolean {
  return a.dueAt < b.dueAt || (a.dueAt === b.dueAt && a.timerOrder < b.timerOrder)
}
