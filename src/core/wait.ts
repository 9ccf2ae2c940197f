// One parked await: the only place where a task of ours stands still.
//
// Whoever makes a task wait puts a wait into its own line and hands it to `park`. It is woken or
// failed once; what that decides takes effect when its entry in the ready queue runs, and until
// then the wait can still be cancelled (T2). `leave` and `handBack` are the primitive's part of
// it: out of the line, or pass on what was handed over.
//
//   state   | meaning                          | leaves by
//   parked  | stands in somebody's line        | wake -> served, interrupt/fail -> failed
//   served  | has what it waited for           | runEntry -> over, interrupt -> failed
//   failed  | has an error                     | runEntry -> over, an outer request -> failed
//   over    | the await goes on                | -
import { DueItem } from "../base/deadlines.ts"
import { misuse } from "../base/misuse.ts"
import { clock } from "./clock.ts"
import { currentScope, topOf } from "./current-scope.ts"
import type { CancelledError } from "./errors.ts"
import { ScopeEndedError, TimeoutError } from "./errors.ts"
import { expectSignal, watchSignal } from "./watch-signal.ts"
import { instrument } from "./instrument.ts"
import { callerLocation, placeOf } from "../base/frames.ts"
import { reportProblem } from "./report.ts"
import { mostTold } from "./patience.ts"
import type { Entry } from "./scheduler.ts"
import { askYield, recentTime, schedule, stepBegan, stepParked } from "./scheduler.ts"
import type { Scope, ScopeWait } from "./scope.ts"
import { linkWait, unlinkWait } from "./link-wait.ts"
import type { TimerEntry } from "./timers.ts"
import { startTimer, stopTimer } from "./timers.ts"

/** Limits of one wait; every function that waits takes them. */
export interface WaitOptions {
  /** Ends the wait with `signal.reason` when it aborts. @default none */
  readonly signal?: AbortSignal | undefined
  /** Milliseconds after which the wait ends with a {@link TimeoutError}. @default no limit */
  readonly timeout?: number | undefined
}

/** A parked await. Primitives make a subclass that knows their line. */
export abstract class Wait<T = unknown> implements Entry, ScopeWait {
  state: "parked" | "served" | "failed" | "over" = "parked"
  /** What is waited for, in a word: `"sleep"`, `"semaphore"`. */
  readonly kind: string
  /** The scope it is parked in; set by {@link park}. */
  scope: Scope | null = null
  /** Time of the clock at which it was parked, to the slice. */
  since = 0
  /** Where it was parked; kept in debug mode only. */
  place: Error | null = null
  nextInScope: ScopeWait | null = null
  previousInScope: ScopeWait | null = null
  /** The value it was woken with, or the error. */
  #outcome: unknown = undefined
  /** Depth of the request it failed with, or -1; an outer one replaces an inner one. */
  #requestDepth = -1
  #resolve: ((value: T) => void) | null = null
  #reject: ((error: unknown) => void) | null = null
  /** Time limit and foreign signal of this wait alone. */
  #limit: WaitLimit | null = null

  constructor(kind: string) {
    this.kind = kind
  }

  /** Called when the wait ends while it is parked: leave the line. */
  protected abstract leave(): void

  /**
   * Called when the wait was served and is cancelled before it ran: pass on what it was handed.
   * @returns False if that cannot be taken back; the wait then keeps it and the request stays pending.
   */
  protected abstract handBack(value: T): boolean

  /** Serves the wait; nothing happens unless it is parked. */
  wake(value: T): void {
    if (this.state !== "parked") return
    this.state = "served"
    this.#outcome = value
    schedule(this)
  }

  /** Ends the wait with an error of the primitive; nothing happens unless it is parked. */
  fail(error: unknown): void {
    if (this.state !== "parked") return
    this.state = "failed"
    this.#outcome = error
    schedule(this)
  }

  interrupt(error: CancelledError, top: Scope): boolean {
    if (this.state === "over") return false
    if (this.state === "failed" && this.#requestDepth >= 0 && this.#requestDepth <= top.depth) return true
    if (this.state === "served" && !this.handBack(this.#outcome as T)) return false
    if (this.state === "parked") {
      this.leave()
      schedule(this)
    }
    this.state = "failed"
    this.#outcome = error
    this.#requestDepth = top.depth
    if (top.state !== "open") {
      if (top.state === "ended" && (top.home.debug || top.home.strict))
        reportEnded(this as Wait<unknown>, top)
      return true
    }
    this.scope?.markDelivered(error, top)
    if (top.unit === top && top.home.debug) top.told = this
    return true
  }

  /** Ends the wait without ever going on: its task was given up. */
  drop(): void {
    if (this.state === "parked") this.leave()
    else this.handBack(this.#outcome as T)
    this.state = "over"
    unlinkWait(this.scope as Scope, this)
    instrument.current?.waitEnded?.(this)
  }

  /** Tasks of which each has to get on before the wait can be served, as far as it is known. */
  blockers(): Iterable<Scope> {
    return []
  }

  /** Name of what is waited for, where it has one. */
  get label(): string | null {
    return null
  }

  /** Whether it has a limit of its own, and so ends whatever others do. */
  get isLimited(): boolean {
    return this.#limit !== null
  }

  /** Whether what it will throw comes from a request, and not from what it waits for. */
  protected get isInterrupted(): boolean {
    return this.#requestDepth >= 0
  }

  /** Ends the wait by its own limit or signal; one that was served keeps what it got. */
  stop(error: unknown): void {
    if (this.state === "parked") {
      this.leave()
      this.fail(error)
    }
  }

  runEntry(): void {
    if (this.state === "over") return
    const scope = this.scope as Scope
    const { held } = scope.home
    if (held !== null) {
      held.push(this)
      return
    }
    stepBegan(scope.unit)
    unlinkWait(scope, this)
    this.#limit?.clear()
    const isFailed = this.state === "failed"
    this.state = "over"
    instrument.current?.waitEnded?.(this)
    if (isFailed) this.#reject?.(this.#outcome)
    else this.#resolve?.(this.#outcome as T)
    this.#outcome = undefined
  }

  /** Takes back what the wait was served: it throws `error` instead. Only until it goes on. */
  revoke(error: unknown): void {
    if (this.state !== "served") return
    this.state = "failed"
    this.#outcome = error
  }

  /** Used by {@link park}. */
  settleBy(resolve: (value: T) => void, reject: (error: unknown) => void): void {
    this.#resolve = resolve
    this.#reject = reject
  }

  /** Used by {@link park}. */
  start(scope: Scope): void {
    this.scope = scope
    this.since = recentTime()
    if (scope.home.debug) this.place ??= new Error("parked")
    linkWait(scope, this)
    instrument.current?.waitParked?.(this)
  }

  /** Used by {@link park}. */
  limit(options: WaitOptions): void {
    this.#limit = new WaitLimit(this as Wait<unknown>, options)
  }
}

/** The wait whose promise is being made: one executor for all of them costs no closure. */
let starting: Wait<never>
const keepBoth = (resolve: (value: never) => void, reject: (error: unknown) => void): void => {
  starting.settleBy(resolve, reject)
}

/**
 * Parks the running task in `wait` until it is woken, failed or interrupted.
 *
 * The wait must stand in its line already, or have been served. A request that is pending for this
 * unit is delivered here instead.
 *
 * **Cancellation.** Ends the wait, by its `interrupt`.
 *
 * @param current - The scope of the task that waits, where the caller knows it.
 */
export function park<T>(wait: Wait<T>, options?: WaitOptions, current: Scope = currentScope()): Promise<T> {
  starting = wait as unknown as Wait<never>
  const promise = new Promise<T>(keepBoth)
  let scope = current
  let stopped: Scope | null = null
  if (scope.state !== "open") {
    stopped = stoppedAbove(scope)
    scope = livingAbove(scope)
    if (stopped === null) reportFloating(current, scope, wait.kind)
  }
  wait.start(scope)
  if (stopped !== null) refuse(wait, stopped, current.unit)
  else if (scope.unit.pendingCount > 0) deliverPending(scope, wait)
  if (options !== undefined && wait.state === "parked") wait.limit(options)
  stepParked(scope.unit)
  return promise
}

/**
 * A rejection with what a signal that is aborted says, or for limits that are none; null if the wait may begin.
 *
 * **Cancellation.** Does not wait.
 */
export function refusal(options: WaitOptions | undefined): Promise<never> | null {
  if (options === undefined) return null
  const { signal, timeout } = options
  if (signal !== undefined) {
    try {
      expectSignal(signal)
    } catch (error) {
      return Promise.reject(error)
    }
    if (signal.aborted) return Promise.reject(signal.reason as Error)
  }
  return timeout === undefined ? null : refusedTime("timeout", timeout)
}

/**
 * A rejection for what is no number of milliseconds; null if it is one.
 *
 * **Cancellation.** Does not wait.
 */
export function refusedTime(name: string, ms: number): Promise<never> | null {
  if (typeof ms === "number" && !Number.isNaN(ms)) return null
  return Promise.reject(misuse(name, "milliseconds", ms))
}

function deliverPending<T>(scope: Scope, wait: Wait<T>): void {
  const top = scope.pendingTop()
  if (top === null) return
  const error = scope.takePendingOf(top)
  if (top.sticky !== null) {
    askYield()
    if (isGivenUp(scope.unit)) {
      wait.drop()
      schedule({ runEntry: () => scope.unit.owner?.giveUp?.(error) })
      return
    }
  }
  if (!wait.interrupt(error, top)) top.setPending(error)
}

function isGivenUp(unit: Scope): boolean {
  if (unit.toldAgain < 0) return false
  unit.toldAgain += 1
  return unit.toldAgain > mostTold
}

// A call that nobody awaited outlives its block: `timeout(100, async () => { void work() })`. If the
// block was stopped, its waits are refused; otherwise they go to the nearest living scope above
// (C4, P4).
function stoppedAbove(from: Scope): Scope | null {
  for (let scope: Scope | null = from; scope !== null && scope.state !== "open"; scope = scope.parent) {
    if (scope.state === "stopped") return scope
  }
  return null
}

function livingAbove(from: Scope): Scope {
  let scope = from
  while (scope.state !== "open" && scope.parent !== null) scope = scope.parent
  return scope.state === "open" ? scope : topOf(scope)
}

function refuse<T>(wait: Wait<T>, stopped: Scope, unit: Scope): void {
  if (unit.toldAgain > mostTold) {
    wait.drop()
    return
  }
  const message = `Cannot wait (${wait.kind}): ${stopped.describe()} was stopped`
  wait.interrupt(new ScopeEndedError(message, { cause: stopped.endedBy }), stopped)
}

function reportFloating(from: Scope, adopted: Scope, kind: string): void {
  const message = `A call that nobody awaited waits (${kind}) after ${from.describe()} has ended; ${adopted.describe()} takes it over`
  tellFloating(from, message, callerLocation())
}

// The commonest case of all, `void work()` as the last line but one, and the losers of a
// `Promise.race`: in order in a program that runs well, hence debug and strict mode only.
function reportEnded(wait: Wait<unknown>, ended: Scope): void {
  const message = `A call that nobody awaited was waiting (${wait.kind}) when ${ended.describe()} ended; it was ended with it`
  tellFloating(ended, message, placeOf(wait.place))
}

function tellFloating(scope: Scope, message: string, place: string | undefined): void {
  const location = place ?? "an unknown place"
  const { home } = scope
  if (home.floating.has(location)) return
  home.floating.add(location)
  if (home.strict) home.fail?.(new ScopeEndedError(`${message}, at ${location}`))
  else reportProblem(scope, { message, location })
}

/** Time limit and foreign signal of one wait. */
class WaitLimit extends DueItem implements TimerEntry {
  readonly #wait: Wait<unknown>
  readonly #timeout: number
  #unwatch: (() => void) | null = null

  constructor(wait: Wait<unknown>, options: WaitOptions) {
    super()
    this.#wait = wait
    this.#timeout = options.timeout ?? Infinity
    if (options.signal !== undefined) {
      const signal = options.signal
      this.#unwatch = watchSignal(signal, () => wait.stop(signal.reason))
    }
    if (this.#timeout !== Infinity) {
      this.dueAt = clock.now() + this.#timeout
      startTimer(this)
    }
  }

  fire(): void {
    this.#wait.stop(new TimeoutError(`Timed out after ${this.#timeout} ms waiting for ${this.#wait.kind}`))
  }

  clear(): void {
    stopTimer(this)
    this.#unwatch?.()
  }
}
