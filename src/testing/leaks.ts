// What a test must not leave behind.
//
// Tasks, timers and waits of ours are counted here; sockets and listeners are the platform's, and
// the guard of a test file compares those before and after.
import { busyTasks, nextDeadline, readyCount, timerCount } from "../core/lowlevel.ts"

/** Something of the runtime's outlived a test. */
export class LeakError extends Error {
  override readonly name = "LeakError"
  readonly code = "E_TESTING_LEAK"
  /** What was left, a sentence each. */
  readonly leaks: readonly string[]

  constructor(leaks: readonly string[], options?: ErrorOptions) {
    super(`Left behind: ${leaks.join("; ")}`, options)
    this.leaks = leaks
  }
}

/** What of the runtime is alive, a sentence each; an empty list is what a test should end with. */
export function findLeaks(): string[] {
  const leaks: string[] = []
  if (timerCount() > 0) leaks.push(`${timerCount()} timers, the first due at ${nextDeadline()} ms`)
  if (readyCount() > 0) leaks.push(`${readyCount()} entries in the ready queue`)
  if (busyTasks() > 0) leaks.push(`${busyTasks()} tasks that are not parked`)
  return leaks
}
