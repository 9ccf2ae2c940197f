// The report of a run that goes on.
//
// Fed with the results that the run yields, it can say at any moment what a report of the files would say then. It is
// what a dashboard draws, and what is left of a run whose output is a stream.

import { dollarText } from "../base/dollar-text.ts"
import { clock } from "../core/lowlevel.ts"
import { serverProblem } from "../llm/index.ts"
import type { BatchResult } from "./batch-event.ts"
import type { BatchReport } from "./batch-report.ts"
import type { BatchSnapshot, BatchSummary } from "./batch-statistics.ts"
import { lineMetrics } from "./line-metrics.ts"
import { RunFigures } from "./run-figures.ts"

/**
 * Figures of a run, gathered from its results.
 *
 * A picture that is taken while the run goes on; memory does not grow with the run. Of a run that has ended,
 * {@link readBatchReport} tells the same from its files, and tells of the runs before it as well.
 *
 * @example A line every now and then
 * ```ts no-run
 * const run = runBatch({ input: "in.jsonl", output: "out.jsonl", baseUrl: "http://localhost:8080" })
 * const figures = new BatchFigures()
 * for await (const result of run) figures.add(result)
 * console.log(figures.report("out.jsonl", run.snapshot()).latency?.p99)
 * ```
 */
export class BatchFigures {
  readonly #figures: RunFigures = new RunFigures()

  /** Counts a line that was settled. */
  add(result: BatchResult): void {
    this.#figures.add(lineMetrics(result))
    const { status, code, customId, line, message, body } = result
    if (status === "succeeded") return
    const said = message ?? serverProblem(body, "error")?.message ?? null
    const text = status === "invalid" ? `line ${line}: ${said}` : said
    this.#figures.addFailure(code ?? "unknown", customId ?? `line-${line}`, text)
  }

  /** Notes how many requests are on their way; once a second, say, and the newest part of the report is true. */
  sample({ inFlight }: BatchSnapshot): void {
    this.#figures.sample(clock.wallTime(), inFlight)
  }

  /**
   * The report at this moment.
   *
   * @param name - What the page is to be called, such as the name of the output.
   * @param counts - Of the same moment: `run.snapshot()`, or `run.summary` at the end.
   */
  report(name: string, counts: BatchSnapshot | BatchSummary): BatchReport {
    const isRunning = "inFlight" in counts
    const { succeeded, failed, invalid, skipped, skippedFailed, total } = counts
    const now = clock.wallTime()
    const notes = maybeBilledNotes(counts)
    if (skipped > 0) {
      const lines = skipped.toLocaleString("en-US")
      notes.push(
        `${lines} lines were settled by earlier runs; their times, tokens and failures are not in here`,
      )
    }
    const done = succeeded + failed + invalid + skipped
    return {
      name,
      madeAt: new Date(now).toISOString(),
      isRunning,
      stopped: isRunning ? null : stopText(counts),
      counts: {
        succeeded: succeeded + skipped - skippedFailed,
        failed: failed + skippedFailed,
        invalid,
        open: total === null ? null : Math.max(0, total - done),
        total,
      },
      inFlight: isRunning ? counts.inFlight : null,
      ...this.#figures.report(isRunning ? now : null),
      // Lines that are not settled yet have had attempts too.
      attempts: { sent: counts.attempts, repeated: counts.retries },
      projectedCost: isRunning ? counts.cost.projected : null,
      notes,
    }
  }
}

/** A note on requests that were sent and gave no answer, if there are any: they are in no other figure of money. */
export function maybeBilledNotes({
  maybeBilled,
  cost,
}: Pick<BatchSummary, "maybeBilled" | "cost">): string[] {
  if (maybeBilled === 0) return []
  const what = maybeBilled === 1 ? "1 request" : `${maybeBilled.toLocaleString("en-US")} requests`
  const most = cost.maybeBilled === null ? "nobody knows how much" : `up to ${dollarText(cost.maybeBilled)}`
  return [`${what} without an answer may have been billed, in no other amount here: ${most}`]
}

/** Why a run ended before its input did, or null. */
export function stopText({
  stopped,
  interrupted,
}: Pick<BatchSummary, "stopped" | "interrupted">): string | null {
  return stopped?.message ?? (interrupted ? "it was interrupted" : null)
}
