// The few slowest requests of a batch of any length.
//
// A short list in order, the slowest first: nearly every line is faster than its last and is not looked at again, so
// a list is as good as a heap here, and is already sorted. Of two that took the same time the earlier one stays.

import type { SlowLine } from "./batch-report.ts"

/** The slowest lines so far. */
export class SlowestLines {
  readonly #most: number
  readonly #lines: SlowLine[] = []

  constructor(most: number) {
    this.#most = most
  }

  /** The slowest first. */
  get lines(): readonly SlowLine[] {
    return this.#lines
  }

  add(line: SlowLine): void {
    const isFull = this.#lines.length === this.#most
    if (isFull && line.latency <= (this.#lines.at(-1)?.latency ?? Infinity)) return
    let place = this.#lines.length
    while (place > 0 && (this.#lines[place - 1]?.latency ?? Infinity) < line.latency) place--
    this.#lines.splice(place, 0, line)
    if (isFull) this.#lines.pop()
  }
}
