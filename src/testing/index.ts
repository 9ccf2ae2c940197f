/**
 * For tests: a virtual clock, every order of turns, the order of steps, and what was left behind.
 *
 * Start with `runVirtual`; under vitest, `it("…", () => runVirtual(async () => { … }))`.
 *
 * @module
 */
export type { ExploreFinding, ExploreProblem } from "./explore-error.ts"
export { ExploreError } from "./explore-error.ts"
export type { ExploreOptions, ExploreReport } from "./explore.ts"
export { explore } from "./explore.ts"
export type { Choices, ExploredProgram } from "./run-schedule.ts"
export { LeakError, findLeaks } from "./leaks.ts"
export type { OpenResources } from "./open-resources.ts"
export { findOpened, openResources } from "./open-resources.ts"
export type { RunVirtualOptions } from "./run-virtual.ts"
export { runVirtual } from "./run-virtual.ts"
export type { Steps } from "./steps.ts"
export { steps } from "./steps.ts"
export type { VirtualClockOptions } from "./virtual-clock.ts"
export { VirtualClock, now } from "./virtual-clock.ts"
