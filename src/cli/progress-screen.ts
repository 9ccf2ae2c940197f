// Shows how far a run is, on a terminal or in a log.
//
// A terminal gets a block of lines that is drawn over ten times a second, or one line if the window is low;
// anything else gets a plain line every few seconds, so a log stays readable. It runs as a task beside the batch
// and ends by cancel. Whatever else is printed meanwhile goes through `note`, so that it does not land in the middle.
// A frame is one write: old lines are written over and never wiped first, so nothing flickers. Only a window that
// has changed its size is emptied, since nobody knows where the terminal has put what stood in it.

import type { BatchPace, BatchSnapshot, Bottleneck } from "../batch/index.ts"
import { sleep } from "../time/index.ts"
import { bottleneckText } from "./bottleneck-text.ts"
import { progressBlock } from "./progress-block.ts"
import { plainProgressLine, progressLine } from "./progress-line.ts"
import { RateWindow } from "./rate-window.ts"

/** Where progress is written: standard error, or a stand-in with the same face. */
export interface ScreenTarget {
  readonly isTTY?: boolean
  /** Columns and rows as they are now; what a stream remembers is older than a frame when the window changes. */
  getWindowSize?(): [number, number]
  write(text: string): unknown
}

/** What is shown: a run, or a stand-in with the same face. */
export interface ShownRun {
  snapshot(): BatchSnapshot
  pace(): BatchPace | null
}

export interface ProgressOptions {
  /** Variables of the environment: NO_COLOR, TERM, and what says whether the terminal knows UTF-8. @default the process's */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Time between two plain lines in ms. @default 5000 */
  readonly plainEvery?: number
}

const frame = 100
/** A lower window has one line of progress, so that something else is seen in it as well. */
const leastRows = 14
/** The terminal shows what is between them at once; others ignore them. */
const [beginFrame, endFrame] = ["\x1b[?2026h", "\x1b[?2026l"]
const keptNotes = 4
/** Frames that agree on what a run waits for. */
const steadyFrames = 10
const [restOfLine, restOfScreen] = ["\x1b[K", "\x1b[J"]

/** The progress of one run. */
export class ProgressScreen {
  readonly #target: ScreenTarget
  readonly #isTerminal: boolean
  readonly #colour: boolean
  readonly #isUnicode: boolean
  readonly #plainEvery: number
  /** Lines that stand on the terminal, the cursor behind the last. */
  #drawn = 0
  /** The window they were drawn in. */
  #columns = 0
  #rows = 0
  /** The last notes, for a window that is drawn anew. */
  readonly #notes: string[] = []
  readonly #rates: RateWindow = new RateWindow()
  /** Of the last frames, the newest first. */
  readonly #bottlenecks: Bottleneck[] = []

  constructor(target: ScreenTarget, options: ProgressOptions = {}) {
    const { env = process.env, plainEvery = 5000 } = options
    this.#target = target
    this.#isTerminal = target.isTTY === true && env["TERM"] !== "dumb"
    this.#colour = (env["NO_COLOR"] ?? "") === ""
    this.#isUnicode = /utf-?8/i.test(env["LC_ALL"] || env["LC_CTYPE"] || env["LANG"] || "")
    this.#plainEvery = plainEvery
  }

  /** Draws until it is cancelled. **Cancellation.** Between two drawings; the block is wiped. */
  async follow(run: ShownRun): Promise<never> {
    try {
      for (;;) {
        await sleep(this.#isTerminal ? frame : this.#plainEvery)
        this.draw(run)
      }
    } finally {
      this.wipe()
    }
  }

  draw(run: ShownRun): void {
    const snapshot = run.snapshot()
    const rates = this.#rates.add(snapshot)
    const pace = this.#steady(run.pace())
    if (!this.#isTerminal) {
      const now = pace === null ? "" : `, ${bottleneckText(pace.bottleneck)}`
      this.#target.write(`${plainProgressLine(snapshot, rates)}${now}\n`)
      return
    }
    const [columns, rows] = this.#size()
    // The last column stays free: a terminal that wraps there would leave lines behind.
    const look = { width: Math.max(1, columns - 1), colour: this.#colour, isUnicode: this.#isUnicode }
    const lines =
      pace === null || rows < leastRows
        ? [progressLine(snapshot, rates, look)]
        : progressBlock(snapshot, pace, rates, look)
    const text = lines.join(`${restOfLine}\r\n`)
    const start = this.#isResized(columns, rows) ? this.#anew() : this.#toTop()
    this.#target.write(`${beginFrame}${start}${text}${restOfScreen}${endFrame}`)
    this.#drawn = lines.length
    this.#columns = columns
    this.#rows = rows
  }

  /** With what the run waited for most of the time lately: between two frames it may be anything for a millisecond. */
  #steady(pace: BatchPace | null): BatchPace | null {
    if (pace === null) return null
    this.#bottlenecks.unshift(pace.bottleneck)
    if (this.#bottlenecks.length > steadyFrames) this.#bottlenecks.pop()
    const alike = (one: Bottleneck): number =>
      this.#bottlenecks.filter(({ kind }) => kind === one.kind).length
    const bottleneck = this.#bottlenecks.reduce((most, one) => (alike(one) > alike(most) ? one : most))
    return { ...pace, bottleneck }
  }

  /** Prints a line of its own, above the block. */
  note(text: string): void {
    this.wipe()
    this.#target.write(`${text}\n`)
    this.#notes.push(text)
    if (this.#notes.length > keptNotes) this.#notes.shift()
  }

  /** Takes the block off the terminal. */
  wipe(): void {
    if (this.#drawn === 0) return
    const start = this.#isResized(...this.#size()) ? this.#anew() : this.#toTop()
    this.#target.write(`${start}${restOfScreen}`)
    this.#drawn = 0
  }

  /** A terminal that does not know its size says 0. */
  #size(): readonly [number, number] {
    const [columns, rows] = this.#target.getWindowSize?.() ?? [0, 0]
    return [columns || 80, rows || 24]
  }

  /** Whether the lines that were drawn may stand anywhere now: a terminal folds them when it becomes narrower. */
  #isResized(columns: number, rows: number): boolean {
    return this.#drawn > 0 && (columns !== this.#columns || rows !== this.#rows)
  }

  /** An empty window with the last notes. */
  #anew(): string {
    return `\x1b[H${restOfScreen}${this.#notes.map((note) => `${note}\r\n`).join("")}`
  }

  /** Back to the beginning of what was drawn. */
  #toTop(): string {
    return this.#drawn > 1 ? `\r\x1b[${this.#drawn - 1}A` : "\r"
  }
}
