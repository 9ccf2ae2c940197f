// What makes a whole run end before its input: a wrong key, no money, a budget that is used up, a server that is not there or wants nothing.
//
// A run that stops admits nothing more, lets what is on its way finish, and wakes whoever waits to be sent, so
// it ends within one answer and not after a back-off of minutes. The first reason stays. Items that had to
// leave have no record in any file: the next run takes them up.

import { cancelScope, type CancelScope } from "../core/index.ts"
import { clock, watchSignal } from "../core/lowlevel.ts"
import type { StopReason } from "./batch-event.ts"

/** Refusals in a row, with no success between, that mean that the key is wrong for everyone. */
const refusalsInARow = 3

/** The brake of one run. */
export class RunBrake {
  /** Why the run stops; null while it goes on. Set once. */
  #stopped: { readonly reason: StopReason; readonly message: string } | null = null
  /** Scopes of items that wait to be sent; left by themselves when the wait is over. */
  readonly #waiting: Set<CancelScope> = new Set()
  /** Aborted with the run, for the many waits that need no scope. */
  readonly #ended: AbortController = new AbortController()
  readonly #unwatch: () => void
  /** Refusals since the last success. */
  #refusals = 0
  /** Whether any request of the run was answered well. */
  #succeeded = false
  /** Until when lines were left open because a server asked for more than the run waits; null for none. */
  #parkedUntil: number | null = null
  readonly #onStop: (reason: StopReason, message: string) => void
  /** Ends the waits of the run from outside. */
  readonly #signal: AbortSignal | undefined

  constructor(onStop: (reason: StopReason, message: string) => void, signal?: AbortSignal) {
    this.#onStop = onStop
    this.#signal = signal
    const end = (): void => this.#ended.abort()
    this.#unwatch = signal === undefined ? () => {} : watchSignal(signal, end)
  }

  /** Aborts when nothing more is to be begun. Its reason is an error of its own, thrown by nobody else. */
  get ended(): AbortSignal {
    return this.#ended.signal
  }

  /** Lets the signal of the run go. */
  [Symbol.dispose](): void {
    this.#unwatch()
  }

  /** Whether nothing more is to be begun. */
  get isSet(): boolean {
    return this.#stopped !== null || this.#signal?.aborted === true
  }

  get stopped(): { readonly reason: StopReason; readonly message: string } | null {
    return this.#stopped
  }

  /** Notes a good answer. */
  succeeded(): void {
    this.#succeeded = true
    this.#refusals = 0
  }

  /** Notes a 401 or 403; several in a row stop the run. */
  refused(cause: string): void {
    this.#refusals++
    if (this.#refusals >= refusalsInARow) this.#stopForKey(`${cause}, ${this.#refusals} times in a row`)
  }

  /** Notes a code that speaks of money; one is enough. */
  outOfMoney(cause: string): void {
    this.#stop("money", `The server says that the account has no credit left (${cause})`)
  }

  /** Notes that the next request does not fit the budget. */
  overBudget(message: string): void {
    this.#stop("budget", message)
  }

  /** Notes that nobody knows what the next request costs, and that it may not cost more than so much. */
  withoutPrice(message: string): void {
    this.#stop("price", message)
  }

  /** Notes that all attempts of an item met no server; stops the run if nothing ever got through. */
  unreachable(cause: string): void {
    if (!this.#succeeded) this.hopeless(cause)
  }

  /** Notes that the server is not there and does not come back. */
  hopeless(cause: string): void {
    const what = this.#succeeded ? "The server is gone" : "No request got through"
    this.#stop("unreachable", `${what} (${cause})`)
  }

  /**
   * Notes that a line was left open for a server that asks for a longer wait than the run makes.
   * @param isAll - Whether nothing else can be sent: then the run ends.
   */
  parked(delay: number, isAll: boolean): void {
    this.#parkedUntil = Math.max(this.#parkedUntil ?? 0, clock.wallTime() + delay)
    if (isAll) this.#stopForLimit(this.#parkedUntil)
  }

  /** Notes the end of the input: fewer refusals than a row are enough if there was nothing else. */
  inputEnded(): void {
    if (!this.#succeeded && this.#refusals > 0) this.#stopForKey("every answer was a refusal")
    if (this.#parkedUntil !== null) this.#stopForLimit(this.#parkedUntil)
  }

  /**
   * Waits for `work`, unless the run stops or its signal aborts meanwhile.
   *
   * **Cancellation.** Passes into `work`; a stop of the run ends it the same way and is absorbed here.
   *
   * @returns Whether `work` came to its end.
   */
  async wait(work: () => Promise<void>): Promise<boolean> {
    if (this.isSet) return false
    let finished = false
    const waiting = async (scope: CancelScope): Promise<void> => {
      this.#waiting.add(scope)
      try {
        await work()
        finished = true
      } finally {
        this.#waiting.delete(scope)
      }
    }
    await cancelScope(waiting, { signal: this.#signal })
    return finished
  }

  #stopForLimit(until: number): void {
    // A time beyond what a date holds is no time to name.
    const when = until < 8.64e15 ? ` until ${new Date(until).toISOString()}` : ""
    this.#stop("rate-limit", `The server wants no requests${when}, longer than this run waits`)
  }

  #stopForKey(detail: string): void {
    this.#stop("authorisation", `The server refused the key (${detail})`)
  }

  #stop(reason: StopReason, message: string): void {
    if (this.#stopped !== null) return
    this.#stopped = { reason, message }
    this.#onStop(reason, message)
    for (const scope of this.#waiting) scope.cancel(message)
    this.#ended.abort()
  }
}
