// Bodies that can be interrupted at every await, also at foreign ones (P2).
//
// A generator yields what it waits for and is driven by us, so each `yield` is a wait of ours: a
// foreign promise is let go of when the task is cancelled, and the CancelledError is thrown at the
// `yield`. Each step runs in the current scope.
import { cancellable } from "./cancellable.ts"
import { Future } from "./future.ts"
import { expectFunction } from "./work.ts"

/** The body of a coroutine: yields promises, tasks and futures, and is sent their values. */
export type CoroutineBody<R> = Generator<unknown, R, unknown>

/**
 * Makes an async function of a generator; each `yield` can be interrupted.
 *
 * A bridge with an exit at every pillar. Where all you wait for is ours, or takes a signal, a plain
 * async function is as good and shorter.
 *
 * **Cancellation.** At every `yield`; what a foreign promise stands for goes on unseen.
 *
 * @param body - A generator function: `yield* task` gives a typed value, `yield promise` an untyped one.
 * @returns A function that runs it; accepted wherever work is.
 * @throws {TypeError} If `body` is no generator function.
 *
 * @example A task, and a foreign promise that can be left
 * ```ts
 * const load = coroutine(function* () {
 *   const seconds = yield* createTask(async () => 3)
 *   yield new Promise(() => {})
 *   return seconds
 * })
 * const result = await moveOnAfter(10, () => load())
 * result // => { timedOut: true }
 * ```
 */
export function coroutine<This, A extends readonly unknown[], R>(
  body: (this: This, ...args: A) => CoroutineBody<R>,
): (this: This, ...args: A) => Promise<R> {
  expectFunction(body)
  return function (this: This, ...args: A): Promise<R> {
    return drive(body.apply(this, args as never))
  }
}

async function drive<R>(steps: CoroutineBody<R>): Promise<R> {
  if (typeof steps?.next !== "function")
    throw new TypeError("Expected a generator function: `coroutine(function* () { … })`")
  let step = steps.next()
  while (step.done !== true) {
    let value: unknown
    try {
      value = await interruptible(step.value)
    } catch (error) {
      step = steps.throw(error)
      continue
    }
    step = steps.next(value)
  }
  return step.value
}

function interruptible(yielded: unknown): unknown {
  if (yielded instanceof Future) return yielded
  const isPromise = typeof yielded === "object" && yielded !== null && "then" in yielded
  return isPromise ? cancellable(yielded as PromiseLike<unknown>) : yielded
}
