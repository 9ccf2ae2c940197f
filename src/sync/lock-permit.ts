// The right to be inside a lock.
//
// One object serves all holders in turn, so it cannot know whether the one who gives it back still
// holds the lock; the lock can, because it takes a permit that was released by hand out of use.

/** How a lock gets its permit back. */
export type TakeBack = (permit: LockPermit, isByHand: boolean) => void

/**
 * The right to be inside a {@link Lock}, for `using`.
 *
 * The key itself. Other primitives give each holder a {@link Permit} of its own.
 *
 * **Pitfall.** Give the lock back by the permit or by `lock.release()`, not by both.
 *
 * @example Back before the block ends
 * ```ts
 * const lock = new Lock()
 * {
 *   using permit = await lock.acquire()
 *   permit.release()
 *   lock.locked() // => false
 * }
 * lock.locked() // => false
 * ```
 */
export class LockPermit implements Disposable {
  readonly #takeBack: TakeBack

  constructor(takeBack: TakeBack) {
    this.#takeBack = takeBack
  }

  /** Releases the lock; later calls, and the end of `using`, do nothing. */
  release(): void {
    this.#takeBack(this, true)
  }

  [Symbol.dispose](): void {
    this.#takeBack(this, false)
  }
}
