// The commands of `tsyncio`, and how one that fails ends.
//
// Registers the commands, and turns what goes wrong in one into a line on standard error and an exit code: 2 for
// bad use, 1 for the rest. A stack is printed only for what is no message to a user: a bug.

import { readFileSync } from "node:fs"
import { Command, CommanderError } from "commander"
import { BatchRefusedError } from "../batch/index.ts"
import { isCancelled } from "../core/index.ts"
import { batchCommand } from "./batch-command.ts"
import { exitCodes } from "./exit-code.ts"
import { mockCommand } from "./mock-command.ts"

/** Runs the command that the words of the command line name; sets the exit code and never throws. */
export async function runProgram(words: readonly string[]): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", passOverClosedPipe)
  try {
    await program().parseAsync(words)
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : exitCodes.usage
    } else if (!isCancelled(error)) {
      process.exitCode = error instanceof BatchRefusedError ? exitCodes.usage : exitCodes.someFailed
      process.stderr.write(`tsyncio: ${textOf(error)}\n`)
    }
  }
}

/** Whoever read our output has left (`| head`): that is no reason to end a run that somebody paid for. */
function passOverClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error
}

/** The message, and the stack of errors that nobody wrote for a user. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const isBug = error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError
  return isBug ? (error.stack ?? error.message) : error.message
}

function version(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8")
  return (JSON.parse(text) as { readonly version: string }).version
}

function program(): Command {
  const root = new Command("tsyncio")
    .description("asyncio for TypeScript: the batch runner and its mock server")
    .version(version(), "--version", "print the version")
    .helpCommand(true)
  const batch = batchCommand()
  for (const command of [batch, mockCommand()]) root.addCommand(command)
  for (const command of [root, ...root.commands, ...batch.commands]) {
    command
      .exitOverride()
      .showHelpAfterError(`(see \`${command === root ? "" : "tsyncio "}${command.name()} --help\`)`)
  }
  return root
}
