// The order in which things happen, written into the code under test.
//
// Each place says its number; a wrong one fails on the spot, with both numbers. Idea:
// kotlinx.coroutines' `expect(1) … finish(9)`.

/** Checks that places are reached in order. */
export interface Steps {
  /**
   * This is the `n`-th place that is reached.
   * @throws {Error} If it is not.
   */
  readonly step: (n: number) => void
  /**
   * The last place; nothing may come after it.
   * @throws {Error} If another number was expected.
   */
  readonly finish: (n: number) => void
  /** Places that were reached. */
  readonly reached: number
}

/**
 * Makes a counter of places, for tests of order.
 *
 * Breadcrumbs with numbers: `step(1)` in one task, `step(2)` in another, `finish(3)` at the end.
 *
 * @returns `step`, `finish` and the number of places reached.
 *
 * @example A task starts after its creator goes on
 * ```ts
 * const { step, finish } = steps()
 * const task = createTask(async () => step(2))
 * step(1)
 * await task
 * finish(3)
 * ```
 */
export function steps(): Steps {
  let reached = 0
  let isFinished = false
  const step = (n: number): void => {
    if (isFinished) throw new Error(`Expected nothing after step ${reached}, got step ${n}`)
    if (n !== reached + 1) throw new Error(`Expected step ${reached + 1}, got step ${n}`)
    reached = n
  }
  return {
    step,
    finish(n: number): void {
      step(n)
      isFinished = true
    },
    get reached(): number {
      return reached
    },
  }
}
