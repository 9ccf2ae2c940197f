// A bounded queue as one writes it by hand: no cancelling, no end, no names.
//
// One promise for each put and get, as the `await` of the caller needs; items go straight to a
// getter that waits.

interface Putter<T> {
  readonly item: T
  readonly resolve: () => void
}

export class BareQueue<T> {
  readonly #bound: number
  readonly #items: T[] = []
  readonly #getters: ((item: T) => void)[] = []
  readonly #putters: Putter<T>[] = []

  constructor(bound: number = Infinity) {
    this.#bound = bound
  }

  put(item: T): Promise<void> {
    const getter = this.#getters.shift()
    if (getter !== undefined) {
      getter(item)
      return Promise.resolve()
    }
    if (this.#items.length < this.#bound) {
      this.#items.push(item)
      return Promise.resolve()
    }
    return new Promise((resolve) => this.#putters.push({ item, resolve }))
  }

  get(): Promise<T> {
    if (this.#items.length === 0) return new Promise((resolve) => this.#getters.push(resolve))
    const item = this.#items.shift() as T
    const putter = this.#putters.shift()
    if (putter !== undefined) {
      this.#items.push(putter.item)
      putter.resolve()
    }
    return Promise.resolve(item)
  }
}
