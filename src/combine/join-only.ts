// Waiting for a task without a hold on it.
//
// `await task` passes a request on: who cancels the waiter cancels the task. This wait ends alone,
// and leaves nothing on the task that it waited for.
import { Future } from "../core/index.ts"

/**
 * Waits for a task or future; cancelling the waiter leaves it running.
 *
 * Watching a race from the stands: you may leave, the runners stay. To protect work from its
 * caller and start it at the same time, see {@link shield}.
 *
 * **Cancellation.** The wait ends, the task goes on.
 *
 * @param future - A task or future.
 * @returns Its value.
 * @throws {CancelledError} If the current task, or `future` itself, is cancelled.
 * @throws {TypeError} If `future` is no task or future; for a promise use {@link cancellable}.
 *
 * @example Two may wait, one gives up
 * ```ts
 * const task = createTask(() => sleep(20, "done"))
 * await moveOnAfter(5, () => joinOnly(task)) // => { timedOut: true }
 * await task // => "done"
 * ```
 */
export function joinOnly<T>(future: Future<T>): Promise<T> {
  if (future instanceof Future) return future.join()
  return Promise.reject(
    new TypeError(`Expected a task or future, got \`${String(future)}\` (${typeof future})`),
  )
}
