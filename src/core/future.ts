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
import { misuse } from "../base/misuse.ts"
import { currentScope } from "./current-scope.ts"
import { DoneCallback, nameCallbacks } from "./done-callback.ts"
import { describeReason } from "../base/describe-reason.ts"
import { CancelledError, InvalidStateError, isCancelled } from "./errors.ts"
import type { Home } from "./home.ts"
import { placeOf } from "../base/frames.ts"
import type { Scope } from "./scope.ts"
import { UnreadFailure } from "./unread-failure.ts"
import { FutureWait } from "./future-wait.ts"
import { park } from "./wait.ts"

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
  /** Waits and callbacks, in order; null when there are none, and once it is done. */
  #listeners: FutureListener | Set<FutureListener> | null = null
  /** Waits that are about to throw what it failed with; -1 once somebody has looked. */
  #readers = 0
  /** Where the failure is kept until somebody looks at it. */
  #unread: UnreadFailure | null = null
  /** The scope the future was made in; its run gets the report. */
  readonly #home: Home
  /** Where it was made; kept in debug mode only. */
  readonly #place: Error | null

  /** @internal */
  constructor(scope: Scope = currentScope()) {
    this.#home = scope.home
    this.#place = scope.home.debug ? new Error("made") : null
  }

  /** Where it was made; known in debug mode only. */
  get location(): string | undefined {
    return placeOf(this.#place)
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
    if (this.#state === "pending")
      throw new InvalidStateError("Cannot read the result: the future is pending")
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
    if (this.#state === "pending")
      throw new InvalidStateError("Cannot read the exception: the future is pending")
    if (this.#state === "resolved") return null
    this.markRead()
    if (this.#state === "cancelled") throw this.#outcome
    return this.#outcome
  }

  /** @internal What its awaiters are thrown, in a box, since null can be thrown; null if there is nothing. */
  failure(): { readonly error: unknown } | null {
    if (this.#state === "pending" || this.#state === "resolved") return null
    this.markRead()
    return { error: this.#outcome }
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
    if (typeof error === "function")
      throw new TypeError("Expected `error` to be an error, got a class or function: pass an instance")
    this.#finish(isCancelled(error) ? "cancelled" : "failed", error)
  }

  /**
   * Cancels it: awaiters are thrown a {@link CancelledError}.
   *
   * @returns False if it was done already.
   */
  cancel(reason?: unknown): boolean {
    return this.cancelWith(new CancelledError(reason))
  }

  /** @internal {@link cancel} with an error that exists; used where a request is passed on. */
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
    if (typeof callback !== "function") throw misuse("callback", "a function", callback, "function")
    this.addListener(new DoneCallback(callback, currentScope()))
  }

  /**
   * Takes `callback` out, however often it was added.
   *
   * @returns How often it stood there.
   */
  removeDoneCallback(callback: (future: Future<T>) => void): number {
    const found = this.#callbacks().filter((one) => one.callback === callback)
    for (const one of found) this.removeListener(one)
    return found.length
  }

  /** @internal Tells `listener` when it is done; at once if it is. */
  addListener(listener: FutureListener): void {
    if (this.#state !== "pending") listener.futureDone(this as unknown as Future<never>)
    else if (this.#listeners === null) this.#listeners = listener
    else if (this.#listeners instanceof Set) this.#listeners.add(listener)
    else this.#listeners = new Set([this.#listeners, listener])
  }

  /** @internal Takes `listener` out. */
  removeListener(listener: FutureListener): void {
    if (this.#listeners === listener) this.#listeners = null
    else if (this.#listeners instanceof Set) this.#listeners.delete(listener)
  }

  /** What the current awaiter waits for; its `await` calls what this gives. */
  get then(): <A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((error: unknown) => B | PromiseLike<B>) | null,
  ) => Promise<A | B> {
    const scope = currentScope()
    const place = scope.home.debug ? new Error("awaited") : null
    return (onFulfilled, onRejected) => settle(this, true, scope, place).then(onFulfilled, onRejected)
  }

  /** @internal What it came to, as a promise; only when it is done. A `throw` to be caught here would cost as much as ten waits. */
  settled(): Promise<T> {
    if (this.#state === "resolved") return Promise.resolve(this.#outcome as T)
    this.markRead()
    return Promise.reject(this.#outcome)
  }

  /** Waits for it without passing a request on to it. */
  join(): Promise<T> {
    return settle(this, false, currentScope(), null)
  }

  /** @internal What `await` does, in a scope that is not the current one. */
  awaitIn(scope: Scope): Promise<T> {
    return settle(this, true, scope, null)
  }

  /** @internal Who is told when it is done, in order. */
  awaiters(): Iterable<FutureListener> {
    if (this.#listeners === null) return []
    return this.#listeners instanceof Set ? this.#listeners : [this.#listeners]
  }

  /** @internal Its name where it is awaited; null if it has none. */
  get label(): string | null {
    return null
  }

  /** @internal Tasks of which each has to get on before it is done, as far as it is known. */
  blockers(): Iterable<Scope> {
    return []
  }

  /** `yield* future` inside a coroutine: waits for it and gives its value, typed. */
  *[Symbol.iterator](): Generator<Future<T>, T, unknown> {
    return (yield this) as T
  }

  /** @internal Whether it was made in the run of `home`. */
  isOf(home: Home): boolean {
    return this.#home === home
  }

  /** @internal Nobody needs to be told of its failure any more. */
  markRead(): void {
    this.#readers = -1
    this.#unread?.forget()
    this.#unread = null
  }

  /** @internal How its owner is called in reports. */
  describe(): string {
    return "a future"
  }

  toString(): string {
    return `<Future ${this.describeState()}${this.describePlace()}>`
  }

  /** @internal Where it was made, for texts; nothing where that is not known. */
  protected describePlace(): string {
    const { location } = this
    return location === undefined ? "" : `, made at ${location}`
  }

  /** @internal State with what it came to, or who waits to be called; for texts. */
  protected describeState(): string {
    if (this.#state === "cancelled") return "cancelled"
    const outcome = describeReason(this.#outcome)
    if (this.#state !== "pending")
      return `finished ${this.#state === "failed" ? "error" : "result"}=${outcome}`
    const callbacks = this.#callbacks()
    return callbacks.length === 0 ? "pending" : `pending, calls ${nameCallbacks(callbacks)}`
  }

  /** @internal Used by waits: ends `wait` with what it came to; who fails by it calls {@link markRead} or {@link notRead}. */
  endWait(wait: { wake(value: T): void; fail(error: unknown): void }): void {
    if (this.#state === "resolved") wait.wake(this.#outcome as T)
    else {
      if (this.#readers >= 0) this.#readers += 1
      wait.fail(this.#outcome)
    }
  }

  /** @internal Used by waits: the failure did not reach the awaiter after all. */
  notRead(): void {
    if (this.#readers <= 0) return
    this.#readers -= 1
    this.#keepUnread()
  }

  #keepUnread(): void {
    if (this.#state !== "failed" || this.#readers !== 0) return
    this.#unread = new UnreadFailure(this, this.#outcome, this.#home)
  }

  #callbacks(): DoneCallback[] {
    const all = this.#listeners instanceof Set ? [...this.#listeners] : [this.#listeners]
    return all.filter((one) => one instanceof DoneCallback)
  }

  #finish(state: State, outcome: unknown): void {
    if (this.#state !== "pending")
      throw new InvalidStateError(`Cannot finish the future: it is ${this.#state}`)
    this.#state = state
    this.#outcome = outcome
    const listeners = this.#listeners
    this.#listeners = null
    if (listeners !== null) {
      const self = this as unknown as Future<never>
      if (listeners instanceof Set) for (const listener of listeners) listener.futureDone(self)
      else listeners.futureDone(self)
    }
    this.#keepUnread()
  }
}

// What `console.log` shows: the fields of a task are the whole tree of scopes around it.
Reflect.set(Future.prototype, Symbol.for("nodejs.util.inspect.custom"), function show(this: Future<unknown>) {
  return this.toString()
})

/** Waits for `future` in `scope`; a done one lets nobody in between. */
function settle<T>(future: Future<T>, passesOn: boolean, scope: Scope, place: Error | null): Promise<T> {
  if (future.done()) return future.settled()
  if (scope.unit.owner === future)
    return Promise.reject(
      new InvalidStateError(`Cannot await ${future.describe()}: it would wait for itself`),
    )
  const wait = new FutureWait(future, passesOn)
  wait.place = place
  return park(wait, undefined, scope)
}
