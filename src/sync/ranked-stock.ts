// What a queue with an order of its own has for its getters.
//
//   an item is | owned by                                        | if its receiver is cancelled
//   stored     | the queue                                       | -
//   promised   | a getter that was served: some item, not this   | the promise goes to the next getter, or ends
//   taken      | whoever got it                                  | -
//
// Which item a getter gets is decided when it goes on, not when it is served: three jobs that are put
// in one turn reach a worker that was waiting in order of priority, as in asyncio, and not the first
// that was put. What is promised to a getter no newcomer can take. Items never leave the store on
// approval, so nothing has to be put back when a getter is cancelled.
import type { WaitOptions } from "../core/lowlevel.ts"
import { WaitList } from "../core/lowlevel.ts"
import { noMoreItems } from "./queue-errors.ts"
import type { AnyStock, StockStatistics } from "./stock.ts"

/** Items in an order of their own; each knows when it came. */
export interface RankedStore<T> {
  readonly size: number
  /** Throws if the item cannot be ranked with those that are here. */
  check(item: T): void
  push(item: T): void
  /** Takes the first by rank out; there must be one. */
  shift(): T
  /** Puts back what {@link shift} gave last, as if it had never left. */
  unshift(item: T): void
  /** Takes out the youngest that is `item`; false if there is none. */
  remove(item: T): boolean
  clear(): void
}

/** What a getter brings along: the place for its item. */
interface Order<T> {
  item: T | undefined
}

/** Items by rank, and those who want one. */
export class RankedStock<T> implements AnyStock<T> {
  readonly #store: RankedStore<T>
  readonly #getters: WaitList<Order<T>, Order<T>> = new WaitList<Order<T>, Order<T>>(
    "queue get",
    () => this.#getterLeft(),
    { onRun: (getter) => this.#getterRuns(getter.detail) },
  )
  /** Items of the store that belong to getters which have not gone on. While a getter waits, all do. */
  #promised = 0
  #isDropped = false

  constructor(store: RankedStore<T>) {
    this.#store = store
  }

  get size(): number {
    return this.#store.size - this.#promised
  }

  get waiting(): number {
    return this.#getters.size
  }

  statistics(): StockStatistics {
    return { size: this.size, waiting: this.waiting }
  }

  check(item: T): void {
    this.#store.check(item)
  }

  add(item: T): void {
    this.#store.push(item)
    this.#promise()
  }

  take(): T {
    return this.#store.shift()
  }

  give(item: T): Promise<T> {
    if (!this.#getters.isTurnDue()) return Promise.resolve(item)
    this.#store.unshift(item)
    this.#promised += 1
    const order: Order<T> = { item: undefined }
    return this.#getters.pass(order, order).then(itemOf)
  }

  wait(options: WaitOptions | undefined): Promise<T> {
    return this.#getters.wait({ item: undefined }, options).then(itemOf)
  }

  remove(item: T): boolean {
    return this.size > 0 && this.#store.remove(item)
  }

  endGetters(): void {
    this.#getters.failAll(noMoreItems())
  }

  drop(): number {
    const dropped = this.#store.size
    this.#isDropped = true
    this.#promised = 0
    this.#store.clear()
    return dropped
  }

  /** Serves the first getter with an item that has just come free. */
  #promise(): void {
    const getter = this.#getters.first
    if (getter === null) return
    this.#promised += 1
    this.#getters.serve(getter.detail)
  }

  #getterRuns(order: Order<T>): Error | null {
    if (this.#isDropped) return noMoreItems()
    this.#promised -= 1
    order.item = this.#store.shift()
    return null
  }

  #getterLeft(): true {
    if (this.#isDropped) return true
    this.#promised -= 1
    this.#promise()
    return true
  }
}

function itemOf<T>(order: Order<T>): T {
  return order.item as T
}
