// Settings of an executor, checked and completed.
//
// The defaults are those of a program that computes: a worker for each processor, no bound on the line, a
// second to clean up after a cancel, and workers that stay.
import { availableParallelism } from "node:os"
import type { ResourceLimits } from "node:worker_threads"
import { misuse } from "../base/misuse.ts"

/** Settings of every executor. */
export interface ExecutorOptions {
  /** Most jobs that run at a time. @default the number of processors */
  readonly maxWorkers?: number | undefined
  /** Most jobs that wait while all workers are busy; one more fails with a QueueFullError. @default no bound */
  readonly maxQueue?: number | undefined
  /** Milliseconds a cancelled job has to end by itself before its worker is ended. @default 1000 */
  readonly grace?: number | undefined
  /** Milliseconds after which a worker that nobody uses is shut down. @default never */
  readonly idle?: number | undefined
}

/** Settings of a {@link ThreadExecutor}. */
export interface ThreadExecutorOptions extends ExecutorOptions {
  /** Bounds of each thread's heap and stack. @default Node's */
  readonly resourceLimits?: ResourceLimits | undefined
  /** Environment of the threads. @default a copy of the program's */
  readonly env?: NodeJS.ProcessEnv | undefined
  /** Flags of Node for the threads. @default those of the program */
  readonly execArgv?: readonly string[] | undefined
}

/** Settings of a {@link ProcessExecutor}. */
export interface ProcessExecutorOptions extends ExecutorOptions {
  /** Environment of the processes. @default a copy of the program's */
  readonly env?: NodeJS.ProcessEnv | undefined
  /** Flags of Node for the processes. @default those of the program */
  readonly execArgv?: readonly string[] | undefined
  /** Folder in which the processes work. @default the program's */
  readonly cwd?: string | undefined
}

/** Settings with their defaults. */
export interface ExecutorSettings {
  readonly maxWorkers: number
  readonly maxQueue: number
  readonly grace: number
  readonly idle: number
}

/**
 * Completes settings.
 *
 * @throws {RangeError} If a number is out of its range.
 * @throws {TypeError} If a setting is of the wrong kind.
 */
export function executorSettings(options: ExecutorOptions = {}): ExecutorSettings {
  if (typeof options !== "object" || options === null) throw misuse("options", "an object", options, "never")
  const { maxWorkers = availableParallelism(), maxQueue = Infinity, grace = 1000, idle = Infinity } = options
  if (!Number.isInteger(maxWorkers) || maxWorkers < 1)
    throw misuse("maxWorkers", "an integer from 1 up", maxWorkers)
  if (maxQueue !== Infinity && (!Number.isInteger(maxQueue) || maxQueue < 0))
    throw misuse("maxQueue", "an integer from 0 up", maxQueue)
  for (const [name, ms] of [["grace", grace] as const, ["idle", idle] as const]) {
    if (!(typeof ms === "number" && ms >= 0)) throw misuse(name, "milliseconds from 0 up", ms)
  }
  return { maxWorkers, maxQueue, grace, idle }
}
