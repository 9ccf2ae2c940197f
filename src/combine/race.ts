// The first to end wins; the others are cancelled and have ended when the winner is given out.
//
// Unlike `Promise.race` it leaves no losers behind, neither running nor in memory. What a loser
// throws while it is being cancelled is reported; if there is no winner because the caller was
// cancelled, it leaves as the error of the group that it is.
import type { Work } from "../core/index.ts"
import { Future, isCancelled, taskGroup } from "../core/index.ts"
import type { Scope } from "../core/lowlevel.ts"
import { currentScope, failureOf, reportProblem } from "../core/lowlevel.ts"
import type { ValueOf } from "./list-works.ts"
import { expectSome, listWorks } from "./list-works.ts"
import { wait } from "./wait.ts"

/**
 * Runs several works and gives what the first to end comes to, value or error.
 *
 * A race that is over when the first crosses the line. For the first that succeeds, one started
 * after the other, see {@link staggeredRace}; to keep the others running, {@link wait} with
 * "first-completed"; for a time limit, {@link timeout}.
 *
 * **Cancellation.** Cancels all and waits for them.
 * **Pitfall.** The result comes when the slowest loser has cleaned up. Tasks and futures that lose
 * are cancelled as well: wrap them in {@link shield} to keep them.
 *
 * @param works - Functions, tasks or futures; duplicates run once.
 * @returns The winner's value, once all others have ended.
 * @throws The winner's error, if it failed or was cancelled.
 * @throws {RangeError} If there are no works.
 * @throws {TypeError} If one is a promise or something else; none is started then.
 * @throws {CancelledError} If the current task is cancelled meanwhile.
 *
 * @example The faster mirror
 * ```ts
 * const fastest = await race([() => sleep(100, "slow mirror"), () => sleep(10, "fast mirror")])
 * fastest // => "fast mirror"
 * ```
 */
export async function race<W extends Work<unknown>>(works: Iterable<W>): Promise<ValueOf<W>> {
  const list = listWorks(works)
  expectSome(list)
  const first = new Future<ValueOf<W>>()
  await taskGroup(async (group) => {
    const scope = currentScope()
    for (const work of list) void group.createTask(() => run(work as Work<ValueOf<W>>, first, scope))
    await wait([first])
    group.cancel("the race is over")
  })
  return first.result()
}

/** Runs `work` to its end and tells `first`, unless somebody was faster. */
async function run<T>(work: Work<T>, first: Future<T>, group: Scope): Promise<void> {
  try {
    const value = await (typeof work === "function" ? work() : work)
    if (!first.done()) first.setResult(value)
  } catch (error) {
    if (group.outer !== null) throw error
    if (!first.done()) first.setException(failureOf(error))
    else if (!isCancelled(error))
      reportProblem(group, { message: "A work that had lost its race failed", error })
  }
}
