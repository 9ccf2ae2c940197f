// A test whose tasks all wait for each other would hang until the test runner's limit, and say nothing.
//
// Outside of tests such a run fails when nothing keeps the process alive; a test runner always does. So
// real time is measured: every task is parked, no timer and no turn is left, and for a while nothing
// has happened. What comes from real I/O through a wait of ours may take longer: `stall` says how long.
import type { ClockTimer } from "../core/lowlevel.ts"
import {
  addInstrument,
  busyTasks,
  endDeadlocked,
  platformClock,
  readyCount,
  timerCount,
} from "../core/lowlevel.ts"

/** Ends the runs by a DeadlockError when nothing has happened for `ms` of real time; gives what stops the watch. */
export function watchStall(ms: number): () => void {
  if (ms === Infinity) return () => {}
  let happened = 0
  let seen = -1
  const count = (): void => {
    happened += 1
  }
  const unwatch = addInstrument({ taskCreated: count, waitParked: count, waitEnded: count, taskEnded: count })
  let timer: ClockTimer
  const look = (): void => {
    const isStill = readyCount() === 0 && busyTasks() === 0 && timerCount() === 0
    if (isStill && seen === happened) endDeadlocked()
    seen = happened
    arm()
  }
  const arm = (): void => {
    timer = platformClock.startTimer(ms, look)
    timer.unref()
  }
  arm()
  return () => {
    timer.clear()
    unwatch()
  }
}
