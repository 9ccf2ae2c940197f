// What workers were asked to import before anybody needs it.
//
// Each request has a number below zero, so that its answer is not taken for a job's. A worker that dies
// meanwhile has nothing to import any more: its successor imports when it is asked to.
import { Future } from "../core/index.ts"
import type { ExecutorWorker } from "./executor-worker.ts"
import type { SentFunction } from "./sent-function.ts"
import type { ThrownParcel } from "./thrown-parcel.ts"
import { unpackThrown } from "./thrown-parcel.ts"

/** Imports that go on. */
export class WarmUps {
  readonly #pending = new Map<number, { readonly worker: ExecutorWorker; readonly done: Future<void> }>()
  #last = 0

  begin(worker: ExecutorWorker, fn: SentFunction): Future<void> {
    this.#last -= 1
    const done = new Future<void>()
    this.#pending.set(this.#last, { worker, done })
    worker.warm(this.#last, fn)
    return done
  }

  end(id: number, failure: ThrownParcel | null): void {
    const done = this.#pending.get(id)?.done
    this.#pending.delete(id)
    if (done === undefined || done.done()) return
    if (failure === null) done.setResult(undefined)
    else done.setException(unpackThrown(failure, "in a worker"))
  }

  lost(worker: ExecutorWorker): void {
    for (const [id, pending] of this.#pending) if (pending.worker === worker) this.end(id, null)
  }
}
