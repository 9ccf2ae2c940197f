// Nothing can ever go on: noticed when Node says that nothing keeps the process alive (E4).
//
// A run holds no handle of its own. `beforeExit` with a living run therefore means that no timer
// and no socket will wake anybody: if the tasks of all runs are parked in waits of ours, that is a
// deadlock at once; if one sits in a foreign await, the process is held for `patience` once, in
// case something without a handle still settles it. There is one listener for all runs.
import { afterPoll, clock } from "./clock.ts"
import { DeadlockError } from "./errors.ts"
import type { Scope } from "./scope.ts"
import { describeTasks, tasksBelow } from "./all-tasks.ts"
import type { TimerEntry } from "./timers.ts"
import { startTimer, stopTimer } from "./timers.ts"

/** Watches one run; `fail` is called with what to end it with. */
export class DeadlockWatch {
  readonly root: Scope
  readonly #fail: (error: DeadlockError) => void
  /** Whether the process was held for this run already. */
  wasHeld = false

  constructor(root: Scope, fail: (error: DeadlockError) => void) {
    this.root = root
    this.#fail = fail
    if (watches.size === 0) process.on("beforeExit", look)
    watches.add(this)
  }

  stop(): void {
    watches.delete(this)
    if (watches.size > 0) return
    process.off("beforeExit", look)
    stopTimer(hold)
  }

  /** Milliseconds the process has to be held for this run, or null. */
  get holdFor(): number | null {
    const { patience } = this.root.home
    if (this.wasHeld || patience === Infinity) return null
    return tasksBelow(this.root).some((task) => task.scope.parkedCount === 0) ? patience : null
  }

  fail(): void {
    const count = tasksBelow(this.root).length
    const waiting = count === 1 ? "1 task waits" : `${count} tasks wait`
    const text = `Cannot go on: ${waiting}, and nothing is left that could wake them`
    this.#fail(new DeadlockError(`${text}\n${describeTasks(this.root)}`))
  }
}

const watches = new Set<DeadlockWatch>()

/** Ends every run by a DeadlockError; a run that this was said to before lets go of what is left. */
export function endDeadlocked(): void {
  for (const watch of running()) watch.fail()
}

/** Without runners that are between two runs: they wait for nobody. */
function running(): DeadlockWatch[] {
  return [...watches].filter(({ root }) => root.home.isRun)
}

/** Keeps the process alive for a while. */
const hold: TimerEntry = {
  heapIndex: -1,
  timerOrder: 0,
  dueAt: 0,
  isWeak: false,
  fire() {
    for (const watch of watches) watch.wasHeld = true
  },
}

function look(): void {
  const holds = running().flatMap((watch) => watch.holdFor ?? [])
  if (holds.length > 0) {
    hold.dueAt = clock.now() + Math.max(...holds)
    startTimer(hold)
  } else if (running().length > 0) {
    endDeadlocked()
    // What sits in a foreign await takes no notice: Node has to ask once more.
    afterPoll(() => {})
  }
}
