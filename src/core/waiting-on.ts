// Where a task stands.
//
// Kind and time are always known; the line is recorded in debug mode only, because a stack costs
// more than the wait itself.
import { placeOf } from "../base/frames.ts"
import type { Scope } from "./scope.ts"
import { firstWaitOf } from "./link-wait.ts"
import { Wait } from "./wait.ts"

/** What a task is parked at. */
export interface WaitingOn {
  /** What is waited for, in a word: `"sleep"`, `"semaphore"`. */
  readonly kind: string
  /** Which one, where it has a name: `task "fetch-3"`. */
  readonly label?: string
  /** Time of the clock since when, in milliseconds, to the time slice. */
  readonly since: number
  /** File and line of the await; known in debug mode only. */
  readonly location?: string
}

/** What the unit of `scope` is parked at, or null. */
export function waitingOn(scope: Scope): WaitingOn | null {
  const wait = firstWaitOf(scope)
  if (!(wait instanceof Wait)) return null
  const { kind, label, since } = wait
  const location = placeOf(wait.place)
  return {
    kind,
    ...(label === null ? {} : { label }),
    since,
    ...(location === undefined ? {} : { location }),
  }
}
