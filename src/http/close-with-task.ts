// Answers whose body is still coming, by the task that asked for them.
//
// A task that ends does not read on: what it left open is closed with it, so that a forgotten
// body cannot hold a connection of the pool. Most bodies are complete when the answer is handed
// out and never come here. What must stay true: an exchange is in here only while it is open.
import type { Scope } from "../core/lowlevel.ts"
import { currentScope } from "../core/lowlevel.ts"
import type { Exchange } from "./exchange.ts"

const bodies = new WeakMap<Scope, Set<Exchange>>()

/** Closes `exchange` at the end of the current task, unless it is over by then. */
export function closeWithTask(exchange: Exchange): void {
  const task = currentScope().unit
  let open = bodies.get(task)
  if (open === undefined) {
    open = new Set()
    bodies.set(task, open)
    const set = open
    const before = task.onEnd
    task.onEnd = () => {
      before?.()
      for (const left of set) left.close("its task ended before the body was read")
    }
  }
  const set = open.add(exchange)
  const before = exchange.onDone
  exchange.onDone = (slot) => {
    set.delete(exchange)
    before?.(slot)
  }
}
