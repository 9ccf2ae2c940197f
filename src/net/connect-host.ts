// Connects to a name that has several addresses, without waiting long for those that do not answer.
//
// The addresses are tried in the order of the resolver, families in turn, each begun when the one before
// has failed or been silent for a while; the first that answers is taken. Idea: RFC 8305. The race itself
// is combine's `staggeredRace`. What must stay true: of all sockets that were opened one is left, or none.
import type { LookupAddress } from "node:dns"
import { lookup } from "node:dns"
import type { Socket } from "node:net"
import { isIP } from "node:net"
import { staggeredRace } from "../combine/index.ts"
import { TaskGroupError, cancellable } from "../core/index.ts"
import { runOutsideTasks } from "../core/lowlevel.ts"
import { connectSocket } from "./connect-socket.ts"

/** Whom to connect to, and how. */
export interface Destination {
  readonly host: string
  readonly port: number
  /** 4 or 6 for addresses of that kind alone; 0 for both. */
  readonly family: 0 | 4 | 6
  /** Where to connect from; undefined for anywhere. */
  readonly localAddress: string | undefined
  /** Milliseconds before the next address is tried beside a silent one; null for only after a failure. */
  readonly delay: number | null
  /** Whether the failures of several addresses are told as a group. */
  readonly allErrors: boolean
}

/** Finds all addresses of a name; the system's resolver, unless a test puts another one in. */
export type Resolve = (host: string, family: 0 | 4 | 6) => Promise<LookupAddress[]>

/** The first connection that can be had to any address of the destination. */
export async function connectHost(to: Destination, resolve: Resolve = resolveBySystem): Promise<Socket> {
  const addresses = interleave(await addressesOf(to, resolve))
  const opened = new Set<Socket>()
  let taken: Socket | null = null
  try {
    const attempts = addresses.map(({ address, family }) => async () => {
      const { port, localAddress } = to
      const from = localAddress === undefined ? {} : { localAddress }
      const socket = await connectSocket({ host: address, port, family, ...from })
      opened.add(socket)
      return socket
    })
    const { value, errors } = await staggeredRace(attempts, to.delay)
    taken = value
    if (taken === null) throw combined(to, addresses, errors)
    return taken
  } finally {
    // Another one may have connected in the very turn in which the race was won, or cancelled.
    for (const socket of opened) if (socket !== taken) socket.destroy()
  }
}

async function addressesOf({ host, family }: Destination, resolve: Resolve): Promise<LookupAddress[]> {
  const literal = isIP(host)
  if (literal !== 0) return [{ address: host, family: literal }]
  // The resolver cannot be told to stop: what it finds is dropped then.
  return cancellable(runOutsideTasks(() => resolve(host, family)))
}

function resolveBySystem(host: string, family: 0 | 4 | 6): Promise<LookupAddress[]> {
  return new Promise((done, failed) => {
    lookup(host, { all: true, family, order: "verbatim" }, (error, found) => {
      if (error === null) done(found)
      else failed(error)
    })
  })
}

/** The addresses with the families in turn, beginning with that of the first. */
export function interleave(addresses: readonly LookupAddress[]): LookupAddress[] {
  const first = addresses.filter(({ family }) => family === addresses[0]?.family)
  const other = addresses.filter(({ family }) => family !== addresses[0]?.family)
  return first
    .flatMap((address, index) => [address, ...other.slice(index, index + 1)])
    .concat(other.slice(first.length))
}

/** One error for the failures of all addresses; with one address, its own. */
function combined(
  { host, port, allErrors }: Destination,
  addresses: readonly LookupAddress[],
  errors: readonly unknown[],
): unknown {
  if (allErrors)
    return new TaskGroupError(errors, `Cannot connect to ${host}:${port}: ${errors.length} addresses failed`)
  if (errors.length === 1) return errors[0]
  const codes = errors.map((error) => (error as NodeJS.ErrnoException).code ?? String(error))
  const list = addresses.map(({ address }, index) => `${codes[index]} ${address}`).join(", ")
  const error = new AggregateError(errors, `Cannot connect to ${host}:${port}: ${list}`, { cause: errors[0] })
  return Object.assign(error, { code: codes[0] })
}
