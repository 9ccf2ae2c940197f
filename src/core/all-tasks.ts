// Who is alive below a scope, and where each one waits.
//
// The tree of scopes is the registry: nothing is kept beside it. Tasks are listed in order of
// creation, each under the task that owns it. The JSON form has a version; fields are added to it,
// never changed.
import { awaitersOf } from "./call-graph.ts"
import { clock } from "./clock.ts"
import { currentScope, topOf } from "./current-scope.ts"
import type { Scope } from "./scope.ts"
import { Task, runningTask } from "./task.ts"

/** One task in the JSON form. */
export interface TaskRecord {
  readonly id: number
  readonly name: string
  /** Id of the task that owns it, or null for one of the run. */
  readonly parent: number | null
  /** `"running"` now, `"waiting"` in a wait of ours, `"foreign"` in another await or ready to run. */
  readonly state: "running" | "waiting" | "foreign"
  /** What it waits for and for how many milliseconds, or null. */
  readonly waitingOn: {
    readonly kind: string
    readonly label?: string
    readonly ms: number
    readonly location?: string
  } | null
  /** Ids of the tasks that wait for it. */
  readonly awaitedBy: readonly number[]
  /** Requests to end that were made and not withdrawn. */
  readonly cancelling: number
}

/** All tasks of a run in JSON form. */
export interface TaskDump {
  readonly formatVersion: 1
  readonly tasks: readonly TaskRecord[]
}

/**
 * The living tasks of the current run, in order of creation.
 *
 * @example Oneself and another
 * ```ts
 * const task = createTask(() => sleep(10))
 * allTasks().has(task) // => true
 * await task
 * allTasks().has(task) // => false
 * ```
 */
export function allTasks(): Set<Task<unknown>> {
  return new Set(tasksBelow(topOf(currentScope())).sort((a, b) => a.id - b.id))
}

/**
 * A line for each living task of the current run, indented under its owner, with what it waits for.
 *
 * @example What is going on
 * ```ts
 * const task = createTask(() => sleep(10), { name: "napper" })
 * await sleep(0)
 * formatTaskTree().includes('task "napper" waits for sleep') // => true
 * await task
 * ```
 */
export function formatTaskTree(): string {
  return describeTasks(topOf(currentScope()))
}

/**
 * The living tasks of the current run as plain data, for `JSON.stringify`.
 *
 * @example As JSON
 * ```ts
 * dumpTasks().formatVersion // => 1
 * ```
 */
export function dumpTasks(): TaskDump {
  const tasks = [...allTasks()]
  return { formatVersion: 1, tasks: tasks.map((task) => recordOf(task)) }
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

function recordOf(task: Task<unknown>): TaskRecord {
  const wait = task.waitingOn
  const { label, location } = wait ?? {}
  return {
    id: task.id,
    name: task.name,
    parent: ownerOf(task)?.id ?? null,
    state: task === runningTask() ? "running" : wait === null ? "foreign" : "waiting",
    waitingOn:
      wait === null
        ? null
        : {
            kind: wait.kind,
            ...(label === undefined ? {} : { label }),
            ms: Math.max(0, clock.now() - wait.since),
            ...(location === undefined ? {} : { location }),
          },
    awaitedBy: [...awaitersOf(task)].map(({ id }) => id),
    cancelling: task.cancelling(),
  }
}

function ownerOf(task: Task<unknown>): Task<unknown> | null {
  const owner = task.scope.parent?.unit.owner
  return owner instanceof Task ? owner : null
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
    found.push(`${indent}${task.describe()} ${placeOfTask(task)}`, ...lines(child, `${indent}  `))
  }
  return found
}

function placeOfTask(task: Task<unknown>): string {
  const wait = task.waitingOn
  if (task === runningTask()) return "is running"
  if (wait === null) return "is in a foreign await"
  const label = wait.label === undefined ? "" : ` (${wait.label})`
  return `waits for ${wait.kind}${label}${wait.location === undefined ? "" : ` at ${wait.location}`}`
}
