// Native promises rejected by our CancelledError in a branch nobody awaits any more (E1).
//
// `Promise.all([sleep(1), sleep(2)])` in a task that is cancelled leaves one rejection without an
// awaiter; that is no mistake of the user's. A listener that lives as long as a run does absorbs
// it. All other rejections keep what Node does by default: if nobody else listens, the rejection is
// made again with the listener out of the way.
import { afterPoll } from "./clock.ts"
import { isCancelled } from "./errors.ts"

let runs = 0

/** Absorbs stray CancelledErrors until the function it gives is called. */
export function absorbStrayCancels(): () => void {
  if (runs === 0) process.on("unhandledRejection", onUnhandled)
  runs += 1
  return () => {
    runs -= 1
    if (runs === 0) process.off("unhandledRejection", onUnhandled)
  }
}

function onUnhandled(reason: unknown): void {
  if (isCancelled(reason) || process.listenerCount("unhandledRejection") > 1) return
  process.off("unhandledRejection", onUnhandled)
  void Promise.reject(reason as Error)
  afterPoll(() => {
    if (runs > 0) process.on("unhandledRejection", onUnhandled)
  })
}
