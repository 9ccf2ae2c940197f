// The timers of the house: all deadlines in order, one platform timer under them.
//
// An entry is due at an absolute time of the clock. Entries due together fire in one go, in order
// of deadline, then of creation (T6). The platform timer stands at the earliest deadline or
// earlier, never later. It keeps the process alive while there is an entry that is not weak, and
// not longer: when the last one is taken back it stays where it is, unreferenced, ready for the next.
import type { DeadlineItem } from "../base/deadlines.ts"
import { Deadlines } from "../base/deadlines.ts"
import type { ClockTimer } from "./clock.ts"
import { clock } from "./clock.ts"

/** Something that wants to be told when a time has come; a wait can be its own entry. */
export interface TimerEntry extends DeadlineItem {
  /** Absolute time of the clock, in milliseconds. */
  dueAt: number
  /** Number of the entry; breaks ties between equal deadlines. Written by {@link startTimer}. */
  timerOrder: number
  /** Whether the process may end without it. Must not change while it is in. */
  readonly isWeak?: boolean
  /** Called once, when the deadline has come. Must not throw. */
  fire(): void
}

const deadlines = new Deadlines<TimerEntry>()
let order = 0
/** The platform timer, if one is running, and the time it will fire at. */
let running: ClockTimer | null = null
let runningAt = Infinity
let isReferenced = true
/** Entries that keep the process alive. */
let strong = 0

/** Null while those that are due fire in one go, as T6 has it. */
let timerTaker: ((entries: Iterable<TimerEntry>) => void) | null = null

/**
 * Installs who fires the timers in place of T6, or takes it out; for `explore`. It gets all entries, in no order, when
 * the first is due, and sees to it that each that is due and still in is taken out and fired.
 */
export function setTimerTaker(taker: ((entries: Iterable<TimerEntry>) => void) | null): void {
  timerTaker = taker
}

/** Puts `entry` in; it fires once unless {@link stopTimer} takes it out first. */
export function startTimer(entry: TimerEntry): void {
  order += 1
  entry.timerOrder = order
  deadlines.push(entry)
  if (entry.isWeak !== true) strong += 1
  arm()
}

/** Takes `entry` out; false if it was not in (any more). */
export function stopTimer(entry: TimerEntry): boolean {
  if (!deadlines.remove(entry)) return false
  if (entry.isWeak !== true) strong -= 1
  hold()
  return true
}

/** Number of entries that still have to fire. */
export function timerCount(): number {
  return deadlines.size
}

/** The earliest deadline, or null when nothing is to fire. */
export function nextDeadline(): number | null {
  return deadlines.peek()?.dueAt ?? null
}

/** Forgets the platform timer and starts it anew; for whoever puts another clock in. */
export function rearmTimers(): void {
  running?.clear()
  running = null
  runningAt = Infinity
  arm()
}

function arm(): void {
  const first = deadlines.peek()
  if (first !== undefined && first.dueAt < runningAt) {
    running?.clear()
    runningAt = first.dueAt
    running = clock.startTimer(first.dueAt - clock.now(), fireDue)
    isReferenced = true
  }
  hold()
}

function hold(): void {
  if (running === null || isReferenced === strong > 0) return
  isReferenced = strong > 0
  if (isReferenced) running.ref()
  else running.unref()
}

function fireDue(): void {
  running = null
  runningAt = Infinity
  if (timerTaker === null) fireInOrder(clock.now())
  else timerTaker(deadlines)
  arm()
}

function fireInOrder(now: number): void {
  for (let entry = deadlines.peek(); entry !== undefined && entry.dueAt <= now; entry = deadlines.peek()) {
    deadlines.remove(entry)
    if (entry.isWeak !== true) strong -= 1
    entry.fire()
  }
}
