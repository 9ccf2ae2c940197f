// How a process is started, checked and made ready for the system.
//
// Everything that can be wrong with a call is found here, before anything is started. What must stay true:
// arguments are handed over as they are, and go through a shell only where that is asked for by name.
import { fileURLToPath } from "node:url"
import { misuse } from "../base/misuse.ts"
import { expectSignal } from "../core/lowlevel.ts"
import type { WaitOptions } from "../core/index.ts"

/** What every way of starting a process takes. */
export interface ProcessOptions {
  /** Working directory: a path, or a `file:` URL. @default that of this process */
  readonly cwd?: string | URL | undefined
  /** Environment variables beside those of this process; undefined takes one away. @default none */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
  /** Whether the variables of this process are handed on. @default true */
  readonly inheritEnv?: boolean | undefined
  /** Let a shell read the command as a line: true for the system's, or the path of one. Takes no arguments. @default false */
  readonly shell?: boolean | string | undefined
  /**
   * Lead a process group of its own, so that all that it starts can be ended with it. False for a program that talks to
   * the terminal: that one alone is ended then. @default true
   */
  readonly ownGroup?: boolean | undefined
  /** Milliseconds between the request to end (SIGTERM) and the end by force (SIGKILL). @default 5000 */
  readonly grace?: number | undefined
}

/** A call that is in order. */
export interface ProcessPlan {
  readonly command: string
  readonly args: readonly string[]
  readonly cwd: string | undefined
  readonly env: NodeJS.ProcessEnv
  readonly shell: boolean | string
  readonly ownsGroup: boolean
  readonly grace: number
  /** Command and arguments, for messages. */
  readonly shown: string
}

const defaultGrace = 5_000
const longestShown = 200

/**
 * Checks a call.
 *
 * @throws {TypeError} If something is of the wrong kind.
 * @throws {RangeError} If a value makes no sense.
 */
export function checkPlan(
  command: string,
  args: readonly string[],
  options: ProcessOptions & WaitOptions,
): ProcessPlan {
  const { cwd, env = {}, inheritEnv = true, shell = false, ownGroup = true, grace = defaultGrace } = options
  if (typeof command !== "string" || command === "" || command.includes("\0"))
    throw misuse("command", "the name or path of a program", command, "string")
  if (!isArray(args)) throw misuse("args", "an array of strings", args, "never")
  for (const [at, arg] of args.entries())
    if (typeof arg !== "string" || arg.includes("\0")) throw misuse(`args[${at}]`, "a string", arg, "string")
  if (shell !== false && args.length > 0)
    throw new TypeError(
      "Expected no `args` with `shell`: a shell would read them without quotes; put all into the command",
    )
  if (typeof grace !== "number" || !(grace >= 0)) throw misuse("grace", "milliseconds from 0 up", grace)
  expectSignal(options.signal)
  const shown = [command, ...args].map(quoted).join(" ")
  return {
    command,
    args,
    cwd: cwd instanceof URL ? fileURLToPath(cwd) : cwd,
    env: withoutAbsent(inheritEnv ? { ...process.env, ...env } : env),
    shell,
    ownsGroup: ownGroup,
    grace,
    shown: shown.length > longestShown ? `${shown.slice(0, longestShown)}…` : shown,
  }
}

/** Checks what is to become of an input or output. */
export function checkWay(name: string, way: unknown, own: "capture" | "pipe"): void {
  if (way === own || way === "inherit" || way === "ignore") return
  throw misuse(name, `"${own}", "inherit" or "ignore"`, way, "string")
}

/** As `Array.isArray`, which makes a list of anything of what it has looked at. */
function isArray(value: readonly string[]): boolean {
  return Array.isArray(value)
}

function quoted(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : JSON.stringify(word)
}

function withoutAbsent(env: Readonly<Record<string, string | undefined>>): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined))
}
