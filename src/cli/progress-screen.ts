// Shows how far a run is, on a terminal or in a log.
//
// A terminal gets one line that is drawn over ten times a second; anything else gets a plain line every few
// seconds, so a log stays readable. It runs as a task beside the batch and ends by cancel. Whatever else is
// printed meanwhile goes through `note`, so that it does not land in the middle of the bar.

import type { BatchRun } from "../batch/index.ts"
import { sleep } from "../time/index.ts"
import { progressLine, plainProgressLine } from "./progress-line.ts"
import { RateWindow } from "./rate-window.ts"

/** Where progress is written: standard error, or a stand-in with the same face. */
export interface ScreenTarget {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

export interface ProgressOptions {
  /** Whether colours are wanted. @default NO_COLOR is not set */
  readonly colour?: boolean
  /** Time between two plain lines in ms. @default 5000 */
  readonly plainEvery?: number
}

const frame = 100

/** The progress line of one run. */
export class ProgressScreen {
  readonly #target: ScreenTarget
  readonly #colour: boolean
  readonly #plainEvery: number
  /** Whether a bar stands on the current line of the terminal. */
  #drawn = false
  readonly #rates: RateWindow = new RateWindow()

  constructor(target: ScreenTarget, options: ProgressOptions = {}) {
    this.#target = target
    this.#colour = options.colour ?? (process.env["NO_COLOR"] ?? "") === ""
    this.#plainEvery = options.plainEvery ?? 5000
  }

  /** Draws until it is cancelled. **Cancellation.** Between two drawings; the bar is wiped. */
  async follow(run: BatchRun): Promise<never> {
    try {
      for (;;) {
        await sleep(this.#target.isTTY === true ? frame : this.#plainEvery)
        this.draw(run)
      }
    } finally {
      this.wipe()
    }
  }

  draw(run: BatchRun): void {
    const snapshot = run.snapshot()
    const rates = this.#rates.add(snapshot)
    if (this.#target.isTTY !== true) {
      this.#target.write(`${plainProgressLine(snapshot, rates)}\n`)
      return
    }
    // The last column stays free: a terminal that wraps there would leave lines behind.
    const look = { width: Math.max(1, (this.#target.columns ?? 80) - 1), colour: this.#colour }
    this.#target.write(`\r${progressLine(snapshot, rates, look)}\x1b[K`)
    this.#drawn = true
  }

  /** Prints a line of its own, above the bar. */
  note(text: string): void {
    this.wipe()
    this.#target.write(`${text}\n`)
  }

  /** Takes the bar off the terminal. */
  wipe(): void {
    if (this.#drawn) this.#target.write("\r\x1b[K")
    this.#drawn = false
  }
}
