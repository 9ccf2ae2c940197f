// Waiting for some of several works, without taking their results.
//
// The wait listens to each future and leaves every one of them when it ends, for whatever reason: a
// wait that is cancelled, or whose time is over, leaves the works running and nothing hanging on
// them.
import type { Future, Task } from "../core/index.ts"
import { TimeoutError } from "../core/index.ts"
import type { FutureListener, WaitOptions, Work } from "../core/lowlevel.ts"
import { Wait, expectWork, park, refusal, spawnWork } from "../core/lowlevel.ts"

/** When {@link wait} is satisfied; a number means so many that are done. */
export type ReturnWhen = "all-completed" | "first-completed" | "first-exception" | number

/** Settings of {@link wait}. */
export interface WaitForSomeOptions extends WaitOptions {
  /** What to wait for. @default "all-completed" */
  readonly returnWhen?: ReturnWhen | undefined
}

/** What is done and what is not, in the order of the works. */
export interface DoneAndPending<F> {
  readonly done: Set<F>
  readonly pending: Set<F>
}

/**
 * Waits until all, the first, the first failed, or so many of several works are done.
 *
 * A shepherd at the gate: who is in, who is still out. Nothing is thrown for a failed work and
 * nothing is cancelled; read the tasks in `done`. For results in order prefer {@link gather}, for
 * results as they come {@link asCompleted}.
 *
 * **Cancellation.** The wait ends, the works run on.
 * **Pitfall.** `timeout` is no error here: what is not done then is in `pending`.
 *
 * @param works - Functions, which are started as tasks, tasks or futures; duplicates count once.
 * @param options.returnWhen - What to wait for; a number waits until so many are done. @default "all-completed"
 * @param options.timeout - Milliseconds after which it returns what there is. @default no limit
 * @param options.signal - Ends the wait with `signal.reason` when it aborts. @default none
 * @returns The sets `done` and `pending`.
 * @throws {RangeError} If there are no works, or `returnWhen` is more than there are.
 *
 * @example The first two of three
 * ```ts
 * const works = [30, 10, 20].map((ms) => createTask(() => sleep(ms, ms)))
 * const { done, pending } = await wait(works, { returnWhen: 2 })
 * const results = [...done].map((task) => task.result())
 * results // => [10, 20]
 * pending.size // => 1
 * ```
 */
export function wait<T>(
  works: Iterable<Task<T> | (() => T | PromiseLike<T>)>,
  options?: WaitForSomeOptions,
): Promise<DoneAndPending<Task<T>>>
export function wait<T>(works: Iterable<Work<T>>, options?: WaitForSomeOptions): Promise<DoneAndPending<Future<T>>>
export async function wait<T>(works: Iterable<Work<T>>, options: WaitForSomeOptions = {}): Promise<DoneAndPending<Future<T>>> {
  const list = [...works].map((work) => expectWork(work))
  const returnWhen = checkReturnWhen(options.returnWhen ?? "all-completed", new Set(list).size)
  const futures = new Set<Future<T>>([...new Set(list)].map((work) => spawnWork(work)))
  const isEnough = enough(futures, returnWhen)
  const refused = refusal(options)
  if (refused !== null) return refused
  if (!isEnough()) await park(new SomeWait(futures, isEnough), options)
  const done = new Set([...futures].filter((future) => future.done()))
  return { done, pending: new Set([...futures].filter((future) => !done.has(future))) }
}

/** Waits until `isEnough` of what is done; a time limit ends it without an error. */
class SomeWait<T> extends Wait<void> implements FutureListener {
  readonly #futures: ReadonlySet<Future<T>>
  readonly #isEnough: () => boolean

  constructor(futures: ReadonlySet<Future<T>>, isEnough: () => boolean) {
    super("wait")
    this.#futures = futures
    this.#isEnough = isEnough
    for (const future of futures) if (!future.done()) future.addListener(this)
  }

  futureDone(): void {
    if (this.state !== "parked" || !this.#isEnough()) return
    this.leave()
    this.wake()
  }

  override stop(error: unknown): void {
    if (this.state !== "parked" || !(error instanceof TimeoutError)) return super.stop(error)
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

function enough<T>(futures: ReadonlySet<Future<T>>, returnWhen: ReturnWhen): () => boolean {
  const count = returnWhen === "first-completed" ? 1 : typeof returnWhen === "number" ? returnWhen : futures.size
  return () => {
    let done = 0
    for (const future of futures) {
      if (!future.done()) continue
      done += 1
      if (returnWhen === "first-exception" && !future.cancelled() && future.exception() !== null) return true
    }
    return done >= count
  }
}

function checkReturnWhen(returnWhen: ReturnWhen, count: number): ReturnWhen {
  if (count === 0) throw new RangeError("Expected `works` to hold at least one work, got none")
  if (typeof returnWhen !== "number") {
    if (["all-completed", "first-completed", "first-exception"].includes(returnWhen)) return returnWhen
    throw new TypeError(
      `Expected \`returnWhen\` to be "all-completed", "first-completed", "first-exception" or a number, got \`${String(returnWhen)}\``,
    )
  }
  if (Number.isInteger(returnWhen) && returnWhen >= 1 && returnWhen <= count) return returnWhen
  throw new RangeError(`Expected \`returnWhen\` to be an integer from 1 to ${count}, got \`${returnWhen}\` (number)`)
}
