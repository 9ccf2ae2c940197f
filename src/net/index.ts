/**
 * Connections by TCP, Unix paths and TLS, and servers whose connections are tasks.
 *
 * Read open-connection, connect-host, socket-transport; then start-server, server, listener; last
 * handshake and claim-path. Readers and writers are those of `tsyncio/stream`, given out here as well.
 *
 * @example
 * ```ts
 * await using server = await startServer((reader, writer) => pipe(reader, writer), { host: "127.0.0.1" })
 * await using connection = await openConnection({ host: "127.0.0.1", port: server.port })
 * connection.writer.write("hello\n")
 * new TextDecoder().decode(await connection.reader.readLine()) // => "hello\n"
 * ```
 *
 * @module
 */
export type {
  PipeOptions,
  ReadTransport,
  StreamEnd,
  StreamReaderOptions,
  StreamReaderStatistics,
  StreamWriterStatistics,
  Transport,
} from "../stream/index.ts"
export {
  ConnectionResetError,
  IncompleteReadError,
  LimitOverrunError,
  StreamReader,
  StreamWriter,
  WriteFlow,
  memoryPair,
  pipe,
} from "../stream/index.ts"
export type { Connection, ConnectionTarget, OpenConnectionOptions } from "./open-connection.ts"
export { openConnection } from "./open-connection.ts"
export type { ConnectionHandler, ServerStatistics } from "./server.ts"
export { Server } from "./server.ts"
export type { SocketAddress } from "./socket-address.ts"
export type { StartServerOptions } from "./start-server.ts"
export { startServer } from "./start-server.ts"
