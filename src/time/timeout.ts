// Time limits on a block.
//
//   state   | meaning                                   | leaves by
//   active  | the body runs, the deadline lies ahead    | deadline -> expired, body ends -> over
//   expired | the body was cancelled and unwinds        | body ends -> over
//   over    | the block was left                        | -
//
// The limit is a cancel scope with a deadline. What the body throws because of it becomes a
// TimeoutError at the edge of the block, when everything inside has ended; an error of the body's
// own passes unchanged, and a cancel from above beats the limit.
import { misuse } from "../base/misuse.ts"
import type { CancelledError, OnStuck } from "../core/index.ts"
import { TimeoutError } from "../core/index.ts"
import { CancelScope, clock, expectFunction, runBlock, runOpened } from "../core/lowlevel.ts"

/** Settings of {@link timeout}, {@link timeoutAt} and {@link moveOnAfter}. */
export interface TimeoutOptions {
  /** Ends the block with `signal.reason` when it aborts. @default none */
  readonly signal?: AbortSignal | undefined
  /** Once the limit has run out, every wait in it throws until it is left. @default false */
  readonly persistent?: boolean | undefined
  /** Milliseconds that the body may take to end before it is told again. @default that of the run */
  readonly patience?: number | undefined
  /** What to do with a body that has not ended after `patience`. @default "wait" */
  readonly onStuck?: OnStuck | undefined
}

/** The handle of a time limit; given to its body. */
export class TimeoutScope extends CancelScope {
  readonly #start: number
  /** Milliseconds it was given. */
  readonly #limit: number | null
  #wasMoved = false

  constructor(label: string, limit: number | null, options: TimeoutOptions) {
    const start = clock.now()
    super(label, options, limit === null ? null : start + limit, start)
    this.#start = start
    this.#limit = limit
  }

  /** @internal Used by {@link timeout}: milliseconds from its start to its deadline; null for none. */
  get length(): number | null {
    const time = this.when()
    return this.#wasMoved && time !== null ? Math.round(time - this.#start) : this.#limit
  }

  /** Time of the clock at which the limit runs out, or null. */
  when(): number | null {
    return this.deadline
  }

  /**
   * Moves the limit to another time of the clock; null takes it off.
   *
   * @throws {InvalidStateError} If it has run out or the block was left.
   */
  reschedule(time: number | null): void {
    this.deadline = time
    this.#wasMoved = true
  }
}

/** What became of a block that may be cut short. */
export type MoveOn<T> = { readonly timedOut: false; readonly value: T } | { readonly timedOut: true }

/**
 * Runs a block that must end within `ms` milliseconds.
 *
 * An egg timer: when it rings, the work inside is cancelled, cleans up, and the block throws. To go
 * on without an error use {@link moveOnAfter}.
 *
 * **Cancellation.** A request from above passes through and beats the limit.
 * **Pitfall.** An `await` on a foreign promise cannot be interrupted: pass `signal` to it, or wrap
 * it in {@link cancellable}.
 *
 * @param ms - The limit in milliseconds; null for none. Zero ends the block at its first wait.
 * @param body - The work; runs at once, in the current task, and gets the handle of the limit.
 * @param options.signal - Ends the block with `signal.reason` when it aborts. @default none
 * @param options.persistent - Once the limit has run out, every wait throws until the block is left. @default false
 * @param options.patience - Milliseconds the body may take to end before it is told again. @default that of the run
 * @param options.onStuck - What to do with a body that has not ended after `patience`: wait, leave with a
 * StuckError (`"throw"`), or leave with the TimeoutError (`"detach"`). @default "wait"
 * @returns What the body gives; undefined if it was ended by `cancel()` of the handle.
 * @throws {TimeoutError} If the limit ran out; its `cause` is the CancelledError that ended the body.
 * @throws {StuckError} If the body did not end and `onStuck` is `"throw"`.
 * @throws {RangeError} If `ms` is NaN.
 * @throws {TypeError} If `ms` is no number, or `body` no function.
 *
 * @example With fetch, which takes the signal
 * ```ts
 * const load = (url: string) => timeout(1000, ({ signal }) => fetch(url, { signal }))
 * typeof load // => "function"
 * ```
 *
 * @example The limit runs out
 * ```ts
 * const error = await timeout(10, () => sleep(1000)).catch((error) => error)
 * error.name // => "TimeoutError"
 * ```
 *
 * @example Work that takes no signal: do not wait for it
 * ```ts no-run
 * const ask = (driver: { query(text: string): Promise<string> }) =>
 *   timeout(1000, () => driver.query("select 1"), { patience: 0, onStuck: "detach" })
 * ```
 */
export function timeout<T>(
  ms: number | null,
  body: (scope: TimeoutScope) => T | PromiseLike<T>,
  options: TimeoutOptions = {},
): Promise<T> {
  return runOpened(
    () => openLimit("a timeout", ms, body, options),
    body,
    (error, scope) => {
      if (scope.expired()) throw new TimeoutError(`Timed out after ${scope.length} ms`, { cause: error })
      throwIfAborted(error, options.signal)
      return undefined as T
    },
  )
}

/**
 * Runs a block that is left after `ms` milliseconds, finished or not.
 *
 * A museum that closes at five: you leave with what you have seen. For a limit that throws use
 * {@link timeout}.
 *
 * **Cancellation.** A request from above passes through and beats the limit.
 *
 * @param ms - The limit in milliseconds; null for none. Zero ends the block at its first wait.
 * @param body - The work; runs at once, in the current task, and gets the handle of the limit.
 * @param options - As for {@link timeout}.
 * @returns `{ timedOut: false, value }`, or `{ timedOut: true }` once the body has been ended by its
 * limit or by `cancel()` of the handle.
 * @throws {RangeError} If `ms` is NaN.
 * @throws {TypeError} If `ms` is no number, or `body` no function.
 *
 * @example Cut short
 * ```ts
 * const result = await moveOnAfter(10, () => sleep(1000))
 * result // => { timedOut: true }
 * ```
 */
export async function moveOnAfter<T>(
  ms: number | null,
  body: (scope: TimeoutScope) => T | PromiseLike<T>,
  options: TimeoutOptions = {},
): Promise<MoveOn<T>> {
  const scope = openLimit("a limit", ms, body, options)
  const end = await runBlock(scope.scope, body, scope, scope.exit)
  if (!end.absorbed) return { timedOut: false, value: end.value }
  if (!scope.expired()) throwIfAborted(end.error, options.signal)
  return { timedOut: true }
}

function throwIfAborted(request: CancelledError, signal: AbortSignal | undefined): void {
  if (signal?.aborted === true && request.reason === signal.reason) throw signal.reason
}

function openLimit(label: string, ms: number | null, body: unknown, options: TimeoutOptions): TimeoutScope {
  if (ms !== null && (typeof ms !== "number" || Number.isNaN(ms)))
    throw misuse("ms", "milliseconds or null", ms)
  expectFunction(body)
  return new TimeoutScope(ms === null ? label : `${label} of ${ms} ms`, ms, options)
}
