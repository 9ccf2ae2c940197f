// Children that all end inside one block.
//
//   state    | meaning                                      | leaves by
//   open     | body or children run, more may be added      | last child ends -> ended, abort/cancel/a request
//            |                                              | from above while children are awaited -> aborting
//   aborting | everything inside was cancelled              | last child ends -> ended
//   ended    | the block was left                           | -
//
// A child that fails aborts the group; what it threw is kept, and all errors leave together in one
// TaskGroupError. The scope of the group is the parent of its children and of the body's waits, so
// one request reaches all; the wait for the last child stands above it.
import { enterBody, openBlock } from "./block.ts"
import type { BlockExit } from "./block-exit.ts"
import { exitOf } from "./block-exit.ts"
import { makeTask } from "./create-task.ts"
import { CancelledError, InvalidStateError, TaskGroupError, failureOf, isCancelled } from "./errors.ts"
import { expectSignal, watchSignal } from "./watch-signal.ts"
import { expectPatience, insist, startPatience } from "./patience.ts"
import { Future } from "./future.ts"
import { JoinWait } from "./join-wait.ts"
import { reportProblem } from "./report.ts"
import type { Scope, ScopeWait } from "./scope.ts"
import type { OnStuck } from "./stuck-watch.ts"
import { expectOnStuck } from "./stuck-watch.ts"
import type { TaskOptions } from "./task.ts"
import { Task, runningTask } from "./task.ts"
import { park } from "./wait.ts"
import { expectFunction } from "./work.ts"

/** Settings of {@link taskGroup}. */
export interface TaskGroupOptions {
  /** Name in reports and trees. @default none */
  readonly name?: string | undefined
  /** Cancels the group when it aborts. @default none */
  readonly signal?: AbortSignal | undefined
  /** Once it is cancelled or a child has failed, every wait in it throws until it is left. @default false */
  readonly persistent?: boolean | undefined
  /** Milliseconds that its tasks may take to end before they are told again. @default that of the run */
  readonly patience?: number | undefined
  /** What to do with tasks that were cancelled and have not ended after `patience`. @default "wait" */
  readonly onStuck?: OnStuck | undefined
}

/** Settings of a child. */
export interface GroupTaskOptions extends TaskOptions {
  /** Cancel it once the body and all other children have ended, instead of waiting for it. @default false */
  readonly background?: boolean | undefined
}

/**
 * A task that its group awaits. Nobody else has to, which linters that look for floating promises
 * can be told by this name.
 */
export interface ChildTask<T> extends Task<T> {
  readonly parent: object
}

/**
 * The handle of a group; given to its body.
 *
 * **Cancellation.** A request for a scope above reaches body and children alike; the block is left
 * once all of them have ended.
 */
export class TaskGroup {
  readonly name: string | null
  #state: "open" | "aborting" | "ended" = "open"
  readonly #scope: Scope
  readonly #patience: number
  readonly #isPersistent: boolean
  /** The way out if its tasks do not end; null where it waits. */
  readonly #exit: BlockExit | null
  /** Children whose end the group has not heard of. */
  #living = 0
  /** Of those, the ones that end with the group; null before there is one. */
  #background: Set<Task<unknown>> | null = null
  /** What children threw, in order. */
  readonly #errors: unknown[] = []
  /** Whether somebody called {@link cancel}: the block is then left without an error. */
  #isCancelled = false
  /** Whether a request from above reached the children while the body waited for them. */
  #isPassedBy = false
  /** The body's wait for the last child, while it is parked. */
  #join: JoinWait | null = null

  constructor(options: TaskGroupOptions) {
    this.name = options.name ?? null
    expectSignal(options.signal)
    const patience = expectPatience(options.patience)
    const onStuck = expectOnStuck(options.onStuck)
    this.#scope = openBlock(this, false)
    this.#patience = patience ?? this.#scope.home.patience
    this.#isPersistent = options.persistent === true
    this.#exit = exitOf(this.#scope, onStuck, this.#patience)
    const signal = options.signal
    if (signal !== undefined) this.#scope.onEnd = watchSignal(signal, () => this.cancel(signal.reason))
  }

  /** Aborted when the group is cancelled or aborts, or a scope above it is cancelled. */
  get signal(): AbortSignal {
    return this.#scope.signal
  }

  /**
   * Starts `work` as a child: the group is not left before it has ended.
   *
   * @throws {InvalidStateError} If the group is aborting or was left; `work` is not called then.
   */
  createTask<T>(work: () => T | PromiseLike<T>, options?: GroupTaskOptions): ChildTask<T> {
    expectFunction(work)
    if (this.#state !== "open") throw new InvalidStateError(`Cannot create task: the group is ${this.#state}`)
    const child = makeTask(work, this.#scope, this, options) as ChildTask<T>
    if (options?.background === true) (this.#background ??= new Set()).add(child)
    return child
  }

  /**
   * Starts `work` as a child and waits until it says that it is ready.
   *
   * **Cancellation.** Cancels the child, if it is not ready yet.
   *
   * @param work - Gets a function to call, once, with the value that is given here; runs on after that.
   * @returns The value it was called with.
   * @throws What the child failed with before it was ready; the group does not hear of that.
   * @throws {InvalidStateError} If the child ends without being ready.
   */
  async start<V>(work: (ready: (value: V) => void) => unknown, options?: GroupTaskOptions): Promise<V> {
    expectFunction(work)
    const ready = new Future<V>()
    const child = this.createTask(() => runUntilReady(work, ready), options)
    try {
      return await ready.join()
    } catch (error) {
      if (!ready.done()) child.cancel("its starter was cancelled")
      throw error
    }
  }

  /**
   * Cancels every child and the body; the block is then left without an error.
   *
   * **Pitfall.** The result of `taskGroup` is undefined then, unless the body had ended.
   */
  cancel(reason?: unknown): void {
    if (this.#state !== "open") return
    this.#isCancelled = true
    this.#abort(reason)
  }

  /** @internal Used by the children. */
  childMade(): void {
    this.#living += 1
  }

  /** @internal Used by the children. */
  childEnded(child: Task<unknown>): void {
    this.#living -= 1
    this.#background?.delete(child)
    const failure = child.cancelled() ? null : child.failure()
    if (failure !== null) {
      if (this.#state === "ended") this.#reportLate(child, failure.error)
      else this.#errors.push(failure.error)
      if (this.#state === "open") this.#abort(`${child.describe()} failed`)
    }
    if (this.#isOnlyBackground) this.#join?.wake(undefined)
  }

  /** @internal The body's wait for the last child, while it is parked. */
  get joining(): ScopeWait | null {
    return this.#join
  }

  /** @internal Used by {@link taskGroup}: runs the body, waits for the children, leaves the block. */
  async run<T>(body: (group: TaskGroup) => T | PromiseLike<T>): Promise<T> {
    const exit = this.#exit
    let value: T | undefined
    let bodyError: { readonly error: unknown } | null = null
    try {
      // A signal that had aborted before: `group.createTask` would only throw in there.
      if (this.#state === "open")
        value = await (exit === null
          ? enterBody(this.#scope, body, this as TaskGroup)
          : exit.enter(body, this))
    } catch (error) {
      bodyError = { error }
      if (this.#state === "open") this.#abortAfterBody()
    }
    let joinError: CancelledError | null = null
    // Somebody else may start a child in the very turn in which the last one has ended.
    while (this.#living > 0 && this.#scope.state === "open" && exit?.isOpen !== true) {
      if (this.#isOnlyBackground) this.#endBackground()
      try {
        await this.#untilLastEnds()
      } catch (error) {
        joinError = error as CancelledError
      }
      this.#join = null
    }
    this.#state = "ended"
    if (exit?.isOpen === true) return this.#leaveStuck(exit, bodyError?.error) as T
    exit?.stop()
    return this.#leave(value as T, bodyError, joinError)
  }

  /** @internal */
  describe(): string {
    return this.name === null ? "a task group" : `task group "${this.name}"`
  }

  toString(): string {
    return `<TaskGroup ${this.#state} tasks=${this.#living} errors=${this.#errors.length}>`
  }

  /** @internal Used by the wait for the last child: the children. */
  *blockers(): Generator<Scope> {
    for (let child = this.#scope.firstChild; child !== null; child = child.nextSibling)
      if (child.unit === child) yield child
  }

  /** @internal Used by the wait for the last child. */
  noteOuter(error: CancelledError, top: Scope): void {
    this.#isPassedBy = true
    this.#state = "aborting"
    this.#scope.noteOuter(error, top)
  }

  #reportLate(child: Task<unknown>, error: unknown): void {
    reportProblem(this.#scope, {
      message: "A task failed in the turn in which its group was left without it",
      task: child.name,
      error,
    })
  }

  #abort(reason: unknown): void {
    this.#state = "aborting"
    const error = new CancelledError(reason)
    error.origin = { scope: this.describe(), requestedBy: runningTask()?.name ?? null, through: [] }
    if (this.#exit === null) startPatience(this.#scope, error, this.#patience)
    if (this.#isPersistent) insist(this.#scope, error)
    else this.#scope.cancel(error)
  }

  // Children that a request from above has told already clean up in peace; those it has not reached
  // are told now: it was pending when it came to the body, or they were started after it.
  #abortAfterBody(): void {
    const { outer } = this.#scope
    if (outer === null) {
      this.#abort("the body of the group ended")
      return
    }
    this.#state = "aborting"
    for (let child = this.#scope.firstChild, next: Scope | null; child !== null; child = next) {
      next = child.nextSibling
      if (child.owner instanceof Task && child.lastRequest !== outer) child.owner.cancelWith(outer)
    }
  }

  // Nobody but them is left: they are told to end, and are waited for like the others.
  #endBackground(): void {
    const told = this.#background as ReadonlySet<Task<unknown>>
    this.#background = null
    for (const child of told) child.cancel("the group has ended")
  }

  get #isOnlyBackground(): boolean {
    return this.#living === (this.#background?.size ?? 0)
  }

  #untilLastEnds(): Promise<undefined> {
    this.#join = new JoinWait(this)
    if (this.#exit !== null) this.#exit.onOpen = () => this.#join?.wake(undefined)
    return park(this.#join)
  }

  // What fails from now on is reported: nobody waits for it any more.
  #leaveStuck(exit: BlockExit, thrown: unknown): undefined {
    const errors = this.#errors
    if (thrown !== undefined && !isCancelled(thrown)) errors.push(thrown)
    exit.leave(errors.length > 0 ? new TaskGroupError(errors) : undefined)
  }

  #leave<T>(value: T, bodyError: { readonly error: unknown } | null, joinError: CancelledError | null): T {
    const scope = this.#scope
    const errors = this.#errors
    const thrown = bodyError?.error
    if (bodyError !== null && !isCancelled(thrown) && !errors.includes(thrown)) errors.push(thrown)
    if (errors.length > 0) {
      scope.end("stopped", errors[0])
      scope.rearmOuter()
      throw new TaskGroupError(errors)
    }
    let request = joinError ?? (this.#isPassedBy ? scope.outer : null)
    if (request === null && bodyError !== null) {
      request = this.#isCancelled ? scope.outerRequest() : (thrown as CancelledError)
    }
    scope.end(bodyError === null && request === null ? "ended" : "stopped", request ?? thrown)
    if (request !== null) throw request
    return value
  }
}

// A failure before the child was ready is its starter's, one after that is the group's.
async function runUntilReady<V>(
  work: (ready: (value: V) => void) => unknown,
  ready: Future<V>,
): Promise<void> {
  try {
    await work((value) => ready.setResult(value))
  } catch (error) {
    if (ready.done()) throw error
    ready.setException(failureOf(error))
    return
  }
  if (!ready.done())
    ready.setException(
      new InvalidStateError("Cannot give the value of the child: it ended without being ready"),
    )
}

/**
 * Runs a block whose tasks all end inside it.
 *
 * A class on an outing: nobody goes home before everybody is there, and if one falls ill all turn
 * back. For results in order prefer {@link gather}, for many items {@link map}.
 *
 * **Cancellation.** A request reaches body and children; the block is left once all have ended. A
 * child that fails cancels the others and the body.
 *
 * @param body - Gets the group and starts children with `group.createTask`; runs at once.
 * @param options.name - Name in reports and trees. @default none
 * @param options.signal - Cancels the group when it aborts; the body is not run if it has already. @default none
 * @param options.persistent - Once cancelled, every wait in it throws until it is left. @default false
 * @param options.patience - Milliseconds its tasks may take to end before they are told again. @default that of the run
 * @param options.onStuck - What to do with tasks that have not ended after `patience`. @default "wait"
 * @returns What the body gives; undefined after `group.cancel()`.
 * @throws {StuckError} If tasks did not end and `onStuck` is `"throw"`.
 * @throws {TaskGroupError} If children or the body failed, with all their errors; also for one.
 * @throws {CancelledError} If a scope above was cancelled and no child failed.
 *
 * @example Two children
 * ```ts
 * const sum = await taskGroup(async (group) => {
 *   const one = group.createTask(async () => 1)
 *   const two = group.createTask(async () => 2)
 *   return (await one) + (await two)
 * })
 * sum // => 3
 * ```
 */
export function taskGroup<T>(
  body: (group: TaskGroup) => T | PromiseLike<T>,
  options: TaskGroupOptions = {},
): Promise<T> {
  expectFunction(body)
  return new TaskGroup(options).run(body)
}
