// A value that comes later: set once, awaited by many.
//
//   state     | meaning           | leaves by
//   pending   | nothing yet       | setResult -> resolved, setException -> failed, cancel -> cancelled
//   resolved  | has a value       | -
//   failed    | has an error      | -
//   cancelled | was cancelled     | -
//
// Listeners are told in the order in which they came, each by an entry of its own. `then` is a
// getter: it is read synchronously at the `await`, in the context and on the line of whoever
// awaits, while the call that follows comes from a bare microtask. A failure that nobody has
// looked at is reported when the future is collected or the run ends (E1).
import { CancelledError, InvalidStateError } from "./errors.ts"
import type { Entry } from "./scheduler.ts"
import { schedule } from "./scheduler.ts"
import type { Home, Scope } from "./scope.ts"
import { currentScope } from "./scope.ts"
import { captureContext } from "./context.ts"
import { deliverProblem } from "./report.ts"
import { Wait, park } from "./wait.ts"

/** Is told once that a future is done; must not throw. */
export interface FutureListener {
  futureDone(future: Future<never>): void
}

type State = "pending" | "resolved" | "failed" | "cancelled"

/**
 * A value that somebody sets later and any number of tasks await.
 *
 * A letter box: one puts the letter in, all who wait can read it. For work that computes the
 * value, make a task with {@link createTask} instead.
 *
 * **Cancellation.** Cancelling a task that awaits a future cancels the future; to wait without
 * passing the request on, use {@link joinOnly} or {@link shield}.
 *
 * @example Set by one task, awaited by another
 * ```ts
 * const future = new Future<number>()
 * createTask(async () => future.setResult(42))
 * await future // => 42
 * ```
 */
export class Future<T> implements PromiseLike<T> {
  #state: State = "pending"
  /** The value, or the error. */
  #outcome: unknown = undefined
  /** Waits and callbacks, in order; null when there are none. */
  #listeners: FutureListener | FutureListener[] | null = null
  /** Whether somebody has looked, or will be given, what it failed with. */
  #isRead = false
  /** Where the failure is kept until somebody looks at it. */
  #unread: UnreadFailure | null = null
  /** The scope the future was made in; its run gets the report. */
  readonly #home: Home

  constructor(scope: Scope = currentScope()) {
    this.#home = scope.home
  }

  /** Whether it has a value or an error, or was cancelled. */
  done(): boolean {
    return this.#state !== "pending"
  }

  /** Whether it was cancelled. */
  cancelled(): boolean {
    return this.#state === "cancelled"
  }

  /**
   * The value, without waiting.
   *
   * @throws {InvalidStateError} If it is not done.
   * @throws {CancelledError} If it was cancelled.
   */
  result(): T {
    if (this.#state === "resolved") return this.#outcome as T
    if (this.#state === "pending") throw new InvalidStateError("Cannot read the result: the future is pending")
    this.markRead()
    throw this.#outcome
  }

  /**
   * The error it failed with, or null if it has a value.
   *
   * @throws {InvalidStateError} If it is not done.
   * @throws {CancelledError} If it was cancelled.
   */
  exception(): unknown {
    if (this.#state === "pending") throw new InvalidStateError("Cannot read the exception: the future is pending")
    if (this.#state === "resolved") return null
    this.markRead()
    if (this.#state === "cancelled") throw this.#outcome
    return this.#outcome
  }

  /**
   * Gives it its value.
   *
   * @throws {InvalidStateError} If it is done already.
   */
  setResult(value: T): void {
    this.#finish("resolved", value)
  }

  /**
   * Makes it fail.
   *
   * @param error - What awaiters are thrown; an error, not a class.
   * @throws {InvalidStateError} If it is done already.
   * @throws {TypeError} If `error` is a class.
   */
  setException(error: unknown): void {
    if (typeof error === "function") throw new TypeError("Expected `error` to be an error, got a class or function: pass an instance")
    this.#finish(error instanceof CancelledError ? "cancelled" : "failed", error)
  }

  /**
   * Cancels it: awaiters are thrown a {@link CancelledError}.
   *
   * @returns False if it was done already.
   */
  cancel(reason?: unknown): boolean {
    return this.cancelWith(new CancelledError(reason))
  }

  /** {@link cancel} with an error that exists; used where a request is passed on. */
  cancelWith(error: CancelledError): boolean {
    if (this.#state !== "pending") {
      this.markRead()
      return false
    }
    this.#finish("cancelled", error)
    return true
  }

  /** Calls `callback` with the future on a later turn, once it is done. */
  addDoneCallback(callback: (future: Future<T>) => void): void {
    this.addListener(new Callback(callback as (future: Future<unknown>) => void, this.#home))
  }

  /**
   * Takes `callback` out, however often it was added.
   *
   * @returns How often it stood there.
   */
  removeDoneCallback(callback: (future: Future<T>) => void): number {
    const list = this.#listenerList()
    const kept = list.filter((one) => !(one instanceof Callback && one.callback === callback))
    this.#listeners = kept
    return list.length - kept.length
  }

  /** Tells `listener` when it is done; at once if it is. */
  addListener(listener: FutureListener): void {
    if (this.#state !== "pending") listener.futureDone(this as unknown as Future<never>)
    else if (this.#listeners === null) this.#listeners = listener
    else if (Array.isArray(this.#listeners)) this.#listeners.push(listener)
    else this.#listeners = [this.#listeners, listener]
  }

  /** Takes `listener` out. */
  removeListener(listener: FutureListener): void {
    if (this.#listeners === listener) this.#listeners = null
    else if (Array.isArray(this.#listeners)) this.#listeners = this.#listeners.filter((one) => one !== listener)
  }

  /** What the current awaiter waits for; its `await` calls what this gives. */
  // oxlint-disable-next-line unicorn/no-thenable
  get then(): <A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((error: unknown) => B | PromiseLike<B>) | null,
  ) => Promise<A | B> {
    const scope = currentScope()
    return (onFulfilled, onRejected) => settle(this, true, scope).then(onFulfilled, onRejected)
  }

  /** Waits for it without passing a request on to it. */
  join(): Promise<T> {
    return settle(this, false, currentScope())
  }

  /** What `await` does, in a scope that is not the current one. */
  awaitIn(scope: Scope): Promise<T> {
    return settle(this, true, scope)
  }

  /** Nobody needs to be told of its failure any more. */
  markRead(): void {
    this.#isRead = true
    this.#unread?.forget()
    this.#unread = null
  }

  /** How its owner is called in reports. */
  describe(): string {
    return "a future"
  }

  toString(): string {
    const outcome = this.#state === "resolved" ? ` result=${String(this.#outcome)}` : this.#state === "failed" ? ` error=${String(this.#outcome)}` : ""
    return `<Future ${this.#state}${outcome}>`
  }

  #keepUnread(): void {
    if (this.#state !== "failed" || this.#isRead) return
    this.#unread = new UnreadFailure(this.describe(), this.#outcome, this.#home)
    collected.register(this, this.#unread, this.#unread)
  }

  #listenerList(): FutureListener[] {
    if (this.#listeners === null) return []
    return Array.isArray(this.#listeners) ? this.#listeners : [this.#listeners]
  }

  #finish(state: State, outcome: unknown): void {
    if (this.#state !== "pending") throw new InvalidStateError(`Cannot finish the future: it is ${this.#state}`)
    this.#state = state
    this.#outcome = outcome
    const listeners = this.#listeners
    this.#listeners = null
    if (listeners === null) this.#keepUnread()
    else {
      const self = this as unknown as Future<never>
      if (Array.isArray(listeners)) for (const listener of listeners) listener.futureDone(self)
      else listeners.futureDone(self)
      this.#keepUnread()
    }
  }
}

/** Waits for `future` in `scope`; a done one lets nobody in between. */
function settle<T>(future: Future<T>, passesOn: boolean, scope: Scope): Promise<T> {
  if (!future.done()) return park(new FutureWait(future, passesOn), undefined, scope)
  try {
    return Promise.resolve(future.result())
  } catch (error) {
    return Promise.reject(error as Error)
  }
}

/** A task that awaits a future. */
class FutureWait<T> extends Wait<T> implements FutureListener {
  readonly future: Future<T>
  /** Whether a request cancels the future, so that this wait ends with what it comes to (C2). */
  readonly #passesOn: boolean

  constructor(future: Future<T>, passesOn: boolean) {
    super("future")
    this.future = future
    this.#passesOn = passesOn
    future.addListener(this)
  }

  futureDone(future: Future<never>): void {
    future.markRead()
    try {
      this.wake(future.result())
    } catch (error) {
      this.fail(error)
    }
  }

  override interrupt(error: CancelledError, top: Scope): boolean {
    if (this.state !== "parked" || !this.#passesOn || top.state !== "open") return super.interrupt(error, top)
    this.scope?.markDelivered(error, top)
    this.future.cancelWith(error)
    return true
  }

  protected override leave(): void {
    this.future.removeListener(this)
  }

  protected override handBack(): boolean {
    return true
  }
}

/** A done callback: runs on a turn of its own, in the context it was added in. */
class Callback implements FutureListener, Entry {
  readonly callback: (future: Future<unknown>) => void
  readonly #context = captureContext("tsyncio.callback")
  readonly #home: Home
  #future: Future<unknown> | null = null

  constructor(callback: (future: Future<unknown>) => void, home: Home) {
    this.callback = callback
    this.#home = home
  }

  futureDone(future: Future<never>): void {
    this.#future = future as Future<unknown>
    // The same callback may stand there several times; each has an object of its own.
    schedule(this)
  }

  runEntry(): null {
    try {
      this.#context.runInAsyncScope(this.callback, null, this.#future as Future<unknown>)
    } catch (error) {
      deliverProblem(this.#home.handler, { message: "A done callback threw", error })
    }
    return null
  }
}

/** Failures nobody has looked at, by run; what is left when the run ends is reported then. */
const unreadByHome = new WeakMap<Home, Set<UnreadFailure>>()

const collected = new FinalizationRegistry<UnreadFailure>((failure) => failure.report())

/** A failure that waits to be looked at; it does not hold its future. */
class UnreadFailure {
  readonly #error: unknown
  readonly #home: Home
  readonly #where: string

  constructor(where: string, error: unknown, home: Home) {
    this.#error = error
    this.#home = home
    this.#where = where
    const all = unreadByHome.get(home) ?? new Set<UnreadFailure>()
    unreadByHome.set(home, all.add(this))
  }

  forget(): void {
    unreadByHome.get(this.#home)?.delete(this)
    collected.unregister(this)
  }

  report(): void {
    this.forget()
    deliverProblem(this.#home.handler, { message: "An error was never looked at", task: this.#where, error: this.#error })
  }
}

/** Reports every failure of the run that nobody has looked at. */
export function reportUnread(home: Home): void {
  for (const failure of unreadByHome.get(home) ?? []) failure.report()
}
