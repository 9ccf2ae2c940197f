// Starts a server, from settings that were checked.
//
// A mistake in them is told here, before anything is opened. What must stay true: a start that fails, is
// cancelled or takes too long leaves no server.

import type { Socket } from "node:net"
import type { TlsOptions } from "node:tls"
import { misuse } from "../base/misuse.ts"
import type { WaitOptions } from "../core/lowlevel.ts"
import { expectFunction, refusedTime } from "../core/lowlevel.ts"
import { timeout } from "../time/index.ts"
import type { ListenerPlace } from "./listener.ts"
import { Listener } from "./listener.ts"
import type { Entrance, Host } from "./server.ts"
import { Server } from "./server.ts"
import type { ConnectionHandler } from "./stream-connection.ts"
import { StreamConnection } from "./stream-connection.ts"

/** Where a server listens, and how it ends. */
export interface ServerOptions extends WaitOptions {
  /** Name or address to listen at. @default every address of the machine */
  readonly host?: string | undefined
  /** 0 takes one that is free. @default 0 */
  readonly port?: number | undefined
  /** Path of a Unix socket, instead of host and port. @default none */
  readonly path?: string | undefined
  /** Settings of `tls.createServer()`, `key` and `cert` above all. @default no TLS */
  readonly tls?: TlsOptions | undefined
  /** Most connections that the system keeps until they are accepted. @default 511 */
  readonly backlog?: number | undefined
  /** Whether it accepts connections at once; else `startServing()` and `serveForever()` do. @default true */
  readonly startServing?: boolean | undefined
  /** Milliseconds that handlers may take to finish after `close()`; Infinity for ever. @default 3000 */
  readonly grace?: number | undefined
  /** Whether the Unix path is removed in the end, unless somebody else has it by then. @default true */
  readonly cleanupSocket?: boolean | undefined
}

/** Settings of {@link startServer}. */
export interface StartServerOptions extends ServerOptions {
  /** Limit of each reader, see {@link StreamReader}. @default 65536 */
  readonly limit?: number | undefined
}

/**
 * Starts a server that runs `handler`, as a task of its own, for each connection.
 *
 * A waiter for each guest. The handler gets a reader and a writer, and the connection is closed when it
 * ends, however it ends; one that throws is reported and harms no other. The other side is
 * {@link openConnection}.
 *
 * **Cancellation.** The server belongs to the block that starts it: cancelling that cancels all handlers
 * and closes everything. While it starts, leaves nothing open.
 * **Pitfall.** Leaving the block ends the server as well; a limit for starting alone is the option `timeout`.
 *
 * @param handler - Called with reader and writer of each connection.
 * @param options.host - Name or address to listen at. @default every address of the machine
 * @param options.port - 0 takes one that is free: `server.port` tells which. @default 0
 * @param options.path - Path of a Unix socket instead; one left by a server that was killed is replaced.
 * @param options.tls - Settings of `tls.createServer()`. @default no TLS
 * @param options.backlog - Most connections that the system keeps until they are accepted. @default 511
 * @param options.startServing - Whether it accepts connections at once. @default true
 * @param options.limit - Limit of each reader. @default 65536
 * @param options.grace - Milliseconds that handlers may take to finish after `close()`. @default 3000
 * @param options.cleanupSocket - Whether the Unix path is removed in the end. @default true
 * @param options.signal - Ends the start with `signal.reason` when it aborts. @default none
 * @param options.timeout - Milliseconds for the start, after which it throws a TimeoutError. @default no limit
 * @returns The server, for `await using`, or `close()` and `waitClosed()`.
 * @throws {Error} The system's error if it cannot listen there, with its `code`: `EADDRINUSE`, `EACCES`, …
 * @throws {TypeError} If a setting is of the wrong kind.
 * @throws {RangeError} If a number is out of its range.
 *
 * @example Lines in capitals
 * ```ts
 * await using server = await startServer(
 *   async (reader, writer) => {
 *     for await (const line of reader) {
 *       writer.write(new TextDecoder().decode(line).toUpperCase())
 *       await writer.drain()
 *     }
 *   },
 *   { host: "127.0.0.1" },
 * )
 * await using connection = await openConnection({ host: "127.0.0.1", port: server.port })
 * connection.writer.write("hello\n")
 * new TextDecoder().decode(await connection.reader.readLine()) // => "HELLO\n"
 * ```
 */
export async function startServer(
  handler: ConnectionHandler,
  options: StartServerOptions = {},
): Promise<Server> {
  expectFunction(handler)
  const { limit } = options
  if (limit !== undefined && (typeof limit !== "number" || !(limit > 0)))
    throw misuse("limit", "a positive number of bytes", limit)
  const place = checkPlace(options)
  const entrance = ({ admit, failed }: Host): Entrance => {
    const connected = (socket: Socket): void =>
      admit(new StreamConnection(socket, handler, limit, place.path))
    return new Listener(place, { connected, failed })
  }
  return openServer(options, entrance)
}

/** Makes a server with this entrance, and opens it unless the options say otherwise. */
export async function openServer(
  options: ServerOptions,
  entrance: (host: Host) => Entrance,
): Promise<Server> {
  const { signal, timeout: limit = null, startServing = true, grace = 3_000 } = options
  if (typeof grace !== "number" || !(grace >= 0)) throw misuse("grace", "milliseconds from 0 up", grace)
  const refused = limit === null ? null : refusedTime("timeout", limit)
  if (refused !== null) return refused
  signal?.throwIfAborted()
  const server = new Server(grace, entrance)
  if (!startServing) return server
  try {
    if (signal === undefined && limit === null) await server.startServing()
    else await timeout(limit, () => server.startServing(), { signal })
  } catch (error) {
    server.close()
    throw error
  }
  return server
}

/**
 * The place that options tell of.
 *
 * @throws {TypeError} If a setting is of the wrong kind.
 * @throws {RangeError} If a number is out of its range.
 */
export function checkPlace(options: ServerOptions): ListenerPlace {
  const { host, port, path, tls, backlog = 511, cleanupSocket = true } = options
  if (host !== undefined && typeof host !== "string")
    throw misuse("host", "a name or an address", host, "string")
  if (port !== undefined && (!Number.isInteger(port) || port < 0 || port > 65_535))
    throw misuse("port", "a port from 0 to 65535", port)
  if (path !== undefined && (typeof path !== "string" || path === ""))
    throw misuse("path", "the path of a Unix socket", path, "string")
  if (path !== undefined && (host !== undefined || port !== undefined))
    throw new TypeError("Expected `path`, or `host` and `port`, not both")
  if (tls !== undefined && (typeof tls !== "object" || tls === null))
    throw misuse("tls", "the settings of TLS, such as `key` and `cert`", tls, "none")
  if (!Number.isInteger(backlog) || backlog < 1) throw misuse("backlog", "a whole number from 1 up", backlog)
  return {
    host,
    port: port ?? 0,
    path: path ?? null,
    tls: tls ?? null,
    backlog,
    removesPath: cleanupSocket,
  }
}
