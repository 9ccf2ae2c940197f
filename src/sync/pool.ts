// Things that are dear to make, lent to one task at a time.
//
//   a thing is  | owned by                                 | if its receiver is cancelled
//   preparing   | a task of the pool makes or checks it    | goes to the next in line, or rests
//   idle        | the pool                                 | -
//   handed over | a requester that was served              | goes to the next in line, or rests
//   lent        | a lease                                  | stays: release() brings it back
//   destroying  | a task of the pool takes it apart        | -
//
// A requester that finds nothing has one prepared, unless `max` exist. What is made belongs to whoever
// is first when it is ready, so a requester that leaves takes nothing along, and a failure goes to one
// requester while the next gets a try of its own. The tasks of the pool run outside of every run and
// keep nobody's context: a connection outlives who asked for it.
import type { Task } from "../core/index.ts"
import { InvalidStateError, cancelScope, isCancelled } from "../core/index.ts"
import type { WaitOptions } from "../core/lowlevel.ts"
import {
  UnclosedWatch,
  WaitList,
  currentScope,
  expectFunction,
  refusal,
  reportProblem,
  runOutsideTasks,
  spawn,
} from "../core/lowlevel.ts"
import { IdleShelf } from "./idle-shelf.ts"
import { PoolLease } from "./pool-lease.ts"
import type { PoolOptions, PoolSettings } from "./pool-options.ts"
import { poolSettings } from "./pool-options.ts"

/** State of a pool at one moment. */
export interface PoolStatistics {
  /** Things that exist or are being made: idle, lent, being prepared or being destroyed. */
  readonly open: number
  /** Things that nobody uses. */
  readonly idle: number
  /** Things that are lent, or on their way to a requester. */
  readonly lent: number
  /** Things that are being made or checked. */
  readonly preparing: number
  /** Tasks waiting in line. */
  readonly waiting: number
}

/** A thing that is being made or checked. */
interface Preparation<T> {
  /** The thing, if it is there. */
  held: { readonly value: T } | null
  task: Task<void> | null
  /** Whether the pool was closed and nobody waits for it. */
  isGivenUp: boolean
}

/**
 * Lends things that are dear to make, such as connections, to one task at a time.
 *
 * A shed of tools: take one that is there, or have one made if there are not too many; bring it back
 * for the next. To bound how many run without things use {@link Semaphore}.
 *
 * **Cancellation.** Safe: a cancelled requester has taken nothing, and what was made for it goes to the
 * next one.
 * **Fairness.** First come, first served; a newcomer overtakes nobody.
 * **Pitfall.** A pool that is not closed leaves what it holds open: use `await using`.
 *
 * @param options.create - Makes a thing, as a task of its own.
 * @param options.destroy - Takes a thing apart, as a task of its own.
 * @param options.check - Whether a thing that was lent before can be lent again. @default all can
 * @param options.min - How many are kept, however long nobody uses them. @default 0
 * @param options.max - Most that exist at a time.
 * @param options.idle - Milliseconds after which a thing that nobody uses is destroyed. @default never
 * @throws {RangeError} If a number is out of its range.
 * @throws {TypeError} If a setting is of the wrong kind.
 *
 * @example Two connections for three tasks
 * ```ts
 * let made = 0
 * const pool = new Pool({
 *   create: async () => ({ id: (made += 1) }),
 *   destroy: () => {},
 *   max: 2,
 * })
 * const ids = await gather([1, 2, 3].map(() => () => pool.run((connection) => sleep(10, connection.id))))
 * ids // => [1, 2, 1]
 * await pool.close()
 * ```
 */
export class Pool<T> implements AsyncDisposable {
  readonly #settings: PoolSettings<T>
  /** Where problems are reported that reach nobody. */
  readonly #home = { home: currentScope().home }
  /** Things that nobody uses. Without a check, empty while somebody waits. */
  readonly #idle: IdleShelf<T>
  /** Their things are lent to whoever is first in line then. */
  readonly #preparing = new Set<Preparation<T>>()
  /** Things that exist or are being made; at most `max`. Those being destroyed among them. */
  readonly #count = { open: 0 }
  #destroying = 0
  #lent = 0
  #isClosed = false
  readonly #line: WaitList<PoolLease<T>> = new WaitList<PoolLease<T>>("pool", (lease) => {
    this.#lent -= 1
    this.#deliver(lease.value)
    return true
  })
  readonly #closers = new WaitList<void>("pool close", () => true)
  readonly #unclosed: UnclosedWatch

  constructor(options: PoolOptions<T>) {
    this.#settings = poolSettings(options)
    this.#idle = new IdleShelf<T>(this.#settings.idle, {
      isTooMany: () => !this.#isClosed && this.#count.open - this.#destroying > this.#settings.min,
      drop: (value) => this.#destroy(value),
    })
    this.#unclosed = new UnclosedWatch(this, "A pool", this.#count)
  }

  /**
   * Borrows a thing, waiting in line if none is free and no more may be made.
   *
   * **Cancellation.** Safe: a cancelled requester has taken nothing.
   *
   * @param options.signal - Ends the wait with `signal.reason` when it aborts. @default none
   * @param options.timeout - Milliseconds after which the wait throws a TimeoutError. @default no limit
   * @returns The thing as `value`, for `await using`, or `release()`.
   * @throws {InvalidStateError} If the pool was closed.
   * @throws {TimeoutError} If the limit ran out first.
   */
  acquire(options?: WaitOptions): Promise<PoolLease<T>> {
    if (this.#isClosed)
      return Promise.reject(new InvalidStateError("Cannot acquire from pool: it was closed"))
    const refused = refusal(options)
    if (refused !== null) return refused
    const resting = this.#settings.check === null ? this.#idle.take() : null
    if (resting !== null) {
      const lease = this.#lend(resting.value)
      const mustQueue = this.#line.isServing || this.#line.isTurnDue()
      return mustQueue ? this.#line.pass(lease, undefined) : Promise.resolve(lease)
    }
    const before = this.#line.size
    const lease = this.#line.wait(undefined, options)
    if (this.#line.size > before) this.#prepareNext()
    return lease
  }

  /**
   * Runs `fn` with a thing of the pool, and brings it back on every way out.
   *
   * **Cancellation.** As `acquire()`; `fn` itself is cancelled like any other code.
   *
   * @param fn - Called with the thing.
   * @param options - As for `acquire()`.
   */
  async run<R>(fn: (value: T) => R | PromiseLike<R>, options?: WaitOptions): Promise<R> {
    expectFunction(fn)
    const lease = await this.acquire(options)
    try {
      return await fn(lease.value)
    } finally {
      lease.release()
    }
  }

  /**
   * Closes the pool: nobody new is let in, who stands in line is still served, and everything is
   * destroyed once it is back.
   *
   * **Cancellation.** Ends the wait; the pool stays closed and goes on destroying what comes back.
   * **Pitfall.** It waits for whoever has borrowed: called by a borrower, it waits for ever.
   *
   * @param options.signal - Ends the wait with `signal.reason` when it aborts. @default none
   * @param options.timeout - Milliseconds after which the wait throws a TimeoutError. @default no limit
   * @throws {TimeoutError} If the limit ran out first.
   */
  async close(options?: WaitOptions): Promise<void> {
    this.#isClosed = true
    this.#unclosed.stop()
    this.#goOn()
    if (this.#count.open > 0) await this.#closers.wait(undefined, options)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  statistics(): PoolStatistics {
    return {
      open: this.#count.open,
      idle: this.#idle.size,
      lent: this.#lent,
      preparing: this.#preparing.size,
      waiting: this.#line.size,
    }
  }

  toString(): string {
    const { open, idle, lent, waiting } = this.statistics()
    const end = this.#isClosed ? " closed" : ""
    return `<Pool open=${open}/${this.#settings.max} idle=${idle} lent=${lent} waiting=${waiting}${end}>`
  }

  /** Gives whoever waits a thing to wait for; in a closed pool, gives up what nobody waits for. */
  #goOn(): void {
    while (this.#line.size > this.#preparing.size && this.#prepareNext());
    if (!this.#isClosed) return
    this.#idle.dropAll()
    this.#giveUpSurplus()
    if (this.#count.open === 0) while (this.#closers.serve(undefined) !== null);
  }

  /** Begins to check a thing that rests, or to make one; false if that cannot be. */
  #prepareNext(): boolean {
    const held = this.#idle.take()
    if (held === null) {
      if (this.#count.open >= this.#settings.max) return false
      this.#count.open += 1
    }
    const preparation: Preparation<T> = { held, task: null, isGivenUp: false }
    this.#preparing.add(preparation)
    const task = runOutsideTasks(() => spawn(() => this.#fill(preparation), { name: "pool" }))
    preparation.task = task
    task.addListener({ futureDone: () => this.#prepared(preparation, task) })
    return true
  }

  /** The task of a preparation: leaves a thing that can be lent in it. */
  async #fill(preparation: Preparation<T>): Promise<void> {
    if (preparation.held !== null) {
      const { value } = preparation.held
      if (await this.#isSound(value)) return
      preparation.held = null
      await this.#takeApart(value)
      if (preparation.isGivenUp) return
    }
    preparation.held = { value: await this.#settings.create() }
  }

  async #isSound(value: T): Promise<boolean> {
    try {
      return Boolean(await this.#settings.check?.(value))
    } catch (error) {
      if (isCancelled(error)) throw error
      return false
    }
  }

  #prepared(preparation: Preparation<T>, task: Task<void>): void {
    const { held, isGivenUp } = preparation
    this.#preparing.delete(preparation)
    const failure = task.failure()
    if (held === null) {
      this.#count.open -= 1
      if (failure !== null && !(isGivenUp && isCancelled(failure.error))) this.#tell(failure.error)
    } else if (failure === null) this.#deliver(held.value)
    else this.#destroy(held.value)
    this.#goOn()
  }

  /** A thing could not be made: one requester is told. */
  #tell(error: unknown): void {
    const head = this.#line.first
    if (head === null) {
      reportProblem(this.#home, { message: "A pool could not make a thing that nobody waits for", error })
      return
    }
    this.#line.remove(head)
    head.fail(error)
  }

  #lend(value: T): PoolLease<T> {
    this.#lent += 1
    return new PoolLease(value, () => {
      this.#lent -= 1
      if (this.#settings.check === null) this.#deliver(value)
      else this.#idle.put(value)
      this.#goOn()
    })
  }

  /** A thing that can be lent is free. */
  #deliver(value: T): void {
    if (this.#line.first !== null) this.#line.serve(this.#lend(value))
    else if (this.#isClosed) this.#destroy(value)
    else this.#idle.put(value)
  }

  #destroy(value: T): void {
    this.#destroying += 1
    const task = runOutsideTasks(() => spawn(() => this.#takeApart(value), { name: "pool destroy" }))
    task.addListener({
      futureDone: () => {
        this.#destroying -= 1
        this.#count.open -= 1
        this.#goOn()
      },
    })
  }

  async #takeApart(value: T): Promise<void> {
    try {
      await cancelScope(() => this.#settings.destroy(value), { shield: true })
    } catch (error) {
      reportProblem(this.#home, { message: "A pool could not destroy a thing", error })
    }
  }

  #giveUpSurplus(): void {
    let needed = this.#line.size
    for (const preparation of this.#preparing) {
      if (preparation.isGivenUp) continue
      needed -= 1
      if (needed >= 0) continue
      preparation.isGivenUp = true
      preparation.task?.cancel("the pool was closed")
    }
  }
}
