// Waiting until shared state has changed, under a lock.
//
// Who waits gives the lock back, and has it again when `wait()` ends, however it ends: the lock is
// taken back behind a shield, and a request that came meanwhile is thrown afterwards (C2). A
// waiter that was notified and did not go on for whatever reason passes the notice on.
import { InvalidStateError, cancelScope } from "../core/index.ts"
import type { WaitOptions } from "../core/lowlevel.ts"
import { WaitList, currentScope } from "../core/lowlevel.ts"
import type { LockPermit } from "./lock.ts"
import { Lock } from "./lock.ts"

/** State of a condition at one moment. */
export interface ConditionStatistics {
  readonly locked: boolean
  /** Tasks waiting to be notified. */
  readonly waiting: number
}

/**
 * A place to wait until shared state is as one needs it.
 *
 * A waiting room with a bell: who changes the state rings, who waits looks again. For items between
 * tasks use {@link Queue}; for something that happens once, {@link Event}.
 *
 * **Cancellation.** Safe: the lock is held when `wait()` throws, and a notice is not lost.
 * **Fairness.** Waiters are notified in order of arrival.
 * **Pitfall.** Look again after `wait()`: the state may have changed in between. `waitFor` does it.
 *
 * @param lock - The lock that guards the state. @default a lock of its own
 *
 * @example Wait for a value
 * ```ts
 * const condition = new Condition()
 * let value = 0
 * const reader = createTask(() => condition.run(() => condition.waitFor(() => value > 1)))
 * for (const next of [1, 2]) {
 *   await condition.run(async () => {
 *     value = next
 *     condition.notifyAll()
 *   })
 * }
 * await reader // => true
 * ```
 */
export class Condition {
  readonly #lock: Lock
  readonly #line = new WaitList<true>("condition", () => {
    this.#passOn()
    return true
  })

  constructor(lock: Lock = new Lock()) {
    this.#lock = lock
  }

  /**
   * Takes the lock.
   *
   * **Cancellation.** As `Lock.acquire`.
   */
  acquire(options?: WaitOptions): Promise<LockPermit> {
    return this.#lock.acquire(options)
  }

  /** Frees the lock. */
  release(): void {
    this.#lock.release()
  }

  locked(): boolean {
    return this.#lock.locked()
  }

  /**
   * Runs `fn` with the lock held.
   *
   * **Cancellation.** As `Lock.run`.
   */
  run<T>(fn: () => T | PromiseLike<T>, options?: WaitOptions): Promise<T> {
    return this.#lock.run(fn, options)
  }

  /**
   * Gives the lock back, waits to be notified, and takes the lock again.
   *
   * **Cancellation.** The lock is held when this throws.
   *
   * @param options.signal - Ends the wait with `signal.reason` when it aborts. @default none
   * @param options.timeout - Milliseconds after which the wait throws a TimeoutError. @default no limit
   * @returns True.
   * @throws {InvalidStateError} If the lock is not held.
   */
  async wait(options?: WaitOptions): Promise<true> {
    this.#expectHeld("wait")
    const notified = this.#line.wait(undefined, options)
    this.#lock.release()
    try {
      await notified
    } finally {
      await this.#takeBack()
    }
    const request = currentScope().takePending()
    if (request === null) return true
    this.#passOn()
    throw request
  }

  /**
   * Waits until `predicate` gives something true, looking again after each notice.
   *
   * **Cancellation.** As `wait()`.
   *
   * @returns What the predicate gave.
   * @throws {InvalidStateError} If it has to wait and the lock is not held.
   */
  async waitFor<T>(predicate: () => T, options?: WaitOptions): Promise<T> {
    for (;;) {
      const result = predicate()
      if (result) return result
      await this.wait(options)
    }
  }

  /**
   * Wakes the first `count` who wait; each goes on once it has the lock. Nothing is remembered if
   * nobody waits.
   *
   * @throws {InvalidStateError} If the lock is not held.
   */
  notify(count = 1): void {
    this.#expectHeld("notify")
    for (let i = 0; i < count && this.#line.serve(true) !== null; i += 1);
  }

  /** Wakes all who wait. */
  notifyAll(): void {
    this.notify(Infinity)
  }

  statistics(): ConditionStatistics {
    return { locked: this.#lock.locked(), waiting: this.#line.size }
  }

  toString(): string {
    return `<Condition ${this.#lock.locked() ? "locked" : "unlocked"} waiting=${this.#line.size}>`
  }

  async #takeBack(): Promise<void> {
    if (this.#lock.locked()) await cancelScope(() => this.#lock.acquire(), { shield: true })
    else await this.#lock.acquire()
  }

  #passOn(): void {
    this.#line.serve(true)
  }

  #expectHeld(action: string): void {
    if (!this.#lock.locked()) throw new InvalidStateError(`Cannot ${action}: the lock of the condition is not held`)
  }
}
