// Waiting for time to pass.
//
// A sleeping task is its own timer entry: one object in the heap and in its scope. `sleep(0)` goes
// to the end of the ready queue instead and asks for the event loop to be let in after this pass
// (T4), so that tasks which feed each other cannot starve timers and sockets.
import type { TimerEntry, WaitOptions } from "../core/lowlevel.ts"
import { Wait, askYield, clock, park, refusal, refusedTime, startTimer, stopTimer } from "../core/lowlevel.ts"

/**
 * Parks the running task for `ms` milliseconds.
 *
 * An alarm clock: others run meanwhile. `sleep(0)` lets everybody who is ready have a turn; to give
 * way only when the time slice is used up, prefer {@link checkpoint}.
 *
 * **Cancellation.** Safe: the timer is taken back.
 *
 * @param ms - How long, in milliseconds. Zero and less give one turn to the others.
 * @param value - What the sleep gives. @default undefined
 * @param options.signal - Ends the sleep with `signal.reason` when it aborts. @default none
 * @param options.timeout - Milliseconds after which the sleep throws a TimeoutError. @default no limit
 * @returns `value`, not earlier than `ms` from now.
 * @throws {RangeError} If `ms` is NaN.
 * @throws {TypeError} If `ms` is no number.
 * @throws {CancelledError} If the current task is cancelled while it sleeps.
 *
 * @example With a value
 * ```ts
 * await sleep(100, "awake") // => "awake"
 * ```
 */
export function sleep(ms: number): Promise<void>
export function sleep<T>(ms: number, value: T, options?: WaitOptions): Promise<T>
export function sleep<T>(ms: number, value?: T, options?: WaitOptions): Promise<T | void> {
  const refused = refusedTime("ms", ms) ?? refusal(options)
  if (refused !== null) return refused
  if (ms > 0) return park(new SleepWait<T | undefined>(value, clock.now() + ms), options)
  askYield()
  const wait = new TurnWait<T | undefined>("sleep")
  wait.wake(value)
  return park(wait, options)
}

/** The end of the line, and nothing to take back. */
class TurnWait<T> extends Wait<T> {
  /* v8 ignore next -- it never stands in a line: it was woken before it parked */
  protected override leave(): void {}

  protected override handBack(): boolean {
    return true
  }
}

/** A sleep that is its own timer. */
class SleepWait<T> extends Wait<T> implements TimerEntry {
  heapIndex = -1
  nextDue: TimerEntry | null = null
  previousDue: TimerEntry | null = null
  timerOrder = 0
  readonly dueAt: number
  readonly #value: T

  constructor(value: T, dueAt: number) {
    super("sleep")
    this.#value = value
    this.dueAt = dueAt
    if (dueAt !== Infinity) startTimer(this)
  }

  fire(): void {
    this.wake(this.#value)
  }

  protected override leave(): void {
    stopTimer(this)
  }

  protected override handBack(): boolean {
    return true
  }
}
