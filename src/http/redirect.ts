// What becomes of a request whose answer sends it elsewhere.
//
// The rules are those of the Fetch standard: 303 asks with GET, 301 and 302 make a GET of a POST,
// all others keep method and body; at most MOST_HOPS in a row. Stricter in one thing: on the way to
// another origin (scheme, host or port differ) every header that usually carries a key is taken off,
// not `authorization` alone, and none comes back on the way home. Name and password in a `location`
// are not used. What must stay true: nothing is sent to where a redirect leads that its server could
// use against the first one.
import { HttpRedirectError } from "./errors.ts"
import type { ExchangeRequest } from "./exchange.ts"
import { isSecretHeader, redactText, redactUrl, secretsOf } from "./redact.ts"
import { Target } from "./target.ts"

/** What is done with an answer that sends elsewhere: go there, give it as it is, or throw. */
export type RedirectMode = "follow" | "manual" | "error"

const MODES: readonly unknown[] = ["follow", "manual", "error"] satisfies RedirectMode[]

/** Redirects that are followed in a row, as browsers do. */
const MOST_HOPS = 20

const STATUSES: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

export function checkRedirect(mode: RedirectMode | undefined, otherwise: RedirectMode): RedirectMode {
  if (mode === undefined) return otherwise
  if (MODES.includes(mode)) return mode
  throw new TypeError(
    `Expected \`redirect\` to be "follow", "manual" or "error", got \`${String(mode)}\` (${typeof mode})`,
  )
}

/** Whether an answer with that status leads elsewhere, if it says where. */
export function isRedirect(status: number): boolean {
  return STATUSES.has(status)
}

/** A redirect as the server wrote it. */
export interface Redirect {
  readonly status: number
  readonly location: string
  /** Redirects that this request has followed already. */
  readonly hops: number
}

/**
 * The request that goes to where a redirect leads.
 * @throws {HttpRedirectError} If it cannot or must not be followed.
 */
export function redirected<R extends ExchangeRequest & { readonly redirect: RedirectMode }>(
  request: R,
  { status, location, hops }: Redirect,
): R {
  const { method, target, body } = request
  const refuse = (reason: HttpRedirectError["reason"]): HttpRedirectError => {
    const shown = redactText(redactUrl(location), secretsOf(request))
    return new HttpRedirectError({ reason, status, method, url: target.shown, location: shown })
  }
  if (request.redirect === "error") throw refuse("refused")
  if (hops >= MOST_HOPS) throw refuse("too-many")
  const next = follow(target, location)
  if (next === null) throw refuse("location")
  const asGet =
    (status === 303 && method !== "GET" && method !== "HEAD") || (status < 303 && method === "POST")
  const keepsBody = !asGet && body !== null
  if (keepsBody && typeof body !== "string" && !(body instanceof Uint8Array)) throw refuse("body")
  const headers = passOn(request.headers, next.origin === target.origin, asGet)
  return { ...request, target: next, headers, ...(asGet ? { method: "GET", body: null } : {}) }
}

function follow(from: Target, location: string): Target | null {
  let url: URL
  try {
    url = new URL(location, from.origin + from.path)
  } catch {
    return null
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") return null
  url.username = url.password = ""
  return new Target(url, url.origin !== from.origin)
}

/** Names and values in turn, without what must not or need not go along. */
function passOn(headers: readonly string[], isSameOrigin: boolean, asGet: boolean): readonly string[] {
  const kept: string[] = []
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string
    if (!isSameOrigin && (isSecretHeader(name) || name === "host")) continue
    if (asGet && name.startsWith("content-")) continue
    kept.push(name, headers[index + 1] as string)
  }
  return kept
}
