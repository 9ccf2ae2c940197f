// A socket of Node's as the transport of a reader and a writer.
//
//   state     | meaning                                              | leaves by
//   open      | bytes go both ways                                   | startTls, close, abort, the socket closes
//   upgrading | a handshake has the socket: nothing is written       | done -> open, failed -> lost
//   closing   | what was written is being sent; nothing is read      | the socket closes -> lost
//   lost      | the socket is closed                                 | -
//
// Events of the socket go straight to the reader and to the flow; nothing is copied or kept here. What
// must stay true: from `close` on the reader is at its end, and what the other side had sent in whole
// stays readable, whatever breaks afterwards.
import type { Socket } from "node:net"
import { TLSSocket } from "node:tls"
import { Future, InvalidStateError, isCancelled } from "../core/index.ts"
import { runOutsideTasks } from "../core/lowlevel.ts"
import type { StreamReader, Transport } from "../stream/index.ts"
import { ConnectionResetError, WriteFlow } from "../stream/index.ts"
import type { SocketAddress } from "./socket-address.ts"
import { ownAddressOf, peerOf } from "./socket-address.ts"
import { socketLoss } from "./socket-loss.ts"
import { clientHandshake, serverHandshake } from "./handshake.ts"

/** What a transport has to know of its connection. */
export interface SocketOrigin {
  /** Whether this side accepted the connection. */
  readonly isServer: boolean
  /** The name that was connected to; null for none. */
  readonly host: string | null
  /** The Unix path; null on TCP. */
  readonly path: string | null
  /** Called once when the socket is closed. */
  readonly onLost: (transport: SocketTransport) => void
}

export class SocketTransport implements Transport {
  readonly flow: WriteFlow = new WriteFlow()
  readonly #reader: StreamReader
  readonly #origin: SocketOrigin
  #socket: Socket
  #state: "open" | "upgrading" | "closing" | "lost" = "open"
  /** What broke the socket; null if nothing did, or this side broke it off. */
  #error: Error | null = null
  #isAborted = false
  /** Whether the reader was told that nothing more comes. */
  #isAtEof = false
  readonly #peer: SocketAddress | string | undefined
  readonly #own: SocketAddress | string | undefined

  constructor(socket: Socket, reader: StreamReader, origin: SocketOrigin) {
    this.#socket = socket
    this.#reader = reader
    this.#origin = origin
    this.#peer = peerOf(socket) ?? (origin.isServer ? undefined : (origin.path ?? undefined))
    this.#own = ownAddressOf(socket) ?? (origin.isServer ? (origin.path ?? undefined) : undefined)
    this.#attach()
    reader.setTransport(this)
  }

  write(data: Uint8Array | string): void {
    if (this.#state === "upgrading") throw new InvalidStateError("Cannot write: TLS is being started")
    if (this.#state !== "open") return
    // What the system took at once counts as well for Node, which tells of `drain` later: not waited for.
    if (!this.#socket.write(data) && this.#socket.writableLength > 0) this.flow.pause()
  }

  canWriteEof(): boolean {
    return !(this.#socket instanceof TLSSocket)
  }

  writeEof(): void {
    // A socket that is ending tells no `drain` any more.
    if (this.#state === "open") this.#socket.end(() => this.flow.resume())
  }

  close(): void {
    if (this.#state === "upgrading") this.abort()
    if (this.#state !== "open") return
    this.#state = "closing"
    this.#socket.off("data", this.#onData)
    this.#finishReading()
    this.#socket.destroySoon()
  }

  abort(): void {
    if (this.#state === "lost") return
    this.#state = "closing"
    this.#isAborted = true
    this.#socket.off("data", this.#onData)
    this.#finishReading()
    this.#socket.destroy()
  }

  isClosing(): boolean {
    return this.#state === "closing" || this.#state === "lost"
  }

  pauseReading(): void {
    if (this.#state === "open") this.#socket.pause()
  }

  resumeReading(): void {
    if (this.#state === "open") this.#socket.resume()
  }

  extraInfo(name: string): unknown {
    const socket = this.#socket
    if (name === "socket") return socket
    if (name === "peername") return this.#peer
    if (name === "sockname") return this.#own
    if (!(socket instanceof TLSSocket)) return undefined
    if (name === "tls") return socket
    if (name === "cipher") return socket.getCipher()
    if (name === "protocol") return socket.getProtocol() ?? undefined
    return name === "peercert" ? socket.getPeerCertificate() : undefined
  }

  async startTls(options: object): Promise<void> {
    const raw = this.#socket
    if (raw instanceof TLSSocket) throw new InvalidStateError("Cannot start TLS: it was started before")
    if (this.#state !== "open")
      throw new InvalidStateError(`Cannot start TLS: the connection is ${this.#state}`)
    if (this.#isAtEof)
      throw new InvalidStateError("Cannot start TLS: the other side has ended the connection")
    this.#state = "upgrading"
    let secure: TLSSocket
    try {
      await this.#flushed()
      this.#expectUpgrading()
      this.#detach()
      const early = this.#reader.takeBuffered()
      raw.pause()
      if (early.length > 0) raw.unshift(early)
      const { isServer, host } = this.#origin
      secure = isServer ? await serverHandshake(raw, options) : await clientHandshake(raw, options, host)
      this.#expectUpgrading()
    } catch (error) {
      this.#giveUp(raw, error)
      throw error
    }
    this.#socket = secure
    this.#state = "open"
    this.#attach()
  }

  toString(): string {
    const kind = this.#socket instanceof TLSSocket ? "TLS socket" : "socket"
    return `<${kind} ${this.#state}>`
  }

  // Handlers belong to nobody: a task that ends is not kept alive by a socket that goes on.
  #attach(): void {
    const socket = this.#socket
    runOutsideTasks(() => {
      socket.on("data", this.#onData)
      socket.once("end", this.#onEnd)
      socket.on("drain", this.#onDrain)
      socket.on("error", this.#onError)
      socket.once("close", this.#onClose)
    })
  }

  #detach(): void {
    const socket = this.#socket
    socket.off("data", this.#onData)
    socket.off("end", this.#onEnd)
    socket.off("drain", this.#onDrain)
    socket.off("close", this.#onClose)
  }

  readonly #onData = (data: Uint8Array): void => {
    if (this.#state === "open" || this.#state === "upgrading") this.#reader.feedData(data)
  }

  readonly #onEnd = (): void => this.#finishReading()

  readonly #onDrain = (): void => this.flow.resume()

  readonly #onError = (error: Error): void => {
    this.#error ??= error
  }

  readonly #onClose = (): void => {
    const error = this.#isAborted || this.#error === null ? null : socketLoss(this.#error)
    const hasUnsent = this.flow.isPaused || (this.#state === "closing" && !this.#socket.writableFinished)
    this.#state = "lost"
    if (error !== null && !this.#isAtEof) this.#reader.setException(error)
    else this.#finishReading()
    this.flow.lose(error, hasUnsent)
    this.#origin.onLost(this)
  }

  #finishReading(): void {
    if (this.#isAtEof) return
    this.#isAtEof = true
    this.#reader.feedEof()
  }

  /** Waits until all that was written has left. */
  async #flushed(): Promise<void> {
    if (this.#socket.writableLength === 0) return
    const sent = new Future<void>()
    this.#socket.write("", () => void (sent.done() || sent.setResult()))
    await sent
  }

  /** The connection may be closed, or break, while a handshake goes on. */
  #expectUpgrading(): void {
    if (this.#state === "upgrading") return
    throw new ConnectionResetError("Cannot start TLS: the connection was closed meanwhile")
  }

  /** A handshake came to nothing: half of one is of no use. */
  #giveUp(raw: Socket, error: unknown): void {
    if (this.#state === "lost") return
    if (isCancelled(error)) this.#isAborted = true
    else if (error instanceof Error) this.#error ??= error
    if (raw.closed) this.#onClose()
    else if (!raw.listeners("close").includes(this.#onClose)) raw.once("close", this.#onClose)
    raw.destroy()
  }
}
