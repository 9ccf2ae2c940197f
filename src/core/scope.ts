// The tree of scopes: who can cancel whom.
//
// Everything that can be cancelled is a scope with a parent: a run, a task, a group, a timeout, a
// shield (C1). A *unit* is the part of the tree that one task walks through: the task's own scope
// and the blocks it has open. A request reaches each unit below the cancelled scope once: it ends
// the waits parked there, or, if none is, stays pending for the unit's next wait (C2). `outer`
// remembers a request that came from above a block and was delivered inside it, so that the block
// neither absorbs it nor loses it (C3).
//
//   state    | meaning                          | leaves by
//   open     | its body runs                    | end()
//   ended    | its body ended with a value      | -
//   stopped  | its body was cancelled or failed | -
import { insertChild, removeChild } from "../base/tree.ts"
import type { CancelledError } from "./errors.ts"
import { ScopeEndedError } from "./errors.ts"
import type { Home } from "./home.ts"
import { instrument } from "./instrument.ts"
import type { TimerEntry } from "./timers.ts"
import { stopTimer } from "./timers.ts"

/** A wait as its scope sees it. */
export interface ScopeWait {
  /** What is waited for, in a word. */
  readonly kind: string
  nextInScope: ScopeWait | null
  previousInScope: ScopeWait | null
  /**
   * Ends the wait with `error`, or passes it on to what is waited for.
   * @param top - The outermost scope of this unit that the request was made for.
   * @returns Whether the request counts as delivered here.
   */
  interrupt(error: CancelledError, top: Scope): boolean
}

/** Who a scope belongs to, for names. */
export interface ScopeOwner {
  /** Such as `task "fetch-3"`. */
  describe(): string
  /** Ends a task that goes on and on after it was cancelled, wherever its body stands (C8). */
  giveUp?(error: CancelledError): void
}

/** A node of the tree; made by whoever opens a task or a block. */
export class Scope {
  /** The scope above, or null at the top of a run. */
  parent: Scope | null
  /** The scope of the task this one belongs to; itself for a task. A block can be handed over to another. */
  unit: Scope
  readonly home: Home
  /** Distance from the top; a scope is never above one with a smaller depth. */
  depth: number
  /** Task or block; null once a task has ended, so that old contexts keep nothing alive (L3). */
  owner: ScopeOwner | null
  /** Whether requests from above stop here (C10). */
  readonly isShield: boolean
  state: "open" | "ended" | "stopped" = "open"
  /** What ended a stopped scope. */
  endedBy: unknown = undefined

  /** The first request made for this very scope. */
  request: CancelledError | null = null
  /** Request that reached this unit at this scope and no wait yet. */
  pending: CancelledError | null = null
  /** Request that each wait in here gets until the scope is left (C6, C8). */
  sticky: CancelledError | null = null
  /** Request from above that was delivered to a wait in here, and the scope of the unit it came in at. */
  outer: CancelledError | null = null
  outerTop: Scope | null = null
  /** Of a unit: scopes in it with a pending or sticky request. */
  pendingCount = 0
  /** Of a unit: the last request that reached it, delivered or not. */
  lastRequest: CancelledError | null = null
  /** Of a unit: waits that threw since its patience was over, or -1 before (C8). */
  toldAgain = -1
  /** Of a unit: waits parked in it, those served but not yet run included. */
  parkedCount = 0

  /** Children in order of creation, and this scope's neighbours in its parent's list. */
  firstChild: Scope | null = null
  lastChild: Scope | null = null
  nextSibling: Scope | null = null
  previousSibling: Scope | null = null
  /** Waits parked in this very scope, oldest first. */
  firstWait: ScopeWait | null = null
  lastWait: ScopeWait | null = null
  /** Made when somebody reads `signal`. */
  #controller: AbortController | null = null
  /** Of a unit, in debug mode: the wait that was told of a request for the whole unit (E3). */
  told: ScopeWait | null = null
  /** Of a unit: the values of context variables, as `context-var` keeps them. */
  variables: object | null = null
  /** Is told of each request for this scope or from above; null where nobody is to hear of it (P3). */
  onRequest: ((error: CancelledError) => void) | null = null
  /** Called once when the scope ends; lets go of timers and listeners. */
  onEnd: (() => void) | null = null
  /** Runs while a request for this very scope has not ended it (C8). */
  patience: TimerEntry | null = null

  constructor(parent: Scope | null, home: Home, owner: ScopeOwner | null, kind: "unit" | "block" | "shield") {
    this.parent = parent
    this.home = home
    this.owner = owner
    this.unit = kind === "unit" || parent === null ? this : parent.unit
    this.isShield = kind === "shield"
    this.depth = parent === null ? 0 : parent.depth + 1
    if (parent !== null) attach(this, parent)
  }

  /** Aborted with this scope and with each one above it up to a shield (C9). */
  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController()
      const request = this.requestInForce()
      if (request !== null) this.#controller.abort(request)
      else if (this.state !== "open")
        this.#controller.abort(new ScopeEndedError("Cannot go on: the scope has ended"))
    }
    return this.#controller.signal
  }

  /** The nearest request, of this scope or one above it up to a shield. */
  requestInForce(): CancelledError | null {
    for (let scope: Scope | null = this; scope !== null; scope = scope.parent) {
      if (scope.request !== null) return scope.request
      if (scope.isShield) return null
    }
    return null
  }

  /** Asks this scope and everything below it to end; false if it has ended already. */
  cancel(error: CancelledError): boolean {
    if (this.state !== "open") return false
    this.request ??= error
    instrument.current?.scopeCancelled?.(this, error)
    const controllers: AbortController[] = []
    spreadToUnit(this, error, controllers)
    for (const controller of controllers) controller.abort(error)
    return true
  }

  /** The outermost scope of this unit with a request that is pending for a wait that parks in here. */
  pendingTop(): Scope | null {
    if (this.unit.pendingCount === 0) return null
    let top: Scope | null = null
    for (let scope: Scope = this; ; scope = scope.parent as Scope) {
      if (scope.pending !== null || scope.sticky !== null) top = scope
      if (scope.isShield || scope === this.unit) return top
    }
  }

  /** Takes the request that {@link pendingTop} found; requests further in are one with it. */
  takePendingOf(top: Scope): CancelledError {
    const error = (top.pending ?? top.sticky) as CancelledError
    for (let scope: Scope = this; ; scope = scope.parent as Scope) {
      scope.clearPending()
      if (scope === top) return error
    }
  }

  /** The outermost request pending for a wait that parks in here; it counts as delivered then. */
  takePending(): CancelledError | null {
    const top = this.pendingTop()
    if (top === null) return null
    const error = this.takePendingOf(top)
    this.markDelivered(error, top)
    return error
  }

  /** Forgets a request that no wait has got. */
  clearPending(): void {
    if (this.pending === null) return
    this.pending = null
    if (this.sticky === null) this.unit.pendingCount -= 1
  }

  /** Keeps `error` for the next wait of this unit in here or below. */
  setPending(error: CancelledError): void {
    if (this.pending !== null) return
    this.pending = error
    if (this.sticky === null) this.unit.pendingCount += 1
  }

  /** Keeps `error` for each wait of this unit in here or below. */
  setSticky(error: CancelledError): void {
    if (this.sticky === null && this.pending === null) this.unit.pendingCount += 1
    this.sticky = error
  }

  /** Forgets a request that was to meet each wait. */
  clearSticky(): void {
    if (this.sticky === null) return
    this.sticky = null
    if (this.pending === null) this.unit.pendingCount -= 1
  }

  /** Notes in each block between this scope and `top` that a request from above came through. */
  markDelivered(error: CancelledError, top: Scope): void {
    for (let scope: Scope = this; scope !== top && scope.parent !== null; scope = scope.parent)
      scope.noteOuter(error, top)
  }

  noteOuter(error: CancelledError, top: Scope): void {
    if (this.outerTop !== null && this.outerTop.depth <= top.depth) return
    this.onRequest?.(error)
    this.outer = error
    this.outerTop = top
  }

  /** A request from above this block that the unit has got in here or is about to get. */
  outerRequest(): CancelledError | null {
    if (this.outer !== null) return this.outer
    if (this.isShield || this.parent === null || this.unit === this) return null
    return this.parent.takePending()
  }

  /** A request from above this block that no wait of the unit has got. */
  pendingAbove(): CancelledError | null {
    if (this.isShield || this.parent === null || this.unit === this) return null
    const top = this.parent.pendingTop()
    return top === null ? null : (top.pending ?? top.sticky)
  }

  /** Gives a request that came from above back to the unit: it comes at the next wait (C3). */
  rearmOuter(): void {
    if (this.outer !== null && this.outerTop?.state === "open") this.outerTop.setPending(this.outer)
  }

  /**
   * The scope's body is over: whatever is still parked in it is ended, units below go to the top of the run.
   * @param endedBy - What stopped it; refused waits get it as their cause.
   */
  end(state: "ended" | "stopped", endedBy?: unknown): void {
    if (this.state !== "open") return
    this.state = state
    this.endedBy = endedBy
    this.letGo()
    if (this.pending !== null || this.sticky !== null) {
      this.pending = this.sticky = null
      this.unit.pendingCount -= 1
    }
    if (this.firstWait !== null || this.firstChild !== null) abandon(this)
    if (this.parent !== null) detach(this, this.parent)
  }

  /** Lets go of timers and listeners: nobody waits for the scope's end any more. */
  letGo(): void {
    this.onEnd?.()
    this.onEnd = null
    this.onRequest = null
    if (this.patience !== null) stopTimer(this.patience)
    this.patience = null
  }

  /** Used by the spread of a request. */
  collectController(into: AbortController[]): void {
    if (this.#controller !== null && !this.#controller.signal.aborted) into.push(this.#controller)
  }

  describe(): string {
    return this.owner?.describe() ?? "an ended task"
  }
}

/** Living tasks that are running, ready or in a foreign await; a virtual clock may jump when there is none. */
export const busy = { tasks: 0 }

function attach(scope: Scope, parent: Scope): void {
  if (scope.unit === scope) busy.tasks += 1
  insertChild(scope, parent)
}

function detach(scope: Scope, parent: Scope): void {
  if (scope.unit === scope && scope.parkedCount === 0) busy.tasks -= 1
  removeChild(scope, parent)
}

function spreadToUnit(top: Scope, error: CancelledError, controllers: AbortController[]): void {
  top.unit.lastRequest = error
  if (!spread(top, top, error, controllers)) top.setPending(error)
}

// Children first: they end before the block that waits for them, as asyncio's groups do it.
function spread(scope: Scope, top: Scope, error: CancelledError, controllers: AbortController[]): boolean {
  scope.collectController(controllers)
  scope.onRequest?.(error)
  let isDelivered = false
  for (let child = scope.firstChild, next: Scope | null; child !== null; child = next) {
    next = child.nextSibling
    if (child.isShield) continue
    if (child.unit !== scope.unit) spreadToUnit(child, error, controllers)
    else if (spread(child, top, error, controllers)) isDelivered = true
  }
  for (let wait = scope.firstWait, next: ScopeWait | null; wait !== null; wait = next) {
    next = wait.nextInScope
    if (wait.interrupt(error, top)) isDelivered = true
  }
  return isDelivered
}

// A body that ends while a branch of it is still parked: `Promise.race([work(), sleep(100)])`.
function abandon(scope: Scope): void {
  const error = new ScopeEndedError(`Cannot go on waiting: ${scope.describe()} has ended`)
  for (let wait = scope.firstWait, next: ScopeWait | null; wait !== null; wait = next) {
    next = wait.nextInScope
    wait.interrupt(error, scope)
  }
  for (let child = scope.firstChild, next: Scope | null; child !== null; child = next) {
    next = child.nextSibling
    if (child.unit !== scope.unit) {
      moveToTop(child, scope)
      child.cancel(error)
    } else child.end("ended")
  }
}

function moveToTop(child: Scope, from: Scope): void {
  let top = from
  while (top.parent !== null) top = top.parent
  if (top !== from) moveBelow(child, top)
}

/** Gives a scope another parent; whose unit it is does not change. */
export function moveBelow(scope: Scope, parent: Scope): void {
  removeChild(scope, scope.parent as Scope)
  scope.parent = parent
  insertChild(scope, parent)
}
