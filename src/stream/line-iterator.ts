// The lines of a reader, one for each round of a `for await`.
//
// No generator: one would add three turns of the microtask queue to each line. What must stay true:
// nothing is read ahead, so that who leaves the loop finds the next line in the reader.

/** What lines are read from. */
export interface LineSource {
  readLine(): Promise<Uint8Array>
}

/** Gives lines until there is none. */
export class LineIterator implements AsyncIterableIterator<Uint8Array> {
  readonly #reader: LineSource
  #isDone = false

  constructor(reader: LineSource) {
    this.#reader = reader
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (this.#isDone) return { done: true, value: undefined }
    const line = await this.#reader.readLine()
    return line.length > 0 ? { done: false, value: line } : this.return()
  }

  return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#isDone = true
    return Promise.resolve({ done: true, value: undefined })
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}
