// A task: work that runs beside its creator and can be cancelled.
//
// It is a future for its awaiters, a scope for the tree, and an entry of the ready queue: first
// for its start, later to tell its group that it has ended (T6).
//
//   state   | meaning                           | leaves by
//   created | waits for its first turn          | runEntry -> running, or done if cancelled before
//   running | its body runs or is parked        | body ends -> done
//   done    | value, error, or cancelled        | -
//
// Once done it lets go of body, context and scope (L3): sockets and timers keep old contexts, and
// through them nothing but a bare scope.
import type { AsyncResource } from "node:async_hooks"
import { cancelRequest } from "./cancel-request.ts"
import type { Context } from "./context-var.ts"
import { inheritedVariables } from "./context-var.ts"
import { captureForeign, enterIn } from "./context.ts"
import { currentScope } from "./current-scope.ts"
import type { CancelledError } from "./errors.ts"
import { InvalidStateError, NoRunningLoopError, cancelOf, failureOf, isCancelled } from "./errors.ts"
import { Future } from "./future.ts"
import { instrument } from "./instrument.ts"
import { schedule, stepBegan, stepEnded } from "./scheduler.ts"
import { Scope } from "./scope.ts"
import { mostTold, startPatience, stopPatience } from "./patience.ts"
import { reportProblem } from "./report.ts"
import { reportSwallowed } from "./report-swallowed.ts"
import { isThenable } from "../base/watch-promise.ts"
import { expectSignal, watchSignal } from "./watch-signal.ts"
import type { WaitingOn } from "./waiting-on.ts"
import { waitingOn } from "./waiting-on.ts"

/** Settings of a new task. */
export interface TaskOptions {
  /** Name in reports and trees. @default "Task-1", "Task-2", … */
  readonly name?: string | undefined
  /** Run the body up to its first wait at once, instead of at its turn. @default false */
  readonly eager?: boolean | undefined
  /** Cancels the task, with `signal.reason` as the reason, when it aborts. @default none */
  readonly signal?: AbortSignal | undefined
  /** Context variables to run with; what the task sets is seen in it. @default those of the creator, copied */
  readonly context?: Context | undefined
}

/** Whoever counts its children; of a child's end it hears by an entry of its own. */
export interface TaskParent {
  childMade(): void
  childEnded(task: Task<unknown>): void
}

let lastNumber = 0

/**
 * Work that runs beside its creator; made by {@link createTask} or a group's `createTask`.
 *
 * Await it for its value. It is a future as well, with a name, a scope that can be cancelled, and
 * a place where it waits.
 *
 * **Cancellation.** `cancel()` ends the wait it is parked in with a {@link CancelledError}; its
 * `finally` blocks run, and may wait; a second `cancel()` interrupts those waits as well.
 */
export class Task<T> extends Future<T> {
  /** Number of the task, unique in the process. */
  readonly id: number
  /** @internal The task's place in the tree. */
  readonly scope: Scope
  #name: string | null
  #work: (() => T | PromiseLike<T>) | null
  #context: AsyncResource | null
  #parent: TaskParent | null
  /** Requests made and not withdrawn, for parity with asyncio; nothing of ours counts (C5). */
  #cancelling = 0

  constructor(
    work: () => T | PromiseLike<T>,
    above: Scope,
    parent: TaskParent | null,
    options: TaskOptions | undefined,
  ) {
    super(above)
    lastNumber += 1
    this.id = lastNumber
    this.#name = options?.name === undefined ? null : String(options.name)
    expectSignal(options?.signal)
    this.#work = work
    this.#parent = parent
    this.scope = new Scope(above, above.home, this, "unit")
    parent?.childMade()
    this.scope.variables = options?.context ?? inheritedVariables()
    this.#context = captureForeign("tsyncio.task")
    instrument.current?.taskCreated?.(this)
    const signal = options?.signal
    if (signal !== undefined) this.scope.onEnd = watchSignal(signal, () => this.cancel(signal.reason))
    if (options?.eager === true && this.scope.pending === null) this.#begin()
    else schedule(this)
  }

  get name(): string {
    return this.#name ?? `Task-${this.id}`
  }

  set name(name: string) {
    this.#name = String(name)
  }

  /** Aborted when the task is cancelled, or a scope above it up to a shield; made when it is first read. */
  get signal(): AbortSignal {
    return this.scope.signal
  }

  /** What it is parked at, or null while it runs or sits in a foreign await. */
  get waitingOn(): WaitingOn | null {
    return waitingOn(this.scope)
  }

  /** Whoever hears of its end, such as its group; null for a task of the run. */
  get parent(): object | null {
    return this.#parent
  }

  /**
   * Asks the task to end: the wait it is parked in, or else its next one, throws a
   * {@link CancelledError} with this reason. A task that has not started never will.
   *
   * @param reason - Any value; arrives as `error.reason`. @default undefined
   * @returns False if it was done already.
   */
  override cancel(reason?: unknown): boolean {
    if (this.done()) {
      this.markRead()
      return false
    }
    return this.cancelWith(cancelRequest(reason, this.scope.home))
  }

  /** @internal */
  override cancelWith(error: CancelledError): boolean {
    if (this.done()) return super.cancelWith(error)
    this.#cancelling += 1
    error.origin ??= { scope: this.describe(), requestedBy: runningTask()?.name ?? null, through: [] }
    // Of several requests before the start the last one counts, as in asyncio.
    if (this.#context !== null && this.scope.request !== null) this.#withdraw()
    startPatience(this.scope, error)
    return this.scope.cancel(error)
  }

  /** Number of cancel requests that were not withdrawn. */
  cancelling(): number {
    return this.#cancelling
  }

  /** Withdraws one cancel request; the last one is forgotten if no wait has got it. */
  uncancel(): number {
    if (this.#cancelling > 0) this.#cancelling -= 1
    if (this.#cancelling === 0) this.#withdraw()
    return this.#cancelling
  }

  override setResult(_value: T): void {
    throw new InvalidStateError("Cannot set the result of a task: its body does")
  }

  override setException(_error: unknown): void {
    throw new InvalidStateError("Cannot set the exception of a task: its body does")
  }

  /** @internal */
  runEntry(): void {
    if (this.done()) {
      this.#parent?.childEnded(this)
      return
    }
    const { held } = this.scope.home
    if (held !== null) {
      held.push(this)
      return
    }
    const request = this.scope.pending
    if (request !== null) {
      this.finish("cancelled", request)
      return
    }
    stepBegan(this.scope)
    this.#begin()
  }

  /** @internal */
  override get label(): string {
    return this.describe()
  }

  /** @internal */
  override blockers(): Iterable<Scope> {
    return [this.scope]
  }

  /** @internal */
  override describe(): string {
    return `task "${this.name}"`
  }

  override toString(): string {
    const waits = this.waitingOn
    const state = !this.done() && this.#cancelling > 0 ? "cancelling" : this.describeState()
    const wait = waits === null ? "" : ` waiting on ${waits.label ?? waits.kind}`
    return `<Task ${this.id} "${this.name}" ${state}${wait}${this.describePlace()}>`
  }

  #begin(): void {
    const context = this.#context as AsyncResource
    this.#context = null
    instrument.current?.taskStarted?.(this)
    enterIn(context, this.scope, runBody, this as Task<unknown>)
  }

  /** @internal Used when its group is left without it: from now on it is a task of the run. */
  leaveParent(): void {
    this.#parent = null
  }

  /** @internal Used when the task swallows each request: its body is left where it stands. */
  giveUp(error: CancelledError): void {
    reportProblem(this.scope, {
      message: `${this.describe()} swallowed ${mostTold} requests to end and was given up`,
      error,
    })
    this.finish("cancelled", error)
  }

  /** Forgets the request made for this very task; what came from above stays. */
  #withdraw(): void {
    const { scope } = this
    if (scope.pending === scope.request) scope.clearPending()
    stopPatience(scope)
    scope.request = null
    scope.told = null
  }

  /** @internal Runs the body to its end; called in the task's own context. */
  runBody(): void {
    const work = this.#work as () => T | PromiseLike<T>
    this.#work = null
    let result: T | PromiseLike<T>
    try {
      result = work()
      if (isThenable(result)) {
        void Promise.resolve(result).then(bodyEnded, bodyThrew)
        return
      }
    } catch (error) {
      this.finish(isCancelled(error) ? "cancelled" : "failed", error)
      return
    }
    this.finish("resolved", result)
  }

  // A task that was cancelled and ended without a further wait is cancelled, and its value dropped;
  // an error it threw instead is kept.
  /** @internal The body is over. */
  finish(state: "resolved" | "failed" | "cancelled", outcome: unknown): void {
    const scope = this.scope
    const request = state === "resolved" ? scope.pending : null
    this.#work = null
    this.#context = null
    if (state === "resolved" && request === null) scope.end("ended")
    else scope.end("stopped", request ?? outcome)
    // A group reads the failures of its children.
    if (state === "failed" && this.#parent !== null) this.markRead()
    if (request !== null) super.cancelWith(request)
    else if (state === "resolved") super.setResult(outcome as T)
    else if (state === "cancelled") super.cancelWith(cancelOf(outcome) as CancelledError)
    else super.setException(failureOf(outcome))
    if (scope.told !== null && state === "resolved" && request === null)
      reportSwallowed(scope, this.describe())
    instrument.current?.taskEnded?.(this)
    if (this.#parent !== null) schedule(this)
    stepEnded(scope)
    scope.owner = null
  }
}

/**
 * The task whose code is running; null in a callback of the loop, which is nobody's task.
 *
 * @throws {NoRunningLoopError} If no run is going on here, and no task.
 *
 * @example Its name
 * ```ts
 * const task = createTask(async () => currentTask()?.name, { name: "me" })
 * await task // => "me"
 * ```
 */
export function currentTask(): Task<unknown> | null {
  const task = runningTask()
  if (task !== null || currentScope().home.isRun) return task
  throw new NoRunningLoopError("Cannot get the current task: wrap the program in `run(main)`")
}

/** The task whose code is running; null in a callback and outside of every run. */
export function runningTask(): Task<unknown> | null {
  const owner = currentScope().unit.owner
  return owner instanceof Task ? owner : null
}

function runBody(task: Task<unknown>): void {
  task.runBody()
}

// Who follows a body is told by the context, which is the task's own: two closures for each task would
// be an eighth of what a parked one weighs. A task that was given up has no owner any more.
function bodyEnded(value: unknown): void {
  ownerOfBody()?.finish("resolved", value)
}

function bodyThrew(error: unknown): void {
  ownerOfBody()?.finish(isCancelled(error) ? "cancelled" : "failed", error)
}

function ownerOfBody(): Task<unknown> | null {
  return currentScope().owner as Task<unknown> | null
}
