// A bounded number of holders, over all threads.
//
//   a permit is | owned by                    | if its receiver is cancelled
//   free        | the word that counts them   | -
//   held        | whoever acquired it         | stays: release() gives it back
//
// The word counts the permits that nobody holds; one is taken by one atomic step. It does not know who holds the
// others: a thread that ends with some takes them along.
import { misuse } from "../base/misuse.ts"
import type { WaitOptions } from "../core/lowlevel.ts"
import { expectFunction, refusal } from "../core/lowlevel.ts"
import { Permit } from "../sync/index.ts"
import { SharedLine, lineWords } from "./shared-line.ts"
import { makeSharedMemory, openSharedMemory, sealSharedMemory } from "./shared-memory.ts"
import type { BlockOptions } from "./thread-line.ts"
import { ThreadLine } from "./thread-line.ts"

/** Most permits there may be. */
const mostPermits = 2 ** 31 - 1

/** State of a shared semaphore at one moment. */
export interface SharedSemaphoreStatistics {
  /** Permits nobody holds. */
  readonly free: number
  /** Tasks of this thread that wait. */
  readonly waiting: number
  /** Threads that wait, this one among them. */
  readonly threads: number
}

/**
 * Lets at most so many in at a time, over all threads.
 *
 * A bowl of permits on a table that several rooms share. It lives in a `SharedArrayBuffer`, as {@link SharedMutex}
 * does. Within one thread use {@link Semaphore}.
 *
 * **Cancellation.** Safe: a cancelled waiter leaves the line and holds nothing.
 * **Fairness.** As {@link SharedMutex}: first come, first served, over all threads.
 * **Pitfall.** A thread that ends takes the permits it holds along: `release()` them for it.
 *
 * @param permits - How many may be inside, or the `buffer` of a semaphore of another thread. At least 0.
 * @throws {RangeError} If `permits` is no integer from 0 to 2,147,483,647.
 * @throws {TypeError} If it is neither a number nor the buffer of a semaphore.
 *
 * @example Two at a time
 * ```ts
 * const gate = new SharedSemaphore(2)
 * const sameGate = new SharedSemaphore(gate.buffer) // in another thread
 * using first = await gate.acquire()
 * using second = await sameGate.acquire()
 * gate.tryAcquire() // => null
 * ```
 */
export class SharedSemaphore {
  /** What is handed to other threads. */
  readonly buffer: SharedArrayBuffer
  readonly #words: Int32Array
  /** Index of the word that counts what is free. */
  readonly #free: number
  readonly #line: SharedLine
  readonly #tasks: ThreadLine<undefined, Permit>

  constructor(permits: number | SharedArrayBuffer) {
    const isCount = typeof permits === "number"
    if (isCount && !(Number.isInteger(permits) && permits >= 0 && permits <= mostPermits)) {
      throw misuse("permits", `an integer from 0 to ${mostPermits}`, permits)
    }
    const memory = isCount
      ? makeSharedMemory(1 + lineWords)
      : openSharedMemory(permits, "semaphore", 1 + lineWords)
    const { words, base } = memory
    this.buffer = memory.buffer
    this.#words = words
    this.#free = base
    this.#line = new SharedLine(words, base + 1, (before) => before < Atomics.load(words, base))
    this.#tasks = new ThreadLine({ kind: "shared semaphore", line: this.#line, take: () => this.#take() })
    if (!isCount) return
    Atomics.store(words, base, permits)
    this.#line.clear()
    sealSharedMemory(memory, "semaphore")
  }

  /**
   * Takes one permit, waiting in line if none is free.
   *
   * **Cancellation.** Safe: a cancelled waiter leaves the line and holds nothing.
   *
   * @param options.signal - Ends the wait with `signal.reason` when it aborts. @default none
   * @param options.timeout - Milliseconds after which the wait throws a TimeoutError. @default no limit
   * @returns A permit that goes back when disposed or released.
   * @throws {TimeoutError} If the limit ran out first.
   */
  acquire(options?: WaitOptions): Promise<Permit> {
    const refused = refusal(options)
    if (refused !== null) return refused
    const permit = this.#tasks.isTurnDue() ? undefined : this.#tasks.tryTake(undefined)
    return permit === undefined ? this.#tasks.wait(undefined, options) : Promise.resolve(permit)
  }

  /**
   * Takes one permit, blocking this thread until there is one.
   *
   * For workers, and for programs without a run. It cannot be cancelled: give it a limit.
   *
   * @param options.timeout - Milliseconds after which it throws a TimeoutError. @default no limit
   * @throws {InvalidStateError} In the main thread while a run is going on.
   * @throws {TimeoutError} If the limit ran out first.
   */
  acquireSync(options?: BlockOptions): Permit {
    return this.#tasks.block(undefined, options, "acquire shared semaphore", "await semaphore.acquire()")
  }

  /** Takes one permit if one is free for a newcomer; null if not. */
  tryAcquire(): Permit | null {
    return this.#tasks.tryTake(undefined) ?? null
  }

  /**
   * Puts one permit back; the first in line is called.
   *
   * @throws {RangeError} If there would be more than 2,147,483,647.
   */
  release(): void {
    for (let free = Atomics.load(this.#words, this.#free); ;) {
      if (free === mostPermits) throw new RangeError("Cannot release shared semaphore: it is full")
      const found = Atomics.compareExchange(this.#words, this.#free, free, free + 1)
      if (found === free) break
      free = found
    }
    this.#tasks.ring()
  }

  /** Whether a newcomer would have to wait. */
  locked(): boolean {
    return this.#tasks.isClosed()
  }

  /**
   * Runs `fn` with a permit, and gives it back on every way out.
   *
   * **Cancellation.** As `acquire()`; `fn` itself is cancelled like any other code.
   *
   * @param options - Limits of the wait for a permit, as for `acquire()`.
   */
  async run<T>(fn: () => T | PromiseLike<T>, options?: WaitOptions): Promise<T> {
    expectFunction(fn)
    const permit = await this.acquire(options)
    try {
      return await fn()
    } finally {
      permit.release()
    }
  }

  /**
   * Runs `fn` with a permit, blocking this thread until there is one.
   *
   * @param options - As for `acquireSync()`.
   */
  runSync<T>(fn: () => T, options?: BlockOptions): T {
    expectFunction(fn)
    const permit = this.acquireSync(options)
    try {
      return fn()
    } finally {
      permit.release()
    }
  }

  statistics(): SharedSemaphoreStatistics {
    return {
      free: Atomics.load(this.#words, this.#free),
      waiting: this.#tasks.size,
      threads: this.#line.size(),
    }
  }

  toString(): string {
    const { free, waiting, threads } = this.statistics()
    return `<SharedSemaphore free=${free} waiting=${waiting} threads=${threads}>`
  }

  #take(): Permit | undefined {
    for (let free = Atomics.load(this.#words, this.#free); free > 0;) {
      const found = Atomics.compareExchange(this.#words, this.#free, free, free - 1)
      if (found === free) return new Permit(() => this.release())
      free = found
    }
    return undefined
  }
}
