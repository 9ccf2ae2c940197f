/**
 * Several works at once, and one work several times.
 *
 * Read gather, map, shield, join-only, retry, backoff.
 *
 * @module
 */
export type { BackoffOptions } from "./backoff.ts"
export { backoff } from "./backoff.ts"
export type { GatherOptions, Gathered } from "./gather.ts"
export { gather } from "./gather.ts"
export { joinOnly } from "./join-only.ts"
export type { MapOptions } from "./map.ts"
export { map } from "./map.ts"
export type { RetryPolicy } from "./retry.ts"
export { attemptsOf, retry } from "./retry.ts"
export { shield } from "./shield.ts"
