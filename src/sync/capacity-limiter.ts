// So many borrowers at a time, known by name.
//
//   a token is  | owned by                           | if its receiver is cancelled
//   free        | the limiter                        | -
//   handed over | a borrower that was served         | goes to the next in line
//   borrowed    | one borrower                       | stays: release() gives it back
//
// Unlike a semaphore it knows who borrows: nobody borrows twice, and nobody gives back what is
// somebody else's. The total can be changed while it is in use; a smaller one takes effect as
// tokens come back. Idea: Trio's and AnyIO's CapacityLimiter.
import { InvalidStateError, currentTask } from "../core/index.ts"
import type { WaitOptions } from "../core/lowlevel.ts"
import { WaitList, checkSignal } from "../core/lowlevel.ts"
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

/**
 * Lets so many borrowers in at a time, each of them once.
 *
 * A sofa with so many seats: who sits is known, and nobody takes two. For anonymous permits use
 * {@link Semaphore}; for starts per second, {@link RateLimiter}.
 *
 * **Cancellation.** Safe: a cancelled waiter leaves the line and has borrowed nothing.
 * **Fairness.** First come, first served.
 *
 * @param total - How many may borrow at once. At least 1; Infinity for no bound.
 * @throws {RangeError} If `total` is no integer from 1 up.
 *
 * @example Who has what
 * ```ts
 * const limiter = new CapacityLimiter(2)
 * const total = await limiter.run(async () => limiter.statistics().borrowed)
 * total // => 1
 * ```
 */
export class CapacityLimiter {
  #total: number
  readonly #borrowers = new Set<object>()
  readonly #line: WaitList<Permit, object> = new WaitList<Permit, object>("capacity limiter", (permit) => {
    permit.release()
    return true
  })

  constructor(total: number) {
    this.#total = checkTotal(total)
  }

  /** How many may borrow at once; can be changed at any time. */
  get total(): number {
    return this.#total
  }

  set total(total: number) {
    this.#total = checkTotal(total)
    this.#serve()
  }

  /**
   * Borrows a token, waiting in line if none is free.
   *
   * **Cancellation.** Safe: a cancelled waiter has borrowed nothing.
   *
   * @param options.borrower - Who borrows. @default the current task
   * @param options.signal - Ends the wait with `signal.reason` when it aborts. @default none
   * @param options.timeout - Milliseconds after which the wait throws a TimeoutError. @default no limit
   * @throws {InvalidStateError} If the borrower has one already, or there is no current task to borrow for.
   */
  acquire(options: WaitOptions & { readonly borrower?: object | undefined } = {}): Promise<Permit> {
    const borrower = options.borrower ?? borrowingTask()
    if (this.#borrowers.has(borrower)) throw new InvalidStateError("Cannot borrow: this borrower has a token already")
    if (this.locked()) return this.#line.wait(borrower, options)
    checkSignal(options)
    return Promise.resolve(this.#lend(borrower))
  }

  /**
   * Gives the token of the current task, or of `borrower`, back.
   *
   * @throws {InvalidStateError} If it has none.
   */
  release(borrower: object = borrowingTask()): void {
    if (!this.#borrowers.delete(borrower)) throw new InvalidStateError("Cannot give back: this borrower has no token")
    this.#serve()
  }

  /** Whether a newcomer would have to wait. */
  locked(): boolean {
    return this.#line.first !== null || this.#borrowers.size >= this.#total
  }

  /**
   * Runs `fn` with a token borrowed for the current task.
   *
   * **Cancellation.** As `acquire()`; the token goes back on every way out.
   */
  async run<T>(fn: () => T | PromiseLike<T>, options?: WaitOptions & { readonly borrower?: object | undefined }): Promise<T> {
    const permit = await this.acquire(options)
    try {
      return await fn()
    } finally {
      permit.release()
    }
  }

  statistics(): CapacityStatistics {
    return { total: this.#total, borrowed: this.#borrowers.size, borrowers: [...this.#borrowers], waiting: this.#line.size }
  }

  toString(): string {
    return `<CapacityLimiter borrowed=${this.#borrowers.size}/${this.#total} waiting=${this.#line.size}>`
  }

  #lend(borrower: object): Permit {
    this.#borrowers.add(borrower)
    return new Permit(() => this.release(borrower))
  }

  #serve(): void {
    for (let head = this.#line.first; head !== null && this.#borrowers.size < this.#total; head = this.#line.first) {
      this.#line.serve(this.#lend(head.detail))
    }
  }
}

function borrowingTask(): object {
  const task = currentTask()
  if (task === null) throw new InvalidStateError("Cannot borrow outside a task: name a `borrower`")
  return task
}

function checkTotal(total: number): number {
  if (total === Infinity || (Number.isInteger(total) && total >= 1)) return total
  throw new RangeError(`Expected \`total\` to be an integer from 1 up or Infinity, got \`${String(total)}\` (${typeof total})`)
}
