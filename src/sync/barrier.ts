// So many tasks that wait for each other.
//
//   state    | meaning                                     | leaves by
//   filling  | fewer than `parties` have come              | the last comes -> draining, abort -> broken
//   draining | some who were let through have not gone on  | they have -> filling, reset, abort
//   broken   | nobody may wait                             | reset -> filling
//
// The last to come does not wait: it lets the others through and opens the next round in the same
// turn, so rounds cannot mix, however late those who were let through go on. A waiter that is cancelled
// leaves the round; the barrier does not break. A reset while a round drains ends those who have not
// gone on, and leaves alone who has come for the next round, as asyncio does.
import { misuse } from "../base/misuse.ts"
import type { WaitOptions } from "../core/lowlevel.ts"
import { WaitList, expectFunction, refusal } from "../core/lowlevel.ts"
import { BrokenBarrierError } from "./broken-barrier-error.ts"

/** State of a barrier at one moment. */
export interface BarrierStatistics {
  readonly parties: number
  /** Tasks waiting in this round. */
  readonly waiting: number
  readonly broken: boolean
}

/**
 * A meeting point: nobody goes on before all have come.
 *
 * A bus that leaves when it is full. For tasks that must all have ended use {@link taskGroup}; for
 * one signal to many, {@link Event}.
 *
 * **Cancellation.** Safe: a cancelled waiter leaves the round, and its place is free again.
 * **Fairness.** The last to come goes on first, then the others in order of arrival.
 *
 * @param parties - How many must come. At least 1.
 * @throws {RangeError} If `parties` is no integer from 1 up.
 * @throws {TypeError} If `parties` is no number.
 *
 * @example Three must come
 * ```ts
 * const barrier = new Barrier(3)
 * const places = await gather([() => barrier.wait(), () => barrier.wait(), () => barrier.wait()])
 * places // => [0, 1, 2]
 * ```
 */
export class Barrier {
  readonly #parties: number
  #isBroken = false
  /** Number of the round that fills. */
  #round = 0
  /** Who was let through by a round up to this one and has not gone on gets an error. */
  #lastBroken = -1
  /** Tasks that were let through and have not gone on. */
  #draining = 0
  /** Fewer than `#parties`; each brings the number of its round along. */
  readonly #line: WaitList<number, number> = new WaitList<number, number>(
    "barrier",
    () => {
      this.#draining -= 1
      return true
    },
    {
      onRun: (wait) => {
        this.#draining -= 1
        return wait.detail <= this.#lastBroken ? calledOff() : null
      },
    },
  )

  constructor(parties: number) {
    if (!Number.isInteger(parties) || parties < 1) {
      throw misuse("parties", "an integer from 1 up", parties)
    }
    this.#parties = parties
  }

  /** How many must come. */
  get parties(): number {
    return this.#parties
  }

  /** How many wait in this round. */
  get waiting(): number {
    return this.#line.size
  }

  /** Whether it was aborted and not reset. */
  get broken(): boolean {
    return this.#isBroken
  }

  /**
   * Waits until all have come.
   *
   * **Cancellation.** Safe: the waiter leaves the round.
   *
   * @param options.signal - Ends the wait with `signal.reason` when it aborts. @default none
   * @param options.timeout - Milliseconds after which the wait throws a TimeoutError. @default no limit
   * @returns The place in order of arrival, from 0 up.
   * @throws {BrokenBarrierError} If the barrier is broken, or is reset or aborted meanwhile.
   * @throws {TimeoutError} If the limit ran out first.
   */
  wait(options?: WaitOptions): Promise<number> {
    if (this.#isBroken) return Promise.reject(new BrokenBarrierError("Cannot wait at barrier: it is broken"))
    const line = this.#line
    if (line.size + 1 < this.#parties) return line.wait(this.#round, options)
    const refused = refusal(options)
    if (refused !== null) return refused
    const last = this.#parties - 1
    const round = this.#round
    this.#round += 1
    this.#draining += last
    for (let place = 0; line.serve(place) !== null; place += 1);
    if (!line.isTurnDue()) return Promise.resolve(last)
    this.#draining += 1
    return line.pass(last, round)
  }

  /**
   * Waits until all have come, then runs `fn`.
   *
   * **Cancellation.** As `wait()`; `fn` itself is cancelled like any other code.
   *
   * @param fn - Called with the place in order of arrival.
   * @param options - Limits of the wait, as for `wait()`.
   */
  async run<T>(fn: (place: number) => T | PromiseLike<T>, options?: WaitOptions): Promise<T> {
    expectFunction(fn)
    return fn(await this.wait(options))
  }

  /** Sends all who wait away with an error, and begins a new round; who comes later is not concerned. */
  reset(): void {
    this.#isBroken = false
    if (this.#draining > 0) this.#lastBroken = this.#round - 1
    else this.#line.failAll(calledOff())
  }

  /** Breaks it: all who wait, and all who come, get an error until `reset()`. */
  abort(): void {
    this.#isBroken = true
    this.#lastBroken = this.#round - 1
    this.#line.failAll(new BrokenBarrierError("Cannot go on at barrier: it was aborted"))
  }

  statistics(): BarrierStatistics {
    return { parties: this.#parties, waiting: this.#line.size, broken: this.#isBroken }
  }

  toString(): string {
    return `<Barrier ${this.#state()} waiting=${this.#line.size}/${this.#parties}>`
  }

  #state(): string {
    if (this.#isBroken) return "broken"
    if (this.#draining === 0) return "filling"
    return this.#lastBroken === this.#round - 1 ? "resetting" : "draining"
  }
}

function calledOff(): BrokenBarrierError {
  return new BrokenBarrierError("Cannot go on at barrier: it was reset or aborted")
}
