// Cancelling a task and waiting until it is gone.
//
// `task.cancel(); await task` cannot tell the task's CancelledError from the caller's own. Here the
// task's is the expected end, and only the caller's is thrown.
import type { Future } from "../core/index.ts"
import { wait } from "./wait.ts"

/**
 * Cancels a task and waits until it has ended and cleaned up.
 *
 * Seeing somebody to the door. For a group, leave its block or call `group.cancel()`.
 *
 * **Cancellation.** The wait ends; the task has been told and ends on its own.
 *
 * @param task - A task or future; one that is done already is fine.
 * @param reason - Arrives as `error.reason`. @default undefined
 * @returns Nothing, once the task is done.
 * @throws What the task failed with, if it did not end as cancelled or with a value.
 *
 * @example Stop a worker
 * ```ts
 * const worker = createTask(() => sleep(1000))
 * await cancelAndWait(worker, "closing")
 * worker.cancelled() // => true
 * ```
 */
export async function cancelAndWait(task: Future<unknown>, reason?: unknown): Promise<void> {
  task.cancel(reason)
  await wait([task])
  if (!task.cancelled()) task.result()
}
