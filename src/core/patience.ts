// What happens to a task that was cancelled and does not end (C8).
//
// In JavaScript `catch` takes everything, so a retry loop around a `catch` swallows the request
// and lives on. After `patience` milliseconds every task still alive below the cancelled scope is
// reported once, by name and wait, and told again: each further wait throws, one turn of the event
// loop apart, until it ends. A block under a shield is left alone.
import { clock } from "./clock.ts"
import type { CancelledError } from "./errors.ts"
import type { Scope } from "./scope.ts"
import { forEachUnitTop, reportProblem } from "./scope.ts"
import type { TimerEntry } from "./timers.ts"
import { startTimer, stopTimer } from "./timers.ts"

/** Starts to count for `scope`, which has just been cancelled; a second call changes nothing. */
export function startPatience(scope: Scope, error: CancelledError): void {
  if (scope.request !== null || scope.home.patience === Infinity) return
  const timer = new PatienceTimer(scope, error)
  startTimer(timer)
  const before = scope.onEnd
  scope.onEnd = () => {
    stopTimer(timer)
    before?.()
  }
}

class PatienceTimer implements TimerEntry {
  heapIndex = -1
  timerOrder = 0
  readonly dueAt: number
  readonly #scope: Scope
  readonly #error: CancelledError

  constructor(scope: Scope, error: CancelledError) {
    this.#scope = scope
    this.#error = error
    this.dueAt = clock.now() + scope.home.patience
  }

  fire(): void {
    const scope = this.#scope
    forEachUnitTop(scope, (top) => {
      const seconds = scope.home.patience / 1000
      reportProblem(scope, {
        message: `${top.unit.describe()} is still alive ${seconds} s after it was cancelled; each of its waits will throw from now on`,
        error: this.#error,
      })
    })
    scope.insist(this.#error)
  }
}
