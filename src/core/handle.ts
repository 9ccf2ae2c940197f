// A callback that was handed to the loop, and can be taken back.
//
// It runs as a turn of its own, in the async context it was registered in, so other people's
// AsyncLocalStorage is the one of whoever registered it, and with the variables as they were then.
// Its scope is the one it was made for: the top of the loop, where it is nobody's task, or that of
// whoever waits for a future to be done (P4). What it throws goes to the run's handler.
import { captureForeign, enterIn } from "./context.ts"
import { inheritedVariables, runWithVariables } from "./context-var.ts"
import type { Home } from "./home.ts"
import type { Entry } from "./scheduler.ts"
import { schedule } from "./scheduler.ts"
import type { Scope } from "./scope.ts"
import { reportProblem } from "./report.ts"
import type { TimerEntry } from "./timers.ts"
import { startTimer, stopTimer } from "./timers.ts"

/** Anything the loop can call. */
export type Callback<A extends readonly unknown[]> = (...args: A) => unknown

/** A callback that waits for its turn; made by `loop.callSoon`. */
export class Handle implements Entry {
  /** Null once it was cancelled or has run, so that nothing is kept alive. */
  #call: (() => unknown) | null
  readonly #name: string
  readonly #context = captureForeign("tsyncio.handle")
  readonly #variables = inheritedVariables()
  readonly #scope: Scope
  #isCancelled = false

  /** @param name - For texts, such as `callback "tick"`. */
  constructor(call: () => unknown, name: string, scope: Scope) {
    this.#call = call
    this.#name = name
    this.#scope = scope
  }

  /** Takes it back; a call that has run is not undone. */
  cancel(): void {
    this.#isCancelled = true
    this.#call = null
  }

  cancelled(): boolean {
    return this.#isCancelled
  }

  /** Used by the loop: puts it into the ready queue. */
  schedule(): void {
    const { held } = this.home
    if (held === null) schedule(this)
    else held.push(this)
  }

  /** Used by the ready queue. */
  runEntry(): void {
    const { held } = this.home
    if (held !== null) {
      held.push(this)
      return
    }
    const call = this.#call
    this.#call = null
    if (call === null) return
    try {
      enterIn(this.#context, this.#scope, runWithVariables, { variables: this.#variables, call })
    } catch (error) {
      reportProblem(this, { message: `${this.#name} threw`, error, handle: this })
    }
  }

  /** Whose handler gets what it throws. */
  get home(): Home {
    return this.#scope.home
  }

  describe(): string {
    return this.#name
  }

  toString(): string {
    return `<Handle ${this.#isCancelled ? "cancelled" : this.#name}>`
  }
}

/** A callback that waits for a time; made by `loop.callLater` and `loop.callAt`. */
export class TimerHandle extends Handle implements TimerEntry {
  heapIndex = -1
  timerOrder = 0
  readonly dueAt: number
  /** Those of its loop that are not due yet. */
  readonly #pending: Set<TimerHandle>

  constructor(time: number, call: () => unknown, name: string, scope: Scope, pending: Set<TimerHandle>) {
    super(call, name, scope)
    this.dueAt = time
    this.#pending = pending
    pending.add(this)
    startTimer(this)
  }

  /** Time of the clock it is due at. */
  when(): number {
    return this.dueAt
  }

  override cancel(): void {
    this.#pending.delete(this)
    stopTimer(this)
    super.cancel()
  }

  /** Used by the timers. */
  fire(): void {
    this.#pending.delete(this)
    this.schedule()
  }
}
