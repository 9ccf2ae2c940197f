// Jobs in threads: for functions that compute, or that block.
//
// A thread starts in some 30 ms and weighs some megabytes; starting, feeding and ending them is the pool's.
// What is particular to threads is their channel: shared memory, and things that are handed over.
import type { ThreadExecutorOptions } from "./executor-options.ts"
import { executorSettings } from "./executor-options.ts"
import { threadChannels } from "./thread-channel.ts"
import { WorkerExecutor } from "./worker-executor.ts"

/**
 * Runs functions in threads.
 *
 * A workshop behind the office: what takes long is handed in at the counter, and the office goes on. Work
 * that only waits needs no thread; for a single call there is {@link toThread}.
 *
 * **Cancellation.** As `submit` says: a job in line is taken out, one that runs is told, and after `grace`
 * its thread alone is ended and replaced.
 * **Fairness.** First come, first served.
 * **Pitfall.** An executor that is not closed keeps its threads: use `await using`.
 *
 * @param options.maxWorkers - Most jobs that run at a time. @default the number of processors
 * @param options.maxQueue - Most jobs that wait; one more fails with a QueueFullError. @default no bound
 * @param options.grace - Milliseconds a cancelled job has to end by itself. @default 1000
 * @param options.idle - Milliseconds after which a thread that nobody uses is shut down. @default never
 * @param options.resourceLimits - Bounds of each thread's heap and stack. @default Node's
 * @param options.env - Environment of the threads. @default a copy of the program's
 * @param options.execArgv - Flags of Node for the threads. @default those of the program
 * @throws {RangeError} If a number is out of its range.
 * @throws {TypeError} If a setting is of the wrong kind.
 *
 * @example Squares from two threads
 * ```ts
 * await using executor = new ThreadExecutor({ maxWorkers: 2 })
 * const square = inline((n: number) => n * n)
 * await gather([1, 2, 3].map((n) => executor.submit(square, n))) // => [1, 4, 9]
 * ```
 */
export class ThreadExecutor extends WorkerExecutor {
  constructor(options: ThreadExecutorOptions = {}) {
    super("ThreadExecutor", threadChannels(options), executorSettings(options), true)
  }
}
