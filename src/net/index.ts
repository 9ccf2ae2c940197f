/**
 * Connections by TCP, Unix paths, TLS and WebSockets, and servers whose connections are tasks.
 *
 * Read open-connection, connect-host, socket-transport; then start-server, server, listener,
 * handshake and claim-path; last web-socket and what opens one. Readers and writers are those of `tsyncio/stream`, given out here as well.
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
export type { ServerStatistics } from "./server.ts"
export { Server } from "./server.ts"
export type { SocketAddress } from "./socket-address.ts"
export type { ServerOptions, StartServerOptions } from "./start-server.ts"
export { startServer } from "./start-server.ts"
export type { ConnectionHandler } from "./stream-connection.ts"
export type { ConnectWebSocketOptions } from "./connect-web-socket.ts"
export { connectWebSocket } from "./connect-web-socket.ts"
export { MissingPackageError, WebSocketClosedError, WebSocketHandshakeError } from "./errors.ts"
export type { StartWebSocketServerOptions, WebSocketHandler } from "./start-web-socket-server.ts"
export { startWebSocketServer } from "./start-web-socket-server.ts"
export type { WebSocketOptions } from "./web-socket-options.ts"
export type { WebSocketMessage, WebSocketStatistics } from "./web-socket.ts"
export { WebSocketConnection } from "./web-socket.ts"
