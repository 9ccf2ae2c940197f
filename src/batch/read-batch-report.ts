// The report of a batch from the files it left: answers, failures, metrics.
//
// Each is read once from its beginning to its end, line by line, and nothing is kept but figures; nothing is written,
// so it may be done while a run goes on. Counts are those of the records, times and attempts those of the metrics.
// Where one tells what another does not, the report says so and does not guess.

import { basename } from "node:path"
import { clock } from "../core/lowlevel.ts"
import { completionUsage, serverProblem } from "../llm/index.ts"
import { maybeBilledNotes, stopText } from "./batch-figures.ts"
import { BatchRefusedError } from "./batch-refused-error.ts"
import type { BatchReport } from "./batch-report.ts"
import type { BatchSummary } from "./batch-statistics.ts"
import { countLines } from "./count-lines.ts"
import { openSource } from "./input-source.ts"
import { readLineMetrics } from "./line-metrics.ts"
import { isAnswer, readRecord, type OutputRecord } from "./output-record.ts"
import type { Line } from "./read-lines.ts"
import { besidePath } from "./resolve-options.ts"
import { RunFigures } from "./run-figures.ts"
import { savedLines } from "./saved-lines.ts"

/** Where {@link readBatchReport} looks. */
export interface ReportFiles {
  /** The answers, compressed or not. */
  readonly output: string
  /** The failures. @default beside the output */
  readonly errors?: string | undefined
  /** Attempts, times and tokens. @default beside the output, or the field `x_run` of the records */
  readonly metrics?: string | undefined
  /** The input, to know what is still open. @default nobody knows */
  readonly input?: string | undefined
  /** The end of the last run, if it is at hand: how many lines the input has, why it stopped, what it may have been billed. @default none */
  readonly summary?:
    Pick<BatchSummary, "total" | "stopped" | "interrupted" | "maybeBilled" | "cost"> | undefined
}

/**
 * Makes the report of a batch from its files, in bounded memory.
 *
 * Of all runs that wrote to this output, the present one too. For a run whose results pass through your hands,
 * {@link BatchFigures} needs no files.
 *
 * **Cancellation.** Between two blocks of a file; nothing is left behind.
 *
 * @throws {BatchRefusedError} If there is no such output, or it cannot be read.
 *
 * @example Yesterday's batch
 * ```ts no-run
 * const { counts, latency } = await readBatchReport({ output: "out.jsonl" })
 * console.log(counts.failed, latency?.p99)
 * ```
 */
export async function readBatchReport(files: ReportFiles): Promise<BatchReport> {
  const { output, errors = besidePath(output, "errors"), metrics = besidePath(output, "metrics") } = files
  const reading = new Reading()
  if (!(await reading.records(output))) throw refused(output, "there is no such file")
  await reading.records(errors)
  const hasMetrics = await reading.metrics(metrics)
  const total = files.summary?.total ?? (files.input === undefined ? null : await linesIn(files.input))
  if (!hasMetrics && reading.figures.answers === 0) {
    reading.notes.push(`there is no ${basename(metrics)}: times, attempts, throughput and cost are not known`)
  }
  return reading.report(basename(output), total, files.summary)
}

/** What was read so far. */
class Reading {
  readonly figures: RunFigures = new RunFigures()
  readonly notes: string[] = []
  #succeeded = 0
  #failed = 0
  #invalid = 0
  /** Tokens of answers by their bodies, for a batch without metrics. */
  readonly #tokens = { input: 0, output: 0, isKnown: false }

  /** @returns Whether there is such a file. */
  async records(path: string): Promise<boolean> {
    let broken = 0
    const isThere = await this.#lines(path, (line) => {
      const record = line.problem === null ? readRecord(line.text) : null
      if (record === null) broken++
      else this.#record(record)
    })
    if (broken > 0) this.notes.push(`${basename(path)}: ${passedOver(broken, "record")}`)
    return isThere
  }

  /** @returns Whether there is such a file. */
  async metrics(path: string): Promise<boolean> {
    let broken = 0
    const isThere = await this.#lines(path, ({ text, problem }) => {
      const fields = problem === null ? parsed(text) : null
      const id = fields?.["custom_id"]
      const isAnswered = fields?.["status"] === "succeeded"
      const line =
        fields === null ? null : readLineMetrics(fields, typeof id === "string" ? id : "", isAnswered)
      if (line === null) broken++
      else this.figures.add(line)
    })
    if (broken > 0) this.notes.push(`${basename(path)}: ${passedOver(broken, "metrics")}`)
    return isThere
  }

  async #lines(path: string, visit: (line: Line) => void): Promise<boolean> {
    const told = (problem: string): unknown => this.notes.push(`${basename(path)}: ${problem}`)
    try {
      for await (const block of savedLines(path, told)) {
        for (const line of block) if (line.text.trim() !== "" || line.problem !== null) visit(line)
      }
      return true
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined
      if (code === "ENOENT") return false
      if (code === "EISDIR") throw refused(path, "it is a folder")
      if (code === "EACCES" || code === "EPERM") throw refused(path, "no permission")
      throw error
    }
  }

  #record(record: OutputRecord): void {
    const { customId, body, run, status, errorCode } = record
    const isGood = isAnswer(record)
    if (isGood) {
      this.#succeeded++
      const usage = completionUsage(body)
      if (usage !== null) {
        this.#tokens.input += usage.input
        this.#tokens.output += usage.output
        this.#tokens.isKnown = true
      }
    } else {
      if (errorCode === "invalid_input") this.#invalid++
      else this.#failed++
      const message = record.message ?? serverProblem(body, "error")?.message ?? null
      this.figures.addFailure(errorCode ?? `HTTP ${status}`, customId, message)
    }
    const line = run === null ? null : readLineMetrics(run, customId, isGood)
    if (line !== null) this.figures.add(line)
  }

  report(name: string, total: number | null, summary: ReportFiles["summary"]): BatchReport {
    const [succeeded, failed, invalid] = [this.#succeeded, this.#failed, this.#invalid]
    const known = this.figures.answers
    if (known > 0 && known !== succeeded) {
      this.notes.push(
        `the metrics tell of ${numberText(known)} answers, the output has ${numberText(succeeded)}`,
      )
    }
    const settled = succeeded + failed + invalid
    if (total !== null && settled > total) {
      this.notes.push(
        `${numberText(settled - total)} records are more than the input has lines: it was another one`,
      )
    }
    if (known === 0 && this.#tokens.isKnown) this.figures.addTokens(this.#tokens)
    if (summary !== undefined) this.notes.push(...maybeBilledNotes(summary))
    return {
      name,
      madeAt: new Date(clock.wallTime()).toISOString(),
      isRunning: false,
      stopped: summary === undefined ? null : stopText(summary),
      counts: {
        succeeded,
        failed,
        invalid,
        open: total === null ? null : Math.max(0, total - settled),
        total,
      },
      inFlight: null,
      projectedCost: null,
      ...this.figures.report(null),
      notes: this.notes,
    }
  }
}

function passedOver(lines: number, what: "record" | "metrics"): string {
  if (lines === 1) return `1 line is no ${what} and was passed over`
  return `${numberText(lines)} lines are no ${what === "record" ? "records" : what} and were passed over`
}

function numberText(value: number): string {
  return value.toLocaleString("en-US")
}

async function linesIn(input: string): Promise<number | null> {
  const source = await openSource(input)
  try {
    return await countLines(source.chunks(0), Infinity)
  } finally {
    await source.close()
  }
}

function parsed(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : null
  } catch {
    return null
  }
}

function refused(path: string, why: string): BatchRefusedError {
  return new BatchRefusedError("output", `Cannot read ${path}: ${why}`)
}
