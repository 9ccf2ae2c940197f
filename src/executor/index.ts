/**
 * Work that leaves the thread: functions that can be sent to threads and processes.
 *
 * A function travels by reference: `portable` gives it a name that holds everywhere, `inline` sends its
 * source.
 *
 * @module
 */
export { inline } from "./inline.ts"
export { portable } from "./portable.ts"
