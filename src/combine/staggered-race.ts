// Start one, and the next when it is slow or has failed; the first success wins.
//
// The helper behind happy eyeballs. What was started when the winner came is cancelled and has
// ended before the result is given; what each one threw is in the result. Idea: RFC 8305 and
// asyncio's `staggered_race`.
import { CancelledError, Future, taskGroup } from "../core/index.ts"
import type { TaskGroup } from "../core/index.ts"
import type { Scope } from "../core/lowlevel.ts"
import { currentScope, expectFunction, refusedTime } from "../core/lowlevel.ts"
import { moveOnAfter } from "../time/index.ts"
import type { ValueOf } from "./list-works.ts"

/** How a staggered race ended; `index` tells whether somebody won. */
export type StaggeredResult<T> =
  | { readonly value: T; readonly index: number; readonly errors: readonly unknown[] }
  | { readonly value: null; readonly index: null; readonly errors: readonly unknown[] }

/**
 * Starts functions one after the other, each when the one before is slow or has failed, until one succeeds.
 *
 * Ringing at several doors: at the next one when nobody answers for a while. To start all at once
 * and take the first end, also a failure, see {@link race}; for the same function again, {@link retry}.
 *
 * **Cancellation.** Cancels all that were started and waits for them.
 *
 * @param fns - The functions in order of preference.
 * @param delay - Milliseconds before the next is started; null starts it only after a failure.
 * @returns Value and place of the winner, both null if all failed, and for each function that was
 * started its error in `errors`: null for the winner, a CancelledError for one that was too slow.
 * @throws {TypeError} If one is no function; none is started then.
 * @throws {RangeError} If `delay` is NaN.
 * @throws {CancelledError} If the current task is cancelled meanwhile.
 *
 * @example The first fails, the second is asked at once
 * ```ts
 * const { value, index } = await staggeredRace([() => Promise.reject(new Error("down")), async () => "up"], 1000)
 * value // => "up"
 * index // => 1
 * ```
 */
export async function staggeredRace<F extends () => unknown>(
  fns: Iterable<F>,
  delay: number | null,
): Promise<StaggeredResult<ValueOf<F>>> {
  const runners = [...fns] as (() => ValueOf<F> | PromiseLike<ValueOf<F>>)[]
  runners.forEach((fn) => expectFunction(fn))
  const refused = delay === null ? null : refusedTime("delay", delay)
  if (refused !== null) return refused
  const race = new StaggeredRace(runners)
  await taskGroup((group) => race.start(group, delay))
  return race.result()
}

class StaggeredRace<T> {
  readonly #runners: readonly (() => T | PromiseLike<T>)[]
  /** For each one that was started its error, null while there is none. */
  readonly #errors: unknown[] = []
  #winner: { readonly value: T; readonly index: number } | null = null
  /** The scope of the group: tells whether the caller was cancelled. */
  #scope: Scope | null = null

  constructor(runners: readonly (() => T | PromiseLike<T>)[]) {
    this.#runners = runners
  }

  async start(group: TaskGroup, delay: number | null): Promise<void> {
    this.#scope = currentScope()
    for (const [index, fn] of this.#runners.entries()) {
      const failed = new Future<void>()
      this.#errors.push(null)
      void group.createTask(() => this.#run(group, fn, index, failed))
      if (index === this.#runners.length - 1) return
      if (delay === null) await failed.join()
      else await moveOnAfter(delay, () => failed.join())
    }
  }

  result(): StaggeredResult<T> {
    const errors = this.#errors
    return this.#winner === null ? { value: null, index: null, errors } : { ...this.#winner, errors }
  }

  async #run(
    group: TaskGroup,
    fn: () => T | PromiseLike<T>,
    index: number,
    failed: Future<void>,
  ): Promise<void> {
    try {
      const value = await fn()
      if (this.#winner !== null) throw new CancelledError("another one had won")
      this.#winner = { value, index }
      group.cancel("the race is won")
    } catch (error) {
      this.#errors[index] = error
      // What the clean-up of a cancelled race throws is no answer to be recorded: the group throws it.
      if (this.#winner === null && this.#scope?.outer !== null) throw error
      failed.setResult()
    }
  }
}
