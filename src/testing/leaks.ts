// What a test must not leave behind.
//
// Timers, turns and tasks of ours are looked for here, the tasks outside every run by name: a run ends
// its own. Sockets and listeners are the platform's, and the guard of a test file compares those
// before and after.
import {
  brand,
  busyTasks,
  currentScope,
  describeTasks,
  nextDeadline,
  readyCount,
  runOutsideTasks,
  timerCount,
} from "../core/lowlevel.ts"

/**
 * Something of the runtime's outlived a test, or an error reached nobody; from {@link runVirtual}.
 */
export class LeakError extends Error {
  readonly code = "E_TESTING_LEAK"
  /** What was left, a sentence each. */
  readonly leaks: readonly string[]

  constructor(leaks: readonly string[], options?: ErrorOptions) {
    super(`Left behind: ${leaks.join("; ")}`, options)
    this.leaks = leaks
  }
}
brand(LeakError, "LeakError")

/**
 * What of the runtime is alive, a sentence each; an empty list is what a test should end with.
 *
 * To be called outside every run, for example in an `afterEach`.
 *
 * @example Nothing was left
 * ```ts no-run
 * if (findLeaks().length > 0) throw new Error(findLeaks().join("; "))
 * ```
 */
export function findLeaks(): string[] {
  const leaks: string[] = []
  const [timers, entries, busy] = [timerCount(), readyCount(), busyTasks()]
  if (timers > 0) leaks.push(`${counted(timers, "timer")}, the first due at ${nextDeadline()} ms`)
  if (entries > 0) leaks.push(`${counted(entries, "turn")} in the ready queue`)
  const tasks = describeTasks(runOutsideTasks(currentScope)).split("\n")
  leaks.push(...tasks.map((line) => line.trim()).filter((line) => line !== ""))
  if (busy > 0 && leaks.length === 0) leaks.push(`${counted(busy, "task")} of a run not parked`)
  return leaks
}

function counted(count: number, what: string): string {
  return count === 1 ? `1 ${what}` : `${count} ${what}s`
}
