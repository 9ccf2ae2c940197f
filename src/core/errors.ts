// The errors of the runtime, all in one place.
//
// A class stands here only where callers will catch it. Each has a `code`, its data as fields and
// a brand by `Symbol.for`, so that two copies of the package in one process know each other's
// errors. Caller's mistakes are TypeError and RangeError instead.
import { describeReason } from "../base/describe-reason.ts"

const cancelledBrand = Symbol.for("tsyncio.CancelledError")

/** The classes of errors with a brand, by name: what came from another thread is made one of them again. */
export const brandedErrors: Map<string, abstract new (...args: never[]) => Error> = new Map()

/**
 * Gives a class of errors its name, and the brand that tells it across copies of the package.
 *
 * Both stand on the prototype, so that they cost an instance nothing and are not printed.
 */
export function brand(errorClass: abstract new (...args: never[]) => Error, name: string): void {
  brandedErrors.set(name, errorClass)
  Object.defineProperty(errorClass.prototype, "name", { value: name, writable: true, configurable: true })
  Object.defineProperty(errorClass.prototype, Symbol.for(`tsyncio.${name}`), { value: true })
}

/** Where a {@link CancelledError} comes from; filled in by the scope that was cancelled. */
export interface CancelOrigin {
  /** Name of the scope that was cancelled, for example `task "fetch-3"`. */
  readonly scope: string
  /** Name of the task that asked for it, or null when it was nobody's step. */
  readonly requestedBy: string | null
  /** Names of the first tasks and futures that the request was passed on to by who awaited them. */
  readonly through: readonly string[]
}

/**
 * Thrown at a wait whose task or scope was cancelled.
 *
 * Let it pass: whoever owns the cancelled scope catches it. In JavaScript `catch` takes everything,
 * so a handler that goes on should call {@link rethrowCancelled} first. It differs from
 * {@link TimeoutError}, which is what a time limit makes of it at its own edge.
 *
 * @param reason - What `cancel(reason)` was given; any value. @default undefined
 *
 * @example Clean up and let it pass
 * ```ts
 * const task = createTask(async () => {
 *   try {
 *     await sleep(1000)
 *   } catch (error) {
 *     rethrowCancelled(error)
 *   }
 * })
 * await sleep(0)
 * task.cancel("enough")
 * await joinOnly(task).catch((error) => error.reason) // => "enough"
 * ```
 */
export class CancelledError extends Error {
  /** Constant that tells this class across copies of the package. */
  readonly code = "E_CANCELLED"
  /** What `cancel(reason)` was given. */
  readonly reason: unknown
  /** Who asked, for which scope, and through whom it came; null when user code made the error. */
  origin: CancelOrigin | null = null

  constructor(reason?: unknown) {
    super(reason === undefined || reason === null ? "Cancelled" : `Cancelled: ${describeReason(reason)}`)
    this.reason = reason
  }
}
brand(CancelledError, "CancelledError")

/**
 * A wait was still parked, or began, when the scope it belongs to had ended.
 *
 * It is a {@link CancelledError}: nobody is expected to look at it. It points to a call that was
 * not awaited inside a block.
 */
export class ScopeEndedError extends CancelledError {
  constructor(message: string, options?: { cause?: unknown }) {
    super()
    this.message = message
    if (options?.cause !== undefined) this.cause = options.cause
  }
}
brand(ScopeEndedError, "ScopeEndedError")

/**
 * A time limit ran out.
 *
 * The work inside has been cancelled and has ended when this arrives. Its `cause` is the
 * {@link CancelledError} that ended the work. `name` is `"TimeoutError"`, as the platform's is.
 */
export class TimeoutError extends Error {
  /** Constant that tells this class across copies of the package. */
  readonly code: string = "E_TIMEOUT"
}
brand(TimeoutError, "TimeoutError")

/**
 * A thing was used in a state that does not allow it, such as the result of a pending future.
 */
export class InvalidStateError extends Error {
  /** Constant that tells this class. */
  readonly code = "E_INVALID_STATE"
}
brand(InvalidStateError, "InvalidStateError")

/**
 * Something that needs a run was called where none is: wrap the program in `run(main)`.
 */
export class NoRunningLoopError extends Error {
  /** Constant that tells this class. */
  readonly code = "E_NO_RUNNING_LOOP"
}
brand(NoRunningLoopError, "NoRunningLoopError")

/**
 * One or more children of a task group failed, or its body did.
 *
 * All errors arrive together once every child has ended, also when there is just one; `cause` is
 * the first of them. Cancelled children are not listed.
 */
export class TaskGroupError extends AggregateError {
  /** Constant that tells this class across copies of the package. */
  readonly code = "E_TASK_GROUP"
  /** The errors in the order in which they happened, the body's last. */
  declare errors: unknown[]

  constructor(errors: readonly unknown[], message?: string) {
    super(errors, message ?? describeErrors(errors), { cause: errors[0] })
  }

  /** The first error of that class, looked for through nested groups as well; undefined if there is none. */
  find<E>(kind: abstract new (...args: never[]) => E): E | undefined {
    for (const error of this.errors) {
      if (error instanceof kind) return error
      const inner = error instanceof TaskGroupError ? error.find(kind) : undefined
      if (inner !== undefined) return inner
    }
    return undefined
  }
}
brand(TaskGroupError, "TaskGroupError")

/**
 * Every task of a run waits for another one, so none can ever go on.
 *
 * The message prints each task with what it waits for.
 */
export class DeadlockError extends Error {
  /** Constant that tells this class. */
  readonly code = "E_DEADLOCK"
}
brand(DeadlockError, "DeadlockError")

/**
 * Work was told to end and did not, so its block was left without it.
 *
 * Only where `onStuck` says so: a block waits for its work otherwise. The work goes on as work of
 * the run. Its `cause` is the {@link CancelledError} that the work did not follow, or what had
 * failed already. It differs from {@link TimeoutError}, after which nothing of the work is left.
 */
export class StuckError extends Error {
  /** Constant that tells this class across copies of the package. */
  readonly code = "E_STUCK"
  /** What did not end and where it stands, a line each. */
  readonly work: readonly string[]

  constructor(message: string, work: readonly string[], options?: ErrorOptions) {
    super(message, options)
    this.work = work
  }
}
brand(StuckError, "StuckError")

/** Longest {@link CancelOrigin.through}; one error is shared by all that a request reaches. */
const longestPassage = 10

/** Notes that the request of `error` was passed on to `next`. */
export function notePassage(error: CancelledError, next: { describe(): string }): void {
  const through = error.origin?.through as string[] | undefined
  if (through !== undefined && through.length < longestPassage) through.push(next.describe())
}

/**
 * Whether `error` is a {@link CancelledError}, of this copy of the package or another; also if it is a
 * SuppressedError made of nothing else: `await using` was cancelled, and again while it cleaned up.
 */
export function isCancelled(error: unknown): error is CancelledError {
  return cancelOf(error) !== null
}

/** The CancelledError that `error` is, or the last of those it is made of; null if it is something else. */
export function cancelOf(error: unknown): CancelledError | null {
  if (typeof error !== "object" || error === null) return null
  try {
    if (cancelledBrand in error) return error as unknown as CancelledError
    if (!("suppressed" in error && "error" in error)) return null
    return cancelOf(error.suppressed) === null ? null : cancelOf(error.error)
  } catch {
    // A proxy, or a getter that throws.
    return null
  }
}

/**
 * Throws `error` again if it is a {@link CancelledError}; for the first line of a `catch` that goes on.
 *
 * @throws {CancelledError} `error` itself, if it is one.
 */
export function rethrowCancelled(error: unknown): void {
  if (isCancelled(error)) throw error
}

/**
 * `thrown`, or an error around it if it is a function: `throw MyError` without `new` cannot be told from a
 * class that is handed to `setException`.
 */
export function failureOf(thrown: unknown): unknown {
  if (typeof thrown !== "function") return thrown
  return new Error(`A function was thrown: ${describeReason(thrown)}`, { cause: thrown })
}

function describeErrors(errors: readonly unknown[]): string {
  const first = describeReason(errors[0])
  return errors.length === 1
    ? `1 error in a task group: ${first}`
    : `${errors.length} errors in a task group, first: ${first}`
}
