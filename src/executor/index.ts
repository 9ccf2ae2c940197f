/**
 * Work that leaves the thread: functions in threads and processes, as tasks that can be cancelled, and what
 * threads share.
 *
 * A function travels by reference: `portable` gives it a name that holds everywhere, `inline` sends its
 * source. `ThreadExecutor` and `ProcessExecutor` run what is handed to `submit` and `map`. What threads share
 * lives in shared memory: read shared-line, shared-mutex, shared-channel.
 *
 * @module
 */
export { ChannelClosedError } from "./channel-closed-error.ts"
export type { CurrentJob } from "./current-job.ts"
export { currentJob } from "./current-job.ts"
export { WorkerLostError } from "./errors.ts"
export type { ExecutorOptions, ProcessExecutorOptions, ThreadExecutorOptions } from "./executor-options.ts"
export { inline } from "./inline.ts"
export { InlineExecutor } from "./inline-executor.ts"
export type { DurationFigures, ExecutorStatistics } from "./job-figures.ts"
export type { AnyFunction, ArgumentsAndOptions, JobOptions } from "./job-options.ts"
export type { JobTaker } from "./job-taker.ts"
export type { JobMapOptions } from "./map-jobs.ts"
export type { InterpreterStatistics } from "./interpreter.ts"
export { Interpreter } from "./interpreter.ts"
export type { ExecOptions, InterpreterOptions } from "./interpreter-options.ts"
export { InterpreterLostError } from "./interpreter-lost-error.ts"
export type { InterpreterQueueOptions, InterpreterQueueStatistics } from "./interpreter-queue.ts"
export { InterpreterQueue } from "./interpreter-queue.ts"
export { portable } from "./portable.ts"
export { ProcessExecutor } from "./process-executor.ts"
export type { RunSyncOptions } from "./run-sync.ts"
export { runSync } from "./run-sync.ts"
export type { SharedChannelOptions, SharedChannelStatistics } from "./shared-channel.ts"
export { SharedChannel } from "./shared-channel.ts"
export type { SharedMutexStatistics } from "./shared-mutex.ts"
export { SharedMutex } from "./shared-mutex.ts"
export type { SharedSemaphoreStatistics } from "./shared-semaphore.ts"
export { SharedSemaphore } from "./shared-semaphore.ts"
export { ThreadExecutor } from "./thread-executor.ts"
export type { BlockOptions } from "./thread-line.ts"
export { toThread } from "./to-thread.ts"
export { WorkerExecutor } from "./worker-executor.ts"
