// The time limits of one attempt, with one timer.
//
// Of the limits of the phase, the attempt and the call the first to run out counts. The timer may
// stand too early, for a limit that was moved since, and then looks again; it never stands too
// late. undici's own limits are not used: they are up to a second late. What must stay true: a
// reader who is slow is not a server that is silent, so a held body has no limit of its phase.
import type { TimerEntry } from "../core/lowlevel.ts"
import { clock, startTimer, stopTimer } from "../core/lowlevel.ts"
import type { HttpPhase, HttpTimeoutPhase } from "./errors.ts"
import type { CheckedLimits } from "./time-limits.ts"

/** Whoever is told that a limit ran out. */
export interface PhaseTimerOwner {
  timedOut(phase: HttpTimeoutPhase): void
}

export class PhaseTimer implements TimerEntry {
  heapIndex = -1
  timerOrder = 0
  /** The earliest time at which a limit may run out. */
  dueAt: number = Infinity
  readonly #owner: PhaseTimerOwner
  readonly #limits: CheckedLimits
  /** Time of the clock at which the whole call ends. */
  readonly #deadline: number
  readonly #attemptEnd: number
  #phase: HttpPhase = "connect"
  /** When the phase began, or last saw data. */
  #since: number
  #isHeld = false

  constructor(owner: PhaseTimerOwner, limits: CheckedLimits, deadline: number) {
    this.#owner = owner
    this.#limits = limits
    this.#deadline = deadline
    this.#since = clock.now()
    this.#attemptEnd = this.#since + limits.attempt
    this.#arm()
  }

  enter(phase: HttpPhase): void {
    this.#phase = phase
    this.#since = clock.now()
    this.#arm()
  }

  /** Something of the body came. */
  heard(): void {
    if (this.#limits.body !== Infinity) this.#since = clock.now()
  }

  /** Nobody reads at present; until {@link resume} silence has no limit. */
  hold(): void {
    this.#isHeld = true
  }

  resume(): void {
    this.#isHeld = false
    this.#since = clock.now()
    this.#arm()
  }

  stop(): void {
    stopTimer(this)
  }

  fire(): void {
    this.dueAt = Infinity
    const end = this.#end()
    if (end > clock.now()) this.#arm()
    else if (this.#deadline === end) this.#owner.timedOut("total")
    else this.#owner.timedOut(this.#attemptEnd === end ? "attempt" : this.#phase)
  }

  #end(): number {
    const phaseEnd = this.#isHeld ? Infinity : this.#since + this.#limits[this.#phase]
    return Math.min(this.#deadline, this.#attemptEnd, phaseEnd)
  }

  #arm(): void {
    const end = this.#end()
    if (end >= this.dueAt) return
    stopTimer(this)
    this.dueAt = end
    startTimer(this)
  }
}
