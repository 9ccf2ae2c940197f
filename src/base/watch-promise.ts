// One reaction for each promise that is not ours, however many waits it ends.
//
// A reaction cannot be taken off a promise again: a wait that gives up on a long-lived one, round after round, would
// leave one behind each time (`for (;;) await moveOnAfter(100, () => cancellable(closed))`). So the promise has one
// of ours, and watchers leave it. They are told in the order in which they came.
import { describeReason } from "./describe-reason.ts"

/** Is told what a promise comes to. */
export interface PromiseWatcher<T> {
  resolved(value: T): void
  rejected(error: unknown): void
}

const watched = new WeakMap<Promise<unknown>, Set<PromiseWatcher<unknown>>>()

/**
 * Tells `watcher` what `promise` comes to, in a microtask.
 * @returns Stops watching.
 */
export function watchPromise<T>(promise: Promise<T>, watcher: PromiseWatcher<T>): () => void {
  const watchers = watched.get(promise) ?? begin(promise)
  const added = watcher as PromiseWatcher<unknown>
  watchers.add(added)
  return () => void watchers.delete(added)
}

function begin(promise: Promise<unknown>): Set<PromiseWatcher<unknown>> {
  const watchers = new Set<PromiseWatcher<unknown>>()
  watched.set(promise, watchers)
  promise.then(
    (value) => {
      watched.delete(promise)
      for (const watcher of watchers) watcher.resolved(value)
    },
    (error: unknown) => {
      watched.delete(promise)
      for (const watcher of watchers) watcher.rejected(error)
    },
  )
  return watchers
}

/**
 * A native promise that comes to what `promise` comes to: of a thenable that speaks twice it takes the
 * first word, and what its `then` throws is a rejection.
 *
 * @throws {TypeError} If it is no promise.
 */
export function expectPromise<T>(promise: PromiseLike<T>): Promise<T> {
  if (isThenable(promise)) return Promise.resolve(promise)
  throw new TypeError(`Expected a promise, got \`${describeReason(promise)}\` (${typeof promise})`)
}

/** Whether `value` can be awaited. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return value !== null && (typeof value === "object" || typeof value === "function") && "then" in value
}
