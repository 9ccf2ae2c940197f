// The body of a block: a scope that opens and closes inside one task.
//
// What every block construct has in common: the body runs at once, in the scope; when it has ended
// the scope is left, and a CancelledError is absorbed only if the request was this scope's own and
// none from above came in between (C3). An outer cancel beats the block's own; an error that leaves
// the block gives an outer request that was delivered inside back to the task.
import { enter } from "./context.ts"
import { currentScope } from "./current-scope.ts"
import type { CancelledError } from "./errors.ts"
import { isCancelled } from "./errors.ts"
import { Future } from "./future.ts"
import type { Scope, ScopeOwner } from "./scope.ts"
import { Scope as ScopeNode } from "./scope.ts"

/** How a body ended, if not with an error of its own. */
export type BlockEnd<T> =
  | { readonly absorbed: false; readonly value: T }
  | { readonly absorbed: true; readonly error: CancelledError }

/** Opens a scope below the current one, in the same task. */
export function openBlock(owner: ScopeOwner, isShield: boolean): Scope {
  const above = currentScope()
  return new ScopeNode(above, above.home, owner, isShield ? "shield" : "block")
}

/** Calls `body` in `scope`; a task or future that it gives is awaited in there as well. */
export function enterBody<A, T>(
  scope: Scope,
  body: (argument: A) => T | PromiseLike<T>,
  argument: A,
): T | PromiseLike<T> {
  const result = enter(scope, body, argument)
  return result instanceof Future ? (result as Future<T>).awaitIn(scope) : result
}

/** Lets a block go on without a body that does not end; see `block-exit`. */
export interface Exit {
  /** Whether the block has to go on. */
  readonly isOpen: boolean
  enter<A, T>(body: (argument: A) => T | PromiseLike<T>, argument: A): Promise<T | undefined>
  stop(): void
  leave(): CancelledError
}

/**
 * Runs `body` in `scope` and leaves the scope.
 *
 * **Cancellation.** A request for `scope` ends the body and is absorbed; one from above passes through.
 *
 * @param exit - Where the block may go on without its body. @default it waits
 */
export async function runBlock<A, T>(
  scope: Scope,
  body: (argument: A) => T | PromiseLike<T>,
  argument: A,
  exit: Exit | null = null,
): Promise<BlockEnd<T>> {
  let own = null as CancelledError | null
  const cut = (error: CancelledError): never => (own = error) as never
  const open = () => ({ scope, exit, argument })
  const value = await runOpened(open, (opened) => body(opened.argument), cut)
  return own === null ? { absorbed: false, value } : { absorbed: true, error: own }
}

/**
 * Opens a block, runs `body` in it and leaves it. All in one async function: a second one would be a
 * tenth of what a time limit costs.
 *
 * **Cancellation.** As for {@link runBlock}.
 *
 * @param open - Makes the handle; what it throws rejects the promise.
 * @param cut - Says what becomes of a body that a request for the block itself has ended.
 */
export async function runOpened<H extends { readonly scope: Scope; readonly exit: Exit | null }, T>(
  open: () => H,
  body: (handle: H) => T | PromiseLike<T>,
  cut: (error: CancelledError, handle: H) => T,
): Promise<T> {
  const handle = open()
  const { scope, exit } = handle
  let value: T
  try {
    if (exit === null) value = await enterBody(scope, body, handle)
    else value = (await exit.enter(body, handle)) as T
  } catch (error) {
    exit?.stop()
    return cut(absorb(scope, error), handle)
  }
  if (exit?.isOpen === true) return cut(exit.leave(), handle)
  exit?.stop()
  scope.end("ended")
  return value
}

/** Leaves `scope` after its body threw `error`: gives the error back if it is the scope's own, throws otherwise. */
function absorb(scope: Scope, error: unknown): CancelledError {
  const outer = isCancelled(error) && scope.request !== null ? scope.outerRequest() : null
  scope.end("stopped", error)
  if (!isCancelled(error)) scope.rearmOuter()
  if (outer !== null) throw outer
  if (!isCancelled(error) || scope.request === null) throw error
  return error
}
