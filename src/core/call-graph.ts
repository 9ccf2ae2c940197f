// Who waits for whom.
//
// The edges are kept anyway: a future knows who listens to it, a wait knows its task, a child knows
// its group. Helper futures (a gather, a shield) are looked through, so a task is awaited by tasks.
// A walk stops at what it has seen, so a cycle ends; it is what a deadlock looks like.
import { Future } from "./future.ts"
import { framesOf } from "../base/frames.ts"
import type { Scope } from "./scope.ts"
import { firstWaitOf } from "./link-wait.ts"
import { Task, runningTask } from "./task.ts"
import { TaskGroup } from "./task-group.ts"
import { Wait } from "./wait.ts"

/** A future or task, where it stands, and who waits for it. */
export interface FutureGraph {
  readonly future: Future<unknown>
  /** Lines of the await it is parked at, innermost first; without debug mode only what it waits for. */
  readonly callStack: readonly string[]
  readonly awaitedBy: readonly FutureGraph[]
}

/** Settings of {@link callGraph}. */
export interface CallGraphOptions {
  /** Most lines of each stack. @default all */
  readonly limit?: number | undefined
}

/**
 * Where a task stands and who waits for it, and so on upwards.
 *
 * A family tree of waiting. For all tasks at once use {@link formatTaskTree}.
 *
 * @param target - A task or future. @default the current task
 * @param options.limit - Most lines of each stack. @default all
 * @returns The graph; null if there is no target and no current task.
 *
 * @example Who waits for a task
 * ```ts
 * const child = createTask(() => sleep(20), { name: "child" })
 * const parent = createTask(async () => child, { name: "parent" })
 * await sleep(0)
 * const waiting = callGraph(child)?.awaitedBy.map(({ future }) => (future as Task<unknown>).name)
 * waiting // => ["parent"]
 * await parent
 * ```
 */
export function callGraph(
  target: Future<unknown> | null = runningTask(),
  options: CallGraphOptions = {},
): FutureGraph | null {
  return target === null ? null : graphOf(target, options.limit ?? Infinity, new Set())
}

/**
 * {@link callGraph} as indented text: the task, the lines where it stands, and who waits for it.
 *
 * @param target - A task or future. @default the current task
 * @param options.limit - Most lines of each stack. @default all
 * @returns The text; empty if there is no target and no current task.
 *
 * @example A task and its awaiter
 * ```ts
 * const child = createTask(() => sleep(20), { name: "child" })
 * const parent = createTask(async () => child, { name: "parent" })
 * await sleep(0)
 * formatCallGraph(child).split("\n").length // => 5
 * await parent
 * ```
 */
export function formatCallGraph(
  target: Future<unknown> | null = runningTask(),
  options: CallGraphOptions = {},
): string {
  const graph = callGraph(target, options)
  return graph === null ? "" : linesOf(graph, "").join("\n")
}

/** The tasks that wait for `future`, directly or through futures that stand in between. */
export function awaitersOf(future: Future<unknown>): Set<Task<unknown>> {
  const found = new Set<Task<unknown>>()
  collectAwaiters(future, found, new Set())
  return found
}

function graphOf(future: Future<unknown>, limit: number, seen: Set<Future<unknown>>): FutureGraph {
  seen.add(future)
  const awaitedBy = [...awaitersOf(future)]
    .filter((task) => !seen.has(task))
    .map((task) => graphOf(task, limit, seen))
  return { future, callStack: stackOf(future).slice(0, limit), awaitedBy }
}

function linesOf({ future, callStack, awaitedBy }: FutureGraph, indent: string): string[] {
  const name = future instanceof Task ? `${future.describe()} (id ${future.id})` : future.describe()
  const waiting = awaitedBy.flatMap((graph) => linesOf(graph, `${indent}  `))
  return [
    `${indent}* ${name}`,
    ...callStack.map((line) => `${indent}  ${line.startsWith("waits for ") ? line : `at ${line}`}`),
    ...(waiting.length === 0 ? [] : [`${indent}  awaited by`, ...waiting]),
  ]
}

function stackOf(future: Future<unknown>): string[] {
  if (!(future instanceof Task)) return []
  if (runningTask() === future) return framesOf(new Error("here"))
  const wait = firstWaitOf(future.scope)
  if (!(wait instanceof Wait)) return []
  return wait.place === null ? [`waits for ${wait.kind}`] : framesOf(wait.place)
}

function collectAwaiters(future: Future<unknown>, found: Set<Task<unknown>>, seen: Set<object>): void {
  if (seen.has(future)) return
  seen.add(future)
  for (const listener of future.awaiters()) {
    if (listener instanceof Wait) addOwner(listener.scope, found)
    else if (listener instanceof Future) collectAwaiters(listener, found, seen)
  }
  const parent = future instanceof Task ? future.parent : null
  if (parent instanceof TaskGroup && parent.joining instanceof Wait) addOwner(parent.joining.scope, found)
}

function addOwner(scope: Scope | null, found: Set<Task<unknown>>): void {
  const owner = scope?.unit.owner
  if (owner instanceof Task) found.add(owner)
}
