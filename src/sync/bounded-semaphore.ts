// A semaphore that notices when more comes back than went out.
//
// The states of a permit are those of the plain one. All permits free means that nobody is inside, so
// a release in that state is one too many, whoever makes it.
import { Semaphore } from "./semaphore.ts"

/**
 * A {@link Semaphore} that refuses a release too many.
 *
 * A bowl that holds so many permits and no more. Take it where `release()` is called by hand; with
 * `using` or `run` the plain one cannot go wrong either.
 *
 * **Cancellation.** Safe: a cancelled waiter leaves the line and holds nothing.
 * **Fairness.** First come, first served; a newcomer overtakes nobody.
 *
 * @param permits - How many may be inside. At least 0. @default 1
 * @throws {RangeError} If `permits` is no integer from 0 up.
 * @throws {TypeError} If `permits` is no number.
 *
 * @example One release too many
 * ```ts
 * const gate = new BoundedSemaphore(1)
 * await gate.acquire()
 * gate.release()
 * gate.release() // => throws RangeError
 * ```
 */
export class BoundedSemaphore extends Semaphore {
  /** What it started with; never more are free. */
  readonly #permits: number

  constructor(permits = 1) {
    super(permits)
    this.#permits = permits
  }

  /**
   * Puts one permit back; it goes to the first in line.
   *
   * @throws {RangeError} If none is out.
   */
  override release(): void {
    if (this.statistics().free >= this.#permits) {
      throw new RangeError(
        `Cannot release semaphore: it was released more often than acquired (permits: ${this.#permits})`,
      )
    }
    super.release()
  }
}
