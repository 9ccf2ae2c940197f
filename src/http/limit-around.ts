// The time limits that stand around a call.
//
// A `timeout` around a request ends it by a cancel, at any point. It is asked for here so that a
// pause which cannot end in time is not begun: the caller gets the error that is there, now. Limits
// may be moved, so the answer holds for the moment. What must stay true: a limit above a shield
// does not reach in here.
import type { Scope } from "../core/lowlevel.ts"
import { CancelScope, currentScope } from "../core/lowlevel.ts"

/** Names a time limit around the current task that has run out at `time` of the clock; null if none has. */
export function limitAround(time: number): string | null {
  for (
    let scope: Scope | null = currentScope();
    scope !== null;
    scope = scope.isShield ? null : scope.parent
  ) {
    const { owner } = scope
    if (!(owner instanceof CancelScope) || owner.deadline === null) continue
    if (owner.deadline <= time) return owner.describe()
  }
  return null
}
