// What an executor throws that callers will catch: a worker that died with somebody's job.
//
// A job that cannot be taken in is a QueueFullError of sync, a closed executor an InvalidStateError, a time
// limit a TimeoutError: there is no second class for any of them.
import { brand } from "../core/lowlevel.ts"

/**
 * The worker that ran the job died: it left by `process.exit()`, ran out of memory, or was killed.
 *
 * Only the job that it was running gets this; those that waited behind it go to other workers. Its `cause`
 * is what the worker died of, where that is known. It differs from an error of the job itself, which
 * arrives as what was thrown.
 */
export class WorkerLostError extends Error {
  /** Constant that tells this class across copies of the package. */
  readonly code = "E_EXECUTOR_WORKER_LOST"
  /** Name of the job. */
  readonly job: string
  /** Exit code of the worker, or null. */
  readonly exitCode: number | null
  /** Signal that killed it; null for a thread, and where it left by itself. */
  readonly signal: string | null

  constructor(
    message: string,
    data: { readonly job: string; readonly exitCode: number | null; readonly signal: string | null },
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.job = data.job
    this.exitCode = data.exitCode
    this.signal = data.signal
  }
}
brand(WorkerLostError, "WorkerLostError")
