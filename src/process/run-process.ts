// A process from its start to its end, its output gathered.
//
// The shape of asyncio's `communicate()`: input goes in, both outputs are read at once so that neither
// fills up, and the result is there when all of it has come. What must stay true: on every way out nothing
// of the process and of what it has started is alive.
import type { ChildProcess } from "node:child_process"
import type { Writable } from "node:stream"
import { misuse } from "../base/misuse.ts"
import { wait } from "../combine/index.ts"
import type { Task, WaitOptions } from "../core/index.ts"
import { TimeoutError, cancellable, isCancelled } from "../core/index.ts"
import { clock, currentScope, refusal, spawnBelow } from "../core/lowlevel.ts"
import { CapturedOutput } from "./captured-output.ts"
import { Child } from "./child.ts"
import { ProcessError } from "./errors.ts"
import type { ProcessOptions, ProcessPlan } from "./process-options.ts"
import { checkPlan, checkWay } from "./process-options.ts"

/** What a process is given to read. */
export type ProcessInput =
  string | Uint8Array | Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>

/** Settings of {@link runProcess}. */
export interface RunProcessOptions extends ProcessOptions, WaitOptions {
  /** What it reads from stdin, at its own pace. @default nothing: it finds the end at once */
  readonly input?: ProcessInput | undefined
  /** Throw a {@link ProcessError} unless it ends with exit code 0. @default false */
  readonly check?: boolean | undefined
  /** Most bytes of each output; a process that writes more is ended. @default 67108864 (64 MiB) */
  readonly maxOutput?: number | undefined
  /** Gather its output, hand it to that of this process, or drop it. @default "capture" */
  readonly stdout?: "capture" | "inherit" | "ignore" | undefined
  /** As `stdout`. @default "capture" */
  readonly stderr?: "capture" | "inherit" | "ignore" | undefined
  /** What is gathered as text, or as bytes. @default "utf8" */
  readonly encoding?: "utf8" | "bytes" | undefined
}

/** How a process ended, and what it wrote. */
export interface ProcessResult<Output = string> {
  /** The command with its arguments. */
  readonly command: string
  /** What it ended with; null if a signal ended it. */
  readonly exitCode: number | null
  /** The signal that ended it, or null. */
  readonly signal: NodeJS.Signals | null
  /** What it wrote to stdout; empty unless that was captured. */
  readonly stdout: Output
  /** What it wrote to stderr; empty unless that was captured. */
  readonly stderr: Output
  /** Milliseconds from the call to its end. */
  readonly elapsed: number
}

/** Characters of stderr that an error shows. */
const shownError = 500

export function runProcess(
  command: string,
  args: readonly string[] | undefined,
  options: RunProcessOptions & { readonly encoding: "bytes" },
): Promise<ProcessResult<Uint8Array>>
export function runProcess(
  command: string,
  args?: readonly string[],
  options?: RunProcessOptions,
): Promise<ProcessResult>
/**
 * Runs a program to its end and gives what it wrote and what it ended with.
 *
 * A letter sent out for an answer. To read while it writes, or to talk with it, use {@link startProcess}.
 *
 * **Cancellation.** The program and all that it has started get SIGTERM, and SIGKILL after `grace`; the
 * error comes when nothing of them is left. A second request kills at once.
 * **Pitfall.** It has a process group of its own: Ctrl-C in the terminal reaches this process alone, whose
 * run then ends it. A program that asks for a password on the terminal wants `ownGroup: false`.
 *
 * @param command - Name of a program in PATH, or a path; with `shell` a whole line.
 * @param args - Its arguments, handed over as they are. @default none
 * @param options.input - What it reads from stdin. @default nothing
 * @param options.check - Throw unless the exit code is 0. @default false
 * @param options.cwd - Working directory. @default that of this process
 * @param options.env - Variables beside those of this process; undefined takes one away. @default none
 * @param options.inheritEnv - Hand on the variables of this process. @default true
 * @param options.shell - Let a shell read the command: `true`, or the path of one. @default false
 * @param options.maxOutput - Most bytes of each output. @default 64 MiB
 * @param options.stdout - `"capture"`, `"inherit"` or `"ignore"`; `stderr` alike. @default "capture"
 * @param options.encoding - `"bytes"` for output as Uint8Array. @default "utf8"
 * @param options.ownGroup - Lead a process group of its own. @default true
 * @param options.grace - Milliseconds between SIGTERM and SIGKILL. @default 5000
 * @param options.signal - Ends it, and throws `signal.reason`, when it aborts. @default none
 * @param options.timeout - Milliseconds after which it is ended with a TimeoutError. @default no limit
 * @returns The result, whatever the exit code.
 * @throws {ProcessError} If it cannot be started, writes too much, or fails and `check` is set.
 *
 * @example A program and its answer
 * ```ts no-run
 * const { stdout } = await runProcess("git", ["rev-parse", "HEAD"], { check: true, timeout: 5_000 })
 * console.log(stdout.trim())
 * ```
 */
export async function runProcess(
  command: string,
  args: readonly string[] = [],
  options: RunProcessOptions = {},
): Promise<ProcessResult<string | Uint8Array>> {
  const plan = checkPlan(command, args, options)
  const { input, encoding = "utf8", check = false } = checkRun(options)
  const refused = refusal(options)
  if (refused !== null) return refused
  const running = new Running(plan, options)
  const { child, stdout, stderr } = running
  const started = clock.now()
  await running.toEnd(input ?? null, options)
  const { exitCode, signal } = child
  if (check && exitCode !== 0) throw exitError(plan, child, stderr)
  const taken = (output: CapturedOutput): string | Uint8Array =>
    encoding === "bytes" ? output.bytes() : output.text()
  return {
    command: plan.shown,
    exitCode,
    signal,
    stdout: taken(stdout),
    stderr: taken(stderr),
    elapsed: clock.now() - started,
  }
}

class Running {
  readonly child: Child
  readonly stdout: CapturedOutput
  readonly stderr: CapturedOutput
  readonly #plan: ProcessPlan

  constructor(plan: ProcessPlan, options: RunProcessOptions) {
    const { maxOutput = 64 * 1024 * 1024, stdout = "capture", stderr = "capture", input } = options
    const mode = (what: string): "pipe" | "inherit" | "ignore" =>
      what === "capture" ? "pipe" : (what as "inherit" | "ignore")
    this.#plan = plan
    this.child = new Child(plan, [input === undefined ? "ignore" : "pipe", mode(stdout), mode(stderr)])
    this.stdout = new CapturedOutput(maxOutput, () => this.#overflow("stdout", maxOutput))
    this.stderr = new CapturedOutput(maxOutput, () => this.#overflow("stderr", maxOutput))
  }

  /** Runs it to its end; throws what prevented that, when nothing is left of it. */
  async toEnd(input: ProcessInput | null, options: RunProcessOptions): Promise<void> {
    const { child } = this
    let feeding: Task<void> | null = null
    const prepare = (handle: ChildProcess): void => {
      handle.stdout?.on("data", (piece: Uint8Array) => this.stdout.add(piece))
      handle.stderr?.on("data", (piece: Uint8Array) => this.stderr.add(piece))
    }
    try {
      const over = child.startAndWait(prepare, options)
      const stdin = child.handle?.stdin ?? null
      if (input !== null && stdin !== null) feeding = this.#feed(stdin, input)
      await over
    } catch (error) {
      await child.stop()
      if (!(error instanceof TimeoutError) || error === options.signal?.reason) throw error
      throw new TimeoutError(`Cannot run ${this.#plan.shown}: it took longer than ${options.timeout} ms`)
    } finally {
      if (feeding?.cancel() === true) await wait([feeding])
    }
    if (child.failure !== null) throw child.failure.error
  }

  /** Hands the input over, piece by piece; one that does not read it all is no failure. */
  #feed(stdin: Writable, input: ProcessInput): Task<void> | null {
    if (typeof input === "string" || input instanceof Uint8Array) {
      stdin.end(input)
      return null
    }
    const feeding = spawnBelow(currentScope(), () => feedPieces(stdin, input), { name: "process input" })
    feeding.addListener({
      futureDone: () => {
        const failure = feeding.failure()
        if (failure !== null && !isCancelled(failure.error)) this.child.fail(failure.error)
      },
    })
    return feeding
  }

  #overflow(name: string, most: number): void {
    const { shown } = this.#plan
    const text = `Cannot run ${shown}: it wrote more than ${most} bytes to ${name} (\`maxOutput\`); read it as it comes by startProcess()`
    this.child.fail(new ProcessError(text, { code: "E_PROCESS_OUTPUT_LIMIT", command: shown }))
  }
}

async function feedPieces(
  stdin: Writable,
  input: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>,
): Promise<void> {
  for await (const piece of input) {
    if (stdin.destroyed) return
    if (!stdin.write(piece)) await drained(stdin)
  }
  stdin.end()
}

/** Waits until a stream takes more, or has been closed. */
async function drained(stdin: Writable): Promise<void> {
  let go = (): void => {}
  const ready = new Promise<void>((resolve) => (go = resolve))
  stdin.once("drain", go).once("close", go)
  try {
    await cancellable(ready)
  } finally {
    stdin.off("drain", go).off("close", go)
  }
}

function exitError(plan: ProcessPlan, { exitCode, signal }: Child, stderr: CapturedOutput): ProcessError {
  const how = signal === null ? `it ended with exit code ${exitCode}` : `${signal} ended it`
  const tail = stderr.tail(shownError)
  const said = tail === "" ? "" : `: ${tail}`
  return new ProcessError(`Cannot run ${plan.shown}: ${how}${said}`, {
    code: "E_PROCESS_EXIT",
    command: plan.shown,
    exitCode,
    signal,
    stderr: tail,
  })
}

function checkRun(options: RunProcessOptions): RunProcessOptions {
  const { input, maxOutput, stdout = "capture", stderr = "capture", encoding = "utf8" } = options
  for (const [name, way] of Object.entries({ stdout, stderr })) checkWay(name, way, "capture")
  if (encoding !== "utf8" && encoding !== "bytes")
    throw misuse("encoding", '"utf8" or "bytes"', encoding, "string")
  if (maxOutput !== undefined && (typeof maxOutput !== "number" || !(maxOutput >= 0)))
    throw misuse("maxOutput", "a number of bytes", maxOutput)
  const found = Object(input) as Partial<Iterable<unknown> & AsyncIterable<unknown>>
  const canBeRead = Symbol.iterator in found || Symbol.asyncIterator in found
  if (input !== undefined && !canBeRead)
    throw misuse("input", "text, bytes, or an iterable of them", input, "never")
  return options
}
