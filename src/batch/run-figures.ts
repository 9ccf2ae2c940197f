// The figures of a batch, gathered line by line: times, tokens, failures, the slowest, what happened when.
//
// Everything in here is bounded, so a million lines need what a thousand need. Lines come from a run that goes on or
// from its files; this does not know which. How many lines there are is not counted here: that stands in the records.

import { Activity } from "./activity.ts"
import type { BatchReport, ReportCost, ReportModel, ReportTimes } from "./batch-report.ts"
import { CauseCounts, cut } from "./cause-counts.ts"
import { Histogram } from "../base/histogram.ts"
import type { LineMetrics } from "./line-metrics.ts"
import { SlowestLines } from "./slowest-lines.ts"

const mostSlow = 10
const mostModels = 30
const mostBars = 48

/** Dollars, as far as they are known. */
class Money {
  #known = 0
  #unknown = 0
  /** Answers of which nothing was noted: of unknown cost if anything was noted of others. */
  #unnoted = 0
  #isKept = false

  add({ cost, isAnswered }: Pick<LineMetrics, "cost" | "isAnswered">): void {
    if (cost === undefined) {
      if (isAnswered) this.#unnoted++
      return
    }
    this.#isKept = true
    if (cost === null) this.#unknown++
    else this.#known += cost
  }

  get cost(): ReportCost | null {
    return this.#isKept ? { known: this.#known, unknown: this.#unknown + this.#unnoted } : null
  }
}

interface ModelFigures {
  answers: number
  inputTokens: number
  outputTokens: number
  readonly latency: Histogram
  readonly money: Money
}

/** Figures of all lines that were added. */
export class RunFigures {
  /** Lines with an answer among those that were added. */
  answers = 0
  #sent = 0
  #lines = 0
  readonly #tokens = { input: 0, output: 0, isKnown: false }
  readonly #money = new Money()
  readonly #latency = new Histogram()
  readonly #firstToken = new Histogram()
  readonly #perToken = new Histogram()
  readonly #waited = new Histogram()
  readonly #activity = new Activity()
  readonly #failures = new CauseCounts()
  readonly #setbacks = new CauseCounts()
  readonly #slowest = new SlowestLines(mostSlow)
  readonly #models: Map<string, ModelFigures> = new Map()

  /** A settled line. */
  add(line: LineMetrics): void {
    const { attempts, tokens, customId } = line
    if (line.isAnswered) this.#answer(line)
    if (tokens !== null) this.addTokens(tokens)
    this.#money.add(line)
    if (attempts.length === 0) return
    this.#lines++
    this.#sent += attempts.length
    let waited = 0
    for (const [n, attempt] of attempts.entries()) {
      const isLast = n === attempts.length - 1
      const isGood = attempt.error === null && attempt.status !== null && attempt.status < 300
      const outcome = { isGood, tokens: isLast ? (tokens?.output ?? 0) : 0 }
      this.#activity.attempt(Date.parse(attempt.startedAt), attempt.latency, outcome)
      if (!isGood) this.#setbacks.add(attempt.error ?? `HTTP ${attempt.status}`, customId, null)
      waited += attempt.waited
    }
    this.#waited.record(waited)
    this.#slowest.add({
      customId: cut(customId),
      line: line.line,
      model: cut(line.model),
      isAnswered: line.isAnswered,
      latency: rounded(line.latency),
      waited: rounded(waited),
      attempts: attempts.length,
      outputTokens: tokens?.output ?? null,
    })
  }

  /** How many are on their way at a moment, in ms since 1970. */
  sample(at: number, inFlight: number): void {
    this.#activity.sample(at, inFlight)
  }

  /** Tokens of a line of which nothing else is known. */
  addTokens({ input, output }: NonNullable<LineMetrics["tokens"]>): void {
    this.#tokens.input += input
    this.#tokens.output += output
    this.#tokens.isKnown = true
  }

  /** A line that failed for good, or was no request. */
  addFailure(cause: string, customId: string, message: string | null): void {
    this.#failures.add(cause, customId, message)
  }

  #answer(line: LineMetrics): void {
    const { latency, firstToken, perToken, model, tokens } = line
    this.answers++
    this.#latency.record(latency)
    if (firstToken !== null) this.#firstToken.record(firstToken)
    if (perToken !== null) this.#perToken.record(perToken)
    const figures = this.#model(cut(model))
    figures.answers++
    figures.inputTokens += tokens?.input ?? 0
    figures.outputTokens += tokens?.output ?? 0
    figures.latency.record(latency)
    figures.money.add(line)
  }

  #model(name: string): ModelFigures {
    const model = this.#models.has(name) || this.#models.size < mostModels ? name : "others"
    let figures = this.#models.get(model)
    if (figures === undefined) {
      figures = { answers: 0, inputTokens: 0, outputTokens: 0, latency: new Histogram(), money: new Money() }
      this.#models.set(model, figures)
    }
    return figures
  }

  /**
   * What a report says of these lines.
   *
   * @param until - Time of day of a run that goes on, in ms; null for one that has ended.
   */
  report(
    until: number | null,
  ): Omit<
    BatchReport,
    "name" | "projectedCost" | "madeAt" | "isRunning" | "stopped" | "counts" | "inFlight" | "notes"
  > {
    const { timeline, elapsed } = this.#activity.timeline(until) ?? { timeline: null, elapsed: null }
    const { input, output, isKnown } = this.#tokens
    const hasAttempts = this.#sent > 0
    return {
      elapsed,
      attempts: hasAttempts ? { sent: this.#sent, repeated: this.#sent - this.#lines } : null,
      tokens: isKnown ? { input, output } : null,
      cost: this.#money.cost,
      latency: times(this.#latency),
      firstToken: times(this.#firstToken),
      perToken: times(this.#perToken),
      waited: times(this.#waited),
      timeline,
      failures: this.#failures.list(),
      setbacks: this.#setbacks.list(),
      slowest: [...this.#slowest.lines],
      models: [...this.#models].map(modelRow).sort((one, other) => other.answers - one.answers),
    }
  }
}

function modelRow([model, figures]: [string, ModelFigures]): ReportModel {
  const { answers, inputTokens, outputTokens, latency, money } = figures
  return { model, answers, inputTokens, outputTokens, p50: latency.percentile(0.5), cost: money.cost }
}

function times(histogram: Histogram): ReportTimes | null {
  if (histogram.count === 0) return null
  const at = (share: number): number => rounded(histogram.percentile(share) ?? 0)
  const { count, mean, max } = histogram
  const { edges, counts } = histogram.bars(mostBars)
  return {
    count,
    p50: at(0.5),
    p90: at(0.9),
    p99: at(0.99),
    mean: rounded(mean),
    max: rounded(max),
    edges: edges.map(rounded),
    counts,
  }
}

function rounded(ms: number): number {
  return Math.round(ms * 100) / 100
}
