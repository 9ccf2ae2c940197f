// What can go wrong with a request, by what the caller can do about it.
//
// An answer with a bad status is an answer: only `orThrow()` makes an error of it. A connection
// that failed and a limit that ran out are errors of the attempt, and tell whether the server can
// have seen the request. What must stay true: no message and no field holds a key (`redact.ts`).
import { TimeoutError } from "../core/index.ts"
import { brand } from "../core/lowlevel.ts"

/** Where an attempt was: opening a connection, waiting for the headers, or reading the body. */
export type HttpPhase = "connect" | "headers" | "body"

/** Which time limit ran out: of a phase, of the attempt, or of the whole call. */
export type HttpTimeoutPhase = HttpPhase | "attempt" | "total"

/** What every error of a request tells of it. */
export interface HttpErrorDetails {
  readonly method: string
  /** With keys replaced by `***`. */
  readonly url: string
  /** Attempts made so far, this one included. */
  readonly attempts: number
  /** Whether the server can have seen the request. */
  readonly requestSent: boolean
}

/** What the error that ends a call says beside what happened. */
interface LastWords {
  /** Why it was not sent again although the policy would have. */
  readonly note?: string | undefined
}

/**
 * The connection could not be opened, or broke before the answer was complete.
 *
 * Differs from {@link HttpTimeoutError}, where the connection holds and nothing comes. With
 * `requestSent` false the server has not seen the request, and sending it again is safe.
 *
 * @example Tell it from a limit
 * ```ts no-run
 * await using client = new HttpClient({ baseUrl: "https://api.example.com" })
 * const answer = await client.post("/orders", { json: { item: 1 } }).catch((error: unknown) => {
 *   if (error instanceof HttpConnectionError && !error.requestSent) return null // it can be sent again
 *   throw error
 * })
 * ```
 */
export class HttpConnectionError extends Error implements HttpErrorDetails {
  /** Constant that tells this class. */
  readonly code = "E_HTTP_CONNECTION"
  readonly phase: HttpPhase
  readonly method: string
  readonly url: string
  readonly attempts: number
  readonly requestSent: boolean
  /** Whether the connection had carried a request before: an idle one may be closed by the server at any time. */
  readonly reusedSocket: boolean
  readonly #reason: string

  constructor(
    reason: string,
    details: HttpErrorDetails & { phase: HttpPhase; reusedSocket: boolean; cause?: unknown } & LastWords,
  ) {
    const { method, url, attempts, note } = details
    super(`Cannot ${method} ${url}: ${reason}${attemptsNote(attempts, note)}`, { cause: details.cause })
    this.#reason = reason
    this.phase = details.phase
    this.method = details.method
    this.url = details.url
    this.attempts = details.attempts
    this.requestSent = details.requestSent
    this.reusedSocket = details.reusedSocket
  }

  /** Used by the client: the same error, which says why the request was not sent again. */
  withNote(note: string): HttpConnectionError {
    const { phase, method, url, attempts, requestSent, reusedSocket, cause } = this
    const details = { phase, method, url, attempts, requestSent, reusedSocket, cause, note }
    return new HttpConnectionError(this.#reason, details)
  }
}
brand(HttpConnectionError, "HttpConnectionError")

/**
 * A time limit of a request ran out; its connection is closed when this arrives.
 *
 * It is a `TimeoutError` of the runtime, so one `catch` serves both. `phase` tells which limit.
 *
 * @example Nobody listens
 * ```ts no-run
 * await using client = new HttpClient()
 * const error = await client.get("http://192.0.2.1/", { timeout: 100 }).catch((thrown: unknown) => thrown)
 * if (error instanceof HttpTimeoutError) console.log(error.phase, error.limit)
 * ```
 */
export class HttpTimeoutError extends TimeoutError implements HttpErrorDetails {
  /** Constant that tells this class. */
  override readonly code: string = "E_HTTP_TIMEOUT"
  readonly phase: HttpTimeoutPhase
  /** The limit, in milliseconds. */
  readonly limit: number
  readonly method: string
  readonly url: string
  readonly attempts: number
  readonly requestSent: boolean

  constructor(details: HttpErrorDetails & { phase: HttpTimeoutPhase; limit: number } & LastWords) {
    const { method, url, phase, limit, attempts, note } = details
    super(
      `Cannot ${method} ${url}: ${LIMIT_WORDS[phase]} took longer than ${limit} ms${attemptsNote(attempts, note)}`,
    )
    this.phase = phase
    this.limit = limit
    this.method = method
    this.url = url
    this.attempts = attempts
    this.requestSent = details.requestSent
  }

  /** Used by the client: the same error, which says why the request was not sent again. */
  withNote(note: string): HttpTimeoutError {
    const { phase, limit, method, url, attempts, requestSent } = this
    return new HttpTimeoutError({ phase, limit, method, url, attempts, requestSent, note })
  }
}
brand(HttpTimeoutError, "HttpTimeoutError")

const LIMIT_WORDS: Readonly<Record<HttpTimeoutPhase, string>> = {
  connect: "connecting",
  headers: "waiting for the headers",
  body: "waiting for more of the body",
  attempt: "the attempt",
  total: "the call",
}

/**
 * An answer whose status is not 2xx, made by `response.orThrow()` alone.
 *
 * Differs from {@link HttpConnectionError}: the server has answered, and says no.
 *
 * @example Not found is no accident
 * ```ts no-run
 * await using client = new HttpClient({ baseUrl: "https://api.example.com" })
 * const response = await client.get("/items/1")
 * const item = await response.orThrow().catch((error: unknown) => {
 *   if (error instanceof HttpStatusError && error.status === 404) return null
 *   throw error
 * })
 * ```
 */
export class HttpStatusError extends Error {
  /** Constant that tells this class. */
  readonly code = "E_HTTP_STATUS"
  readonly status: number
  readonly method: string
  readonly url: string
  readonly attempts: number
  /** Beginning of the body, as text. */
  readonly body: string
  /** Milliseconds that the server asks to wait, or null. */
  readonly retryAfter: number | null
  /** Headers of the answer, secrets replaced by `***`. */
  readonly headers: Readonly<Record<string, string>>

  constructor(details: {
    readonly status: number
    readonly method: string
    readonly url: string
    readonly attempts: number
    readonly body: string
    readonly retryAfter: number | null
    readonly headers: Readonly<Record<string, string>>
    readonly note?: string | undefined
  }) {
    const { status, method, url, attempts, body, note } = details
    const said = body === "" ? "" : `: ${body.length > 200 ? `${body.slice(0, 200)}…` : body}`
    super(`Cannot ${method} ${url}: the answer has status ${status}${attemptsNote(attempts, note)}${said}`)
    this.status = status
    this.method = method
    this.url = url
    this.attempts = attempts
    this.body = body
    this.retryAfter = details.retryAfter
    this.headers = details.headers
  }
}
brand(HttpStatusError, "HttpStatusError")

/**
 * A redirect that was not followed.
 *
 * Made only while redirects are followed, or with `redirect: "error"`; with `redirect: "manual"` the
 * answer of the redirect is the answer.
 */
export class HttpRedirectError extends Error {
  /** Constant that tells this class. */
  readonly code = "E_HTTP_REDIRECT"
  /** Why: none may be followed, too many were, it leads nowhere, or the body cannot be sent a second time. */
  readonly reason: "refused" | "too-many" | "location" | "body"
  readonly status: number
  readonly method: string
  /** The URL that answered with it; keys replaced by `***`. */
  readonly url: string
  /** Where it leads, as the server wrote it; keys replaced by `***`. */
  readonly location: string

  constructor(details: {
    readonly reason: HttpRedirectError["reason"]
    readonly status: number
    readonly method: string
    readonly url: string
    readonly location: string
  }) {
    const { reason, status, method, url, location } = details
    super(`Cannot ${method} ${url}: ${REDIRECT_WORDS[reason]} (status ${status}, to ${location})`)
    this.reason = reason
    this.status = status
    this.method = method
    this.url = url
    this.location = location
  }
}
brand(HttpRedirectError, "HttpRedirectError")

const REDIRECT_WORDS: Readonly<Record<HttpRedirectError["reason"], string>> = {
  refused: "the answer is a redirect, and none is to be followed",
  "too-many": "too many redirects",
  location: "the redirect leads to no http or https URL",
  body: "a body that was streamed cannot be sent on to where the redirect leads",
}

/**
 * A client was used after `close()`, or closed while a request was under way.
 */
export class HttpClientClosedError extends Error {
  /** Constant that tells this class. */
  readonly code = "E_HTTP_CLIENT_CLOSED"
}
brand(HttpClientClosedError, "HttpClientClosedError")

/**
 * An answer that is no usable stream of events: another content type, or an event above the size limit.
 *
 * A stream that breaks off is an {@link HttpConnectionError} instead.
 */
export class EventStreamError extends Error {
  /** Constant that tells this class. */
  readonly code = "E_HTTP_EVENT_STREAM"
  readonly reason: "content-type" | "too-large"

  constructor(message: string, reason: "content-type" | "too-large") {
    super(message)
    this.reason = reason
  }
}
brand(EventStreamError, "EventStreamError")

function attemptsNote(attempts: number, note: string | undefined): string {
  const made = attempts > 1 ? [`${attempts} attempts`] : []
  const said = note === undefined ? made : [...made, note]
  return said.length === 0 ? "" : ` (${said.join("; ")})`
}
