// The iterator behind `map`: workers that pull, call, and leave results for whoever asks.
//
// Workers are tasks below one scope; each pulls an item, calls the function, and leaves the result.
// A window of twice the concurrency bounds what was pulled and not yet consumed, so a slow consumer
// slows the source down and memory does not grow with the input. Its end is that of a block: nobody
// gets past `#stop` before every worker has ended, whatever is cancelled meanwhile.
//
//   state   | meaning                                        | leaves by
//   idle    | nobody has asked for a result                  | next() -> running
//   running | workers pull and call                          | last result taken, failure, return(), cancel -> over
//   over    | workers were told to end, the source is closed | -
import { CancelScope, Future, TimeoutError, cancelScope, isCancelled } from "../core/index.ts"
import type { Scope, TimerEntry } from "../core/lowlevel.ts"
import {
  WaitList,
  clock,
  currentScope,
  enter,
  reportProblem,
  spawnBelow,
  startTimer,
  stopTimer,
  watchSignal,
} from "../core/lowlevel.ts"
import { Lock } from "../sync/index.ts"

/** What a map is to do; checked already. */
export interface MapPlan<T, R> {
  readonly source: Iterator<T> | AsyncIterator<T>
  /** Whether the source gives promises of its steps. */
  readonly isAsync: boolean
  readonly fn: (item: T, index: number) => R | PromiseLike<R>
  readonly concurrency: number
  readonly isOrdered: boolean
  readonly signal: AbortSignal | undefined
  /** Milliseconds from the first `next()`. */
  readonly timeout: number | undefined
}

const over: IteratorReturnResult<undefined> = { done: true, value: undefined }

/** Results of a map; can be iterated once. */
export class Mapping<T, R> implements AsyncIterableIterator<R>, AsyncDisposable {
  readonly #plan: MapPlan<T, R>
  /** The scope in which the map was made: its workers live there. */
  readonly #home: Scope = currentScope()
  /** One `next()` at a time, in the order of asking. */
  readonly #asking = new Lock()
  /** One worker at a time asks a source that gives promises; any other is read at once. */
  readonly #turn = new Lock()
  /** Free places for items that are pulled and whose result is not consumed, and the workers in line for one. */
  #places: number
  readonly #line: WaitList<undefined> = new WaitList("map", () => {
    this.#leavePlace()
    return true
  })
  /** Results nobody has consumed, by index, or by order of finishing. */
  readonly #results = new Map<number, R>()
  /** Index of the next item to pull, of the next result to leave, and of the next to consume. */
  #pulled = 0
  #finished = 0
  #consumed = 0
  #isSourceDone = false
  /** Workers that have not ended. */
  #living = 0
  /** What ends the map once the results that are ready are consumed. */
  #failure: { readonly error: unknown } | null = null
  /** The block of the workers; null until somebody asks for a result. */
  #block: CancelScope | null = null
  #unwatch: (() => void) | null = null
  /** Done when something has changed for those who wait; null while nobody does. */
  #news: Future<void> | null = null
  #isOver = false

  constructor(plan: MapPlan<T, R>) {
    this.#plan = plan
    this.#places = plan.concurrency * 2
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<R>> {
    try {
      await this.#asking.acquire()
      try {
        return this.#takeResult() ?? (await this.#nextResult())
      } finally {
        this.#asking.release()
      }
    } catch (error) {
      // A request that the workers got and this task is about to get as well is delivered by `error`.
      if (isCancelled(error)) currentScope().takePending()
      return await this.#stopAfter(error)
    }
  }

  async return(): Promise<IteratorResult<R>> {
    await this.#stop()
    return { done: true, value: undefined }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stop()
  }

  async #nextResult(): Promise<IteratorResult<R>> {
    if (this.#block === null && !this.#isOver) this.#begin()
    for (;;) {
      if (this.#isOver) return { done: true, value: undefined }
      const result = this.#takeResult()
      if (result !== null) return result
      if (this.#failure !== null) throw this.#failure.error
      if (this.#isSourceDone && this.#living === 0) await this.#stop()
      else await this.#untilNews()
    }
  }

  #begin(): void {
    const above = this.#home.state === "open" ? this.#home : currentScope()
    this.#block = enter(above, () => new CancelScope("a map", {}), undefined)
    const { signal, timeout } = this.#plan
    const unwatch = signal === undefined ? null : watchSignal(signal, () => this.#endWith(signal.reason))
    const limit = timeout === undefined ? null : this.#startLimit(timeout)
    this.#unwatch = () => {
      unwatch?.()
      if (limit !== null) stopTimer(limit)
    }
    if (this.#failure === null) this.#startWorker(this.#block.scope)
  }

  #startLimit(timeout: number): TimerEntry {
    const fire = (): void => this.#endWith(new TimeoutError(`Timed out after ${timeout} ms in a map`))
    const limit = { heapIndex: -1, timerOrder: 0, dueAt: clock.now() + timeout, fire }
    startTimer(limit)
    return limit
  }

  /** Ends the map at once: results that nobody has taken are dropped. */
  #endWith(error: unknown): void {
    this.#results.clear()
    this.#fail(error)
  }

  // Workers are added one by one as long as each new one finds an item, so a short source does not
  // pay for a large concurrency.
  #startWorker(scope: Scope): void {
    this.#living += 1
    const worker = spawnBelow(scope, () => this.#workOn(scope))
    worker.addListener({
      futureDone: () => {
        this.#living -= 1
        const failure = worker.failure()
        if (failure !== null) this.#fail(failure.error)
        this.#tell()
      },
    })
  }

  async #workOn(scope: Scope): Promise<void> {
    for (let isFirst = true; !this.#isEnding; isFirst = false) {
      const turn = this.#takePlace()
      if (turn !== null) await turn
      const step = this.#plan.isAsync ? await this.#turn.run(() => this.#stepLater()) : this.#step()
      if (step.done === true || this.#isEnding) return
      const index = this.#pulled
      this.#pulled += 1
      if (isFirst && this.#living < this.#plan.concurrency) this.#startWorker(scope)
      const result = await this.#plan.fn(step.value, index)
      this.#results.set(this.#plan.isOrdered ? index : this.#finished, result)
      this.#finished += 1
      this.#tell()
    }
  }

  /** Whether no item is to be begun any more. */
  get #isEnding(): boolean {
    return this.#isOver || this.#failure !== null
  }

  /** The next item; a source is not asked again once it has ended or thrown. */
  #step(): IteratorResult<T> {
    if (this.#isSourceDone) return over
    this.#isSourceDone = true
    const step = (this.#plan.source as Iterator<T>).next()
    this.#isSourceDone = step.done === true
    return step
  }

  async #stepLater(): Promise<IteratorResult<T>> {
    if (this.#isSourceDone) return over
    try {
      const step = await this.#plan.source.next()
      this.#isSourceDone = step.done === true
      return step
    } catch (error) {
      this.#isSourceDone = true
      throw error
    }
  }

  /** The first failure ends the others; those that a request from above has reached clean up in peace. */
  #fail(error: unknown): void {
    this.#failure ??= { error }
    this.#endWorkers("a call of the map failed")
    this.#tell()
  }

  #endWorkers(reason: string): void {
    const block = this.#block
    if (this.#living > 0 && block?.scope.requestInForce() === null) block.cancel(reason)
  }

  #tell(): void {
    this.#news?.setResult()
    this.#news = null
  }

  async #untilNews(): Promise<void> {
    this.#news ??= new Future<void>()
    await this.#news.join()
  }

  /** A place in the window; null if it need not be waited for. Who is served keeps its place, so others may pass. */
  #takePlace(): Promise<undefined> | null {
    if (this.#places === 0) return this.#line.wait(undefined)
    this.#places -= 1
    return this.#line.isTurnDue() ? this.#line.pass(undefined, undefined) : null
  }

  #leavePlace(): void {
    if (this.#line.serve(undefined) === null) this.#places += 1
  }

  /** The next result, if it is there. */
  #takeResult(): IteratorResult<R> | null {
    if (!this.#results.has(this.#consumed)) return null
    const value = this.#results.get(this.#consumed) as R
    this.#results.delete(this.#consumed)
    this.#consumed += 1
    this.#leavePlace()
    return { done: false, value }
  }

  /** Cancels what runs, waits for its end, and closes the source. */
  async #stop(): Promise<void> {
    const wasOver = this.#isOver
    this.#isOver = true
    this.#unwatch?.()
    this.#endWorkers("the map was left")
    this.#tell()
    if (this.#living > 0) await cancelScope(() => this.#untilEmpty(), { shield: true })
    if (wasOver) return
    this.#block?.scope.end("ended")
    this.#results.clear()
    if (!this.#isSourceDone) await this.#plan.source.return?.()
  }

  async #untilEmpty(): Promise<void> {
    while (this.#living > 0) await this.#untilNews()
  }

  /** Stops because of `error` and throws it; what goes wrong meanwhile is reported. */
  async #stopAfter(error: unknown): Promise<never> {
    // A block that is left by an error gives a request that was delivered in it back to the task.
    return (await cancelScope(async () => {
      try {
        await this.#stop()
      } catch (second) {
        if (!isCancelled(second)) this.#reportClose(second)
      }
      throw error
    })) as never
  }

  #reportClose(error: unknown): void {
    reportProblem(currentScope(), { message: "The source of a map failed when it was closed", error })
  }
}
