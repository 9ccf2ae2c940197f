// A WebSocket, either side.
//
//   state      | meaning                                           | leaves by
//   connecting | the handshake goes on                             | opened() -> open, refused -> closed
//   open       | messages go both ways                             | close() or the peer -> closing, broken -> closed
//   closing    | the closing handshake goes on                     | done, or its limit is over -> closed
//   closed     | what came before can be received                  | -
//
// Messages wait in a bounded queue; when it is full the socket is paused, so that the peer has to wait.
// Messages of one piece of the network come together, so that some more than the bound may wait. Senders
// stand in one line while much has not left, and are let go one by one: what is sent is sent in order.
import { misuse } from "../base/misuse.ts"
import { TimeoutError } from "../core/index.ts"
import type { WaitOptions } from "../core/lowlevel.ts"
import { WaitList, refusal, runOutsideTasks } from "../core/lowlevel.ts"
import { Event, Queue, QueueShutDownError } from "../sync/index.ts"
import { WebSocketClosedError } from "./errors.ts"
import { KeepAlive } from "./keep-alive.ts"
import type { WsSocket } from "./load-ws.ts"
import type { CheckedWebSocketOptions } from "./web-socket-options.ts"

/** Text as a string, all else as bytes. */
export type WebSocketMessage = string | Uint8Array

/** State of a WebSocket at one moment. */
export interface WebSocketStatistics {
  /** Messages that have come and were not received. */
  readonly queued: number
  /** Tasks that wait for a message. */
  readonly receiving: number
  /** Tasks that wait to send. */
  readonly sending: number
  /** Whether the peer has to wait, as too many messages are queued. */
  readonly paused: boolean
}

/** Bytes that have not left above which senders wait, and below which they go on. */
const highMark = 65_536
const lowMark = 16_384

/** Closed in order: the loop over messages ends without an error. */
const inOrder = new Set([1000, 1001, 1005])

/**
 * A WebSocket: messages come as an async iterable, and are sent with `send()`.
 *
 * Two people who pass notes. {@link connectWebSocket} opens one, {@link startWebSocketServer} gives one
 * to each of its handlers. Who reads slowly makes the other side wait.
 *
 * **Cancellation.** Safe: a cancelled receive has taken no message, a cancelled send has sent none. Leaving
 * an `await using` closes it with a handshake, also by a cancel, and breaks it off if that takes too long.
 * **Fairness.** Receivers and senders go on in order of arrival.
 * **Pitfall.** While nobody receives and the queue is full, pings of the other side are not answered either.
 *
 * @example In an echo
 * ```ts
 * await using server = await startWebSocketServer(
 *   async (socket) => {
 *     for await (const message of socket) await socket.send(message)
 *   },
 *   { host: "127.0.0.1" },
 * )
 * await using socket = await connectWebSocket(`ws://127.0.0.1:${server.port}`)
 * await socket.send("hello")
 * await socket.receive() // => "hello"
 * ```
 */
export class WebSocketConnection implements AsyncIterable<WebSocketMessage>, AsyncDisposable {
  readonly #socket: WsSocket
  readonly #options: CheckedWebSocketOptions
  readonly #messages = new Queue<WebSocketMessage>()
  readonly #closed = new Event()
  readonly #keepAlive: KeepAlive
  /** Set when it is closed. */
  #end: { readonly code: number; readonly reason: string } | null = null
  /** What broke the connection. */
  #cause: unknown = null
  /** Whether this side has begun to close. */
  #isLeaving = false
  /** Whether much was sent that has not left. */
  #isFull = false
  readonly #senders: WaitList<void> = new WaitList<void>("web socket send", () => {
    // The turn goes to the next; the line still counts who leaves it as on its way.
    if (!this.#isFull) this.#senders.serve(undefined)
    return true
  })

  /** @internal Made by {@link connectWebSocket} and {@link startWebSocketServer}. */
  constructor(socket: WsSocket, options: CheckedWebSocketOptions) {
    this.#socket = socket
    this.#options = options
    const peer = { isDeaf: () => socket.isPaused, ping: () => this.#ping(), dead: () => this.#dead() }
    this.#keepAlive = new KeepAlive(peer, options.ping)
    runOutsideTasks(() => this.#listen())
  }

  /** The subprotocol that both sides agreed on; empty for none. */
  get protocol(): string {
    return this.#socket.protocol
  }

  /** Code it was closed with; null while it is not. 1006 if it broke, 1005 if none was given. */
  get closeCode(): number | null {
    return this.#end?.code ?? null
  }

  /** Reason it was closed with; null while it is not. */
  get closeReason(): string | null {
    return this.#end?.reason ?? null
  }

  /** Whether it is closed, or this side is closing it. */
  isClosing(): boolean {
    return this.#isLeaving || this.#end !== null
  }

  /**
   * Waits for the next message.
   *
   * **Cancellation.** Safe: no message is taken.
   *
   * @param options.signal - Ends the wait with `signal.reason` when it aborts. @default none
   * @param options.timeout - Milliseconds after which the wait throws a TimeoutError. @default no limit
   * @throws {WebSocketClosedError} If it is closed and all that had come was received.
   */
  async receive(options?: WaitOptions): Promise<WebSocketMessage> {
    try {
      const message = this.#messages.get(options)
      this.#readOn()
      return await message
    } catch (error) {
      if (error instanceof QueueShutDownError) throw this.#closedError("receive")
      throw error
    }
  }

  /**
   * Sends a message, waiting while much of what was sent before has not left.
   *
   * **Cancellation.** Safe: the message is not sent if this throws.
   *
   * @param message - Text, or bytes.
   * @param options.signal - Ends the wait with `signal.reason` when it aborts. @default none
   * @param options.timeout - Milliseconds after which the wait throws a TimeoutError. @default no limit
   * @throws {WebSocketClosedError} If it is closed, or closing.
   * @throws {TypeError} If `message` is neither text nor bytes.
   */
  async send(message: WebSocketMessage, options?: WaitOptions): Promise<void> {
    if (typeof message !== "string" && !(message instanceof Uint8Array))
      throw misuse("message", "text or a Uint8Array; for others use JSON.stringify", message, "none")
    const refused = refusal(options)
    if (refused !== null) return refused
    if (this.isClosing()) throw this.#closedError("send")
    if (this.#isFull || this.#senders.size > 0 || this.#senders.isServing)
      await this.#senders.wait(undefined, options)
    else if (this.#senders.isTurnDue()) await this.#senders.pass(undefined, undefined)
    if (this.isClosing()) throw this.#closedError("send")
    this.#socket.send(message, { binary: typeof message !== "string" }, this.#sent)
    this.#isFull = this.#socket.bufferedAmount > highMark
    this.#letSend()
  }

  /**
   * Closes it: what was sent leaves first, then both sides say goodbye.
   *
   * **Cancellation.** Breaks the connection off. So does a handshake that takes longer than `closeTimeout`.
   *
   * @param code - 1000, or from 3000 to 4999 with a meaning of your own; 1001 for a side that goes away,
   * 1008 for a breach of rules, 1011 for an error. @default 1000
   * @param reason - At most 123 bytes. @default ""
   */
  async close(code = 1000, reason = ""): Promise<void> {
    if (this.#end !== null) return
    if (!this.#isLeaving) this.#leave(code, reason)
    try {
      await this.#closed.wait({ timeout: this.#options.closeTimeout })
    } catch (error) {
      this.terminate()
      if (!(error instanceof TimeoutError)) throw error
      await this.#closed.wait()
    }
  }

  /** Breaks the connection off, without a closing handshake. */
  terminate(): void {
    if (this.#end !== null) return
    this.#isLeaving = true
    this.#socket.terminate()
  }

  /**
   * Waits until it is closed, by whichever side.
   *
   * **Cancellation.** Ends the wait.
   *
   * @param options.signal - Ends the wait with `signal.reason` when it aborts. @default none
   * @param options.timeout - Milliseconds after which the wait throws a TimeoutError. @default no limit
   */
  async waitClosed(options?: WaitOptions): Promise<void> {
    await this.#closed.wait(options)
  }

  /** Gives messages until it is closed; throws a {@link WebSocketClosedError} if that was not in order. */
  async *[Symbol.asyncIterator](): AsyncGenerator<WebSocketMessage, void, void> {
    for (;;) {
      let message: WebSocketMessage
      try {
        message = await this.receive()
      } catch (error) {
        if (error instanceof WebSocketClosedError && (this.#isLeaving || inOrder.has(error.closeCode))) return
        throw error
      }
      yield message
    }
  }

  statistics(): WebSocketStatistics {
    const { size, getters } = this.#messages.statistics()
    return { queued: size, receiving: getters, sending: this.#senders.size, paused: this.#socket.isPaused }
  }

  toString(): string {
    const { queued } = this.statistics()
    const state = this.#end !== null ? ` closed ${this.#end.code}` : this.#isLeaving ? " closing" : ""
    return `<WebSocketConnection${state} queued=${queued}>`
  }

  /** Closes it, and waits until it is. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** @internal The handshake is done. */
  opened(): void {
    this.#keepAlive.start()
  }

  #listen(): void {
    const socket = this.#socket
    socket.on("message", (data: Uint8Array, isBinary: boolean) => this.#arrived(data, isBinary))
    socket.on("ping", () => this.#keepAlive.heard())
    socket.on("pong", () => this.#keepAlive.heard())
    socket.on("error", (error: Error) => {
      this.#cause ??= error
    })
    socket.on("close", (code: number, reason: Uint8Array) =>
      this.#ended(code, Buffer.from(reason).toString()),
    )
  }

  #arrived(data: Uint8Array, isBinary: boolean): void {
    this.#keepAlive.heard()
    if (this.#isLeaving) return
    const message = isBinary
      ? new Uint8Array(data.buffer, data.byteOffset, data.length)
      : (data as Buffer).toString("utf8")
    this.#messages.putNowait(message)
    if (this.#messages.size >= this.#options.maxQueue) this.#socket.pause()
  }

  /** Goes on reading when half of the queue is free. */
  #readOn(): void {
    if (this.#socket.isPaused && this.#messages.size <= this.#options.maxQueue / 2) this.#socket.resume()
  }

  readonly #sent = (): void => {
    if (!this.#isFull || this.#socket.bufferedAmount > lowMark) return
    this.#isFull = false
    this.#letSend()
  }

  /** Lets the next sender go, if there is room and none is on its way. */
  #letSend(): void {
    if (!this.#isFull && !this.#senders.isServing) this.#senders.serve(undefined)
  }

  #leave(code: number, reason: string): void {
    this.#socket.close(code, reason)
    this.#isLeaving = true
    this.#keepAlive.stop()
    this.#senders.failAll(this.#closedError("send"))
    // The answer to the goodbye is to be read; messages before it are dropped.
    this.#socket.resume()
  }

  #ping(): void {
    if (this.#socket.readyState === open) this.#socket.ping()
  }

  #dead(): void {
    this.#cause ??= new TimeoutError(`No sign of life within ${this.#options.ping} ms after a ping`)
    this.#socket.terminate()
  }

  #ended(code: number, reason: string): void {
    if (this.#end !== null) return
    this.#end = { code, reason }
    this.#keepAlive.stop()
    this.#messages.shutdown()
    this.#senders.failAll(this.#closedError("send"))
    this.#closed.set()
    this.#options.onClosed?.()
  }

  #closedError(action: string): WebSocketClosedError {
    const { code, reason } = this.#end ?? { code: 1000, reason: "closed by this side" }
    return new WebSocketClosedError(action, code, reason, this.#cause)
  }
}

/** `readyState` of an open socket. */
const open = 1
