// What happens to a task that was cancelled and does not end (C8).
//
// In JavaScript `catch` takes everything, so a retry loop around a `catch` swallows the request
// and lives on. After `patience` milliseconds every task still alive below the cancelled scope is
// reported once, by name and wait, and told again: each further wait throws, one turn of the event
// loop apart, until it ends. One that swallows `mostTold` of them will not end by itself
// (`for (;;) try { await sleep(10) } catch {}`): it is given up where it waits and never goes on. A
// block under a shield is left alone, and its task is not reported: the request meets it afterwards.
import { DueItem } from "../base/deadlines.ts"
import { misuse } from "../base/misuse.ts"
import { clock } from "./clock.ts"
import { CancelledError } from "./errors.ts"
import { reportProblem } from "./report.ts"
import type { Scope } from "./scope.ts"
import { firstWaitOf } from "./link-wait.ts"
import type { TimerEntry } from "./timers.ts"
import { startTimer, stopTimer } from "./timers.ts"

/** Waits that may throw to a task whose patience is over before it is given up. */
export const mostTold = 10_000

/** Refuses what is no number of milliseconds. */
export function expectPatience(patience: number | undefined): number | undefined {
  if (patience === undefined || (typeof patience === "number" && patience >= 0)) return patience
  throw misuse("patience", "milliseconds from 0 up", patience)
}

/** Starts to count for `scope`, which is about to be cancelled; a second call changes nothing. */
export function startPatience(
  scope: Scope,
  error: CancelledError,
  patience: number = scope.home.patience,
): void {
  if (scope.patience !== null || scope.state !== "open" || patience === Infinity) return
  scope.patience = new PatienceTimer(scope, error, patience)
  startTimer(scope.patience)
}

/** Stops to count: the request made for `scope` was withdrawn. */
export function stopPatience(scope: Scope): void {
  const timer = scope.patience as PatienceTimer | null
  if (timer === null) return
  stopTimer(timer)
  scope.patience = null
  if (timer.again === null) return
  forEachUnitTop(scope, (top) => {
    if (top.sticky !== timer.again) return
    top.clearSticky()
    top.unit.toldAgain = -1
  })
}

/** Makes `error` meet every wait in `scope` and below until the scope is left (C6, C8). */
export function insist(scope: Scope, error: CancelledError): void {
  forEachUnitTop(scope, (top) => top.setSticky(error))
  scope.cancel(error)
}

class PatienceTimer extends DueItem implements TimerEntry {
  readonly isWeak = true
  readonly #scope: Scope
  readonly #error: CancelledError
  readonly #patience: number
  /** The request it tells again, or null while it has not fired. */
  again: CancelledError | null = null

  constructor(scope: Scope, error: CancelledError, patience: number) {
    super()
    this.#scope = scope
    this.#error = error
    this.#patience = patience
    this.dueAt = clock.now() + patience
  }

  fire(): void {
    const scope = this.#scope
    const age = `${this.#patience / 1000} s after it was cancelled`
    forEachUnitTop(scope, (top) => {
      if (top.unit.toldAgain < 0) top.unit.toldAgain = 0
      const place = placeOf(top)
      if (place === null) return
      const message = `${top.unit.describe()} is still alive ${age}; each of its waits will throw from now on`
      reportProblem(scope, { message, location: place, error: this.#error })
    })
    this.again = new CancelledError(this.#error.reason)
    this.again.origin = this.#error.origin
    insist(scope, this.again)
  }
}

/** Calls `visit` for the part of each unit that lies in `scope` or below it, up to shields. */
function forEachUnitTop(scope: Scope, visit: (top: Scope) => void): void {
  visit(scope)
  forEachUnitBelow(scope, visit)
}

function forEachUnitBelow(scope: Scope, visit: (top: Scope) => void): void {
  for (let child = scope.firstChild; child !== null; child = child.nextSibling) {
    if (child.isShield) continue
    if (child.unit !== scope.unit) visit(child)
    forEachUnitBelow(child, visit)
  }
}

/** What is alive in `scope` and below, a line each, without what stands under a shield. */
export function stuckPlaces(scope: Scope): string[] {
  const places: string[] = []
  forEachUnitTop(scope, (top) => {
    const place = placeOf(top)
    if (place !== null) places.push(`${top.unit.describe()} in ${place}`)
  })
  return places
}

/** Where the unit stands in `top`; null if it is under a shield or only waits for tasks below. */
function placeOf(top: Scope): string | null {
  if (isShielded(top)) return null
  const wait = firstWaitOf(top)
  if (wait !== null) return `a wait for ${wait.kind}`
  return top.unit.parkedCount === 0 ? "a foreign await" : null
}

/** Whether the unit is inside a block under a shield that it opened in `top` or below. */
function isShielded(top: Scope): boolean {
  for (let child = top.firstChild; child !== null; child = child.nextSibling) {
    if (child.unit === top.unit && (child.isShield || isShielded(child))) return true
  }
  return false
}
