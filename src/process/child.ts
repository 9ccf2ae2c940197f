// A process that was started, from its start until nothing of it is left.
//
//   state    | meaning                                              | leaves by
//   idle     | not started                                          | start() -> running, over
//   running  | it is alive                                          | it ends -> draining, clearing
//   draining | it has ended, its output may still be coming         | end of output, or grace -> clearing
//   clearing | what else it has started was told to end             | nobody left -> over, grace -> killed
//   over     | nothing is left, all output is here                  | -
//
// Told to end, it and all that it has started get SIGTERM, and SIGKILL after `grace`; that goes on whoever
// waits, in real time, since processes know no other. What must stay true: nobody waits for an output that
// somebody outside the group holds open; the exit code is told when all output is here, as by asyncio's
// `communicate()`; the system is asked for the end of every process that was started, so none is a zombie.
import type { ChildProcess, StdioOptions } from "node:child_process"
import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { cancelScope } from "../core/index.ts"
import type { ClockTimer, WaitOptions } from "../core/lowlevel.ts"
import { WaitList, platformClock, runOutsideTasks } from "../core/lowlevel.ts"
import { ProcessError } from "./errors.ts"
import { killAtExit } from "./kill-at-exit.ts"
import { ProcessGroup, hasGroups } from "./process-group.ts"
import type { ProcessPlan } from "./process-options.ts"

/** Milliseconds between two looks at what is left of a group, from the first to the later ones. */
const looks = { first: 2, most: 50 }

/** Milliseconds for which the system is waited for to end what was killed. */
const longestDeath = 1_000

export class Child {
  readonly plan: ProcessPlan
  state: "idle" | "running" | "draining" | "clearing" | "over" = "idle"
  exitCode: number | null = null
  signal: NodeJS.Signals | null = null
  /** Why it could not be started, or was ended from here; null if neither. */
  failure: { readonly error: unknown } | null = null
  /** Node's handle, while and after it runs; null before. */
  handle: ChildProcess | null = null
  readonly #stdio: StdioOptions
  #group: ProcessGroup | null = null
  #letGo: () => void = () => {}
  /** Whether it was told to end. */
  #isEnding = false
  #timers = new Set<ClockTimer>()
  readonly #line = new WaitList<void>("process", () => true)
  /** Who waits for the system to have started it. */
  readonly #beginLine = new WaitList<void>("process start", () => true)
  #whenEnded: () => void = () => {}
  /** Those who wait for the process itself to end, output or not. */
  readonly #exitLine = new WaitList<void>("process", () => true)

  constructor(plan: ProcessPlan, stdio: StdioOptions) {
    this.plan = plan
    this.#stdio = stdio
  }

  get pid(): number | undefined {
    return this.handle?.pid
  }

  /** Whether the process itself has ended, or never began. */
  get hasEnded(): boolean {
    return this.state !== "idle" && this.state !== "running"
  }

  /** Starts it; what goes wrong is told by `failure`. */
  start(prepare: (handle: ChildProcess) => void): void {
    const { command, args, cwd, env, shell, ownsGroup } = this.plan
    this.state = "running"
    runOutsideTasks(() => {
      try {
        const stdio = this.#stdio
        const handle = spawn(command, args, { cwd, env, shell, stdio, detached: ownsGroup && hasGroups })
        this.handle = handle
        handle.on("spawn", () => this.#beginLine.serve(undefined))
        handle.on("error", (error) => this.#failed(error))
        handle.on("exit", (code, signal) => this.#ended(code, signal))
        handle.on("close", () => this.#drained())
        // What breaks a pipe is told by the end of the process.
        for (const stream of handle.stdio) stream?.on("error", () => {})
        if (handle.pid !== undefined) this.#began(handle.pid)
        prepare(handle)
      } catch (error) {
        this.#failed(error)
      }
    })
  }

  /** Waits until nothing is left of it. */
  async untilOver(options?: WaitOptions): Promise<void> {
    while (this.state !== "over") await this.#line.wait(undefined, options)
  }

  /** Begins to wait, then starts it; one that is cancelled before never starts. */
  async startAndWait(prepare: (handle: ChildProcess) => void, options: WaitOptions): Promise<void> {
    const over = this.#line.wait(undefined, options)
    if (this.#line.size > 0) this.start(prepare)
    else this.state = "over"
    await over
    await this.untilOver()
  }

  /** Starts it and waits until it runs; one that is cancelled before never starts. */
  async startAndBegin(options: WaitOptions): Promise<void> {
    const begun = this.#beginLine.wait(undefined, options)
    if (this.#beginLine.size > 0) this.start(() => {})
    else this.state = "over"
    try {
      await begun
    } catch (error) {
      await this.stop()
      throw error
    }
    if (this.failure !== null) throw this.failure.error
  }

  /** Calls `call` when the process itself has ended; at once if it has. */
  whenEnded(call: () => void): void {
    if (this.hasEnded) call()
    else this.#whenEnded = call
  }

  /** Waits until the process itself has ended. */
  async untilEnded(options?: WaitOptions): Promise<void> {
    while (!this.hasEnded) await this.#exitLine.wait(undefined, options)
  }

  /** Sends a signal to it and to all that it has started; false if nothing of it is alive. */
  send(signal: NodeJS.Signals): boolean {
    return this.state !== "over" && (this.#group?.send(signal) ?? false)
  }

  /** Tells it to end, and ends it by force after the grace. */
  end(): void {
    if (this.state === "idle") this.#finish()
    if (this.#isEnding || this.state === "over") return
    this.#isEnding = true
    this.#group?.send("SIGTERM")
    this.#after(this.plan.grace, () => this.kill())
    if (this.state === "draining") this.#clear()
  }

  /** Ends it by force. */
  kill(): void {
    if (this.state === "idle") this.#finish()
    if (this.state === "over") return
    this.#isEnding = true
    this.#group?.send("SIGKILL")
    if (this.state === "draining") this.#clear()
    // What hangs in the kernel does not even end by force.
    if (this.state === "clearing") this.#after(longestDeath, () => this.#finish())
  }

  /** Ends it by force because of `error`, which is kept as its failure. */
  fail(error: unknown): void {
    this.failure ??= { error }
    this.kill()
  }

  /** Tells it to end and waits until nothing is left; who is cancelled meanwhile wants it by force. */
  async stop(): Promise<void> {
    this.end()
    try {
      await this.untilOver()
    } catch (error) {
      this.kill()
      await cancelScope(() => this.untilOver(), { shield: true })
      throw error
    }
  }

  #began(pid: number): void {
    const group = new ProcessGroup(pid, this.plan.ownsGroup)
    this.#group = group
    this.#letGo = killAtExit(group)
  }

  // Told for a process that could not be started, and for one that could not be signalled.
  #failed(error: unknown): void {
    if (this.handle?.pid !== undefined) return
    this.failure ??= { error: startError(error, this.plan) }
    this.#finish()
  }

  #ended(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.state !== "running") return
    this.exitCode = code
    this.signal = signal
    this.state = "draining"
    this.#group?.leaderEnded()
    this.#whenEnded()
    while (this.#exitLine.serve(undefined) !== null);
    if (this.#isEnding) this.#clear()
    else this.#after(this.plan.grace, () => this.#drained())
  }

  /** All output is here, or was waited for long enough. */
  #drained(): void {
    if (this.state === "draining") this.#clear()
  }

  /** Ends what else it has started. */
  #clear(): void {
    this.state = "clearing"
    if (this.#group?.isAlive() !== true) return this.#finish()
    if (!this.#isEnding) this.end()
    this.#lookAgain(looks.first)
  }

  #lookAgain(pause: number): void {
    this.#after(pause, () => {
      if (this.state !== "clearing") return
      if (this.#group?.isAlive() === true) this.#lookAgain(Math.min(pause * 2, looks.most))
      else this.#finish()
    })
  }

  #finish(): void {
    if (this.state === "over") return
    this.state = "over"
    for (const timer of this.#timers) timer.clear()
    this.#timers.clear()
    this.#letGo()
    for (const stream of this.handle?.stdio ?? []) stream?.destroy()
    this.#beginLine.serve(undefined)
    while (this.#exitLine.serve(undefined) !== null);
    while (this.#line.serve(undefined) !== null);
  }

  #after(ms: number, fire: () => void): void {
    if (ms === Infinity) return
    const timer = platformClock.startTimer(ms, () => {
      this.#timers.delete(timer)
      fire()
    })
    this.#timers.add(timer)
  }
}

/** The error for a process that the system did not start. */
function startError(error: unknown, plan: ProcessPlan): ProcessError {
  const { code, message } = error as { code?: string; message?: string }
  const why = code === "ENOENT" ? absence(plan) : code === "EACCES" ? "it may not be executed" : message
  const details = { code: code ?? "E_PROCESS_START", command: plan.shown, cause: error }
  return new ProcessError(`Cannot start ${plan.shown}: ${why} (${details.code})`, details)
}

/** Node says of a working directory that is not there that the program is not. */
function absence({ command, cwd, env, shell }: ProcessPlan): string {
  if (cwd !== undefined && !existsSync(cwd)) return `its working directory ${cwd} does not exist`
  if (shell !== false) return `there is no shell ${shell === true ? "" : shell}`.trimEnd()
  if (/[/\\]/.test(command)) return "there is no such file"
  return `no program of that name is in PATH (${env["PATH"] ?? "not set"})`
}
