// What a line tells us and not the server: its `x_run` field.
//
// All fields of our own stand under this one key, so a tool that is strict about batch lines has one thing to
// drop. It is never sent, and no part of what makes two requests the same. Headers in it may not name the
// key or the frame of the request: a data file does not decide who we are.

/** What `x_run` of a line asks for. */
export interface RunHints {
  /** Longest time of one attempt in ms; null for the run's. */
  readonly timeout: number | null
  /** Output tokens to reserve; null for the usual estimate. */
  readonly maxTokensEstimate: number | null
  /** Sent with this line, lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  /** Copied to the metrics. */
  readonly group: string | null
}

const fields = new Set(["timeout_ms", "priority", "max_tokens_estimate", "headers", "group"])

const forbidden = new Set(
  "authorization proxy-authorization x-api-key api-key cookie host connection content-length transfer-encoding".split(
    " ",
  ),
)

/**
 * Reads `x_run`.
 *
 * @returns The hints, or a text that says what is wrong.
 */
export function readRunHints(value: unknown): RunHints | string {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "`x_run` must be an object"
  const given = value as Readonly<Record<string, unknown>>
  for (const name of Object.keys(given)) if (!fields.has(name)) return `\`x_run\` has no field \`${name}\``
  const { timeout_ms: timeout, max_tokens_estimate: estimate, headers = {}, group, priority } = given
  if (!isAmount(timeout)) return "`x_run.timeout_ms` must be a number above 0"
  if (!isAmount(estimate)) return "`x_run.max_tokens_estimate` must be a number above 0"
  if (group !== undefined && typeof group !== "string") return "`x_run.group` must be a text"
  if (priority !== undefined && typeof priority !== "number") return "`x_run.priority` must be a number"
  const read = readHeaders(headers)
  if (typeof read === "string") return read
  return {
    timeout: timeout ?? null,
    maxTokensEstimate: estimate ?? null,
    headers: read,
    group: group ?? null,
  }
}

function isAmount(value: unknown): value is number | undefined {
  return value === undefined || (typeof value === "number" && value > 0 && value < Infinity)
}

function readHeaders(value: unknown): Record<string, string> | string {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return "`x_run.headers` must be an object"
  const headers: Record<string, string> = {}
  for (const [name, text] of Object.entries(value)) {
    const lower = name.toLowerCase()
    if (!/^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(lower)) return `\`x_run.headers\` has no header name \`${name}\``
    if (forbidden.has(lower)) return `\`x_run.headers\` may not set \`${lower}\``
    if (typeof text !== "string" || !/^[\t\x20-\x7e]*$/.test(text))
      return `\`x_run.headers.${name}\` must be a text a header can carry`
    headers[lower] = text
  }
  return headers
}
