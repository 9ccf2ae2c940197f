// Pings, so that a peer that is gone without a word is noticed.
//
// Every so often a ping; who has not given a sign of life by the next one is dead. While we do not read,
// as we have enough, a peer cannot be heard: it counts as living then. What must stay true: no timer is
// left when it was stopped, and its timer keeps no process alive.
import type { ClockTimer } from "../core/lowlevel.ts"
import { clock } from "../core/lowlevel.ts"

/** Whom to ask. */
export interface PingTarget {
  /** Whether nothing that the peer sends would be noticed. */
  isDeaf(): boolean
  ping(): void
  /** It has not answered. */
  dead(): void
}

export class KeepAlive {
  readonly #target: PingTarget
  /** Milliseconds from ping to ping. */
  readonly #every: number
  /** Whether something has come since the last ping. */
  #isHeard = true
  #timer: ClockTimer | null = null

  constructor(target: PingTarget, every: number) {
    this.#target = target
    this.#every = every
  }

  /** Begins; Infinity never asks. */
  start(): void {
    if (this.#every === Infinity) return
    this.#timer = clock.startTimer(this.#every, () => this.#due())
    this.#timer.unref()
  }

  /** The peer has given a sign of life. */
  heard(): void {
    this.#isHeard = true
  }

  stop(): void {
    this.#timer?.clear()
    this.#timer = null
  }

  #due(): void {
    this.#timer = null
    if (!this.#isHeard && !this.#target.isDeaf()) {
      this.#target.dead()
      return
    }
    this.#isHeard = false
    this.#target.ping()
    this.start()
  }
}
