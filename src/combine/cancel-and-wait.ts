// Cancelling a task and waiting until it is gone.
//
// `task.cancel(); await task` cannot tell the task's CancelledError from the caller's own. Here the
// task's is the expected end, and only the caller's is thrown.
import { Future } from "../core/index.ts"
import { expectFunction } from "../core/lowlevel.ts"
import { wait } from "./wait.ts"

/**
 * Cancels a task and waits until it has ended and cleaned up.
 *
 * Seeing somebody to the door. For all tasks of a group call `group.cancel()`, for the task of a
 * {@link waitFor} or {@link race} nothing is needed.
 *
 * **Cancellation.** The wait ends; the task has been told and ends on its own.
 *
 * @param task - A task or future; one that is done already is fine.
 * @param reason - Arrives as `error.reason`. @default undefined
 * @returns Nothing, once the task is done; a value it ends with all the same is dropped.
 * @throws What the task failed with, if it ended neither as cancelled nor with a value.
 * @throws {CancelledError} If the current task is cancelled while it waits, and never because of `task`.
 * @throws {TypeError} If `task` is no task and no future.
 *
 * @example Stop a worker
 * ```ts
 * const worker = createTask(() => sleep(1000))
 * await cancelAndWait(worker, "closing")
 * worker.cancelled() // => true
 * ```
 */
export async function cancelAndWait(task: Future<unknown>, reason?: unknown): Promise<void> {
  if (!(task instanceof Future)) {
    expectFunction(task)
    throw new TypeError("Expected a task or future, got a function: nobody runs it")
  }
  task.cancel(reason)
  await wait([task])
  if (!task.cancelled()) task.result()
}
