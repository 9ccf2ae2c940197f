// The command `tsyncio batch`: words of the command line in, exit code out.
//
// A thin shell: everything it does is `runBatch()`. It turns options into the library's, shows progress on
// standard error and the report on standard output, and decides on the exit code. Keys come from the
// environment, never from an argument that others can see in the list of processes.

import { Command } from "commander"
import { previewBatch, type BatchOptions } from "../batch/index.ts"
import { run } from "../core/index.ts"
import { executeBatch } from "./execute-batch.ts"
import { integerArgument, numberArgument } from "./number-argument.ts"

/** Options as commander hands them over. */
interface BatchFlags {
  readonly output: string
  readonly baseUrl: string
  readonly apiKeyEnv: string
  readonly dryRun?: boolean
  readonly concurrency?: number
  readonly rpm?: number
  readonly retries?: number
  readonly timeout?: number
  readonly model?: string
  readonly prompt?: string
  readonly maxTokens?: number
  readonly endpoint?: string
  readonly retryFailed?: boolean
  readonly json?: boolean
}

const examples = `
Examples:
  tsyncio batch requests.jsonl -o answers.jsonl --base-url https://api.openai.com
  tsyncio batch data.jsonl -o answers.jsonl --base-url http://localhost:8080 \\
      --prompt 'Q: {{question}}' --model llama-3 --concurrency 64 --rpm 3000
  tsyncio batch requests.jsonl -o answers.jsonl --base-url https://api.openai.com --dry-run

Input lines: OpenAI batch lines {custom_id, method, url, body}, bare bodies {messages}, or {prompt};
with --prompt any JSON objects. Running again with the same -o continues.

Exit codes: 0 all answered, 1 some failed, 2 bad use, 3 key refused, 4 no credit left,
130 interrupted (143 by SIGTERM).`

/** The command, ready to be added to a program. */
export function batchCommand(): Command {
  return new Command("batch")
    .description("send every line of a JSONL file as a request, and write the answers to another")
    .argument("<input>", "JSONL file with requests or data")
    .requiredOption(
      "-o, --output <file>",
      "JSONL file for the answers; failures go beside it, out.jsonl to out.errors.jsonl",
    )
    .requiredOption("--base-url <url>", "where requests go, with or without /v1")
    .option("--api-key-env <name>", "environment variable that holds the key", "OPENAI_API_KEY")
    .option("--prompt <template>", "make a prompt of each line, with {{path}} places such as {{a.b.0}}")
    .option("--model <name>", "model for lines that name none (default: default)")
    .option("--max-tokens <n>", "max_tokens for lines that set no limit", integerArgument(1))
    .option("--endpoint <path>", "path for lines that are bodies only (default: /v1/chat/completions)")
    .option("--concurrency <n>", "most requests on their way at once (default: 32)", integerArgument(1))
    .option("--rpm <n>", "most requests per minute, repetitions included (default: no limit)", numberArgument)
    .option("--retries <n>", "repetitions of a failed request (default: 5)", integerArgument(0))
    .option("--timeout <ms>", "longest time of one attempt (default: 600000)", numberArgument)
    .option("--retry-failed", "ask again what finally failed in earlier runs with this output")
    .option("--dry-run", "print the first request with keys hidden, and send nothing")
    .option("--json", "print the closing report as JSON")
    .addHelpText("after", examples)
    .action(async (input: string, flags: BatchFlags, command: Command) => {
      const options = optionsOf(input, flags)
      const given = new Set(Object.keys(flags).filter((name) => command.getOptionValueSource(name) === "cli"))
      if (flags.dryRun === true) await printPreview(options)
      else
        await inRun(() =>
          executeBatch(options, { given, keyName: flags.apiKeyEnv, json: flags.json ?? false }),
        )
    })
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

function optionsOf(input: string, flags: BatchFlags): BatchOptions {
  const { apiKeyEnv, dryRun: _dryRun, json: _json, ...rest } = flags
  return { input, ...rest, apiKey: process.env[apiKeyEnv] }
}

async function printPreview(options: BatchOptions): Promise<void> {
  const { line, customId, method, url, headers, body } = await previewBatch(options)
  const lines = [
    `# line ${line}, custom_id ${JSON.stringify(customId)}; nothing is sent`,
    `${method} ${url}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    "",
    ...(body === null ? [] : [JSON.stringify(JSON.parse(body), null, 2)]),
  ]
  process.stdout.write(`${lines.join("\n")}\n`)
}
