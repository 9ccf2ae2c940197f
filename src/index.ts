/**
 * asyncio for TypeScript: tasks that can really be cancelled, groups that leave nobody behind, time
 * limits, queues and limiters, for plain `async`/`await`.
 *
 * Start with `run` and `taskGroup`. The rooms behind this door: core (tasks, groups, scopes), time,
 * sync, combine. Other doors: `tsyncio/http`, `tsyncio/batch`, `tsyncio/testing`,
 * `tsyncio/lowlevel`.
 *
 * @module
 */
export * from "./core/index.ts"
export * from "./time/index.ts"
export * from "./sync/index.ts"
export * from "./combine/index.ts"
