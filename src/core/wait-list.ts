// The fair line that every primitive stands in.
//
// First come, first served. A wait that is cancelled leaves the line before it is thrown into; one
// that was served and is cancelled before it ran hands back what it got through the line's own
// `handBack`, which passes it to the next. Leaving from the middle is O(1). Who need not wait passes
// by the line, and is given a turn now and then so that a loop of such operations starves nobody (T3).
import { askYield, isSliceUsed } from "./scheduler.ts"
import type { Scope } from "./scope.ts"
import type { WaitOptions } from "./wait.ts"
import { Wait, park, refusal } from "./wait.ts"

/** A task's place in a {@link WaitList}. */
export class LineWait<T, D> extends Wait<T> {
  /** What the waiter brought along: an item to put, a cost. */
  readonly detail: D
  /** The line it stands in; null once it has left. */
  list: WaitList<T, D> | null
  nextInLine: LineWait<T, D> | null = null
  previousInLine: LineWait<T, D> | null = null
  /** The line whose hooks it calls, also once it has left. */
  readonly #line: WaitList<T, D>
  /** Whether it was served and has not run; kept by the line. */
  isOnItsWay = false

  constructor(list: WaitList<T, D>, detail: D) {
    super(list.kind)
    this.list = list
    this.detail = detail
    this.#line = list
  }

  override runEntry(): void {
    this.#line.arrived(this)
    if (this.state === "served") {
      const error = this.#line.onRun?.(this)
      if (error !== undefined && error !== null) this.revoke(error)
    }
    super.runEntry()
  }

  override blockers(): Iterable<Scope> {
    return this.#line.blockers?.() ?? []
  }

  protected override leave(): void {
    this.list?.remove(this)
    this.#line.onLeave?.()
  }

  protected override handBack(value: T): boolean {
    const isTaken = this.#line.handBack(value, this)
    if (isTaken) this.#line.arrived(this)
    return isTaken
  }
}

/** What a line wants to hear of its waits. */
export interface LineHooks<T, D> {
  /** A wait that was not served has left: the head may have changed. */
  readonly onLeave?: (() => void) | undefined
  /**
   * A wait that was served goes on.
   * @returns An error that it is thrown instead of what it was served, or null.
   */
  readonly onRun?: ((wait: LineWait<T, D>) => Error | null) | undefined
  /** Tasks of which each has to get on before the first in line is served. @default not known */
  readonly blockers?: (() => Iterable<Scope>) | undefined
}

/** Operations that did not wait, counted up to {@link passesPerLook}. */
let passes = 0
/** Operations that need not wait between two looks at the clock; a power of two. */
const passesPerLook = 1024

/**
 * Line of parked tasks, first come, first served.
 *
 * **Cancellation.** Who is cancelled leaves the line; what it had been served already goes back
 * through `handBack`.
 * **Fairness.** In order of arrival; nobody passes a waiter that was served.
 */
export class WaitList<T, D = undefined> {
  readonly kind: string
  /**
   * Called when a wait that was served with `value` is cancelled before it ran.
   * @returns False if the value cannot be taken back.
   */
  readonly handBack: (value: T, wait: LineWait<T, D>) => boolean
  readonly onLeave: (() => void) | undefined
  readonly onRun: ((wait: LineWait<T, D>) => Error | null) | undefined
  readonly blockers: (() => Iterable<Scope>) | undefined
  #first: LineWait<T, D> | null = null
  #last: LineWait<T, D> | null = null
  #size = 0
  /** Waits that were served and have not run. */
  #served = 0

  constructor(kind: string, handBack: (value: T, wait: LineWait<T, D>) => boolean, hooks?: LineHooks<T, D>) {
    this.kind = kind
    this.handBack = handBack
    this.onLeave = hooks?.onLeave
    this.onRun = hooks?.onRun
    this.blockers = hooks?.blockers
  }

  get size(): number {
    return this.#size
  }

  get first(): LineWait<T, D> | null {
    return this.#first
  }

  /** Whether somebody was served and has not gone on: who comes now must not pass. */
  get isServing(): boolean {
    return this.#served > 0
  }

  /** Used by the waits: it goes on, or has handed back what it was served. */
  arrived(wait: LineWait<T, D>): void {
    if (!wait.isOnItsWay) return
    wait.isOnItsWay = false
    this.#served -= 1
  }

  /** Joins the end of the line and parks. */
  wait(detail: D, options?: WaitOptions): Promise<T> {
    const refused = refusal(options)
    if (refused !== null) return refused
    const wait = new LineWait<T, D>(this, detail)
    wait.previousInLine = this.#last
    if (this.#last === null) this.#first = wait
    else this.#last.nextInLine = wait
    this.#last = wait
    this.#size += 1
    return park(wait, options)
  }

  /** Whether somebody who need not wait is to take a turn all the same, by {@link pass}. */
  isTurnDue(): boolean {
    passes = (passes + 1) & (passesPerLook - 1)
    if (passes !== 0 || !isSliceUsed()) return false
    askYield()
    return true
  }

  /** Serves a newcomer at once; who was served before, and is on its way, goes on first. */
  pass(value: T, detail: D): Promise<T> {
    const wait = new LineWait<T, D>(this, detail)
    wait.list = null
    this.#send(wait, value)
    return park(wait)
  }

  /** Serves the first in line; null if nobody waits. */
  serve(value: T): LineWait<T, D> | null {
    const wait = this.#first
    if (wait === null) return null
    this.remove(wait)
    this.#send(wait, value)
    return wait
  }

  #send(wait: LineWait<T, D>, value: T): void {
    wait.isOnItsWay = true
    this.#served += 1
    wait.wake(value)
  }

  /** Ends every wait in the line with `error`. */
  failAll(error: unknown): void {
    for (let wait = this.#first; wait !== null; wait = this.#first) {
      this.remove(wait)
      wait.fail(error)
    }
  }

  remove(wait: LineWait<T, D>): void {
    if (wait.list !== this) return
    wait.list = null
    if (wait.previousInLine === null) this.#first = wait.nextInLine
    else wait.previousInLine.nextInLine = wait.nextInLine
    if (wait.nextInLine === null) this.#last = wait.previousInLine
    else wait.nextInLine.previousInLine = wait.previousInLine
    wait.nextInLine = wait.previousInLine = null
    this.#size -= 1
  }
}
