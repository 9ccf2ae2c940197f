// One worker of an executor, and the jobs that lie there.
//
//   a worker is | meaning                                   | leaves by
//   starting    | has not said that it is ready             | ready, or gone
//   ready       | takes jobs                                | end() -> ending, or gone
//   ending      | told to end, takes none                   | gone
//   gone        | the executor has heard of its end         | -
//
// Jobs are sent ahead, so that a thread has its next one when it ends one. What has not begun can be taken
// back, by one exchange of the word that stands for the job in shared memory.
import type { Job } from "./job.ts"
import type { AnswerMessage, OrderMessage } from "./message.ts"
import { answer, order, slotCount, slotState } from "./message.ts"
import type { SentFunction } from "./sent-function.ts"
import { packThrown } from "./thrown-parcel.ts"
import type { ChannelKind, WorkerChannel, WorkerEnd } from "./worker-channel.ts"
import type { ContextEntries } from "./context-entries.ts"

/** The executor, as its workers see it. */
export interface WorkerOwner {
  ready(worker: ExecutorWorker): void
  begun(job: Job): void
  answered(worker: ExecutorWorker, job: Job, message: AnswerMessage): void
  /** The job could not be sent. */
  unsent(worker: ExecutorWorker, job: Job, error: unknown): void
  warmed(id: number, failure: unknown): void
  exited(worker: ExecutorWorker, end: WorkerEnd): void
}

const noContext: ContextEntries = []

/** A worker and what it was sent. */
export class ExecutorWorker {
  state: "starting" | "ready" | "ending" | "gone" = "starting"
  /** Whether it ever was ready. */
  wasReady: boolean = false
  /** Whether it was told to end, and did not die. */
  wasEnded: boolean = false
  /** By number, in the order in which they were sent; the first that has begun is running. */
  readonly jobs: Map<number, Job> = new Map()
  readonly #channel: WorkerChannel
  readonly #owner: WorkerOwner
  readonly #isSendable: (value: unknown) => boolean
  /** Words of {@link WorkerChannel.slots} that stand for no job. */
  readonly #freeSlots: number[]
  /** Words of jobs that were taken back and that the thread has not come by yet. */
  #waitingSlots: number[] = []
  /** Functions that the worker knows. */
  readonly #known = new Set<number>()
  #context: ContextEntries = noContext
  /** Imports that it was asked for and has not answered. */
  #warming = 0

  constructor(kind: ChannelKind, owner: WorkerOwner) {
    this.#owner = owner
    this.#isSendable = kind.isSendable
    this.#channel = kind.open({
      answered: (message) => this.#answered(message),
      exited: (end) => {
        this.state = "gone"
        owner.exited(this, end)
      },
    })
    this.#freeSlots =
      this.#channel.slots === null ? [] : Array.from({ length: slotCount }, (_, index) => index)
    this.#channel.hold(true)
  }

  get name(): string {
    return this.#channel.name
  }

  /** Whether jobs can lie here that have not begun. */
  get takesAhead(): boolean {
    return this.#channel.slots !== null
  }

  /** How many more jobs have a place here. */
  get room(): number {
    if (this.#channel.slots === null) return this.jobs.size === 0 ? 1 : 0
    if (this.#freeSlots.length === 0) this.#collectSlots()
    return this.#freeSlots.length
  }

  /** Sends jobs; there must be room for them. */
  send(jobs: readonly Job[]): void {
    const isFirst = this.jobs.size === 0
    let batch: unknown[] = []
    for (const job of jobs) {
      this.#place(job)
      if (this.#prepares(job) && batch.length > 0) batch = this.#flush(batch)
      this.#introduce(job)
      if (isPlain(job)) {
        if (batch.length === 0) batch.push(order.batch)
        batch.push(job.slot, job.id, job.fn.number, job.args.length, ...job.args)
      } else {
        if (batch.length > 0) batch = this.#flush(batch)
        this.#sendAlone(job)
      }
    }
    if (batch.length > 0) this.#flush(batch)
    // Last: the worker is waking up meanwhile.
    if (isFirst) this.#channel.hold(true)
  }

  /** Takes a job back that has not begun; false if it has. */
  takeBack(job: Job): boolean {
    const { slots } = this.#channel
    if (slots === null || !this.jobs.has(job.id)) return false
    const before = Atomics.compareExchange(slots, job.slot, slotState.sent, slotState.takenBack)
    if (before !== slotState.sent) return false
    this.#waitingSlots.push(job.slot)
    this.jobs.delete(job.id)
    job.slot = -1
    return true
  }

  /** Whether a job had begun when the worker died. */
  hasBegun(job: Job): boolean {
    const { slots } = this.#channel
    return slots === null || Atomics.load(slots, job.slot) !== slotState.sent
  }

  /** Asks a job that runs to end. */
  tell(job: Job, reason: unknown): void {
    const { slots } = this.#channel
    this.#channel.post([order.cancel, job.id, packThrown(reason, this.#isSendable)])
    // After the message: who sees this looks for the reason there.
    if (slots !== null) Atomics.compareExchange(slots, job.slot, slotState.running, slotState.told)
  }

  /** Whether a job has ended whose answer is on its way. */
  hasEnded(job: Job): boolean {
    const { slots } = this.#channel
    return slots !== null && Atomics.load(slots, job.slot) === slotState.free
  }

  warm(id: number, fn: SentFunction): void {
    this.#warming += 1
    this.#channel.hold(true)
    this.#define(fn)
    this.#channel.post([order.warm, id, fn.number])
  }

  /** Lets the process end, or not, while nothing lies here. */
  rest(): void {
    if (this.state === "ready" && this.#warming === 0) this.#channel.hold(false)
  }

  /** Ends the worker: kindly where it has nothing to do, and at once otherwise. */
  end(isKind: boolean): void {
    if (this.state === "gone") return
    this.#channel.hold(true)
    const isReady = this.state === "ready"
    this.state = "ending"
    this.wasEnded = true
    if (isKind && isReady) this.#channel.post([order.close])
    else this.#channel.kill()
  }

  #answered(message: AnswerMessage): void {
    const [id, what, value] = message
    if (what === answer.ready) {
      if (this.state !== "starting") return
      this.state = "ready"
      this.wasReady = true
      this.#owner.ready(this)
      return
    }
    if (id < 0) {
      this.#warming -= 1
      if (this.jobs.size === 0) this.rest()
      this.#owner.warmed(id, what === answer.thrown ? value : null)
      return
    }
    const job = this.jobs.get(id)
    if (job === undefined) return
    if (what === answer.begun) {
      this.#owner.begun(job)
      return
    }
    this.#release(job)
    this.#owner.answered(this, job, message)
  }

  #release(job: Job): void {
    this.jobs.delete(job.id)
    if (job.slot >= 0) this.#freeSlots.push(job.slot)
    job.slot = -1
  }

  #place(job: Job): void {
    const { slots } = this.#channel
    job.state = "sent"
    this.jobs.set(job.id, job)
    if (slots === null) return
    job.slot = this.#freeSlots.pop() as number
    Atomics.store(slots, job.slot, slotState.sent)
  }

  /** Whether something has to be said before this job. */
  #prepares(job: Job): boolean {
    return !this.#known.has(job.fn.number) || this.#context !== (job.context ?? noContext)
  }

  #introduce(job: Job): void {
    this.#define(job.fn)
    const context = job.context ?? noContext
    if (this.#context === context) return
    this.#context = context
    this.#channel.post([order.context, context])
  }

  #define(fn: SentFunction): void {
    if (this.#known.has(fn.number)) return
    this.#known.add(fn.number)
    this.#channel.post([order.define, fn.number, fn.reference])
  }

  #sendAlone(job: Job): void {
    const { options } = job
    const isTimed = options !== null && (options.timeout ?? options.queueTimeout) !== undefined
    try {
      const message = [
        order.job,
        job.slot,
        job.id,
        job.fn.number,
        job.args,
        options?.name ?? null,
        isTimed,
      ] as const
      this.#channel.post(message, options?.transfer)
    } catch (error) {
      this.#release(job)
      this.#owner.unsent(this, job, error)
    }
  }

  #flush(batch: unknown[]): unknown[] {
    this.#channel.post(batch as unknown as OrderMessage)
    return []
  }

  #collectSlots(): void {
    const slots = this.#channel.slots as Int32Array
    const isFree = (slot: number): boolean => Atomics.load(slots, slot) === slotState.free
    this.#freeSlots.push(...this.#waitingSlots.filter(isFree))
    this.#waitingSlots = this.#waitingSlots.filter((slot) => !isFree(slot))
  }
}

// Objects go alone: two jobs with the same one must not share its copy.
function isPlain({ args, options }: Job): boolean {
  if (
    options !== null &&
    (options.name ?? options.timeout ?? options.queueTimeout ?? options.transfer) !== undefined
  )
    return false
  for (const value of args) {
    const kind = typeof value
    if ((kind === "object" && value !== null) || kind === "function" || kind === "symbol") return false
  }
  return true
}
