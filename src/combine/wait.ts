// Waiting for some of several works, without taking their results.
//
// The wait listens to each future that is not done and leaves every one of them when it ends, for
// whatever reason: a wait that is cancelled, or whose time is over, leaves the works running and
// nothing hanging on them. It takes no outcome, so a failure stays unread until the caller reads it,
// unless the wait is for the first failure.
import { misuse } from "../base/misuse.ts"
import type { Future, WaitOptions, Work } from "../core/index.ts"
import type { FutureListener } from "../core/lowlevel.ts"
import { Wait, park, refusal } from "../core/lowlevel.ts"
import { moveOnAfter } from "../time/index.ts"
import type { HandleOf } from "./list-works.ts"
import { expectSome, listWorks, startWorks } from "./list-works.ts"

/** When {@link wait} is satisfied; a number means so many that are done. */
export type ReturnWhen = "all-completed" | "first-completed" | "first-exception" | number

/** Settings of {@link wait}. */
export interface WaitForSomeOptions extends WaitOptions {
  /** What to wait for. @default "all-completed" */
  readonly returnWhen?: ReturnWhen | undefined
}

/** What is done and what is not, in the order of the works. */
export interface DoneAndPending<F> {
  /** Finished, failed or cancelled. */
  readonly done: Set<F>
  /** Still running. */
  readonly pending: Set<F>
}

/**
 * Waits until all, the first, the first failed, or so many of several works are done.
 *
 * A shepherd at the gate: who is in, who is still out. Nothing is thrown for a failed work and
 * nothing is cancelled; look at the tasks in `done` with `exception()`, which does not throw for a
 * failure. For results in order prefer {@link gather}, for results as they come {@link asCompleted},
 * to end the losers {@link race}.
 *
 * **Cancellation.** The wait ends, the works run on.
 * **Pitfall.** `timeout` is no error here: what is not done then is in `pending`.
 *
 * @param works - Functions, which are started as tasks, tasks or futures; duplicates count once.
 * @param options.returnWhen - What to wait for; a number waits until so many are done, however they
 * ended. For "first-exception" a cancelled work is no failure. @default "all-completed"
 * @param options.timeout - Milliseconds after which it returns what there is. @default no limit
 * @param options.signal - Ends the wait with `signal.reason` when it aborts. @default none
 * @returns The sets `done` and `pending`, in the order of the works.
 * @throws {RangeError} If there are no works, or `returnWhen` is no such word or more than there are.
 * @throws {TypeError} If one is a promise or something else; none is started then.
 * @throws {CancelledError} If the current task is cancelled while it waits.
 *
 * @example The first two of three
 * ```ts
 * const works = [30, 10, 20].map((ms) => () => sleep(ms, ms))
 * const { done, pending } = await wait(works, { returnWhen: 2 })
 * const results = [...done].map((task) => task.result())
 * results // => [10, 20]
 * pending.size // => 1
 * ```
 *
 * @example Reading outcomes when some failed
 * ```ts
 * const { done } = await wait([async () => "fine", () => Promise.reject(new Error("broken"))])
 * const failures = [...done].map((task) => task.exception()).filter((error) => error !== null)
 * failures.length // => 1
 * ```
 */
export async function wait<W extends Work<unknown>>(
  works: Iterable<W>,
  options: WaitForSomeOptions = {},
): Promise<DoneAndPending<HandleOf<W>>> {
  const list = listWorks(works)
  expectSome(list)
  const { returnWhen = "all-completed", signal, timeout } = options
  const count = expectCount(returnWhen, list.length)
  const refused = refusal(options)
  if (refused !== null) return refused
  const futures = startWorks(list)
  const isEnoughToFail = returnWhen === "first-exception"
  const left = count - futures.filter((future) => future.done()).length
  if (left > 0 && !(isEnoughToFail && futures.some((future) => hasFailed(future)))) {
    const some = (): Promise<void> => park(new SomeWait(futures, left, isEnoughToFail), { signal })
    await (timeout === undefined ? some() : moveOnAfter(timeout, some))
  }
  const done = new Set(futures.filter((future) => future.done()))
  return { done, pending: new Set(futures.filter((future) => !done.has(future))) }
}

/** Waits until so many more futures are done, or one has failed. */
class SomeWait extends Wait<void> implements FutureListener {
  /** Those that were not done when it began; it listens to each until it ends. */
  readonly #futures: readonly Future<unknown>[]
  readonly #isEnoughToFail: boolean
  /** How many still have to end. */
  #left: number

  constructor(futures: readonly Future<unknown>[], left: number, isEnoughToFail: boolean) {
    super("wait")
    this.#futures = futures.filter((future) => !future.done())
    this.#left = left
    this.#isEnoughToFail = isEnoughToFail
    for (const future of this.#futures) future.addListener(this)
  }

  futureDone(future: Future<unknown>): void {
    this.#left -= 1
    if (this.state !== "parked" || (this.#left > 0 && !(this.#isEnoughToFail && hasFailed(future)))) return
    this.leave()
    this.wake()
  }

  protected override leave(): void {
    for (const future of this.#futures) future.removeListener(this)
  }

  protected override handBack(): boolean {
    return true
  }
}

// As in asyncio, a failure that the wait has looked for counts as read.
function hasFailed(future: Future<unknown>): boolean {
  return !future.cancelled() && future.failure() !== null
}

/** How many have to be done. */
function expectCount(returnWhen: ReturnWhen, most: number): number {
  if (returnWhen === "first-completed") return 1
  if (returnWhen === "all-completed" || returnWhen === "first-exception") return most
  if (typeof returnWhen !== "number") {
    throw misuse(
      "returnWhen",
      '"all-completed", "first-completed", "first-exception" or a number',
      returnWhen,
      "string",
    )
  }
  if (Number.isInteger(returnWhen) && returnWhen >= 1 && returnWhen <= most) return returnWhen
  throw new RangeError(
    `Expected \`returnWhen\` to be an integer from 1 to ${most}, the number of works, got \`${returnWhen}\` (number)`,
  )
}
