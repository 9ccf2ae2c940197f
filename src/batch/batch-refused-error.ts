// The error of a batch that cannot begin.
//
// One class for everything that makes a run impossible before the first request is sent: no such
// input, a folder that is missing, an output that belongs to something else, a second writer, an
// input that changed. The command turns it into exit code 2; a library caller tells the cases apart
// by `reason`. What happens to single lines never ends here: that is a record in the errors file.

import { brand } from "../core/lowlevel.ts"

/** Why a batch could not begin, as a word a program can compare. */
export type BatchRefusal = "option" | "input" | "output" | "locked" | "conflict"

/**
 * Thrown when a batch cannot begin: nothing was sent, and no file was changed except torn lines.
 *
 * It differs from a failed request, which is a record in the errors file and never an exception,
 * and from a stopped run (wrong key, no money), which ends normally with `summary.stopped` set.
 *
 * @example Tell the reasons apart
 * ```ts
 * const error = new BatchRefusedError("input", "Cannot read data.jsonl: there is no such file")
 * error.reason // => "input"
 * error.code // => "E_BATCH_REFUSED"
 * ```
 */
export class BatchRefusedError extends Error {
  /** Always this text; stable across versions. */
  readonly code = "E_BATCH_REFUSED"
  /** Which of the preconditions did not hold. */
  readonly reason: BatchRefusal

  constructor(reason: BatchRefusal, message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}
brand(BatchRefusedError, "BatchRefusedError")
