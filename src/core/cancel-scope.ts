// A block that can be cancelled, or kept from being cancelled.
//
// The plain form of what `timeout` and `taskGroup` are built on: a scope with a deadline that can
// be moved, and a handle to cancel it by. The deadline stands in the timers of the house, or takes
// its turn in the ready queue if it has passed already, so that the next wait meets it; it fires at
// most once and goes when the block is left.
import { misuse } from "../base/misuse.ts"
import { openBlock, runOpened } from "./block.ts"
import type { BlockExit } from "./block-exit.ts"
import { exitOf } from "./block-exit.ts"
import { cancelRequest } from "./cancel-request.ts"
import { clock } from "./clock.ts"
import { InvalidStateError } from "./errors.ts"
import { expectSignal, watchSignal } from "./watch-signal.ts"
import { expectPatience, insist, startPatience } from "./patience.ts"
import { schedule } from "./scheduler.ts"
import type { Scope } from "./scope.ts"
import type { OnStuck } from "./stuck-watch.ts"
import { expectOnStuck } from "./stuck-watch.ts"
import { runningTask } from "./task.ts"
import type { TimerEntry } from "./timers.ts"
import { startTimer, stopTimer } from "./timers.ts"

/** Settings of {@link cancelScope}. */
export interface CancelScopeOptions {
  /** Time of the clock at which the block is cancelled. @default none */
  readonly deadline?: number | null | undefined
  /** Cancels the block when it aborts. @default none */
  readonly signal?: AbortSignal | undefined
  /** Keep requests from above out until the block is left. @default false */
  readonly shield?: boolean | undefined
  /** Once it is cancelled, every wait in it throws until it is left. @default false */
  readonly persistent?: boolean | undefined
  /** Milliseconds that its body may take to end before it is told again. @default that of the run */
  readonly patience?: number | undefined
  /** What to do with a body that was cancelled and has not ended after `patience`. @default "wait" */
  readonly onStuck?: OnStuck | undefined
}

/** The handle of a block; given to its body. */
export class CancelScope {
  /** @internal */
  heapIndex = -1
  /** @internal */
  nextDue: TimerEntry | null = null
  /** @internal */
  previousDue: TimerEntry | null = null
  /** @internal */
  timerOrder = 0
  /** @internal The deadline; Infinity for none. */
  dueAt: number = Infinity
  readonly #scope: Scope
  readonly #label: string
  readonly #patience: number
  readonly #isPersistent: boolean
  #hasExpired = false
  /** @internal The way out if the body does not end; null where the block waits. */
  readonly exit: BlockExit | null

  /** @internal @param now - The time, where the caller has just asked the clock. */
  constructor(
    label: string,
    options: CancelScopeOptions,
    deadline: number | null = options.deadline ?? null,
    now?: number,
  ) {
    this.#label = label
    checkTime(deadline)
    expectSignal(options.signal)
    const patience = expectPatience(options.patience)
    const onStuck = expectOnStuck(options.onStuck)
    this.#scope = openBlock(this, options.shield === true)
    this.#patience = patience ?? this.#scope.home.patience
    this.#isPersistent = options.persistent === true
    this.exit = exitOf(this.#scope, onStuck, this.#patience)
    const signal = options.signal
    const unwatch = signal === undefined ? null : watchSignal(signal, () => this.cancel(signal.reason))
    this.#scope.onEnd = () => {
      stopTimer(this)
      unwatch?.()
    }
    if (deadline !== null) this.#arm(deadline, now)
  }

  /** @internal The scope itself, for whoever builds a block construct. */
  get scope(): Scope {
    return this.#scope
  }

  /** Aborted with the block, and with each scope above it up to a shield. */
  get signal(): AbortSignal {
    return this.#scope.signal
  }

  /** Whether the block was cancelled by its handle, its deadline or its signal. */
  get cancelled(): boolean {
    return this.#scope.request !== null
  }

  /** Whether the deadline has passed and cancelled the block. */
  expired(): boolean {
    return this.#hasExpired
  }

  /** Time of the clock at which the block is cancelled, or null. Can be set until the block is left. */
  get deadline(): number | null {
    return this.dueAt === Infinity ? null : this.dueAt
  }

  set deadline(time: number | null) {
    if (this.#scope.state !== "open")
      throw new InvalidStateError("Cannot change the deadline: the block was left")
    if (this.#hasExpired) throw new InvalidStateError("Cannot change the deadline: it has passed")
    checkTime(time)
    stopTimer(this)
    this.dueAt = Infinity
    if (time !== null) this.#arm(time)
  }

  /** Cancels the block: the waits in it end with a {@link CancelledError}, which the block absorbs. */
  cancel(reason?: unknown): boolean {
    return this.#cancelFor(reason, runningTask()?.name ?? null)
  }

  /** @internal */
  describe(): string {
    return this.#label
  }

  toString(): string {
    return `<${this.constructor.name} ${this.#state()}>`
  }

  #state(): string {
    if (this.#scope.state !== "open") return this.#hasExpired ? "expired" : "finished"
    if (this.#hasExpired) return "expiring"
    if (this.cancelled) return "cancelled"
    return this.deadline === null ? "active" : `active deadline=${this.deadline}`
  }

  /** @internal Used by the timers. */
  fire(): void {
    this.#hasExpired = true
    this.#cancelFor(`the deadline of ${this.#label} has passed`, null)
  }

  /** @internal Used by the ready queue: the deadline had passed when it was set. */
  runEntry(): void {
    if (this.#scope.state === "open" && !this.#hasExpired && this.dueAt <= clock.now()) this.fire()
  }

  #cancelFor(reason: unknown, requestedBy: string | null): boolean {
    const scope = this.#scope
    if (scope.state !== "open") return false
    const error = cancelRequest(reason, scope.home)
    error.origin = { scope: this.describe(), requestedBy, through: [] }
    if (this.exit === null) startPatience(scope, error, this.#patience)
    if (this.#isPersistent) insist(scope, error)
    else scope.cancel(error)
    return true
  }

  #arm(time: number, now: number = clock.now()): void {
    this.dueAt = time
    if (time <= now) schedule(this)
    else if (time !== Infinity) startTimer(this)
  }
}

function checkTime(time: number | null | undefined): void {
  if (time === undefined || time === null || (typeof time === "number" && !Number.isNaN(time))) return
  throw misuse("deadline", "a time in milliseconds or null", time)
}

/** Now plus `ms`; null stays null. */
export function deadlineIn(ms: number | null): number | null {
  return ms === null ? null : clock.now() + ms
}

/**
 * Runs a block that can be cancelled from inside and outside, by a deadline or a signal.
 *
 * A fence around a piece of work: cancelling the fence ends what is inside and nothing else. For a
 * time limit prefer {@link timeout} or {@link moveOnAfter}, for several tasks {@link taskGroup}.
 *
 * **Cancellation.** A request from above passes through, unless `shield` is set: then it is
 * delivered at the first wait after the block.
 * **Pitfall.** A shielded block that never ends keeps its task from ever being cancelled.
 *
 * @param body - The work; runs at once, in the current task.
 * @param options.deadline - Time of the clock at which the block is cancelled. @default null
 * @param options.signal - Cancels the block when it aborts. @default none
 * @param options.shield - Keep requests from above out until the block is left. @default false
 * @param options.persistent - Once cancelled, every wait in it throws until it is left. @default false
 * @param options.patience - Milliseconds its body may take to end before it is told again. @default that of the run
 * @param options.onStuck - What to do with a body that has not ended after `patience`. @default "wait"
 * @returns What the body gives, or undefined if the block was cancelled.
 * @throws {StuckError} If the body did not end and `onStuck` is `"throw"`.
 * @throws {CancelledError} If a scope above is cancelled while the body waits.
 *
 * @example Leave a block early
 * ```ts
 * const result = await cancelScope(async (scope) => {
 *   scope.cancel()
 *   await sleep(1000)
 *   return "not reached"
 * })
 * result // => undefined
 * ```
 */
export function cancelScope<T>(
  body: (scope: CancelScope) => T | PromiseLike<T>,
  options: CancelScopeOptions = {},
): Promise<T | undefined> {
  const open = (): CancelScope => new CancelScope("a cancel scope", options)
  return runOpened<CancelScope, T | undefined>(open, body, () => undefined)
}
