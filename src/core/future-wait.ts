// The wait of a task for a future.
//
// A request does not end it but is passed on: the future is cancelled, and the wait ends with what
// that comes to (C2). What it was served stays in the future, so nothing is handed back; a failure
// that does not reach the awaiter counts as unread again (E1).
import { Deque } from "../base/deque.ts"
import type { CancelledError } from "./errors.ts"
import { notePassage } from "./errors.ts"
import type { Scope } from "./scope.ts"
import { Wait } from "./wait.ts"

/** What a wait has to know of a future. */
export interface Settling<T> {
  addListener(listener: { futureDone(): void }): void
  removeListener(listener: { futureDone(): void }): void
  endWait(wait: Wait<T>): void
  markRead(): void
  notRead(): void
  cancelWith(error: CancelledError): boolean
  describe(): string
  readonly label: string | null
  blockers(): Iterable<Scope>
}

/** Waits whose request is on its way down. */
const passing = new Set<object>()
/** Further ways down, for when the stack is shorter: a chain of tasks may be long. */
const deferred = new Deque<() => void>()
const mostPassing = 200

/** A task that awaits a future. */
export class FutureWait<T> extends Wait<T> {
  readonly future: Settling<T>
  /** Whether a request cancels the future, so that this wait ends with what it comes to (C2). */
  readonly #passesOn: boolean
  /** The last request that was passed on; the same one again, by another way, goes no further. */
  #passed: CancelledError | null = null

  constructor(future: Settling<T>, passesOn: boolean) {
    super("future")
    this.future = future
    this.#passesOn = passesOn
    future.addListener(this)
  }

  futureDone(): void {
    this.future.endWait(this)
  }

  // `task.cancel()` in the turn in which the awaited one failed: the awaiter gets the CancelledError
  // instead of the failure, which is then still unread.
  override runEntry(): void {
    if (!this.isInterrupted) this.future.markRead()
    else this.future.notRead()
    super.runEntry()
  }

  override interrupt(error: CancelledError, top: Scope): boolean {
    if (this.state !== "parked" || !this.#passesOn || passing.has(this) || top.state !== "open") {
      return super.interrupt(error, top)
    }
    if (this.#passed === error) return true
    this.#passed = error
    notePassage(error, this.future)
    if (passing.size >= mostPassing) deferred.push(() => this.#pass(error, top))
    else this.#pass(error, top)
    return true
  }

  // The waits that are on the stack are kept: of two tasks that await each other the first one ends.
  #pass(error: CancelledError, top: Scope): void {
    passing.add(this)
    const isPassed = this.future.cancelWith(error)
    if (passing.size === 1)
      for (let next = deferred.shift(); next !== undefined; next = deferred.shift()) next()
    passing.delete(this)
    if (isPassed) this.scope?.markDelivered(error, top)
    else super.interrupt(error, top)
  }

  override get label(): string | null {
    return this.future.label
  }

  override blockers(): Iterable<Scope> {
    return this.future.blockers()
  }

  protected override leave(): void {
    this.future.removeListener(this)
  }

  protected override handBack(): boolean {
    return true
  }
}
