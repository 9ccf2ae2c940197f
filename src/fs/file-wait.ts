// A task that waits for the disk.
//
// Work on a file is a job: a plain async function over `node:fs/promises` that closes what it opens on
// every way out and looks at a signal between two chunks. The task that wants it waits here.
//
//   the wait is | the job                       | a request, or a limit of the wait's own
//   parked      | runs                          | aborts the job's signal -> leaving
//   leaving     | was told, ends its chunk,     | a second one ends the wait at once; the same again does not
//               | or is undone                  |
//   served      | has ended                     | undoes it -> leaving; if that cannot be, it comes at the next
//               |                               | wait: what was read or written stands
//
// What must stay true: an error comes out when the job has ended, so no handle is open and no half file
// is left; a job that has not begun when it is cancelled never begins. Only a call that hangs in the kernel
// (a FIFO nobody writes to, a dead network disk) is left behind, after a second: it cannot be ended.
import type { CancelledError } from "../core/index.ts"
import { TimeoutError } from "../core/index.ts"
import type { Scope, TimerEntry, WaitOptions } from "../core/lowlevel.ts"
import { Wait, clock, park, refusal, startTimer, stopTimer } from "../core/lowlevel.ts"
import type { FileAction } from "./file-error.ts"
import { fileError } from "./file-error.ts"

/** Work on a file. Its signal is aborted when nobody wants it any more. */
export type FileJob<T> = (signal: AbortSignal) => Promise<T>

/** Limits of a wait, and what its `timeout` is a part of. */
export interface FileWaitOptions extends WaitOptions {
  /** Milliseconds of the whole, for the message. @default `timeout` */
  readonly total?: number | undefined
}

/**
 * Does a job and waits for it; what the disk says no to becomes a FileError.
 *
 * @param undo - Takes back what the job came to, such as a file that was opened, if nobody wants it any more.
 */
export async function runJob<T>(
  action: FileAction,
  path: string,
  options: FileWaitOptions | undefined,
  job: FileJob<T>,
  undo?: (value: T) => Promise<unknown>,
): Promise<T> {
  const refused = refusal(options)
  if (refused !== null) return refused
  const limit = options?.total ?? options?.timeout
  const tooLong = (): TimeoutError =>
    new TimeoutError(`Cannot ${action} ${path}: it took longer than ${limit} ms`)
  // The rest of a time for many waits is used up, though what is asked for now may be there already.
  if (options?.total !== undefined && (options.timeout ?? 0) <= 0) throw tooLong()
  const wait = new FileWait<T>(path, undo ?? null)
  const end = park(wait, options)
  wait.begin(job)
  try {
    return await end
  } catch (error) {
    // Made here, where the stack leads to the caller.
    if (error instanceof JobFailure) throw fileError(error.cause, action, path)
    throw error instanceof TimeoutError && error !== options?.signal?.reason ? tooLong() : error
  }
}

/** What a job threw, told from what ended the wait. */
class JobFailure {
  readonly cause: unknown

  constructor(cause: unknown) {
    this.cause = cause
  }
}

/** Milliseconds for which a job that was told to end is waited for. */
const longestChunk = 1_000

class FileWait<T> extends Wait<T> {
  /** Told by this, a virtual clock stands still: the disk answers without anybody's help. */
  readonly holdsClock = true
  readonly #path: string
  readonly #controller = new AbortController()
  readonly #undo: ((value: T) => Promise<unknown>) | null
  #hasBegun = false
  /** What the job came to; null before. */
  #result: { readonly value: T } | null = null
  /** Ends the wait when the job has ended, or is undone; null while it was not told to. */
  #finish: (() => void) | null = null
  /** The request it was told to end by: that of a group comes again by whoever awaits its task. */
  #told: CancelledError | null = null
  /** Ends the wait for a job that goes on and on. */
  #limit: TimerEntry | null = null

  constructor(path: string, undo: ((value: T) => Promise<unknown>) | null) {
    super("disk")
    this.#path = path
    this.#undo = undo
  }

  override get label(): string {
    return this.#path
  }

  /** A wait that was ended as it was parked does not begin its job. */
  begin(job: FileJob<T>): void {
    if (this.state !== "parked") return
    this.#hasBegun = true
    job(this.#controller.signal).then(
      (value) => this.#ended(value),
      (error: unknown) => (this.#finish === null ? this.fail(new JobFailure(error)) : this.#finish()),
    )
  }

  #ended(value: T): void {
    this.#result = { value }
    if (this.#finish === null && this.state === "parked") this.wake(value)
    else this.#takeBack()
  }

  /** Undoes what the job has done; whoever was told to leave does so after that. */
  #takeBack(): void {
    const finish = (): void => this.#finish?.()
    if (this.#undo === null || this.#result === null) finish()
    else this.#undo(this.#result.value).then(finish, finish)
  }

  override interrupt(error: CancelledError, top: Scope): boolean {
    const isServed = this.state === "served" && this.#undo !== null
    if (this.state === "parked" && this.#told === error) return true
    if ((!this.#isRunning && !isServed) || this.#finish !== null) {
      this.#clearLimit()
      return super.interrupt(error, top)
    }
    this.#told = error
    if (top.state === "open") this.scope?.markDelivered(error, top)
    // Its entry stands in the queue and finds that it is parked again.
    this.state = "parked"
    this.#tell(error, () => super.interrupt(error, top))
    if (isServed) this.#takeBack()
    return true
  }

  override runEntry(): void {
    if (this.state !== "parked") super.runEntry()
  }

  override stop(error: unknown): void {
    if (!this.#isRunning) super.stop(error)
    else if (this.#finish === null) this.#tell(error, () => super.stop(error))
  }

  /** Whether there is a job that has not ended. */
  get #isRunning(): boolean {
    return this.#hasBegun && this.state === "parked"
  }

  #tell(error: unknown, leave: () => unknown): void {
    this.#finish = () => {
      this.#clearLimit()
      leave()
    }
    const dueAt = clock.now() + longestChunk
    this.#limit = { heapIndex: -1, timerOrder: 0, dueAt, fire: () => this.#finish?.() }
    startTimer(this.#limit)
    this.#controller.abort(error)
  }

  #clearLimit(): void {
    if (this.#limit !== null) stopTimer(this.#limit)
    this.#limit = null
  }

  override drop(): void {
    this.#clearLimit()
    super.drop()
  }

  protected override leave(): void {}

  /** Without `undo`, or when its task was given up and nobody waits for the undoing. */
  protected override handBack(): boolean {
    this.#takeBack()
    return this.#undo !== null
  }
}
