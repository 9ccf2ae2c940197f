// Whether there is a server at all.
//
// One refused connection is an accident, several in a row are a server that is down, and then it makes no sense
// for all who wait to find that out for themselves: the run pauses, one tries, and the pauses grow. A server that
// was never there is given up soon, one that has answered before gets many minutes to come back.

import { backoff } from "../combine/index.ts"
import { clock } from "../core/lowlevel.ts"

/** Failures in a row, without an answer between, before the run pauses. */
const inARow = 4
/** Pauses before the run gives up, by whether the server ever answered. */
const mostRounds = { never: 5, before: 20 }
const pauses = { delay: 500, factor: 2, maxDelay: 60_000, jitter: false }

/** What follows from a connection that could not be made: the item's own back-off, a pause for all, or the end. */
export type Unreached =
  | { readonly kind: "alone" }
  | { readonly kind: "pause"; readonly delay: number }
  | { readonly kind: "hopeless" }

/** What a run knows of its server. */
export class Reachability {
  #hasAnswered = false
  /** Failures since the last answer. */
  #failures = 0
  /** Pauses since the last answer. */
  #rounds = 0
  /** When the last pause began, and how long it is. */
  #pausedAt = -Infinity
  #delay = 0

  /** Notes an answer, good or bad. */
  answered(): void {
    this.#hasAnswered = true
    this.#failures = 0
    this.#rounds = 0
  }

  /** @param begun - When the attempt began: those that began before a pause belong to it. */
  failed(begun: number): Unreached {
    this.#failures++
    if (this.#failures <= inARow) return { kind: "alone" }
    const now = clock.now()
    if (begun < this.#pausedAt)
      return { kind: "pause", delay: Math.max(0, this.#pausedAt + this.#delay - now) }
    if (this.#rounds >= (this.#hasAnswered ? mostRounds.before : mostRounds.never))
      return { kind: "hopeless" }
    this.#delay = backoff(++this.#rounds, pauses)
    this.#pausedAt = now
    return { kind: "pause", delay: this.#delay }
  }
}
