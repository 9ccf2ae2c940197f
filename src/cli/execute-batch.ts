// Runs a batch with progress on standard error and the report on standard output.
//
// Shared by the command and by the demonstration. The progress line is a task in a group with the batch, so it
// ends with it in whatever way that ends. The report is printed in a `finally`: an interrupted run says just as
// clearly what is done and what is not.

import {
  runBatch,
  type BatchEvent,
  type BatchOptions,
  type BatchRun,
  type BatchSummary,
} from "../batch/index.ts"
import { isCancelled, rethrowCancelled, taskGroup } from "../core/index.ts"
import type { BatchPages, WantedPages } from "./batch-pages.ts"
import { exitCodeOf } from "./exit-code.ts"
import { limitsLine } from "./limits-line.ts"
import type { FoundKey } from "./read-key.ts"
import { durationText, numberText } from "./number-text.ts"
import { ProgressScreen } from "./progress-screen.ts"
import { summaryText } from "./summary-text.ts"

/** How a batch is presented. */
export interface Presentation {
  /** Names of options the user gave; the others are marked as defaults. */
  readonly given: ReadonlySet<string>
  /** Where the key is from, such as a variable, and what to do when it is refused. */
  readonly key: Pick<FoundKey, "source" | "advice">
  /** Print the report as JSON. */
  readonly json: boolean
  /** Pages that show the run. @default none */
  readonly pages?: WantedPages
}

/**
 * Runs a batch to its end and sets the exit code.
 *
 * **Cancellation.** Ends the batch as `runBatch` says, prints the report, and passes on.
 *
 * @throws {BatchRefusedError} If the batch cannot begin.
 */
export async function executeBatch(options: BatchOptions, how: Presentation): Promise<void> {
  const screen = new ProgressScreen(process.stderr)
  const run = runBatch({ ...options, onEvent: (event) => tell(event, screen, options, how) })
  let interruptedBy: string | null = null
  const pages = await openPages(run, options, how.pages ?? {})
  const url = pages?.url ?? null
  if (url !== null) screen.note(`dashboard: ${url}`)
  try {
    await followed(run, screen, pages)
  } catch (error) {
    if (isCancelled(error)) interruptedBy = String(error.reason)
    throw error
  } finally {
    if (run.summary !== null) report(run.summary, exitCodeOf(run.summary, interruptedBy), options, how)
    for (const line of (await pages?.end()) ?? []) screen.note(line)
  }
}

/** Loads what makes pages if any is wanted: the others begin without it. */
async function openPages(
  run: BatchRun,
  options: BatchOptions,
  wanted: WantedPages,
): Promise<BatchPages | null> {
  if (wanted.report === undefined && wanted.dashboard === undefined) return null
  const { BatchPages } = await import("./batch-pages.ts")
  return await BatchPages.open(run, options, wanted)
}

/** Iterates the run beside its progress line; an error of the run comes out as it is. */
async function followed(run: BatchRun, screen: ProgressScreen, pages: BatchPages | null): Promise<void> {
  let failure: { readonly error: unknown } | null = null
  await taskGroup(async (group) => {
    const drawing = group.createTask(() => screen.follow(run), { name: "progress" })
    const showing = pages === null ? null : group.createTask(() => pages.follow(), { name: "dashboard" })
    try {
      for await (const result of run) pages?.add(result)
    } catch (error) {
      rethrowCancelled(error)
      failure = { error }
    } finally {
      drawing.cancel("the batch has ended")
      showing?.cancel("the batch has ended")
    }
  })
  const thrown = failure as { readonly error: unknown } | null
  if (thrown !== null) throw thrown.error
}

function report(summary: BatchSummary, exitCode: number, options: BatchOptions, how: Presentation): void {
  process.exitCode = exitCode
  // Where the answers go to standard output, nothing else does.
  const target = typeof options.output === "string" ? process.stdout : process.stderr
  target.write(how.json ? `${JSON.stringify({ ...summary, exitCode })}\n` : summaryText(summary))
  const refused =
    summary.stopped?.reason === "authorisation" || summary.causes.some(({ cause }) => cause === "HTTP 401")
  if (refused) process.stderr.write(`${keyAdvice(options, how.key)}\n`)
  if (typeof options.output !== "string") return
  if (summary.stopped?.reason === "money") {
    process.stderr.write("top the account up and run the same command again to continue\n")
  } else if (summary.stopped?.reason === "budget") {
    process.stderr.write(`${budgetAdvice(options, summary)}\n`)
  } else if (summary.stopped?.reason === "price") {
    process.stderr.write(
      "name its price in a file for --prices, and run the same command again to continue\n",
    )
  } else if (summary.stopped?.reason === "rate-limit") {
    process.stderr.write("run the same command again then to continue\n")
  }
}

/** What to do next; each run has its budget anew, so nothing need be raised if something was sent. */
function budgetAdvice({ maxCost, maxTokens }: BatchOptions, { attempts, cost }: BatchSummary): string {
  const names = [
    ...(maxCost === undefined ? [] : ["--max-cost"]),
    ...(maxTokens === undefined ? [] : ["--max-tokens"]),
  ].join(" or ")
  const limit =
    attempts === 0 || cost.unlimited > 0
      ? "; --max-output-tokens limits each answer, and so what is set aside for it"
      : ""
  if (attempts === 0) return `raise ${names} and run again${limit}`
  return `run the same command again to continue: each run has ${names} anew${limit}`
}

function keyAdvice(options: BatchOptions, { source, advice }: Presentation["key"]): string {
  const isGiven = (options.apiKey ?? "") !== ""
  return `${isGiven ? `the server refused the key in ${source}` : "the server wants a key"}: ${advice} and run again`
}

/** Shorter pauses only show in the closing report, in ms. */
const toldPause = 2000

function tell(event: BatchEvent, screen: ProgressScreen, options: BatchOptions, how: Presentation): void {
  if (event.type === "begin") {
    screen.note(limitsLine(event.settings, how.given, (options.apiKey ?? "") === "" ? null : how.key.source))
    if (typeof options.output !== "string") {
      screen.note("answers go to standard output: this run cannot be continued once it has ended")
    }
    for (const line of resumeLines(event)) screen.note(line)
  } else if (event.type === "pause" && event.delay >= toldPause) {
    screen.note(`paused for ${durationText(event.delay)}: ${event.cause}`)
  } else if (event.type === "stop") {
    screen.note(`stopping: ${event.message}; waiting for what is on its way`)
  }
}

function resumeLines(event: Extract<BatchEvent, { type: "begin" }>): string[] {
  const { answered, failed, reopened, unknown, tornBytes, movedFrom, settings } = event
  const lines: string[] = []
  if (answered + failed + reopened > 0) {
    const parts = [`${numberText(answered)} answered`]
    if (failed > 0) parts.push(`${numberText(failed)} failed (asked again with --retry-failed)`)
    if (reopened > 0) parts.push(`${numberText(reopened)} asked again`)
    lines.push(`continuing: ${parts.join(", ")} in earlier runs`)
  }
  if (movedFrom !== null) {
    const { origin, pathname } = settings.baseUrl
    lines.push(`note: earlier runs asked ${movedFrom}, this one asks ${origin}${pathname}`)
  }
  if (unknown > 0) {
    const what = settings.retryAfterSend ? "sent again, and may be billed twice" : "not sent again"
    lines.push(
      `${numberText(unknown)} requests were on their way when an earlier run ended: they are ${what}`,
    )
  }
  if (tornBytes > 0)
    lines.push(`${numberText(tornBytes)} bytes that were no whole record were moved to *.torn`)
  return lines
}
