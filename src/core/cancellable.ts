// The bridge for promises that are not ours (P2).
//
// An `await` on a foreign promise cannot be interrupted from outside; wrapped, it is a wait like
// any other. What the promise stands for goes on unless `onCancel` ends it; what it comes to after
// that is dropped, and a rejection of it does not surface.
import type { AsyncResource } from "node:async_hooks"
import { captureContext } from "./context.ts"
import type { CancelledError } from "./errors.ts"
import { isCancelled } from "./errors.ts"
import { Future } from "./future.ts"
import { reportProblem } from "./report.ts"
import type { Scope } from "./scope.ts"
import { Wait, park, refusal } from "./wait.ts"
import type { WaitOptions } from "./wait.ts"
import type { PromiseWatcher } from "../base/watch-promise.ts"
import { expectPromise, isThenable, watchPromise } from "../base/watch-promise.ts"
import { expectFunction } from "./work.ts"

/** Settings of {@link cancellable}. */
export interface CancellableOptions extends WaitOptions {
  /**
   * Called with the error when the wait is given up, by a request, `signal` or `timeout`, to end
   * what the promise stands for. If it gives a promise, that is awaited before the error is thrown.
   * @default nothing is ended
   */
  readonly onCancel?: ((error: unknown) => void | PromiseLike<void>) | undefined
}

/**
 * Awaits a promise that is not ours so that the await can be cancelled.
 *
 * A handrail along a foreign staircase: the stairs stay as they are, but you can let yourself be
 * pulled back. Prefer the scope's `signal` where an API takes one; this is for those that do not.
 *
 * **Cancellation.** The wait ends at once, or once the promise that `onCancel` gives has settled; a
 * second request ends it at once. With `onCancel`, a value that has come already is still given, and
 * the request comes at the next wait, so that nothing is lost.
 * **Pitfall.** Without `onCancel` the work behind the promise goes on unseen.
 *
 * @param promise - A promise that exists already.
 * @param options.onCancel - Ends what the promise stands for. @default nothing is ended
 * @param options.signal - Ends the wait when it aborts. @default none
 * @param options.timeout - Milliseconds after which the wait ends. @default no limit
 * @returns What the promise gives.
 * @throws {CancelledError} If the current task is cancelled while waiting.
 * @throws {TypeError} If `promise` is no promise.
 *
 * @example Give up on a promise
 * ```ts
 * const never = new Promise<string>(() => {})
 * const result = await moveOnAfter(10, () => cancellable(never))
 * result // => { timedOut: true }
 * ```
 */
export function cancellable<T>(promise: PromiseLike<T>, options: CancellableOptions = {}): Promise<T> {
  let followed: Promise<T>
  try {
    if (options.onCancel !== undefined) expectFunction(options.onCancel)
    followed = promise instanceof Future ? (promise as Future<T>).then() : expectPromise(promise)
  } catch (error) {
    return Promise.reject(error)
  }
  const refused = refusal(options)
  if (refused === null) return park(new ForeignWait(followed, options.onCancel ?? null), options)
  followed.then(ignore, ignore)
  return refused
}

function ignore(): void {}

type OnCancel = NonNullable<CancellableOptions["onCancel"]>

class ForeignWait<T> extends Wait<T> implements PromiseWatcher<T> {
  readonly #onCancel: OnCancel | null
  /** Where `onCancel` was written: its own waits belong there, not to whoever cancels. */
  readonly #context: AsyncResource | null
  /** Whether `onCancel` was called; what the promise comes to does not matter any more. */
  #isLeaving = false

  readonly #unwatch: () => void

  constructor(promise: Promise<T>, onCancel: OnCancel | null) {
    super("foreign promise")
    this.#onCancel = onCancel
    this.#context = onCancel === null ? null : captureContext("tsyncio.onCancel")
    this.#unwatch = watchPromise(promise, this)
  }

  resolved(value: T): void {
    this.wake(value)
  }

  rejected(error: unknown): void {
    this.fail(error)
  }

  override interrupt(error: CancelledError, top: Scope): boolean {
    if (!this.#mayClean()) return super.interrupt(error, top)
    if (top.state === "open") this.scope?.markDelivered(error, top)
    this.#clean(error, () => super.interrupt(error, top))
    return true
  }

  override stop(error: unknown): void {
    if (this.#mayClean()) this.#clean(error, () => super.stop(error))
    else super.stop(error)
  }

  protected override leave(): void {
    this.#unwatch()
  }

  // A value that has come is dropped, but not where somebody wants to see to its end: it may be an
  // open connection. The waiter gets it then, and the request at its next wait.
  protected override handBack(): boolean {
    return this.#onCancel === null
  }

  #mayClean(): boolean {
    return this.state === "parked" && this.#onCancel !== null && !this.#isLeaving
  }

  #clean(error: unknown, finish: () => void): void {
    this.#isLeaving = true
    this.#unwatch()
    let cleaned: unknown
    try {
      cleaned = (this.#context as AsyncResource).runInAsyncScope(this.#onCancel as OnCancel, null, error)
    } catch (thrown) {
      this.fail(thrown)
      return
    }
    if (isThenable(cleaned))
      Promise.resolve(cleaned).then(finish, (thrown: unknown) => this.#cleaningFailed(thrown))
    else finish()
  }

  #cleaningFailed(thrown: unknown): void {
    if (this.state === "parked") this.fail(thrown)
    else if (!isCancelled(thrown))
      reportProblem(this.scope as Scope, {
        message: "`onCancel` failed when its wait was over",
        error: thrown,
      })
  }
}
