// What was used in the last stretch of time, for a limit that holds in every stretch.
//
// A bucket keeps a rate in the long run, and lets a burst more than the limit go in one stretch. Where a
// server counts, that is one too many. Time is cut into slots, and a slot counts until all of it is older
// than the stretch: so it may wait a six-hundredth too long and never too short. A cost that is corrected
// is corrected in the slot it was taken in.

const slots = 600
/** A start in the slot that the stretch began in counts as well. */
const kept = slots + 1

/** Sum of what was taken in the last `per` milliseconds; knows no tasks and no timers. */
export class SlidingWindow {
  readonly #limit: number
  /** Milliseconds of a slot. */
  readonly #width: number
  /** Amount by slot number modulo `kept`. */
  readonly #amounts: Float64Array = new Float64Array(kept)
  /** Sum of the amounts. */
  #sum = 0
  /** Number of the newest slot; older ones down to `#last - slots` are kept. */
  #last: number

  constructor(limit: number, per: number, now: number) {
    this.#limit = limit
    this.#width = per / slots
    this.#last = this.#slotAt(now)
  }

  /** What was used in the stretch that ends now. */
  used(now: number): number {
    this.#advance(now)
    return this.#sum
  }

  add(amount: number, now: number): void {
    this.#advance(now)
    this.#put(this.#last, amount)
  }

  /** Changes what was taken at `time`, if that still counts. */
  correct(amount: number, time: number, now: number): void {
    this.#advance(now)
    const slot = this.#slotAt(time)
    if (slot <= this.#last && slot >= this.#last - slots) this.#put(slot, amount)
  }

  /** Milliseconds until `cost` fits; one above the limit fits once nothing else counts. */
  delay(cost: number, now: number): number {
    this.#advance(now)
    let over = this.#sum + Math.min(cost, this.#limit) - this.#limit * (1 + 1e-9)
    if (cost === 0 || over <= 0) return 0
    for (let slot = this.#last - slots; slot <= this.#last; slot += 1) {
      over -= this.#amounts[slot % kept] as number
      if (over <= 0) return this.#endOf(slot) - now
    }
    return 0
  }

  /** Never below `slots`, so that the number of every slot that counts can be an index. */
  #slotAt(time: number): number {
    return slots + Math.floor(Math.max(0, time) / this.#width)
  }

  /** Time at which a slot counts no more, a hair later so that rounding cannot fall short of it. */
  #endOf(slot: number): number {
    return (slot + kept - slots + 1e-6) * this.#width
  }

  #put(slot: number, amount: number): void {
    this.#amounts[slot % kept] = (this.#amounts[slot % kept] as number) + amount
    this.#sum += amount
  }

  #advance(now: number): void {
    const slot = this.#slotAt(now)
    const steps = slot - this.#last
    if (steps === 0) return
    this.#last = slot
    // Another clock may have been put in, with an earlier time: nothing of its stretch is known.
    if (steps < 0 || steps >= kept) {
      this.#amounts.fill(0)
      this.#sum = 0
      return
    }
    for (let number = slot - steps + 1; number <= slot; number += 1) {
      this.#sum -= this.#amounts[number % kept] as number
      this.#amounts[number % kept] = 0
    }
  }
}
