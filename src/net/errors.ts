// What goes wrong with a WebSocket, beyond what goes wrong with every connection.
//
// Refused before it is one, closed while somebody still wanted something of it, or wanted where its
// package is missing. Each has a brand by `Symbol.for`, so that two copies of the package in one process
// know each other's.
import { brand } from "../core/lowlevel.ts"

/** A package that is no dependency of tsyncio is needed and not installed; the message says how to get it. */
export class MissingPackageError extends Error {
  /** Constant that tells this class across copies of the package. */
  readonly code = "E_NET_MISSING_PACKAGE"
  /** Name of the package. */
  readonly package: string

  constructor(name: string, action: string, cause: unknown) {
    super(`Cannot ${action}: the package \`${name}\` is not installed; run \`npm install ${name}\``, {
      cause,
    })
    this.package = name
  }
}
brand(MissingPackageError, "MissingPackageError")

/**
 * The server answered, but not by opening a WebSocket.
 *
 * Differs from the system's errors (`ECONNREFUSED`, …), where nobody answered.
 */
export class WebSocketHandshakeError extends Error {
  /** Constant that tells this class across copies of the package. */
  readonly code = "E_NET_WEBSOCKET_HANDSHAKE"
  /** Status of the answer. */
  readonly status: number
  /** Headers of the answer. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>

  constructor(url: string, status: number, headers: WebSocketHandshakeError["headers"]) {
    super(
      `Cannot connect to ${url}: the server answered with status ${status} instead of opening a WebSocket`,
    )
    this.status = status
    this.headers = headers
  }
}
brand(WebSocketHandshakeError, "WebSocketHandshakeError")

/**
 * The WebSocket is closed: nothing more comes, and nothing can be sent.
 *
 * A loop over its messages ends without an error if it was closed in order (1000, 1001, or no code), and
 * with this one otherwise. Its `cause` is what broke the connection, where something did.
 */
export class WebSocketClosedError extends Error {
  /** Constant that tells this class across copies of the package. */
  readonly code = "E_NET_WEBSOCKET_CLOSED"
  /** Code of the closing handshake; 1006 if there was none, 1005 if it had no code. */
  readonly closeCode: number
  /** Reason given with the code. */
  readonly reason: string

  constructor(action: string, closeCode: number, reason: string, cause: unknown) {
    const why = reason === "" ? "" : ` (${reason})`
    super(
      `Cannot ${action}: the WebSocket was closed with code ${closeCode}${why}`,
      cause === null ? {} : { cause },
    )
    this.closeCode = closeCode
    this.reason = reason
  }
}
brand(WebSocketClosedError, "WebSocketClosedError")
