// The limits of something that is read in many waits.
//
// `timeout` counts from the first of them and covers the whole, the pauses of whoever iterates included, as
// for `map`. What must stay true: what is wrong with the options is refused where the iterator is made.
import { misuse } from "../base/misuse.ts"
import type { WaitOptions } from "../core/index.ts"
import { clock, expectSignal } from "../core/lowlevel.ts"
import type { FileWaitOptions } from "./file-wait.ts"

/** Limits of the waits of one iteration. */
export class IterationLimits {
  readonly #signal: AbortSignal | undefined
  readonly #timeout: number | undefined
  /** Time of the clock at which the whole ends; null before the first wait. */
  #end: number | null = null

  constructor({ signal, timeout }: WaitOptions) {
    expectSignal(signal)
    if (timeout !== undefined && (typeof timeout !== "number" || Number.isNaN(timeout)))
      throw misuse("timeout", "milliseconds", timeout)
    this.#signal = signal
    this.#timeout = timeout
  }

  /** Limits of the wait that begins now. */
  next(): FileWaitOptions {
    if (this.#timeout === undefined) return { signal: this.#signal }
    const now = clock.now()
    this.#end ??= now + this.#timeout
    return { signal: this.#signal, timeout: this.#end - now, total: this.#timeout }
  }
}
