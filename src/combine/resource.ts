// A context manager written as one generator: set up, yield, tear down.
//
// Used with `await using`, the part after `yield` runs on every way out but does not see why. Used
// with `.use(fn)`, an error that leaves the block is thrown at the `yield`, so the generator may
// look at it, replace it, or swallow it by going on, as asyncio's `@asynccontextmanager` lets it.
import { expectFunction } from "../core/lowlevel.ts"

/** What a resource gives to `await using`. */
export interface Held<T> extends AsyncDisposable {
  /** What the generator yielded. */
  readonly value: T
}

/** A function that opens a resource; see {@link resource}. */
export interface Resource<A extends readonly unknown[], T> {
  /** Opens it; dispose of what it gives, best by `await using`. */
  (...args: A): Promise<Held<T>>
  /** Opens it, calls the last argument with the value, and closes it; gives undefined if an error was swallowed. */
  use<R>(...args: [...args: A, body: (value: T) => R | PromiseLike<R>]): Promise<R | undefined>
}

type Steps<T> = AsyncGenerator<T, void, void>

/**
 * Makes a context manager of a generator function with one `yield`.
 *
 * A house with an entrance and an exit: what stands before `yield` happens on the way in, what
 * stands after it on the way out. For an object that knows how to close itself, `await using` is
 * enough; for a limit on time or a group, the block constructs {@link timeout} and {@link taskGroup}.
 *
 * **Cancellation.** A cancel while it opens is thrown inside the generator; one while it is open
 * arrives at the `yield` under `.use`; the part after it may wait, and can be interrupted by a
 * second request.
 * **Pitfall.** Write `try { yield value } finally { … }`: under `.use` an error is thrown at the `yield`.
 *
 * @param generator - Yields the value once.
 * @returns A function for `await using`, with `.use(...args, fn)`.
 * @throws {TypeError} From a call, if the generator yields never or twice.
 *
 * @example On both ways out
 * ```ts
 * const log: string[] = []
 * const connection = resource(async function* (name: string) {
 *   log.push(`open ${name}`)
 *   try {
 *     yield name.toUpperCase()
 *   } finally {
 *     log.push(`close ${name}`)
 *   }
 * })
 * await connection.use("db", async (value) => log.push(value))
 * log // => ["open db", "DB", "close db"]
 * ```
 *
 * @example It sees the error that leaves the block, and may swallow it
 * ```ts
 * const ignoring = resource(async function* (errorClass: ErrorConstructor) {
 *   try {
 *     yield
 *   } catch (error) {
 *     if (!(error instanceof errorClass)) throw error
 *   }
 * })
 * await ignoring.use(RangeError, () => Promise.reject(new RangeError("ignored"))) // => undefined
 * await ignoring.use(RangeError, () => Promise.reject(new TypeError("passes"))) // => throws TypeError: passes
 * ```
 */
export function resource<A extends readonly unknown[], T>(
  generator: (...args: A) => AsyncGenerator<T, void, void>,
): Resource<A, T> {
  expectFunction(generator)
  const open = async (...args: A): Promise<Held<T>> => {
    const steps = generator(...args)
    const value = await enter(steps)
    return { value, [Symbol.asyncDispose]: () => leave(steps) }
  }
  const use = async <R>(
    ...args: [...args: A, body: (value: T) => R | PromiseLike<R>]
  ): Promise<R | undefined> => {
    const body = args.at(-1) as (value: T) => R | PromiseLike<R>
    expectFunction(body)
    const steps = generator(...(args.slice(0, -1) as unknown as A))
    const value = await enter(steps)
    let result: R
    try {
      result = await body(value)
    } catch (error) {
      await fail(steps, error)
      return undefined
    }
    await leave(steps)
    return result
  }
  return Object.assign(open, { use })
}

async function enter<T>(steps: Steps<T>): Promise<T> {
  const step = await steps.next()
  if (step.done !== true) return step.value
  throw new TypeError("Expected the generator of a resource to yield its value, got no yield")
}

async function leave<T>(steps: Steps<T>): Promise<void> {
  const step = await steps.next()
  if (step.done !== true) await refuseSecond(steps)
}

// The generator ends without throwing: it has swallowed the error.
async function fail<T>(steps: Steps<T>, error: unknown): Promise<void> {
  const step = await steps.throw(error)
  if (step.done !== true) await refuseSecond(steps, { cause: error })
}

async function refuseSecond<T>(steps: Steps<T>, options?: ErrorOptions): Promise<never> {
  await steps.return()
  throw new TypeError("Expected the generator of a resource to yield once, got a second yield", options)
}
