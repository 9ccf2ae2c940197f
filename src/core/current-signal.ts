// The AbortSignal of whoever is running: what goes into fetch, streams and drivers.
//
// It is the signal of the innermost scope, so a request inside a `timeout` is aborted by that
// timeout and by nothing that does not concern it. Made when it is first asked for.
import { currentScope } from "./current-scope.ts"

/**
 * The signal of the innermost scope: aborted with it, and with every scope above it up to a shield.
 *
 * The plug for APIs that take an AbortSignal. `signal.reason` is the CancelledError, so what such an
 * API throws is understood by the block that was cancelled.
 *
 * @returns The same signal for each call in the same scope.
 *
 * @example Pass it on
 * ```ts
 * const result = await moveOnAfter(10, async () => {
 *   const signal = currentSignal()
 *   await sleep(1000).catch(() => {})
 *   return signal.aborted
 * })
 * result // => { timedOut: false, value: true }
 * ```
 */
export function currentSignal(): AbortSignal {
  return currentScope().signal
}
