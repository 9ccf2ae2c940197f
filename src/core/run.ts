// The entry point: from nothing to a loop with a main task, and back to nothing.
//
//   state    | meaning                                          | leaves by
//   running  | main runs                                        | main ends -> draining
//   draining | leftovers are cancelled and awaited, in rounds   | none left -> over
//   over     | the promise of `run` is settled                  | -
//
// A run opens listeners (signals, stray rejections, beforeExit) and takes all of them back. It holds
// no handle of its own: timers and sockets of its tasks keep the process alive, and when nothing
// does, that is a deadlock.
import { afterPoll } from "./clock.ts"
import { currentScope } from "./current-scope.ts"
import { DeadlockWatch } from "./deadlock.ts"
import { CancelledError, InvalidStateError } from "./errors.ts"
import { Future } from "./future.ts"
import { watchSignal } from "./foreign-signal.ts"
import type { Home } from "./home.ts"
import { InterruptWatch, exitAsInterrupted } from "./interrupt.ts"
import { expectPatience } from "./patience.ts"
import { absorbStrayCancels } from "./rejection.ts"
import type { ProblemHandler } from "./report.ts"
import { reportProblem, writeProblem } from "./report.ts"
import { schedule } from "./scheduler.ts"
import { Scope } from "./scope.ts"
import { Task } from "./task.ts"
import { describeTasks, tasksBelow } from "./task-tree.ts"
import { reportUnread } from "./unread-failure.ts"
import type { Work } from "./work.ts"
import { expectWork } from "./work.ts"

/** Settings of {@link run}. */
export interface RunOptions {
  /** Cancels main when it aborts. @default none */
  readonly signal?: AbortSignal | undefined
  /** Fail the run when a call that nobody awaited outlives its block. @default false */
  readonly strict?: boolean | undefined
  /** Milliseconds a cancelled task may take before it is reported and told again. @default 10_000 */
  readonly patience?: number | undefined
  /** Cancel main on SIGINT and SIGTERM. @default true, unless the program listens for them itself */
  readonly handleSignals?: boolean | undefined
  /** Gets the errors that reach nobody. @default writes them to stderr */
  readonly onProblem?: ProblemHandler | undefined
}

/** Rounds in which leftovers may start new tasks while they are being cancelled. */
const maxRounds = 10

/**
 * Runs `main` to its end, with everything that belongs to it.
 *
 * The front door of a program: opens a loop, runs main as its first task, then cancels and awaits
 * whatever is left. Inside a run, use {@link taskGroup} instead; in a program that has its own
 * event handling, the parts of the library work without it as well.
 *
 * **Cancellation.** Ctrl-C, SIGTERM and `options.signal` cancel main. A second signal interrupts
 * its clean-up, a third leaves the process at once. Exit codes are 130 and 143.
 *
 * @param main - The program: a function, or a future.
 * @param options.signal - Cancels main when it aborts. @default none
 * @param options.strict - Fail when a call that nobody awaited outlives its block. @default false
 * @param options.patience - Milliseconds a cancelled task may take before it is told again. @default 10_000
 * @param options.handleSignals - Cancel main on SIGINT and SIGTERM. @default true, unless the program listens itself
 * @param options.onProblem - Gets the errors that reach nobody. @default writes them to stderr
 * @returns What main gives, once nothing is left.
 * @throws {InvalidStateError} If called inside a run.
 * @throws {DeadlockError} If all tasks wait for each other.
 * @throws {CancelledError} If main was cancelled.
 *
 * @example A program
 * ```ts
 * const answer = await run(async () => {
 *   await sleep(10)
 *   return 42
 * })
 * answer // => 42
 * ```
 */
export async function run<T>(main: Work<T>, options: RunOptions = {}): Promise<T> {
  if (currentScope().home.isRun) {
    throw new InvalidStateError(
      "Cannot call `run` inside a run: call `taskGroup`, or await the function itself",
    )
  }
  const work = expectWork(main)
  return new Run(options).execute(work instanceof Future ? () => work : work)
}

class Run {
  readonly #home: Home
  readonly #root: Scope
  readonly #options: RunOptions
  /** What the run fails with, whatever main comes to. */
  #failure: Error | null = null
  /** Called when the run gives up on tasks that cannot be ended. */
  #giveUp: (() => void) | null = null

  constructor(options: RunOptions) {
    this.#options = options
    this.#home = {
      handler: options.onProblem ?? writeProblem,
      patience: expectPatience(options.patience) ?? 10_000,
      strict: options.strict === true,
      fail: (error) => this.#fail(error),
      floating: new Set(),
      isRun: true,
    }
    this.#root = new Scope(null, this.#home, { describe: () => "the run" }, "unit")
  }

  async execute<T>(work: () => T | PromiseLike<T>): Promise<T> {
    const main = new Task(work, this.#root, null, { name: "main" })
    const interrupts = new InterruptWatch(this.#options.handleSignals, (signal) =>
      this.#interrupt(main, signal),
    )
    const unabsorb = absorbStrayCancels()
    const deadlocks = new DeadlockWatch(this.#root, (error) => this.#fail(error))
    const signal = this.#options.signal
    const unwatch = signal === undefined ? null : watchSignal(signal, () => main.cancel(signal.reason))
    try {
      await this.#ended(main as Task<unknown>)
      await this.#drain()
      this.#root.end("ended")
      this.#home.isRun = false
      await queueIsThrough()
    } finally {
      unwatch?.()
      deadlocks.stop()
      interrupts.stop()
      unabsorb()
      if (interrupts.received !== null && (!main.done() || main.cancelled()))
        exitAsInterrupted(interrupts.received)
    }
    if (this.#failure === null && main.done()) main.markRead()
    reportUnread(this.#home)
    if (this.#failure !== null) throw this.#failure
    return main.result()
  }

  // While leftovers clean up, a signal is for them.
  #interrupt(main: Task<unknown>, signal: string): void {
    if (!main.done()) main.cancel(signal)
    else this.#cancelAll(signal)
  }

  #cancelAll(reason: unknown): void {
    const error = new CancelledError(reason)
    error.origin = { scope: "the run", requestedBy: null, through: [] }
    for (const task of tasksBelow(this.#root)) if (task.scope.parent === this.#root) task.cancelWith(error)
  }

  // Leftovers may start tasks while they clean up; those are cancelled in the next round.
  async #drain(): Promise<void> {
    for (let round = 0; round < maxRounds; round += 1) {
      const left = tasksBelow(this.#root)
      if (left.length === 0) return
      this.#cancelAll("the run has ended")
      await Promise.all(left.map((task) => this.#ended(task)))
    }
    reportProblem(this.#root, {
      message: `Tasks went on starting tasks for ${maxRounds} rounds after the run had ended; they are left behind\n${describeTasks(this.#root)}`,
    })
  }

  #ended(task: Task<unknown>): Promise<void> {
    return new Promise((resolve) => {
      task.addListener({ futureDone: () => resolve() })
      const before = this.#giveUp
      this.#giveUp = () => {
        before?.()
        resolve()
      }
    })
  }

  // The first failure cancels everything; if that leads to nothing either, the run lets go.
  #fail(error: Error): void {
    if (this.#failure !== null) {
      this.#giveUp?.()
      return
    }
    this.#failure = error
    this.#cancelAll(error.message.split("\n")[0])
  }
}

// Waits that were parked when their scope ended are thrown into by entries that still stand in the
// queue: `void sleep(1000)` in main. When those have run and Node has told of the rejections that
// nobody awaits, nothing of the run is left.
function queueIsThrough(): Promise<void> {
  return new Promise((resolve) => {
    schedule({ runEntry: () => afterPoll(resolve) })
  })
}
