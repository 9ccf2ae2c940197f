// The server side of WebSockets.
//
// The same server as for streams, with another entrance: one of HTTP that hands over what asks to be
// upgraded, its own or one of the program. What must stay true: a handler's WebSocket is closed with a
// handshake when the handler has ended, and nobody is upgraded by a server that closes.
import type { IncomingMessage, Server as HttpServer, ServerResponse } from "node:http"
import { createServer } from "node:http"
import { createServer as createSecureServer } from "node:https"
import type { Duplex } from "node:stream"
import { misuse } from "../base/misuse.ts"
import { expectFunction, runOutsideTasks } from "../core/lowlevel.ts"
import { Listener } from "./listener.ts"
import type { WsServer } from "./load-ws.ts"
import { loadWs } from "./load-ws.ts"
import type { Entrance, Host, ServedConnection, Server } from "./server.ts"
import type { SocketAddress } from "./socket-address.ts"
import { listeningAt } from "./socket-address.ts"
import type { ServerOptions } from "./start-server.ts"
import { checkPlace, openServer } from "./start-server.ts"
import type { WebSocketOptions } from "./web-socket-options.ts"
import { checkWebSocketOptions } from "./web-socket-options.ts"
import { WebSocketConnection } from "./web-socket.ts"

/** What a server does with a WebSocket; it is closed when it has ended. */
export type WebSocketHandler = (socket: WebSocketConnection, request: IncomingMessage) => unknown

/** Settings of {@link startWebSocketServer}. */
export interface StartWebSocketServerOptions extends ServerOptions, WebSocketOptions {
  /**
   * A server of `node:http` or `node:https` that is there already, instead of host and port: it goes on
   * when this one is closed. @default one of its own
   */
  readonly server?: HttpServer | undefined
  /** Chooses one of the subprotocols that a client offers; false for none. @default the first */
  readonly chooseProtocol?:
    ((offered: ReadonlySet<string>, request: IncomingMessage) => string | false) | undefined
  /**
   * Looks at a request before it is upgraded: true lets it in, a status of HTTP refuses it, such as 401.
   * @default lets everybody in
   */
  readonly admit?: ((request: IncomingMessage) => true | number) | undefined
}

/**
 * Starts a server that runs `handler`, as a task of its own, for each WebSocket.
 *
 * The package `ws` has to be installed. Like {@link startServer}: the WebSocket is closed when its handler
 * ends (1000, 1011 if it threw, 1001 if it was cancelled), and one that throws is reported.
 *
 * **Cancellation.** The server belongs to the block that starts it: cancelling that cancels all handlers
 * and closes everything. While it starts, leaves nothing open.
 *
 * @param handler - Called with each WebSocket, and the request it came with.
 * @param options.host - Name or address to listen at. @default every address of the machine
 * @param options.port - 0 takes one that is free: `server.port` tells which. @default 0
 * @param options.path - Path of a Unix socket instead.
 * @param options.server - A server of HTTP that is there already, instead.
 * @param options.tls - Settings of `https.createServer()`. @default no TLS
 * @param options.admit - Looks at a request first: true, or a status to refuse with. @default lets all in
 * @param options.chooseProtocol - Chooses one of the subprotocols offered. @default the first
 * @param options.ping - Milliseconds from ping to ping, Infinity for none. @default 30000
 * @param options.maxQueue - Messages that wait before the other side has to. @default 16
 * @param options.maxMessageSize - Bytes of the largest message. @default 16777216
 * @param options.closeTimeout - Milliseconds for the closing handshake. @default 3000
 * @param options.grace - Milliseconds that handlers may take to finish after `close()`. @default 3000
 * @returns The server, for `await using`, or `close()` and `waitClosed()`.
 * @throws {MissingPackageError} If `ws` is not installed.
 * @throws {Error} The system's error if it cannot listen there, with its `code`.
 * @throws {TypeError} If a setting is of the wrong kind.
 *
 * @example Everybody hears everybody
 * ```ts
 * const present = new Set<WebSocketConnection>()
 * await using server = await startWebSocketServer(
 *   async (socket) => {
 *     present.add(socket)
 *     for await (const message of socket) for (const other of present) await other.send(message)
 *     present.delete(socket)
 *   },
 *   { host: "127.0.0.1" },
 * )
 * await using socket = await connectWebSocket(`ws://127.0.0.1:${server.port}/chat`)
 * await socket.send("hello")
 * await socket.receive() // => "hello"
 * ```
 */
export async function startWebSocketServer(
  handler: WebSocketHandler,
  options: StartWebSocketServerOptions = {},
): Promise<Server> {
  expectFunction(handler)
  const place = checkPlace(options)
  const { server: given } = options
  if (
    given !== undefined &&
    (options.port !== undefined || options.host !== undefined || place.path !== null)
  )
    throw new TypeError("Expected `server`, or where to listen, not both")
  if (given !== undefined && typeof (given as { on?: unknown }).on !== "function")
    throw misuse("server", "a server of `node:http`", given, "none")
  checkWebSocketOptions(options, null)
  const { WebSocketServer } = await loadWs()
  const upgrader = new Upgrader(handler, options, (settings) => new WebSocketServer(settings))
  return openServer(options, (host) => {
    if (given !== undefined) return new GivenEntrance(given, upgrader.listenerFor(host))
    const create = (tls: object | null): HttpServer => {
      const server = tls === null ? createServer(refuse) : createSecureServer(tls, refuse)
      return server.on("upgrade", upgrader.listenerFor(host))
    }
    return new Listener(place, { connected() {}, failed: host.failed }, create)
  })
}

type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void

/** Makes connections of requests that ask for it. */
class Upgrader {
  readonly #handler: WebSocketHandler
  readonly #options: StartWebSocketServerOptions
  readonly #server: WsServer

  constructor(
    handler: WebSocketHandler,
    options: StartWebSocketServerOptions,
    create: (settings: object) => WsServer,
  ) {
    this.#handler = handler
    this.#options = options
    const { chooseProtocol } = options
    const choose = chooseProtocol === undefined ? {} : { handleProtocols: chooseProtocol }
    const { ws } = checkWebSocketOptions(options, null)
    this.#server = runOutsideTasks(() => create({ ...ws, ...choose, noServer: true, clientTracking: false }))
  }

  listenerFor(host: Host): UpgradeListener {
    return (request, socket, head) => {
      socket.on("error", ignore)
      try {
        const answer = this.#options.admit?.(request) ?? true
        if (answer === true) this.#upgrade(host, request, socket, head)
        else socket.end(`HTTP/1.1 ${answer} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
      } catch (error) {
        host.failed("A request for a WebSocket could not be looked at", error)
        socket.destroy()
      }
    }
  }

  #upgrade(host: Host, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#server.handleUpgrade(request, socket, head, (ws) => {
      const connection = new WebSocketConnection(ws, checkWebSocketOptions(this.#options, null))
      connection.opened()
      host.admit(new ServedWebSocket(connection, () => this.#handler(connection, request)))
    })
  }
}

class ServedWebSocket implements ServedConnection {
  readonly #connection: WebSocketConnection
  readonly #run: () => unknown
  #isHandled = false

  constructor(connection: WebSocketConnection, run: () => unknown) {
    this.#connection = connection
    this.#run = run
  }

  async handle(): Promise<void> {
    await this.#run()
    this.#isHandled = true
  }

  hangUp(failed: boolean): Promise<void> {
    if (failed) return this.#connection.close(1011, "the handler failed")
    return this.#isHandled ? this.#connection.close() : this.#connection.close(1001, "the server goes away")
  }

  close(): void {
    void this.#connection.close(1001, "the server goes away").catch(ignore)
  }

  abort(): void {
    this.#connection.terminate()
  }
}

/** A server of the program, which listens and closes by itself. */
class GivenEntrance implements Entrance {
  readonly #server: HttpServer
  readonly #upgrade: UpgradeListener
  isListening = false
  isClosed = false

  constructor(server: HttpServer, upgrade: UpgradeListener) {
    this.#server = server
    this.#upgrade = upgrade
  }

  get address(): SocketAddress | string | null {
    const at = this.#server.address()
    if (!this.isListening || at === null) return null
    return typeof at === "string" ? at : (listeningAt(this.#server) ?? null)
  }

  open(): Promise<void> {
    this.isListening = true
    runOutsideTasks(() => this.#server.on("upgrade", this.#upgrade))
    return Promise.resolve()
  }

  close(): void {
    this.isListening = false
    this.isClosed = true
    this.#server.off("upgrade", this.#upgrade)
  }

  untilGone(): Promise<void> {
    return Promise.resolve()
  }
}

function refuse(_: IncomingMessage, response: ServerResponse): void {
  response.writeHead(426, { upgrade: "websocket", connection: "close" }).end()
}

function ignore(): void {}
