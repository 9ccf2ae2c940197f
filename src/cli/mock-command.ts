// The command `tsyncio mock`: a mock server until Ctrl-C.
//
// Only the words of the command line stand here; what they mean is decided by the server's own
// options. What must stay true: standard output begins with the line that holds the URL, so a
// script can read where the server is; bad use ends with a message and a non-zero exit code.
import { Command, InvalidArgumentError } from "commander"
import { cancellable, isCancelled, run } from "../core/index.ts"
import { exitCodes } from "./exit-code.ts"
import type { MockOptions } from "./mock-options.ts"
import { optionWords } from "./option-words.ts"

const DEFAULT_PORT = 8080

/** The command, ready to be added to a program. */
export function mockCommand(): Command {
  return new Command("mock")
    .description(
      "run a server that speaks OpenAI's and Anthropic's language, with limits, failures and a report, for tests",
    )
    .option("--port <n>", "port to listen on; 0 takes a free one", count, DEFAULT_PORT)
    .option("--host <address>", "address to listen on", "127.0.0.1")
    .option("--latency <ms>", "milliseconds before an answer begins", amount, 0)
    .option("--chunk-delay <ms>", "milliseconds between two chunks of a stream", amount, 0)
    .option("--keep-alive <ms>", "silence after which a stream sends a sign of life", amount)
    .option("--batch-time <ms>", "milliseconds that a batch of /v1/batches takes", amount, 0)
    .option("--rpm <n>", "requests a minute; more is answered with 429", amount)
    .option("--tpm <n>", "tokens a minute; more is answered with 429", amount)
    .option("--burst <ms>", "how much of a limit may come at once, in milliseconds of it", amount, 2_000)
    .option("--fail-rate <p>", "share of requests that fail (429, 500, reset, truncated), 0 to 1", amount, 0)
    .option("--failures <names>", "how they fail: also stream-error and stalled, in a stream's middle", names)
    .option("--hang-rate <p>", "share of requests that are never answered, 0 to 1", amount, 0)
    .option("--retry-after <ms>", "milliseconds that an injected 429 asks for", amount, 50)
    .option("--seed <n>", "start of the random numbers that choose who fails", count, 1)
    .option("--api-key <key>", "require `Authorization: Bearer KEY` or `x-api-key: KEY`")
    .option("--models <names>", "models that exist, separated by commas", names)
    .action(async (options: MockOptions, command: Command) => {
      try {
        await run(() => serve(options))
      } catch (error) {
        // Ctrl-C: everything is closed, and the run has set the exit code.
        if (isCancelled(error)) return
        const message = error instanceof Error ? error.message : String(error)
        const names = new Set(command.options.map((option) => option.attributeName()))
        process.stderr.write(`tsyncio mock: ${optionWords(message, names)}\n`)
        process.exitCode = error instanceof RangeError || error instanceof TypeError ? exitCodes.usage : 1
      }
    })
}

/** Serves until it is cancelled. The server is loaded here, since a batch does without. */
async function serve(options: MockOptions): Promise<void> {
  const { startMockServer } = await import("./mock-server.ts")
  await using server = await startMockServer(options)
  process.stdout.write(`mock server at ${server.url}\n`)
  process.stdout.write(`report at ${server.url}/stats; Ctrl-C stops it\n`)
  await cancellable(new Promise<void>(() => {}))
}

function amount(text: string): number {
  const value = Number(text)
  if (text.trim() === "" || !Number.isFinite(value)) throw new InvalidArgumentError("It must be a number.")
  return value
}

function count(text: string): number {
  const value = amount(text)
  if (!Number.isSafeInteger(value) || value < 0)
    throw new InvalidArgumentError("It must be an integer from 0 up.")
  return value
}

function names(text: string): string[] {
  return text.split(",").map((name) => name.trim())
}
