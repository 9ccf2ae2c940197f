// What a queue has for its getters: items in store, or getters in line, never both.
//
// An item goes to the first getter in line, else into the store. A getter that was served and is
// cancelled before it goes on gives its item to the next one, or back to where it was in the store.
// After `drop()` there is nothing to be had any more, not even what was on its way.
import type { LineWait, WaitOptions } from "../core/lowlevel.ts"
import { WaitList } from "../core/lowlevel.ts"
import { ItemStore } from "./item-store.ts"
import { noMoreItems } from "./queue-errors.ts"

/** What a getter brings along: the ticket of the item it was handed. */
interface Order {
  ticket: number
}

/** State of a stock at one moment. */
export interface StockStatistics {
  /** Items to be had. */
  readonly size: number
  /** Getters in line. */
  readonly waiting: number
}

/** What a queue asks of its stock; another order of items is another stock. */
export type AnyStock<T> = Pick<Stock<T>, keyof Stock<T>>

/** Items in order of arrival, and those who want one. */
export class Stock<T> {
  readonly #store = new ItemStore<T>()
  readonly #getters = new WaitList<T, Order>("queue get", (item, getter) => this.#takeBack(item, getter), {
    onRun: () => this.#getterRuns(),
  })
  /** Items that were handed to a getter which has not gone on. */
  #handed = 0
  #isDropped = false

  get size(): number {
    return this.#store.size
  }

  /** Getters in line. */
  get waiting(): number {
    return this.#getters.size
  }

  statistics(): StockStatistics {
    return { size: this.size, waiting: this.waiting }
  }

  /** Throws if the item cannot be taken in. */
  check(_item: T): void {}

  /** Gives an item to the first getter in line, else into the store. */
  add(item: T): void {
    const getter = this.#getters.first
    if (getter === null) this.#store.push(item)
    else this.#hand(getter, item, this.#store.passBy())
  }

  /** Takes the first item out; there must be one. */
  take(): T {
    return this.#store.shift()
  }

  /** Gives what {@link take} has just given to a newcomer who need not wait, now and then on a later turn. */
  give(item: T): Promise<T> {
    if (!this.#getters.isTurnDue()) return Promise.resolve(item)
    this.#handed += 1
    return this.#getters.pass(item, { ticket: this.#store.departed })
  }

  /** Waits in line for an item; there must be none. */
  wait(options: WaitOptions | undefined): Promise<T> {
    return this.#getters.wait({ ticket: 0 }, options)
  }

  /** Takes out the youngest that is `item`; false if there is none. */
  remove(item: T): boolean {
    return this.#store.removeLast(item)
  }

  /** Ends every getter in line. */
  endGetters(): void {
    this.#getters.failAll(noMoreItems())
  }

  /**
   * Drops what is here and what no getter goes on with yet.
   * @returns How much that was.
   */
  drop(): number {
    const dropped = this.#store.size + (this.#isDropped ? 0 : this.#handed)
    this.#isDropped = true
    this.#store.clear()
    return dropped
  }

  #hand(getter: LineWait<T, Order>, item: T, ticket: number): void {
    getter.detail.ticket = ticket
    this.#handed += 1
    this.#getters.serve(item)
  }

  #getterRuns(): Error | null {
    if (this.#isDropped) return noMoreItems()
    this.#handed -= 1
    return null
  }

  #takeBack(item: T, { detail: { ticket } }: LineWait<T, Order>): true {
    if (this.#isDropped) return true
    this.#handed -= 1
    const getter = this.#getters.first
    if (getter === null) this.#store.putBack(item, ticket)
    else this.#hand(getter, item, ticket)
    return true
  }
}
