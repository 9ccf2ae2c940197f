// Remembers for a short time which addresses a host name has.
//
// undici 7 has an interceptor for this, but it makes each address a host of its own (the cap on
// connections then counts per address) and goes on to the next family only after ETIMEDOUT and
// ECONNREFUSED, so a name with IPv6 addresses fails on a machine without IPv6. Here the cache
// stands under `net.connect`, which then tries the addresses of both families itself.
// The system's resolver tells no time to live, so an answer is used for a short fixed time, and no
// longer than its addresses can be reached.
// What must stay true: one question per name at a time; a failure is not remembered.
import { lookup } from "node:dns"
import type { LookupAddress, LookupOptions } from "node:dns"
import { clock } from "../core/lowlevel.ts"

type Answer = (
  error: NodeJS.ErrnoException | null,
  address: string | LookupAddress[],
  family?: number,
) => void

interface Entry {
  readonly addresses: LookupAddress[]
  readonly until: number
}

/** Resolves all addresses of a name; the system's resolver, unless a test puts another one in. */
export type Resolver = (
  name: string,
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void

export class DnsCache {
  /** Milliseconds that an answer is used for. */
  readonly #life: number
  readonly #resolve: Resolver
  /** At most MOST_NAMES; a name that is asked for goes to the end. */
  readonly #entries = new Map<string, Entry>()
  /** Who waits for a name that is being asked for. */
  readonly #asking = new Map<
    string,
    ((error: NodeJS.ErrnoException | null, found: LookupAddress[]) => void)[]
  >()

  constructor(life = 10_000, resolve: Resolver = systemResolver) {
    this.#life = life
    this.#resolve = resolve
  }

  /** Has the shape of `dns.lookup`, for the option `lookup` of `net.connect`. */
  readonly lookup = (name: string, options: LookupOptions, done: Answer): void => {
    this.#find(name, (error, addresses) => {
      const family = familyOf(options)
      const fitting = family === 0 ? addresses : addresses.filter((found) => found.family === family)
      const first = fitting[0]
      if (error !== null) done(error, options.all === true ? [] : "", 0)
      else if (first === undefined) done(notFound(name), options.all === true ? [] : "", 0)
      else if (options.all === true) done(null, fitting)
      else done(null, first.address, first.family)
    })
  }

  /** Nothing could be reached at the addresses of a name. */
  forget(name: string): void {
    this.#entries.delete(name)
  }

  #find(name: string, done: (error: NodeJS.ErrnoException | null, found: LookupAddress[]) => void): void {
    const entry = this.#entries.get(name)
    if (entry !== undefined && entry.until > clock.now()) {
      // `net.connect` counts on an answer that comes later.
      void Promise.resolve().then(() => done(null, entry.addresses))
      return
    }
    const line = this.#asking.get(name)
    if (line !== undefined) {
      line.push(done)
      return
    }
    const waiting = [done]
    this.#asking.set(name, waiting)
    this.#resolve(name, (error, addresses) => {
      this.#asking.delete(name)
      if (error === null) this.#keep(name, addresses)
      for (const tell of waiting) tell(error, addresses)
    })
  }

  #keep(name: string, addresses: LookupAddress[]): void {
    this.#entries.delete(name)
    this.#entries.set(name, { addresses, until: clock.now() + this.#life })
    if (this.#entries.size > MOST_NAMES) this.#entries.delete(this.#entries.keys().next().value as string)
  }
}

const MOST_NAMES = 1_000

const systemResolver: Resolver = (name, done) => {
  lookup(name, { all: true, order: "verbatim" }, (error, addresses) => done(error, addresses ?? []))
}

function familyOf({ family }: LookupOptions): number {
  if (family === "IPv4") return 4
  return family === "IPv6" ? 6 : (family ?? 0)
}

function notFound(name: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: "ENOTFOUND", hostname: name })
}
