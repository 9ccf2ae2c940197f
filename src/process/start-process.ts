// A process that is talked with while it runs.
//
// Its pipes are the readers and the writer of `tsyncio/stream`, so who reads slowly slows it down. What must
// stay true: nothing below holds the handle, so that one that is dropped can be told from one that is used;
// leaving its scope ends it and all that it has started.
import type { Readable } from "node:stream"
import { InvalidStateError } from "../core/index.ts"
import type { WaitOptions } from "../core/index.ts"
import { UnclosedWatch, refusal } from "../core/lowlevel.ts"
import { StreamReader, StreamWriter } from "../stream/index.ts"
import { Child } from "./child.ts"
import { InputPipe } from "./input-pipe.ts"
import { OutputPipe } from "./output-pipe.ts"
import type { ProcessOptions } from "./process-options.ts"
import { checkPlan, checkWay } from "./process-options.ts"

/** Settings of {@link startProcess}. */
export interface StartProcessOptions extends ProcessOptions, WaitOptions {
  /** A writer for it, that of this process, or none. @default "pipe" */
  readonly stdin?: "pipe" | "inherit" | "ignore" | undefined
  /** A reader for it, that of this process, or dropped. @default "pipe" */
  readonly stdout?: "pipe" | "inherit" | "ignore" | undefined
  /** As `stdout`. @default "inherit": to be seen, and never full because nobody reads it */
  readonly stderr?: "pipe" | "inherit" | "ignore" | undefined
  /** Most bytes of a line of its outputs; twice as many are buffered before it has to wait. @default 65536 */
  readonly limit?: number | undefined
}

/** How a process ended. */
export interface ProcessEnd {
  /** What it ended with; null if a signal ended it. */
  readonly exitCode: number | null
  /** The signal that ended it, or null. */
  readonly signal: NodeJS.Signals | null
}

/** What leads into a process and out of it; null for what is no pipe. */
interface Pipes {
  readonly stdin: StreamWriter | null
  readonly stdout: StreamReader | null
  readonly stderr: StreamReader | null
}

/**
 * A process that runs; from {@link startProcess}.
 *
 * **Cancellation.** Leaving an `await using` ends it and all that it has started: SIGTERM, and SIGKILL after
 * `grace`. A cancelled wait leaves it running.
 * **Pitfall.** A process whose output nobody reads stops when its pipe is full: read it, or start it with
 * `stdout: "ignore"`. One that is never ended is named when its run ends, and killed when this process does.
 *
 * @example Ask and answer
 * ```ts no-run
 * await using bc = await startProcess("bc")
 * bc.stdin.write("6 * 7\n")
 * for await (const line of bc.lines()) {
 *   console.log(line) // 42
 *   bc.stdin.close()
 * }
 * ```
 */
export class Process implements AsyncDisposable {
  readonly #child: Child
  readonly #pipes: Pipes
  readonly #unclosed: UnclosedWatch

  /** @internal Made by {@link startProcess}. */
  constructor(child: Child, pipes: Pipes) {
    this.#child = child
    this.#pipes = pipes
    this.#unclosed = new UnclosedWatch(this, `The process ${child.plan.shown}`, openCount(child))
  }

  /** Its number in the system. */
  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** What it ended with; null while it runs, and if a signal ended it. */
  get exitCode(): number | null {
    return this.#child.exitCode
  }

  /** The signal that ended it; null while it runs, and if none did. */
  get signal(): NodeJS.Signals | null {
    return this.#child.signal
  }

  /**
   * Its input; `close()` it for a program that reads to the end.
   *
   * @throws {InvalidStateError} If it was started with another `stdin` than `"pipe"`.
   */
  get stdin(): StreamWriter {
    return this.#pipes.stdin ?? missing("stdin")
  }

  /**
   * Its output.
   *
   * @throws {InvalidStateError} If it was started with another `stdout` than `"pipe"`.
   */
  get stdout(): StreamReader {
    return this.#pipes.stdout ?? missing("stdout")
  }

  /**
   * What it says beside its output.
   *
   * @throws {InvalidStateError} If it was started without `stderr: "pipe"`.
   */
  get stderr(): StreamReader {
    return this.#pipes.stderr ?? missing("stderr")
  }

  /**
   * The lines of its output as text, without what ends them, until it has closed that.
   *
   * @throws {RangeError} By the loop, if a line is longer than `limit`.
   * @throws {InvalidStateError} If it was started with another `stdout` than `"pipe"`.
   */
  lines(): AsyncGenerator<string, void, void> {
    return textLines(this.stdout)
  }

  /**
   * Waits until it has ended; what it has written can be read before and afterwards.
   *
   * **Cancellation.** Ends the wait; the process goes on.
   *
   * @param options.signal - Ends the wait with `signal.reason` when it aborts. @default none
   * @param options.timeout - Milliseconds after which the wait throws a TimeoutError. @default no limit
   */
  async wait(options?: WaitOptions): Promise<ProcessEnd> {
    const refused = refusal(options)
    if (refused !== null) return refused
    await this.#child.untilEnded(options)
    return { exitCode: this.exitCode, signal: this.signal }
  }

  /**
   * Sends a signal to it and to all that it has started.
   *
   * @param signal - Its name. @default "SIGTERM"
   * @returns False if nothing of it is alive.
   */
  kill(signal: NodeJS.Signals = "SIGTERM"): boolean {
    return this.#child.send(signal)
  }

  /**
   * Ends it and all that it has started, and waits until nothing of them is left.
   *
   * **Cancellation.** Kills at once.
   */
  async stop(): Promise<void> {
    this.#unclosed.stop()
    await this.#child.stop()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  toString(): string {
    const { exitCode, signal, hasEnded } = this.#child
    const state = hasEnded ? `ended ${signal ?? exitCode}` : `running pid=${this.pid}`
    return `<Process ${this.#child.plan.command} ${state}>`
  }
}

/**
 * Starts a program to be talked with: its input a writer, its output a reader.
 *
 * A telephone call, where {@link runProcess} is a letter.
 *
 * **Cancellation.** One that is cancelled has started nothing. Leaving the scope of the process ends it.
 *
 * @param command - Name of a program in PATH, or a path; with `shell` a whole line.
 * @param args - Its arguments, handed over as they are. @default none
 * @param options.stdin - `"pipe"`, `"inherit"` or `"ignore"`. @default "pipe"
 * @param options.stdout - `"pipe"`, `"inherit"` or `"ignore"`. @default "pipe"
 * @param options.stderr - `"pipe"`, `"inherit"` or `"ignore"`. @default "inherit"
 * @param options.limit - Most bytes of a line of its outputs. @default 65536
 * @param options - Else as for {@link runProcess}; `signal` and `timeout` are for the start.
 * @returns The process, for `await using`, or `stop()`.
 * @throws {ProcessError} If it cannot be started.
 *
 * @example What a program writes, as it comes
 * ```ts no-run
 * await using tail = await startProcess("tail", ["-f", "server.log"])
 * for await (const line of tail.lines()) if (line.includes("ERROR")) console.log(line)
 * ```
 */
export async function startProcess(
  command: string,
  args: readonly string[] = [],
  options: StartProcessOptions = {},
): Promise<Process> {
  const plan = checkPlan(command, args, options)
  const { stdin = "pipe", stdout = "pipe", stderr = "inherit", limit } = options
  for (const [name, way] of Object.entries({ stdin, stdout, stderr })) checkWay(name, way, "pipe")
  const outputs = [new StreamReader({ limit }), new StreamReader({ limit })] as const
  const child = new Child(plan, [stdin, stdout, stderr])
  await child.startAndBegin(options)
  return new Process(child, joined(child, outputs))
}

/** Readers and a writer for the pipes that there are. */
function joined(child: Child, outputs: readonly [StreamReader, StreamReader]): Pipes {
  const { handle } = child
  const joining: OutputPipe[] = []
  const read = (stream: Readable | null | undefined, reader: StreamReader): StreamReader | null => {
    if (stream === null || stream === undefined) return null
    joining.push(new OutputPipe(stream, reader))
    return reader
  }
  const [stdout, stderr] = [read(handle?.stdout, outputs[0]), read(handle?.stderr, outputs[1])]
  child.whenEnded(() => {
    for (const pipe of joining) pipe.fetchRest()
  })
  const input = handle?.stdin ?? null
  return { stdin: input === null ? null : new StreamWriter(new InputPipe(input)), stdout, stderr }
}

/** Counts the process itself while it is alive. */
function openCount(child: Child): { readonly open: number } {
  return {
    get open() {
      return child.state === "over" ? 0 : 1
    },
  }
}

async function* textLines(output: StreamReader): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true })
  for await (const line of output) yield decoder.decode(line).replace(/\r?\n$/, "")
}

function missing(option: string): never {
  throw new InvalidStateError(`Cannot use ${option}: the process was started without \`${option}: "pipe"\``)
}
