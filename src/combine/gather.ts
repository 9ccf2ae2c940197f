// Several works at once, results in the order of the arguments.
//
// The works run as tasks of the run, as in asyncio: the first failure is thrown at once and the
// siblings go on; cancelling the gather cancels all of them. Work that must not outlive a failure
// belongs in a task group.
import type { CancelledError } from "../core/index.ts"
import { Future, isCancelled } from "../core/index.ts"
import type { FutureListener, Scope, Work } from "../core/lowlevel.ts"
import { expectWork, spawnWork } from "../core/lowlevel.ts"

/** Settings of {@link gather}. */
export interface GatherOptions {
  /** Wait for all, and give errors in the place of results. @default false */
  readonly returnExceptions?: boolean | undefined
}

/** What a list of works gives. */
export type Gathered<W extends readonly Work<unknown>[]> = {
  -readonly [K in keyof W]: W[K] extends Work<infer T> ? Awaited<T> : never
}

/**
 * Runs several works at once and gives their results in order.
 *
 * A waiter who takes all orders before walking to the kitchen. For many items with a bound prefer
 * {@link map}; for work that must stop when a sibling fails, {@link taskGroup}.
 *
 * **Cancellation.** Cancelling the caller, or the future it gives, cancels every work that is not
 * done.
 * **Pitfall.** After a failure the siblings run on.
 *
 * @param works - Functions, tasks or futures; the same one twice runs once.
 * @param options.returnExceptions - Give errors in the place of results. @default false
 * @returns A future of the results, in the order of the works.
 * @throws {TypeError} If one is a promise or something else; none is started then.
 *
 * @example In order of the arguments
 * ```ts
 * const results = await gather([() => sleep(30, "slow"), () => sleep(10, "fast")])
 * results // => ["slow", "fast"]
 * ```
 */
export function gather<const W extends readonly Work<unknown>[]>(works: W): Future<Gathered<W>>
export function gather<const W extends readonly Work<unknown>[]>(
  works: W,
  options: { readonly returnExceptions: true },
): Future<{ -readonly [K in keyof Gathered<W>]: unknown }>
export function gather<const W extends readonly Work<unknown>[]>(
  works: W,
  options?: GatherOptions,
): Future<Gathered<W>>
export function gather(works: readonly Work<unknown>[], options: GatherOptions = {}): Future<unknown> {
  for (const work of works) void expectWork(work)
  const started = new Map<Work<unknown>, Future<unknown>>()
  const children = works.map((work) => {
    const known = started.get(work)
    if (known !== undefined) return known
    const child = spawnWork(work)
    started.set(work, child)
    return child
  })
  return new Gathering(children, [...started.values()], options.returnExceptions === true)
}

class Gathering extends Future<unknown[]> implements FutureListener {
  readonly #children: readonly Future<unknown>[]
  readonly #distinct: readonly Future<unknown>[]
  readonly #returnsExceptions: boolean
  /** Children that are not done. */
  #left: number
  /** The request that was passed on to the children; the gather ends when they have. */
  #request: CancelledError | null = null
  /** The first failure after such a request. */
  #failure: { readonly error: unknown } | null = null

  constructor(
    children: readonly Future<unknown>[],
    distinct: readonly Future<unknown>[],
    returnsExceptions: boolean,
  ) {
    super()
    this.#children = children
    this.#distinct = distinct
    this.#returnsExceptions = returnsExceptions
    this.#left = distinct.length
    if (this.#left === 0) this.setResult([])
    for (const child of distinct) child.addListener(this)
  }

  override cancelWith(error: CancelledError): boolean {
    if (this.done()) return super.cancelWith(error)
    const told = this.#distinct.filter((child) => !child.done() && child.cancelWith(error))
    if (told.length > 0) this.#request ??= error
    return told.length > 0
  }

  futureDone(child: Future<never>): void {
    this.#left -= 1
    const failure = child.failure()
    if (this.done()) return
    if (failure !== null && !this.#returnsExceptions) {
      if (this.#request === null) this.setException(failure.error)
      else if (!isCancelled(failure.error)) this.#failure ??= failure
    }
    if (this.#left === 0 && !this.done()) this.#finish()
  }

  override get label(): string {
    return this.describe()
  }

  override *blockers(): Generator<Scope> {
    for (const child of this.#distinct) yield* child.blockers()
  }

  override describe(): string {
    return "a gather"
  }

  #finish(): void {
    if (this.#failure !== null) this.setException(this.#failure.error)
    else if (this.#request !== null) super.cancelWith(this.#request)
    else this.setResult(this.#children.map((child) => outcomeOf(child)))
  }
}

/** Its value, or what it failed with. */
function outcomeOf(done: Future<unknown>): unknown {
  const failure = done.failure()
  return failure === null ? done.result() : failure.error
}
