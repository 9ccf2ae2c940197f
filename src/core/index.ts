/**
 * The runtime: tasks, groups, scopes, futures, and `run`.
 *
 * Read in this order: errors, clock, timers, scheduler, context, scope, wait, wait-list, future,
 * task, block, cancel-scope, task-group, create-task, run. People who build primitives of their own
 * enter by `lowlevel.ts`.
 *
 * @module
 */
export type { CancelOrigin } from "./errors.ts"
export {
  CancelledError,
  DeadlockError,
  InvalidStateError,
  NoRunningLoopError,
  ScopeEndedError,
  TaskGroupError,
  TimeoutError,
  isCancelled,
  rethrowCancelled,
} from "./errors.ts"
export type { CancellableOptions } from "./cancellable.ts"
export { cancellable } from "./cancellable.ts"
export type { CancelScopeOptions } from "./cancel-scope.ts"
export { CancelScope, cancelScope } from "./cancel-scope.ts"
export { createTask } from "./create-task.ts"
export { currentSignal } from "./current-signal.ts"
export { Future } from "./future.ts"
export type { Problem, ProblemHandler } from "./report.ts"
export type { RunOptions } from "./run.ts"
export { run } from "./run.ts"
export type { TaskOptions } from "./task.ts"
export { Task, currentTask } from "./task.ts"
export type { TaskGroupOptions } from "./task-group.ts"
export { TaskGroup, taskGroup } from "./task-group.ts"
export { allTasks } from "./task-tree.ts"
export type { WaitOptions } from "./wait.ts"
export type { Work } from "./work.ts"
