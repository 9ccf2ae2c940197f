// How long a server asks us to wait.
//
// `retry-after-ms` is the more exact one and wins; `retry-after` holds seconds, which may have
// decimals, or a date. A date is compared with the `date` header of the same answer, so that a
// wrong clock on either side does no harm. What must stay true: the result is never NaN and never
// negative, because a NaN sleep is a storm of retries.
import { clock } from "../core/lowlevel.ts"

/** Headers of an answer: an object with lower-case names, or anything with `get(name)`. */
export type HeaderSource =
  Readonly<Record<string, string | readonly string[] | undefined>> | { get(name: string): string | null }

// `Date.parse` makes a date of almost any text with a number in it.
const TIME_OF_DAY = /\b\d\d:\d\d:\d\d\b/
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)$/

/**
 * Reads how long the server of an answer asks to wait before the next attempt.
 *
 * @returns Milliseconds from 0 up, or null when the headers say nothing that can be understood.
 *
 * @example Seconds and milliseconds
 * ```ts
 * retryAfter({ "retry-after": "1.5" }) // => 1500
 * retryAfter({ "retry-after": "2", "retry-after-ms": "1200" }) // => 1200
 * retryAfter({ "retry-after": "soon" }) // => null
 * ```
 */
export function retryAfter(headers: HeaderSource): number | null {
  const exact = decimal(header(headers, "retry-after-ms"))
  if (exact !== null) return exact
  const text = header(headers, "retry-after")
  if (text === null) return null
  const seconds = decimal(text)
  if (seconds !== null) return seconds * 1_000
  const until = TIME_OF_DAY.test(text) ? Date.parse(text) : NaN
  if (Number.isNaN(until)) return null
  const answered = Date.parse(header(headers, "date") ?? "")
  return Math.max(0, until - (Number.isNaN(answered) ? clock.wallTime() : answered))
}

function decimal(text: string | null): number | null {
  if (text === null || !DECIMAL.test(text)) return null
  const value = Number(text)
  return Number.isFinite(value) ? Math.max(0, value) : null
}

function header(headers: HeaderSource, name: string): string | null {
  const value = isGetter(headers) ? headers.get(name) : headers[name]
  const first = typeof value === "object" && value !== null ? value[0] : value
  return first === undefined || first === null ? null : first.trim()
}

function isGetter(headers: HeaderSource): headers is { get(name: string): string | null } {
  return "get" in headers && typeof headers.get === "function"
}
