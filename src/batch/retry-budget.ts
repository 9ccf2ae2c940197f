// How many repetitions a run may have: a fifth of its successes, and a few more.
//
// A server that fails everything gets everything again from everybody, which keeps it failing. So repetitions are
// paid for by successes; while there are none, they come one a second, enough to see that the server is back.
// Nobody is failed for want of budget: the repetition is put off, each behind the one before it.

import { clock } from "../core/lowlevel.ts"

/** What one success pays for. */
const perSuccess = 0.2
/** What a run has at the start, and can save up. */
const first = 100
const most = 1000
/** Repetitions a second that need no success. */
const perSecond = 1
/** Longest that a repetition is put off, in ms. */
const longest = 60_000

/** The repetitions of one run. */
export class RetryBudget {
  /** Below zero: so many have been promised a later time. */
  #left = first
  #time: number = clock.now()

  succeeded(): void {
    this.#left = Math.min(most, this.#left + perSuccess)
  }

  /** Takes one repetition. @returns For how long it has to wait, in ms. */
  take(): number {
    const now = clock.now()
    if (this.#left < first) this.#left = Math.min(first, this.#left + ((now - this.#time) / 1000) * perSecond)
    this.#time = now
    this.#left -= 1
    return this.#left > -1e-9 ? 0 : Math.min(longest, (-this.#left / perSecond) * 1000)
  }
}
