// Tasks that are to end with a scope, and are asked once.
//
// A child of a block in the tree of scopes is told a second time when the block is left, and that would
// cut its clean-up short. These hang below the run, hear of the first request for the scope, or of its
// end if there was none, and are waited for by the run at the latest. What must stay true: a scope knows
// only tasks that have not ended.
import type { CancelledError, Task } from "../core/index.ts"
import type { Scope } from "../core/lowlevel.ts"
import { currentScope, watchSignal } from "../core/lowlevel.ts"

const followers = new WeakMap<Scope, Set<Task<void>>>()

/** Cancels `task` when the current scope is cancelled or ends, whichever comes first. */
export function endWithScope(task: Task<void>): void {
  const scope = currentScope()
  const tasks = followersOf(scope).add(task)
  const unwatch = watchSignal(scope.signal, () => ask(task, (scope.signal.reason as CancelledError).reason))
  task.addListener({
    futureDone: () => {
      tasks.delete(task)
      unwatch()
    },
  })
}

function followersOf(scope: Scope): Set<Task<void>> {
  const known = followers.get(scope)
  if (known !== undefined) return known
  const tasks = new Set<Task<void>>()
  followers.set(scope, tasks)
  const before = scope.onEnd
  scope.onEnd = () => {
    before?.()
    for (const task of tasks) ask(task, `${scope.describe()} has ended`)
  }
  return tasks
}

function ask(task: Task<void>, reason: unknown): void {
  if (task.cancelling() === 0) task.cancel(reason)
}
