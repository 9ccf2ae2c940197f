/**
 * Several works at once, and one work several times.
 *
 * Read gather, map, wait, wait-for, as-completed, race, staggered-race, shield, join-only,
 * cancel-and-wait, retry, backoff; then collect, resource, match-errors, dual, which write down once
 * what `async for`, `async with`, `except*` and two worlds of callers ask for.
 *
 * @module
 */
export type { Outcome, OutcomeOf } from "./as-completed.ts"
export { asCompleted } from "./as-completed.ts"
export type { BackoffOptions } from "./backoff.ts"
export { backoff } from "./backoff.ts"
export { cancelAndWait } from "./cancel-and-wait.ts"
export { collect } from "./collect.ts"
export type { BothForms, Dual, DualStep, DualSteps } from "./dual.ts"
export { dual } from "./dual.ts"
export type { GatherOptions, Gathered } from "./gather.ts"
export { gather } from "./gather.ts"
export { joinOnly } from "./join-only.ts"
export type { HandleOf, ValueOf } from "./list-works.ts"
export type { MapOptions } from "./map.ts"
export { map } from "./map.ts"
export type { MatchRow } from "./match-errors.ts"
export { matchErrors } from "./match-errors.ts"
export { race } from "./race.ts"
export type { Held, Resource } from "./resource.ts"
export { resource } from "./resource.ts"
export type { RetryOptions } from "./retry.ts"
export { attemptsOf, retry } from "./retry.ts"
export { shield } from "./shield.ts"
export type { StaggeredResult } from "./staggered-race.ts"
export { staggeredRace } from "./staggered-race.ts"
export type { DoneAndPending, ReturnWhen, WaitForSomeOptions } from "./wait.ts"
export { wait } from "./wait.ts"
export { waitFor } from "./wait-for.ts"
