// Work that is done once, however many ask for it.
//
//   state   | meaning                                        | leaves by
//   idle    | nobody has asked, or the work failed           | a call -> running
//   running | a task does it, callers wait in line           | value -> done, failure -> idle,
//           |                                                | the last caller leaves -> leaving
//   leaving | the task was cancelled and cleans up           | it ends -> idle, or running again for those
//           |                                                | who have come since; value -> done
//   done    | the value is kept                              | -
//
// The work belongs to no caller: it is a task of its own, and only the last caller who leaves takes
// it along. Two of it never run at the same time.
import type { Task } from "../core/index.ts"
import { isCancelled } from "../core/index.ts"
import type { WaitOptions } from "../core/lowlevel.ts"
import { WaitList, expectFunction, refusal, reportProblem, spawn } from "../core/lowlevel.ts"

/**
 * Makes a function that does its work once and gives everybody the same value.
 *
 * A pot of coffee for the office: the first who comes makes it, the others wait for it. A failure
 * is thrown to all who wait, and the next call tries again.
 *
 * **Cancellation.** A cancelled caller leaves; the work is cancelled with the last of them.
 * **Fairness.** All who wait go on in order of arrival.
 *
 * @param fn - The work.
 * @returns A function that gives the one value; it takes `{ signal, timeout }` for the caller's wait.
 * @throws {TypeError} If `fn` is no function.
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
export function once<T>(fn: () => T | PromiseLike<T>): (options?: WaitOptions) => Promise<T> {
  expectFunction(fn)
  const work = new OnceWork(fn)
  return (options) => work.value(options)
}

class OnceWork<T> {
  readonly #fn: () => T | PromiseLike<T>
  /** The task that does the work; null in idle and done. */
  #task: Task<T> | null = null
  /** Whether `#task` was cancelled because the last caller left. */
  #isLeaving = false
  /** The value, once it is there. */
  #kept: { readonly value: T } | null = null
  /** Callers; nobody waits in idle and done. */
  readonly #line: WaitList<T> = new WaitList<T>("once", () => true, { onLeave: () => this.#callerLeft() })

  constructor(fn: () => T | PromiseLike<T>) {
    this.#fn = fn
  }

  value(options: WaitOptions | undefined): Promise<T> {
    const refused = refusal(options)
    if (refused !== null) return refused
    if (this.#kept !== null) {
      const { value } = this.#kept
      return this.#line.isTurnDue() ? this.#line.pass(value, undefined) : Promise.resolve(value)
    }
    if (this.#task === null) this.#begin()
    return this.#line.wait(undefined, options)
  }

  #begin(): void {
    this.#isLeaving = false
    const task = spawn(this.#fn, { name: "once" })
    this.#task = task
    task.addListener({ futureDone: () => this.#ended(task) })
  }

  #callerLeft(): void {
    if (this.#line.size > 0 || this.#task === null || this.#isLeaving) return
    this.#isLeaving = true
    this.#task.cancel("nobody waits for it any more")
  }

  #ended(task: Task<T>): void {
    this.#task = null
    let value: T
    try {
      value = task.result()
    } catch (error) {
      this.#failed(task, error)
      return
    }
    this.#kept = { value }
    while (this.#line.serve(value) !== null);
  }

  #failed(task: Task<T>, error: unknown): void {
    if (!this.#isLeaving) {
      this.#line.failAll(error)
      return
    }
    if (!isCancelled(error))
      reportProblem(task.scope, { message: "Work that nobody waited for any more failed", error })
    if (this.#line.size > 0) this.#begin()
  }
}
