// The listening part of a server: opens the port or path, hands over what connects, and lets go of it.
//
//   state     | meaning                              | leaves by
//   idle      | nobody can connect                   | open() -> opening
//   opening   | the system is asked                  | listening, or failed -> idle
//   listening | connections are handed over          | close() -> closed
//   closed    | for good                             | -
//
// With TLS a connection is handed over when its handshake is done; those that have not come so far are
// known as well, so that a server that closes leaves none. Listens outside any task's context.
import type { Server as NetServer, Socket } from "node:net"
import { createServer } from "node:net"
import type { TlsOptions } from "node:tls"
import { createServer as createTlsServer } from "node:tls"
import { Future, InvalidStateError } from "../core/index.ts"
import { runOutsideTasks } from "../core/lowlevel.ts"
import { highMark } from "./connect-socket.ts"
import type { Entrance } from "./server.ts"
import type { SocketAddress } from "./socket-address.ts"
import { listeningAt } from "./socket-address.ts"
import type { ClaimedPath } from "./claim-path.ts"
import { claimPath } from "./claim-path.ts"

/** Where to listen. */
export interface ListenerPlace {
  readonly host: string | undefined
  readonly port: number
  /** A Unix path instead of host and port; null for TCP. */
  readonly path: string | null
  readonly backlog: number
  /** Settings of TLS; null for none. */
  readonly tls: TlsOptions | null
  /** Whether the path is removed in the end. */
  readonly removesPath: boolean
}

/** Makes a server of Node's that hands its connections over by itself, such as one of HTTP. */
export type CreateServer = (tls: TlsOptions | null) => NetServer

/** Who is told of what happens. */
export interface ListenerEvents {
  /** Not called for a server that was made by a {@link CreateServer}. */
  readonly connected: (socket: Socket) => void
  /** Something failed that belongs to no connection that was handed over. */
  readonly failed: (message: string, error: unknown) => void
}

export class Listener implements Entrance {
  readonly #place: ListenerPlace
  readonly #events: ListenerEvents
  readonly #server: NetServer
  #state: "idle" | "opening" | "listening" | "closed" = "idle"
  #claimed: ClaimedPath | null = null
  #address: SocketAddress | string | null = null
  /** With TLS: connections whose handshake goes on. */
  readonly #arriving = new Set<Socket>()
  /** Done when the system has said that it listens, or why not; null while it is not asked. */
  #asked: Future<void> | null = null
  /** Done when the system has let go of the port. */
  readonly #gone = new Future<void>()

  constructor(place: ListenerPlace, events: ListenerEvents, create?: CreateServer) {
    this.#place = place
    this.#events = events
    this.#server = runOutsideTasks(() => create?.(place.tls) ?? this.#create())
      .on("listening", this.#onListening)
      .on("error", this.#onError)
  }

  get isListening(): boolean {
    return this.#state === "listening"
  }

  get isClosed(): boolean {
    return this.#state === "closed"
  }

  /** Where it listens; null if it does not. */
  get address(): SocketAddress | string | null {
    return this.isListening ? this.#address : null
  }

  /** Listens; leaves nothing open if that fails or is cancelled. */
  async open(): Promise<void> {
    if (this.#state !== "idle")
      throw new InvalidStateError(`Cannot start serving: the server is ${this.#state}`)
    this.#state = "opening"
    const { path, removesPath } = this.#place
    try {
      if (path === null) await this.#listen(null)
      else {
        const claimed = await claimPath(path, (own) => this.#listen(own))
        this.#claimed = removesPath ? claimed : null
      }
    } catch (error) {
      if (this.#state === "opening") this.#state = "idle"
      this.#server.close()
      throw error
    }
    // `close()` may have come while the system was asked.
    if (this.#isClosedNow()) throw new InvalidStateError("Cannot start serving: the server was closed")
    this.#address = path ?? listeningAt(this.#server) ?? null
    this.#state = "listening"
  }

  /** Stops listening; connections that were handed over go on. */
  close(): void {
    if (this.#state === "closed") return
    const wasIdle = this.#state === "idle"
    this.#state = "closed"
    this.#claimed?.release()
    for (const socket of this.#arriving) socket.destroy()
    if (wasIdle) this.#gone.setResult()
    else this.#server.close(() => this.#gone.setResult())
    // Of HTTP: what is not handed over.
    ;(this.#server as { closeAllConnections?: () => void }).closeAllConnections?.()
  }

  /** Waits until the port is free and every socket closed. */
  async untilGone(): Promise<void> {
    if (!this.#gone.done()) await this.#gone.join()
  }

  #isClosedNow(): boolean {
    if (this.#state !== "closed") return false
    this.#claimed?.release()
    return true
  }

  #create(): NetServer {
    const { tls } = this.#place
    // Who hangs up in a handshake is gone; else one half of a connection may be closed.
    const options = { allowHalfOpen: tls === null, noDelay: true, highWaterMark: highMark }
    const connected = (socket: Socket): void => {
      socket.allowHalfOpen = true
      if (this.#state === "listening") this.#events.connected(socket)
      else socket.destroy()
    }
    if (tls === null) return createServer(options, connected)
    const server = createTlsServer({ ...tls, ...options }, (socket) => connected(socket))
    server.on("connection", (socket: Socket) => {
      this.#arriving.add(socket)
      socket.once("close", () => this.#arriving.delete(socket))
    })
    server.on("secureConnection", (socket) => {
      const { _parent: raw } = socket as unknown as { readonly _parent?: Socket }
      if (raw !== undefined) this.#arriving.delete(raw)
    })
    server.on("tlsClientError", (_, socket) => socket.destroy())
    return server
  }

  async #listen(path: string | null): Promise<void> {
    const { host, port, backlog } = this.#place
    const at = path === null ? { port, ...(host === undefined ? {} : { host }) } : { path }
    const asked = new Future<void>()
    this.#asked = asked
    try {
      runOutsideTasks(() => this.#server.listen({ ...at, backlog }))
      await asked
    } finally {
      asked.cancel()
      this.#asked = null
    }
  }

  readonly #onListening = (): void => {
    // Asked for, and given up while a name was looked up.
    if (this.#asked === null || this.#asked.done()) this.#server.close()
    else this.#asked.setResult()
  }

  readonly #onError = (error: Error): void => {
    if (this.#asked === null) this.#events.failed("A server could not accept a connection", error)
    else if (!this.#asked.done()) this.#asked.setException(error)
  }
}
