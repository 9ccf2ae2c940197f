// A bounded number of tasks inside.
//
//   a permit is | owned by                    | if its receiver is cancelled
//   free        | the semaphore               | -
//   handed over | a waiter that was served    | goes to the next in line
//   held        | whoever acquired it         | stays: release() gives it back
//
// `#free` is positive only when nobody waits: a released permit goes to the head of the line and
// never becomes free for a newcomer to grab (no overtaking).
import { misuse } from "../base/misuse.ts"
import type { WaitOptions } from "../core/lowlevel.ts"
import { WaitList, expectFunction, refusal } from "../core/lowlevel.ts"
import { Permit } from "./permit.ts"

/** State of a semaphore at one moment. */
export interface SemaphoreStatistics {
  /** Permits nobody holds. */
  readonly free: number
  /** Tasks waiting in line. */
  readonly waiting: number
}

/**
 * Lets at most so many tasks in at a time.
 *
 * A bowl of permits: take one to go in, put it back when you leave. To run a function over many
 * items prefer {@link map}; to limit starts per second, {@link RateLimiter}.
 *
 * **Cancellation.** Safe: a cancelled waiter leaves the line and holds nothing.
 * **Fairness.** First come, first served; a newcomer overtakes nobody.
 * **Pitfall.** Calling `release()` on the semaphore without having acquired lets one more in; the
 * permit's own `release()` cannot do that.
 *
 * @param permits - How many may be inside. At least 0. @default 1
 * @throws {RangeError} If `permits` is no integer from 0 up.
 * @throws {TypeError} If `permits` is no number.
 *
 * @example Two at a time
 * ```ts
 * const gate = new Semaphore(2)
 * const lengths = await gather(["a", "bb", "ccc"].map((word) => () => gate.run(async () => word.length)))
 * lengths // => [1, 2, 3]
 * ```
 */
export class Semaphore {
  #free: number
  readonly #line = new WaitList<Permit>("semaphore", () => {
    this.release()
    return true
  })
  readonly #giveBack = (): void => this.release()

  constructor(permits = 1) {
    if (!Number.isInteger(permits) || permits < 0) {
      throw misuse("permits", "an integer from 0 up", permits)
    }
    this.#free = permits
  }

  /**
   * Takes one permit, waiting in line if none is free.
   *
   * **Cancellation.** Safe: a cancelled waiter leaves the line and holds nothing.
   *
   * @param options.signal - Ends the wait with `signal.reason` when it aborts. @default none
   * @param options.timeout - Milliseconds after which the wait throws a TimeoutError. @default no limit
   * @returns A permit that goes back when disposed or released.
   * @throws {TimeoutError} If the limit ran out first.
   */
  acquire(options?: WaitOptions): Promise<Permit> {
    if (this.#free === 0) return this.#line.wait(undefined, options)
    const refused = refusal(options)
    if (refused !== null) return refused
    this.#free -= 1
    const permit = new Permit(this.#giveBack)
    const mustQueue = this.#line.isServing || this.#line.isTurnDue()
    return mustQueue ? this.#line.pass(permit, undefined) : Promise.resolve(permit)
  }

  /** Puts one permit back; it goes to the first in line. */
  release(): void {
    if (this.#line.first === null) this.#free += 1
    else this.#line.serve(new Permit(this.#giveBack))
  }

  /** Whether a newcomer would have to wait. */
  locked(): boolean {
    return this.#free === 0 || this.#line.isServing
  }

  /**
   * Runs `fn` inside: acquires, calls, and gives back on every way out.
   *
   * **Cancellation.** As `acquire()`; `fn` itself is cancelled like any other code.
   */
  async run<T>(fn: () => T | PromiseLike<T>, options?: WaitOptions): Promise<T> {
    expectFunction(fn)
    const permit = await this.acquire(options)
    try {
      return await fn()
    } finally {
      permit.release()
    }
  }

  statistics(): SemaphoreStatistics {
    return { free: this.#free, waiting: this.#line.size }
  }

  toString(): string {
    return `<${this.constructor.name} ${this.locked() ? "locked" : `free=${this.#free}`} waiting=${this.#line.size}>`
  }
}
