// Several main functions, one after the other, on one loop.
//
//   state   | meaning                                          | leaves by
//   idle    | nothing runs, tasks that are left are held back  | run() -> running, close() -> closing
//   running | a main task runs                                 | main ends -> idle
//   closing | leftovers are cancelled and awaited, in rounds   | none left -> closed
//   closed  | refuses everything                               | -
//
// A runner opens listeners (signals, stray rejections, beforeExit) with its first run and takes all
// of them back when it is closed. It holds no handle of its own: timers and sockets of its tasks
// keep the process alive, and when nothing does, that is a deadlock.
import { afterPoll } from "./clock.ts"
import { Context } from "./context-var.ts"
import { currentScope } from "./current-scope.ts"
import { DeadlockWatch } from "./deadlock.ts"
import { CancelledError, InvalidStateError } from "./errors.ts"
import { expectSignal, watchSignal } from "./watch-signal.ts"
import { Future } from "./future.ts"
import { InterruptWatch, exitAsInterrupted } from "./interrupt.ts"
import type { LoopOptions } from "./loop.ts"
import { EventLoop } from "./loop.ts"
import { absorbStrayCancels } from "./stray-cancels.ts"
import { stuckPlaces } from "./patience.ts"
import { reportProblem } from "./report.ts"
import { schedule } from "./scheduler.ts"
import type { OnStuck } from "./stuck-watch.ts"
import { StuckWatch, expectOnStuck, stuckError } from "./stuck-watch.ts"
import { Task } from "./task.ts"
import { describeTasks, tasksBelow } from "./all-tasks.ts"
import { reportUnclosed } from "./unclosed-watch.ts"
import { reportUnread } from "./unread-failure.ts"
import type { Work } from "./work.ts"
import { expectWork } from "./work.ts"

/** Settings of {@link run} and {@link Runner}. */
export interface RunOptions extends LoopOptions {
  /** Cancels main when it aborts. @default none */
  readonly signal?: AbortSignal | undefined
  /** Cancel main on SIGINT and SIGTERM. @default true, unless the program listens for them itself */
  readonly handleSignals?: boolean | undefined
  /** What to do when main, or what it left, was cancelled and has not ended after `patience`. @default "wait" */
  readonly onStuck?: OnStuck | undefined
  /** Context variables main runs with. @default a copy of the caller's */
  readonly context?: Context | undefined
  /** Makes the loop. @default a new `EventLoop` */
  readonly loopFactory?: (() => EventLoop) | undefined
}

/** Rounds in which leftovers may start new tasks while they are being cancelled. */
const maxRounds = 10

/**
 * Runs several main functions on one loop, and closes it at the end.
 *
 * A theatre for more than one play: the stage stays, and so does what was left on it. For a single
 * main function use {@link run}.
 *
 * **Cancellation.** As {@link run}, for the main function that runs.
 *
 * @param options - As for {@link run}.
 *
 * @example Two runs, one loop
 * ```ts
 * await using runner = new Runner()
 * const first = await runner.run(async () => getRunningLoop())
 * const second = await runner.run(async () => getRunningLoop())
 * first === second // => true
 * ```
 */
export class Runner implements AsyncDisposable {
  readonly #options: RunOptions
  readonly #context: Context
  #state: "idle" | "running" | "closing" | "closed" = "idle"
  #loop: EventLoop | null = null
  /** The main task of the run that goes on. */
  #main: Task<unknown> | null = null
  #interrupts: InterruptWatch | null = null
  /** Whether a main task was cancelled, for the exit code of an interrupted program. */
  #wasCancelled = false
  /** Takes back what was opened with the first run. */
  #shut: (() => void) | null = null
  /** What the run fails with, whatever main comes to. */
  #failure: Error | null = null
  /** Called when the run gives up on tasks that cannot be ended; null while it waits for none. */
  #giveUp: (() => void) | null = null
  #hasGivenUp = false
  readonly #onStuck: OnStuck
  /** Main tasks that the runner went on without. */
  readonly #abandoned = new Set<Task<unknown>>()
  /** Whether a main task failed with an error of its own, which nothing that comes after it replaces. */
  #hasFailed = false

  constructor(options: RunOptions = {}) {
    expectSignal(options.signal)
    this.#options = options
    this.#onStuck = expectOnStuck(options.onStuck)
    this.#context = options.context ?? new Context()
  }

  /** The loop; made when it is first needed. */
  getLoop(): EventLoop {
    if (this.#state === "closed") throw new InvalidStateError("Cannot get the loop: the runner is closed")
    return (this.#loop ??=
      this.#options.loopFactory?.() ?? new EventLoop(this.#options, (error) => this.#fail(error)))
  }

  /**
   * Runs one main function to its end.
   *
   * **Cancellation.** As {@link run}.
   *
   * @param main - A function, or a future.
   * @returns What main gives; tasks that it leaves are held back for the next run.
   * @throws {InvalidStateError} If called inside a run, while another one goes on, or when closed.
   */
  async run<T>(main: Work<T>): Promise<T> {
    const held = expectOutside()
    if (held !== null) return held
    if (this.#state !== "idle") throw new InvalidStateError(`Cannot run: the runner is ${this.#state}`)
    const work = expectWork(main)
    const loop = this.getLoop()
    loop.expectIdle()
    this.#open(loop)
    this.#state = "running"
    loop.resume()
    const call = work instanceof Future ? () => work : work
    const task = new Task(call, loop.root, null, { name: "main", context: this.#context })
    this.#main = task
    const { signal } = this.#options
    const unwatch = signal === undefined ? null : watchSignal(signal, () => task.cancel(signal.reason))
    const stuck = this.#watchStuck("the run", [task])
    task.scope.onRequest = (request) => stuck?.begin(request)
    try {
      await this.#ended([this.#main])
    } finally {
      unwatch?.()
      stuck?.stop()
      this.#main = null
      this.#state = "idle"
      loop.pause()
    }
    if (!task.done() || task.cancelled()) this.#wasCancelled = true
    if (!task.done()) {
      this.#abandoned.add(task)
      if (this.#failure === null) throw task.scope.request as CancelledError
    }
    if (this.#failure !== null) throw this.#failure
    this.#hasFailed = !task.cancelled() && task.exception() !== null
    return task.result()
  }

  /**
   * Cancels and awaits what is left and closes the loop; a second call changes nothing.
   *
   * **Cancellation.** A signal interrupts the clean-up of what is left.
   */
  async close(): Promise<void> {
    if (this.#state === "running" || this.#state === "closing") {
      throw new InvalidStateError(`Cannot close: the runner is ${this.#state}`)
    }
    if (this.#state === "closed") return
    const loop = this.#loop
    if (loop === null) {
      this.#state = "closed"
      return
    }
    this.#state = "closing"
    loop.resume()
    const failure = this.#failure
    try {
      await this.#drain(loop)
      if (loop.hasExecutor) await this.#shutExecutor(loop)
      loop.pause()
      loop.close()
      await queueIsThrough()
    } finally {
      this.#shut?.()
      const received = this.#interrupts?.received ?? null
      if (received !== null && this.#wasCancelled) exitAsInterrupted(received)
      this.#state = "closed"
    }
    reportUnread(loop.home)
    reportUnclosed(loop.home)
    if (failure === null && this.#failure !== null) throw this.#failure
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #open(loop: EventLoop): void {
    if (this.#shut !== null) return
    const interrupts = new InterruptWatch(this.#options.handleSignals, (signal) => this.#interrupt(signal))
    const unabsorb = absorbStrayCancels()
    const deadlocks = new DeadlockWatch(loop.root, (error) => this.#deadlocked(error))
    this.#interrupts = interrupts
    this.#shut = () => {
      deadlocks.stop()
      interrupts.stop()
      unabsorb()
    }
  }

  // While leftovers clean up, a signal is for them.
  #interrupt(signal: string): void {
    if (this.#main !== null && !this.#main.done()) this.#main.cancel(signal)
    else this.#cancelAll(signal)
  }

  #cancelAll(reason: unknown): CancelledError {
    const root = (this.#loop as EventLoop).root
    const error = new CancelledError(reason)
    error.origin = { scope: "the run", requestedBy: null, through: [] }
    for (const task of tasksBelow(root)) if (task.scope.parent === root) task.cancelWith(error)
    return error
  }

  // Work that is left behind may be left by main and then by what cleans up after it: told once.
  #watchStuck(name: string, tasks: readonly Task<unknown>[]): StuckWatch | null {
    const mode = this.#onStuck
    if (mode === "wait") return null
    const { root } = this.#loop as EventLoop
    const { patience } = root.home
    const top = tasks.filter(({ scope }) => scope.parent === root)
    const places = (): string[] => top.flatMap(({ scope }) => stuckPlaces(scope))
    const watch = new StuckWatch(places, patience, (work) => {
      const error = stuckError(name, patience, work, watch.request)
      if (mode === "throw" && !this.#hasFailed) this.#failure ??= error
      else reportProblem(root, { message: error.message })
      this.#giveUp?.()
      this.#hasGivenUp = this.#main === null
    })
    return watch
  }

  // Leftovers may start tasks while they clean up; those are cancelled in the next round.
  async #drain(loop: EventLoop): Promise<void> {
    for (let round = 0; round < maxRounds; round += 1) {
      const left = tasksBelow(loop.root).filter((task) => !this.#abandoned.has(task))
      if (left.length === 0 || this.#hasGivenUp) return
      const stuck = this.#watchStuck("what main has left", left)
      const request = this.#cancelAll("the run has ended")
      stuck?.begin(request)
      await this.#ended(left)
      stuck?.stop()
    }
    reportProblem(loop.root, {
      message: `Tasks went on starting tasks for ${maxRounds} rounds after the run had ended; they are left behind\n${describeTasks(loop.root)}`,
    })
  }

  // As a task, so that a signal ends what still runs in it.
  #shutExecutor(loop: EventLoop): Promise<void> {
    const shut = (): Promise<void> => loop.shutdownDefaultExecutor({ timeout: 300_000 })
    return this.#ended([new Task(shut, loop.root, null, { name: "executor shutdown" })])
  }

  /** Waits for the end of `tasks`, or until the run gives up. */
  #ended(tasks: readonly Task<unknown>[]): Promise<void> {
    return new Promise((resolve) => {
      let living = tasks.length
      const listener = {
        futureDone: (): void => {
          living -= 1
          if (living === 0) resolve()
        },
      }
      this.#giveUp = resolve
      for (const task of tasks) task.addListener(listener)
    })
  }

  #fail(error: Error): void {
    if (this.#failure !== null) return
    this.#failure = error
    this.#cancelAll(error.message.split("\n")[0])
  }

  // The first deadlock cancels everything; if that leads to nothing either, the run lets go.
  #deadlocked(error: Error): void {
    if (this.#failure === null) {
      this.#fail(error)
      return
    }
    this.#hasGivenUp = true
    this.#giveUp?.()
  }
}

let programBegins: (() => void) | null = null

/** Keeps programs from beginning: in a worker, which imports modules for their functions, `run` never ends. */
export function holdPrograms(begins: () => void): void {
  programBegins = begins
}

/** Refuses a run inside a run; gives what is awaited in place of a program that may not begin. */
export function expectOutside(): Promise<never> | null {
  if (currentScope().home.isRun) {
    throw new InvalidStateError(
      "Cannot call `run` inside a run: call `taskGroup`, or await the function itself",
    )
  }
  programBegins?.()
  return programBegins === null ? null : new Promise(() => {})
}

// Waits that were parked when their scope ended are thrown into by entries that still stand in the
// queue: `void sleep(1000)` in main. When those have run and Node has told of the rejections that
// nobody awaits, nothing of the run is left.
function queueIsThrough(): Promise<void> {
  return new Promise((resolve) => {
    schedule({ runEntry: () => afterPoll(resolve) })
  })
}
