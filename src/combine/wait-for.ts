// One work with a time limit.
//
// The work is a task of its own, or a future that exists: when the time is over it is cancelled and
// waited for, and what it comes to decides. Only if it ends as cancelled is that a TimeoutError. A
// work that is done when its time is over was in time, so nothing that it holds, such as an item
// from a queue, is lost to the limit.
import { TimeoutError, isCancelled } from "../core/index.ts"
import type { Future, Work } from "../core/index.ts"
import { CancelScope, deadlineIn, refusedTime, runBlock, spawnWork } from "../core/lowlevel.ts"

/**
 * Waits for one work, at most `ms` milliseconds.
 *
 * A train that waits for one passenger. For a block of code prefer {@link timeout}, which needs no
 * task; to give up without an error {@link moveOnAfter}; to give up without cancelling the work,
 * `waitFor(shield(work), ms)`.
 *
 * **Cancellation.** Cancels the work and waits for its end. A function that ended in that very turn
 * is not undone: what it gave is given, and the request comes at the next wait.
 * **Pitfall.** It is left when the work has ended, which may be later than `ms`.
 *
 * @param work - A function, a task or a future. A bare promise is refused.
 * @param ms - The limit in milliseconds; null for none. With zero or less a function is not started,
 * and a task or future counts only if it is done.
 * @returns What the work gives, also if it does so while it is being cancelled.
 * @throws {TimeoutError} If the time was over and the work ended as cancelled; its `cause` is the
 * CancelledError.
 * @throws {RangeError} If `ms` is NaN.
 * @throws {TypeError} If `work` is a promise: it could not be cancelled and would stay in line.
 * @throws {CancelledError} If the current task, or the work itself, is cancelled by somebody else.
 *
 * @example An empty queue
 * ```ts
 * const queue = new Queue<string>()
 * const error = await waitFor(() => queue.get(), 10).catch((error) => error)
 * error.name // => "TimeoutError"
 * ```
 *
 * @example Stop waiting, let it run
 * ```ts
 * const task = createTask(() => sleep(50, "done"))
 * await waitFor(shield(task), 10) // => throws TimeoutError
 * await task // => "done"
 * ```
 */
export async function waitFor<T>(work: Work<T>, ms: number | null): Promise<T> {
  const refused = ms === null ? null : refusedTime("ms", ms)
  if (refused !== null) return refused
  const future = spawnWork(work)
  const limit = new WorkLimit(future, ms)
  try {
    const end = await runBlock(limit.scope, () => limit.begin(), undefined)
    if (!end.absorbed) return end.value
    throw new TimeoutError(`Timed out after ${ms} ms`, { cause: end.error })
  } catch (error) {
    const isNobodyElses = typeof work === "function" && future.done() && !future.cancelled()
    if (!isNobodyElses || !isCancelled(error)) throw error
    limit.scope.rearmOuter()
    return future.result()
  }
}

/** A limit that comes too late once the work is done. */
class WorkLimit<T> extends CancelScope {
  readonly #future: Future<T>
  /** Whether the time is over before it begins. */
  readonly #isOver: boolean

  constructor(future: Future<T>, ms: number | null) {
    const isOver = ms !== null && ms <= 0
    super(ms === null ? "a waitFor" : `a waitFor of ${ms} ms`, { deadline: isOver ? null : deadlineIn(ms) })
    this.#future = future
    this.#isOver = isOver
  }

  begin(): Future<T> {
    if (this.#isOver) this.fire()
    return this.#future
  }

  override fire(): void {
    if (!this.#future.done()) super.fire()
  }
}
