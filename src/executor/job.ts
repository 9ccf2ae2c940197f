// A job as its executor sees it, and the wait of its task.
//
//   a job is  | meaning                                        | leaves by
//   queued    | stands in the line of its executor             | sent, or taken out by a cancel -> over
//   sent      | lies at a worker, may have begun               | answer -> over; taken back -> queued or over;
//             |                                                | cancel when begun -> ending
//   ending    | was told to end, its grace runs                | answer -> over; grace over or told again: its
//             |                                                | worker is ended -> over
//   abandoned | its task has ended, the function runs on       | answer -> over
//   over      | its task knows                                 | -
//
// The task parks in a wait of its own. A request does not end that wait but goes on to the job, as it does
// with a task that is awaited (C2); the wait ends when the job has.
import type { CancelledError } from "../core/index.ts"
import type { Scope } from "../core/lowlevel.ts"
import { Wait } from "../core/lowlevel.ts"
import type { ContextEntries } from "./context-entries.ts"
import type { JobOptions } from "./job-options.ts"
import { LimitTimer } from "./limit-timer.ts"
import type { SentFunction } from "./sent-function.ts"

/** Who has a job to end. */
export interface JobKeeper {
  /** Asks a job to end; gives whether its task has to wait for that. */
  tell(job: Job, request: CancelledError): boolean
}

/** A call of a function that is to be made by a worker. */
export class Job {
  state: "queued" | "sent" | "ending" | "abandoned" | "over" = "queued"
  readonly id: number
  readonly fn: SentFunction
  readonly args: readonly unknown[]
  readonly options: JobOptions | null
  readonly context: ContextEntries | null
  /** Where it was submitted, for the stack of what it throws. */
  readonly place: Error
  /** Time of the clock at which it was submitted. */
  readonly since: number
  /** Its word in the memory shared with its worker; -1 where there is none. */
  slot = -1
  /** The wait of its task. */
  readonly wait: JobWait
  /** What it ends with in place of what its worker says: its time was over. */
  limit: Error | null = null
  #timer: LimitTimer | null = null

  constructor(
    keeper: JobKeeper,
    call: { readonly id: number; readonly fn: SentFunction; readonly args: readonly unknown[] },
    options: JobOptions | null,
    origin: { readonly context: ContextEntries | null; readonly place: Error; readonly since: number },
  ) {
    this.id = call.id
    this.fn = call.fn
    this.args = call.args
    this.options = options
    this.context = origin.context
    this.place = origin.place
    this.since = origin.since
    this.wait = new JobWait(keeper, this)
  }

  get name(): string {
    return this.options?.name ?? this.fn.reference.name
  }

  /** Whether it goes to a worker that has nothing else: it could not be taken back, or its begin counts. */
  get isSolo(): boolean {
    const { options } = this
    return options !== null && (options.timeout ?? options.queueTimeout ?? options.transfer) !== undefined
  }

  /** For what runs out: its time in line, its running time, its grace. */
  get timer(): LimitTimer {
    return (this.#timer ??= new LimitTimer())
  }

  /** Its task waits no more. */
  drop(state: "over" | "abandoned" = "over"): void {
    this.state = state
    this.#timer?.stop()
  }

  /** Ends its task's wait; once. */
  end(outcome: { readonly value: unknown } | { readonly error: unknown }): void {
    if (this.state === "over") return
    this.state = "over"
    this.#timer?.stop()
    if (this.limit !== null) this.wait.fail(this.limit)
    else if ("value" in outcome) this.wait.wake(outcome.value)
    else this.wait.fail(outcome.error)
  }
}

/** A task that waits for its job. */
export class JobWait extends Wait<unknown> {
  readonly #keeper: JobKeeper
  readonly #job: Job
  /** The last request that was passed on; the same one again goes no further. */
  #passed: CancelledError | null = null

  constructor(keeper: JobKeeper, job: Job) {
    super("executor")
    this.#keeper = keeper
    this.#job = job
  }

  /** The request that the job was told of, or null. */
  get request(): CancelledError | null {
    return this.#passed
  }

  override interrupt(error: CancelledError, top: Scope): boolean {
    if (this.state !== "parked") return super.interrupt(error, top)
    if (this.#passed === error) return true
    this.#passed = error
    if (!this.#keeper.tell(this.#job, error)) return super.interrupt(error, top)
    this.scope?.markDelivered(error, top)
    return true
  }

  override get label(): string {
    return `job "${this.#job.name}"`
  }

  protected override leave(): void {}

  protected override handBack(): boolean {
    return true
  }
}
