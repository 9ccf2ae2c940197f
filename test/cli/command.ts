// Runs the built program as a user does: a process of its own.

import { spawn, type ChildProcess } from "node:child_process"
import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"

/** How a command ended. */
export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** A command that is running; `ended` never rejects. */
export interface RunningCommand {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
}

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  /** Whether the caller writes to standard input. @default "ignore" */
  readonly stdin?: "pipe"
  /** Options of Node itself. @default none */
  readonly node?: readonly string[]
  /** File under dist. @default "bin/tsyncio.js" */
  readonly program?: string
}

/** Starts `tsyncio` with arguments. The environment holds no key but what is given. */
export function start(words: readonly string[], options: CommandOptions = {}): RunningCommand {
  const program = fileURLToPath(new URL(`../../dist/${options.program ?? "bin/tsyncio.js"}`, import.meta.url))
  if (!existsSync(program)) throw new Error(`Cannot run the command: ${program} is not built`)
  const { OPENAI_API_KEY: _key, ANTHROPIC_API_KEY: _other, NO_COLOR: _color, ...env } = process.env
  const child = spawn(process.execPath, [...(options.node ?? []), program, ...words], {
    env: { ...env, ...options.env },
    stdio: [options.stdin ?? "ignore", "pipe", "pipe"],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  })
  let stdout = ""
  let stderr = ""
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout += text))
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text))
  const ended = new Promise<Ended>((resolve) => {
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }))
  })
  return { child, ended }
}

/** Runs `tsyncio` to its end. */
export async function command(words: readonly string[], options?: CommandOptions): Promise<Ended> {
  return await start(words, options).ended
}
