// The right to start under a rate, with what was reserved for it.
//
//   cost is   | meaning                                   | leaves by
//   reserved  | taken from the buckets before the start   | settle -> settled, refund -> returned
//   settled   | the true cost is charged                  | -
//   returned  | nothing is charged                        | -
//
// Cost and slot go their own ways: a slot is free when the work has ended, while the true cost may be
// known later, or never.

/** What a start costs, by budget; what is not named costs 1. */
export type Cost = Readonly<Record<string, number>>

/** Whom a permit goes back to. */
export interface RateDesk {
  /** Charges `actual` instead of what was reserved at `time`; null gives everything back. */
  correct(reserved: readonly number[], actual: Cost | null, time: number): void
  freeSlot(): void
}

/**
 * The right to start, with what was reserved for it; from {@link RateLimiter}.
 *
 * A cloakroom ticket with a deposit: `release()` frees the place, `settle()` or `refund()` correct
 * the deposit, in any order and at any time.
 *
 * @example The true cost is known afterwards
 * ```ts
 * const limiter = new RateLimiter({ budgets: { tokens: { limit: 1000, per: 1000 } }, burst: 1000 })
 * const permit = await limiter.acquire({ tokens: 800 })
 * permit.settle({ tokens: 300 })
 * permit.release()
 * limiter.statistics().available // => { tokens: 700 }
 * ```
 */
export class RatePermit implements Disposable {
  readonly #desk: RateDesk
  /** What the buckets were charged; null once it was settled or refunded. */
  #reserved: readonly number[] | null
  /** Time of the clock at which it was given. */
  readonly #time: number
  #isHeld = true

  constructor(desk: RateDesk, reserved: readonly number[], time: number) {
    this.#desk = desk
    this.#reserved = reserved
    this.#time = time
  }

  /**
   * Charges the true cost instead of the reserved one; once, later calls do nothing.
   *
   * @param actual - What was used, by budget; what is not named stays as reserved. More than was
   * reserved puts the budget into debt, which is paid before the next start.
   * @throws {RangeError} If a budget is not the limiter's, or an amount no number from 0 up.
   */
  settle(actual: Cost): void {
    if (this.#reserved === null) return
    this.#desk.correct(this.#reserved, actual, this.#time)
    this.#reserved = null
  }

  /** Gives the reserved cost back, for a start that never happened; once, later calls do nothing. */
  refund(): void {
    const reserved = this.#reserved
    if (reserved === null) return
    this.#reserved = null
    this.#desk.correct(reserved, null, this.#time)
  }

  /** Frees the slot; the cost stays charged. Later calls do nothing. */
  release(): void {
    if (!this.#isHeld) return
    this.#isHeld = false
    this.#desk.freeSlot()
  }

  [Symbol.dispose](): void {
    this.release()
  }
}
