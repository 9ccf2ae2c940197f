// Whether a writer may go on, and what became of its connection.
//
//   state  | meaning                                        | leaves by
//   open   | what is written goes out soon                  | pause() -> paused, lose() -> lost
//   paused | much was written and has not left: drain waits | resume() -> open, lose() -> lost
//   lost   | the connection is gone                         | -
//
// Kept by the transport and asked by the writer. A loss with an error fails who waits to go on, one
// without lets them go on; later drains always throw. Who waits for the end hears of the error only if
// something that was written was lost by it and nobody has been told.
import type { WaitOptions } from "../core/lowlevel.ts"
import { WaitList, refusal } from "../core/lowlevel.ts"
import { ConnectionResetError } from "./errors.ts"

/** What `drain` gives where nobody has to wait: who meets it need not even await it. */
export const noWait: Promise<void> = Promise.resolve()

/** How a connection was lost. */
export interface Loss {
  /** What broke it; null if it was closed. */
  readonly error: unknown
  /** Whether bytes were written that had not left. */
  readonly hasUnsent: boolean
}

/**
 * The part of a {@link Transport} that a writer waits at; for transports of one's own.
 *
 * A traffic light: the transport sets it, writers stand before it.
 *
 * **Cancellation.** Safe: a cancelled wait leaves the state as it is.
 * **Fairness.** All who wait go on together.
 *
 * @example A transport that is full, then is not
 * ```ts
 * const flow = new WriteFlow()
 * flow.pause()
 * const waiting = createTask(() => flow.drain(false))
 * await sleep(1)
 * flow.waiting // => 1
 * flow.resume()
 * await waiting
 * ```
 */
export class WriteFlow {
  #isPaused = false
  #loss: Loss | null = null
  /** Whether somebody was thrown what broke the connection. */
  #isTold = false
  // Nothing is handed over: who is cancelled may have been told to go on, which stays true.
  readonly #drainers = new WaitList<void>("stream drain", () => true)
  readonly #closers = new WaitList<void>("stream close", () => true)

  get isPaused(): boolean {
    return this.#isPaused
  }

  get isLost(): boolean {
    return this.#loss !== null
  }

  /** Tasks that wait for room. */
  get waiting(): number {
    return this.#drainers.size
  }

  /** Too much was written: whoever drains waits. */
  pause(): void {
    if (this.#loss === null) this.#isPaused = true
  }

  /** Most of it has left. */
  resume(): void {
    this.#isPaused = false
    while (this.#drainers.serve(undefined) !== null);
  }

  /** The connection is gone; only the first call counts. */
  lose(error: unknown, hasUnsent: boolean): void {
    if (this.#loss !== null) return
    this.#loss = { error, hasUnsent }
    this.#isPaused = false
    if (error === null) this.resume()
    else {
      if (this.#drainers.size > 0) this.#isTold = true
      this.#drainers.failAll(error)
    }
    while (this.#closers.serve(undefined) !== null);
  }

  /** Waits while paused; throws if the connection is gone, or `isClosing`. */
  drain(isClosing: boolean, options?: WaitOptions): Promise<void> {
    const refused = refusal(options)
    if (refused !== null) return refused
    if (this.#loss !== null || isClosing) return Promise.reject(this.#gone())
    if (this.#isPaused) return this.#drainers.wait(undefined, options)
    return this.#drainers.isTurnDue() ? this.#drainers.pass(undefined, undefined) : noWait
  }

  /** Waits until the connection is gone; throws what broke it, if something was lost by it. */
  async untilLost(options?: WaitOptions): Promise<void> {
    const refused = refusal(options)
    if (refused !== null) return refused
    while (this.#loss === null) await this.#closers.wait(undefined, options)
    const { error, hasUnsent } = this.#loss
    if (error === null || !hasUnsent || this.#isTold) return
    this.#isTold = true
    throw error as Error
  }

  #gone(): ConnectionResetError {
    const cause = this.#loss?.error ?? undefined
    if (cause !== undefined) this.#isTold = true
    if (this.#loss === null)
      return new ConnectionResetError(
        "Cannot drain: the writer was closed; use waitClosed() to wait until all is sent",
      )
    const code = cause instanceof ConnectionResetError ? cause.code : undefined
    return new ConnectionResetError("Cannot drain: the connection is gone", { code, cause })
  }
}
