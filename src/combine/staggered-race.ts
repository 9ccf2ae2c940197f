// Start one, and the next when it is slow or has failed; the first success wins.
//
// The helper behind happy eyeballs. What was started when the winner came is cancelled and has
// ended before the result is given. Idea: RFC 8305 and asyncio's `staggered_race`.
import { CancelledError, Future, isCancelled, taskGroup } from "../core/index.ts"
import type { TaskGroup } from "../core/index.ts"
import { expectFunction } from "../core/lowlevel.ts"
import { moveOnAfter } from "../time/index.ts"

/** How a staggered race ended. */
export interface StaggeredResult<T> {
  /** The winner's value, or null if all failed. */
  readonly value: T | null
  /** The winner's place among the functions, or null if all failed. */
  readonly index: number | null
  /** For each function that was started its error, null for the winner. */
  readonly errors: readonly unknown[]
}

/**
 * Starts functions one after the other, each when the one before is slow or has failed, until one succeeds.
 *
 * Ringing at several doors: at the next one when nobody answers for a while. To start all at once,
 * see {@link race}.
 *
 * **Cancellation.** Cancels all that were started and waits for them.
 *
 * @param fns - The functions in order of preference.
 * @param delay - Milliseconds before the next is started; null starts it only after a failure.
 * @returns Value and place of the winner, both null if all failed, and the errors of all that were started.
 *
 * @example The first fails, the second is asked at once
 * ```ts
 * const { value, index } = await staggeredRace([() => Promise.reject(new Error("down")), async () => "up"], 1000)
 * value // => "up"
 * index // => 1
 * ```
 */
export async function staggeredRace<T>(
  fns: Iterable<() => T | PromiseLike<T>>,
  delay: number | null,
): Promise<StaggeredResult<T>> {
  const runners = [...fns]
  runners.forEach((fn) => expectFunction(fn))
  const race = new StaggeredRace(runners)
  await taskGroup((group) => race.start(group, delay))
  return race.result()
}

class StaggeredRace<T> {
  readonly #runners: readonly (() => T | PromiseLike<T>)[]
  readonly #errors: unknown[] = []
  #winner: { readonly value: T; readonly index: number } | null = null

  constructor(runners: readonly (() => T | PromiseLike<T>)[]) {
    this.#runners = runners
  }

  async start(group: TaskGroup, delay: number | null): Promise<void> {
    for (const [index, fn] of this.#runners.entries()) {
      const failed = new Future<void>()
      this.#errors.push(null)
      group.createTask(() => this.#run(group, fn, index, failed))
      if (index === this.#runners.length - 1) return
      if (delay === null) await failed.join()
      else await moveOnAfter(delay, () => failed.join())
    }
  }

  result(): StaggeredResult<T> {
    return { value: this.#winner?.value ?? null, index: this.#winner?.index ?? null, errors: this.#errors }
  }

  async #run(group: TaskGroup, fn: () => T | PromiseLike<T>, index: number, failed: Future<void>): Promise<void> {
    try {
      const value = await fn()
      if (this.#winner !== null) throw new CancelledError("another one had won")
      this.#winner = { value, index }
      group.cancel("the race is won")
    } catch (error) {
      this.#errors[index] = error
      if (isCancelled(error)) throw error
      failed.setResult()
    }
  }
}
