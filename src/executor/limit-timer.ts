// What runs out for a job: its time in line, its running time, its grace.
//
// One at a time, since each follows the one before it. It does not hold the process: the worker does. Most
// jobs have no limit and never get one of these.
import { DueItem } from "../base/deadlines.ts"
import { clock, startTimer, stopTimer } from "../core/lowlevel.ts"
import type { TimerEntry } from "../core/lowlevel.ts"

/** A timer that calls once. */
export class LimitTimer extends DueItem implements TimerEntry {
  readonly isWeak = true
  #call: (() => void) | null = null

  /** Calls `call` after `ms`, in place of what was to be called. */
  start(ms: number, call: () => void): void {
    this.stop()
    if (ms === Infinity) return
    this.#call = call
    this.dueAt = clock.now() + ms
    startTimer(this)
  }

  stop(): void {
    stopTimer(this)
    this.#call = null
  }

  fire(): void {
    const call = this.#call
    this.#call = null
    call?.()
  }
}
