// Tasks that wait for each other in a circle, told in debug mode (E4).
//
// A deadlock of the whole program is noticed when nothing keeps the process alive. While a server
// or a timer does, a few tasks can hang for ever unnoticed: each new wait is followed to those that
// have to get on first, and on from what they wait for. A circle that a time limit will open is left
// alone, and so is a task with several waits, since one of them may be enough for it.
import { CancelScope } from "./cancel-scope.ts"
import { inMicrotask } from "./clock.ts"
import { currentScope } from "./current-scope.ts"
import { DeadlockError } from "./errors.ts"
import type { Home } from "./home.ts"
import { addInstrument } from "./instrument.ts"
import { firstWaitOf } from "./link-wait.ts"
import { placeOf } from "../base/frames.ts"
import { reportProblem } from "./report.ts"
import type { Scope } from "./scope.ts"
import { Wait } from "./wait.ts"

/** Loops in debug mode. */
const watched = new Set<Home>()
let unwatch: (() => void) | null = null

/** Looks for circles among the waits of `home`; the function it gives ends that. */
export function watchCircles(home: Home): () => void {
  watched.add(home)
  unwatch ??= addInstrument({ waitParked: (wait) => follow(wait as Wait) })
  return () => {
    watched.delete(home)
    if (watched.size > 0) return
    unwatch?.()
    unwatch = null
  }
}

/** The task that is running, for a lock to remember who holds it; null while nobody looks for circles. */
export function watchedTask(): Scope | null {
  return unwatch === null ? null : currentScope().unit
}

// The limit of a wait is set after it was parked, hence a moment later.
function follow(wait: Wait): void {
  const home = wait.scope?.home
  if (home === undefined || !watched.has(home)) return
  inMicrotask(() => {
    if (wait.state === "parked") tell(wait)
  })
}

function tell(wait: Wait): void {
  const scope = wait.scope as Scope
  const links: string[] = []
  if (!leadsTo(scope.unit, wait, new Set(), links)) return
  const message = `Tasks wait for each other in a circle: ${links.join(", ")}`
  const location = placeOf(wait.place)
  if (scope.home.strict) scope.home.fail?.(new DeadlockError(message))
  else reportProblem(scope, location === undefined ? { message } : { message, location })
}

/** Whether what `wait` waits for cannot get on before `start` does; writes the way into `links`. */
function leadsTo(start: Scope, wait: Wait, seen: Set<Scope>, links: string[]): boolean {
  const from = (wait.scope as Scope).unit
  if (from.parkedCount !== 1 || isLimited(wait)) return false
  for (const unit of wait.blockers()) {
    const link = `${from.describe()} waits for ${unit.describe()} (${wait.kind})`
    if (unit === start) {
      links.unshift(link)
      return true
    }
    if (seen.has(unit)) continue
    seen.add(unit)
    const next = firstWaitOf(unit)
    if (!(next instanceof Wait) || !leadsTo(start, next, seen, links)) continue
    links.unshift(link)
    return true
  }
  return false
}

function isLimited(wait: Wait): boolean {
  if (wait.isLimited) return true
  for (let scope = wait.scope; scope !== null; scope = scope.parent)
    if (scope.owner instanceof CancelScope && scope.owner.deadline !== null) return true
  return false
}
