// Starting work beside the caller.
//
// A task made here belongs to the run, as in asyncio (L5): its failure reaches its awaiter or the
// run's handler and harms nobody else. Inside the house, and in every example, groups are used
// instead. `spawn` is the same for primitives that also work outside a run (L6).
import { currentScope, topOf } from "./current-scope.ts"
import { NoRunningLoopError } from "./errors.ts"
import type { Scope } from "./scope.ts"
import type { TaskOptions } from "./task.ts"
import { Task } from "./task.ts"
import { Future } from "./future.ts"
import type { Work } from "./work.ts"
import { expectFunction, expectWork } from "./work.ts"

/**
 * Starts `work` as a task of the run and gives its handle.
 *
 * It starts at its turn, in order of creation, while the caller goes on. For tasks that must end
 * with a block, use `group.createTask` of {@link taskGroup}.
 *
 * **Cancellation.** Cancelling the caller does not cancel the task, unless it is being awaited.
 * When the main function of the run ends, the task is cancelled and awaited.
 *
 * @param work - A function, async or not.
 * @param options.name - Name in reports and trees. @default "Task-N"
 * @param options.eager - Run up to the first wait at once. @default false
 * @param options.signal - Cancels the task when it aborts. @default none
 * @returns The task; await it for the value.
 * @throws {NoRunningLoopError} If no run is going on.
 * @throws {TypeError} If `work` is no function.
 *
 * @example Beside the caller
 * ```ts
 * const task = createTask(async () => 42, { name: "answer" })
 * await task // => 42
 * task.name // => "answer"
 * ```
 */
export function createTask<T>(work: () => T | PromiseLike<T>, options?: TaskOptions): Task<T> {
  expectFunction(work)
  const scope = currentScope()
  if (!scope.home.isRun) {
    throw new NoRunningLoopError(
      "Cannot create task: no run is going on; wrap the program in `run(main)`, or use `taskGroup` outside a run",
    )
  }
  return new Task(work, topOf(scope), null, options)
}

/** Starts `work` as a task of the run, or of the world outside every run. */
export function spawn<T>(work: () => T | PromiseLike<T>, options?: TaskOptions): Task<T> {
  return new Task(work, topOf(currentScope()), null, options)
}

/** Starts `work` as a task below `scope`: a request for that scope reaches it. */
export function spawnBelow<T>(scope: Scope, work: () => T | PromiseLike<T>, options?: TaskOptions): Task<T> {
  return new Task(work, scope, null, options)
}

/** The future of `work`: itself, or a new task that runs it. */
export function spawnWork<T>(work: Work<T>, options?: TaskOptions): Future<T> {
  const expected = expectWork(work)
  return expected instanceof Future ? expected : spawn(expected, options)
}
