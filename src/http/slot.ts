// Where a request is: one place for a connection, and the socket in it.
//
// It outlives its sockets: the pool opens a new one in the same place. What must stay true: `socket`
// is the one that is connecting or connected, from the moment it is made until it is closed.
import type { Socket } from "node:net"
import type { Dispatcher } from "undici"

/** The place of one connection. */
export class Slot {
  /** The socket that is connecting or connected; null before it is opened and after its `close` event. */
  socket: Socket | null = null
  /** Requests that were begun on this socket. */
  begun = 0
}

/** Whoever sends a request and wants to know where it is. */
export interface SlotUser {
  /** Where the request is; null until it has left the pool's line. */
  slot: Slot | null
}

/** Options of a request with the one who sends it. */
export interface SlotDispatch extends Dispatcher.DispatchOptions {
  readonly user: SlotUser
}
