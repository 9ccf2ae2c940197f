/**
 * Processes: run to their end or talked with, ended with all that they have started; and signals to this one.
 *
 * Read run-process, child, process-group; then start-process, output-pipe, input-pipe; last signals.
 *
 * @module
 */
export type { ProcessErrorDetails } from "./errors.ts"
export { ProcessError } from "./errors.ts"
export type { ProcessOptions } from "./process-options.ts"
export type { ProcessInput, ProcessResult, RunProcessOptions } from "./run-process.ts"
export { runProcess } from "./run-process.ts"
export type { ProcessEnd, StartProcessOptions } from "./start-process.ts"
export { Process, startProcess } from "./start-process.ts"
export { signals } from "./signals.ts"
