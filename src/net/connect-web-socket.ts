// The client side of a WebSocket.
//
// The connection listens from before the handshake is done, since the first messages may come with it.
// What must stay true: an attempt that fails or is cancelled leaves no socket.
import type { ConnectionOptions } from "node:tls"
import { misuse } from "../base/misuse.ts"
import { Future } from "../core/index.ts"
import type { WaitOptions } from "../core/lowlevel.ts"
import { UnclosedWatch, refusedTime, runOutsideTasks } from "../core/lowlevel.ts"
import { timeout } from "../time/index.ts"
import { WebSocketHandshakeError } from "./errors.ts"
import type { WsModule } from "./load-ws.ts"
import { loadWs } from "./load-ws.ts"
import type { WebSocketOptions } from "./web-socket-options.ts"
import { checkWebSocketOptions } from "./web-socket-options.ts"
import { WebSocketConnection } from "./web-socket.ts"

/** Settings of {@link connectWebSocket}. */
export interface ConnectWebSocketOptions extends WebSocketOptions, WaitOptions {
  /** Subprotocols to offer, the preferred one first. @default none */
  readonly protocols?: string | readonly string[] | undefined
  /** Headers of the request, such as `authorization`. @default none */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Settings of `tls.connect()`, for `wss:`. @default none */
  readonly tls?: ConnectionOptions | undefined
}

/**
 * Opens a WebSocket.
 *
 * The package `ws` has to be installed. The other side is {@link startWebSocketServer}; for bytes without
 * messages see {@link openConnection}.
 *
 * **Cancellation.** Leaves nothing open. An open one does not end with its task: close it.
 *
 * @param url - Beginning with `ws:` or `wss:`.
 * @param options.protocols - Subprotocols to offer, the preferred one first. @default none
 * @param options.headers - Headers of the request. @default none
 * @param options.tls - Settings of `tls.connect()`, for `wss:`. @default none
 * @param options.ping - Milliseconds from ping to ping, Infinity for none. @default 30000
 * @param options.maxQueue - Messages that wait before the other side has to. @default 16
 * @param options.maxMessageSize - Bytes of the largest message. @default 16777216
 * @param options.closeTimeout - Milliseconds for the closing handshake. @default 3000
 * @param options.compress - Compress messages if the other side does. @default false
 * @param options.signal - Ends the attempt with `signal.reason` when it aborts. @default none
 * @param options.timeout - Milliseconds for the attempt, after which it throws a TimeoutError. @default no limit
 * @returns The WebSocket, for `await using`, or `close()`.
 * @throws {WebSocketHandshakeError} If the server answered otherwise, with its status.
 * @throws {MissingPackageError} If `ws` is not installed.
 * @throws {Error} The system's error, with its `code`, if nobody answered.
 * @throws {TypeError} If the URL or a setting is of the wrong kind.
 *
 * @example Listen until the server hangs up
 * ```ts no-run
 * await using socket = await connectWebSocket("wss://example.com/prices", { timeout: 5_000 })
 * await socket.send(JSON.stringify({ subscribe: "all" }))
 * for await (const message of socket) console.log(message)
 * ```
 */
export async function connectWebSocket(
  url: string | URL,
  options: ConnectWebSocketOptions = {},
): Promise<WebSocketConnection> {
  const target = checkUrl(url)
  const { signal, timeout: limit = null } = options
  const refused = limit === null ? null : refusedTime("timeout", limit)
  if (refused !== null) return refused
  signal?.throwIfAborted()
  checkWebSocketOptions(options, null)
  const ws = await loadWs()
  if (signal === undefined && limit === null) return connect(ws, target, options)
  return timeout(limit, () => connect(ws, target, options), { signal })
}

async function connect(
  { WebSocket }: WsModule,
  url: URL,
  options: ConnectWebSocketOptions,
): Promise<WebSocketConnection> {
  const count = { open: 1 }
  const checked = checkWebSocketOptions(options, () => void (count.open = 0))
  const { protocols = [], headers, tls } = options
  const offered = typeof protocols === "string" ? [protocols] : [...protocols]
  const opened = new Future<void>()
  const fail = (error: unknown): void => void (opened.done() || opened.setException(error))
  const socket = runOutsideTasks(() => new WebSocket(url, offered, { ...tls, ...checked.ws, headers }))
  const connection = new WebSocketConnection(socket, checked)
  runOutsideTasks(() => {
    socket.on("open", () => void (opened.done() || opened.setResult()))
    socket.on("unexpected-response", (_: never, response: Answer) => {
      fail(new WebSocketHandshakeError(url.href, response.statusCode, response.headers))
      response.destroy()
    })
    socket.on("error", fail)
  })
  try {
    await opened
  } catch (error) {
    opened.cancel()
    socket.terminate()
    throw error
  }
  connection.opened()
  new UnclosedWatch(connection, "A WebSocket", count)
  return connection
}

/** What is used of an answer of HTTP. */
interface Answer {
  readonly statusCode: number
  readonly headers: WebSocketHandshakeError["headers"]
  destroy(): void
}

function checkUrl(url: string | URL): URL {
  const parsed = typeof url === "string" && !URL.canParse(url) ? null : new URL(url)
  if (parsed === null || !/^wss?:$/.test(parsed.protocol))
    throw misuse("url", "a URL that begins with `ws:` or `wss:`", url, "none")
  return parsed
}
