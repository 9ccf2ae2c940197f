// `except*` for TypeScript: handle some errors of a group, throw the rest again.
//
// Each row takes what matches its class, nested groups keep their shape, and a row sees only what
// earlier rows left. Errors thrown by handlers leave together with the rest.
import { TaskGroupError, isCancelled } from "../core/index.ts"

/** A class of errors, and what to do with those that matched. */
export type MatchRow = readonly [
  errorClass: abstract new (...args: never[]) => unknown,
  handler: (group: TaskGroupError) => void | PromiseLike<void>,
]

/**
 * Handles the errors of a group by class and throws the rest again.
 *
 * Sorting the post: each row takes what is addressed to it. To look one error up, use `error.find(Class)`.
 *
 * **Cancellation.** A CancelledError is thrown again untouched.
 *
 * @param error - What was caught: a TaskGroupError, or any error, which counts as a group of one.
 * @param rows - `[Class, handler]`; a handler is called at most once, with a group of what matched.
 * @throws {TaskGroupError} With what no row matched and what handlers threw; nothing left, nothing thrown.
 *
 * @example Two kinds
 * ```ts
 * const seen: string[] = []
 * const group = new TaskGroupError([new RangeError("a"), new TypeError("b"), new RangeError("c")])
 * await matchErrors(group, [
 *   [RangeError, (matched) => void seen.push(`${matched.errors.length} range errors`)],
 *   [TypeError, (matched) => void seen.push(`${matched.errors.length} type error`)],
 * ])
 * seen // => ["2 range errors", "1 type error"]
 * ```
 */
export async function matchErrors(error: unknown, rows: Iterable<MatchRow>): Promise<void> {
  if (isCancelled(error)) throw error
  let rest: TaskGroupError | null = error instanceof TaskGroupError ? error : new TaskGroupError([error])
  const thrown: unknown[] = []
  for (const [errorClass, handler] of rows) {
    if (rest === null) break
    const split: Split = splitErrors(rest, (one) => one instanceof errorClass)
    rest = split.rest
    if (split.matched === null) continue
    try {
      await handler(split.matched)
    } catch (failure) {
      if (isCancelled(failure)) throw failure
      thrown.push(failure)
    }
  }
  if (thrown.length > 0) throw new TaskGroupError(rest === null ? thrown : [...thrown, rest])
  if (rest !== null) throw rest
}

interface Split {
  readonly matched: TaskGroupError | null
  readonly rest: TaskGroupError | null
}

function splitErrors(group: TaskGroupError, isMatch: (error: unknown) => boolean): Split {
  const matched: unknown[] = []
  const rest: unknown[] = []
  for (const error of group.errors) {
    if (isMatch(error)) matched.push(error)
    else if (error instanceof TaskGroupError) {
      const inner = splitErrors(error, isMatch)
      if (inner.matched !== null) matched.push(inner.matched)
      if (inner.rest !== null) rest.push(inner.rest)
    } else rest.push(error)
  }
  return { matched: regroup(group, matched), rest: regroup(group, rest) }
}

/** The group itself if nothing was taken out, so that its stack is kept. */
function regroup(group: TaskGroupError, errors: unknown[]): TaskGroupError | null {
  if (errors.length === 0) return null
  return errors.length === group.errors.length ? group : new TaskGroupError(errors)
}
