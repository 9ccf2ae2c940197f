// Settings that both sides of a WebSocket have.
//
// They are checked once, before anything is opened. What must stay true: of the two limits for a closing
// handshake, ours and that of `ws`, ours runs out first.
import { misuse } from "../base/misuse.ts"

/** Settings of a WebSocket, of either side. */
export interface WebSocketOptions {
  /**
   * Milliseconds from ping to ping; a peer that has not given a sign of life by the next is dead. Infinity
   * for no pings. @default 30000
   */
  readonly ping?: number | undefined
  /** Messages that wait to be received before the other side has to wait. @default 16 */
  readonly maxQueue?: number | undefined
  /** Bytes of the largest message; a larger one closes the connection with 1009. @default 16777216 */
  readonly maxMessageSize?: number | undefined
  /** Milliseconds for the closing handshake, before the connection is broken off. @default 3000 */
  readonly closeTimeout?: number | undefined
  /** Compress messages if the other side does. @default false */
  readonly compress?: boolean | undefined
}

/** Settings that were checked, all there. */
export interface CheckedWebSocketOptions {
  readonly ping: number
  readonly maxQueue: number
  readonly closeTimeout: number
  /** What `ws` is told. */
  readonly ws: {
    readonly maxPayload: number
    readonly perMessageDeflate: boolean
    readonly closeTimeout: number
  }
  /** Called once when it is closed. */
  readonly onClosed: (() => void) | null
}

/**
 * Checks settings and fills in those that are not there.
 *
 * @throws {RangeError} If a number is out of its range.
 * @throws {TypeError} If it is no number.
 */
export function checkWebSocketOptions(
  options: WebSocketOptions,
  onClosed: (() => void) | null,
): CheckedWebSocketOptions {
  const { ping = 30_000, maxQueue = 16, maxMessageSize = 16_777_216, closeTimeout = 3_000 } = options
  if (typeof ping !== "number" || !(ping > 0)) throw misuse("ping", "milliseconds above 0, or Infinity", ping)
  if (!Number.isInteger(maxQueue) || maxQueue < 1)
    throw misuse("maxQueue", "a whole number from 1 up", maxQueue)
  if (!Number.isInteger(maxMessageSize) || maxMessageSize < 1)
    throw misuse("maxMessageSize", "a whole number of bytes from 1 up", maxMessageSize)
  if (typeof closeTimeout !== "number" || !(closeTimeout >= 0))
    throw misuse("closeTimeout", "milliseconds from 0 up", closeTimeout)
  const perMessageDeflate = options.compress === true
  // Its own limit for the handshake must not be shorter than ours.
  const ws = { maxPayload: maxMessageSize, perMessageDeflate, closeTimeout: 2 ** 30 }
  return { ping, maxQueue, closeTimeout, ws, onClosed }
}
