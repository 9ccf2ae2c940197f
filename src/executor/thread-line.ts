// The tasks of one thread in front of a line of threads.
//
//   a task is | it                                            | if it is cancelled
//   waiting   | stands in the line of this thread             | leaves it
//   called    | may go, and takes at its turn what is free    | took nothing: the next one is called
//
// A thread has one place in the line of threads, for the first of its tasks; when that has gone it gets another one, at
// the end. So threads take turns, and the tasks of a thread go in order. Nothing is ever taken for a task that has not
// run: there is nothing to hand back, also where that could not be done, as with a message. What was called and finds
// nothing, since its thread was too slow to come, waits again and keeps the place.
import { misuse } from "../base/misuse.ts"
import { TimeoutError } from "../core/index.ts"
import type { ClockTimer, WaitOptions } from "../core/lowlevel.ts"
import { WaitList, clock, platformClock, runOutsideTasks } from "../core/lowlevel.ts"
import { expectBlockable } from "./expect-blockable.ts"
import { LinePlace } from "./shared-line.ts"
import type { SharedLine } from "./shared-line.ts"
import { holdThread } from "./thread-hold.ts"

/** Limit of a wait that blocks its thread. */
export interface BlockOptions {
  /** Milliseconds after which it throws a {@link TimeoutError}. @default no limit */
  readonly timeout?: number | undefined
}

/** A task in line. */
interface Request<I, T> {
  readonly item: I
  /** What it took at its turn; undefined if there was nothing. */
  taken: T | undefined
}

/** What a {@link ThreadLine} is for. */
export interface ThreadLineSettings<I, T> {
  /** What is waited for, in a word: `"shared mutex"`. */
  readonly kind: string
  readonly line: SharedLine
  /** Takes what is there, for who brought `item`, by one atomic step; undefined if there is nothing. */
  readonly take: (item: I) => T | undefined
  /** How much of it `item` needs. @default 0 */
  readonly needOf?: (item: I) => number
}

/** The tasks of this thread that wait for something shared. */
export class ThreadLine<I, T> {
  readonly #kind: string
  readonly #line: SharedLine
  readonly #take: (item: I) => T | undefined
  readonly #needOf: (item: I) => number
  readonly #tasks: WaitList<void, Request<I, T>>
  /** The place of this thread; null while none of its tasks waits. */
  #place: LinePlace | null = null
  /** Whether a task was called and has not had its turn. */
  #isCalled = false
  /** Tasks that were called, found nothing, and are about to wait again. */
  #returning = 0
  /** Bells that a promise of this thread waits for, by the index of their seat. */
  readonly #listening = new Set<number>()
  /** The next look that is due without a bell, and when. */
  #timer: ClockTimer | null = null
  #lookAt = Infinity
  #letGo: (() => void) | null = null
  /** Sees to threads that do not come, for those who only try. */
  readonly #watch: LinePlace

  constructor(settings: ThreadLineSettings<I, T>) {
    this.#kind = settings.kind
    this.#line = settings.line
    this.#take = settings.take
    this.#needOf = settings.needOf ?? (() => 0)
    this.#watch = new LinePlace(settings.line, 0)
    this.#tasks = new WaitList<void, Request<I, T>>(settings.kind, () => this.#goOn(), {
      onLeave: () => this.look(),
      onRun: ({ detail }) => this.#arrived(detail),
    })
  }

  /** Tasks of this thread in line. */
  get size(): number {
    return this.#tasks.size
  }

  /** Whether a newcomer would have to wait. */
  isClosed(): boolean {
    return this.#tasks.size > 0 || this.#isCalled || !this.#line.isOpen(0)
  }

  /** Takes it without waiting; undefined if others are first, or there is nothing. */
  tryTake(item: I): T | undefined {
    if (this.#tasks.size > 0 || this.#isCalled) return undefined
    const need = this.#needOf(item)
    if (this.#line.isOpen(need)) return this.#take(item)
    if (this.#watch.pause(platformClock.now()) > 0 || !this.#line.isOpen(need)) return undefined
    return this.#take(item)
  }

  /** Takes it, waiting in line. */
  async wait(item: I, options: WaitOptions | undefined): Promise<T> {
    const request: Request<I, T> = { item, taken: undefined }
    const deadline = options?.timeout === undefined ? undefined : clock.now() + options.timeout
    for (let limits = options; ;) {
      const waiting = this.#tasks.wait(request, limits)
      this.look()
      await waiting
      if (request.taken !== undefined) return request.taken
      this.#returning -= 1
      if (deadline !== undefined) limits = { ...options, timeout: Math.max(0, deadline - clock.now()) }
    }
  }

  /** Whether who need not wait is to take a turn all the same. */
  isTurnDue(): boolean {
    return this.#tasks.isTurnDue()
  }

  /**
   * Takes it, blocking the thread until it can.
   *
   * @param what - What it would do, for the message if the thread may not be blocked.
   */
  block(item: I, options: BlockOptions | undefined, what: string, instead: string): T {
    const timeout = options?.timeout ?? Infinity
    if (typeof timeout !== "number" || Number.isNaN(timeout)) throw misuse("timeout", "milliseconds", timeout)
    expectBlockable(what, instead)
    const taken = this.tryTake(item)
    if (taken !== undefined) return taken
    const place = new LinePlace(this.#line, this.#needOf(item))
    const deadline = platformClock.now() + timeout
    try {
      for (;;) {
        const bell = place.listen()
        const found = place.isTurn() ? this.#take(item) : undefined
        if (found !== undefined) return found
        const left = deadline - platformClock.now()
        if (left <= 0) throw new TimeoutError(`Timed out after ${timeout} ms waiting for ${this.#kind}`)
        const pause = place.pause(platformClock.now())
        if (pause > 0) place.sleep(bell, Math.min(pause, left))
      }
    } finally {
      place.leave()
    }
  }

  /** Something has become free: calls who is first, in this thread or another one. */
  ring(): void {
    this.#line.ring(this.#place?.at ?? -1)
    if (this.#place !== null) this.look()
  }

  /** Calls the first task if it may go, and else sees to it that the bell is heard. */
  look(): void {
    while (!this.#isCalled) {
      const head = this.#tasks.first
      if (head === null) {
        if (this.#returning === 0) this.#stand()
        return
      }
      const place = this.#sit(this.#needOf(head.detail.item))
      const bell = place.listen()
      if (place.isTurn()) {
        this.#isCalled = true
        this.#stopTimer()
        this.#tasks.serve(undefined)
        return
      }
      if (this.#awaitBell(place, bell)) return
    }
  }

  #sit(need: number): LinePlace {
    this.#place ??= new LinePlace(this.#line, need)
    this.#letGo ??= holdThread()
    this.#place.setNeed(need)
    return this.#place
  }

  #stand(): void {
    const place = this.#place
    if (place === null) return
    const { at } = place
    this.#place = null
    this.#stopTimer()
    place.leave()
    // Ends the promise, which would keep all this alive until somebody else rings.
    if (this.#listening.has(at)) this.#line.ringAt(at)
    this.#letGo?.()
    this.#letGo = null
  }

  /** A task that was called has its turn. */
  #arrived(request: Request<I, T>): null {
    this.#isCalled = false
    request.taken = this.#take(request.item)
    if (request.taken === undefined) this.#returning += 1
    else this.#stand()
    this.look()
    return null
  }

  /** A task that was called was cancelled: it took nothing. */
  #goOn(): true {
    this.#isCalled = false
    this.look()
    return true
  }

  /** Looks again when the bell is rung, or it is time; false if it is to be looked at once. */
  #awaitBell(place: LinePlace, bell: number): boolean {
    const now = platformClock.now()
    const pause = place.pause(now)
    if (pause === 0) return false
    const { at } = place
    if (at !== -1 && !this.#listening.has(at)) {
      const rung = place.rung(bell)
      if (rung === null) return false
      this.#listening.add(at)
      runOutsideTasks(() => {
        void rung.then(() => {
          this.#listening.delete(at)
          this.look()
        })
      })
    }
    this.#lookIn(pause, now)
    return true
  }

  #lookIn(ms: number, now: number): void {
    if (this.#timer !== null && this.#lookAt <= now + ms) return
    this.#stopTimer()
    this.#lookAt = now + ms
    this.#timer = platformClock.startTimer(ms, () => {
      this.#timer = null
      this.look()
    })
    this.#timer.unref()
  }

  #stopTimer(): void {
    this.#timer?.clear()
    this.#timer = null
    this.#lookAt = Infinity
  }
}
