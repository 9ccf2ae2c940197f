// Hooks for whoever watches the runtime; free while nobody does.
//
// The core calls `instrument.current?.taskStarted(task)` and the like: one load and one branch
// when nothing is installed. A hook must not throw and must not wait; it is called inside turns.
// The objects are given as they are, typed `object`, because this file stands below them.

/** What can be watched; every hook is optional. */
export interface Instrument {
  taskCreated?(task: object): void
  taskStarted?(task: object): void
  taskEnded?(task: object): void
  waitParked?(wait: object): void
  waitEnded?(wait: object): void
  scopeCancelled?(scope: object, error: Error): void
}

/** The instrument that is installed, or null. */
export const instrument: { current: Instrument | null } = { current: null }

/** Installs an instrument beside those that are there; the function it gives takes it out again. */
export function addInstrument(added: Instrument): () => void {
  installed.push(added)
  instrument.current = combined()
  return () => {
    const index = installed.indexOf(added)
    if (index >= 0) installed.splice(index, 1)
    instrument.current = combined()
  }
}

const installed: Instrument[] = []

function combined(): Instrument | null {
  if (installed.length <= 1) return installed[0] ?? null
  const all = [...installed]
  return {
    taskCreated: (task) => all.forEach((one) => one.taskCreated?.(task)),
    taskStarted: (task) => all.forEach((one) => one.taskStarted?.(task)),
    taskEnded: (task) => all.forEach((one) => one.taskEnded?.(task)),
    waitParked: (wait) => all.forEach((one) => one.waitParked?.(wait)),
    waitEnded: (wait) => all.forEach((one) => one.waitEnded?.(wait)),
    scopeCancelled: (scope, error) => all.forEach((one) => one.scopeCancelled?.(scope, error)),
  }
}
