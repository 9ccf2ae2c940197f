// One attempt to connect to one address.
//
// Sockets are opened outside any task's context, so that one that lives on keeps no task's store alive
// (L3). What must stay true: an attempt that is cancelled or fails leaves no socket.
import type { NetConnectOpts, Socket } from "node:net"
import { connect } from "node:net"
import { Future } from "../core/index.ts"
import { runOutsideTasks } from "../core/lowlevel.ts"

/** Bytes that a socket keeps before a writer is asked to wait. */
export const highMark: number = 65_536

/** Connects a socket whose other half may be closed while this one goes on. */
export async function connectSocket(target: NetConnectOpts): Promise<Socket> {
  const connected = new Future<Socket>()
  const socket = runOutsideTasks(() => {
    const options = { ...target, allowHalfOpen: true, noDelay: true, highWaterMark: highMark }
    const opened = connect(options as NetConnectOpts)
    opened.once("connect", () => void (connected.done() || connected.setResult(opened)))
    opened.on("error", (error) => void (connected.done() || connected.setException(error)))
    return opened
  })
  try {
    return await connected
  } catch (error) {
    connected.cancel()
    socket.destroy()
    throw error
  }
}
