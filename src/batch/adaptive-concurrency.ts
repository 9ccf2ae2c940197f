// How many requests may be on their way, found out by trying.
//
// It doubles with each round that went well until the server first says "too many", and from then on grows by a
// twentieth a round that had none for a while. A 429 takes a share away, once for all that come with it: half while it was doubling, since
// then half was too much, and a fifth later. Trouble of the server (5xx, time limits) says nothing about how many
// are too many: it stops the growth for a while and shrinks nothing. What was repeated counts for nothing.

import { clock } from "../core/lowlevel.ts"
import type { RateSlots } from "../sync/index.ts"

/** One episode of 429s and its echo, in ms. */
const episode = 15_000
const growth = 1.05
const cut = { doubling: 0.5, later: 0.8 }
/** Never fewer, unless the run may have fewer at all. */
const least = 4

/** Moves the number of places of a run. */
export class AdaptiveConcurrency {
  readonly #slots: RateSlots
  readonly #most: number
  /** No 429 came yet. */
  #isDoubling = true
  /** Good first attempts since the last change; a round is as many as there are places. */
  #good = 0
  /** Until then further 429s are of the same episode, and nothing grows. */
  #episodeUntil = -Infinity
  /** Until then nothing grows. */
  #frozenUntil = -Infinity

  /** @param most - Places at most; the slots say how many at first. */
  constructor(slots: RateSlots, most: number) {
    this.#slots = slots
    this.#most = most
  }

  /** Notes a good answer to a first attempt. */
  succeeded(): void {
    const { limit, running } = this.#slots.statistics()
    if (limit >= this.#most || clock.now() < Math.max(this.#frozenUntil, this.#episodeUntil)) return
    if (++this.#good < limit) return
    this.#good = 0
    // Places that nobody used prove nothing.
    if (running * 2 < limit) return
    const grown = this.#isDoubling ? limit * 2 : Math.ceil(limit * growth)
    this.#slots.limit = Math.min(this.#most, grown)
  }

  /** Notes a 429, and for how long the server wants nothing. */
  limited(pause: number): void {
    const now = clock.now()
    this.#good = 0
    const isNew = now >= this.#episodeUntil
    this.#episodeUntil = Math.max(this.#episodeUntil, now + pause + (isNew ? episode : 0))
    if (!isNew) return
    const share = this.#isDoubling ? cut.doubling : cut.later
    this.#isDoubling = false
    const fewest = Math.min(least, this.#most)
    this.#slots.limit = Math.max(fewest, Math.floor(this.#slots.limit * share))
  }

  /** Notes an answer that says nothing of limits but that the server has trouble. */
  troubled(): void {
    this.#good = 0
    this.#frozenUntil = clock.now() + episode
  }
}
