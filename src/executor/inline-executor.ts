// Jobs in the same thread: for tests, and where there is nothing to be gained elsewhere.
//
// The contract is that of the executors with workers: so many at a time, a bounded line, limits, statistics.
// Functions need no mark, arguments are not copied, and under a virtual clock time is virtual. A function
// that never waits holds the thread, as it would if it were called.
import type { Future } from "../core/index.ts"
import { InvalidStateError, isCancelled } from "../core/index.ts"
import type { WaitOptions } from "../core/lowlevel.ts"
import { UnclosedWatch, WaitList, clock, currentScope, expectFunction, spawnBelow } from "../core/lowlevel.ts"
import { QueueFullError, Semaphore } from "../sync/index.ts"
import { timeout } from "../time/index.ts"
import { describeExecutor } from "./describe-executor.ts"
import type { ExecutorOptions, ExecutorSettings } from "./executor-options.ts"
import { executorSettings } from "./executor-options.ts"
import type { ExecutorStatistics } from "./job-figures.ts"
import { JobFigures } from "./job-figures.ts"
import type { AnyFunction, ArgumentsAndOptions, JobOptions } from "./job-options.ts"
import { expectJobOptions, partArguments } from "./job-options.ts"
import type { JobMapOptions } from "./map-jobs.ts"
import type { JobTaker } from "./job-taker.ts"
import { jobTaker } from "./job-taker.ts"
import { mapJobs } from "./map-jobs.ts"

/**
 * Runs functions in the same thread, as tasks, with the face of an executor.
 *
 * A workshop on paper: for tests of code that takes an executor, and under a virtual clock.
 *
 * **Cancellation.** As for any task; `abandon` and `grace` have no meaning here.
 * **Fairness.** First come, first served.
 *
 * @param options.maxWorkers - Most jobs that run at a time. @default the number of processors
 * @param options.maxQueue - Most jobs that wait; one more fails with a QueueFullError. @default no bound
 *
 * @example In place of threads
 * ```ts
 * await using executor = new InlineExecutor({ maxWorkers: 1 })
 * await executor.submit((a: number, b: number) => a + b, 1, 2) // => 3
 * ```
 */
export class InlineExecutor implements JobTaker, AsyncDisposable {
  readonly #settings: ExecutorSettings
  readonly #gate: Semaphore
  readonly #figures = new JobFigures()
  /** Jobs that wait or run; also what an unclosed executor is reported by. */
  readonly #count = { open: 0 }
  #isClosed = false
  readonly #rooms = new WaitList<void>("executor room", () => true)
  readonly #closers = new WaitList<void>("executor close", () => true)
  readonly #unclosed: UnclosedWatch

  constructor(options: ExecutorOptions = {}) {
    this.#settings = executorSettings(options)
    this.#gate = new Semaphore(this.#settings.maxWorkers)
    this.#unclosed = new UnclosedWatch(this, "An InlineExecutor", this.#count)
  }

  /** As of every executor; any function will do. */
  submit<A extends readonly unknown[], R>(fn: (...args: A) => R, ...args: A): Future<Awaited<R>>
  submit<F extends AnyFunction>(fn: F, ...args: ArgumentsAndOptions<F>): Future<Awaited<ReturnType<F>>>
  submit(fn: AnyFunction, ...args: readonly unknown[]): Future<unknown> {
    return this.#submit(null, fn, args)
  }

  /** As of every executor. */
  map<T, R>(
    items: Iterable<T> | AsyncIterable<T>,
    fn: (item: T) => R,
    options?: JobMapOptions,
  ): AsyncIterableIterator<Awaited<R>> & AsyncDisposable {
    expectFunction(fn)
    return mapJobs((item) => this.#submit(null, fn, [item]), items, options, 2 * this.#settings.maxWorkers)
  }

  /** As of every executor. */
  with(options: JobOptions): JobTaker {
    const defaults = expectJobOptions(options)
    return jobTaker((fn, args) => this.#submit(defaults, fn, args), 2 * this.#settings.maxWorkers)
  }

  /** As of every executor. */
  async waitForRoom(options?: WaitOptions): Promise<void> {
    this.#expectOpen("wait for room")
    if (this.#isFull || this.#rooms.isServing) await this.#rooms.wait(undefined, options)
  }

  /** Nothing has to be started. */
  async warmUp(): Promise<void> {
    this.#expectOpen("warm up")
  }

  /** Takes no more jobs, and waits for the end of those it has. */
  async close(options?: WaitOptions): Promise<void> {
    this.#isClosed = true
    this.#unclosed.stop()
    if (this.#count.open > 0) await this.#closers.wait(undefined, options)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  statistics(): ExecutorStatistics {
    const { completed, failed, cancelled, lost, queueTime, runTime } = this.#figures
    const queued = this.#gate.statistics().waiting
    const busy = this.#count.open - queued
    const waiting = this.#rooms.size
    return { workers: 0, busy, queued, waiting, completed, failed, cancelled, lost, queueTime, runTime }
  }

  toString(): string {
    return describeExecutor("InlineExecutor", this.#settings, {
      isClosed: this.#isClosed,
      statistics: () => this.statistics(),
    })
  }

  get #isFull(): boolean {
    return this.#count.open >= this.#settings.maxWorkers + this.#settings.maxQueue
  }

  #submit(defaults: JobOptions | null, fn: AnyFunction, given: readonly unknown[]): Future<unknown> {
    expectFunction(fn)
    this.#expectOpen("submit")
    const { args, options } = partArguments(fn, given, defaults)
    const isRefused = this.#isFull
    const since = clock.now()
    let how: "completed" | "failed" | "cancelled" = "cancelled"
    const work = async (): Promise<unknown> => {
      if (isRefused) throw this.#full()
      const permit = await this.#gate.acquire({ timeout: options?.queueTimeout })
      const began = clock.now()
      try {
        const value = await callWithin(options?.timeout, () =>
          (fn as (...given: readonly unknown[]) => unknown)(...args),
        )
        how = "completed"
        return value
      } catch (error) {
        if (!isCancelled(error)) how = "failed"
        throw error
      } finally {
        this.#figures.answered(clock.now() - since, clock.now() - began)
        permit.release()
      }
    }
    const name = options?.name ?? (fn.name === "" ? undefined : fn.name)
    const task = spawnBelow(currentScope(), work, { name, signal: options?.signal })
    if (isRefused) return task
    this.#count.open += 1
    task.addListener({ futureDone: () => this.#ended(how) })
    return task
  }

  #full(): QueueFullError {
    return new QueueFullError(
      `Cannot submit: ${this.#settings.maxQueue} jobs wait already; call \`await executor.waitForRoom()\` before, or use \`map\``,
    )
  }

  #ended(how: "completed" | "failed" | "cancelled"): void {
    this.#figures[how] += 1
    this.#count.open -= 1
    if (!this.#isFull) this.#rooms.serve(undefined)
    if (this.#isClosed && this.#count.open === 0) while (this.#closers.serve(undefined) !== null);
  }

  #expectOpen(what: string): void {
    if (this.#isClosed) throw new InvalidStateError(`Cannot ${what}: the executor was closed`)
  }
}

function callWithin(ms: number | undefined, call: () => unknown): unknown {
  return ms === undefined ? call() : timeout(ms, async () => call())
}
