// One timer that can be moved.
//
// A primitive with a line needs at most one: for the head. Setting it anew forgets the old time; an
// alarm that is off costs nothing and keeps no process alive.
import type { TimerEntry } from "../core/lowlevel.ts"
import { startTimer, stopTimer } from "../core/lowlevel.ts"

/** Calls a function at a time that can be changed until then. */
export class Alarm implements TimerEntry {
  heapIndex = -1
  timerOrder = 0
  dueAt: number = Infinity
  /** Whether the process may end without it. */
  readonly isWeak: boolean
  readonly #ring: () => void

  constructor(ring: () => void, isWeak = false) {
    this.#ring = ring
    this.isWeak = isWeak
  }

  /** Rings at that time of the clock and not at the one that was set before; Infinity turns it off. */
  set(time: number): void {
    stopTimer(this)
    this.dueAt = time
    if (time !== Infinity) startTimer(this)
  }

  /** Used by the timers. */
  fire(): void {
    this.#ring()
  }
}
