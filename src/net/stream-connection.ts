// A connection of a server that is read and written as a stream.
//
// It is closed when all that its handler wrote has left. That some of it was lost is told to nobody: the
// other side has gone. What must stay true: after `hangUp` its socket is closed, or it threw a cancel and
// its server breaks the socket off.
import type { Socket } from "node:net"
import { isCancelled } from "../core/index.ts"
import { StreamReader, StreamWriter } from "../stream/index.ts"
import type { ServedConnection } from "./server.ts"
import { SocketTransport } from "./socket-transport.ts"

/** What a server does with a connection; the connection is closed when it has ended. */
export type ConnectionHandler = (reader: StreamReader, writer: StreamWriter) => unknown

export class StreamConnection implements ServedConnection {
  readonly #reader: StreamReader
  readonly #writer: StreamWriter
  readonly #handler: ConnectionHandler

  constructor(socket: Socket, handler: ConnectionHandler, limit: number | undefined, path: string | null) {
    this.#reader = new StreamReader({ limit })
    const origin = { isServer: true, host: null, path, onLost: () => {} }
    this.#writer = new StreamWriter(new SocketTransport(socket, this.#reader, origin))
    this.#handler = handler
  }

  handle(): unknown {
    return this.#handler(this.#reader, this.#writer)
  }

  async hangUp(): Promise<void> {
    try {
      await this.#writer[Symbol.asyncDispose]()
    } catch (error) {
      if (isCancelled(error)) throw error
    }
  }

  close(): void {
    this.#writer.close()
  }

  abort(): void {
    this.#writer.abort()
  }
}
