// Work that was told to end and does not, for whoever does not want to wait for it (P3).
//
// It counts from the first request that reaches a scope, its own or one from above. What stands
// under a shield says that it takes its time, so as long as nothing else is left the watch looks
// again later. Its timer keeps the process alive: when it has fired, somebody goes on.
import { DueItem } from "../base/deadlines.ts"
import { misuse } from "../base/misuse.ts"
import { clock } from "./clock.ts"
import type { CancelledError } from "./errors.ts"
import { StuckError } from "./errors.ts"
import type { Entry } from "./scheduler.ts"
import { schedule } from "./scheduler.ts"
import type { TimerEntry } from "./timers.ts"
import { startTimer, stopTimer } from "./timers.ts"

/**
 * What a block does whose work was told to end and has not ended after `patience`: wait for it, be
 * left with a {@link StuckError}, or be left as if it had ended. The work is then the run's.
 */
export type OnStuck = "wait" | "throw" | "detach"

/** Refuses what is no {@link OnStuck}. */
export function expectOnStuck(onStuck: OnStuck | undefined): OnStuck {
  if (onStuck === undefined) return "wait"
  if (onStuck === "wait" || onStuck === "throw" || onStuck === "detach") return onStuck
  throw misuse("onStuck", '"wait", "throw" or "detach"', onStuck, "string")
}

/** The error of a block called `name` that is left without its work. */
export function stuckError(
  name: string,
  patience: number,
  work: readonly string[],
  cause: unknown,
): StuckError {
  const lines = work.map((line) => `\n  ${line}`).join("")
  const message = `Cannot wait for the end of ${name}: ${patience} ms after it was cancelled its work goes on${lines}`
  return new StuckError(message, work, { cause })
}

/** Tells once that work does not end. */
export class StuckWatch extends DueItem implements TimerEntry, Entry {
  /** The request that the work does not follow; null before there is one. */
  request: CancelledError | null = null
  /** What of the work is alive and stands under no shield, a line each. */
  readonly #places: () => readonly string[]
  readonly #patience: number
  /** Called with what does not end, a line each; null once that is over. */
  #leave: ((work: readonly string[]) => void) | null

  constructor(places: () => readonly string[], patience: number, leave: (work: readonly string[]) => void) {
    super()
    this.#places = places
    this.#patience = patience
    this.#leave = leave
  }

  /** A request has reached the work; only the first one counts. */
  begin(request: CancelledError): void {
    if (this.request !== null || this.#leave === null) return
    this.request = request
    this.#arm()
  }

  /** The work has ended. */
  stop(): void {
    this.#leave = null
    stopTimer(this)
  }

  /** Used by the timers. */
  fire(): void {
    schedule(this)
  }

  /** Used by the ready queue. */
  runEntry(): void {
    const leave = this.#leave
    if (leave === null) return
    const work = this.#places()
    if (work.length === 0) {
      this.#arm()
      return
    }
    this.#leave = null
    leave(work)
  }

  #arm(): void {
    if (this.#patience === Infinity) return
    this.dueAt = clock.now() + this.#patience
    startTimer(this)
  }
}
