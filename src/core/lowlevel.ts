/**
 * The back door of the runtime, for people who build primitives: the fair line, waits, timers, the
 * clock, scopes and hooks.
 *
 * A primitive keeps its waiters in a {@link WaitList}: `list.wait(detail)` parks, `list.serve(value)`
 * hands over to the first, and the list's `handBack` passes on what a cancelled waiter had been
 * served. A thing with another kind of line makes a subclass of {@link Wait}.
 *
 * @module
 */
export type { BlockEnd } from "./block.ts"
export { openBlock, runBlock, runOpened } from "./block.ts"
export { CancelScope, deadlineIn } from "./cancel-scope.ts"
export type { ClockSource, ClockTimer } from "./clock.ts"
export { afterPoll, clock, installClock, platformClock } from "./clock.ts"
export { captureContext, enter, runOutsideTasks } from "./context.ts"
export { spawn, spawnBelow, spawnWork } from "./create-task.ts"
export { currentScope } from "./current-scope.ts"
export { brand, brandedErrors, failureOf } from "./errors.ts"
export { expectSignal, watchSignal } from "./watch-signal.ts"
export type { FutureListener } from "./future.ts"
export type { Instrument } from "./instrument.ts"
export { addInstrument } from "./instrument.ts"
export { reportProblem } from "./report.ts"
export { endDeadlocked } from "./deadlock.ts"
export { holdPrograms } from "./runner.ts"
export { setExecutorMaker } from "./loop.ts"
export type { Entry } from "./scheduler.ts"
export { askYield, isSliceUsed, readyCount, schedule, setTurnPicker, stepBegan } from "./scheduler.ts"
export type { ScopeOwner, ScopeWait } from "./scope.ts"
export { Scope } from "./scope.ts"
export { busyTasks } from "./link-wait.ts"
export { describeTasks, tasksBelow } from "./all-tasks.ts"
export type { TimerEntry } from "./timers.ts"
export { nextDeadline, rearmTimers, setTimerTaker, startTimer, stopTimer, timerCount } from "./timers.ts"
export type { OpenCount } from "./unclosed-watch.ts"
export { UnclosedWatch } from "./unclosed-watch.ts"
export { watchedTask } from "./watch-circles.ts"
export { runningTask } from "./task.ts"
export type { WaitOptions } from "./wait.ts"
export { Wait, park, refusal, refusedTime } from "./wait.ts"
export { LineWait, WaitList } from "./wait-list.ts"
export type { Work } from "./work.ts"
export { expectFunction, expectWork } from "./work.ts"
