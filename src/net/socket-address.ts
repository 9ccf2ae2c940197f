// Where a socket or a server is, as a value that outlives it.
//
// Node forgets the addresses of a socket when it is closed; who writes a log wants them then. Sockets on
// Unix paths have none: their path is known to who opened them.
import type { Server, Socket } from "node:net"

/** Address of a TCP socket. */
export interface SocketAddress {
  readonly address: string
  readonly port: number
  readonly family: "IPv4" | "IPv6"
}

/** The far end of a socket; undefined if it has no address, as on Unix paths. */
export function peerOf(socket: Socket): SocketAddress | undefined {
  const { remoteAddress: address, remotePort: port, remoteFamily: family } = socket
  return addressOf(address, port, family)
}

/** The near end of a socket. */
export function ownAddressOf(socket: Socket): SocketAddress | undefined {
  const { localAddress: address, localPort: port, localFamily: family } = socket
  return addressOf(address, port, family)
}

/** Where a server listens; undefined if not on TCP. */
export function listeningAt(server: Server): SocketAddress | undefined {
  const at = server.address()
  return at === null || typeof at === "string" ? undefined : addressOf(at.address, at.port, at.family)
}

function addressOf(
  address: string | undefined,
  port: number | undefined,
  family: string | undefined,
): SocketAddress | undefined {
  if (address === undefined || port === undefined) return undefined
  return { address, port, family: family === "IPv6" ? "IPv6" : "IPv4" }
}
