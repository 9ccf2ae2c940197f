// Native promises rejected by our CancelledError in a branch nobody awaits any more (E1).
//
// `Promise.all([sleep(1), sleep(2)])` in a task that is cancelled leaves one rejection without an
// awaiter; that is no mistake of the user's. A listener that lives as long as a run does absorbs
// it. All other rejections keep what Node does by default: where only listeners of this kind are
// (two copies of the package have one each), the rejection is made again with them out of the way.
import { afterPoll } from "./clock.ts"
import { isCancelled } from "./errors.ts"

type Listener = (reason: unknown) => void

const event = "unhandledRejection"
const mark: unique symbol = Symbol.for("tsyncio.absorbsCancels") as never

/** Runs that are going on. */
let runs = 0

const listener: Listener & { [mark]?: true } = (reason) => {
  if (isCancelled(reason) || !process.listeners(event).every((one) => mark in one)) return
  process.off(event, listener)
  void Promise.reject(reason)
  afterPoll(() => listen(runs > 0))
}
listener[mark] = true

/** Absorbs stray CancelledErrors until the function it gives is called. */
export function absorbStrayCancels(): () => void {
  runs += 1
  listen(true)
  return () => {
    runs -= 1
    listen(runs > 0)
  }
}

function listen(isWanted: boolean): void {
  const isThere = process.listeners(event).includes(listener)
  if (isWanted && !isThere) process.on(event, listener)
  else if (!isWanted && isThere) process.off(event, listener)
}
