// What a report says of a batch: one object, and all of it JSON.
//
// It is made from the files of a run or from a run that goes on, and drawn by whoever likes: the page of the command
// gets this and nothing else. Texts from the data are cut and not escaped: they are data. Its size is bounded,
// however long the batch. What must stay true: what is not known is null and never 0.

import type { Percentiles } from "./batch-statistics.ts"

/** Where the lines of the input are; all but `open` and `total` add up to what has a record. */
export interface ReportCounts {
  readonly succeeded: number
  readonly failed: number
  readonly invalid: number
  /** Lines without a record; null if nobody knows how many lines the input has. */
  readonly open: number | null
  /** Lines of the input that are not blank, or null. */
  readonly total: number | null
}

/** How times are spread, in ms. */
export interface ReportTimes extends Percentiles {
  readonly count: number
  /** Bars of equal width on a logarithmic axis; `edges` has one more. */
  readonly edges: readonly number[]
  readonly counts: readonly number[]
}

/** What happened when. Stretches in which nothing happened are cut out. */
export interface ReportTimeline {
  /** Time of day of the first attempt, ISO 8601. */
  readonly begins: string
  /** Length of a point in ms. */
  readonly width: number
  /** Where each point begins, in ms since the beginning, without what was cut out. */
  readonly at: readonly number[]
  /** Good answers per second. */
  readonly answers: readonly number[]
  /** Attempts per second that gave no good answer. */
  readonly failures: readonly number[]
  /** Requests on their way, on average. */
  readonly inFlight: readonly number[]
  /** Tokens of answers per second. */
  readonly tokens: readonly number[]
  /** What was cut out: where, and how many ms. */
  readonly breaks: readonly { readonly at: number; readonly idle: number }[]
}

/** Failures of one kind, with the first of them. */
export interface ReportCause {
  readonly cause: string
  readonly count: number
  readonly customId: string
  /** What was said of it; null if that is not known. */
  readonly message: string | null
}

/** A request that took long. */
export interface SlowLine {
  readonly customId: string
  readonly line: number | null
  readonly model: string
  readonly isAnswered: boolean
  /** The last attempt, in ms. */
  readonly latency: number
  /** Waits before each attempt, in ms. */
  readonly waited: number
  readonly attempts: number
  readonly outputTokens: number | null
}

/** What one model had to do. */
export interface ReportModel {
  readonly model: string
  /** Lines with an answer. */
  readonly answers: number
  readonly inputTokens: number
  readonly outputTokens: number
  /** Median time of an answer in ms, or null. */
  readonly p50: number | null
  readonly cost: ReportCost | null
}

/** Money, as far as it is known. */
export interface ReportCost {
  /** Dollars. */
  readonly known: number
  /** Lines whose cost nobody knows. */
  readonly unknown: number
}

/** A batch in figures, at one moment. */
export interface BatchReport {
  /** Name of the output, without its folder. */
  readonly name: string
  /** Time of day, ISO 8601. */
  readonly madeAt: string
  /** Whether the run goes on. */
  readonly isRunning: boolean
  /** Why it ended before its input did, or null. */
  readonly stopped: string | null
  readonly counts: ReportCounts
  /** Requests on their way now; null for one that has ended. */
  readonly inFlight: number | null
  /** Time in which something happened, in ms; null without metrics. */
  readonly elapsed: number | null
  /** Attempts, and how many of them were repetitions; null without metrics. */
  readonly attempts: { readonly sent: number; readonly repeated: number } | null
  /** Tokens as the servers counted them; null if none did. */
  readonly tokens: { readonly input: number; readonly output: number } | null
  /** Null if nobody kept account. */
  readonly cost: ReportCost | null
  /** What a run that goes on will have cost, in dollars, as far as that can be told; else null. */
  readonly projectedCost: number | null
  /** Times of answers, of the attempt that brought them. */
  readonly latency: ReportTimes | null
  /** To the first token, of answers that came as streams. */
  readonly firstToken: ReportTimes | null
  /** For each token after the first, on average over an answer. */
  readonly perToken: ReportTimes | null
  /** Waits of a line for limits, pauses and repetitions, all together. */
  readonly waited: ReportTimes | null
  readonly timeline: ReportTimeline | null
  /** Lines that failed or were no request, the most frequent first. */
  readonly failures: readonly ReportCause[]
  /** Attempts that failed, whatever became of their lines. */
  readonly setbacks: readonly ReportCause[]
  readonly slowest: readonly SlowLine[]
  readonly models: readonly ReportModel[]
  /** What cannot be shown, or does not fit, and why. */
  readonly notes: readonly string[]
}
