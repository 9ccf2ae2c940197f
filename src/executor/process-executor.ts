// Jobs in processes: for code that must not share anything with the program, or may crash.
//
// A process starts in some 50 ms and weighs some thirty megabytes, and every message is copied twice; what it
// gives for that is a heap, a native state and an end of its own.
import type { ProcessExecutorOptions } from "./executor-options.ts"
import { executorSettings } from "./executor-options.ts"
import { processChannels } from "./process-channel.ts"
import { WorkerExecutor } from "./worker-executor.ts"

/**
 * Runs functions in child processes.
 *
 * A workshop in another building: safe from what happens there, and a longer way. For work that only
 * computes, threads do the same for less: {@link ThreadExecutor}.
 *
 * **Cancellation.** As for threads, but a function that never waits cannot look whether it is to end: it is
 * ended after `grace`, with SIGTERM and then SIGKILL.
 * **Fairness.** First come, first served.
 * **Pitfall.** An executor that is not closed keeps its processes: use `await using`.
 *
 * @param options.maxWorkers - Most jobs that run at a time. @default the number of processors
 * @param options.maxQueue - Most jobs that wait; one more fails with a QueueFullError. @default no bound
 * @param options.grace - Milliseconds a cancelled job has to end by itself. @default 1000
 * @param options.idle - Milliseconds after which a process that nobody uses is shut down. @default never
 * @param options.env - Environment of the processes. @default a copy of the program's
 * @param options.execArgv - Flags of Node for the processes. @default those of the program
 * @param options.cwd - Folder in which the processes work. @default the program's
 * @throws {RangeError} If a number is out of its range.
 * @throws {TypeError} If a setting is of the wrong kind.
 *
 * @example In another process
 * ```ts
 * await using executor = new ProcessExecutor({ maxWorkers: 1 })
 * const parent = await executor.submit(inline(() => process.ppid))
 * parent === process.pid // => true
 * ```
 */
export class ProcessExecutor extends WorkerExecutor {
  constructor(options: ProcessExecutorOptions = {}) {
    super("ProcessExecutor", processChannels(options), executorSettings(options), false)
  }
}
