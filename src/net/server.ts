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
import type { Task, TaskGroup } from "../core/index.ts"
import { InvalidStateError, rethrowCancelled, taskGroup } from "../core/index.ts"
import type { Scope, WaitOptions } from "../core/lowlevel.ts"
import { captureContext, currentScope, reportProblem, spawn } from "../core/lowlevel.ts"
import { Event } from "../sync/index.ts"
import { moveOnAfter } from "../time/index.ts"
import { endWithScope } from "./end-with-scope.ts"
import type { SocketAddress } from "./socket-address.ts"

/** One connection as its server sees it. */
export interface ServedConnection {
  /** Runs the handler. What it throws is reported. */
  handle(): unknown
  /** Ends the connection in order; `failed` if the handler threw. */
  hangUp(failed: boolean): Promise<void>
  /** Begins to close it. */
  close(): void
  /** Breaks it off; nothing happens if it is closed. */
  abort(): void
}

/** Where connections come in. */
export interface Entrance {
  readonly isListening: boolean
  readonly isClosed: boolean
  /** Where it listens; null if it does not. */
  readonly address: SocketAddress | string | null
  /** Listens; leaves nothing open if that fails or is cancelled. */
  open(): Promise<void>
  /** Stops listening; connections that were handed over go on. */
  close(): void
  /** Waits until nothing of it is left. */
  untilGone(): Promise<void>
}

/** What an entrance is given by its server. */
export interface Host {
  /** Makes a task of a connection. */
  readonly admit: (connection: ServedConnection) => void
  /** Something failed that belongs to no connection. */
  readonly failed: (message: string, error: unknown) => void
}

/** State of a server at one moment. */
export interface ServerStatistics {
  /** Connections whose handler has not ended. */
  readonly open: number
  /** Connections that came in all. */
  readonly accepted: number
  /** Handlers that threw. */
  readonly failed: number
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
  readonly #entrance: Entrance
  /** Milliseconds that handlers may take to finish after `close()`. */
  readonly #grace: number
  /** Connections whose handler has not ended. */
  readonly #open = new Set<ServedConnection>()
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
  constructor(grace: number, openEntrance: (host: Host) => Entrance) {
    this.#grace = grace
    this.#scope = currentScope()
    this.#entrance = openEntrance({
      admit: (connection) => this.#admit(connection),
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
    const { address } = this.#entrance
    return address === null || typeof address === "string" ? 0 : address.port
  }

  /** Where it listens: an address or a path, none while it does not. */
  get sockets(): readonly (SocketAddress | string)[] {
    const { address } = this.#entrance
    return address === null ? [] : [address]
  }

  /** Whether it accepts connections. */
  isServing(): boolean {
    return this.#entrance.isListening
  }

  /**
   * Begins to accept connections, if it was started without; nothing happens if it does already.
   *
   * **Cancellation.** Leaves nothing open; it can be tried again.
   *
   * @throws {InvalidStateError} If it was closed.
   */
  async startServing(): Promise<void> {
    if (this.#entrance.isClosed) throw new InvalidStateError("Cannot start serving: the server was closed")
    if (!this.isServing()) await this.#entrance.open()
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
    this.#entrance.close()
    this.#closing.set()
  }

  /** Closes every connection once what was written to it has left: its reader is at its end. */
  closeClients(): void {
    for (const connection of this.#open) connection.close()
  }

  /** Breaks every connection off. */
  abortClients(): void {
    for (const connection of this.#open) connection.abort()
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
        await moveOnAfter(this.#grace === Infinity ? null : this.#grace, () => this.#empty.wait())
        group.cancel("the server was closed")
      })
    } finally {
      this.close()
      await this.#entrance.untilGone()
    }
  }

  #admit(connection: ServedConnection): void {
    if (this.#hall === null || this.#closing.isSet()) {
      connection.abort()
      return
    }
    this.#count.accepted += 1
    this.#open.add(connection)
    this.#empty.clear()
    const { group, context } = this.#hall
    context.runInAsyncScope(() => {
      const task = group.createTask(() => this.#handle(connection), { name: "connection" })
      // Also of a task that was cancelled before its first step.
      task.addListener({ futureDone: () => this.#left(connection) })
    })
  }

  async #handle(connection: ServedConnection): Promise<void> {
    let failed = false
    try {
      await connection.handle()
    } catch (error) {
      rethrowCancelled(error)
      failed = true
      this.#count.failed += 1
      reportProblem(this.#scope, { message: "The handler of a connection failed", error })
    } finally {
      await connection.hangUp(failed)
    }
  }

  #left(connection: ServedConnection): void {
    connection.abort()
    this.#open.delete(connection)
    if (this.#open.size === 0) this.#empty.set()
  }
}
