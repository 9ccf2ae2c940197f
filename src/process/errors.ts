// What can go wrong with a process that was started.
//
// An exit code is an answer: only `check` makes an error of it. What must stay true: messages show the
// command shortened, and the end of what it wrote to stderr, which is where programs say why.
import { brand } from "../core/lowlevel.ts"

/** What a {@link ProcessError} tells beside its message. */
export interface ProcessErrorDetails {
  /** The system's word where it could not be started (`"ENOENT"`), `"E_PROCESS_EXIT"` or `"E_PROCESS_OUTPUT_LIMIT"`. */
  readonly code: string
  /** The command with its arguments. */
  readonly command: string
  readonly exitCode?: number | null
  readonly signal?: NodeJS.Signals | null
  readonly stderr?: string
  readonly cause?: unknown
}

/**
 * A process could not be started, wrote more than it may, or failed where `check` was asked for.
 *
 * @example A command that is not there
 * ```ts no-run
 * const result = await runProcess("pandoc", ["--version"]).catch((error: unknown) => {
 *   if (error instanceof ProcessError && error.code === "ENOENT") return null
 *   throw error
 * })
 * ```
 */
export class ProcessError extends Error {
  /** The system's word where it could not be started (`"ENOENT"`), `"E_PROCESS_EXIT"` or `"E_PROCESS_OUTPUT_LIMIT"`. */
  readonly code: string
  /** The command with its arguments. */
  readonly command: string
  /** What it ended with; null if it was not started, or was ended by a signal. */
  readonly exitCode: number | null
  /** The signal that ended it, or null. */
  readonly signal: NodeJS.Signals | null
  /** The end of what it wrote to stderr, as text, as far as that was captured. */
  readonly stderr: string

  constructor(message: string, details: ProcessErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = details.code
    this.command = details.command
    this.exitCode = details.exitCode ?? null
    this.signal = details.signal ?? null
    this.stderr = details.stderr ?? ""
  }
}
brand(ProcessError, "ProcessError")
