// Work that is done once, however many ask for it.
//
//   state   | meaning                           | leaves by
//   idle    | nobody has asked, or it failed    | a call -> running
//   running | one task does it, callers wait    | success -> done, failure or cancel -> idle
//   done    | the value is kept                 | -
//
// The work belongs to no caller: it is a task of its own, and is cancelled only when the last
// caller who waits for it has been.
import type { Task } from "../core/index.ts"
import { expectFunction, spawn } from "../core/lowlevel.ts"

/**
 * Makes a function that does its work once and gives everybody the same value.
 *
 * A pot of coffee for the office: the first who comes makes it, the others wait for it. A failure
 * is thrown to all who wait, and the next call tries again.
 *
 * **Cancellation.** A cancelled caller leaves; the work is cancelled with the last of them.
 *
 * @param fn - The work.
 * @returns A function that gives the one value.
 *
 * @example Load the settings once
 * ```ts
 * let loads = 0
 * const load = once(async () => {
 *   await sleep(10)
 *   loads += 1
 *   return "settings"
 * })
 * await gather([() => load(), () => load()]) // => ["settings", "settings"]
 * loads // => 1
 * ```
 */
export function once<T>(fn: () => T | PromiseLike<T>): () => Promise<T> {
  expectFunction(fn)
  let running: Task<T> | null = null
  let callers = 0
  return async () => {
    running ??= spawn(fn, { name: "once" })
    const task = running
    if (task.done()) return task.result()
    callers += 1
    try {
      return await task.join()
    } finally {
      callers -= 1
      if (callers === 0 && !task.done()) task.cancel("nobody waits for it any more")
      if (running === task && (!task.done() || task.cancelled() || task.exception() !== null)) running = null
    }
  }
}
