// The waits that are parked in a scope.
//
// They hang in a list of the scope, oldest first, and are counted in its unit: a task is busy while
// none of its waits is parked. A wait that was served counts as parked until its entry has run.
import type { Scope, ScopeWait } from "./scope.ts"
import { busy } from "./scope.ts"

/** Puts a wait into its scope's list. */
export function linkWait(scope: Scope, wait: ScopeWait): void {
  wait.previousInScope = scope.lastWait
  if (scope.lastWait === null) scope.firstWait = wait
  else scope.lastWait.nextInScope = wait
  scope.lastWait = wait
  const unit = scope.unit
  unit.parkedCount += 1
  if (unit.parkedCount === 1 && isTask(unit)) busy.tasks -= 1
}

/** Takes a wait out of its scope's list. */
export function unlinkWait(scope: Scope, wait: ScopeWait): void {
  if (wait.previousInScope === null) scope.firstWait = wait.nextInScope
  else wait.previousInScope.nextInScope = wait.nextInScope
  if (wait.nextInScope === null) scope.lastWait = wait.previousInScope
  else wait.nextInScope.previousInScope = wait.previousInScope
  wait.nextInScope = wait.previousInScope = null
  const unit = scope.unit
  unit.parkedCount -= 1
  if (unit.parkedCount === 0 && isTask(unit)) busy.tasks += 1
}

/** The oldest wait that a unit has parked in `scope` or in a block below it; null if there is none. */
export function firstWaitOf(scope: Scope): ScopeWait | null {
  if (scope.firstWait !== null) return scope.firstWait
  for (let child = scope.firstChild; child !== null; child = child.nextSibling) {
    const wait = child.unit === scope.unit ? firstWaitOf(child) : null
    if (wait !== null) return wait
  }
  return null
}

/** Number of living tasks that are running, ready or in a foreign await. */
export function busyTasks(): number {
  return busy.tasks
}

// The top of a run is a unit as well, but no task.
function isTask(unit: Scope): boolean {
  return unit.depth > 0 && unit.state === "open"
}
