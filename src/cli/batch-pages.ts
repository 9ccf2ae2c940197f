// The pages of one run: the dashboard while it goes on, the report when it has ended.
//
// Loaded only by a run that wants one of them. The report is made from the files, by what makes it for the command
// `report`, so both say the same of all runs with this output; where answers went to a stream, it is made from what
// passed by. What must stay true: no page is a reason for a run to fail or to wait.

import { basename } from "node:path"
import {
  BatchFigures,
  BatchRefusedError,
  readBatchReport,
  type BatchOptions,
  type BatchReport,
  type BatchResult,
  type BatchRun,
  type BatchSummary,
} from "../batch/index.ts"
import { rethrowCancelled } from "../core/index.ts"
import { sleep } from "../time/index.ts"
import { Dashboard } from "./dashboard.ts"
import { exitCodes } from "./exit-code.ts"
import { checkReportFile, writeReportFile } from "./report-file.ts"

/** Which pages are wanted. */
export interface WantedPages {
  /** File for the report. */
  readonly report?: string | undefined
  /** Port of the dashboard; 0 for a free one. */
  readonly dashboard?: number | undefined
}

/** Time between two frames of the dashboard, in ms. */
const frame = 1000

/** What shows a run to those who look at it. */
export class BatchPages {
  readonly #options: BatchOptions
  readonly #run: BatchRun
  readonly #report: string | null
  readonly #figures: BatchFigures = new BatchFigures()
  #dashboard: Dashboard | null = null
  #hasEnded = false

  private constructor(run: BatchRun, options: BatchOptions, report: string | null) {
    this.#run = run
    this.#options = options
    this.#report = report
  }

  /** @throws {BatchRefusedError} If the report cannot be written there, or the port cannot be had. */
  static async open(run: BatchRun, options: BatchOptions, wanted: WantedPages): Promise<BatchPages> {
    const { report = null, dashboard } = wanted
    if (report !== null) await checkReportFile(report)
    const pages = new BatchPages(run, options, report)
    if (dashboard !== undefined) pages.#dashboard = await Dashboard.open(dashboard, () => pages.#current())
    return pages
  }

  /** Address of the dashboard, or null. */
  get url(): string | null {
    return this.#dashboard?.url ?? null
  }

  /** Counts a line that was settled. */
  add(result: BatchResult): void {
    this.#figures.add(result)
  }

  /** Sends frames until it is cancelled. **Cancellation.** Between two frames. */
  async follow(): Promise<void> {
    if (this.#dashboard === null) return
    for (;;) {
      await sleep(frame)
      this.#figures.sample(this.#run.snapshot())
      this.#dashboard.show()
    }
  }

  /**
   * Shows the end of the run.
   *
   * @returns What to tell the user, line by line.
   */
  async end(): Promise<string[]> {
    this.#hasEnded = true
    await this.#dashboard?.end()
    return await this.#writeReport(this.#run.summary)
  }

  async #writeReport(summary: BatchSummary | null): Promise<string[]> {
    const { output, errors, metrics } = this.#options
    if (this.#report === null || summary === null) return []
    const isFile = typeof output === "string"
    // Whoever presses Ctrl-C does not wait until a long output was read once more.
    if (isFile && summary.interrupted)
      return [`for a report of what is there: tsyncio batch report ${output}`]
    try {
      const metricsPath = metrics === false || metrics === "inline" ? undefined : metrics
      const report = isFile
        ? await readBatchReport({ output, errors, metrics: metricsPath, summary })
        : this.#current()
      await writeReportFile(this.#report, report)
      return [`report: ${this.#report}`]
    } catch (error) {
      rethrowCancelled(error)
      if (!(error instanceof BatchRefusedError)) throw error
      process.exitCode ||= exitCodes.someFailed
      return [`tsyncio: ${error.message}`]
    }
  }

  #current(): BatchReport {
    const { output } = this.#options
    const name = typeof output === "string" ? basename(output) : "standard output"
    const report = this.#figures.report(name, this.#run.summary ?? this.#run.snapshot())
    if (!this.#hasEnded || !report.isRunning) return report
    return { ...report, isRunning: false, inFlight: null, stopped: "it could not begin" }
  }
}
