// Starting work beside the caller.
//
// A task made here belongs to the run, as in asyncio (L5): its failure reaches its awaiter or the
// run's handler and harms nobody else. Inside the house, and in every example, groups are used
// instead. `spawn` is the same for primitives that also work outside a run (L6).
import { currentScope, topOf } from "./current-scope.ts"
import { NoRunningLoopError, failureOf } from "./errors.ts"
import type { Scope } from "./scope.ts"
import type { TaskOptions, TaskParent } from "./task.ts"
import { Task } from "./task.ts"
import { Future } from "./future.ts"
import type { Work } from "./work.ts"
import { expectPromise, watchPromise } from "../base/watch-promise.ts"
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
  return makeTask(work, topOf(scope), null, options)
}

/** Where a task belongs; travels through a task factory inside its options. */
interface TaskPlace {
  readonly above: Scope
  readonly parent: TaskParent | null
}

const places = new WeakMap<object, TaskPlace>()

/** A new task below `above`, made by the loop's task factory if it has one. */
export function makeTask<T>(
  work: () => T | PromiseLike<T>,
  above: Scope,
  parent: TaskParent | null,
  options: TaskOptions | undefined,
): Task<T> {
  const factory = above.home.taskFactory
  if (factory === null) return new Task(work, above, parent, options)
  const key = {}
  const given = { ...options, place: key }
  places.set(key, { above, parent })
  const task = factory(work, given)
  if (task instanceof Task && !places.delete(key)) return task as Task<T>
  throw new TypeError(
    "Expected the task factory to give what `loop.makeTask(fn, options)` makes with its options",
  )
}

/** The usual way to make a task, for task factories: at the place that `options` came with. */
export function makeTaskInPlace<T>(
  work: () => T | PromiseLike<T>,
  options: TaskOptions & { readonly place?: object },
  fallback: Scope,
): Task<T> {
  const place = options.place === undefined ? undefined : places.get(options.place)
  if (options.place !== undefined) places.delete(options.place)
  return new Task(work, place?.above ?? fallback, place?.parent ?? null, options)
}

/** Starts `work` as a task of the run, or of the world outside every run. */
export function spawn<T>(work: () => T | PromiseLike<T>, options?: TaskOptions): Task<T> {
  return makeTask(work, topOf(currentScope()), null, options)
}

/** Starts `work` as a task below `scope`: a request for that scope reaches it. */
export function spawnBelow<T>(scope: Scope, work: () => T | PromiseLike<T>, options?: TaskOptions): Task<T> {
  return new Task(work, scope, null, options)
}

/**
 * The future of `work`: itself, or a new task that runs it.
 *
 * **Cancellation.** Awaiting it passes a request on to it.
 */
export function spawnWork<T>(work: Work<T>, options?: TaskOptions): Future<T> {
  const expected = expectWork(work)
  return expected instanceof Future ? expected : spawn(expected, options)
}

/**
 * The future of `work`: a task or future is given back as it is, a function is started as a task.
 *
 * **Cancellation.** Cancelling the caller does not cancel it, unless it is being awaited.
 *
 * @throws {TypeError} If it is neither, such as a bare promise.
 *
 * @example Both
 * ```ts
 * const future = ensureFuture(async () => 1)
 * ensureFuture(future) === future // => true
 * await future // => 1
 * ```
 */
export function ensureFuture<T>(work: Work<T>): Future<T> {
  return spawnWork(work)
}

/**
 * A future that comes to what a promise comes to; a future is given back as it is.
 *
 * **Cancellation.** Cancelling the future lets go of the promise, whose work goes on unseen.
 *
 * @throws {TypeError} If it is no promise.
 *
 * @example From a promise
 * ```ts
 * await wrapFuture(Promise.resolve(1)) // => 1
 * ```
 */
export function wrapFuture<T>(promise: PromiseLike<T> | Future<T>): Future<T> {
  if (promise instanceof Future) return promise
  const followed = expectPromise(promise)
  const future = new Future<T>()
  const stop = watchPromise(followed, {
    resolved: (value) => future.setResult(value),
    rejected: (error) => future.setException(failureOf(error)),
  })
  future.addListener({ futureDone: stop })
  return future
}

/** Whether `value` is a future or task. */
export function isFuture(value: unknown): value is Future<unknown> {
  return value instanceof Future
}
