// Base URL and the path of a request line, joined.
//
// Batch files say "/v1/chat/completions" and people set base URLs with and without "/v1"; the version
// must not appear twice. The path comes from a data file, so it may never change the host the key is
// sent to: absolute and protocol-relative addresses are refused, and the host is taken from the base.

import { BatchRefusedError } from "./batch-refused-error.ts"

/** Reads a base URL, with a query if it has one. @throws {BatchRefusedError} If it is no http(s) URL. */
export function parseBaseUrl(text: string): URL {
  const refuse = (why: string): never => {
    throw new BatchRefusedError("option", `Cannot use the base URL "${withoutCredentials(text)}": ${why}`)
  }
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) {
    refuse("it must begin with http:// or https://")
  }
  if (!URL.canParse(text)) refuse("it is not a valid URL")
  const url = new URL(text)
  if (url.protocol !== "http:" && url.protocol !== "https:") refuse("it must begin with http:// or https://")
  if (url.username !== "" || url.password !== "")
    refuse("keys belong in an environment variable, not in the URL")
  return url
}

/** The last answer of {@link requestUrl}: nearly all lines of a run go to the same place. */
let last = { base: "", path: "", url: "" }

/** Where a request line goes; whether it may name a host of its own was asked when it was read. */
export function requestUrl(base: URL, path: string): string {
  if (last.path !== path || last.base !== base.href) {
    const url = isHttpUrl(path) ? new URL(path).href : joinUrl(base, path)
    last = { base: base.href, path, url }
  }
  return last.url
}

/**
 * Joins a relative path to a base without doubling the version segment.
 *
 * @throws {TypeError} If `path` names a host of its own.
 *
 * @example The version stands once
 * ```ts
 * joinUrl(new URL("https://host/v1"), "/v1/embeddings") // => "https://host/v1/embeddings"
 * ```
 */
export function joinUrl(base: URL, path: string): string {
  if (!isRelativePath(path)) throw new TypeError(`Expected \`url\` to be a relative path, got \`${path}\``)
  const query = path.indexOf("?")
  const segments = (query === -1 ? path : path.slice(0, query)).split("/").filter((part) => part !== "")
  const own = base.pathname.split("/").filter((part) => part !== "")
  const joined = new URL(base)
  joined.pathname = `/${[...own, ...segments.slice(overlap(own, segments))].join("/")}`
  if (query !== -1) {
    for (const [name, value] of new URLSearchParams(path.slice(query)))
      joined.searchParams.append(name, value)
  }
  return joined.href
}

/** Whether a `url` of a request line stays on the host of the base. */
export function isRelativePath(path: string): boolean {
  return path !== "" && !/^[a-z][a-z0-9+.-]*:/i.test(path) && !/^[/\\]{2}|[\\\s#]/.test(path)
}

/** Whether a `url` of a request line is a whole address. */
export function isHttpUrl(text: string): boolean {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return false
  const { username, password } = new URL(text)
  return username === "" && password === ""
}

/** How many leading segments the base already ends with, if that stretch ends in a version. */
function overlap(own: readonly string[], segments: readonly string[]): number {
  for (let count = Math.min(own.length, segments.length); count > 0; count--) {
    const version = segments[count - 1] ?? ""
    if (!/^v\d+[a-z0-9]*$/i.test(version)) continue
    if (own.slice(-count).every((part, index) => part === segments[index])) return count
  }
  return 0
}

function withoutCredentials(text: string): string {
  return text.replace(/\/\/[^/@]*@/, "//***@")
}
