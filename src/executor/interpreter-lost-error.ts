// What calls of an interpreter throw when it is gone.
//
// One class for every way it goes, since the caller does the same about each: make another one. What it was is in the
// message, and as fields.
import { brand } from "../core/lowlevel.ts"

/**
 * The interpreter is gone: it ran out of memory, left by `process.exit()`, was closed in the middle of a call, or had
 * to be ended since a cancelled call did not end.
 *
 * All its calls get this, and all that come later. It differs from an error of the code inside, which arrives as what
 * was thrown. Its `cause` is what the interpreter died of, where that is known.
 */
export class InterpreterLostError extends Error {
  /** Constant that tells this class across copies of the package. */
  readonly code = "E_EXECUTOR_INTERPRETER_LOST"
  /** Name of the interpreter. */
  readonly interpreter: string
  /** Exit code of its thread. */
  readonly exitCode: number

  constructor(
    message: string,
    data: { readonly interpreter: string; readonly exitCode: number },
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.interpreter = data.interpreter
    this.exitCode = data.exitCode
  }
}
brand(InterpreterLostError, "InterpreterLostError")
