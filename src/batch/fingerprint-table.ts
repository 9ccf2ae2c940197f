// What is known of each custom_id, by fingerprint: nine bytes a slot, whatever the ids look like, and four more
// where there were earlier runs.
//
// One table serves two questions: "is this id answered, and was it the same request?" (resume) and "did
// this id come before in this input?" (duplicates). Open addressing with linear probing over typed
// arrays; nothing is ever removed, so there are no tombstones. It grows by doubling at two thirds full.

import type { Fingerprint } from "./fingerprint.ts"

/** What a slot can be marked with. */
export const mark = {
  /** The output file has an answer. */
  answered: 1,
  /** The errors file has a final failure that is kept. */
  failed: 2,
  /** The line came by in this run. */
  seen: 4,
  /** The line came by in the look at the input before a resumed run. */
  checked: 8,
  /** The record was not written by us: what was asked is unknown. */
  foreign: 16,
  /** The answer waits beside the output for its turn. */
  early: 32,
  /** An earlier run sent it, and there is no record of what came. */
  sent: 64,
} as const

const used = 0x80

/** A table of 64-bit ids with a 32-bit request fingerprint and some marks each. */
export class FingerprintTable {
  /** High halves of the ids; meaningful where `#marks` has `used`. */
  #high: Uint32Array
  /** Low halves; the probe begins at `low & (length - 1)`. */
  #low: Uint32Array
  /** Fingerprint of method, url and body; null until the first is kept. */
  #request: Uint32Array | null = null
  /** Marks; 0 means that the slot is free. */
  #marks: Uint8Array
  /** Slots in use; never more than two thirds of the length. */
  #size = 0

  /** @param capacity - First number of slots, a power of two. */
  constructor(capacity: number = 1024) {
    this.#high = new Uint32Array(capacity)
    this.#low = new Uint32Array(capacity)
    this.#marks = new Uint8Array(capacity)
  }

  /** How many ids are known. */
  get size(): number {
    return this.#size
  }

  /** Bytes held by the arrays. */
  get bytes(): number {
    return this.#marks.length * (this.#request === null ? 9 : 13)
  }

  /** Makes room for so many ids at once, so that it does not double, and hold both halves, on the way. */
  reserve(ids: number): void {
    let length = this.#marks.length
    while (ids * 3 >= length * 2) length *= 2
    if (length > this.#marks.length) this.#grow(length)
  }

  /** The slot of an id, made if the id is new. Valid until the next call. */
  slot(id: Fingerprint): number {
    if (this.#size * 3 >= this.#marks.length * 2) this.#grow(this.#marks.length * 2)
    const at = this.#probe(id.high, id.low)
    if (this.#marks[at] === 0) {
      this.#high[at] = id.high
      this.#low[at] = id.low
      this.#marks[at] = used
      this.#size++
    }
    return at
  }

  /** Whether a slot has a mark. */
  has(slot: number, bit: number): boolean {
    return ((this.#marks[slot] ?? 0) & bit) !== 0
  }

  /** Adds a mark to a slot. */
  add(slot: number, bit: number): void {
    this.#marks[slot] = (this.#marks[slot] ?? 0) | bit
  }

  /** The request fingerprint kept for a slot. */
  request(slot: number): number {
    return this.#request?.[slot] ?? 0
  }

  /** Keeps the request fingerprint of a slot. */
  setRequest(slot: number, value: number): void {
    this.#request ??= new Uint32Array(this.#marks.length)
    this.#request[slot] = value
  }

  #probe(high: number, low: number): number {
    const last = this.#marks.length - 1
    let at = low & last
    while (this.#marks[at] !== 0 && (this.#low[at] !== low || this.#high[at] !== high)) at = (at + 1) & last
    return at
  }

  #grow(length: number): void {
    const high = this.#high
    const low = this.#low
    const request = this.#request
    const marks = this.#marks
    this.#high = new Uint32Array(length)
    this.#low = new Uint32Array(length)
    this.#request = request === null ? null : new Uint32Array(length)
    this.#marks = new Uint8Array(length)
    for (let from = 0; from < marks.length; from++) {
      if (marks[from] === 0) continue
      const to = this.#probe(high[from] ?? 0, low[from] ?? 0)
      this.#high[to] = high[from] ?? 0
      this.#low[to] = low[from] ?? 0
      if (this.#request !== null) this.#request[to] = request?.[from] ?? 0
      this.#marks[to] = marks[from] ?? 0
    }
  }
}
