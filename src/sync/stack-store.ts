// Items with the youngest on top.
//
// Two arrays side by side instead of an object for each item: what was put, and when. The numbers
// rise from bottom to top, so an item that was taken and comes back finds its place.
import type { RankedStore } from "./ranked-stock.ts"

/** Last-in-first-out store. */
export class StackStore<T> implements RankedStore<T> {
  readonly #items: T[] = []
  /** Number of each item, rising; as long as `#items`. */
  readonly #orders: number[] = []
  /** Number of the item that came last. */
  #lastOrder = 0
  /** Number of the item that left last. */
  #departed = 0

  get size(): number {
    return this.#items.length
  }

  check(): void {}

  push(item: T): void {
    this.#lastOrder += 1
    this.#items.push(item)
    this.#orders.push(this.#lastOrder)
  }

  shift(): T {
    this.#departed = this.#orders.pop() as number
    return this.#items.pop() as T
  }

  unshift(item: T): void {
    let place = this.#items.length
    while (place > 0 && (this.#orders[place - 1] as number) > this.#departed) place -= 1
    this.#items.splice(place, 0, item)
    this.#orders.splice(place, 0, this.#departed)
  }

  remove(item: T): boolean {
    for (let place = this.#items.length - 1; place >= 0; place -= 1) {
      if (!Object.is(this.#items[place], item)) continue
      this.#items.splice(place, 1)
      this.#orders.splice(place, 1)
      return true
    }
    return false
  }

  clear(): void {
    this.#items.length = 0
    this.#orders.length = 0
  }
}
