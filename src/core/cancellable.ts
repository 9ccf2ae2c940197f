// The bridge for promises that are not ours (P2).
//
// An `await` on a foreign promise cannot be interrupted from outside; wrapped, it is a wait like
// any other. What the promise stands for goes on unless `onCancel` ends it; what it comes to after
// that is dropped, and a rejection of it does not surface.
import type { CancelledError } from "./errors.ts"
import type { Scope } from "./scope.ts"
import { Wait, checkSignal, park } from "./wait.ts"
import type { WaitOptions } from "./wait.ts"

/** Settings of {@link cancellable}. */
export interface CancellableOptions extends WaitOptions {
  /**
   * Called with the error when the wait is cancelled, to end what the promise stands for. If it
   * gives a promise, that is awaited before the error is thrown.
   * @default nothing is ended
   */
  readonly onCancel?: ((error: CancelledError) => void | PromiseLike<void>) | undefined
}

/**
 * Awaits a promise that is not ours so that the await can be cancelled.
 *
 * A handrail along a foreign staircase: the stairs stay as they are, but you can let yourself be
 * pulled back. Prefer the scope's `signal` where an API takes one; this is for those that do not.
 *
 * **Cancellation.** The wait ends at once, or once the promise that `onCancel` gives has settled.
 * **Pitfall.** Without `onCancel` the work behind the promise goes on unseen.
 *
 * @param promise - A promise that exists already.
 * @param options.onCancel - Ends what the promise stands for. @default nothing is ended
 * @param options.signal - Ends the wait when it aborts. @default none
 * @param options.timeout - Milliseconds after which the wait ends. @default no limit
 * @returns What the promise gives.
 * @throws {CancelledError} If the current task is cancelled while waiting.
 *
 * @example Give up on a promise
 * ```ts
 * const never = new Promise<string>(() => {})
 * const result = await moveOnAfter(10, () => cancellable(never))
 * result // => { timedOut: true }
 * ```
 */
export function cancellable<T>(promise: PromiseLike<T>, options: CancellableOptions = {}): Promise<T> {
  checkSignal(options)
  return park(new ForeignWait(promise, options.onCancel ?? null), options)
}

class ForeignWait<T> extends Wait<T> {
  readonly #onCancel: ((error: CancelledError) => void | PromiseLike<void>) | null
  /** Whether a request has come and its clean-up is being awaited. */
  #isLeaving = false

  constructor(promise: PromiseLike<T>, onCancel: ((error: CancelledError) => void | PromiseLike<void>) | null) {
    super("foreign promise")
    this.#onCancel = onCancel
    promise.then(
      (value) => {
        if (!this.#isLeaving) this.wake(value)
      },
      (error: unknown) => {
        if (!this.#isLeaving) this.fail(error)
      },
    )
  }

  override interrupt(error: CancelledError, top: Scope): boolean {
    if (this.state !== "parked" || this.#onCancel === null) return super.interrupt(error, top)
    if (this.#isLeaving) return super.interrupt(error, top)
    this.#isLeaving = true
    const finish = (): void => {
      if (this.state === "parked") super.interrupt(error, top)
    }
    let cleaned: void | PromiseLike<void>
    try {
      cleaned = this.#onCancel(error)
    } catch (thrown) {
      this.fail(thrown)
      return true
    }
    if (cleaned === undefined) return super.interrupt(error, top)
    this.scope?.markDelivered(error, top)
    cleaned.then(finish, (thrown: unknown) => this.fail(thrown))
    return true
  }

  protected override leave(): void {}

  protected override handBack(): boolean {
    return true
  }
}
