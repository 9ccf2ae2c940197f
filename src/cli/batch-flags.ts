// The options of `tsyncio batch`: what they are called, what they say of themselves, what they become.
//
// Each is one option of the library; a name here is that name in kebab-case wherever it can be. Help is read by
// people who spend money with it, so it tells each default. What must stay true: no option changes its meaning.

import { Command, InvalidArgumentError, Option } from "commander"
import type { BatchOptions, Durability, MinuteLimits } from "../batch/index.ts"
import { integerArgument, numberArgument } from "./number-argument.ts"
import type { KeyFlags } from "./read-key.ts"

/** Options as commander hands them over. */
export interface BatchFlags extends MinuteLimits, KeyFlags {
  readonly output?: string
  readonly errors?: string
  readonly metrics?: string | false
  readonly inlineMetrics?: boolean
  readonly format?: "openai" | "anthropic"
  readonly ordered?: boolean
  readonly baseUrl?: string
  readonly allowAbsoluteUrls?: boolean
  readonly auth?: "bearer" | "x-api-key" | "api-key"
  readonly dryRun?: boolean
  readonly concurrency?: number
  readonly modelLimits?: Readonly<Record<string, MinuteLimits>>
  readonly burst?: number
  readonly learnLimits: boolean
  readonly retries?: number
  readonly maxRetryAfter?: number
  readonly retryAfterSend: boolean
  readonly timeout?: number
  readonly stream?: boolean
  readonly firstTokenTimeout?: number
  readonly idleTimeout?: number
  readonly model?: string
  readonly prompt?: string
  readonly maxOutputTokens?: number
  readonly maxCost?: number
  readonly maxTokens?: number
  readonly prices?: string
  readonly endpoint?: string
  readonly strict?: boolean
  readonly retryFailed?: boolean
  readonly acceptChanged?: boolean
  readonly journalSent?: boolean
  readonly durability?: Durability
  readonly report?: string
  readonly dashboard?: number | true
  readonly json?: boolean
}

const examples = `
Examples:
  tsyncio batch requests.jsonl -o answers.jsonl --base-url https://api.openai.com
  tsyncio batch data.jsonl.gz -o answers.jsonl.gz --base-url http://localhost:8080 \\
      --prompt 'Q: {{question}}' --model llama-3 --concurrency 64 --rpm 3000
  generate | tsyncio batch - -o - --base-url http://localhost:8080 | consume
  tsyncio batch requests.jsonl --base-url https://api.openai.com --dry-run
  tsyncio batch validate requests.jsonl --strict-openai

Input lines: OpenAI batch lines {custom_id, method, url, body}, Anthropic ones {custom_id, params}, bare bodies
{messages}, or {prompt}; with --prompt any JSON objects. Running again with the same -o continues.

Exit codes: 0 all answered, 1 some failed or left open, 2 bad use, 3 key refused, 4 no credit left,
5 budget used up, 130 interrupted (143 by SIGTERM).`

/** The command with its options, without what it does. */
export function declareFlags(): Command {
  const command = new Command("batch")
    .description("send every line of a JSONL file as a request, and write the answers to another")
    .argument("<input>", "JSONL file with requests or data, gzip or not; - for standard input")
    .option(
      "-o, --output <file>",
      "file for the answers, compressed if it ends in .gz; failures go beside it, out.jsonl to out.errors.jsonl; " +
        "- for standard output, which cannot be continued",
    )
  for (const declare of [requestOptions, outputOptions, limitOptions, moneyOptions]) declare(command)
  return command
    .option("--retry-failed", "ask again what finally failed in earlier runs with this output")
    .option(
      "--accept-changed",
      "continue although answered lines would now be other requests; their answers stay",
    )
    .addOption(
      new Option(
        "--durability <level>",
        "what a written answer survives: fsync the machine losing power, flush a kill, none neither (default: fsync)",
      ).choices(["fsync", "flush", "none"]),
    )
    .option(
      "--journal-sent",
      "note each request before it is sent, so that the next run knows what was on its way",
    )
    .option("--report <file>", "at the end, write a page with all figures of this output: out.html")
    .option(
      "--dashboard [port]",
      "show the same page while the run goes on, on this machine only; the link is printed at the start",
      dashboardPort,
    )
    .option("--dry-run", "print the first request with keys hidden, and send nothing")
    .option("--json", "print the closing report, or the first request, as JSON")
    .addHelpText("after", examples)
}

function requestOptions(command: Command): void {
  command
    .option("--base-url <url>", "where requests go, with or without /v1")
    .option(
      "--api-key-env <name>",
      "environment variable that holds the key (default: OPENAI_API_KEY, or ANTHROPIC_API_KEY with --format anthropic)",
    )
    .option("--api-key-file <file>", "file that holds the key")
    .option("--api-key <key>", "the key itself; others can see it in the list of processes")
    .addOption(
      new Option(
        "--auth <way>",
        "how the key is sent (default: x-api-key to /messages, else bearer)",
      ).choices(["bearer", "x-api-key", "api-key"]),
    )
    .option("--prompt <template>", "make a prompt of each line, with {{path}} places such as {{a.b.0}}")
    .option("--model <name>", "model for lines that name none (default: default)")
    .option("--max-output-tokens <n>", "max_tokens for lines that set no limit", integerArgument(1))
    .option("--endpoint <path>", "path for lines that are bodies only (default: /v1/chat/completions)")
    .option(
      "--allow-absolute-urls",
      "take lines whose url names a host; the key goes to that of --base-url only",
    )
    .option("--stream", "have answers come as streams: same records, and the times of tokens in the metrics")
    .option("--strict", "send nothing if any line of the input is no request")
}

function outputOptions(command: Command): void {
  command
    .addOption(
      new Option("--format <name>", "how output lines look (default: openai)").choices([
        "openai",
        "anthropic",
      ]),
    )
    .option("--ordered", "write answers in the order of the input")
    .option("--errors <file>", "file for failures (default: beside the output; with -o - among the answers)")
    .option(
      "--metrics <file>",
      "file for attempts, times and tokens (default: beside the output, out.metrics.jsonl)",
    )
    .option("--no-metrics", "no metrics file")
    .option("--inline-metrics", "metrics in the field x_run of each output line instead")
}

function limitOptions(command: Command): void {
  command
    .option(
      "--concurrency <n>",
      "most requests on their way at once (default: found out, from 20 up to 100)",
      integerArgument(1),
    )
    .option(
      "--rpm <n>",
      "most requests per minute, repetitions included (default: as the server's headers say)",
      numberArgument,
    )
    .option(
      "--tpm <n>",
      "most tokens per minute, requests and answers together (default: likewise)",
      numberArgument,
    )
    .option("--input-tpm <n>", "most tokens of requests per minute (default: likewise)", numberArgument)
    .option("--output-tpm <n>", "most tokens of answers per minute (default: likewise)", numberArgument)
    .option(
      "--model-limits <model:limit=n,...>",
      "limits of one model, as in gpt-4o:rpm=500,tpm=30000; may be repeated",
      modelLimits,
    )
    .option(
      "--burst <ms>",
      "how much of a minute's limit may go at once, in ms of it (default: 1000)",
      numberArgument,
    )
    .option("--no-learn-limits", "take no limits from the server's headers")
    .option("--retries <n>", "repetitions of a failed request (default: 5)", integerArgument(0))
    .option(
      "--no-retry-after-send",
      "do not repeat a request that was sent and got no answer, here or in a run with --journal-sent: it may be billed",
    )
    .option(
      "--max-retry-after <ms>",
      "longest wait a server may ask for; above it lines are left open (default: 600000)",
      numberArgument,
    )
    .option("--timeout <ms>", "longest time of one attempt (default: 600000)", numberArgument)
    .option(
      "--first-token-timeout <ms>",
      "longest silence before the first token of a stream; pings are silence (default: 120000)",
      numberArgument,
    )
    .option(
      "--idle-timeout <ms>",
      "longest silence between two tokens of a stream (default: 60000)",
      numberArgument,
    )
}

function moneyOptions(command: Command): void {
  command
    .option(
      "--max-cost <dollars>",
      "budget of this run: nothing is sent that might exceed it, and the run stops (default: none)",
      numberArgument,
    )
    .option(
      "--max-tokens <n>",
      "budget of this run in tokens, requests and answers together; for the length of one answer see " +
        "--max-output-tokens (default: none)",
      integerArgument(1),
    )
    .option(
      "--prices <file>",
      'JSON with prices that come before the built-in ones: [{"model": "my-model", "input": 0.5, "output": 1.5}], ' +
        "dollars for a million tokens",
    )
}

/** The library's options; keys and prices were read before. */
export function optionsOf(
  input: string,
  flags: BatchFlags & { readonly baseUrl: string },
  read: Pick<BatchOptions, "apiKey" | "prices">,
): BatchOptions {
  const { dryRun: _dry, json: _json, apiKeyEnv: _env, apiKeyFile: _file, prices: _prices, ...others } = flags
  const { report: _report, dashboard: _dashboard, ...rest } = others
  const { output, metrics, inlineMetrics, allowAbsoluteUrls, modelLimits: models, ...same } = rest
  return {
    ...same,
    input: input === "-" ? process.stdin : input,
    // A dry run writes nothing: without an output there is nothing to look at.
    output: output === "-" || output === undefined ? process.stdout : output,
    metrics: inlineMetrics === true && metrics === undefined ? "inline" : metrics,
    absoluteUrls: allowAbsoluteUrls,
    models,
    ...read,
  }
}

/** Reads the port; the word behind the option may be the input. */
function dashboardPort(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text)
  throw new InvalidArgumentError(
    "It must be a port, 0 to 65535. Put --dashboard behind the input, or write --dashboard=8080.",
  )
}

const limitNames: Readonly<Record<string, keyof MinuteLimits>> = {
  rpm: "rpm",
  tpm: "tpm",
  "input-tpm": "inputTpm",
  "output-tpm": "outputTpm",
}

/** Reads `model:rpm=500,tpm=30000` and adds it to those read before. */
function modelLimits(text: string, before: Record<string, MinuteLimits> = {}): Record<string, MinuteLimits> {
  const colon = text.lastIndexOf(":")
  const limits: Record<string, number> = {}
  for (const part of text.slice(colon + 1).split(",")) {
    const [word = "", value = ""] = part.split("=")
    const name = limitNames[word.trim()]
    if (colon < 1 || name === undefined) {
      throw new InvalidArgumentError("It must look like model:rpm=500,tpm=30000,input-tpm=…,output-tpm=….")
    }
    limits[name] = numberArgument(value)
  }
  return { ...before, [text.slice(0, colon)]: limits }
}
