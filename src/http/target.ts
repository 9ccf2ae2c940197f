// Where a request goes: from the words of the caller to host and path.
//
// A URL without a scheme is appended to the base URL, which keeps its own path and query; it can
// never lead to another host. One with a scheme stands for itself. Name and password in a URL
// become a header, since they must not be part of a connection's name.
// What must stay true: what messages show of a URL holds no key.
import { redactUrl } from "./redact.ts"

/** Values of a query; undefined and null are left out, an array repeats its name. */
export type Query = Readonly<Record<string, QueryValue | readonly QueryValue[]>>
export type QueryValue = string | number | boolean | null | undefined

export class Target {
  /** Such as `https://host:443`; names the connections that can be used. */
  readonly origin: string
  /** Path and query, as sent. */
  readonly path: string
  /** Value for the header `authorization`, or null. */
  readonly authorization: string | null
  /** Whether another host is meant than that of the base URL. */
  readonly isForeign: boolean
  #shown: string | null = null

  constructor(url: URL, isForeign: boolean) {
    this.origin = url.origin
    this.path = url.pathname + url.search
    this.isForeign = isForeign
    this.authorization = url.username === "" && url.password === "" ? null : basic(url)
  }

  /** The URL for messages, keys replaced by `***`. */
  get shown(): string {
    this.#shown ??= redactUrl(this.origin + this.path)
    return this.#shown
  }
}

/** Reads a base URL: it needs a scheme and a host. */
export function checkBaseUrl(baseUrl: string | URL): URL {
  const url = parse(String(baseUrl))
  if (url !== null) return url
  const shown = redactUrl(String(baseUrl))
  throw new TypeError(
    `Expected \`baseUrl\` to be a URL that begins with http:// or https://, got \`${shown}\` (${typeof baseUrl})`,
  )
}

/** Finds out where a request goes. */
export function resolveTarget(base: URL | null, url: string | URL, query: Query | undefined): Target {
  const resolved = resolve(base, url)
  if (query !== undefined) addQuery(resolved.searchParams, query)
  return new Target(resolved, base !== null && resolved.origin !== base.origin)
}

const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i

function resolve(base: URL | null, url: string | URL): URL {
  if (typeof url !== "string" || SCHEME.test(url)) {
    const parsed = parse(String(url))
    if (parsed !== null) return parsed
    throw new TypeError(
      `Expected \`url\` to be an http or https URL, got \`${redactUrl(String(url))}\` (${typeof url})`,
    )
  }
  if (base === null) {
    throw new TypeError(
      `Expected \`url\` to begin with http:// or https://, since the client has no \`baseUrl\`; got \`${redactUrl(url)}\``,
    )
  }
  const [, path = "", search = ""] = /^\/?([^?#]*)(\?[^#]*)?/.exec(url) ?? []
  const joined = new URL(base)
  joined.hash = ""
  if (path !== "") joined.pathname = `${base.pathname.replace(/\/$/, "")}/${path}`
  if (search !== "") joined.search = base.search === "" ? search : `${base.search}&${search.slice(1)}`
  return joined
}

function parse(text: string): URL | null {
  if (!/^https?:\/\//i.test(text)) return null
  try {
    return new URL(text)
  } catch {
    return null
  }
}

function addQuery(parameters: URLSearchParams, query: Query): void {
  for (const [name, value] of Object.entries(query)) {
    const values: readonly QueryValue[] = isList(value) ? value : [value]
    for (const one of values) if (one !== undefined && one !== null) parameters.append(name, String(one))
  }
}

function isList(value: QueryValue | readonly QueryValue[]): value is readonly QueryValue[] {
  return Array.isArray(value)
}

function basic({ username, password }: URL): string {
  return `Basic ${Buffer.from(`${decoded(username)}:${decoded(password)}`).toString("base64")}`
}

/** A `%` that begins no escape stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
