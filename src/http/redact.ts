// Takes keys out of whatever is going to be printed.
//
// Every message and every field of an error in this room goes through here, so that a log never
// shows a key. Names decide, not values: a header or query parameter that usually carries a
// secret is hidden, whatever stands in it. What must stay true: a text that is no URL at all can
// be given, since error messages quote what the caller passed.

const HIDDEN = "***"

const SECRET_HEADER =
  /authorization$|apikey$|(?<!^idempotency)-key$|^(?:set-)?cookie2?$|token$|^x-auth|session|secret|password|credential$|signature/i

// A URL may stand in the query of another one, with its marks escaped.
const USER_INFO = /((?::|%3a)(?:\/\/|%2f%2f))(?:(?!%2f|%3f|%23)[^/?#])*(?:@|%40)/gi
/** Without a scheme, as somebody who forgot it writes. */
const BARE_USER_INFO = /^(\s*(?:\/\/)?)[^/?#@:]*:(?!\/\/)[^/?#]*@/
const SECRET_PARAMETER =
  /((?:[?&#;]|%3f|%26|%23|%3b)(?:[a-z0-9_.-]*(?:key|token|secret|signature|password|credential)|sig|auth|code)(?:=|%3d))[^&#;\s]*/gi

/** Whether a header of that name usually carries a secret. */
export function isSecretHeader(name: string): boolean {
  return SECRET_HEADER.test(name)
}

/**
 * Copies headers with the values of those that carry keys replaced by `***`.
 *
 * Hidden are `authorization`, `api-key`, `x-api-key`, `cookie` and their kin; all else stays.
 *
 * @example What may be logged
 * ```ts
 * redactHeaders({ authorization: "Bearer sk-1", accept: "text/plain" }) // => { authorization: "***", accept: "text/plain" }
 * ```
 */
export function redactHeaders<V>(headers: Readonly<Record<string, V>>): Record<string, V | "***"> {
  const shown: Record<string, V | "***"> = {}
  for (const [name, value] of Object.entries(headers)) shown[name] = isSecretHeader(name) ? HIDDEN : value
  return shown
}

/**
 * Replaces the keys in a URL by `***`: `user:pass@`, and query parameters such as `key`, `api_key`, `token`.
 *
 * @example What may be logged
 * ```ts
 * redactUrl("https://me:pw@host/a?api_key=sk-1&page=2") // => "https://***@host/a?api_key=***&page=2"
 * ```
 */
export function redactUrl(url: string): string {
  return url
    .replace(USER_INFO, `$1${HIDDEN}@`)
    .replace(BARE_USER_INFO, `$1${HIDDEN}@`)
    .replace(SECRET_PARAMETER, `$1${HIDDEN}`)
}

/** Replaces each of `secrets` in a text that came back from a server, which may repeat what it was sent. */
export function redactText(text: string, secrets: readonly string[]): string {
  let shown = text
  for (const secret of secrets) {
    if (secret.length >= SHORTEST_SECRET) shown = shown.replaceAll(secret, HIDDEN)
  }
  return shown
}

// Shorter ones would blank out ordinary words.
const SHORTEST_SECRET = 6

/** What a request was sent that must not be repeated: values of its headers, and of the query in `path`. */
export function secretsOf(request: {
  readonly headers: readonly string[]
  readonly target: { readonly path: string }
}): string[] {
  const { headers, target } = request
  const secrets: string[] = []
  for (let index = 0; index < headers.length; index += 2) {
    const value = headers[index + 1]
    if (value === undefined || !isSecretHeader(headers[index] as string)) continue
    const credentials = value.replace(/^\w+\s+/, "")
    secrets.push(value, credentials)
    if (/^basic\s/i.test(value)) secrets.push(passwordIn(credentials))
  }
  for (const [parameter, name = ""] of target.path.matchAll(SECRET_PARAMETER)) {
    const value = parameter.slice(name.length)
    secrets.push(value, new URLSearchParams(`a=${value}`).get("a") ?? value)
  }
  return secrets
}

function passwordIn(credentials: string): string {
  return Buffer.from(credentials, "base64")
    .toString()
    .replace(/^[^:]*:/, "")
}
