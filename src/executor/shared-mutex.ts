// One thread inside at a time.
//
//   word holds       | the mutex is                  | leaves by
//   0                | free                          | compareExchange to the number of a thread
//   a thread's number| held by that thread           | release() there, forceRelease() anywhere -> 0
//
// The word alone decides who is inside, by one atomic step; the line beside it only says who should try. A thread that
// ends while it holds the mutex leaves it locked: what it guards may be half done, and that is for the program to judge.
import { threadId } from "node:worker_threads"
import { InvalidStateError } from "../core/index.ts"
import type { WaitOptions } from "../core/lowlevel.ts"
import { expectFunction, refusal } from "../core/lowlevel.ts"
import { Permit } from "../sync/index.ts"
import { SharedLine, lineWords } from "./shared-line.ts"
import { makeSharedMemory, openSharedMemory, sealSharedMemory } from "./shared-memory.ts"
import type { BlockOptions } from "./thread-line.ts"
import { ThreadLine } from "./thread-line.ts"

/** This thread, as it stands in the word; 0 is nobody. */
const self = threadId + 1

/** State of a shared mutex at one moment. */
export interface SharedMutexStatistics {
  readonly locked: boolean
  /** `threadId` of the thread that holds it, 0 for the main thread; null if it is free. */
  readonly owner: number | null
  /** Tasks of this thread that wait. */
  readonly waiting: number
  /** Threads that wait, this one among them. */
  readonly threads: number
}

/**
 * Lets one thread in at a time, also across threads.
 *
 * The key to a room that several houses share. It lives in a `SharedArrayBuffer`: make it in one thread and hand it to a
 * job of a thread; to a thread of your own hand its `buffer`, and make it again from that. Tasks await it, and a worker
 * may block on it. Within one thread use {@link Lock}; to hand data over, {@link SharedChannel}.
 *
 * **Cancellation.** Safe: a cancelled waiter leaves the line and holds nothing.
 * **Fairness.** First come, first served, over all threads; a thread with several tasks in line has one place for them,
 * and they take turns with other threads. A thread that does not come within 10 ms when it is its turn, since it is
 * busy or has ended, is passed over until it looks again.
 * **Pitfall.** A thread that ends inside leaves it locked. A limit on `acquire` finds that, `statistics().owner` names
 * the thread, and `forceRelease()` frees it once what it guards is in order again.
 *
 * @param buffer - `buffer` of a mutex of another thread. @default a new mutex, free
 * @throws {TypeError} If `buffer` is not that of a mutex.
 *
 * @example One at a time
 * ```ts
 * const mutex = new SharedMutex()
 * const sameMutex = new SharedMutex(mutex.buffer) // in another thread
 * const inside = await mutex.acquire()
 * sameMutex.tryAcquire() // => null
 * inside.release()
 * sameMutex.locked() // => false
 * ```
 */
export class SharedMutex {
  /** What is handed to other threads. */
  readonly buffer: SharedArrayBuffer
  readonly #words: Int32Array
  /** Index of the word that says who holds it. */
  readonly #owner: number
  readonly #line: SharedLine
  readonly #tasks: ThreadLine<undefined, Permit>
  /** The permit of who holds it by this object. */
  #permit: Permit | null = null

  constructor(buffer?: SharedArrayBuffer) {
    const memory =
      buffer === undefined
        ? makeSharedMemory(1 + lineWords)
        : openSharedMemory(buffer, "mutex", 1 + lineWords)
    const { words, base } = memory
    this.buffer = memory.buffer
    this.#words = words
    this.#owner = base
    this.#line = new SharedLine(words, base + 1, (before) => before === 0 && Atomics.load(words, base) === 0)
    this.#tasks = new ThreadLine({ kind: "shared mutex", line: this.#line, take: () => this.#take() })
    if (!memory.isNew) return
    this.#line.clear()
    sealSharedMemory(memory, "mutex")
  }

  /**
   * Takes the mutex, waiting in line if it is held.
   *
   * **Cancellation.** Safe: a cancelled waiter leaves the line and holds nothing.
   *
   * @param options.signal - Ends the wait with `signal.reason` when it aborts. @default none
   * @param options.timeout - Milliseconds after which the wait throws a TimeoutError. @default no limit
   * @returns A permit for `using`; disposing it releases the mutex.
   * @throws {TimeoutError} If the limit ran out first.
   */
  acquire(options?: WaitOptions): Promise<Permit> {
    const refused = refusal(options)
    if (refused !== null) return refused
    const permit = this.#tasks.isTurnDue() ? undefined : this.#tasks.tryTake(undefined)
    return permit === undefined ? this.#tasks.wait(undefined, options) : Promise.resolve(permit)
  }

  /**
   * Takes the mutex, blocking this thread until it can.
   *
   * For workers, and for programs without a run. It cannot be cancelled: give it a limit.
   *
   * @param options.timeout - Milliseconds after which it throws a TimeoutError. @default no limit
   * @throws {InvalidStateError} In the main thread while a run is going on, or if this thread holds it already.
   * @throws {TimeoutError} If the limit ran out first.
   */
  acquireSync(options?: BlockOptions): Permit {
    if (Atomics.load(this.#words, this.#owner) === self) {
      throw new InvalidStateError(
        "Cannot acquire shared mutex by blocking: this thread holds it, and could not release it any more",
      )
    }
    return this.#tasks.block(undefined, options, "acquire shared mutex", "await mutex.acquire()")
  }

  /** Takes the mutex if it is free and nobody is first; null if not. */
  tryAcquire(): Permit | null {
    return this.#tasks.tryTake(undefined) ?? null
  }

  /**
   * Frees the mutex; the first in line is called.
   *
   * @throws {InvalidStateError} If this thread does not hold it.
   */
  release(): void {
    const owner = Atomics.compareExchange(this.#words, this.#owner, self, 0)
    if (owner !== self) {
      const state = owner === 0 ? "it is not held" : `it is held by thread ${owner - 1}`
      throw new InvalidStateError(`Cannot release shared mutex: ${state}`)
    }
    this.#permit = null
    this.#tasks.ring()
  }

  /** Frees the mutex, whoever holds it: for when the thread that held it has ended. */
  forceRelease(): void {
    Atomics.store(this.#words, this.#owner, 0)
    this.#permit = null
    this.#tasks.ring()
  }

  /** Whether a newcomer would have to wait. */
  locked(): boolean {
    return this.#tasks.isClosed()
  }

  /**
   * Runs `fn` with the mutex held, and releases it on every way out.
   *
   * **Cancellation.** As `acquire()`; `fn` itself is cancelled like any other code.
   *
   * @param options - Limits of the wait for the mutex, as for `acquire()`.
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
   * Runs `fn` with the mutex held, blocking this thread until it can.
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

  statistics(): SharedMutexStatistics {
    const owner = Atomics.load(this.#words, this.#owner)
    return {
      locked: owner !== 0,
      owner: owner === 0 ? null : owner - 1,
      waiting: this.#tasks.size,
      threads: this.#line.size(),
    }
  }

  toString(): string {
    const { owner, waiting, threads } = this.statistics()
    const state = owner === null ? "unlocked" : `locked by thread ${owner}`
    return `<SharedMutex ${state} waiting=${waiting} threads=${threads}>`
  }

  #take(): Permit | undefined {
    if (Atomics.compareExchange(this.#words, this.#owner, 0, self) !== 0) return undefined
    // Who released by hand, or was forced to, must not free what is somebody else's by then.
    const permit = new Permit(() => {
      if (this.#permit === permit && Atomics.load(this.#words, this.#owner) === self) this.release()
    })
    this.#permit = permit
    return permit
  }
}
