// The job that the running code belongs to, for the function itself.
//
// A function that can be sent is called at home as well, so there is always an answer: at home the current
// task stands for the job. Synchronous code cannot be interrupted, but it can ask: a thread's executor
// writes its request into shared memory.
import { CancelledError, currentSignal } from "../core/index.ts"
import { currentScope } from "../core/lowlevel.ts"

/** What a function can know of the job it is called for. */
export interface CurrentJob {
  /** Whether the job was asked to end. In a loop, ask now and then; a value given after that is kept. */
  readonly cancelled: boolean
  /** Aborted when the job is asked to end, for what takes a signal; code that never waits has to ask {@link cancelled}. */
  readonly signal: AbortSignal
  /**
   * Ends the function if the job was asked to end.
   *
   * @throws {CancelledError} If it was.
   */
  throwIfCancelled(): void
  /** Hands these over with the result instead of copying them. */
  transfer(...objects: readonly object[]): void
}

/** What a worker knows of its job. */
export interface ServedJobView {
  isTold(): boolean
  transfer(objects: readonly object[]): void
}

let served: ServedJobView | null = null

/** Used by workers, which work on one job at a time. */
export function setCurrentJob(job: ServedJobView | null): void {
  served = job
}

const view: CurrentJob = {
  // Who sees that it is to end has been told: the request does not come again at the next wait.
  get cancelled() {
    const isTold = served?.isTold() === true
    const scope = currentScope()
    const request = scope.takePending() ?? scope.requestInForce()
    return isTold || request !== null
  },
  get signal() {
    return currentSignal()
  },
  throwIfCancelled() {
    if (!view.cancelled) return
    throw currentScope().requestInForce() ?? new CancelledError("the job was cancelled")
  },
  transfer(...objects) {
    served?.transfer(objects)
  },
}

/**
 * The job that the running code belongs to.
 *
 * A window in the workshop door: the function looks up from its work to see whether anybody still wants
 * it. Async functions need not look, since each wait of the library ends when the job is cancelled.
 *
 * @returns The job; where the function is called directly, the current task stands for it.
 *
 * @example A loop that can be stopped
 * ```ts no-run
 * export const search = portable(import.meta, "search", (limit: number) => {
 *   const job = currentJob()
 *   let best = 0
 *   for (let n = 0; n < limit && !job.cancelled; n += 1) best = Math.max(best, Math.sin(n))
 *   return best
 * })
 * ```
 */
export function currentJob(): CurrentJob {
  return view
}
