// Records in the order of the input, however they come.
//
// Each line of work has a number. The next one goes straight on; one that is early waits: a little in memory,
// the rest on the disk (`early-records.ts`), so a request that takes ten minutes holds up the output and
// neither the others nor the memory. What must stay true: a number is put once, with its record or with null
// for a line that has none here; a number that is never put keeps all behind it waiting, for the next run.

import type { EarlyRecords } from "./early-records.ts"
import type { RecordSink } from "./record-sink.ts"

/** Text of early records that is kept in memory, in UTF-16 units. */
const mostInMemory = 4 * 1024 * 1024

/** A record in memory, and its place on the disk if it has one. */
interface HeldText {
  readonly text: string
  readonly place: number | null
}

/** Puts records in order. */
export class OrderedSink {
  readonly #sink: RecordSink
  readonly #early: EarlyRecords
  /** Whether every early record goes to the disk at once, and not only what memory does not hold. */
  readonly #isSafe: boolean
  /** The number that goes on next. */
  #next = 0
  /** By number: a text, the place of one, or null for none. */
  readonly #held: Map<number, HeldText | number | null> = new Map()
  /** UTF-16 units of the texts in `#held`. */
  #inMemory = 0
  /** Runs while held records go on; null otherwise. Never rejects. */
  #draining: Promise<void> | null = null
  /** The first error of a write; nothing more goes on then. */
  #failure: Error | null = null

  constructor(sink: RecordSink, early: EarlyRecords, isSafe: boolean) {
    this.#sink = sink
    this.#early = early
    this.#isSafe = isSafe
  }

  /** @returns When the record is safe, in the output or beside it. */
  async put(number: number, line: string | null): Promise<void> {
    if (this.#failure !== null) throw this.#failure
    if (number === this.#next && this.#draining === null) {
      this.#next++
      const written = line === null ? null : this.#sink.append(line)
      this.#drain()
      await written
    } else if (line === null) this.#hold(number, null)
    else await this.#putEarly(number, line)
  }

  /** Puts a record that an earlier run left on the disk. */
  putOld(number: number, place: number): void {
    this.#hold(number, place)
  }

  /** Waits for what goes on. With `rest` what waits behind a gap goes as well, in order. */
  async close(rest: boolean): Promise<void> {
    await this.#draining
    if (rest && this.#failure === null) {
      for (const number of [...this.#held.keys()].sort((one, other) => one - other)) {
        this.#next = number
        this.#drain()
        await this.#draining
      }
    }
    if (this.#failure !== null) throw this.#failure
  }

  async #putEarly(number: number, line: string): Promise<void> {
    const fits = this.#inMemory + line.length <= mostInMemory
    const onDisk = fits && !this.#isSafe ? null : this.#early.add(line)
    if (fits) {
      this.#inMemory += line.length
      this.#hold(number, { text: line, place: onDisk?.place ?? null })
    }
    await onDisk?.safe
    if (!fits && onDisk !== null) this.#hold(number, onDisk.place)
  }

  #hold(number: number, held: HeldText | number | null): void {
    this.#held.set(number, held)
    this.#drain()
  }

  #drain(): void {
    if (this.#draining !== null || !this.#held.has(this.#next)) return
    this.#draining = this.#goOn().catch((error: Error) => {
      this.#failure ??= error
      this.#draining = null
    })
  }

  /** Ends in the same turn in which it finds nothing more, or a record put then would wait for ever. */
  async #goOn(): Promise<void> {
    // The caller sets `#draining` first.
    await Promise.resolve()
    for (let held = this.#held.get(this.#next); held !== undefined; held = this.#held.get(this.#next)) {
      this.#held.delete(this.#next++)
      if (held === null) continue
      if (typeof held === "number") {
        await this.#sink.append(await this.#early.read(held))
        this.#early.done(held)
        continue
      }
      this.#inMemory -= held.text.length
      const { place } = held
      void this.#sink.append(held.text).then(
        () => void (place === null || this.#early.done(place)),
        (error: Error) => void (this.#failure ??= error),
      )
    }
    this.#draining = null
  }
}
