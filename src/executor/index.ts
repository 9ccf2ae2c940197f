/**
 * Work that leaves the thread: functions that can be sent to threads and processes, and what threads share.
 *
 * A function travels by reference: `portable` gives it a name that holds everywhere, `inline` sends its
 * source. What threads share lives in shared memory: read shared-line, shared-mutex, shared-channel.
 *
 * @module
 */
export { ChannelClosedError } from "./channel-closed-error.ts"
export { inline } from "./inline.ts"
export { portable } from "./portable.ts"
export type { SharedChannelOptions, SharedChannelStatistics } from "./shared-channel.ts"
export { SharedChannel } from "./shared-channel.ts"
export type { SharedMutexStatistics } from "./shared-mutex.ts"
export { SharedMutex } from "./shared-mutex.ts"
export type { SharedSemaphoreStatistics } from "./shared-semaphore.ts"
export { SharedSemaphore } from "./shared-semaphore.ts"
export type { BlockOptions } from "./thread-line.ts"
