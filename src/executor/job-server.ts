// In a worker: takes jobs one after the other, runs each as a task, and answers.
//
//   a job is | meaning                                        | leaves by
//   waiting  | came with a message, in order                  | begins, or was taken back -> gone
//   loading  | its module is being imported                   | function there -> running, else answered
//   running  | its task goes on                               | task done -> closing
//   closing  | what it started and left is being ended        | none left -> answered
//
// One at a time, so that a worker which dies takes one job along. Whatever happens is an answer; nothing
// that a job throws or gives may end the worker or lose the one behind it.
import { Deque } from "../base/deque.ts"
import type { Task } from "../core/index.ts"
import { Context, Future, Runner, bind, rethrowCancelled } from "../core/index.ts"
import { describeReason } from "../base/describe-reason.ts"
import { platformClock, runningTask, spawn, tasksBelow } from "../core/lowlevel.ts"
import { setCurrentJob } from "./current-job.ts"
import type { FunctionReference } from "./function-reference.ts"
import { loadFunction, prepareForFunctions } from "./load-function.ts"
import type { AnswerMessage, OrderMessage } from "./message.ts"
import { answer, order, slotState } from "./message.ts"
import { packThrown, unpackThrown } from "./thrown-parcel.ts"

type AnyFunction = (...args: unknown[]) => unknown

/** The worker's end of the channel. */
export interface JobLink {
  /** A word for each job that lies here; null where no memory is shared. */
  readonly slots: Int32Array | null
  /** Throws if the message cannot be sent. */
  post(message: AnswerMessage, transfer?: ArrayBuffer[]): void
  listen(receive: (message: OrderMessage) => void): void
  /** The next message, if there is one, without waiting for its turn. */
  poll(): OrderMessage | undefined
}

interface ServedJob {
  readonly id: number
  readonly slot: number
  readonly fn: number
  readonly args: readonly unknown[]
  readonly name: string | null
  readonly isTimed: boolean
  readonly context: Context | undefined
}

/** Serves jobs until the program closes the channel. */
export function serveJobs(link: JobLink): void {
  // The run never ends: the worker is ended by its program.
  void new Runner({ handleSignals: false }).run(async () => {
    prepareForFunctions()
    const server = new JobServer(link)
    link.listen(bind((message: OrderMessage) => server.receive(message)))
    link.post([0, answer.ready, undefined, 0])
    await new Future()
  })
}

class JobServer {
  readonly #link: JobLink
  /** The task that the worker itself is. */
  readonly #main: Task<unknown> | null
  readonly #waiting = new Deque<ServedJob>()
  readonly #functions = new Map<number, AnyFunction | Promise<AnyFunction>>()
  readonly #references = new Map<number, FunctionReference>()
  #context: Context | undefined = undefined
  /** The job that is being worked on, from its begin to its answer. */
  #job: ServedJob | null = null
  #task: Task<unknown> | null = null
  #beganAt = 0
  /** Whether the job saw that it is to end, by a look at the shared word. */
  #hasNoticed = false
  /** What goes with the value instead of being copied. */
  #transfer: ArrayBuffer[] = []
  /** The request that came before the job's task was there. */
  #earlyReason: { readonly reason: unknown } | null = null

  constructor(link: JobLink) {
    this.#link = link
    this.#main = runningTask()
  }

  receive(message: OrderMessage): void {
    switch (message[0]) {
      case order.batch:
        this.#takeBatch(message)
        break
      case order.job: {
        const [, slot, id, fn, args, name, isTimed] = message
        this.#waiting.push({ slot, id, fn, args, name, isTimed, context: this.#context })
        break
      }
      case order.define:
        this.#references.set(message[1], message[2])
        break
      case order.context:
        this.#context = message[1].length === 0 ? undefined : new Context(new Map(message[1]))
        break
      case order.cancel:
        this.#cancel(message[1], unpackThrown(message[2], "in the program"))
        break
      case order.warm:
        void this.#warm(message[1], message[2])
        break
      case order.close:
        process.exit(0)
    }
    this.#pump()
  }

  #takeBatch(message: readonly unknown[]): void {
    for (let at = 1; at < message.length;) {
      const [slot, id, fn, count] = message.slice(at, at + 4) as [number, number, number, number]
      const args = message.slice(at + 4, at + 4 + count)
      this.#waiting.push({ slot, id, fn, args, name: null, isTimed: false, context: this.#context })
      at += 4 + count
    }
  }

  #pump(): void {
    while (this.#job === null) {
      const job = this.#waiting.shift()
      if (job === undefined) return
      if (this.#isTaken(job)) this.#begin(job)
    }
  }

  /** Whether the job is ours: its executor may have taken it back. */
  #isTaken({ slot }: ServedJob): boolean {
    const { slots } = this.#link
    if (slots === null) return true
    const before = Atomics.compareExchange(slots, slot, slotState.sent, slotState.running)
    if (before === slotState.sent) return true
    Atomics.store(slots, slot, slotState.free)
    return false
  }

  #begin(job: ServedJob): void {
    this.#job = job
    let fn: AnyFunction | Promise<AnyFunction>
    try {
      fn = this.#functionOf(job.fn)
    } catch (error) {
      this.#answer(answer.thrown, packThrown(error), 0)
      return
    }
    if (typeof fn === "function") this.#run(job, fn)
    else void this.#runLater(job, fn)
  }

  async #runLater(job: ServedJob, loading: Promise<AnyFunction>): Promise<void> {
    let fn: AnyFunction
    try {
      fn = await loading
    } catch (error) {
      rethrowCancelled(error)
      this.#functions.delete(job.fn)
      this.#answer(answer.thrown, packThrown(error), 0)
      this.#pump()
      return
    }
    this.#functions.set(job.fn, fn)
    this.#run(job, fn)
    this.#pump()
  }

  #functionOf(id: number): AnyFunction | Promise<AnyFunction> {
    let fn = this.#functions.get(id)
    if (fn === undefined) {
      fn = loadFunction(this.#references.get(id) as FunctionReference)
      this.#functions.set(id, fn)
    }
    return fn
  }

  #run(job: ServedJob, fn: AnyFunction): void {
    if (this.#earlyReason !== null) {
      this.#answer(answer.ended, undefined, 0)
      return
    }
    if (job.isTimed) this.#link.post([job.id, answer.begun, undefined, 0])
    this.#hasNoticed = false
    this.#transfer = []
    this.#beganAt = platformClock.now()
    setCurrentJob({
      isTold: () => this.#look(),
      transfer: (objects) => this.#transfer.push(...(objects as ArrayBuffer[])),
    })
    const reference = this.#references.get(job.fn) as FunctionReference
    const work = (): unknown => {
      this.#task = runningTask()
      return fn(...job.args)
    }
    const context = job.context === undefined ? undefined : new Context(job.context.values)
    const task = spawn(work, { eager: true, name: job.name ?? reference.name, context })
    if (task.done() && !this.#hasLeft(task)) this.#close(task)
    else task.addListener({ futureDone: () => this.#closeOutside(task) })
  }

  /** Whether the job is to end; synchronous code asks, while the message that says so has not had its turn. */
  #look(): boolean {
    const { slots } = this.#link
    const job = this.#job
    if (slots === null || job === null || Atomics.load(slots, job.slot) !== slotState.told) return false
    this.#hasNoticed = true
    for (let message = this.#link.poll(); message !== undefined; message = this.#link.poll())
      this.receive(message)
    return true
  }

  #cancel(id: number, reason: unknown): void {
    if (this.#job?.id !== id) return
    if (this.#task === null) this.#earlyReason = { reason }
    else this.#task.cancel(reason)
  }

  /** In the worker's own context: the job's scope has ended. */
  readonly #closeOutside = bind((task: Task<unknown>): void => void this.#closeLater(task))

  async #closeLater(task: Task<unknown>): Promise<void> {
    await this.#endLeftovers(task)
    this.#close(task)
    this.#pump()
  }

  #hasLeft(task: Task<unknown>): boolean {
    const first = task.scope.parent?.firstChild
    return first !== null && first !== undefined && first.nextSibling !== null
  }

  // What a job starts belongs to it, as what `main` starts belongs to its run.
  async #endLeftovers(task: Task<unknown>): Promise<void> {
    const { parent } = task.scope
    if (parent === null) return
    for (let round = 0; round < 10; round += 1) {
      const left = tasksBelow(parent).filter((one) => one !== this.#main)
      if (left.length === 0) return
      for (const one of left) one.cancel("its job has ended")
      await Promise.allSettled(left.map((one) => one.join()))
    }
  }

  #close(task: Task<unknown>): void {
    const ran = platformClock.now() - this.#beganAt
    setCurrentJob(null)
    this.#task = null
    const job = this.#job as ServedJob
    const { slots } = this.#link
    const isTold = slots !== null && Atomics.load(slots, job.slot) === slotState.told
    const isAsked = task.cancelling() > 0
    const failure = task.failure()
    if (failure !== null && task.cancelled() && isAsked) this.#answer(answer.ended, undefined, ran)
    else if (failure !== null) this.#answer(answer.thrown, packThrown(failure.error), ran)
    else if (isAsked || this.#hasNoticed) this.#answer(answer.kept, task.result(), ran)
    else if (isTold) this.#answer(answer.ended, undefined, ran)
    else this.#answer(answer.value, task.result(), ran)
  }

  #answer(what: number, value: unknown, ran: number): void {
    const { id, slot } = this.#job as ServedJob
    this.#job = null
    this.#earlyReason = null
    if (this.#link.slots !== null) Atomics.store(this.#link.slots, slot, slotState.free)
    try {
      this.#link.post([id, what, value, ran], this.#transfer)
    } catch (error) {
      const message = `Cannot send the result back: ${describeReason(error)}; give plain data, or what the structured clone takes`
      this.#link.post([id, answer.thrown, packThrown(new TypeError(message, { cause: error })), ran])
    }
  }

  async #warm(id: number, fn: number): Promise<void> {
    try {
      const loaded = await this.#functionOf(fn)
      this.#functions.set(fn, loaded)
      this.#link.post([id, answer.value, undefined, 0])
    } catch (error) {
      rethrowCancelled(error)
      this.#functions.delete(fn)
      this.#link.post([id, answer.thrown, packThrown(error), 0])
    }
  }
}
