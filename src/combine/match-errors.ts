// `except*` for TypeScript: handle some errors of a group, throw the rest again.
//
// Each row takes what matches its class, nested groups keep their shape, and a row sees only what
// earlier rows left. What handlers throw leaves together with the rest; a handler that throws the
// group it was given puts its errors back in their place.
import { TaskGroupError, isCancelled } from "../core/index.ts"

/** A class of errors, and what to do with those that matched. */
export type MatchRow = readonly [
  errorClass: abstract new (...args: never[]) => unknown,
  handler: (group: TaskGroupError) => unknown,
]

/**
 * Handles the errors of a group by class and throws the rest again.
 *
 * Sorting the post: each row takes what is addressed to it. To look one error up, use
 * `error.find(Class)`; for an error that is no group, `instanceof` is enough.
 *
 * **Cancellation.** A CancelledError is thrown again untouched, also one of a handler's waits.
 * **Pitfall.** Rows are tried in order: put `[Error, …]` last.
 *
 * @param error - What was caught: a TaskGroupError, or any error, which counts as a group of one.
 * @param rows - `[Class, handler]`; a handler is called at most once, with a group of what matched,
 * and awaited.
 * @throws {TaskGroupError} With what no row matched and what handlers threw; nothing left, nothing
 * thrown. An error that is no group and that no row matched is thrown as it is.
 * @throws {TypeError} If a row is no class with a handler, or its class is TaskGroupError: rows see
 * the errors in a group.
 *
 * @example Two kinds
 * ```ts
 * const seen: string[] = []
 * const group = new TaskGroupError([new RangeError("a"), new TypeError("b"), new RangeError("c")])
 * await matchErrors(group, [
 *   [RangeError, (matched) => seen.push(`${matched.errors.length} range errors`)],
 *   [TypeError, (matched) => seen.push(`${matched.errors.length} type error`)],
 * ])
 * seen // => ["2 range errors", "1 type error"]
 * ```
 *
 * @example The rest is thrown again
 * ```ts
 * const group = new TaskGroupError([new RangeError("a"), new TypeError("b")])
 * const rest = await matchErrors(group, [[RangeError, () => {}]]).catch((error) => error)
 * rest.errors.map((error: Error) => error.message) // => ["b"]
 * ```
 */
export async function matchErrors(error: unknown, rows: Iterable<MatchRow>): Promise<void> {
  const table = [...rows]
  for (const row of table) checkRow(row)
  if (isCancelled(error)) throw error
  const whole = error instanceof TaskGroupError ? error : new TaskGroupError([error])
  let rest: TaskGroupError | null = whole
  const kept = new Set<unknown>()
  const thrown: unknown[] = []
  for (const [errorClass, handler] of table) {
    if (rest === null) break
    const split: Split = splitErrors(rest, (one) => one instanceof errorClass)
    rest = split.rest
    if (split.matched === null) continue
    try {
      await handler(split.matched)
    } catch (failure) {
      if (isCancelled(failure)) throw failure
      if (failure === split.matched) addErrors(split.matched, kept)
      else thrown.push(failure)
    }
  }
  if (rest !== null) addErrors(rest, kept)
  const left = splitErrors(whole, (one) => kept.has(one)).matched
  if (thrown.length > 0) throw new TaskGroupError(left === null ? thrown : [...thrown, left])
  if (left !== null) throw left === whole ? error : left
}

interface Split {
  readonly matched: TaskGroupError | null
  readonly rest: TaskGroupError | null
}

function splitErrors(group: TaskGroupError, isMatch: (error: unknown) => boolean): Split {
  const matched: unknown[] = []
  const rest: unknown[] = []
  for (const error of group.errors) {
    if (error instanceof TaskGroupError) {
      const inner = splitErrors(error, isMatch)
      if (inner.matched !== null) matched.push(inner.matched)
      if (inner.rest !== null) rest.push(inner.rest)
    } else if (isMatch(error)) matched.push(error)
    else rest.push(error)
  }
  return { matched: regroup(group, matched), rest: regroup(group, rest) }
}

/** The group itself if nothing was taken out at any depth, so that its stack is kept. */
function regroup(group: TaskGroupError, errors: unknown[]): TaskGroupError | null {
  if (errors.length === 0) return null
  const isWhole = errors.length === group.errors.length && errors.every((one, i) => one === group.errors[i])
  return isWhole ? group : new TaskGroupError(errors)
}

/** Adds the errors of a group, at any depth. */
function addErrors(group: TaskGroupError, into: Set<unknown>): void {
  for (const error of group.errors) {
    if (error instanceof TaskGroupError) addErrors(error, into)
    else into.add(error)
  }
}

function checkRow(row: MatchRow): void {
  const [errorClass, handler] = row
  if (typeof errorClass !== "function" || typeof handler !== "function")
    throw new TypeError("Expected each row to be `[Class, handler]`")
  if (errorClass === TaskGroupError)
    throw new TypeError(
      "Expected the class of errors in a group, got TaskGroupError: rows see what is inside",
    )
}
