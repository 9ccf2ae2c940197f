// A gate that opens for all at once.
//
//   state | meaning                          | leaves by
//   unset | who comes waits in line          | set() -> set, and all in line are woken
//   set   | who comes goes through           | clear() -> unset
//
// Whoever waits when the gate is opened goes through, also if it is shut again in the same turn. A
// wake-up carries nothing, so one that is cancelled in the turn it was woken is simply gone.
import type { WaitOptions } from "../core/lowlevel.ts"
import { WaitList, refusal } from "../core/lowlevel.ts"

/** State of an event at one moment. */
export interface EventStatistics {
  readonly isSet: boolean
  /** Tasks waiting for it. */
  readonly waiting: number
}

const open = Promise.resolve<true>(true)

/**
 * Something that happens, and that many wait for.
 *
 * A starting gun: all who stand at the line run when it is fired, and who comes later need not wait.
 * To hand a value over use {@link Future}; to wait for shared state to be as you need it, {@link Condition}.
 *
 * **Cancellation.** Safe: a cancelled waiter leaves, the others stay.
 * **Fairness.** All are woken, in order of arrival.
 *
 * @example Three runners
 * ```ts
 * const start = new Event()
 * const runners = gather([() => start.wait(), () => start.wait(), () => start.wait()])
 * await sleep(10)
 * start.set()
 * await runners // => [true, true, true]
 * ```
 */
export class Event {
  /** While it is true nobody stands in `#line`. */
  #isSet = false
  readonly #line = new WaitList<true>("event", () => true)

  /**
   * Waits until the event is set; at once if it is.
   *
   * **Cancellation.** Safe: a cancelled waiter leaves the line.
   *
   * @param options.signal - Ends the wait with `signal.reason` when it aborts. @default none
   * @param options.timeout - Milliseconds after which the wait throws a TimeoutError. @default no limit
   * @returns True.
   * @throws {TimeoutError} If the limit ran out first.
   */
  wait(options?: WaitOptions): Promise<true> {
    if (!this.#isSet) return this.#line.wait(undefined, options)
    const refused = refusal(options)
    if (refused !== null) return refused
    return this.#line.isTurnDue() ? this.#line.pass(true, undefined) : open
  }

  /** Sets it and wakes all who wait; a second call changes nothing. */
  set(): void {
    this.#isSet = true
    while (this.#line.serve(true) !== null);
  }

  /** Takes it back: later waits block again. */
  clear(): void {
    this.#isSet = false
  }

  /** Whether a newcomer would go through. */
  isSet(): boolean {
    return this.#isSet
  }

  statistics(): EventStatistics {
    return { isSet: this.#isSet, waiting: this.#line.size }
  }

  toString(): string {
    return `<Event ${this.#isSet ? "set" : "unset"} waiting=${this.#line.size}>`
  }
}
