// The connections of a client: one undici agent, and the line in front of it.
//
// The agent keeps sockets alive and reuses them; the line decides who may use it, so that nobody
// waits inside the agent, where a request could not be taken out again. The cap holds for all
// hosts together, idle connections included: the one that was idle longest makes room. What must
// stay true: each exchange that was admitted gives its place back once, when its connection is free
// or closed.
import { Agent, Pool } from "undici"
import type { OpenCount } from "../core/lowlevel.ts"
import type { Permit } from "../sync/index.ts"
import { Connection } from "./connection.ts"
import { ConnectionLine } from "./connection-line.ts"
import { Connector } from "./connector.ts"
import type { Exchange } from "./exchange.ts"

/** State of a pool at one moment. */
export interface HttpStatistics {
  /** Requests on their way, bodies that are still coming included. */
  readonly inFlight: number
  /** Requests waiting in line. */
  readonly waiting: number
  /** Sockets that are connecting, in use or idle. */
  readonly sockets: number
}

export class ConnectionPool {
  /** Where requests wait for a place; its permits go to {@link send}. */
  readonly line: ConnectionLine
  /** Opens all sockets of the agent and knows which are left. */
  readonly #connector: Connector
  readonly #agent: Agent
  /** What is left open if nobody closes the pool; leads back to nothing. */
  readonly sockets: OpenCount
  /** Exchanges that have a place and have not given it back. */
  readonly #active = new Set<Exchange>()

  constructor(connections: number, perOrigin: number, keepAlive: number) {
    this.line = new ConnectionLine(connections, perOrigin)
    const connector = new Connector(connections)
    this.#connector = connector
    this.sockets = {
      get open(): number {
        return connector.size
      },
    }
    this.#agent = new Agent({
      connections: perOrigin,
      pipelining: 1,
      keepAliveTimeout: keepAlive,
      // A server may name a shorter time, not a longer one.
      keepAliveMaxTimeout: keepAlive,
      factory: (origin, options: Pool.Options) =>
        new Pool(origin, {
          ...options,
          factory: (place, settings) => new Connection(place, settings, this.#connector),
        }),
    })
  }

  /** Sends a request that holds `permit`; `onDone` is called when the permit has gone back. */
  send(exchange: Exchange, permit: Permit, onDone: () => void): void {
    this.#active.add(exchange)
    exchange.onDone = (slot) => {
      this.#active.delete(exchange)
      if (slot !== null) this.#connector.rest(slot)
      permit.release()
      onDone()
    }
    exchange.start(this.#agent)
  }

  /** Ends every request with an error that `because` makes, and resolves when no socket is left. */
  async close(because: (exchange: Exchange) => Error): Promise<void> {
    for (const exchange of this.#active) exchange.abort(because(exchange))
    await this.#agent.destroy()
    await this.#connector.close()
  }

  statistics(): HttpStatistics {
    return {
      inFlight: this.#active.size,
      waiting: this.line.waiting,
      sockets: this.#connector.size,
    }
  }
}
