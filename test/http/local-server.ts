// A real server on a free port, for one test, that knows its connections.
import type { IncomingMessage, Server as HttpServer, ServerResponse } from "node:http"
import { createServer } from "node:http"
import type { AddressInfo, Server, Socket } from "node:net"
import { createServer as createTcpServer } from "node:net"

export interface LocalServer extends AsyncDisposable {
  readonly url: string
  readonly port: number
  /** Connections that are open now. */
  readonly sockets: ReadonlySet<Socket>
  /** Connections that were opened in all. */
  opened: number
  /** The most that were open at once. */
  peak: number
}

/** Serves with `handler` until it is disposed. */
export function serve(
  handler: (request: IncomingMessage, response: ServerResponse) => unknown,
  settings: { keepAliveTimeout?: number } = {},
): Promise<LocalServer> {
  const server = createServer(
    { keepAliveTimeout: settings.keepAliveTimeout ?? 30_000 },
    (request, response) => {
      void handler(request, response)
    },
  )
  return listen(server)
}

/** Gives each connection to `handler` as it is. */
export function serveSockets(handler: (socket: Socket) => void): Promise<LocalServer> {
  const server = createTcpServer({ noDelay: true }, (socket) => {
    socket.on("error", () => {})
    // A socket that nobody reads does not notice that the other side has closed.
    socket.on("data", () => {})
    handler(socket)
  })
  return listen(server)
}

async function listen(server: Server | HttpServer): Promise<LocalServer> {
  const sockets = new Set<Socket>()
  const local = {
    url: "",
    port: 0,
    sockets,
    opened: 0,
    peak: 0,
    async [Symbol.asyncDispose](): Promise<void> {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  server.on("connection", (socket: Socket) => {
    sockets.add(socket)
    local.opened += 1
    local.peak = Math.max(local.peak, sockets.size)
    socket.once("close", () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  local.port = (server.address() as AddressInfo).port
  local.url = `http://127.0.0.1:${local.port}`
  return local
}

/** The whole body of a request, as text. */
export async function bodyOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece as Buffer)
  return Buffer.concat(pieces).toString()
}

/** Waits for something that another socket brings about. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}
