// So many borrowers at a time, each known.
//
//   a token is  | owned by                           | if its receiver is cancelled
//   free        | the limiter                        | -
//   handed over | a borrower that was served         | goes to the next in line
//   borrowed    | one borrower                       | stays: release() gives it back
//
// Unlike a semaphore it knows who borrows: nobody borrows twice, and nobody gives back what is
// somebody else's. The total can be changed while it is in use; a smaller one takes effect as tokens
// come back. Tokens are free only when nobody waits. Idea: Trio's and AnyIO's CapacityLimiter.
import { misuse } from "../base/misuse.ts"
import { InvalidStateError } from "../core/index.ts"
import type { LineWait, WaitOptions } from "../core/lowlevel.ts"
import { WaitList, expectFunction, refusal, runningTask } from "../core/lowlevel.ts"
import { Permit } from "./permit.ts"

/** State of a limiter at one moment. */
export interface CapacityStatistics {
  readonly total: number
  readonly borrowed: number
  /** Who borrows: tasks, or what was given as borrower. */
  readonly borrowers: readonly object[]
  /** Tasks waiting in line. */
  readonly waiting: number
}

/** Limits of a wait for a token, and who it is for. */
export interface BorrowOptions extends WaitOptions {
  /** Who borrows. @default the current task; outside a task, somebody new each time */
  readonly borrower?: object | undefined
}

/**
 * Lets so many borrowers in at a time, each of them once.
 *
 * A sofa with so many seats: who sits is known, and nobody takes two. For anonymous permits use
 * {@link Semaphore}; for starts per second, {@link RateLimiter}.
 *
 * **Cancellation.** Safe: a cancelled waiter leaves the line and has borrowed nothing.
 * **Fairness.** First come, first served; a newcomer overtakes nobody.
 *
 * @param total - How many may borrow at once. At least 1; Infinity for no bound.
 * @throws {RangeError} If `total` is no integer from 1 up.
 * @throws {TypeError} If `total` is no number.
 *
 * @example Who has what
 * ```ts
 * const limiter = new CapacityLimiter(2)
 * const borrowed = await limiter.run(async () => limiter.statistics().borrowed)
 * borrowed // => 1
 * limiter.statistics().borrowed // => 0
 * ```
 */
export class CapacityLimiter {
  #total: number
  /** Who borrows, with the permit it got; more than `#total` only after that was made smaller. */
  readonly #borrowers = new Map<object, Permit>()
  readonly #line: WaitList<Permit, object> = new WaitList<Permit, object>("capacity limiter", (permit) => {
    permit.release()
    return true
  })

  constructor(total: number) {
    this.#total = expectTotal(total)
  }

  /** How many may borrow at once; can be changed at any time. */
  get total(): number {
    return this.#total
  }

  set total(total: number) {
    this.#total = expectTotal(total)
    this.#serve()
  }

  /**
   * Borrows a token, waiting in line if none is free.
   *
   * **Cancellation.** Safe: a cancelled waiter has borrowed nothing.
   *
   * @param options.borrower - Who borrows. @default the current task; outside a task, somebody new each time
   * @param options.signal - Ends the wait with `signal.reason` when it aborts. @default none
   * @param options.timeout - Milliseconds after which the wait throws a TimeoutError. @default no limit
   * @returns A permit that goes back when disposed or released.
   * @throws {InvalidStateError} If the borrower has a token already.
   * @throws {TimeoutError} If the limit ran out first.
   */
  acquire(options?: BorrowOptions): Promise<Permit> {
    const refused = refusal(options)
    if (refused !== null) return refused
    const borrower = options?.borrower ?? runningTask() ?? {}
    if (typeof borrower !== "object" && typeof borrower !== "function") {
      const message = `Expected \`borrower\` to be an object, got \`${String(borrower)}\` (${typeof borrower})`
      return Promise.reject(new TypeError(message))
    }
    if (this.#borrowers.has(borrower)) return Promise.reject(hasOneAlready())
    if (this.#isFull) return this.#line.wait(borrower, options)
    const permit = this.#lend(borrower)
    const mustQueue = this.#line.isServing || this.#line.isTurnDue()
    return mustQueue ? this.#line.pass(permit, borrower) : Promise.resolve(permit)
  }

  /**
   * Gives a token back by its borrower's name; a permit can be released as well.
   *
   * @param borrower - Whose token. @default the current task
   * @throws {InvalidStateError} If the borrower has none, or none is named outside a task.
   */
  release(borrower: object | null = runningTask()): void {
    if (borrower === null)
      throw new InvalidStateError("Cannot give back outside a task: name a `borrower`, or release the permit")
    if (!this.#borrowers.delete(borrower))
      throw new InvalidStateError("Cannot give back: this borrower has no token")
    this.#serve()
  }

  /** Whether a newcomer would have to wait. */
  locked(): boolean {
    return this.#isFull || this.#line.isServing
  }

  /**
   * Runs `fn` with a token borrowed for the current task.
   *
   * **Cancellation.** As `acquire()`; the token goes back on every way out.
   *
   * @param options - As for `acquire()`.
   */
  async run<T>(fn: () => T | PromiseLike<T>, options?: BorrowOptions): Promise<T> {
    expectFunction(fn)
    const permit = await this.acquire(options)
    try {
      return await fn()
    } finally {
      permit.release()
    }
  }

  statistics(): CapacityStatistics {
    return {
      total: this.#total,
      borrowed: this.#borrowers.size,
      borrowers: [...this.#borrowers.keys()],
      waiting: this.#line.size,
    }
  }

  toString(): string {
    return `<CapacityLimiter borrowed=${this.#borrowers.size}/${this.#total} waiting=${this.#line.size}>`
  }

  #lend(borrower: object): Permit {
    const permit = new Permit(() => {
      if (this.#borrowers.get(borrower) !== permit) return
      this.#borrowers.delete(borrower)
      this.#serve()
    })
    this.#borrowers.set(borrower, permit)
    return permit
  }

  #serve(): void {
    for (let head = this.#head(); head !== null; head = this.#head())
      this.#line.serve(this.#lend(head.detail))
  }

  // Two branches of one task may stand in line: `Promise.all([limiter.run(a), limiter.run(b)])`. The
  // second is let in if the first is out by then.
  get #isFull(): boolean {
    return this.#borrowers.size >= this.#total
  }

  #head(): LineWait<Permit, object> | null {
    const { first } = this.#line
    if (first === null || this.#isFull) return null
    if (!this.#borrowers.has(first.detail)) return first
    this.#line.remove(first)
    first.fail(hasOneAlready())
    return this.#head()
  }
}

function hasOneAlready(): InvalidStateError {
  return new InvalidStateError("Cannot borrow: this borrower has a token already")
}

function expectTotal(total: number): number {
  if (total === Infinity || (Number.isInteger(total) && total >= 1)) return total
  throw misuse("total", "an integer from 1 up or Infinity", total)
}
