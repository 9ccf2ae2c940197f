// Exit codes of `tsyncio batch`, the only copy.
//
// Scripts branch on these, so a code keeps its meaning for ever. 130 and 143 are set by the runtime when a
// signal ended the run.

import type { BatchSummary } from "../batch/index.ts"

/** What the process ends with. */
export const exitCodes = {
  /** Every line of the input has an answer. */
  allAnswered: 0,
  /** Some lines failed, could not be sent or are still open, or the run broke off. */
  someFailed: 1,
  /** Bad use: nothing was sent. */
  usage: 2,
  /** The server refused the key. */
  authorisation: 3,
  /** The account has no credit left. */
  money: 4,
  /** A budget that was given is used up, or cannot be held because a price is not known. */
  budget: 5,
  /** Ctrl-C. */
  interrupted: 130,
  /** SIGTERM. */
  terminated: 143,
} as const

/**
 * The exit code of a run that came to a summary.
 * @param interruptedBy - The signal that ended it, or null.
 */
export function exitCodeOf(summary: BatchSummary, interruptedBy: string | null): number {
  if (interruptedBy !== null)
    return interruptedBy === "SIGTERM" ? exitCodes.terminated : exitCodes.interrupted
  if (summary.stopped?.reason === "authorisation") return exitCodes.authorisation
  if (summary.stopped?.reason === "money") return exitCodes.money
  if (summary.stopped?.reason === "budget" || summary.stopped?.reason === "price") return exitCodes.budget
  const good = summary.failed + summary.invalid + summary.skippedFailed === 0 && summary.notAttempted === 0
  return good ? exitCodes.allAnswered : exitCodes.someFailed
}
