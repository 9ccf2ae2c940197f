// What `explore` fails with: the schedule in which the program failed, for people and for programs.
//
// Its message is the whole story, since most test runners print nothing else: what went wrong, turn by
// turn, and the call that shows it again.

import { brand } from "../core/lowlevel.ts"

/** What went wrong; see {@link ExploreError}. */
export type ExploreProblem = "failed" | "deadlock" | "endless" | "not deterministic" | "too many schedules"

/** The data of an {@link ExploreError}. */
export interface ExploreFinding {
  /** What went wrong. */
  readonly problem: ExploreProblem
  /** Seed that found it; null if it was found without. */
  readonly seed: number | null
  /** Schedules that were run before, and this one; those run to make it shorter are not counted. */
  readonly schedules: number
  /** The choices of the shortest schedule that fails so, for `explore(program, { replay })`. */
  readonly replay: string
  /** Its turns, in words. */
  readonly trace: readonly string[]
}

/**
 * A schedule in which the program failed, from {@link explore}; its `cause` is what the program threw.
 *
 * `problem` is `"failed"` if the program threw or left something behind, `"deadlock"` if nothing was left
 * that could wake its tasks, `"endless"` if it went on and on, `"not deterministic"` if the same choices
 * led somewhere else, `"too many schedules"` if an exhaustive walk did not come to its end.
 */
export class ExploreError extends Error implements ExploreFinding {
  /** Constant that tells this class. */
  readonly code = "E_TESTING_EXPLORE"
  readonly problem: ExploreProblem
  readonly seed: number | null
  readonly schedules: number
  readonly replay: string
  readonly trace: readonly string[]

  constructor(message: string, finding: ExploreFinding, options?: ErrorOptions) {
    super(message, options)
    this.problem = finding.problem
    this.seed = finding.seed
    this.schedules = finding.schedules
    this.replay = finding.replay
    this.trace = finding.trace
  }
}
brand(ExploreError, "ExploreError")
