// Watches that content comes, and not only bytes.
//
// Servers that are stuck go on sending comments and pings, which resets every time limit on bytes.
// Here only the time spent waiting for content counts: whatever else arrives in between does not
// reset it, and a reader who is slow to come back does not use it up. What must stay true: while
// nobody waits no timer runs.
import type { TimerEntry } from "../core/lowlevel.ts"
import { clock, startTimer, stopTimer } from "../core/lowlevel.ts"

export class ContentWatch implements TimerEntry {
  heapIndex = -1
  timerOrder = 0
  dueAt: number = Infinity
  /** Whether the limit of the present wait has run out. */
  hasFired = false
  /** Time of the clock at which the present wait began; null between waits. */
  #since: number | null = null
  /** Milliseconds waited since content came last. */
  #silence = 0
  readonly #onSilence: () => void

  constructor(onSilence: () => void) {
    this.#onSilence = onSilence
  }

  /** Somebody waits now; content must come before the silence is longer than `limit`. */
  begin(limit: number): void {
    this.hasFired = false
    this.#since = clock.now()
    if (limit === Infinity) return
    this.dueAt = this.#since + Math.max(0, limit - this.#silence)
    startTimer(this)
  }

  /** Something came, content or not. */
  end(): void {
    if (this.#since === null) return
    stopTimer(this)
    this.#silence += clock.now() - this.#since
    this.#since = null
  }

  heardContent(): void {
    this.#silence = 0
  }

  fire(): void {
    this.hasFired = true
    this.#onSilence()
  }
}
