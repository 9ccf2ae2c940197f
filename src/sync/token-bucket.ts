// A budget as a bucket: is refilled continuously up to `burst`, starts full.
//
// Level and time are written together, and what is taken is always taken in full, so rounding may
// shift one admission by a nanosecond and never adds up: over any time T no more goes out than
// `burst` (or the one cost above it) plus T times the rate. What is given back may fill it up to
// `most`, which is the burst unless somebody else watches the sum.

/** So much per so long. */
export interface Budget {
  /** How much may be used in `per` milliseconds. */
  readonly limit: number
  /** Milliseconds. */
  readonly per: number
  /** Hold the limit in every stretch of `per`, and not only in the long run. @default false */
  readonly strict?: boolean | undefined
}

// A level is exact to about 1e-16 of itself and a time to 1e-16 of the clock's. A lack that is made
// up for in a microsecond is rounding: waiting for it could mean to wait for a time that is now.
const rounding = 1e-3

/** Level of one budget; knows no tasks and no timers. */
export class TokenBucket {
  readonly burst: number
  /** The highest level that giving back comes to. */
  readonly #most: number
  /** What comes in per millisecond. */
  readonly #rate: number
  /** What it held at `#time`; below zero is debt. */
  #level: number
  #time: number

  constructor(budget: Budget, burst: number, now: number, most: number = burst) {
    this.burst = burst
    this.#most = most
    this.#rate = budget.limit / budget.per
    this.#level = burst
    this.#time = now
  }

  level(now: number): number {
    // Another clock may have been put in, with an earlier time: nothing has passed then.
    if (now < this.#time) this.#time = now
    if (this.#level > this.burst) return this.#level
    return Math.min(this.burst, this.#level + (now - this.#time) * this.#rate)
  }

  /** Puts in `amount`, or takes it out if it is negative. */
  add(amount: number, now: number): void {
    this.#level = Math.min(this.#most, this.level(now) + amount)
    this.#time = now
  }

  /** Milliseconds until `cost` can be taken; one above the burst can be once the bucket is full. */
  delay(cost: number, now: number): number {
    if (cost === 0) return 0
    const wait = (Math.min(cost, this.burst) - this.level(now)) / this.#rate
    return wait <= rounding ? 0 : wait
  }
}
