// A connection that this side opens.
//
// Three steps, each of which leaves nothing open if it fails or is cancelled: a socket, perhaps TLS over
// it, and the reader and writer on top. What must stay true: a connection that is handed out is watched
// until it is closed, and nothing below holds the writer that is watched.
import type { Socket } from "node:net"
import type { ConnectionOptions } from "node:tls"
import { misuse } from "../base/misuse.ts"
import type { WaitOptions } from "../core/lowlevel.ts"
import { UnclosedWatch, refusedTime } from "../core/lowlevel.ts"
import { StreamReader, StreamWriter } from "../stream/index.ts"
import { timeout } from "../time/index.ts"
import { connectSocket } from "./connect-socket.ts"
import type { Destination } from "./connect-host.ts"
import { connectHost } from "./connect-host.ts"
import { SocketTransport } from "./socket-transport.ts"
import { clientHandshake } from "./handshake.ts"

/** Whom to connect to: a host and port, or the path of a Unix socket. */
export type ConnectionTarget =
  | { readonly host?: string | undefined; readonly port: number; readonly path?: undefined }
  | { readonly path: string; readonly host?: undefined; readonly port?: undefined }

/** Settings of {@link openConnection}. */
export interface OpenConnectionOptions extends WaitOptions {
  /** TLS, with the settings of `tls.connect()` if it is no `true`. @default false */
  readonly tls?: boolean | ConnectionOptions | undefined
  /** Limit of the reader, see {@link StreamReader}. @default 65536 */
  readonly limit?: number | undefined
  /**
   * Milliseconds that an address may be silent before the next one is tried beside it; null to try the
   * next only when one has failed. @default 250
   */
  readonly happyEyeballsDelay?: number | null | undefined
  /** Throw a {@link TaskGroupError} with the error of each address. @default false */
  readonly allErrors?: boolean | undefined
  /** Addresses of one kind alone. @default both */
  readonly family?: 4 | 6 | undefined
  /** Address to connect from. @default any */
  readonly localAddress?: string | undefined
}

/** A connection, both ends of this side; closed by `await using`, or by its writer. */
export interface Connection extends AsyncDisposable {
  readonly reader: StreamReader
  readonly writer: StreamWriter
}

/**
 * Connects to a server, by TCP, by a Unix path, or with TLS, and gives a reader and a writer.
 *
 * A telephone call: you listen at one end and speak into the other, and somebody has to hang up. Of a
 * name with several addresses those that do not answer cost little: see `happyEyeballsDelay`. The other
 * side is {@link startServer}.
 *
 * **Cancellation.** Leaves nothing open. An open connection does not end with its task: close it.
 * **Pitfall.** Reading ends with `close()` as well: to send an end and go on reading, `writer.writeEof()`.
 *
 * @param target - `{ host, port }`, or `{ path }`; the settings may stand in here as well.
 * @param options.tls - TLS, with the settings of `tls.connect()` if it is no `true`. @default false
 * @param options.limit - Limit of the reader. @default 65536
 * @param options.happyEyeballsDelay - Milliseconds before the next address is tried beside. @default 250
 * @param options.allErrors - Throw a TaskGroupError with the error of each address. @default false
 * @param options.family - Addresses of one kind alone. @default both
 * @param options.localAddress - Address to connect from. @default any
 * @param options.signal - Ends the attempt with `signal.reason` when it aborts. @default none
 * @param options.timeout - Milliseconds for name, connection and TLS together. @default no limit
 * @returns Reader and writer, for `const { reader, writer }` or `await using`.
 * @throws {Error} The system's error, with its `code`: `ECONNREFUSED`, `ENOTFOUND`, … If several addresses
 * failed, an AggregateError with the code of the first.
 * @throws {TaskGroupError} With `allErrors`, if all addresses failed.
 * @throws {TimeoutError} If the limit ran out first.
 *
 * @example Ask an echo
 * ```ts
 * await using server = await startServer((reader, writer) => pipe(reader, writer), { host: "127.0.0.1", port: 0 })
 * await using connection = await openConnection({ host: "127.0.0.1", port: server.port })
 * connection.writer.write("hello\n")
 * new TextDecoder().decode(await connection.reader.readLine()) // => "hello\n"
 * ```
 */
export async function openConnection(
  target: ConnectionTarget & OpenConnectionOptions,
  options: OpenConnectionOptions = {},
): Promise<Connection> {
  const settings = { ...target, ...options }
  checkTarget(settings)
  const reader = new StreamReader({ limit: settings.limit })
  const { signal, timeout: limit = null } = settings
  const refused = limit === null ? null : refusedTime("timeout", limit)
  if (refused !== null) return refused
  signal?.throwIfAborted()
  const socket =
    signal === undefined && limit === null
      ? await connect(settings)
      : await timeout(limit, () => connect(settings), { signal })
  const { host = null, path = null } = settings
  const count = { open: 1 }
  const onLost = (): void => void (count.open = 0)
  const transport = new SocketTransport(socket, reader, { isServer: false, host, path, onLost })
  return new OpenConnection(reader, new StreamWriter(transport), count)
}

class OpenConnection implements Connection {
  readonly reader: StreamReader
  readonly writer: StreamWriter

  constructor(reader: StreamReader, writer: StreamWriter, count: { readonly open: number }) {
    this.reader = reader
    this.writer = writer
    // The writer is what closes; a reader alone leaves nobody who could.
    new UnclosedWatch(writer, "A connection", count)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.writer[Symbol.asyncDispose]()
  }
}

type Settings = OpenConnectionOptions & {
  host?: string | undefined
  port?: number | undefined
  path?: string | undefined
}

async function connect(settings: Settings): Promise<Socket> {
  const { path, host = "localhost", port = 0, tls = false, happyEyeballsDelay = 250 } = settings
  const { family = 0, localAddress, allErrors = false } = settings
  const to: Destination = { host, port, family, localAddress, delay: happyEyeballsDelay, allErrors }
  const socket = path === undefined ? await connectHost(to) : await connectSocket({ path })
  if (tls === false) return socket
  return clientHandshake(socket, tls === true ? {} : tls, path === undefined ? host : null)
}

function checkTarget({ host, port, path, tls, happyEyeballsDelay }: Settings): void {
  if (path !== undefined) {
    if (typeof path !== "string" || path === "")
      throw misuse("path", "the path of a Unix socket", path, "string")
    if (host !== undefined || port !== undefined)
      throw new TypeError("Expected `path`, or `host` and `port`, not both")
  } else {
    if (host !== undefined && typeof host !== "string")
      throw misuse("host", "a name or an address", host, "string")
    if (!Number.isInteger(port) || (port as number) < 1 || (port as number) > 65_535)
      throw misuse("port", "a port from 1 to 65535", port)
  }
  if (tls !== undefined && typeof tls !== "boolean" && (typeof tls !== "object" || tls === null))
    throw misuse("tls", "true, or the settings of TLS", tls, "none")
  if (typeof happyEyeballsDelay === "number" && happyEyeballsDelay >= 0) return
  if (happyEyeballsDelay !== undefined && happyEyeballsDelay !== null)
    throw misuse("happyEyeballsDelay", "milliseconds or null", happyEyeballsDelay)
}
