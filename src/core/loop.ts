// asyncio's event loop, as a face on the runtime.
//
// The machinery is one for the process (ready queue, timers); a loop is what belongs to one run of
// it: the top of a tree of scopes, the handler of problems, and whether its turns are run or held
// back. `run` makes one, runs main and closes it; the methods here are for code that comes from
// asyncio and for libraries that schedule callbacks.
//
//   state   | meaning                                | leaves by
//   idle    | its turns are held back                | runUntilComplete, runForever -> running
//   running | its turns are run                      | done or stop() -> idle
//   closed  | refuses everything                     | -
import { misuse } from "../base/misuse.ts"
import { clock } from "./clock.ts"
import { enter } from "./context.ts"
import { makeTask, makeTaskInPlace } from "./create-task.ts"
import { currentScope } from "./current-scope.ts"
import { InvalidStateError, NoRunningLoopError } from "./errors.ts"
import { Future } from "./future.ts"
import { Handle, TimerHandle } from "./handle.ts"
import type { Home } from "./home.ts"
import { expectPatience } from "./patience.ts"
import type { Problem, ProblemHandler } from "./report.ts"
import { deliverProblem, writeProblem } from "./report.ts"
import { schedule } from "./scheduler.ts"
import { Scope } from "./scope.ts"
import { watchCircles } from "./watch-circles.ts"
import { watchSteps } from "./watch-steps.ts"
import type { Task, TaskOptions } from "./task.ts"
import type { WaitOptions } from "./wait.ts"
import type { Work } from "./work.ts"
import { expectFunction, expectWork } from "./work.ts"

/** Settings of an {@link EventLoop}. */
export interface LoopOptions {
  /** Record places and report slow steps. @default whether TSYNCIO_DEBUG is 1 */
  readonly debug?: boolean | undefined
  /** Fail the run when a call that nobody awaited outlives its block. @default false */
  readonly strict?: boolean | undefined
  /** Milliseconds a cancelled task may take before it is reported and told again. @default 10_000 */
  readonly patience?: number | undefined
  /** Gets the errors that reach nobody. @default writes them to stderr */
  readonly onProblem?: ProblemHandler | undefined
}

/** Something that runs a function elsewhere: a pool of threads or processes. */
export interface Executor {
  submit<A extends readonly unknown[], R>(fn: (...args: A) => R, ...args: A): Future<Awaited<R>>
  /** Takes no more, and resolves when what runs in it has ended, or was ended after `timeout`. */
  shutdown?(options?: WaitOptions): Promise<void>
}

let makeExecutor: (() => Executor) | null = null

/** Says how a loop makes its default executor. */
export function setExecutorMaker(make: () => Executor): void {
  makeExecutor = make
}

/** Makes tasks in place of the usual way; `options` must reach `loop.makeTask` as they came. */
export type TaskFactory = (loop: EventLoop, fn: () => unknown, options: TaskOptions) => Task<unknown>

/** Gets the problems of a loop. */
export type ExceptionHandler = (loop: EventLoop, problem: Problem) => void

/**
 * asyncio's loop: callbacks, timers, futures, and what becomes of errors.
 *
 * The engine room, for those who know their way. A program needs `run` and tasks only; get the loop
 * of a run by {@link getRunningLoop}.
 *
 * **Cancellation.** `runUntilComplete` and `runForever` are ended by `stop()`; tasks stay as they are.
 *
 * @param options.debug - Record places and report slow steps. @default whether TSYNCIO_DEBUG is 1
 * @param options.strict - Fail the run when a call that nobody awaited outlives its block. @default false
 * @param options.patience - Milliseconds a cancelled task may take before it is told again. @default 10_000
 * @param options.onProblem - Gets the errors that reach nobody. @default writes them to stderr
 *
 * @example A timer
 * ```ts
 * const loop = getRunningLoop()
 * const future = loop.createFuture<string>()
 * loop.callLater(10, (text) => future.setResult(text), "done")
 * await future // => "done"
 * ```
 */
export class EventLoop {
  /** @internal What the scopes of this loop share. */
  readonly home: Home
  /** @internal The top of the loop's tree of scopes. */
  readonly root: Scope
  /** Milliseconds from which a step counts as slow, in debug mode. */
  slowCallbackDuration = 100
  #isClosed = false
  #exceptionHandler: ExceptionHandler | null = null
  readonly #defaultHandler: ProblemHandler
  /** Callbacks whose time has not come; a closed loop calls none, and holds no process for them. */
  readonly #timers = new Set<TimerHandle>()
  #taskFactory: TaskFactory | null = null
  #executor: Executor | null = null
  #isExecutorShut = false
  /** Ends `runUntilComplete` or `runForever`; null while neither goes on. */
  #onStop: (() => void) | null = null
  /** Whether `stop()` was called while the loop was idle: it then makes one pass. */
  #isStopAsked = false
  /** Ends what is watched in debug mode only. */
  #unwatch: readonly (() => void)[] = []

  constructor(options: LoopOptions = {}, fail: ((error: Error) => void) | null = null) {
    if (options.onProblem !== undefined) expectFunction(options.onProblem)
    this.#defaultHandler = options.onProblem ?? writeProblem
    this.home = {
      handler: (problem) => this.callExceptionHandler(problem),
      patience: expectPatience(options.patience) ?? 10_000,
      strict: options.strict === true,
      fail,
      floating: new Set(),
      isRun: false,
      held: [],
      loop: this,
      taskFactory: null,
      debug: false,
    }
    this.root = new Scope(null, this.home, { describe: () => "the run" }, "unit")
    this.debug = options.debug ?? process.env["TSYNCIO_DEBUG"] === "1"
  }

  /** Whether places are recorded and slow steps reported. */
  get debug(): boolean {
    return this.home.debug
  }

  set debug(debug: boolean) {
    this.home.debug = debug
    for (const end of this.#unwatch) end()
    this.#unwatch = debug && !this.#isClosed ? [watchSteps(this), watchCircles(this.home)] : []
  }

  /** Milliseconds of a monotonic clock, the one deadlines are on. */
  time(): number {
    return clock.now()
  }

  /** Calls `fn` on a turn of its own, after everything that is ready now. */
  callSoon<A extends readonly unknown[]>(fn: (...args: A) => unknown, ...args: A): Handle {
    this.#expectCallback(fn)
    const handle = new Handle(() => fn(...args), nameOf(fn), this.root)
    handle.schedule()
    return handle
  }

  /** As {@link callSoon}: in JavaScript every callback comes on the loop's own thread. */
  callSoonThreadsafe<A extends readonly unknown[]>(fn: (...args: A) => unknown, ...args: A): Handle {
    return this.callSoon(fn, ...args)
  }

  /** Calls `fn` not earlier than `ms` milliseconds from now. */
  callLater<A extends readonly unknown[]>(ms: number, fn: (...args: A) => unknown, ...args: A): TimerHandle {
    return this.callAt(clock.now() + ms, fn, ...args)
  }

  /** Calls `fn` not earlier than `time`; what is due together is called in order of deadline, then of asking. */
  callAt<A extends readonly unknown[]>(time: number, fn: (...args: A) => unknown, ...args: A): TimerHandle {
    this.#expectCallback(fn)
    if (typeof time !== "number" || Number.isNaN(time)) throw misuse("time", "milliseconds", time)
    return new TimerHandle(time, () => fn(...args), nameOf(fn), this.root, this.#timers)
  }

  /** A future of this loop. */
  createFuture<T>(): Future<T> {
    return new Future<T>(this.root)
  }

  /** Starts `work` as a task of this loop, as `createTask` does. */
  createTask<T>(work: () => T | PromiseLike<T>, options?: TaskOptions): Task<T> {
    this.#expectOpen()
    expectFunction(work)
    return makeTask(work, this.root, null, options)
  }

  /** The usual way to make a task, for task factories; pass the options on as they came. */
  makeTask<T>(work: () => T | PromiseLike<T>, options: TaskOptions = {}): Task<T> {
    this.#expectOpen()
    return makeTaskInPlace(work, options, this.root)
  }

  /** As {@link createTask}; the future can be cancelled, which cancels the task. */
  runCoroutineThreadsafe<T>(work: () => T | PromiseLike<T>): Future<T> {
    expectFunction(work)
    try {
      return this.createTask(work)
    } catch (error) {
      this.callExceptionHandler({ message: "A task could not be made", error })
      const future = this.createFuture<T>()
      future.setException(error)
      return future
    }
  }

  /**
   * Runs `fn` in an executor.
   *
   * @param executor - Where to run it; null for the loop's own, which is made when it is first needed.
   * @throws {InvalidStateError} If it is null and that was shut down, or nobody knows how to make one.
   */
  runInExecutor<A extends readonly unknown[], R>(
    executor: Executor | null,
    fn: (...args: A) => R,
    ...args: A
  ): Future<Awaited<R>> {
    this.#expectOpen()
    return (executor ?? this.#defaultExecutor()).submit(fn, ...args)
  }

  #defaultExecutor(): Executor {
    if (this.#isExecutorShut)
      throw new InvalidStateError("Cannot run in the default executor: it was shut down")
    this.#executor ??= makeExecutor?.() ?? null
    if (this.#executor !== null) return this.#executor
    throw new InvalidStateError(
      'Cannot run in an executor: none is set; import "tsyncio/executor", pass one, or call `loop.setDefaultExecutor` first',
    )
  }

  /**
   * Shuts the loop's own executor down: waits for what runs in it, and ends what has not ended after
   * `timeout`, which is reported. A run does so at its end.
   *
   * @param options.timeout - Milliseconds; five minutes at the end of a run. @default no limit
   */
  async shutdownDefaultExecutor(options?: WaitOptions): Promise<void> {
    this.#isExecutorShut = true
    await this.#executor?.shutdown?.(options)
  }

  /** @internal Used by runners: whether there is an executor to shut down. */
  get hasExecutor(): boolean {
    return this.#executor !== null && !this.#isExecutorShut
  }

  /** Sets what `runInExecutor(null, …)` uses. */
  setDefaultExecutor(executor: Executor): void {
    if (typeof (executor as Partial<Executor> | null)?.submit !== "function") {
      throw new TypeError("Expected an executor, something with `submit(fn, ...args)`")
    }
    this.#executor = executor
  }

  /** Sets what makes the tasks of this loop; null for the usual way. */
  setTaskFactory(factory: TaskFactory | null): void {
    if (factory !== null) expectFunction(factory)
    this.#taskFactory = factory
    this.home.taskFactory = factory === null ? null : (work, options) => factory(this, work, options)
  }

  getTaskFactory(): TaskFactory | null {
    return this.#taskFactory
  }

  /** Sets who gets the problems of this loop; null for the default, which writes them to stderr. */
  setExceptionHandler(handler: ExceptionHandler | null): void {
    if (handler !== null) expectFunction(handler)
    this.#exceptionHandler = handler
  }

  getExceptionHandler(): ExceptionHandler | null {
    return this.#exceptionHandler
  }

  /** Tells the loop's handler about a problem. */
  callExceptionHandler(problem: Problem): void {
    const handler = this.#exceptionHandler
    const deliver = handler === null ? this.#defaultHandler : (one: Problem) => handler(this, one)
    enter(this.root, () => deliverProblem(deliver, problem), undefined)
  }

  /**
   * Runs the loop until `work` is done.
   *
   * @param work - A function, which is started as a task, a task or a future of this loop.
   * @returns Its value. Tasks that are not done stay where they are and go on with the next call.
   * @throws {InvalidStateError} If the loop is running or closed, another one is, or `stop()` came first.
   */
  async runUntilComplete<T>(work: Work<T>): Promise<T> {
    this.expectIdle()
    void expectWork(work)
    if (work instanceof Future && !work.isOf(this.home))
      throw new RangeError("Expected a future of this loop, got one of another")
    const future = work instanceof Future ? work : this.createTask(work)
    const stop = { futureDone: () => this.stop() }
    future.addListener(stop)
    try {
      await this.#turn()
    } finally {
      future.removeListener(stop)
    }
    if (!future.done())
      throw new InvalidStateError("Cannot give the result: the loop was stopped before the work was done")
    return future.result()
  }

  /** Runs the loop until `stop()`. */
  async runForever(): Promise<void> {
    this.expectIdle()
    await this.#turn()
  }

  /** Ends `runUntilComplete` or `runForever` after the turns that are ready now. */
  stop(): void {
    this.#isStopAsked = true
    if (this.home.held === null) this.#stopAfterPass()
  }

  isRunning(): boolean {
    return this.home.isRun
  }

  isClosed(): boolean {
    return this.#isClosed
  }

  /**
   * Closes the loop; a second call changes nothing.
   *
   * @throws {InvalidStateError} If it is running.
   */
  close(): void {
    if (this.#isClosed) return
    if (this.home.isRun) throw new InvalidStateError("Cannot close the loop: it is running")
    this.#isClosed = true
    this.debug = false
    for (const timer of this.#timers) timer.cancel()
    if (this.hasExecutor) void this.shutdownDefaultExecutor()
    this.root.end("ended")
    this.resume()
    this.home.isRun = false
  }

  toString(): string {
    return `<EventLoop ${this.#isClosed ? "closed" : this.home.isRun ? "running" : "idle"}>`
  }

  /** @internal Used by runners: lets the turns that were held back run, and those to come. */
  resume(): void {
    const held = this.home.held ?? []
    this.home.held = null
    this.home.isRun = true
    for (const entry of held) schedule(entry)
  }

  /** @internal Used by runners: holds further turns back. */
  pause(): void {
    this.home.held ??= []
    this.home.isRun = false
  }

  #turn(): Promise<void> {
    return new Promise((resolve) => {
      this.#onStop = resolve
      this.resume()
      if (this.#isStopAsked) this.#stopAfterPass()
    })
  }

  // What stands in the queue already has its turn, what it adds is held back.
  #stopAfterPass(): void {
    schedule({
      runEntry: () => {
        if (!this.#isStopAsked || this.#onStop === null) return
        const stopped = this.#onStop
        this.#isStopAsked = false
        this.#onStop = null
        this.pause()
        stopped()
      },
    })
  }

  #expectCallback(fn: unknown): void {
    this.#expectOpen()
    expectFunction(fn)
    if (this.home.debug && (fn as { constructor: { name: string } }).constructor.name === "AsyncFunction") {
      throw new TypeError("Expected a plain function, got an async one: hand it to `createTask`")
    }
  }

  #expectOpen(): void {
    if (this.#isClosed) throw new InvalidStateError("Cannot use the loop: it is closed")
  }

  /** @internal Refuses to run it while it runs, beside another one, or when it is closed. */
  expectIdle(): void {
    this.#expectOpen()
    if (this.home.isRun) throw new InvalidStateError("Cannot run the loop: it is running already")
    if (currentScope().home.isRun)
      throw new InvalidStateError("Cannot run the loop: another one is running here")
  }
}

function nameOf(callback: { readonly name: string }): string {
  return callback.name === "" ? "A callback of the loop" : `Callback "${callback.name}"`
}

/**
 * The loop of the run whose code is running.
 *
 * @throws {NoRunningLoopError} If no run is going on here.
 *
 * @example Its clock
 * ```ts
 * const loop = getRunningLoop()
 * typeof loop.time() // => "number"
 * ```
 */
export function getRunningLoop(): EventLoop {
  const { home } = currentScope()
  if (home.isRun && home.loop instanceof EventLoop) return home.loop
  throw new NoRunningLoopError(
    "Cannot get the running loop: no run is going on; wrap the program in `run(main)`",
  )
}
