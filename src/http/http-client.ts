// HTTP for many requests at once: limits, repetition, and cancel that closes the socket.
//
// The face of the room. A call is resolved here, once: where it goes, what it brings, which limits
// it has; from then on it is the sender's (`sender.ts`). What must stay true: nothing that is the
// same for all calls is computed per call, and a closed client sends nothing.
import { UnclosedWatch, clock } from "../core/lowlevel.ts"
import type { HttpClientOptions, HttpRequestOptions } from "./client-options.ts"
import { checkClientOptions, checkCount, checkKeepAlive, readBody } from "./client-options.ts"
import type { HttpStatistics } from "./connection-pool.ts"
import { ConnectionPool } from "./connection-pool.ts"
import { EventStreamError } from "./errors.ts"
import type { ServerSentEvent } from "./event-reader.ts"
import { readEvents } from "./read-events.ts"
import type { HttpResponse } from "./http-response.ts"
import { DefaultHeaders } from "./default-headers.ts"
import type { CheckedPolicy } from "./retry-policy.ts"
import { checkPolicy } from "./retry-policy.ts"
import type { RedirectMode } from "./redirect.ts"
import { checkRedirect } from "./redirect.ts"
import type { Call } from "./sender.ts"
import { Sender, closedError } from "./sender.ts"
import type { Target } from "./target.ts"
import { checkBaseUrl, resolveTarget } from "./target.ts"
import type { CheckedLimits } from "./time-limits.ts"
import { checkLimits } from "./time-limits.ts"

/** Settings of {@link HttpClient.events}. */
export interface EventsOptions extends HttpRequestOptions {
  /** @default "POST" with a body, "GET" without */
  readonly method?: string | undefined
  /** The largest event, in characters. @default 16777216 */
  readonly maxEventSize?: number | undefined
}

/**
 * Sends HTTP requests: many at once, within limits, again where that is safe.
 *
 * A switchboard with a fixed number of lines: connections are kept and shared, who finds none free
 * waits in line. It resolves for every status, see `response.ok` and `response.orThrow()`. For a
 * steady pace of starts, give it a {@link RateLimiter}; for many URLs at once, see {@link fetchAll}.
 *
 * **Cancellation.** A cancel closes the connection of the request before it is thrown. Leaving a
 * task closes the answers it has not read.
 * **Fairness.** Requests get a connection in order of arrival, with `connectionsPerOrigin` those to
 * one origin.
 * **Pitfall.** `timeout` is for the whole call, waiting in line and reading the body included: for
 * a long stream, set `{ total: Infinity, body: 60_000 }`. A client that is not closed is named at the
 * end of its run, with the line that opened it: use `await using`.
 *
 * @param options.baseUrl - URL that others are appended to. @default none
 * @param options.connections - Requests on their way at once. @default 100
 * @param options.connectionsPerOrigin - Of these, requests to one origin. @default as many as `connections`
 * @param options.timeout - Milliseconds in total, or limits by phase. @default 30000
 * @param options.retries - Repetitions after the first attempt, or a policy. @default 2
 * @param options.redirect - Follow redirects, give them as answers, or throw. @default "follow"
 * @param options.rateLimiter - Admits each attempt. @default none
 * @param options.headers - Sent with every request. @default none
 * @param options.keepAlive - Milliseconds that an idle connection is kept. @default 4000
 * @throws {TypeError} If an option is unknown or of the wrong kind.
 * @throws {RangeError} If a number is out of range.
 *
 * @example Ask for JSON
 * ```ts no-run
 * await using client = new HttpClient({ baseUrl: "https://api.example.com/v1", retries: 3 })
 * const response = await client.post("/items", { json: { name: "one" }, timeout: 5000 })
 * const item = await (await response.orThrow()).json<{ id: string }>()
 * ```
 */
export class HttpClient implements AsyncDisposable {
  /** What URLs without a scheme are appended to; null if every URL must have one. */
  readonly #base: URL | null
  /** Defaults of every call; a call may replace each. */
  readonly #headers: DefaultHeaders
  readonly #limits: CheckedLimits
  readonly #policy: CheckedPolicy
  readonly #redirect: RedirectMode
  /** All connections of this client; closed by the sender, once. */
  readonly #pool: ConnectionPool
  readonly #sender: Sender
  /** The last URL without a query of its own, as most programs ask for the same again. */
  #lastUrl: string | null = null
  #lastTarget: Target | null = null
  readonly #unclosed: UnclosedWatch
  /** Set by `close()`: resolves when no socket is left. */
  #closing: Promise<void> | null = null

  constructor(options: HttpClientOptions = {}) {
    checkClientOptions(options)
    this.#base = options.baseUrl === undefined ? null : checkBaseUrl(options.baseUrl)
    this.#headers = new DefaultHeaders(options.headers ?? {})
    this.#limits = checkLimits(options.timeout)
    this.#policy = checkPolicy(options.retries)
    this.#redirect = checkRedirect(options.redirect, "follow")
    const connections = checkCount("connections", options.connections ?? 100)
    const perOrigin = checkCount("connectionsPerOrigin", options.connectionsPerOrigin ?? connections)
    this.#pool = new ConnectionPool(connections, perOrigin, checkKeepAlive(options.keepAlive ?? 4_000))
    this.#sender = new Sender(this.#pool, options.rateLimiter ?? null)
    this.#unclosed = new UnclosedWatch(this, "An HTTP client", this.#pool.sockets)
  }

  /** {@link request} with method GET. */
  get(url: string | URL, options?: HttpRequestOptions): Promise<HttpResponse> {
    return this.request("GET", url, options)
  }

  /** {@link request} with method HEAD; the answer has no body. */
  head(url: string | URL, options?: HttpRequestOptions): Promise<HttpResponse> {
    return this.request("HEAD", url, options)
  }

  /** {@link request} with method POST. */
  post(url: string | URL, options?: HttpRequestOptions): Promise<HttpResponse> {
    return this.request("POST", url, options)
  }

  /** {@link request} with method PUT. */
  put(url: string | URL, options?: HttpRequestOptions): Promise<HttpResponse> {
    return this.request("PUT", url, options)
  }

  /** {@link request} with method PATCH. */
  patch(url: string | URL, options?: HttpRequestOptions): Promise<HttpResponse> {
    return this.request("PATCH", url, options)
  }

  /** {@link request} with method DELETE. */
  delete(url: string | URL, options?: HttpRequestOptions): Promise<HttpResponse> {
    return this.request("DELETE", url, options)
  }

  /**
   * Sends a request and resolves when the headers of its answer are here, whatever its status.
   *
   * An idempotent request is repeated after a failed connection, a limit of an attempt, and the
   * statuses of the policy; another one (POST, PATCH) only after such a status, or when the server
   * cannot have seen it. Redirects are followed as browsers do, 20 at most; keys in headers do not go
   * to another origin.
   *
   * **Cancellation.** Closes the connection, then throws.
   *
   * @throws {HttpConnectionError} If the connection failed, at the last attempt.
   * @throws {HttpTimeoutError} If a limit ran out, at the last attempt or in total.
   * @throws {HttpRedirectError} If a redirect cannot be followed, or with `redirect: "error"`.
   * @throws {HttpClientClosedError} If the client was closed.
   * @throws {TypeError} If the URL, a header or the body cannot be sent.
   */
  async request(method: string, url: string | URL, options: HttpRequestOptions = {}): Promise<HttpResponse> {
    if (this.#closing !== null) throw closedError(method.toUpperCase())
    options.signal?.throwIfAborted()
    return this.#sender.send(this.#prepare(method.toUpperCase(), url, options))
  }

  /**
   * Sends a request and gives the server-sent events of its answer.
   *
   * **Cancellation.** Leaving the loop, or a cancel while waiting, closes the connection.
   * **Pitfall.** The time limit in total is for the whole stream.
   *
   * @throws {HttpStatusError} If the status is not 2xx.
   * @throws {EventStreamError} If the answer is no stream of events, or an event is too large.
   * @throws {HttpConnectionError} If the stream broke off. One that ends without its last empty line
   * gives its last event with `truncated`.
   *
   * @example Until the server says so
   * ```ts no-run
   * await using client = new HttpClient({ baseUrl: "https://api.example.com" })
   * for await (const { data } of client.events("/chat", { json: { stream: true } })) {
   *   if (data === "[DONE]") break
   *   console.log(JSON.parse(data))
   * }
   * ```
   */
  async *events(url: string | URL, options: EventsOptions = {}): AsyncGenerator<ServerSentEvent, void, void> {
    const { method, maxEventSize, ...rest } = options
    const hasBody = options.json !== undefined || (options.body !== undefined && options.body !== null)
    const headers = { accept: "text/event-stream", "cache-control": "no-cache", ...options.headers }
    const response = await this.request(method ?? (hasBody ? "POST" : "GET"), url, { ...rest, headers })
    try {
      await response.orThrow()
      const type = response.headers.get("content-type")
      if (type === null || !/^text\/event-stream\b/i.test(type)) {
        const what = type === null ? "has no content type" : `is \`${type}\``
        throw new EventStreamError(
          `Cannot read events of ${response.url}: the answer ${what}`,
          "content-type",
        )
      }
      yield* readEvents(response.body, maxEventSize)
    } finally {
      await response[Symbol.asyncDispose]()
    }
  }

  /**
   * Ends all requests with an {@link HttpClientClosedError} and resolves when no socket is left.
   *
   * Later requests throw. Calling it again gives the same promise.
   */
  close(): Promise<void> {
    this.#unclosed.stop()
    this.#closing ??= this.#sender.close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  statistics(): HttpStatistics {
    return this.#pool.statistics()
  }

  toString(): string {
    const { inFlight, waiting, sockets } = this.statistics()
    const state = this.#closing === null ? "" : " closed"
    return `<HttpClient${state} inFlight=${inFlight} waiting=${waiting} sockets=${sockets}>`
  }

  #prepare(method: string, url: string | URL, options: HttpRequestOptions): Call {
    const target = this.#target(url, options)
    const limits = checkLimits(options.timeout, this.#limits)
    const started = clock.now()
    return {
      method,
      target,
      headers: this.#headers.merge(options.headers, options.json !== undefined, target),
      body: readBody(options),
      limits,
      deadline: started + limits.total,
      policy: checkPolicy(options.retries, this.#policy),
      redirect: checkRedirect(options.redirect, this.#redirect),
      signal: options.signal,
      started,
    }
  }

  #target(url: string | URL, { query }: HttpRequestOptions): Target {
    if (url === this.#lastUrl && query === undefined && this.#lastTarget !== null) return this.#lastTarget
    const target = resolveTarget(this.#base, url, query)
    if (typeof url === "string" && query === undefined) {
      this.#lastUrl = url
      this.#lastTarget = target
    }
    return target
  }
}
