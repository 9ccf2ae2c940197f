// Opens sockets for the pool, and knows each of them until it is closed.
//
// undici's own connector hides the socket until it is connected; a request that is cancelled
// while it connects could then not close it. Sockets are opened outside any task's context, so
// that one that lives on keeps no task's store alive (L3). Before one more is opened than there may
// be, the one that was idle longest is closed. What must stay true: a socket is in `#open` from the
// moment it is made until its `close` event; a slot that carries a request is not in `#idle`.
import type { Socket } from "node:net"
import { connect as connectPlain, isIP } from "node:net"
import { connect as connectSecure } from "node:tls"
import type { buildConnector } from "undici"
import { runOutsideTasks } from "../core/lowlevel.ts"
import type { Slot } from "./slot.ts"
import { DnsCache } from "./dns-cache.ts"

export class Connector {
  /** Sockets above which idle ones are closed. */
  readonly #most: number
  /** Slots whose socket is open and carries nothing, the longest idle first. */
  readonly #idle = new Set<Slot>()
  /** Addresses of the hosts asked for lately. */
  readonly #names: DnsCache
  /** Every socket that is connecting or connected. */
  readonly #open = new Set<Socket>()
  /** The last TLS session of each server, so that the next handshake is short. At most MOST_SESSIONS. */
  readonly #sessions = new Map<string, Buffer>()
  /** Called when `#open` has become empty; null when nobody waits for it. */
  #whenEmpty: (() => void) | null = null

  constructor(most: number, names: DnsCache = new DnsCache()) {
    this.#most = most
    this.#names = names
  }

  /** Number of sockets that are not closed. */
  get size(): number {
    return this.#open.size
  }

  /** Starts to connect; `done` is called once, with the socket when it is ready or with what went wrong. */
  open(target: buildConnector.Options, done: buildConnector.Callback): Socket {
    return runOutsideTasks(() => this.#start(target, done))
  }

  /** A slot carries no request any more. */
  rest(slot: Slot): void {
    if (slot.socket !== null) this.#idle.add(slot)
  }

  /** A slot is given a request, or has lost its socket. */
  wake(slot: Slot): void {
    this.#idle.delete(slot)
  }

  /** For each socket above the cap that is opened one is closed; those in use are never more than the cap. */
  #makeRoom(): void {
    if (this.#open.size < this.#most) return
    const [longest] = this.#idle
    if (longest === undefined) return
    this.#idle.delete(longest)
    // undici takes it for a server that closed an idle connection.
    longest.socket?.destroy()
  }

  #start(target: buildConnector.Options, done: buildConnector.Callback): Socket {
    this.#makeRoom()
    const isSecure = target.protocol === "https:"
    const socket = isSecure ? this.#secure(target) : this.#plain(target)
    this.#open.add(socket)
    socket.setNoDelay(true)
    socket.setKeepAlive(true, KEEP_ALIVE_PROBE)
    let isTold = false
    socket.once(isSecure ? "secureConnect" : "connect", () => {
      if (isTold) return
      isTold = true
      done(null, socket)
    })
    socket.on("error", (error) => {
      if (isTold) return
      isTold = true
      // The name may have moved: whoever tries again asks again.
      this.#names.forget(target.hostname)
      done(error, null)
    })
    socket.once("close", () => this.#closed(socket))
    return socket
  }

  /** Closes every socket and resolves when the last one is gone. */
  close(): Promise<void> {
    for (const socket of this.#open) socket.destroy()
    if (this.#open.size === 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.#whenEmpty = resolve
    })
  }

  #closed(socket: Socket): void {
    this.#open.delete(socket)
    if (this.#open.size === 0) this.#whenEmpty?.()
  }

  #plain({ hostname, port }: buildConnector.Options): Socket {
    return connectPlain({
      host: hostname,
      port: Number(port) || 80,
      lookup: this.#names.lookup,
      ...BUFFERING,
    })
  }

  #secure({ hostname, port, servername }: buildConnector.Options): Socket {
    const name = servername ?? (isIP(hostname) === 0 ? hostname : "")
    const key = `${hostname}:${port}`
    const session = this.#sessions.get(key)
    const socket = connectSecure({
      host: hostname,
      port: Number(port) || 443,
      servername: name,
      lookup: this.#names.lookup,
      ALPNProtocols: ["http/1.1"],
      ...(session === undefined ? {} : { session }),
    })
    socket.on("session", (fresh) => {
      this.#sessions.delete(key)
      this.#sessions.set(key, fresh)
      if (this.#sessions.size > MOST_SESSIONS)
        this.#sessions.delete(this.#sessions.keys().next().value as string)
    })
    return socket
  }
}

const MOST_SESSIONS = 100
/** Milliseconds of silence after which the system asks the other side whether it is still there. */
const KEEP_ALIVE_PROBE = 60_000
const BUFFERING = { highWaterMark: 64 * 1024 } as const
