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
  StuckError,
  TaskGroupError,
  TimeoutError,
  isCancelled,
  rethrowCancelled,
} from "./errors.ts"
export type { CancellableOptions } from "./cancellable.ts"
export { cancellable } from "./cancellable.ts"
export type { CancelScopeOptions } from "./cancel-scope.ts"
export { CancelScope, cancelScope } from "./cancel-scope.ts"
export { bind } from "./bind.ts"
export { Context, ContextToken, ContextVar, copyContext } from "./context-var.ts"
export type { CoroutineBody } from "./coroutine.ts"
export { coroutine } from "./coroutine.ts"
export { createTask, ensureFuture, isFuture, wrapFuture } from "./create-task.ts"
export { Handle, TimerHandle } from "./handle.ts"
export type { ExceptionHandler, Executor, LoopOptions, TaskFactory } from "./loop.ts"
export { EventLoop, getRunningLoop } from "./loop.ts"
export { currentSignal } from "./current-signal.ts"
export { Future } from "./future.ts"
export type { CallGraphOptions, FutureGraph } from "./call-graph.ts"
export { callGraph, formatCallGraph } from "./call-graph.ts"
export type { OnStuck } from "./stuck-watch.ts"
export type { WaitingOn } from "./waiting-on.ts"
export type { Problem, ProblemHandler } from "./report.ts"
export { run } from "./run.ts"
export type { RunOptions } from "./runner.ts"
export { Runner } from "./runner.ts"
export type { TaskOptions } from "./task.ts"
export { Task, currentTask } from "./task.ts"
export type { ChildTask, GroupTaskOptions, TaskGroupOptions } from "./task-group.ts"
export { TaskGroup, taskGroup } from "./task-group.ts"
export type { TaskDump, TaskRecord } from "./all-tasks.ts"
export { allTasks, dumpTasks, formatTaskTree } from "./all-tasks.ts"
export type { WaitOptions } from "./wait.ts"
export type { Work } from "./work.ts"
