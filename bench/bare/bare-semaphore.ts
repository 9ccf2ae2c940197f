// A semaphore as one writes it by hand in twenty lines: no cancelling, no limits, no names.
//
// It is what a program without a library would do, and the floor under ours: a counter, a line of
// resolvers, one promise for each acquire.

export class BareSemaphore {
  #free: number
  #first = 0
  #line: (() => void)[] = []

  constructor(permits: number) {
    this.#free = permits
  }

  acquire(): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1
      return Promise.resolve()
    }
    return new Promise((resolve) => this.#line.push(resolve))
  }

  release(): void {
    const next = this.#line[this.#first]
    if (next === undefined) {
      this.#free += 1
      return
    }
    this.#first += 1
    if (this.#first === this.#line.length) {
      this.#first = 0
      this.#line = []
    }
    next()
  }
}
