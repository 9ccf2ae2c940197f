// So many tasks that wait for each other.
//
//   state    | meaning                                | leaves by
//   filling  | fewer than `parties` have come         | the last comes -> next round, abort -> broken
//   broken   | nobody may wait                        | reset -> filling
//
// The last to come does not wait: it serves the others and opens the next round in the same turn,
// so rounds cannot mix, however late those who were served go on. A waiter that is cancelled leaves
// the round; the barrier does not break.
import type { WaitOptions } from "../core/lowlevel.ts"
import { WaitList, checkSignal } from "../core/lowlevel.ts"
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
  readonly #line = new WaitList<number>("barrier", () => true)

  constructor(parties: number) {
    if (!Number.isInteger(parties) || parties < 1) {
      throw new RangeError(`Expected \`parties\` to be an integer from 1 up, got \`${String(parties)}\` (${typeof parties})`)
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
   */
  wait(options?: WaitOptions): Promise<number> {
    if (this.#isBroken) return Promise.reject(new BrokenBarrierError("Cannot wait at barrier: it is broken"))
    if (this.#line.size + 1 < this.#parties) return this.#line.wait(undefined, options)
    if (options !== undefined) checkSignal(options)
    for (let place = 0; this.#line.serve(place) !== null; place += 1);
    return Promise.resolve(this.#parties - 1)
  }

  /** Sends all who wait away with an error, and begins a new round. */
  reset(): void {
    this.#isBroken = false
    this.#line.failAll(new BrokenBarrierError("Cannot go on at barrier: it was reset"))
  }

  /** Breaks it: all who wait, and all who come, get an error until `reset()`. */
  abort(): void {
    this.#isBroken = true
    this.#line.failAll(new BrokenBarrierError("Cannot go on at barrier: it was aborted"))
  }

  statistics(): BarrierStatistics {
    return { parties: this.#parties, waiting: this.#line.size, broken: this.#isBroken }
  }

  toString(): string {
    return `<Barrier ${this.#isBroken ? "broken" : "filling"} waiting=${this.#line.size}/${this.#parties}>`
  }
}
