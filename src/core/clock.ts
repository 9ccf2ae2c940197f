// Time and chance: the one window through which the outside world comes in.
//
// Everything else in src/ asks `clock`, so `tsyncio/testing` can put a virtual clock here and
// time, timers and randomness are exact. Hops to the microtask queue and to the event loop stand
// here as well, since they are the other half of "when". A clock that is put in must be
// monotonic; timers are started outside any task's context, so that a long timer keeps no task's
// store alive.
import { AsyncResource } from "node:async_hooks"

/** A timer of the platform that was started and not cleared. */
export interface ClockTimer {
  ref(): void
  unref(): void
  clear(): void
}

/** What a source of time has to offer; {@link installClock} puts another one in. */
export interface ClockSource {
  /** Monotonic milliseconds. */
  now(): number
  /** Milliseconds since 1970. */
  wallTime(): number
  /** A number from 0 up to, not including, 1. */
  random(): number
  /** Calls `fire` once, not earlier than `delay` milliseconds from now. */
  startTimer(delay: number, fire: () => void): ClockTimer
}

/** Longest delay a platform timer takes; a longer one is started again by whoever asked. */
export const longestDelay: number = 2 ** 31 - 1

const outside = new AsyncResource("tsyncio.clock")

/** The platform's own time and chance, whatever {@link clock} asks. */
export const platformClock: ClockSource = {
  now: () => performance.now(),
  wallTime: () => Date.now(),
  random: () => Math.random(),
  startTimer(delay, fire) {
    const whole = Math.min(Math.ceil(Math.max(delay, 1)), longestDelay)
    const timer = outside.runInAsyncScope(() => setTimeout(fire, whole))
    return {
      ref: () => void timer.ref(),
      unref: () => void timer.unref(),
      clear: () => clearTimeout(timer),
    }
  },
}

let source: ClockSource = platformClock

/** The clock that everything in tsyncio asks; the platform's unless a test put another one in. */
export const clock: ClockSource = {
  now: () => source.now(),
  wallTime: () => source.wallTime(),
  random: () => source.random(),
  startTimer: (delay, fire) => source.startTimer(delay, fire),
}

/** Puts another source of time in; the function it gives puts the old one back. */
export function installClock(other: ClockSource): () => void {
  const before = source
  source = other
  return () => {
    source = before
  }
}

const settled = Promise.resolve()

/** Calls `fn` in a microtask; `fn` must not throw. */
export function inMicrotask(fn: () => void): void {
  void settled.then(fn)
}

// `nextTick` runs before the microtasks when it is asked for in the body of a callback, and after
// the last of them when it is asked for in a microtask: hence the hop.
/** Calls `fn` when no microtask is left. */
export function whenQuiet(fn: () => void): void {
  void settled.then(() => process.nextTick(fn))
}

/** Calls `fn` after the event loop has looked at timers and I/O. */
export function afterPoll(fn: () => void): void {
  setImmediate(fn)
}
