// What a client and a request can be told, checked once.
//
// A client's options are checked when it is made, so that a typing error is not found by the
// first request at night. What must stay true: an unknown name is an error, not ignored.
import type { RateLimiter } from "../sync/index.ts"
import type { ExchangeBody } from "./exchange.ts"
import type { HeadersInput } from "./default-headers.ts"
import type { HttpRetryPolicy } from "./retry-policy.ts"
import type { RedirectMode } from "./redirect.ts"
import type { Query } from "./target.ts"
import type { TimeLimits } from "./time-limits.ts"

export interface HttpClientOptions {
  /** URL that others are appended to; it may have a path of its own. @default none: every URL is absolute */
  readonly baseUrl?: string | URL | undefined
  /** Requests on their way at once, over all hosts; more wait in line. @default 100 */
  readonly connections?: number | undefined
  /** Of these, requests to one origin at once; more wait in line. @default as many as `connections` */
  readonly connectionsPerOrigin?: number | undefined
  /** Time limits; a number is the total, in milliseconds. @default 30000 in total, 10000 to connect */
  readonly timeout?: number | TimeLimits | undefined
  /** Repetitions after the first attempt, or a whole policy. @default 2 */
  readonly retries?: number | HttpRetryPolicy | undefined
  /** Admits each attempt; a 429 that names a time pauses it. @default none */
  readonly rateLimiter?: RateLimiter | undefined
  /** What is done with a redirect: follow it, give it as the answer, or throw. @default "follow" */
  readonly redirect?: RedirectMode | undefined
  /** Sent with every request; those that carry keys only to the host of `baseUrl`, if there is one. @default none */
  readonly headers?: HeadersInput | undefined
  /** Milliseconds that an idle connection is kept. @default 4000 */
  readonly keepAlive?: number | undefined
}

export interface HttpRequestOptions {
  /** Sent as JSON. @default no body */
  readonly json?: unknown
  /** Sent as it is; an iterable is streamed, and never sent again. @default no body */
  readonly body?: ExchangeBody | null | undefined
  /** Added to those of the client; `undefined` takes one away. @default none */
  readonly headers?: HeadersInput | undefined
  /** Time limits of this call; a number is the total. @default those of the client */
  readonly timeout?: number | TimeLimits | undefined
  /** Repetitions of this call, or a policy. @default those of the client */
  readonly retries?: number | HttpRetryPolicy | undefined
  /** What is done with a redirect. @default that of the client */
  readonly redirect?: RedirectMode | undefined
  /** Ends the call, its body included, with `signal.reason`. @default none */
  readonly signal?: AbortSignal | undefined
  /** Added to the query of the URL. @default none */
  readonly query?: Query | undefined
}

const CLIENT_OPTIONS: ReadonlySet<string> = new Set([
  "baseUrl",
  "connections",
  "connectionsPerOrigin",
  "timeout",
  "retries",
  "redirect",
  "rateLimiter",
  "headers",
  "keepAlive",
])

/** Refuses what no client knows; the values are checked where they are used. */
export function checkClientOptions(options: HttpClientOptions): void {
  for (const name of Object.keys(options)) {
    if (!CLIENT_OPTIONS.has(name)) {
      throw new TypeError(
        `Expected the options of a client to be among ${[...CLIENT_OPTIONS].join(", ")}, got \`${name}\``,
      )
    }
  }
}

export function checkCount(name: string, value: number): number {
  if (Number.isInteger(value) && value >= 1) return value
  throw new RangeError(
    `Expected \`${name}\` to be an integer from 1 up, got \`${String(value)}\` (${typeof value})`,
  )
}

export function checkKeepAlive(keepAlive: number): number {
  if (Number.isFinite(keepAlive) && keepAlive >= 1) return keepAlive
  throw new RangeError(
    `Expected \`keepAlive\` to be a number of milliseconds from 1 up, got \`${String(keepAlive)}\` (${typeof keepAlive})`,
  )
}

/** The body of a call: what was given, or JSON of it. */
export function readBody({ json, body }: HttpRequestOptions): ExchangeBody | null {
  if (json === undefined) return body ?? null
  if (body !== undefined && body !== null) throw new TypeError("Expected `json` or `body`, got both")
  const text = JSON.stringify(json) as string | undefined
  if (text !== undefined) return text
  throw new TypeError(
    `Expected \`json\` to be a value that JSON can hold, got a value of type ${typeof json}`,
  )
}
