// One run of a program under one schedule.
//
// `runVirtual` with the order of turns in other hands. Two things that would hang a test are told as
// failures: nothing is left that could wake the tasks (looked for between turns of the event loop, since
// under a test runner the process never falls idle), and a program that goes on and on.
import type { Scope } from "../core/lowlevel.ts"
import {
  afterPoll,
  busyTasks,
  currentScope,
  endDeadlocked,
  readyCount,
  tasksBelow,
  timerCount,
} from "../core/lowlevel.ts"
import { DeadlockError } from "../core/index.ts"
import type { Chooser } from "./schedule.ts"
import { Schedule } from "./schedule.ts"
import type { RunVirtualOptions } from "./run-virtual.ts"
import { runVirtual } from "./run-virtual.ts"

/** What {@link explore} gives the program. */
export interface Choices {
  /**
   * One of `options`: every one of them in an exhaustive walk, any of them by a seed, the first in a
   * minimal interleaving if that fails too.
   * @throws {RangeError} If there is none.
   */
  readonly choose: <T>(options: readonly T[]) => T
}

/** A program that is run again and again. */
export type ExploredProgram = (choices: Choices) => unknown

/** How a run under a schedule ended. */
export interface ScheduleResult {
  readonly schedule: Schedule
  readonly problem: "none" | "failed" | "deadlock" | "endless"
  /** What it threw; undefined if it threw nothing. */
  readonly error: unknown
}

/** Settings of {@link runSchedule}. */
export interface ScheduleSettings {
  readonly run: RunVirtualOptions
  readonly mostTurns: number
  readonly isTraced: boolean
}

/** Turns of the event loop without anything happening after which the tasks count as stuck. */
const mostIdle = 50
/** The same while a task sits in a foreign await. */
const mostForeign = 100_000

/** Runs `program` once, its turns in the order of `chooser`. */
export async function runSchedule(
  program: ExploredProgram,
  chooser: Chooser,
  settings: ScheduleSettings,
): Promise<ScheduleResult> {
  let top: Scope | null = null
  let isEndless = false
  const onEndless = (): void => {
    if (isEndless) return
    isEndless = true
    top?.home.fail?.(new Error(`The program did not end within ${settings.mostTurns} turns`))
  }
  const schedule = new Schedule(chooser, { ...settings, onEndless })
  const uninstall = schedule.install()
  const unwatch = watchProgress(schedule)
  const choose = <T>(options: readonly T[]): T => schedule.choose(options)
  const main = (): unknown => {
    top = currentScope()
    return program({ choose })
  }
  const failure = await runVirtual(main, { ...settings.run, stall: Infinity }).then(
    () => null,
    (error: unknown) => ({ error }),
  )
  unwatch()
  uninstall()
  if (failure === null) return { schedule, problem: "none", error: undefined }
  const { error } = failure
  if (top !== null) letGo(top)
  const isDeadlock = error instanceof DeadlockError && !isEndless
  return { schedule, problem: isEndless ? "endless" : isDeadlock ? "deadlock" : "failed", error }
}

// A run that was given up leaves tasks that nobody will ever wake; their timers must not outlive it.
function letGo(main: Scope): void {
  for (const task of tasksBelow(main.parent ?? main)) task.scope.end("stopped")
}

/** Ends the run when nothing happens any more. */
function watchProgress(schedule: Schedule): () => void {
  let isOver = false
  let seen = -1
  let idle = 0
  const look = (): void => {
    if (isOver) return
    schedule.looks += 1
    const isStuck = readyCount() === 0 && (timerCount() === 0 || busyTasks() > 0)
    idle = isStuck && schedule.turns === seen ? idle + 1 : 0
    seen = schedule.turns
    if (idle > (busyTasks() > 0 ? mostForeign : mostIdle)) {
      schedule.trace?.push("nothing is left that could wake the tasks; they are ended")
      endDeadlocked()
      idle = 0
    }
    afterPoll(look)
  }
  afterPoll(look)
  return () => {
    isOver = true
  }
}
