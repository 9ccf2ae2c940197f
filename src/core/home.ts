// What all scopes of one run share.
//
// Every scope and every future carries a pointer to it, so that an error without an awaiter finds
// the handler of its own run. `isRun` turns false for ever when the run ends: what is called from a
// timer or a socket of a run that is over counts as outside (L6).
import type { ProblemHandler } from "./report.ts"
import type { Entry } from "./scheduler.ts"
import { writeProblem } from "./report.ts"

/** What all scopes of one run share. */
export interface Home {
  /** Gets the errors that reach nobody. */
  handler: ProblemHandler
  /** Milliseconds after which a cancelled task is told again. */
  readonly patience: number
  /** Whether a wait that outlives its block fails the run. */
  readonly strict: boolean
  /** Called when `strict` is broken. */
  readonly fail: ((error: Error) => void) | null
  /** Places whose floating wait was reported already. */
  readonly floating: Set<string>
  /** Whether a run is going on; false outside of every run, while its loop is idle, and when it has ended. */
  isRun: boolean
  /** Turns of a loop that is idle, in order; null while they are run as they come. */
  held: Entry[] | null
  /** The loop, for `getRunningLoop`; null outside of every run. */
  readonly loop: object | null
  /** Makes the tasks of `createTask` in place of the usual way; null for that. */
  taskFactory: ((work: () => unknown, options: object) => object) | null
  /** Whether places are recorded and slow steps reported. */
  debug: boolean
}

/** Everything outside a run: no signals, no keep-alive, no end (L6). */
export const ambientHome: Home = {
  handler: writeProblem,
  patience: 10_000,
  strict: false,
  fail: null,
  floating: new Set(),
  isRun: false,
  held: null,
  loop: null,
  taskFactory: null,
  debug: false,
}
