// The counts of a run, at any moment and at its end.
//
// Every line that is not blank ends in exactly one of: succeeded, failed, invalid, skipped, or not attempted,
// and the five add up to the input. "Not attempted" is what a run that stopped or was interrupted left open:
// lines without a record in any file, which the next run with the same output takes up.

import { clock } from "../core/lowlevel.ts"
import type { LlmUsage } from "../llm/index.ts"
import type { BatchCost } from "./batch-cost.ts"
import type { BatchResult, StopReason } from "./batch-event.ts"
import { Histogram } from "../base/histogram.ts"
import { Ledger } from "./ledger.ts"

/** Counts at one moment. */
export interface BatchSnapshot {
  /** Lines read so far that are not blank. */
  readonly lines: number
  readonly blank: number
  /** Lines of the whole input that are not blank; null if it was too large to count beforehand. */
  readonly total: number | null
  /** Share of the input's bytes that was read, 0 to 1; 0 for a stream, which does not tell its length. */
  readonly readShare: number
  readonly succeeded: number
  readonly failed: number
  readonly invalid: number
  /** Settled by earlier runs; `skippedFailed` of them by a final failure. */
  readonly skipped: number
  readonly skippedFailed: number
  /** Requests on their way now. */
  readonly inFlight: number
  /** Requests sent, repetitions included. */
  readonly attempts: number
  /** Repetitions. */
  readonly retries: number
  /** How often the whole run was paused by an answer. */
  readonly pauses: number
  /** Attempts that were sent, gave no answer, and may have been billed. */
  readonly maybeBilled: number
  /** Of the last answer of each line. */
  readonly tokens: { readonly input: number; readonly output: number; readonly total: number }
  /** Money: of all answers, those of repetitions included. */
  readonly cost: BatchCost
  /** Since the beginning, in ms. */
  readonly elapsed: number
  /** How long nobody will be admitted yet, in ms; null if the run is not paused. */
  readonly pausedFor: number | null
}

/** Times in ms: what so many per cent of them do not exceed. */
export interface Percentiles {
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly mean: number
  readonly max: number
}

/** The closing report. */
export interface BatchSummary extends Omit<
  BatchSnapshot,
  "lines" | "total" | "readShare" | "inFlight" | "pausedFor"
> {
  /** Lines of the input that are not blank; null if the run ended early and the rest was too large to count. */
  readonly total: number | null
  /** Lines left open; null if `total` is. */
  readonly notAttempted: number | null
  /** Times of answered attempts; null without an answer. */
  readonly latency: Percentiles | null
  /** From sending to the first token of answers that came as streams; null without one. */
  readonly firstToken: Percentiles | null
  /** Between one token and the next of the same stream; null without two. */
  readonly betweenTokens: Percentiles | null
  /** Failed and invalid lines of this run by cause, the most frequent first, each with its first message. */
  readonly causes: readonly { readonly cause: string; readonly count: number; readonly example: string }[]
  /** Why the run ended early, or null. */
  readonly stopped: { readonly reason: StopReason; readonly message: string } | null
  /** Whether it was cancelled from outside. */
  readonly interrupted: boolean
  /** Paths of what was written; null for a stream, or for a file that there was no need for. */
  readonly files: {
    readonly output: string | null
    readonly errors: string | null
    readonly metrics: string | null
  }
}

/** Counters of one run. */
export class BatchStatistics {
  /** Counted up as lines are read and settled; see `BatchSnapshot` for each. */
  lines = 0
  blank = 0
  total: number | null = null
  skipped = 0
  skippedFailed = 0
  inFlight = 0
  attempts = 0
  retries = 0
  pauses = 0
  maybeBilled = 0
  /** Attempts by the status of their answer; null for none. */
  readonly statuses: Map<number | null, number> = new Map()
  /** Offset after the last line read, and the share of the input before it; 0 where there is no telling. */
  bytesRead = 0
  readShare = 0
  /** Moment of the monotonic clock until which nobody is admitted; 0 if never paused. */
  pausedUntil = 0
  /** What was spent. */
  readonly ledger: Ledger = new Ledger()
  readonly #begun: number = clock.now()
  /** Set by `end`; the duration stops growing. */
  #ended: number | null = null
  #succeeded = 0
  #failed = 0
  #invalid = 0
  #inputTokens = 0
  #outputTokens = 0
  /** Of settled lines; what was spent runs ahead of it while records are written. */
  #cost = 0
  /** Times of attempts that were answered well. */
  readonly latency: Histogram = new Histogram()
  /** Times of the tokens of streams. */
  readonly #firstToken: Histogram = new Histogram()
  readonly #betweenTokens: Histogram = new Histogram()
  readonly #causes: Map<string, { count: number; readonly example: string }> = new Map()

  /** Counts a settled line; called when its record is durable. */
  settle(result: BatchResult, usage: LlmUsage | null): void {
    if (result.status === "succeeded") {
      this.#succeeded++
      this.latency.record(result.latency)
      this.#countTokens(result)
    } else if (result.status === "failed") this.#failed++
    else this.#invalid++
    if (usage !== null) {
      this.#inputTokens += usage.input
      this.#outputTokens += usage.output
    }
    this.#cost += result.cost ?? 0
    if (result.cause !== null) this.#note(result.cause, result)
  }

  /** Counts what an attempt came to: a status, or null for no answer. */
  countStatus(status: number | null): void {
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1)
  }

  #note(cause: string, { line, message }: BatchResult): void {
    const known = this.#causes.get(cause)
    if (known !== undefined) known.count++
    else this.#causes.set(cause, { count: 1, example: `line ${line}: ${(message ?? "").slice(0, 300)}` })
  }

  #countTokens({ timing }: BatchResult): void {
    if (timing === null || timing.firstToken === null) return
    this.#firstToken.record(timing.firstToken)
    for (const gap of timing.gaps) this.#betweenTokens.record(gap)
  }

  /** Stops the clock of the run. */
  end(): void {
    this.#ended ??= clock.now()
  }

  get settled(): number {
    return this.#succeeded + this.#failed + this.#invalid + this.skipped
  }

  get succeeded(): number {
    return this.#succeeded
  }

  snapshot(): BatchSnapshot {
    const { lines, blank, total, skipped, skippedFailed, inFlight, attempts, retries, pauses, maybeBilled } =
      this
    const now = this.#ended ?? clock.now()
    const [input, output] = [this.#inputTokens, this.#outputTokens]
    return {
      lines,
      blank,
      total,
      skipped,
      skippedFailed,
      inFlight,
      attempts,
      retries,
      pauses,
      maybeBilled,
      readShare: Math.min(1, this.readShare),
      succeeded: this.#succeeded,
      failed: this.#failed,
      invalid: this.#invalid,
      tokens: {
        input,
        output,
        total: input + output,
      },
      cost: this.ledger.report({
        settled: this.#succeeded + this.#failed,
        cost: this.#cost,
        remaining: this.#remaining(),
      }),
      elapsed: now - this.#begun,
      pausedFor: this.pausedUntil > now ? this.pausedUntil - now : null,
    }
  }

  /** Lines without a record; null if the input was not counted and too little of it was read. */
  #remaining(): number | null {
    const guess = this.readShare < 0.001 ? null : Math.round(this.lines / Math.min(1, this.readShare))
    const total = this.total ?? guess
    return total === null ? null : Math.max(0, total - this.settled)
  }

  /** @param unread - Lines the run did not get to; null if unknown. */
  summary(
    unread: number | null,
    rest: Pick<BatchSummary, "stopped" | "interrupted" | "files">,
  ): BatchSummary {
    const {
      lines,
      total: _total,
      readShare: _share,
      inFlight: _inFlight,
      pausedFor: _paused,
      ...counts
    } = this.snapshot()
    const total = unread === null ? null : lines + unread
    return {
      total,
      ...counts,
      notAttempted: total === null ? null : total - this.settled,
      latency: percentiles(this.latency),
      firstToken: percentiles(this.#firstToken),
      betweenTokens: percentiles(this.#betweenTokens),
      causes: [...this.#causes]
        .map(([cause, { count, example }]) => ({ cause, count, example }))
        .sort((one, other) => other.count - one.count),
      ...rest,
    }
  }
}

/** Null without a time. */
export function percentiles(times: Histogram): Percentiles | null {
  const at = (share: number): number => round(times.percentile(share) ?? 0)
  if (times.count === 0) return null
  const { mean, max } = times
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99), mean: round(mean), max: round(max) }
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100
}
