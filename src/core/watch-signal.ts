// One listener for each AbortSignal that is not ours, however many waits it ends.
//
// A signal with n listeners costs n to add one more, so a hundred thousand waits on one signal
// would be quadratic. The listener is taken off as soon as nobody watches, so a long-lived signal
// gathers nothing. Watchers are called in the order in which they came.
import { misuse } from "../base/misuse.ts"

/** Refuses what is no AbortSignal, such as its controller; undefined is none. */
export function expectSignal(signal: AbortSignal | undefined): void {
  if (signal === undefined) return
  const given = Object(signal) as Partial<AbortSignal>
  if (typeof given.aborted === "boolean" && typeof given.addEventListener === "function") return
  throw misuse("signal", "an AbortSignal", signal, "never")
}

const watchers = new WeakMap<AbortSignal, Watch>()

interface Watch {
  /** Who is to be called; a set keeps the order and lets one leave in constant time. */
  readonly calls: Set<() => void>
  readonly listener: () => void
}

/**
 * Calls `call` when `signal` aborts; at once if it has aborted already.
 * @returns Stops watching.
 */
export function watchSignal(signal: AbortSignal, call: () => void): () => void {
  if (signal.aborted) {
    call()
    return () => {}
  }
  const watch = watchers.get(signal) ?? begin(signal)
  const once = (): void => call()
  watch.calls.add(once)
  return () => {
    watch.calls.delete(once)
    if (watch.calls.size === 0) stop(signal, watch)
  }
}

function begin(signal: AbortSignal): Watch {
  const calls = new Set<() => void>()
  const watch: Watch = {
    calls,
    listener: () => {
      watchers.delete(signal)
      for (const call of calls) call()
      calls.clear()
    },
  }
  watchers.set(signal, watch)
  signal.addEventListener("abort", watch.listener, { once: true })
  return watch
}

function stop(signal: AbortSignal, watch: Watch): void {
  if (watchers.get(signal) !== watch) return
  watchers.delete(signal)
  signal.removeEventListener("abort", watch.listener)
}
