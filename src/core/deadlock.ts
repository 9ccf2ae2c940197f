// Nothing can ever go on: noticed when Node says that nothing keeps the process alive (E4).
//
// A run holds no handle of its own. `beforeExit` with a living run therefore means that no timer
// and no socket will wake anybody: if all tasks are parked in waits of ours, that is a deadlock at
// once; if one sits in a foreign await, the process is held for `patience` once, in case something
// without a handle still settles it.
import { clock } from "./clock.ts"
import { DeadlockError } from "./errors.ts"
import type { Scope } from "./scope.ts"
import { describeTasks, tasksBelow } from "./task-tree.ts"
import type { TimerEntry } from "./timers.ts"
import { startTimer, stopTimer } from "./timers.ts"

/** Watches one run; `fail` is called with what to end it with. */
export class DeadlockWatch implements TimerEntry {
  heapIndex = -1
  timerOrder = 0
  dueAt = 0
  readonly #root: Scope
  readonly #fail: (error: DeadlockError) => void
  #wasHeld = false
  readonly #onBeforeExit = (): void => this.#look()

  constructor(root: Scope, fail: (error: DeadlockError) => void) {
    this.#root = root
    this.#fail = fail
    process.on("beforeExit", this.#onBeforeExit)
  }

  stop(): void {
    process.off("beforeExit", this.#onBeforeExit)
    stopTimer(this)
  }

  /** Used by the timers: the process was held long enough. */
  fire(): void {
    this.#wasHeld = true
  }

  #look(): void {
    const tasks = tasksBelow(this.#root)
    const foreign = tasks.filter((task) => task.scope.parkedCount === 0)
    if (foreign.length > 0 && !this.#wasHeld && this.#root.home.patience !== Infinity) {
      this.dueAt = clock.now() + this.#root.home.patience
      startTimer(this)
      return
    }
    const count = tasks.length === 1 ? "1 task waits" : `${tasks.length} tasks wait`
    this.#fail(new DeadlockError(`Cannot go on: ${count}, and nothing is left that could wake them\n${describeTasks(this.#root)}`))
  }
}
