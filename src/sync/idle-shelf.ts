// Where the things of a pool rest that nobody uses.
//
// Taken from is the end where things are put, so that a few stay in use and the others grow old; what
// has rested for the limit is dropped, oldest first, as long as there are too many. One weak alarm
// stands for the oldest: things at rest keep no process alive.
import { Deque } from "../base/deque.ts"
import { clock } from "../core/lowlevel.ts"
import { Alarm } from "./alarm.ts"

/** Who decides what becomes of a thing that has rested long enough. */
export interface ShelfOwner<T> {
  /** Whether one can be dropped. */
  isTooMany(): boolean
  drop(value: T): void
}

/** A thing that rests. */
export interface Resting<T> {
  readonly value: T
  /** Time of the clock since when. */
  readonly since: number
}

/** Things that nobody uses, each for a limited time. */
export class IdleShelf<T> {
  /** Milliseconds. */
  readonly #limit: number
  readonly #owner: ShelfOwner<T>
  /** Those that have rested longest first. */
  readonly #things = new Deque<Resting<T>>()
  /** Set for the first of `#things`, or for one that was first and is gone; or off. */
  readonly #alarm: Alarm = new Alarm(() => this.#dropDue(), true)

  constructor(limit: number, owner: ShelfOwner<T>) {
    this.#limit = limit
    this.#owner = owner
  }

  get size(): number {
    return this.#things.size
  }

  put(value: T): void {
    this.#things.push({ value, since: clock.now() })
    if (this.#alarm.dueAt === Infinity) this.#setAlarm()
  }

  /** The thing that was put last, or null. */
  take(): Resting<T> | null {
    return this.#things.pop() ?? null
  }

  /** Drops everything that rests. */
  dropAll(): void {
    this.#alarm.set(Infinity)
    for (let thing = this.#things.shift(); thing !== undefined; thing = this.#things.shift())
      this.#owner.drop(thing.value)
  }

  #setAlarm(): void {
    const oldest = this.#things.peek()
    const isNeeded = oldest !== undefined && this.#owner.isTooMany()
    this.#alarm.set(isNeeded ? oldest.since + this.#limit : Infinity)
  }

  #dropDue(): void {
    const now = clock.now()
    for (let oldest = this.#things.peek(); oldest !== undefined; oldest = this.#things.peek()) {
      if (oldest.since + this.#limit > now || !this.#owner.isTooMany()) break
      this.#things.shift()
      this.#owner.drop(oldest.value)
    }
    this.#setAlarm()
  }
}
