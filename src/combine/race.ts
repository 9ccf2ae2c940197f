// The first to end wins; the others are cancelled and have ended when the winner is given out.
//
// Unlike `Promise.race` it leaves no losers behind, neither running nor in memory.
import type { Work } from "../core/lowlevel.ts"
import { expectWork } from "../core/lowlevel.ts"
import { Future, rethrowCancelled, taskGroup } from "../core/index.ts"

/**
 * Runs several works and gives what the first to end comes to, value or error.
 *
 * A race that is over when the first crosses the line. To start the next only when one is slow, see
 * {@link staggeredRace}; to keep the others running, {@link wait} with "first-completed".
 *
 * **Cancellation.** Cancels all and waits for them.
 *
 * @param works - Functions, tasks or futures; tasks that lose are cancelled as well.
 * @returns The winner's value, once all others have ended.
 * @throws The winner's error, if it failed.
 * @throws {RangeError} If there are no works.
 *
 * @example The faster mirror
 * ```ts
 * const fastest = await race([() => sleep(100, "slow mirror"), () => sleep(10, "fast mirror")])
 * fastest // => "fast mirror"
 * ```
 */
export async function race<T>(works: Iterable<Work<T>>): Promise<T> {
  const list = [...works].map((work) => expectWork(work))
  if (list.length === 0) throw new RangeError("Expected `works` to hold at least one work, got none")
  const first = new Future<T>()
  await taskGroup(async (group) => {
    for (const work of list) group.createTask(() => report(work, first))
    await first.join().catch(rethrowCancelled)
    group.cancel("the race is over")
  })
  return first.result()
}

/** Runs `work` and tells `first` what it came to, unless somebody was faster. */
async function report<T>(work: Work<T>, first: Future<T>): Promise<void> {
  try {
    const value = await (typeof work === "function" ? work() : work)
    if (!first.done()) first.setResult(value)
  } catch (error) {
    rethrowCancelled(error)
    if (!first.done()) first.setException(error)
  }
}
