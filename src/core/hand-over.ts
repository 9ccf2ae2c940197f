// Work that its block was left without is handed to the run (P3).
//
// A child moves to the top of the tree. A body has no task of its own, since it ran in its
// caller's: it gets one, which lives until the body ends, so that the run knows it, waits for it at
// its end, and hears of its failure. The blocks it has open move along, with what is parked in
// them: the body goes on undisturbed, and its caller's task is rid of it.
import { topOf } from "./current-scope.ts"
import { busy, moveBelow } from "./scope.ts"
import type { Scope } from "./scope.ts"
import { Task } from "./task.ts"

/** Makes the body of `block`, which ends with `end`, a task of the run; the block moves below it. */
export function handOverBody(block: Scope, end: PromiseLike<unknown>): void {
  const options = { name: `the rest of ${block.describe()}`, eager: true }
  const { scope } = new Task(() => end, topOf(block), null, options)
  const from = block.unit
  block.letGo()
  moveBelow(block, scope)
  const parked = moveUnit(block, from, scope)
  if (parked === 0) return
  from.parkedCount -= parked
  scope.parkedCount += parked
  if (from.parkedCount > 0) busy.tasks -= 1
}

/** Makes the tasks below `block` tasks of the run. */
export function handOverChildren(block: Scope): void {
  for (let child = block.firstChild, next: Scope | null; child !== null; child = next) {
    next = child.nextSibling
    if (child.unit !== child) continue
    moveBelow(child, topOf(block))
    const task = child.owner as Task<unknown>
    task.leaveParent()
  }
}

/** Makes `scope` and the blocks below it part of another unit; gives the number of waits parked in them. */
function moveUnit(scope: Scope, from: Scope, to: Scope): number {
  scope.unit = to
  scope.depth = (scope.parent as Scope).depth + 1
  if (scope.pending !== null || scope.sticky !== null) {
    from.pendingCount -= 1
    to.pendingCount += 1
  }
  let parked = 0
  for (let wait = scope.firstWait; wait !== null; wait = wait.nextInScope) parked += 1
  for (let child = scope.firstChild; child !== null; child = child.nextSibling)
    if (child.unit === from) parked += moveUnit(child, from, to)
  return parked
}
