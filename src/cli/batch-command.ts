// The command `tsyncio batch`: words of the command line in, exit code out.
//
// A thin shell: everything it does is `runBatch()`. It turns options into the library's, shows progress on
// standard error and the report on standard output, and decides on the exit code. The options themselves are
// declared in `batch-flags.ts`.

import { type Command, CommanderError } from "commander"
import { previewBatch, readPrices, type BatchOptions } from "../batch/index.ts"
import { run } from "../core/index.ts"
import { declareFlags, optionsOf, type BatchFlags } from "./batch-flags.ts"
import { executeBatch } from "./execute-batch.ts"
import { limitHeapGrowth } from "./heap-growth.ts"
import { readKey } from "./read-key.ts"
import { reportCommand } from "./report-command.ts"
import { validateCommand } from "./validate-command.ts"

/** The command, ready to be added to a program. */
export function batchCommand(): Command {
  return declareFlags()
    .addCommand(validateCommand())
    .addCommand(reportCommand())
    .action(async (input: string, flags: BatchFlags, command: Command) => {
      const { baseUrl } = flags
      if (baseUrl === undefined) throw missing(command, "--base-url <url>")
      if (flags.output === undefined && flags.dryRun !== true) throw missing(command, "-o, --output <file>")
      const key = await readKey(flags)
      for (const warning of key.warnings) process.stderr.write(`tsyncio: ${warning}\n`)
      const prices = flags.prices === undefined ? undefined : await readPrices(flags.prices)
      const options = optionsOf(input, { ...flags, baseUrl }, { apiKey: key.text, prices })
      const given = new Set(Object.keys(flags).filter((name) => command.getOptionValueSource(name) === "cli"))
      if (flags.dryRun === true) await printPreview(options, flags.json ?? false)
      else {
        limitHeapGrowth()
        const { report, dashboard } = flags
        const pages = { report, dashboard: dashboard === true ? 0 : dashboard }
        await inRun(() => executeBatch(options, { given, key, json: flags.json ?? false, pages }))
      }
    })
}

/** As commander would say it of a required option; here it depends on the others. */
function missing(command: Command, option: string): CommanderError {
  const message = `error: required option '${option}' not specified`
  process.stderr.write(`${message}\n(see \`tsyncio ${command.name()} --help\`)\n`)
  return new CommanderError(1, "commander.missingMandatoryOptionValue", message)
}

/** Runs the batch in the runtime; the first Ctrl-C cancels it, the second leaves at once. */
async function inRun(main: () => Promise<void>): Promise<void> {
  let interrupts = 0
  const leave = (): void => {
    interrupts++
    if (interrupts > 1) process.exit(130)
  }
  process.on("SIGINT", leave)
  try {
    await run(main, { handleSignals: true })
  } finally {
    process.off("SIGINT", leave)
  }
}

async function printPreview(options: BatchOptions, isJson: boolean): Promise<void> {
  const preview = await run(() => previewBatch(options))
  if (isJson) {
    const { body } = preview
    const shown = { ...preview, body: body === null ? null : (JSON.parse(body) as unknown) }
    process.stdout.write(`${JSON.stringify(shown)}\n`)
    return
  }
  const { line, customId, method, url, headers, body } = preview
  const lines = [
    `# line ${line}, custom_id ${JSON.stringify(customId)}; nothing is sent`,
    `${method} ${url}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    "",
    ...(body === null ? [] : [JSON.stringify(JSON.parse(body), null, 2)]),
  ]
  process.stdout.write(`${lines.join("\n")}\n`)
}
