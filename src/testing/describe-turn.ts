// What a turn of the ready queue is, in words.
//
// A schedule that fails is read by people, so each of its turns says whose it is and what for. Tasks
// without a name are numbered from the first one of the schedule on: two runs of one schedule must give
// the same words.
import { CancelScope, Handle, Task } from "../core/index.ts"
import type { Entry, TimerEntry } from "../core/lowlevel.ts"
import { Wait } from "../core/lowlevel.ts"
import { DueTimer } from "./due-timer.ts"

/**
 * The turn in words, such as `task "b" starts`.
 *
 * @param firstId - Number of the schedule's first task.
 */
export function describeTurn(entry: Entry, firstId: number): string {
  if (entry instanceof Wait) {
    const how = entry.state === "failed" ? "is thrown out of" : "goes on after"
    return `${ownerOf(entry, firstId)} ${how} ${entry.kind}`
  }
  if (entry instanceof Task) {
    const name = nameOf(entry, firstId)
    if (entry.done()) return `${name} tells its group that it has ended`
    return entry.scope.pending === null ? `${name} starts` : `${name} ends before it has started`
  }
  if (entry instanceof DueTimer) return describeTimer(entry.timer, firstId)
  if (entry instanceof Handle) return `${entry.describe()} is called`
  if (entry instanceof CancelScope) return `${entry.describe()} runs out`
  return "the runtime's own"
}

function describeTimer(timer: TimerEntry, firstId: number): string {
  if (timer instanceof Wait) return `${timer.kind} of ${ownerOf(timer, firstId)} is over`
  if (timer instanceof CancelScope) return `${timer.describe()} runs out`
  if (timer instanceof Handle) return `${timer.describe()} is due`
  return "a time limit runs out"
}

function ownerOf(wait: Wait, firstId: number): string {
  const owner = wait.scope?.unit.owner
  if (owner instanceof Task) return nameOf(owner, firstId)
  return owner === null ? "an ended task" : "code outside a run"
}

function nameOf(task: Task<unknown>, firstId: number): string {
  if (task.name !== `Task-${task.id}`) return task.describe()
  return `task "Task-${task.id - firstId}"`
}
