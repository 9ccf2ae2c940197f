// The items of a queue, oldest first, and those that came back.
//
// An item that was handed to a getter which is then cancelled comes back. It is older than all that
// were put since, so it goes to the front; among several that came back the order is that in which
// they left, which their tickets tell.
import { Deque } from "../base/deque.ts"

interface Returned<T> {
  readonly item: T
  /** Rises with each item that leaves for the first time. */
  readonly ticket: number
}

/** First-in-first-out store that takes items back to where they were. */
export class ItemStore<T> {
  readonly #items = new Deque<T>()
  /** Items that came back, by ticket; older than all in `#items`. */
  readonly #returned: Returned<T>[] = []
  /** Highest ticket given. */
  #lastTicket = 0
  /** Ticket of the item that left last. */
  departed = 0

  get size(): number {
    return this.#items.size + this.#returned.length
  }

  push(item: T): void {
    this.#items.push(item)
  }

  /** The ticket of an item that goes by without being stored. */
  passBy(): number {
    this.departed = this.#lastTicket += 1
    return this.departed
  }

  /** Takes the oldest item out; there must be one. */
  shift(): T {
    if (this.#returned.length === 0) {
      this.passBy()
      return this.#items.shift() as T
    }
    const returned = this.#returned.shift() as Returned<T>
    this.departed = returned.ticket
    return returned.item
  }

  /** Puts an item back to where it was. */
  putBack(item: T, ticket: number): void {
    let place = this.#returned.length
    while (place > 0 && (this.#returned[place - 1] as Returned<T>).ticket > ticket) place -= 1
    this.#returned.splice(place, 0, { item, ticket })
  }

  /** Takes out the youngest that is `item`; false if there is none. */
  removeLast(item: T): boolean {
    return this.#items.removeLast(item)
  }

  clear(): void {
    this.#items.clear()
    this.#returned.length = 0
  }
}
