// Giving a handler the scope of whoever registers it.
//
// Event handlers and timers of the platform keep the context they were made in, which is often
// nobody's or the wrong task's. A bound function runs in the scope, and with other people's
// AsyncLocalStorage, of the place where it was bound.
import { captureContext } from "./context.ts"
import { expectFunction } from "./work.ts"

/**
 * Gives a function that runs `fn` in the scope of the caller, whoever calls it and when.
 *
 * A return ticket. For work that should be awaited, use a task.
 *
 * **Pitfall.** Waits begun after the scope has ended are refused or taken over by the one above.
 *
 * @param fn - The handler; `this` and arguments are passed on.
 * @returns The bound function.
 *
 * @example An event handler that knows its task
 * ```ts
 * const task = createTask(async () => bind(() => currentTask()?.name), { name: "reader" })
 * const handler = await task
 * typeof handler // => "function"
 * ```
 */
export function bind<This, A extends readonly unknown[], R>(
  fn: (this: This, ...args: A) => R,
): (this: This, ...args: A) => R {
  expectFunction(fn)
  const context = captureContext("tsyncio.bind")
  return function (this: This, ...args: A): R {
    return context.runInAsyncScope(() => fn.apply(this, args as never))
  }
}
