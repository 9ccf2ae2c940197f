// Where an error goes that reaches nobody (E1).
//
// "Reported" means that the handler of the run gets a problem. The default one writes it to
// stderr, naming task and line; a handler that throws is reported by the default one. Nothing
// here ends the process.
import { describeReason } from "../base/describe-reason.ts"

/** Something that went wrong and that no awaiter, no group and no caller will see. */
export interface Problem {
  /** What happened, in one sentence without a final period. */
  readonly message: string
  /** Name of the task it happened in. */
  readonly task?: string
  /** The callback it happened in, for callbacks of the loop and of futures. */
  readonly handle?: object
  /** The task or future whose error nobody has looked at, unless it was collected. */
  readonly future?: object
  /** What was thrown. */
  readonly error?: unknown
  /** File and line, as a stack frame names them. */
  readonly location?: string
}

/** Takes the problems of a run. */
export type ProblemHandler = (problem: Problem) => void

/** Writes a problem to stderr. */
export const writeProblem: ProblemHandler = (problem) => {
  const where = [
    problem.task === undefined ? "" : ` in ${problem.task}`,
    problem.location === undefined ? "" : ` at ${problem.location}`,
  ]
  const cause = problem.error === undefined ? "" : `\n${textOf(problem.error)}`
  process.stderr.write(`tsyncio: ${problem.message}${where.join("")}${cause}\n`)
}

/** Gives `problem` to `handler`, and to {@link writeProblem} should the handler itself throw. */
export function deliverProblem(handler: ProblemHandler, problem: Problem): void {
  try {
    handler(problem)
  } catch (error) {
    writeProblem({ message: "The problem handler itself threw", error })
    writeProblem(problem)
  }
}

/** Tells the run of `scope` about an error that reaches nobody. */
export function reportProblem(
  scope: { readonly home: { readonly handler: ProblemHandler } },
  problem: Problem,
): void {
  deliverProblem(scope.home.handler, problem)
}

function textOf(error: unknown): string {
  try {
    return error instanceof Error ? String(error.stack ?? error) : describeReason(error)
  } catch {
    return describeReason(error)
  }
}
