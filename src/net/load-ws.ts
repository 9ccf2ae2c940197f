// The package `ws`, loaded when the first WebSocket is wanted.
//
// It is an optional peer: who uses no WebSockets need not have it. undici, which is here anyway, has a
// client, but one that cannot hold back a server that sends faster than it is read (nodejs/undici#5503):
// whatever comes is buffered. `ws` can pause its socket, answers and sends pings, and does both sides.
// What must stay true: no type of `ws` is in our public face, as it may not be installed.
import type { IncomingMessage } from "node:http"
import type { Duplex } from "node:stream"
import { MissingPackageError } from "./errors.ts"

/** What is used of a WebSocket of `ws`. */
export interface WsSocket {
  readonly readyState: number
  readonly bufferedAmount: number
  readonly isPaused: boolean
  readonly protocol: string
  pause(): void
  resume(): void
  ping(): void
  send(data: string | Uint8Array, options: { binary: boolean }, sent: () => void): void
  close(code: number, reason: string): void
  terminate(): void
  on(event: string, listener: (...args: never[]) => void): unknown
}

/** What is used of a server of `ws` that listens nowhere by itself. */
export interface WsServer {
  handleUpgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    upgraded: (socket: WsSocket) => void,
  ): void
}

/** What is used of the package. */
export interface WsModule {
  readonly WebSocket: new (url: string | URL, protocols: string[], options: object) => WsSocket
  readonly WebSocketServer: new (options: object) => WsServer
}

/**
 * The package `ws`.
 *
 * @throws {MissingPackageError} If it is not installed.
 */
export async function loadWs(): Promise<WsModule> {
  try {
    return await import("ws")
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error
    throw new MissingPackageError("ws", "use WebSockets", error)
  }
}
