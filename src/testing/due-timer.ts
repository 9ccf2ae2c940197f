// A timer that is due and has not fired yet, as a turn of its own.
//
// Timers of one instant are due together on the virtual clock alone; in real life there is a moment
// between them, in which a task may get its turn. So each of them stands in line like everybody else, and
// is left out if it was stopped before it came.
import type { Entry, TimerEntry } from "../core/lowlevel.ts"
import { Wait, clock, schedule, stopTimer } from "../core/lowlevel.ts"

/** The turn in which a timer fires. */
export class DueTimer implements Entry {
  readonly timer: TimerEntry

  constructor(timer: TimerEntry) {
    this.timer = timer
  }

  runEntry(): void {
    if (stopTimer(this.timer)) this.timer.fire()
  }
}

/**
 * Lets the timers of one instant stand in line. Those that only put a wait into the line, sleeps all of
 * them, fire at once: the waits can be picked in any order.
 */
export function takeDue(timers: Iterable<TimerEntry>): void {
  const now = clock.now()
  const due = [...timers].filter(({ dueAt }) => dueAt <= now)
  due.sort((a, b) => a.dueAt - b.dueAt || a.timerOrder - b.timerOrder)
  const areInLine = due.length > 1 && !due.every((timer) => timer instanceof Wait)
  for (const turn of due.map((timer) => new DueTimer(timer))) {
    if (areInLine) schedule(turn)
    else turn.runEntry()
  }
}
