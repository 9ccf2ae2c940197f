// The one AsyncLocalStorage of the house: who am I.
//
// The store is the current scope, a single pointer; nothing else is ever kept in it. It is entered
// once per task, callback or block, and never past the end of that call. Two copies of the package
// in one process share it, so that each sees the other's scopes. On Node 20 and 22 the first `enter`
// makes every promise of the process dearer, hence nothing here touches it before.
import { AsyncLocalStorage, AsyncResource } from "node:async_hooks"

interface Shared {
  tsyncioContext?: AsyncLocalStorage<object>
}

const key: unique symbol = Symbol.for("tsyncio.context") as never
const shared = globalThis as { [key]?: Shared }
const holder = (shared[key] ??= {})

const storage: AsyncLocalStorage<object> = (holder.tsyncioContext ??= new AsyncLocalStorage<object>())

/** The store of whoever is running: a scope, or undefined outside everything. */
export function currentStore(): object | undefined {
  return storage.getStore()
}

/**
 * Calls `fn(argument)` with `store` as the current one, for it and for all that it awaits.
 *
 * On Node 24 and later `run` makes two frames, one to go in and one to come back, and each copies a map:
 * twice the price of a captured context, which is dear on Node 20 and 22.
 */
export function enter<A, R>(store: object, fn: (argument: A) => R, argument: A): R {
  /* v8 ignore next -- as in captureForeign */
  if (frameKey !== undefined) return enterIn(captureForeign("tsyncio.block"), store, fn, argument)
  return storage.run(store, fn, argument)
}

/**
 * Calls `fn(argument)` in a context that was captured, with `store` as the current one in it.
 *
 * `enterWith` in a captured context makes one frame, and leaving the context takes it back; `run` would
 * make a second one to bring the old store back, at 70 ns on Node 24.
 */
export function enterIn<A, R>(context: AsyncResource, store: object, fn: (argument: A) => R, argument: A): R {
  return context.runInAsyncScope(callWith<A, R>, null, store, fn, argument)
}

function callWith<A, R>(store: object, fn: (argument: A) => R, argument: A): R {
  storage.enterWith(store)
  return fn(argument)
}

const outside = new AsyncResource("tsyncio.outside")

/**
 * Calls `fn` outside any task's context: what it opens (sockets, timers, pools) keeps no task's
 * store alive, and handlers it registers belong to nobody.
 */
export function runOutsideTasks<R>(fn: () => R): R {
  return outside.runInAsyncScope(fn)
}

// Node from 24 on keeps a context as a map from storage to store, under a symbol of the resource.
const frameKey = Object.getOwnPropertySymbols(outside).find((key) => key.description === "context_frame")

/** The part of such a map that is asked here. */
interface Frame {
  readonly size?: number
  readonly has?: (key: object) => boolean
}

/**
 * The async context of the caller without our own store, for {@link enterIn}.
 *
 * A map that holds nothing but our store is left out: the store is about to be set anew, and to copy a
 * map first takes 60 ns, a sixth of what a short task costs. Where Node keeps none, nothing is lost.
 */
export function captureForeign(kind: string): AsyncResource {
  const context = new AsyncResource(kind)
  /* v8 ignore next -- Node 24 and later have it, 20 and 22 have not: test/core/context.test.ts runs on all */
  if (frameKey !== undefined) {
    const frames = context as unknown as Record<symbol, Frame | undefined>
    const frame = frames[frameKey]
    if (frame?.size === 1 && frame.has?.(storage) === true) frames[frameKey] = undefined
  }
  return context
}

/** The async context of the caller, to start something in later. */
export function captureContext(kind: string): AsyncResource {
  return new AsyncResource(kind)
}
