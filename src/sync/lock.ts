// One task inside at a time.
//
//   the lock is | owned by                    | if its receiver is cancelled
//   free        | nobody                      | -
//   handed over | a waiter that was served    | goes to the next in line
//   held        | whoever acquired it         | stays: release() frees it
//
// A release with waiters hands the lock over; it is never free in between, so a newcomer cannot slip
// in. All holders share one permit, because a permit of an exclusive lock carries nothing: `using`
// costs no allocation. Only a holder that releases by hand, and might dispose the permit again later,
// takes the permit with it; the next holder gets a fresh one.
import { InvalidStateError } from "../core/index.ts"
import type { Scope, WaitOptions } from "../core/lowlevel.ts"
import { WaitList, expectFunction, refusal, watchedTask } from "../core/lowlevel.ts"
import { LockPermit } from "./lock-permit.ts"

/** State of a lock at one moment. */
export interface LockStatistics {
  readonly locked: boolean
  /** Tasks waiting in line. */
  readonly waiting: number
}

/**
 * Lets one task in at a time.
 *
 * The key to a room with one key: take it, go in, hang it back. Needed only around code that waits
 * in the middle: between two awaits nobody else runs anyway. For several at a time use
 * {@link Semaphore}.
 *
 * **Cancellation.** Safe: a cancelled waiter leaves the line and does not hold the lock.
 * **Fairness.** First come, first served; a newcomer overtakes nobody.
 * **Pitfall.** It is not re-entrant: a task that acquires twice waits for itself.
 *
 * @example Read, wait, write
 * ```ts
 * const lock = new Lock()
 * let counter = 0
 * const increment = async () => {
 *   using _ = await lock.acquire()
 *   const before = counter
 *   await sleep(1)
 *   counter = before + 1
 * }
 * await gather(Array.from({ length: 10 }, () => () => increment()))
 * counter // => 10
 * ```
 */
export class Lock {
  /** While it is false nobody stands in `#line`. */
  #isLocked = false
  /** The task that holds it, as far as it is known: for the search of circles (E4). */
  #holder: Scope | null = null
  readonly #line = new WaitList<LockPermit>(
    "lock",
    () => {
      this.release()
      return true
    },
    { blockers: () => (this.#holder === null ? [] : [this.#holder]) },
  )
  // `using permit = await lock.acquire(); …; permit.release()` disposes a permit that is back already:
  // the lock may be somebody else's by then.
  readonly #takeBack = (permit: LockPermit, isByHand: boolean): void => {
    if (permit !== this.#permit || !this.#isLocked) return
    if (isByHand) this.#renewPermit()
    this.release()
  }
  /** The permit of whoever holds the lock or is let in next, and a promise of it. */
  #permit = new LockPermit(this.#takeBack)
  #acquired = Promise.resolve(this.#permit)

  /**
   * Takes the lock, waiting in line if it is held.
   *
   * **Cancellation.** Safe: a cancelled waiter leaves the line and holds nothing.
   *
   * @param options.signal - Ends the wait with `signal.reason` when it aborts. @default none
   * @param options.timeout - Milliseconds after which the wait throws a TimeoutError. @default no limit
   * @returns A permit for `using`; disposing it releases the lock.
   * @throws {TimeoutError} If the limit ran out first.
   */
  acquire(options?: WaitOptions): Promise<LockPermit> {
    if (this.#isLocked) return this.#line.wait(undefined, options)
    const refused = refusal(options)
    if (refused !== null) return refused
    this.#isLocked = true
    this.#holder = watchedTask()
    return this.#line.isTurnDue() ? this.#line.pass(this.#permit, undefined) : this.#acquired
  }

  /**
   * Frees the lock, or hands it to the first in line.
   *
   * @throws {InvalidStateError} If it is not held.
   */
  release(): void {
    if (!this.#isLocked) throw new InvalidStateError("Cannot release lock: it is not held")
    const next = this.#line.serve(this.#permit)
    this.#holder = next?.scope?.unit ?? null
    if (next === null) this.#isLocked = false
  }

  /** Whether a newcomer would have to wait. */
  locked(): boolean {
    return this.#isLocked
  }

  /**
   * Runs `fn` with the lock held, and releases it on every way out.
   *
   * **Cancellation.** As `acquire()`; `fn` itself is cancelled like any other code.
   *
   * @param options - Limits of the wait for the lock, as for `acquire()`.
   */
  async run<T>(fn: () => T | PromiseLike<T>, options?: WaitOptions): Promise<T> {
    expectFunction(fn)
    await this.acquire(options)
    try {
      return await fn()
    } finally {
      this.release()
    }
  }

  statistics(): LockStatistics {
    return { locked: this.#isLocked, waiting: this.#line.size }
  }

  toString(): string {
    return `<Lock ${this.#isLocked ? "locked" : "unlocked"} waiting=${this.#line.size}>`
  }

  /** @internal Takes the lock if it is free, at once: for who has waited a moment ago. */
  takeFree(): boolean {
    if (this.#isLocked) return false
    this.#isLocked = true
    this.#holder = watchedTask()
    return true
  }

  /** @internal Frees the lock for a while. Its holder keeps the permit it gives, and takes it up again. */
  setAside(): LockPermit {
    const permit = this.#permit
    this.#renewPermit()
    this.release()
    return permit
  }

  /** @internal The lock was acquired again by the holder of `permit`, which is good for it from now on. */
  takeUp(permit: LockPermit): void {
    this.#permit = permit
    this.#acquired = Promise.resolve(permit)
  }

  #renewPermit(): void {
    this.#permit = new LockPermit(this.#takeBack)
    this.#acquired = Promise.resolve(this.#permit)
  }
}
