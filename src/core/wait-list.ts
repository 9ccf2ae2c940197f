// The fair line that every primitive stands in.
//
// First come, first served. A wait that is cancelled leaves the line before it is thrown into; one
// that was served and is cancelled before it ran hands back what it got through the line's own
// `handBack`, which passes it to the next. Leaving from the middle is O(1).
import type { WaitOptions } from "./wait.ts"
import { Wait, checkSignal, park } from "./wait.ts"

/** A task's place in a {@link WaitList}. */
export class LineWait<T, D> extends Wait<T> {
  /** What the waiter brought along: an item to put, a cost. */
  readonly detail: D
  /** The line it stands in; null once it has left. */
  list: WaitList<T, D> | null
  nextInLine: LineWait<T, D> | null = null
  previousInLine: LineWait<T, D> | null = null
  readonly #handBack: (value: T, wait: LineWait<T, D>) => boolean

  constructor(list: WaitList<T, D>, detail: D) {
    super(list.kind)
    this.list = list
    this.detail = detail
    this.#handBack = list.handBack
  }

  protected override leave(): void {
    const list = this.list
    list?.remove(this)
    list?.onLeave?.()
  }

  protected override handBack(value: T): boolean {
    return this.#handBack(value, this)
  }
}

/** Line of parked tasks, first come, first served. */
export class WaitList<T, D = undefined> {
  readonly kind: string
  /**
   * Called when a wait that was served with `value` is cancelled before it ran.
   * @returns False if the value cannot be taken back.
   */
  readonly handBack: (value: T, wait: LineWait<T, D>) => boolean
  /** Called after a cancelled wait has left: the head may have changed. */
  readonly onLeave: (() => void) | undefined
  #first: LineWait<T, D> | null = null
  #last: LineWait<T, D> | null = null
  #size = 0

  constructor(kind: string, handBack: (value: T, wait: LineWait<T, D>) => boolean, onLeave?: () => void) {
    this.kind = kind
    this.handBack = handBack
    this.onLeave = onLeave
  }

  get size(): number {
    return this.#size
  }

  get first(): LineWait<T, D> | null {
    return this.#first
  }

  /** Joins the end of the line and parks. */
  wait(detail: D, options?: WaitOptions): Promise<T> {
    checkSignal(options)
    const wait = new LineWait<T, D>(this, detail)
    wait.previousInLine = this.#last
    if (this.#last === null) this.#first = wait
    else this.#last.nextInLine = wait
    this.#last = wait
    this.#size += 1
    return park(wait, options)
  }

  /** Serves the first in line; null if nobody waits. */
  serve(value: T): LineWait<T, D> | null {
    const wait = this.#first
    if (wait === null) return null
    this.remove(wait)
    wait.wake(value)
    return wait
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
