// The right to use a thing of a pool for a while.
//
// It goes back once, however often it is released or disposed. Afterwards it does not give the thing
// any more: somebody else may have it.
import { InvalidStateError } from "../core/index.ts"

/**
 * A thing that was lent by a {@link Pool}; goes back when it is released or disposed.
 *
 * A library book: read it, bring it back, and do not keep copies of the shelf mark.
 *
 * **Cancellation.** Giving it back waits for nothing.
 *
 * @example For the length of a block
 * ```ts
 * const pool = new Pool({ create: () => ({ id: 1 }), destroy: () => {}, max: 1 })
 * {
 *   await using lease = await pool.acquire()
 *   lease.value.id // => 1
 * }
 * pool.statistics().lent // => 0
 * await pool.close()
 * ```
 */
export class PoolLease<T> implements AsyncDisposable {
  readonly #value: T
  /** Brings the thing back; null once that was done. */
  #giveBack: (() => void) | null

  constructor(value: T, giveBack: () => void) {
    this.#value = value
    this.#giveBack = giveBack
  }

  /**
   * The thing.
   *
   * @throws {InvalidStateError} If it went back already.
   */
  get value(): T {
    if (this.#giveBack === null)
      throw new InvalidStateError("Cannot use what was lent: it went back to the pool")
    return this.#value
  }

  /** Brings the thing back; later calls do nothing. */
  release(): void {
    const giveBack = this.#giveBack
    this.#giveBack = null
    giveBack?.()
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.release()
    return Promise.resolve()
  }
}
