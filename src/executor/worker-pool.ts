// The workers of an executor and the line in front of them.
//
//   a pool is | meaning                                      | leaves by
//   open      | takes jobs                                   | close(), terminate() -> closing
//   closing   | takes none; those it has come to their end   | last worker gone -> closed
//   closed    | nothing is left                              | -
//
// A job goes to a worker that has none; else it waits in line, first come, first served. Where jobs are
// short several are sent ahead, as many as a worker does in a millisecond; what lies behind a long one is
// taken back by a worker that has nothing to do. Nobody here holds the executor that the user holds.
import { Deque } from "../base/deque.ts"
import { framesOf } from "../base/frames.ts"
import { CancelledError, TimeoutError } from "../core/index.ts"
import type { WaitOptions } from "../core/lowlevel.ts"
import { describeReason } from "../base/describe-reason.ts"
import { WaitList, clock } from "../core/lowlevel.ts"
import { WorkerLostError } from "./errors.ts"
import type { ExecutorSettings } from "./executor-options.ts"
import { ExecutorWorker } from "./executor-worker.ts"
import type { WorkerOwner } from "./executor-worker.ts"
import type { Job, JobKeeper } from "./job.ts"
import { JobFigures } from "./job-figures.ts"
import type { ExecutorStatistics } from "./job-figures.ts"
import type { AnswerMessage } from "./message.ts"
import { answer, slotCount } from "./message.ts"
import type { SentFunction } from "./sent-function.ts"
import type { ThrownParcel } from "./thrown-parcel.ts"
import { unpackThrown } from "./thrown-parcel.ts"
import type { ChannelKind, WorkerEnd } from "./worker-channel.ts"
import { WarmUps } from "./warm-ups.ts"
import { WorkerShelf } from "./worker-shelf.ts"

/** Milliseconds of work that may lie ahead of a worker. */
const mostAhead = 1
/** Workers in a row that die before they are ready, until the jobs that wait are given up. */
const mostFailedStarts = 3

const noJob = { job: "", exitCode: null, signal: null }

/** Workers and the jobs they are to do. */
export class WorkerPool implements JobKeeper, WorkerOwner {
  /** Workers that live; also what an unclosed executor is reported by. */
  readonly count = { open: 0 }
  readonly #settings: ExecutorSettings
  readonly #kind: ChannelKind
  readonly #figures = new JobFigures()
  readonly #workers = new Set<ExecutorWorker>()
  readonly #shelf: WorkerShelf
  /** Jobs in line; those that were taken out are over and are passed by. */
  readonly #line = new Deque<Job>()
  #queued = 0
  /** Jobs that a worker has to come to an end with: in line, at a worker, abandoned. */
  #unfinished = 0
  #starting = 0
  /** Workers in a row that died before they were ready. */
  #failedStarts = 0
  #isClosed = false
  readonly #rooms = new WaitList<void>("executor room", () => {
    this.#roomFreed()
    return true
  })
  readonly #closers = new WaitList<void>("executor close", () => true)
  /** Who waits for workers to start. */
  readonly #starters = new WaitList<void>("executor warm-up", () => true)
  readonly #warmUps = new WarmUps()

  constructor(kind: ChannelKind, settings: ExecutorSettings) {
    this.#kind = kind
    this.#settings = settings
    this.#shelf = new WorkerShelf(settings.idle)
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  get isFull(): boolean {
    return this.#unfinished >= this.#settings.maxWorkers + this.#settings.maxQueue
  }

  /** Takes a job in; its task parks next. */
  add(job: Job): void {
    this.#unfinished += 1
    const { options } = job
    if (options?.queueTimeout !== undefined) {
      const ms = options.queueTimeout
      job.timer.start(ms, () => this.#expire(job, `Timed out after ${ms} ms waiting for a worker`))
    }
    const idle = this.#queued === 0 ? this.#shelf.take() : null
    if (idle !== null) {
      idle.send([job])
      return
    }
    this.#line.push(job)
    this.#queued += 1
    this.#grow()
  }

  /** A request for a job: gives whether its task has to wait for the end of it. */
  tell(job: Job, request: CancelledError): boolean {
    if (job.state === "over" || job.state === "abandoned") return false
    if (this.#takeOut(job)) {
      job.drop()
      this.#figures.cancelled += 1
      return false
    }
    const worker = this.#workerOf(job)
    if (job.options?.abandon === true) {
      job.drop("abandoned")
      this.#figures.cancelled += 1
      return false
    }
    if (job.state === "ending") this.#kill(worker, job)
    else this.#endRunning(worker, job, request)
    return true
  }

  /**
   * Waits until one more job would be taken in.
   *
   * **Cancellation.** Safe: nothing was reserved.
   * **Fairness.** First come, first served.
   */
  async waitForRoom(options?: WaitOptions): Promise<void> {
    if (!this.isFull && !this.#rooms.isServing) return
    await this.#rooms.wait(undefined, options)
  }

  /**
   * Starts all workers, and has them import the modules of functions.
   *
   * **Cancellation.** Ends the wait; the workers start all the same.
   */
  async warmUp(fns: readonly SentFunction[]): Promise<void> {
    for (let missing = this.#settings.maxWorkers - this.#workers.size; missing > 0; missing -= 1)
      this.#start()
    while (this.#starting > 0) await this.#starters.wait(undefined)
    if (this.#workers.size === 0 && !this.#isClosed)
      throw new WorkerLostError("Cannot warm up: no worker starts", noJob)
    const loads = [...this.#workers].flatMap((worker) => fns.map((fn) => this.#warmUps.begin(worker, fn)))
    for (const load of loads) await load
  }

  /** Lets the jobs come to their end, then the workers; see {@link WorkerExecutor.close}. */
  async close(options?: WaitOptions): Promise<void> {
    this.#isClosed = true
    this.#endIfDone()
    if (this.#workers.size > 0 || this.#unfinished > 0) await this.#closers.wait(undefined, options)
  }

  /** Ends all jobs and all workers now. */
  terminate(reason: unknown): void {
    this.#isClosed = true
    const error = new CancelledError(reason)
    for (let job = this.#line.shift(); job !== undefined; job = this.#line.shift()) {
      if (job.state === "queued") this.#finish(job, { error }, "cancelled")
    }
    this.#queued = 0
    for (const worker of this.#workers) {
      for (const job of worker.jobs.values()) {
        if (job.state !== "abandoned") this.#figures.cancelled += 1
        job.end({ error })
      }
      worker.end(false)
    }
    this.#endIfDone()
  }

  statistics(): ExecutorStatistics {
    const { completed, failed, cancelled, lost, queueTime, runTime } = this.#figures
    const busy = [...this.#workers].filter(({ jobs }) => jobs.size > 0).length
    return {
      workers: this.#workers.size,
      busy,
      queued: Math.max(0, this.#unfinished - busy),
      waiting: this.#rooms.size,
      completed,
      failed,
      cancelled,
      lost,
      queueTime,
      runTime,
    }
  }

  // --- what the workers tell

  ready(worker: ExecutorWorker): void {
    this.#failedStarts = 0
    this.#startEnded()
    this.#feed(worker)
  }

  begun(job: Job): void {
    const ms = job.options?.timeout
    if (job.state !== "sent") return
    job.timer.stop()
    if (ms !== undefined)
      job.timer.start(ms, () => this.#expire(job, `Timed out after ${ms} ms running ${job.name}`))
  }

  answered(worker: ExecutorWorker, job: Job, message: AnswerMessage): void {
    const [, what, value, ran] = message
    this.#figures.answered(clock.now() - job.since, ran)
    const isUnasked = what === answer.value && job.wait.request === null
    if (isUnasked || what === answer.kept) this.#finish(job, { value }, "completed")
    else if (what === answer.ended || what === answer.value) {
      const error = job.wait.request ?? new CancelledError("the job was ended")
      this.#finish(job, { error }, "cancelled")
    } else {
      const error = unpackThrown(value as ThrownParcel, `in ${worker.name}`, placeOf(job))
      this.#finish(job, { error }, "failed")
    }
    this.#feed(worker)
  }

  unsent(worker: ExecutorWorker, job: Job, error: unknown): void {
    const message = `Cannot send the arguments of "${job.name}": ${describeReason(error)}; give plain data, or what the structured clone takes`
    const failure = new TypeError(message, { cause: error })
    this.#finish(job, { error: failure }, "failed")
    // Those that were to be sent along are on their way first.
    void Promise.resolve().then(() => this.#feed(worker))
  }

  warmed(id: number, failure: unknown): void {
    this.#warmUps.end(id, failure as ThrownParcel | null)
  }

  exited(worker: ExecutorWorker, end: WorkerEnd): void {
    this.#workers.delete(worker)
    this.#shelf.remove(worker)
    this.count.open = this.#workers.size
    this.#warmUps.lost(worker)
    const isDead = !worker.wasEnded
    if (isDead) this.#figures.lost += 1
    if (!worker.wasReady) {
      this.#startEnded()
      if (isDead) this.#failedStarts += 1
    }
    this.#settleLost(worker, end)
    if (this.#failedStarts >= mostFailedStarts)
      this.#giveUpLine(end, `${mostFailedStarts} workers in a row died before they were ready`)
    this.#grow()
    this.#endIfDone()
  }

  // --- the line

  #grow(): void {
    if (this.#queued <= this.#starting || this.#workers.size >= this.#settings.maxWorkers) return
    this.#start()
  }

  #start(): void {
    this.#starting += 1
    try {
      this.#workers.add(new ExecutorWorker(this.#kind, this))
    } catch (error) {
      this.#startEnded()
      this.#giveUpLine({ exitCode: null, signal: null, error }, "no worker can be started")
    }
    this.count.open = this.#workers.size
  }

  /** Gives a worker what it can take. */
  #feed(worker: ExecutorWorker): void {
    if (worker.state !== "ready") return
    const size = worker.jobs.size
    const ahead = this.#ahead(worker)
    if (size > ahead / 2) return
    const jobs = this.#shift(worker, Math.min(ahead + 1 - size, worker.room))
    if (jobs.length > 0) worker.send(jobs)
    else if (size === 0) this.#rest(worker)
  }

  /** How many jobs may lie at a worker beside the one it does. */
  #ahead(worker: ExecutorWorker): number {
    const { recentRun } = this.#figures
    if (!worker.takesAhead || recentRun > mostAhead) return 0
    const share = Math.ceil(this.#queued / this.#workers.size)
    return Math.min(slotCount - 1, Math.floor(mostAhead / Math.max(recentRun, 1e-3)), share)
  }

  /** The first jobs in line, at most so many; one that must be alone at a worker comes alone. */
  #shift(worker: ExecutorWorker, most: number): Job[] {
    const jobs: Job[] = []
    while (jobs.length < most && this.#queued > 0) {
      const job = this.#line.peek() as Job
      if (job.state === "queued") {
        if (job.isSolo && (worker.jobs.size > 0 || jobs.length > 0)) break
        this.#queued -= 1
        jobs.push(job)
      }
      this.#line.shift()
      if (job.isSolo && jobs.length > 0) break
    }
    return jobs
  }

  /** A worker has nothing to do: it takes what lies behind others, or rests. */
  #rest(worker: ExecutorWorker): void {
    const jobs = this.#takeFromOthers(worker)
    if (jobs.length > 0) {
      worker.send(jobs)
      return
    }
    worker.rest()
    if (this.#isClosed) this.#endIfDone()
    else this.#shelf.put(worker)
  }

  #takeFromOthers(worker: ExecutorWorker): Job[] {
    let fullest: ExecutorWorker | null = null
    for (const other of this.#workers)
      if (other !== worker && other.jobs.size > (fullest?.jobs.size ?? 1)) fullest = other
    if (fullest === null) return []
    const most = Math.ceil((fullest.jobs.size - 1) / 2)
    const jobs: Job[] = []
    for (const job of fullest.jobs.values()) {
      if (jobs.length >= most) break
      if (job.state === "sent" && fullest.takeBack(job)) jobs.push(job)
    }
    return jobs
  }

  /** Takes a job out that has not begun; false if it has. */
  #takeOut(job: Job): boolean {
    if (job.state === "queued") this.#queued -= 1
    else {
      const worker = job.state === "sent" ? this.#workerOf(job) : null
      if (worker?.takeBack(job) !== true) return false
      this.#feed(worker)
    }
    this.#done()
    return true
  }

  #workerOf(job: Job): ExecutorWorker {
    for (const worker of this.#workers) if (worker.jobs.get(job.id) === job) return worker
    throw new Error(`No worker has job ${job.id}`)
  }

  // --- the end of a job

  #finish(
    job: Job,
    outcome: { readonly value: unknown } | { readonly error: unknown },
    how: "completed" | "failed" | "cancelled",
  ): void {
    if (job.state !== "over" && job.state !== "abandoned") this.#figures[how] += 1
    job.end(outcome)
    this.#done()
  }

  #done(): void {
    this.#unfinished -= 1
    this.#roomFreed()
    if (this.#unfinished === 0 && this.#isClosed) this.#endIfDone()
  }

  #roomFreed(): void {
    if (!this.isFull) this.#rooms.serve(undefined)
  }

  /** The time of a job is over. */
  #expire(job: Job, message: string): void {
    const error = new TimeoutError(message)
    if (this.#takeOut(job)) {
      this.#figures.failed += 1
      job.end({ error })
      return
    }
    const request = new CancelledError(message)
    error.cause = request
    job.limit = error
    this.#endRunning(this.#workerOf(job), job, request)
  }

  #endRunning(worker: ExecutorWorker, job: Job, request: CancelledError): void {
    const { grace } = this.#settings
    job.state = "ending"
    if (grace === 0) {
      this.#kill(worker, job)
      return
    }
    worker.tell(job, request.reason)
    job.timer.start(grace, () => this.#kill(worker, job))
  }

  // Its neighbours are taken back first: the worker could begin one before it is gone. If the job has ended
  // meanwhile and its answer is on the way, nobody is ended. A thread in the middle of native code ends when
  // that does; its job does not wait for so long.
  #kill(worker: ExecutorWorker, job: Job): void {
    this.#requeue([...worker.jobs.values()].filter((one) => one.state === "sent" && worker.takeBack(one)))
    if (worker.hasEnded(job)) return
    worker.end(false)
    const error = job.wait.request ?? new CancelledError("its worker was ended")
    job.timer.start(Math.max(this.#settings.grace, 500), () => {
      if (job.state === "ending") job.end({ error })
    })
  }

  /** The jobs of a worker that is gone: what had not begun goes back to the head of the line. */
  #settleLost(worker: ExecutorWorker, end: WorkerEnd): void {
    const left = [...worker.jobs.values()]
    const unbegun = left.filter((job) => job.state === "sent" && !worker.hasBegun(job))
    this.#requeue(unbegun)
    for (const job of left) {
      if (unbegun.includes(job)) continue
      const { request } = job.wait
      if (request !== null) this.#finish(job, { error: request }, "cancelled")
      else this.#finish(job, { error: lostError(worker, end, job.name) }, "failed")
    }
  }

  /** Puts jobs that did not begin back to the head of the line. */
  #requeue(jobs: readonly Job[]): void {
    for (const job of jobs.toReversed()) {
      job.state = "queued"
      this.#line.unshift(job)
      this.#queued += 1
    }
  }

  /** Workers do not start: who waits is told, and the next job tries again. */
  #giveUpLine(end: WorkerEnd, why: string): void {
    this.#failedStarts = 0
    const data = { exitCode: end.exitCode, signal: end.signal }
    const waiting: Job[] = []
    for (let job = this.#line.shift(); job !== undefined; job = this.#line.shift()) waiting.push(job)
    this.#queued = 0
    for (const job of waiting) {
      if (job.state !== "queued") continue
      const message = `Cannot run "${job.name}": ${why}${causeText(end)}`
      this.#finish(
        job,
        { error: new WorkerLostError(message, { job: job.name, ...data }, causeOf(end)) },
        "failed",
      )
    }
  }

  #startEnded(): void {
    this.#starting -= 1
    if (this.#starting === 0) while (this.#starters.serve(undefined) !== null);
  }

  #endIfDone(): void {
    if (!this.#isClosed || this.#unfinished > 0) return
    for (const worker of this.#workers) if (worker.state !== "ending") worker.end(true)
    if (this.#workers.size === 0) while (this.#closers.serve(undefined) !== null);
  }
}

function lostError(worker: ExecutorWorker, end: WorkerEnd, job: string): WorkerLostError {
  const how = end.signal === null ? `with exit code ${end.exitCode}` : `by ${end.signal}`
  const message = `Lost the worker of "${job}": ${worker.name} ended ${how}${causeText(end)}`
  return new WorkerLostError(message, { job, exitCode: end.exitCode, signal: end.signal }, causeOf(end))
}

function causeText({ error }: WorkerEnd): string {
  return error === undefined ? "" : `: ${describeReason(error)}`
}

function causeOf({ error }: WorkerEnd): ErrorOptions | undefined {
  return error === undefined ? undefined : { cause: error }
}

function placeOf({ place }: Job): string {
  return framesOf(place)
    .map((frame) => `    at ${frame}`)
    .join("\n")
}
