// A clock that jumps.
//
// Time stands still while anything can run. When the ready queue is empty, every living task is
// parked in a wait of ours, and somebody waits at all, it jumps to the earliest deadline; while a task
// sits in a foreign await, or waits for the disk, it stands, and real I/O takes its real time. A timer that was left when
// nobody waits any more never fires, so that it is found. The platform is only asked for turns of
// its event loop, so a test of an hour takes a millisecond.
import { InvalidStateError } from "../core/index.ts"
import {
  addInstrument,
  afterPoll,
  busyTasks,
  clock,
  installClock,
  readyCount,
  rearmTimers,
  timerCount,
} from "../core/lowlevel.ts"
import type { ClockSource, ClockTimer } from "../core/lowlevel.ts"

/** Settings of {@link VirtualClock}. */
export interface VirtualClockOptions {
  /** Seed of `clock.random()`. @default 1 */
  readonly seed?: number | undefined
  /** Wall time at the start, in milliseconds since 1970. @default 0 */
  readonly wallTime?: number | undefined
}

/** Whether a wait ends without anybody's help, in real time: that of `tsyncio/fs` says so of itself. */
function holdsClock(wait: object): boolean {
  return "holdsClock" in wait && wait.holdsClock === true
}

/** Modulus of the generator of {@link VirtualClock.random}. */
const modulus = 2_147_483_647

/** The clock that is in force, if it is a virtual one. */
let installed: VirtualClock | null = null

/**
 * Source of time that jumps to the next deadline when nothing can run; {@link runVirtual} puts one in.
 *
 * @example By hand
 * ```ts
 * new VirtualClock({ seed: 7 }).now() // => 0
 * ```
 */
export class VirtualClock implements ClockSource {
  #time = 0
  readonly #wallStart: number
  /** State of the generator, from 1 up to below {@link modulus}. */
  #seed: number
  /** The one timer the house asks for, and when it is due. */
  #timer: { readonly dueAt: number; readonly fire: () => void } | null = null
  /** Puts the clock back that was there before; null while this one is not in force. */
  #restore: (() => void) | null = null
  /** Whether a look at the end of this turn of the event loop is on its way. */
  #isLooking = false
  /** Waits that were parked since the clock was put in. */
  readonly #parked = new Set<object>()
  /** How many of them are for the disk, which answers by itself. */
  #holding = 0

  constructor(options: VirtualClockOptions = {}) {
    const { seed = 1, wallTime = 0 } = options
    this.#seed = Number.isFinite(seed) ? (Math.abs(Math.trunc(seed)) % (modulus - 1)) + 1 : 1
    // The first numbers of neighbouring seeds are alike.
    for (let i = 0; i < 3; i += 1) this.random()
    this.#wallStart = wallTime
  }

  /**
   * Puts the clock in; the function it gives puts the platform's back.
   *
   * @throws {InvalidStateError} If a virtual clock is in force already.
   */
  install(): () => void {
    if (installed !== null)
      throw new InvalidStateError("Cannot install the virtual clock: another one is in force")
    installed = this
    const putBack = installClock(this)
    const unwatch = addInstrument({
      waitParked: (wait) => {
        this.#parked.add(wait)
        if (holdsClock(wait)) this.#holding += 1
      },
      waitEnded: (wait) => {
        if (this.#parked.delete(wait) && holdsClock(wait)) this.#holding -= 1
      },
    })
    this.#restore = () => {
      unwatch()
      putBack()
    }
    rearmTimers()
    return () => this.#uninstall()
  }

  #uninstall(): void {
    const restore = this.#restore
    if (restore === null) return
    this.#restore = null
    installed = null
    restore()
    rearmTimers()
  }

  now(): number {
    return this.#time
  }

  wallTime(): number {
    return this.#wallStart + this.#time
  }

  // Park and Miller's generator: small, seeded, and good enough for jitter.
  random(): number {
    this.#seed = (this.#seed * 48_271) % modulus
    return (this.#seed - 1) / (modulus - 1)
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

  // A timer may stand there for an entry that was taken back; the house asks again (`ref`) when
  // there is another one.
  #look(): void {
    if (this.#isLooking || this.#restore === null) return
    this.#isLooking = true
    afterPoll(() => {
      this.#isLooking = false
      if (this.#timer === null || timerCount() === 0 || this.#restore === null) return
      const isStill = busyTasks() === 0 && readyCount() === 0 && this.#holding === 0
      if (isStill && this.#parked.size > 0) this.#jump()
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

/**
 * Milliseconds of the clock that is in force; the virtual one's inside {@link runVirtual}.
 *
 * @example A virtual second
 * ```ts
 * const start = now()
 * await sleep(1000)
 * now() - start // => 1000
 * ```
 */
export function now(): number {
  return clock.now()
}
