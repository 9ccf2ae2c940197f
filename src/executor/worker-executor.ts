// What executors with workers have in common: how jobs come in, and how it all ends.
//
// A job is a task below the scope of whoever submits it: it begins at once, takes its place in the line of
// the pool, and parks until the job is over. So cancel, limits, names and reports are those of any task.
import { Future, InvalidStateError, TimeoutError } from "../core/index.ts"
import type { WaitOptions } from "../core/lowlevel.ts"
import {
  UnclosedWatch,
  clock,
  currentScope,
  park,
  refusal,
  reportProblem,
  spawnBelow,
} from "../core/lowlevel.ts"
import { QueueFullError } from "../sync/index.ts"
import { ContextPacker } from "./context-entries.ts"
import { describeExecutor } from "./describe-executor.ts"
import type { ExecutorSettings } from "./executor-options.ts"
import { Job } from "./job.ts"
import type { ExecutorStatistics } from "./job-figures.ts"
import type { AnyFunction, ArgumentsAndOptions, JobOptions } from "./job-options.ts"
import { expectJobOptions, partArguments } from "./job-options.ts"
import type { JobMapOptions } from "./map-jobs.ts"
import { mapJobs } from "./map-jobs.ts"
import type { JobTaker } from "./job-taker.ts"
import { jobTaker } from "./job-taker.ts"
import { isProgramHeld } from "./portable-registry.ts"
import { sentFunction } from "./sent-function.ts"
import { submitPlace } from "./submit-place.ts"
import type { ChannelKind } from "./worker-channel.ts"
import { WorkerPool } from "./worker-pool.ts"

let lastId = 0

/**
 * An executor whose jobs are done by workers; see {@link ThreadExecutor} and {@link ProcessExecutor}.
 *
 * **Cancellation.** As each method says.
 */
export abstract class WorkerExecutor implements JobTaker, AsyncDisposable {
  readonly #pool: WorkerPool
  readonly #settings: ExecutorSettings
  readonly #contexts: ContextPacker
  readonly #unclosed: UnclosedWatch
  readonly #name: string
  readonly #takesTransfer: boolean

  /** @internal */
  constructor(name: string, kind: ChannelKind, settings: ExecutorSettings, takesTransfer: boolean) {
    this.#name = name
    this.#settings = settings
    this.#takesTransfer = takesTransfer
    this.#pool = new WorkerPool(kind, settings)
    this.#contexts = new ContextPacker(kind.isSendable)
    this.#unclosed = new UnclosedWatch(this, `A ${name}`, this.#pool.count)
  }

  /**
   * Hands a call to a worker.
   *
   * **Cancellation.** In line the job is taken out at once. While it runs, its signal is aborted, its waits
   * end, and `currentJob().cancelled` is true; the task ends when the function has, or after `grace`, when
   * its worker alone is ended. A second request does not wait for that.
   * **Fairness.** First come, first served.
   * **Pitfall.** A job belongs to the block that submitted it, and is cancelled when that ends: await it there.
   *
   * @param fn - A function made by `portable` or `inline`.
   * @param args - Its arguments; one more than it has parameters, a plain object with nothing but options in
   * it, is taken for {@link JobOptions}. A parameter with a default value does not count: use `with` there.
   * @returns The task of the job.
   * @throws {TypeError} If the function cannot be sent, or an option is of the wrong kind.
   * @throws {InvalidStateError} If the executor was closed.
   * @throws {QueueFullError} From the task: `maxQueue` jobs wait already.
   */
  submit<A extends readonly unknown[], R>(fn: (...args: A) => R, ...args: A): Future<Awaited<R>>
  submit<F extends AnyFunction>(fn: F, ...args: ArgumentsAndOptions<F>): Future<Awaited<ReturnType<F>>>
  submit(fn: AnyFunction, ...args: readonly unknown[]): Future<unknown> {
    return this.#submit(null, fn, args)
  }

  /**
   * Calls `fn` elsewhere for each item, so many at a time, and iterates over the results.
   *
   * **Cancellation.** Leaving the loop, or cancelling the task that iterates, cancels the jobs that are left.
   * **Fairness.** Jobs are submitted in order of the items; results come in order unless `ordered` is false.
   *
   * @param items - Any iterable or async iterable; read as results are asked for.
   * @param fn - A function made by `portable` or `inline`; called with the item.
   * @param options.concurrency - Most jobs at a time. @default twice the workers
   * @param options.ordered - Give results in the order of the items. @default true
   * @returns The results; can be iterated once.
   */
  map<T, R>(
    items: Iterable<T> | AsyncIterable<T>,
    fn: (item: T) => R,
    options?: JobMapOptions,
  ): AsyncIterableIterator<Awaited<R>> & AsyncDisposable {
    void sentFunction(fn)
    return mapJobs((item) => this.#submit(null, fn, [item]), items, options, 2 * this.#settings.maxWorkers)
  }

  /**
   * The same executor, with options for every job that is submitted by what this gives.
   *
   * @param options - As they may stand behind the arguments of a job, which win over these.
   */
  with(options: JobOptions): JobTaker {
    const defaults = expectJobOptions(options)
    return jobTaker((fn, args) => this.#submit(defaults, fn, args), 2 * this.#settings.maxWorkers)
  }

  /**
   * Waits until one more job would be taken in; submit it before the next `await`.
   *
   * **Cancellation.** Safe: nothing was reserved.
   * **Fairness.** First come, first served.
   *
   * @param options.signal - Ends the wait with `signal.reason` when it aborts. @default none
   * @param options.timeout - Milliseconds after which the wait throws a TimeoutError. @default no limit
   */
  async waitForRoom(options?: WaitOptions): Promise<void> {
    this.#expectOpen("wait for room")
    const refused = refusal(options)
    if (refused !== null) await refused
    await this.#pool.waitForRoom(options)
  }

  /**
   * Starts all workers and has them import the modules of functions, before anybody waits for it.
   *
   * **Cancellation.** Ends the wait; the workers start all the same.
   *
   * @param fns - Functions whose modules are imported.
   */
  async warmUp(...fns: readonly AnyFunction[]): Promise<void> {
    this.#expectOpen("warm up")
    if (isProgramHeld()) await new Future()
    await this.#pool.warmUp(fns.map(sentFunction))
  }

  /**
   * Closes the executor: no job is taken in, those it has come to their end, then the workers end.
   *
   * **Cancellation.** Ends the wait; the executor stays closed and goes on ending.
   * **Pitfall.** It waits for jobs, also for abandoned ones: {@link terminate} does not.
   *
   * @param options.signal - Ends the wait with `signal.reason` when it aborts. @default none
   * @param options.timeout - Milliseconds after which the wait throws a TimeoutError. @default no limit
   */
  async close(options?: WaitOptions): Promise<void> {
    this.#unclosed.stop()
    await this.#pool.close(options)
  }

  /**
   * Closes the executor at once: jobs that wait or run are cancelled, and the workers ended.
   *
   * **Cancellation.** Ends the wait for the workers; they are ended all the same.
   *
   * @param reason - Arrives as `error.reason` of the jobs' CancelledError. @default the executor was terminated
   */
  async terminate(reason: unknown = "the executor was terminated"): Promise<void> {
    this.#unclosed.stop()
    this.#pool.terminate(reason)
    await this.#pool.close()
  }

  /** @internal Used by a loop that ends: waits for the jobs, and ends what does not end in time. */
  async shutdown(options?: WaitOptions): Promise<void> {
    try {
      await this.close(options)
    } catch (error) {
      this.#pool.terminate("the run has ended")
      // A thread in the middle of native code ends when that does; nobody waits for so long.
      await Promise.allSettled([this.#pool.close({ timeout: 1000 })])
      if (!(error instanceof TimeoutError)) throw error
      const message = `${this.toString()} did not come to an end within ${options?.timeout} ms; its jobs were ended`
      reportProblem(currentScope(), { message })
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  statistics(): ExecutorStatistics {
    return this.#pool.statistics()
  }

  toString(): string {
    return describeExecutor(this.#name, this.#settings, this.#pool)
  }

  #submit(defaults: JobOptions | null, fn: AnyFunction, given: readonly unknown[]): Future<unknown> {
    const sent = sentFunction(fn)
    this.#expectOpen("submit")
    if (isProgramHeld()) return new Future()
    const { args, options } = partArguments(fn, given, defaults)
    if (options?.transfer !== undefined && !this.#takesTransfer)
      throw new TypeError(`Cannot transfer to a process: it shares no memory; leave \`transfer\` out`)
    lastId += 1
    const since = clock.now()
    const origin = { context: this.#contexts.pack(), place: submitPlace(sent, since), since }
    const pool = this.#pool
    const job = new Job(pool, { id: lastId, fn: sent, args }, options, origin)
    const work = (): Promise<unknown> => {
      if (pool.isFull) throw this.#full()
      pool.add(job)
      return park(job.wait)
    }
    return spawnBelow(currentScope(), work, { name: job.name, eager: true, signal: options?.signal })
  }

  #full(): QueueFullError {
    return new QueueFullError(
      `Cannot submit: ${this.#settings.maxQueue} jobs wait already; call \`await executor.waitForRoom()\` before, or use \`map\``,
    )
  }

  #expectOpen(what: string): void {
    if (this.#pool.isClosed) throw new InvalidStateError(`Cannot ${what}: the executor was closed`)
  }
}
