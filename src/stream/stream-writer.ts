// The writing end of a stream of bytes.
//
// A thin face over its transport, which holds the state: what is written goes there at once, and the
// waits stand in the transport's flow. It is a thing of its own so that one that is dropped without
// being closed can be told from one that is used: nothing below leads back to it. What must stay true:
// `write` never waits and never throws for a connection that is gone; `drain` tells.
import { misuse } from "../base/misuse.ts"
import { InvalidStateError, isCancelled } from "../core/index.ts"
import type { WaitOptions } from "../core/lowlevel.ts"
import { currentScope } from "../core/lowlevel.ts"
import type { Transport } from "./transport.ts"

/** State of a writer at one moment. */
export interface StreamWriterStatistics {
  /** Whether so much was written that `drain()` waits. */
  readonly paused: boolean
  /** Tasks that wait in `drain()`. */
  readonly waiting: number
  readonly closing: boolean
}

/** Milliseconds that a block which was cancelled gives the last bytes of its connection to leave. */
const lastWords = 1_000

/**
 * The writing end of a stream of bytes.
 *
 * A letter box: what you put in is taken away by and by. `drain()` after each write makes you wait while
 * it is full, so that a slow reader on the other side does not fill your memory. Its other end is a
 * {@link StreamReader}.
 *
 * **Cancellation.** Safe: a cancelled `drain()` has lost nothing of what was written. Leaving an
 * `await using` by a cancel gives the last bytes a second to leave, then breaks the connection off.
 * **Pitfall.** Bytes are not copied: do not change them after `write()`. One that is never closed keeps
 * its connection open: use `await using`.
 *
 * @param transport - What carries the bytes.
 *
 * @example Both ends in memory
 * ```ts
 * const [here, there] = memoryPair()
 * here.writer.write("hello\n")
 * await here.writer.drain()
 * new TextDecoder().decode(await there.reader.readLine()) // => "hello\n"
 * here.writer.close()
 * await here.writer.waitClosed()
 * ```
 */
export class StreamWriter implements AsyncDisposable {
  readonly #transport: Transport
  #hasWrittenEof = false

  constructor(transport: Transport) {
    this.#transport = transport
  }

  /**
   * Writes bytes, or text in UTF-8. Once the connection is closed or gone they are dropped, and `drain()` throws.
   *
   * @throws {InvalidStateError} After `writeEof()`.
   * @throws {TypeError} If `data` is neither.
   */
  write(data: Uint8Array | string): void {
    if (typeof data !== "string" && !(data instanceof Uint8Array))
      throw misuse("data", "a Uint8Array or text", data, "none")
    if (this.#hasWrittenEof) throw new InvalidStateError("Cannot write: the end was written before")
    if (data.length > 0) this.#transport.write(data)
  }

  /** Writes one piece after the other; newlines are not added. */
  writeLines(lines: Iterable<Uint8Array | string>): void {
    for (const line of lines) this.write(line)
  }

  /**
   * Waits until most of what was written has left; returns at once if that is so.
   *
   * **Cancellation.** Safe: what was written stays written.
   * **Fairness.** All who wait go on together.
   *
   * @param options.signal - Ends the wait with `signal.reason` when it aborts. @default none
   * @param options.timeout - Milliseconds after which the wait throws a TimeoutError. @default no limit
   * @throws {ConnectionResetError} If the connection is gone, or was closed by `close()`. One that breaks
   * during the wait throws what broke it.
   */
  drain(options?: WaitOptions): Promise<void> {
    return this.#transport.flow.drain(this.#transport.isClosing(), options)
  }

  /** Whether the writing end alone can be closed, by `writeEof()`; not with TLS. */
  canWriteEof(): boolean {
    return this.#transport.canWriteEof()
  }

  /**
   * Tells the other side that nothing more will come, once what was written has left; reading goes on.
   *
   * @throws {InvalidStateError} If the transport cannot do it, such as TLS.
   */
  writeEof(): void {
    if (!this.canWriteEof())
      throw new InvalidStateError("Cannot write the end: this transport can only be closed")
    this.#hasWrittenEof = true
    this.#transport.writeEof()
  }

  /** Closes the connection once what was written has left; the reader of this side is at its end. */
  close(): void {
    this.#transport.close()
  }

  /** Breaks the connection off: what was written and has not left is dropped. */
  abort(): void {
    this.#transport.abort()
  }

  /** Whether it was closed, or the connection is gone. */
  isClosing(): boolean {
    return this.#transport.isClosing()
  }

  /**
   * Waits until the connection is gone.
   *
   * **Cancellation.** Ends the wait; the connection goes on closing.
   *
   * @param options.signal - Ends the wait with `signal.reason` when it aborts. @default none
   * @param options.timeout - Milliseconds after which the wait throws a TimeoutError. @default no limit
   * @throws {ConnectionResetError} If it broke before all that was written had left, and nobody was told.
   */
  waitClosed(options?: WaitOptions): Promise<void> {
    return this.#transport.flow.untilLost(options)
  }

  /**
   * What is known of the connection, or `otherwise`.
   *
   * Of a socket: `"peername"` and `"sockname"` (`{ address, port, family }`, or the path), `"socket"` (Node's),
   * and with TLS `"tls"` (Node's TLSSocket), `"cipher"`, `"peercert"`, `"protocol"`.
   */
  getExtraInfo<T = unknown>(name: string, otherwise?: T): T | undefined {
    return (this.#transport.extraInfo(name) as T | undefined) ?? otherwise
  }

  /**
   * Goes on in secret on the same connection, from both sides: the accepting one is the server.
   *
   * What was written before leaves first; bytes that have come and were not read are taken for the
   * beginning of the handshake.
   *
   * **Cancellation.** Breaks the connection off: half a handshake is of no use.
   *
   * @param options - As for `tls.connect()`; of the accepting side `key` and `cert`, as for `tls.createServer()`.
   * @throws {InvalidStateError} If the connection cannot do it, is closed, or is being read from.
   */
  startTls(options: object = {}): Promise<void> {
    const transport = this.#transport
    if (transport.startTls === undefined)
      return Promise.reject(new InvalidStateError("Cannot start TLS: this transport is no socket"))
    return transport.startTls(options)
  }

  statistics(): StreamWriterStatistics {
    const { isPaused, waiting } = this.#transport.flow
    return { paused: isPaused, waiting, closing: this.isClosing() }
  }

  toString(): string {
    const state = this.#transport.flow.isLost ? " closed" : this.isClosing() ? " closing" : ""
    return `<StreamWriter${state}${this.#transport.flow.isPaused ? " paused" : ""}>`
  }

  /** Closes, and waits until the connection is gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
    const { flow } = this.#transport
    const isLeavingByCancel = currentScope().requestInForce() !== null
    try {
      await flow.untilLost(isLeavingByCancel ? { timeout: lastWords } : undefined)
    } catch (error) {
      this.abort()
      if (!isLeavingByCancel || isCancelled(error)) throw error
      await flow.untilLost()
    }
  }
}
