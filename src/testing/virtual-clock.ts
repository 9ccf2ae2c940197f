// A clock that jumps.
//
// Time stands still while anything can run. When the ready queue is empty and every living task is
// parked in a wait of ours, it jumps to the earliest deadline; while a task sits in a foreign await
// it stands, and real I/O takes its real time. The platform is only asked for turns of its event
// loop, so a test of an hour takes a millisecond.
import { afterPoll, busyTasks, clock, installClock, readyCount, rearmTimers } from "../core/lowlevel.ts"
import type { ClockSource, ClockTimer } from "../core/lowlevel.ts"

/** Settings of {@link VirtualClock}. */
export interface VirtualClockOptions {
  /** Seed of `clock.random()`. @default 1 */
  readonly seed?: number | undefined
  /** Wall time at the start, in milliseconds since 1970. @default 0 */
  readonly wallTime?: number | undefined
}

/** Source of time that jumps to the next deadline when nothing can run. */
export class VirtualClock implements ClockSource {
  #time = 0
  readonly #wallStart: number
  #seed: number
  /** The one timer the house asks for, and when it is due. */
  #timer: { readonly dueAt: number; readonly fire: () => void } | null = null
  #restore: (() => void) | null = null
  #isLooking = false

  constructor(options: VirtualClockOptions = {}) {
    this.#seed = options.seed ?? 1
    this.#wallStart = options.wallTime ?? 0
  }

  /** Puts the clock in; the function it gives puts the platform's back. */
  install(): () => void {
    const restore = installClock(this)
    this.#restore = restore
    rearmTimers()
    return () => {
      this.#restore = null
      restore()
      rearmTimers()
    }
  }

  now(): number {
    return this.#time
  }

  wallTime(): number {
    return this.#wallStart + this.#time
  }

  // Park and Miller's generator: small, seeded, and good enough for jitter.
  random(): number {
    this.#seed = (this.#seed * 48_271) % 2_147_483_647
    return (this.#seed - 1) / 2_147_483_646
  }

  startTimer(delay: number, fire: () => void): ClockTimer {
    const timer = { dueAt: this.#time + Math.max(delay, 0), fire }
    this.#timer = timer
    this.#look()
    return {
      ref: () => this.#look(),
      unref: () => {},
      clear: () => {
        if (this.#timer === timer) this.#timer = null
      },
    }
  }

  #look(): void {
    if (this.#isLooking || this.#restore === null) return
    this.#isLooking = true
    afterPoll(() => {
      this.#isLooking = false
      if (this.#timer === null || this.#restore === null) return
      if (busyTasks() === 0 && readyCount() === 0) this.#jump()
      else this.#look()
    })
  }

  #jump(): void {
    const timer = this.#timer
    if (timer === null) return
    this.#timer = null
    this.#time = Math.max(this.#time, timer.dueAt)
    timer.fire()
  }
}

/** Milliseconds of the clock that is in force; the virtual one's inside {@link runVirtual}. */
export function now(): number {
  return clock.now()
}
