// TLS over a socket that is connected already, from either side.
//
// Bytes that came before and were not read must be put back into the socket first: the handshake begins
// with them. A handshake that fails or is given up destroys the socket, since nobody could go on with it.
import type { Socket } from "node:net"
import { isIP } from "node:net"
import type { ConnectionOptions, TLSSocket, TlsOptions } from "node:tls"
import { connect, createServer } from "node:tls"
import { Future } from "../core/index.ts"
import { runOutsideTasks } from "../core/lowlevel.ts"
import { socketLoss } from "./socket-loss.ts"

/**
 * Becomes the client of a TLS connection over `socket`.
 *
 * @param host - Who is asked for by name, unless `options.servername` says otherwise.
 */
export function clientHandshake(
  socket: Socket,
  options: ConnectionOptions,
  host: string | null,
): Promise<TLSSocket> {
  const servername = options.servername ?? (host !== null && isIP(host) === 0 ? host : "")
  const checked = host === null ? {} : { host }
  return handshake(socket, (done) => {
    const secure = connect({ ...checked, ...options, socket, servername })
    secure.once("secureConnect", () => void (done.done() || done.setResult(secure)))
    secure.on("error", (error: Error) => void (done.done() || done.setException(socketLoss(error))))
    secure.once("close", () => void (done.done() || done.setException(brokenOff())))
  })
}

/** Becomes the server of a TLS connection over `socket`. */
export function serverHandshake(socket: Socket, options: TlsOptions): Promise<TLSSocket> {
  return handshake(socket, (done) => {
    const server = createServer(options)
    server.once("secureConnection", (secure) => {
      secure.on("error", ignore)
      if (!done.done()) done.setResult(secure)
    })
    server.once("tlsClientError", (error) => void (done.done() || done.setException(socketLoss(error))))
    socket.once("close", () => void (done.done() || done.setException(brokenOff())))
    server.emit("connection", socket)
  })
}

async function handshake(socket: Socket, start: (done: Future<TLSSocket>) => void): Promise<TLSSocket> {
  const done = new Future<TLSSocket>()
  // One half of a handshake is none: who hangs up in it is gone. Afterwards a half may be closed again.
  socket.allowHalfOpen = false
  try {
    runOutsideTasks(() => start(done))
    const secure = await done
    secure.allowHalfOpen = true
    return secure
  } catch (error) {
    done.cancel()
    socket.destroy()
    throw error
  }
}

function brokenOff(): Error {
  return socketLoss(Object.assign(new Error("closed during the TLS handshake"), { code: "ECONNRESET" }))
}

function ignore(): void {}
