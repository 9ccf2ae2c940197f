// Waiting until shared state has changed, under a lock.
//
//   a notice is | owned by                         | if its receiver is cancelled
//   given       | a waiter that was served         | goes to the next who waits, or is gone
//   acted on    | a waiter that takes the lock     | as above: it is passed on before the error is thrown
//
// Who waits gives the lock back, and has it again when `wait()` ends, however it ends: the lock is
// taken back behind a shield, and a request that came meanwhile is thrown afterwards (C2). A waiter
// that ends for another reason than a notice passes nothing on. Nothing is remembered for those who
// come later.
import { misuse } from "../base/misuse.ts"
import { InvalidStateError, TimeoutError, cancelScope } from "../core/index.ts"
import type { WaitOptions } from "../core/lowlevel.ts"
import { WaitList, clock, currentScope, expectFunction, refusal } from "../core/lowlevel.ts"
import type { LockPermit } from "./lock-permit.ts"
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
 * @param lock - The lock that guards the state; several conditions may share one. @default a lock of its own
 * @throws {TypeError} If `lock` is no lock.
 *
 * @example Wait for a value
 * ```ts
 * const condition = new Condition()
 * let value = 0
 * const reader = createTask(() => condition.run(() => condition.waitFor(() => value > 1)))
 * for (const next of [1, 2]) {
 *   await condition.run(() => {
 *     value = next
 *     condition.notifyAll()
 *   })
 * }
 * await reader // => true
 * ```
 */
export class Condition {
  readonly #lock: Lock
  /** Served with true for a notice, with false for a mere turn. */
  readonly #line: WaitList<boolean> = new WaitList<boolean>("condition", (isNotice) => {
    if (isNotice) this.#passOn()
    return true
  })

  constructor(lock: Lock = new Lock()) {
    if (!(lock instanceof Lock))
      throw new TypeError(`Expected \`lock\` to be a Lock, got \`${String(lock)}\` (${typeof lock})`)
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

  /**
   * Frees the lock.
   *
   * @throws {InvalidStateError} If it is not held.
   */
  release(): void {
    this.#lock.release()
  }

  /** Whether the lock is held. */
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
   * **Cancellation.** The lock is held when this throws. A request that comes while the lock is being
   * taken back is thrown once it is held.
   *
   * @param options.signal - Ends the wait for a notice with `signal.reason` when it aborts. @default none
   * @param options.timeout - Milliseconds after which the wait for a notice throws a TimeoutError. @default no limit
   * @returns True.
   * @throws {InvalidStateError} If the lock is not held.
   * @throws {TimeoutError} If the limit ran out first.
   */
  async wait(options?: WaitOptions): Promise<true> {
    this.#expectHeld("wait")
    const refused = refusal(options)
    if (refused !== null) return refused
    const notified = this.#line.wait(undefined, options)
    const permit = this.#lock.setAside()
    try {
      await notified
    } finally {
      if (!this.#lock.takeFree()) await cancelScope(() => this.#lock.acquire(), { shield: true })
      this.#lock.takeUp(permit)
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
   * @param predicate - Looks at the state; called with the lock held, and once before that.
   * @param options.signal - Ends the wait with `signal.reason` when it aborts. @default none
   * @param options.timeout - Milliseconds in all, after which it throws a TimeoutError. @default no limit
   * @returns What the predicate gave.
   * @throws {InvalidStateError} If it has to wait and the lock is not held.
   * @throws {TypeError} If the predicate gives a promise.
   * @throws {TimeoutError} If the limit ran out first.
   */
  async waitFor<T>(predicate: () => T, options: WaitOptions = {}): Promise<T> {
    expectFunction(predicate)
    const refused = refusal(options)
    if (refused !== null) return refused
    if (this.#line.isTurnDue()) await this.#line.pass(false, undefined)
    const end = clock.now() + (options.timeout ?? Infinity)
    for (;;) {
      const result = predicate()
      if (isThenable(result)) {
        throw new TypeError("Expected `predicate` to give a value at once, got a promise: it is always true")
      }
      if (result) return result
      await this.#waitUntil(end, options)
    }
  }

  /**
   * Wakes the first `count` who wait; each goes on once it has the lock. Nothing is remembered if
   * nobody waits.
   *
   * @param count - How many. An integer from 0 up, or Infinity. @default 1
   * @throws {InvalidStateError} If the lock is not held.
   * @throws {RangeError} If `count` is negative or no integer.
   */
  notify(count = 1): void {
    if (count !== Infinity && (!Number.isInteger(count) || count < 0)) {
      throw misuse("count", "an integer from 0 up", count)
    }
    this.#expectHeld("notify")
    for (let i = 0; i < count && this.#line.serve(true) !== null; i += 1);
  }

  /**
   * Wakes all who wait.
   *
   * @throws {InvalidStateError} If the lock is not held.
   */
  notifyAll(): void {
    this.notify(Infinity)
  }

  statistics(): ConditionStatistics {
    return { locked: this.#lock.locked(), waiting: this.#line.size }
  }

  toString(): string {
    return `<Condition ${this.#lock.locked() ? "locked" : "unlocked"} waiting=${this.#line.size}>`
  }

  /** One round of `waitFor`; the limit is that of all rounds together. */
  async #waitUntil(end: number, { signal, timeout }: WaitOptions): Promise<void> {
    try {
      await this.wait({ signal, timeout: end - clock.now() })
    } catch (error) {
      if (error === signal?.reason || !(error instanceof TimeoutError)) throw error
      throw new TimeoutError(`Timed out after ${timeout} ms waiting for condition`, { cause: error })
    }
  }

  #passOn(): void {
    this.#line.serve(true)
  }

  #expectHeld(action: string): void {
    if (!this.#lock.locked())
      throw new InvalidStateError(`Cannot ${action}: the lock of the condition is not held`)
  }
}

function isThenable(value: unknown): boolean {
  return typeof value === "object" && value !== null && "then" in value
}
