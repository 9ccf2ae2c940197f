// A server whose connections are tasks.
//
//   state   | meaning                                            | leaves by
//   idle    | made, nobody can connect                           | startServing() -> serving, close() -> closing
//   serving | each connection that comes becomes a task          | close() -> closing, cancelled -> ending
//   closing | nobody new; handlers may finish                    | all have, or `grace` is over -> ending
//   ending  | what is left was cancelled, and is waited for      | the last one has ended -> closed
//   closed  | no task, no socket, no path                        | -
//
// One task holds the group of the handlers, and ends with the scope that made the server: a request for
// that scope reaches all of them. A handler that throws harms its
// own connection alone. What must stay true: a connection is closed before its task has ended.
import type { Socket } from "node:net"
import type { Task, TaskGroup } from "../core/index.ts"
import { InvalidStateError, isCancelled, rethrowCancelled, taskGroup } from "../core/index.ts"
import type { Scope, WaitOptions } from "../core/lowlevel.ts"
import { captureContext, currentScope, reportProblem, spawn } from "../core/lowlevel.ts"
import { StreamReader, StreamWriter } from "../stream/index.ts"
import { Event } from "../sync/index.ts"
import { moveOnAfter } from "../time/index.ts"
import { endWithScope } from "./end-with-scope.ts"
import type { ListenerPlace } from "./listener.ts"
import { Listener } from "./listener.ts"
import type { SocketAddress } from "./socket-address.ts"
import { SocketTransport } from "./socket-transport.ts"

/** What a server does with a connection; the connection is closed when it has ended. */
export type ConnectionHandler = (reader: StreamReader, writer: StreamWriter) => unknown

/** State of a server at one moment. */
export interface ServerStatistics {
  /** Connections whose handler has not ended. */
  readonly open: number
  /** Connections that came in all. */
  readonly accepted: number
  /** Handlers that threw. */
  readonly failed: number
}

/** How a server is made. */
export interface ServerSettings extends ListenerPlace {
  /** Limit of each reader. */
  readonly limit: number | undefined
  /** Milliseconds that handlers may take to finish after `close()`. */
  readonly grace: number
}

/**
 * A server that was started by {@link startServer}; each of its connections is a task.
 *
 * A shop: it opens, it lets nobody in any more but serves who is inside, and in the end the lights go out.
 *
 * **Cancellation.** Cancelling the scope that started it cancels all handlers and closes everything.
 * **Pitfall.** It ends with the block that started it: to serve for as long as the program runs,
 * `await server.serveForever()`.
 *
 * @example Its life
 * ```ts
 * const server = await startServer((reader, writer) => pipe(reader, writer), { host: "127.0.0.1", port: 0 })
 * server.isServing() // => true
 * server.close()
 * await server.waitClosed()
 * server.isServing() // => false
 * ```
 */
export class Server implements AsyncDisposable {
  readonly #handler: ConnectionHandler
  readonly #settings: ServerSettings
  readonly #listener: Listener
  /** Connections whose handler has not ended. */
  readonly #open = new Set<SocketTransport>()
  /** Set by `close()`. */
  readonly #closing = new Event()
  /** Set while no connection is open. */
  readonly #empty = new Event()
  /** Set when nothing of it is left. */
  readonly #ended = new Event()
  readonly #count = { accepted: 0, failed: 0 }
  readonly #scope: Scope
  /** The group of the handlers, and the context they start in: as it was when the server was made. */
  #hall: { readonly group: TaskGroup; readonly context: ReturnType<typeof captureContext> } | null = null
  readonly #task: Task<void>

  /** @internal Made by {@link startServer}. */
  constructor(handler: ConnectionHandler, settings: ServerSettings) {
    this.#handler = handler
    this.#settings = settings
    this.#scope = currentScope()
    this.#listener = new Listener(settings, {
      connected: (socket) => this.#accept(socket),
      failed: (message, error) => reportProblem(this.#scope, { message, error }),
    })
    this.#empty.set()
    this.#task = spawn(() => this.#live(), { name: "server", eager: true })
    endWithScope(this.#task)
    // Also if it was cancelled before its first step.
    this.#task.addListener({
      futureDone: () => {
        this.close()
        this.#ended.set()
      },
    })
  }

  /** The port it listens at; 0 if it does not, or not on TCP. */
  get port(): number {
    const { address } = this.#listener
    return address === null || typeof address === "string" ? 0 : address.port
  }

  /** Where it listens: an address or a path, none while it does not. */
  get sockets(): readonly (SocketAddress | string)[] {
    const { address } = this.#listener
    return address === null ? [] : [address]
  }

  /** Whether it accepts connections. */
  isServing(): boolean {
    return this.#listener.isListening
  }

  /**
   * Begins to accept connections, if it was started without; nothing happens if it does already.
   *
   * **Cancellation.** Leaves nothing open; it can be tried again.
   *
   * @throws {InvalidStateError} If it was closed.
   */
  async startServing(): Promise<void> {
    if (this.#listener.isClosed) throw new InvalidStateError("Cannot start serving: the server was closed")
    if (!this.isServing()) await this.#listener.open()
  }

  /**
   * Serves until it is closed, by somebody else or by a cancel of this wait.
   *
   * **Cancellation.** Closes the server, waits as `waitClosed()` does, then throws.
   *
   * @param options.signal - Ends the wait with `signal.reason` when it aborts. @default none
   * @param options.timeout - Milliseconds after which the wait throws a TimeoutError. @default no limit
   * @throws {InvalidStateError} If it was closed before.
   */
  async serveForever(options?: WaitOptions): Promise<void> {
    await this.startServing()
    try {
      await this.#closing.wait(options)
    } catch (error) {
      this.close()
      await this.waitClosed()
      throw error
    }
    await this.waitClosed()
  }

  /** Accepts nobody any more; handlers may finish, and are cancelled after `grace`. */
  close(): void {
    this.#listener.close()
    this.#closing.set()
  }

  /** Closes every connection once what was written to it has left: its reader is at its end. */
  closeClients(): void {
    for (const transport of this.#open) transport.close()
  }

  /** Breaks every connection off. */
  abortClients(): void {
    for (const transport of this.#open) transport.abort()
  }

  /**
   * Waits until it is closed and every handler has ended.
   *
   * **Cancellation.** Ends the wait; the server goes on closing.
   *
   * @param options.signal - Ends the wait with `signal.reason` when it aborts. @default none
   * @param options.timeout - Milliseconds after which the wait throws a TimeoutError. @default no limit
   */
  async waitClosed(options?: WaitOptions): Promise<void> {
    await this.#ended.wait(options)
  }

  statistics(): ServerStatistics {
    return { open: this.#open.size, ...this.#count }
  }

  toString(): string {
    const state = this.#task.done()
      ? "closed"
      : this.#closing.isSet()
        ? "closing"
        : this.isServing()
          ? "serving"
          : "idle"
    const at = this.sockets.map((one) => (typeof one === "string" ? one : `${one.address}:${one.port}`))
    return `<Server ${[state, ...at].join(" ")} open=${this.#open.size}>`
  }

  /** Closes, and waits; left by a cancel, handlers are cancelled at once. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
    if (currentScope().requestInForce() !== null) this.#task.cancel("the server's owner was cancelled")
    try {
      await this.waitClosed()
    } catch (error) {
      this.#task.cancel(error)
      throw error
    }
  }

  async #live(): Promise<void> {
    try {
      await taskGroup(async (group) => {
        this.#hall = { group, context: captureContext("tsyncio.server") }
        await this.#closing.wait()
        const { grace } = this.#settings
        await moveOnAfter(grace === Infinity ? null : grace, () => this.#empty.wait())
        group.cancel("the server was closed")
      })
    } finally {
      this.close()
      await this.#listener.untilGone()
    }
  }

  #accept(socket: Socket): void {
    const { limit, path } = this.#settings
    if (this.#hall === null || this.#closing.isSet()) {
      socket.destroy()
      return
    }
    this.#count.accepted += 1
    const reader = new StreamReader({ limit })
    const transport = new SocketTransport(socket, reader, {
      isServer: true,
      host: null,
      path,
      onLost: () => {},
    })
    this.#open.add(transport)
    this.#empty.clear()
    const { group, context } = this.#hall
    context.runInAsyncScope(() => {
      const task = group.createTask(() => this.#handle(reader, new StreamWriter(transport)), {
        name: "connection",
      })
      // Also of a task that was cancelled before its first step.
      task.addListener({ futureDone: () => this.#left(transport) })
    })
  }

  async #handle(reader: StreamReader, writer: StreamWriter): Promise<void> {
    try {
      await this.#handler(reader, writer)
    } catch (error) {
      rethrowCancelled(error)
      this.#count.failed += 1
      reportProblem(this.#scope, { message: "The handler of a connection failed", error })
    } finally {
      await this.#hangUp(writer)
    }
  }

  /** That something of the last bytes was lost is told to nobody: the other side has left. */
  async #hangUp(writer: StreamWriter): Promise<void> {
    try {
      await writer[Symbol.asyncDispose]()
    } catch (error) {
      if (isCancelled(error)) throw error
    }
  }

  #left(transport: SocketTransport): void {
    transport.abort()
    this.#open.delete(transport)
    if (this.#open.size === 0) this.#empty.set()
  }
}
