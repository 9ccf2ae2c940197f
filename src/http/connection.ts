// One connection of the pool: an undici client that knows its socket.
//
// undici binds a request to a client when it is dispatched and to a socket when it is written;
// between the two there is nothing that could be aborted. Here the request is told at once which
// slot it is in, and the slot knows the socket from the moment it is opened.
// What must stay true: with pipelining 1 a slot carries one request at a time.
import type { Dispatcher } from "undici"
import { Client } from "undici"
import type { Connector } from "./connector.ts"
import type { SlotDispatch } from "./slot.ts"
import { Slot } from "./slot.ts"

export class Connection extends Client {
  readonly #slot: Slot
  readonly #connector: Connector

  constructor(origin: URL | string, options: Client.Options, connector: Connector) {
    const slot = new Slot()
    super(origin, {
      ...options,
      connect: (target, done) => {
        const socket = connector.open(target, done)
        slot.socket = socket
        slot.begun = 0
        socket.once("close", () => {
          if (slot.socket !== socket) return
          slot.socket = null
          connector.wake(slot)
        })
      },
    })
    this.#slot = slot
    this.#connector = connector
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    this.#connector.wake(this.#slot)
    if ("user" in options) (options as SlotDispatch).user.slot = this.#slot
    return super.dispatch(options, handler)
  }
}
