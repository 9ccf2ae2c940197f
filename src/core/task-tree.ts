// Who is alive below a scope, and where each one waits.
//
// The tree of scopes is the registry: nothing is kept beside it. Tasks are listed in order of
// creation, each under the task that owns it.
import { currentScope, topOf } from "./current-scope.ts"
import type { Scope } from "./scope.ts"
import { Task } from "./task.ts"

/** The living tasks of the current run, in order of creation. */
export function allTasks(): Set<Task<unknown>> {
  return new Set(tasksBelow(topOf(currentScope())).sort((a, b) => a.id - b.id))
}

/** The living tasks below `scope`. */
export function tasksBelow(scope: Scope): Task<unknown>[] {
  const found: Task<unknown>[] = []
  collect(scope, found)
  return found
}

/** A line for each living task below `scope`, indented under its owner, with what it waits for. */
export function describeTasks(scope: Scope): string {
  return lines(scope, "  ").join("\n")
}

function collect(scope: Scope, into: Task<unknown>[]): void {
  for (let child = scope.firstChild; child !== null; child = child.nextSibling) {
    if (child.owner instanceof Task) into.push(child.owner)
    collect(child, into)
  }
}

function lines(scope: Scope, indent: string): string[] {
  const found: string[] = []
  for (let child = scope.firstChild; child !== null; child = child.nextSibling) {
    const task = child.owner instanceof Task ? child.owner : null
    if (task === null) {
      found.push(...lines(child, indent))
      continue
    }
    const wait = task.waitingOn
    found.push(
      `${indent}${task.describe()} ${wait === null ? "is in a foreign await" : `waits for ${wait.kind}`}`,
    )
    found.push(...lines(child, `${indent}  `))
  }
  return found
}
