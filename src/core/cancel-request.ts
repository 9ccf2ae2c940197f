// The error of a request, with its stack trace.
//
// V8 needs one to two microseconds for a trace, as much as everything else that a cancel costs. In
// `for (const task of tasks) task.cancel()` all traces are alike: the first requests of a sweep, which
// is whatever is cancelled before the next microtask, get one of their own, those after them share
// the last of these. In debug mode each has its own.
import { inMicrotask } from "./clock.ts"
import { CancelledError } from "./errors.ts"

/** Requests of a sweep that get a trace of their own. */
const ownTraces = 16

/** Requests made in this sweep. */
let made = 0
/** The last one with a trace of its own. */
let model: CancelledError | null = null

/** A {@link CancelledError} for a request that is about to be made. */
export function cancelRequest(reason: unknown, home: { readonly debug: boolean }): CancelledError {
  if (home.debug) return new CancelledError(reason)
  if (made === 0) inMicrotask(endSweep)
  made += 1
  if (made > ownTraces && model !== null) return likeModel(reason, model)
  model = new CancelledError(reason)
  return model
}

function endSweep(): void {
  made = 0
  model = null
}

function likeModel(reason: unknown, { stack, name, message }: CancelledError): CancelledError {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 0
  const error = new CancelledError(reason)
  Error.stackTraceLimit = limit
  const head = `${name}: ${message}`
  if (error.message === message || stack?.startsWith(head) !== true) error.stack = stack as string
  else error.stack = `${name}: ${error.message}${stack.slice(head.length)}`
  return error
}
