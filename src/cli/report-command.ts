// The command `tsyncio batch report`: a page about a batch, from the files it left.
//
// It reads and counts; no key is needed, nothing is sent, nothing of the batch is changed. It may be asked while the
// run goes on. With `--json` the figures themselves go to standard output, for whoever draws or compares by himself.

import { Command } from "commander"
import { readBatchReport, type BatchReport } from "../batch/index.ts"
import { run } from "../core/index.ts"
import { numberText } from "./number-text.ts"

/** Options as commander hands them over. */
interface ReportFlags {
  readonly errors?: string
  readonly metrics?: string | false
  readonly input?: string
  readonly json?: boolean
}

/** The command, ready to be added to `batch`. */
export function reportCommand(): Command {
  return new Command("report")
    .description("make a page about a batch from its output, errors and metrics files")
    .argument("<output>", "file with the answers, compressed or not")
    .argument("[page]", "file to write (default: beside the output, out.jsonl to out.report.html)")
    .option("--errors <file>", "file with the failures (default: beside the output)")
    .option("--metrics <file>", "file with attempts, times and tokens (default: beside the output)")
    .option("--input <file>", "the input, to tell how many lines are still open")
    .option("--json", "print the figures as JSON, and write no page")
    .action(async (output: string, page: string | undefined, _flags: ReportFlags, command: Command) => {
      // Names that `batch` has as well are taken by it: both are asked.
      const { errors, metrics, input, json } = command.optsWithGlobals<ReportFlags>()
      const files = { output, errors, metrics: metrics === false ? undefined : metrics, input }
      if (json === true) {
        process.stdout.write(`${JSON.stringify(await run(() => readBatchReport(files)))}\n`)
        return
      }
      const { checkReportFile, writeReportFile } = await import("./report-file.ts")
      const path = page ?? pageBeside(output)
      await checkReportFile(path)
      const report = await run(() => readBatchReport(files))
      await writeReportFile(path, report)
      process.stdout.write(`${reportLine(report)}\nreport: ${path}\n`)
    })
}

/** `out.jsonl` and `out.jsonl.gz` to `out.report.html`. */
function pageBeside(output: string): string {
  return `${output.replace(/(?:\.jsonl)?(?:\.gz)?$/, "")}.report.html`
}

function reportLine({ counts }: BatchReport): string {
  const { succeeded, failed, invalid, open, total } = counts
  const parts = [`${numberText(succeeded)} answered`, `${numberText(failed)} failed`]
  if (invalid > 0) parts.push(`${numberText(invalid)} no request`)
  if (open !== null && total !== null) parts.push(`${numberText(open)} open of ${numberText(total)}`)
  return parts.join(", ")
}
