/**
 * Streams of bytes with back-pressure, whatever carries them: readers, writers, pairs in memory, pipes.
 *
 * Read stream-reader, read-demand, separator-search; then stream-writer, write-flow, transport; last
 * memory-pair and pipe. Sockets come by `tsyncio/net`.
 *
 * @example
 * ```ts
 * const [here, there] = memoryPair()
 * here.writer.write("hello\n")
 * new TextDecoder().decode(await there.reader.readLine()) // => "hello\n"
 * ```
 *
 * @module
 */
export { ConnectionResetError, IncompleteReadError, LimitOverrunError } from "./errors.ts"
export type { StreamEnd } from "./memory-pair.ts"
export { memoryPair } from "./memory-pair.ts"
export type { PipeOptions } from "./pipe.ts"
export { pipe } from "./pipe.ts"
export type { ReadTransport, StreamReaderOptions, StreamReaderStatistics } from "./stream-reader.ts"
export { StreamReader } from "./stream-reader.ts"
export type { StreamWriterStatistics } from "./stream-writer.ts"
export { StreamWriter } from "./stream-writer.ts"
export type { Transport } from "./transport.ts"
export { WriteFlow } from "./write-flow.ts"
