// Keeps a thread alive while its tasks wait for another thread.
//
// Node does not know that somebody may ring: a worker whose only work is to wait would end, and a main thread
// leave its workers behind. A port that nobody writes to is held while somebody waits, and no longer.
import type { MessagePort } from "node:worker_threads"
import { MessageChannel } from "node:worker_threads"
import { runOutsideTasks } from "../core/lowlevel.ts"

/** Both ends: a port closes when the other one is collected. */
let ends: { readonly held: MessagePort; readonly other: MessagePort } | null = null
let holders = 0

/** Keeps the thread alive until the function it gives is called. */
export function holdThread(): () => void {
  ends ??= runOutsideTasks(() => {
    const { port1, port2 } = new MessageChannel()
    return { held: port1, other: port2 }
  })
  holders += 1
  ends.held.ref()
  let isHolding = true
  return () => {
    if (!isHolding) return
    isHolding = false
    holders -= 1
    if (holders === 0) ends?.held.unref()
  }
}
