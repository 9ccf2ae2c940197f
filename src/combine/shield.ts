// Work that goes on although its caller is cancelled.
//
// The work is a task of the run; the caller holds another future that follows it and can be
// cancelled alone. To keep requests out of a piece of the same task, use `cancelScope` with
// `shield`.
import type { CancelledError } from "../core/index.ts"
import { Future, isCancelled } from "../core/index.ts"
import type { FutureListener, Work } from "../core/lowlevel.ts"
import { spawnWork } from "../core/lowlevel.ts"

/**
 * Runs work that its caller's cancellation does not reach.
 *
 * A letter that is in the post: you can walk away, it will still be delivered. For clean-up inside
 * one task prefer `cancelScope(fn, { shield: true })`, which waits for its end.
 *
 * **Cancellation.** The caller leaves at once; the work runs on, until the run ends. If it fails
 * after that, the run's handler is told.
 *
 * @param work - A function, a task or a future.
 * @returns A future that follows the work; the work itself if it is done already.
 *
 * @example The caller leaves, the work stays
 * ```ts
 * const saved = new Future<string>()
 * await moveOnAfter(5, () =>
 *   shield(async () => {
 *     await sleep(20)
 *     saved.setResult("saved")
 *   }),
 * ) // => { timedOut: true }
 * await saved // => "saved"
 * ```
 */
export function shield<T>(work: Work<T>): Future<T> {
  const inner = spawnWork(work)
  return inner.done() ? inner : new Shield(inner)
}

class Shield<T> extends Future<T> implements FutureListener {
  readonly #inner: Future<T>

  constructor(inner: Future<T>) {
    super()
    this.#inner = inner
    inner.addListener(this)
  }

  // Without its listener a failure of the work has no reader, and is reported.
  override cancelWith(error: CancelledError): boolean {
    this.#inner.removeListener(this)
    return super.cancelWith(error)
  }

  futureDone(inner: Future<never>): void {
    if (this.done()) return
    inner.markRead()
    try {
      this.setResult(inner.result())
    } catch (error) {
      if (isCancelled(error)) this.cancelWith(error)
      else this.setException(error)
    }
  }

  override describe(): string {
    return "a shield"
  }
}
