// Many requests, each of which becomes an outcome.
//
// `map` does the work; here is what makes of a failure a value, and of a time limit over all of them
// an outcome for each that was not done. What must stay true: every request of the source gives one
// outcome; only what the caller does to the whole (a cancel, its signal, leaving the loop) ends it.
import { map } from "../combine/index.ts"
import { TimeoutError, rethrowCancelled } from "../core/index.ts"
import { CancelScope, clock, runBlock } from "../core/lowlevel.ts"
import type { HttpRequestOptions } from "./client-options.ts"
import { checkCount } from "./client-options.ts"
import { ConnectionLine } from "./connection-line.ts"
import { HttpClient } from "./http-client.ts"
import type { HttpResponse } from "./http-response.ts"
import { redactUrl } from "./redact.ts"
import { checkRedirect } from "./redirect.ts"
import { checkPolicy } from "./retry-policy.ts"
import { checkLimit, checkLimits } from "./time-limits.ts"

/** A request with settings of its own; other fields are kept, and come back with its outcome. */
export interface FetchRequest extends HttpRequestOptions {
  readonly url: string | URL
  /** @default "GET" */
  readonly method?: string | undefined
}

/** What became of one request. */
export type FetchOutcome<T, R> = {
  /** The request as it was given. */
  readonly request: R
  /** Its place in the source, from 0. */
  readonly index: number
  /** Milliseconds from its first attempt to its end; without its wait for a place. */
  readonly elapsed: number
} & ({ readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown })

/** Settings of {@link fetchAll}. */
export interface FetchAllOptions<T> {
  /** Requests on their way at once. @default 10 */
  readonly concurrency?: number | undefined
  /** Of these, requests to one origin at once. @default as many as `concurrency` */
  readonly perOrigin?: number | undefined
  /** Settings of each request that has none of its own; `timeout` is the limit for one. @default those of the client */
  readonly each?: HttpRequestOptions | undefined
  /** Milliseconds from the first outcome asked for after which what is not done is cut off. @default no limit */
  readonly timeout?: number | undefined
  /** Makes a value of an answer with status 2xx, within the limits of its request. @default the response, its body loaded */
  readonly read?: ((response: HttpResponse) => T | PromiseLike<T>) | undefined
  /** Give outcomes in the order of the requests, not of finishing. @default true */
  readonly ordered?: boolean | undefined
  /** Sends the requests, and stays open. @default one of its own, closed at the end */
  readonly client?: HttpClient | undefined
  /** Ends the whole when it aborts; the loop then throws `signal.reason`. @default none */
  readonly signal?: AbortSignal | undefined
}

/**
 * Sends many requests, so many at a time, and iterates over what became of each.
 *
 * A stack of letters: each comes back with an answer or with a note why not, and none holds up the
 * others. For one request use {@link HttpClient}, for work that is more than a request and its answer
 * `map` with a client.
 *
 * **Cancellation.** Leaving the loop, or cancelling the task that iterates, cancels the requests that
 * are on their way, closes their connections, and waits for both.
 * **Fairness.** Requests are begun in order; with `perOrigin`, those to a busy origin are overtaken by
 * others, up to ten times `concurrency` ahead.
 * **Pitfall.** A failure does not throw: look at `outcome.ok`. A status that is not 2xx is a failure.
 *
 * @param requests - URLs or requests, in any iterable or async iterable.
 * @param options.concurrency - Requests on their way at once. @default 10
 * @param options.perOrigin - Of these, requests to one origin. @default as many as `concurrency`
 * @param options.each - Settings of each request, such as its `timeout`. @default those of the client
 * @param options.timeout - Milliseconds after which all that is not done becomes an outcome with a
 * TimeoutError. @default no limit
 * @param options.read - Makes a value of an answer. @default the response, its body loaded
 * @param options.ordered - Give outcomes in the order of the requests. @default true
 * @param options.client - Sends the requests. @default one of its own, closed at the end
 * @param options.signal - Ends the whole with `signal.reason` when it aborts. @default none
 * @returns Outcomes; can be iterated once. For all of them at once, `collect.array(fetchAll(…))`.
 * @throws {RangeError} If a number is out of range.
 * @throws {TypeError} If `requests` cannot be iterated, or a setting is of the wrong kind.
 *
 * @example What can be had within two seconds
 * ```ts no-run
 * const urls = ["https://one.example.com/feed", "https://two.example.com/feed"]
 * const outcomes = fetchAll(urls, { timeout: 2_000, read: (response) => response.text() })
 * for await (const outcome of outcomes) {
 *   console.log(outcome.request, outcome.ok ? outcome.value.length : String(outcome.error))
 * }
 * ```
 */
export function fetchAll<R extends string | URL | FetchRequest, T = HttpResponse>(
  requests: Iterable<R> | AsyncIterable<R>,
  options: FetchAllOptions<T> = {},
): AsyncIterableIterator<FetchOutcome<T, R>> & AsyncDisposable {
  return new Fetching(requests, options)
}

class Fetching<T, R extends string | URL | FetchRequest>
  implements AsyncIterableIterator<FetchOutcome<T, R>>, AsyncDisposable
{
  readonly #options: FetchAllOptions<T>
  readonly #client: HttpClient
  /** Places for requests; null if `map` alone bounds them. */
  readonly #line: ConnectionLine | null
  readonly #outcomes: AsyncIterableIterator<FetchOutcome<T, R>> & AsyncDisposable
  /** Time of the clock at which what is not done is cut off; set when the first outcome is asked for. */
  #end: number | null = null

  constructor(requests: Iterable<R> | AsyncIterable<R>, options: FetchAllOptions<T>) {
    const concurrency = checkCount("concurrency", options.concurrency ?? 10)
    const perOrigin = checkCount("perOrigin", options.perOrigin ?? concurrency)
    const isApart = perOrigin < concurrency
    checkLimit("timeout", options.timeout ?? Infinity)
    // A bad setting for all is the caller's mistake, and no outcome.
    checkLimits(options.each?.timeout)
    checkPolicy(options.each?.retries)
    checkRedirect(options.each?.redirect, "follow")
    this.#options = options
    this.#line = isApart ? new ConnectionLine(concurrency, perOrigin) : null
    this.#outcomes = map(requests, (request, index) => this.#fetch(request, index), {
      concurrency: isApart ? concurrency * LOOK_AHEAD : concurrency,
      ordered: options.ordered,
      signal: options.signal,
    })
    this.#client = options.client ?? new HttpClient({ connections: concurrency })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<FetchOutcome<T, R>>> {
    this.#end ??= clock.now() + (this.#options.timeout ?? Infinity)
    try {
      const result = await this.#outcomes.next()
      if (result.done === true) await this.#close()
      return result
    } catch (error) {
      await this.#close()
      throw error
    }
  }

  async return(): Promise<IteratorResult<FetchOutcome<T, R>>> {
    try {
      await this.#outcomes[Symbol.asyncDispose]()
    } finally {
      await this.#close()
    }
    return { done: true, value: undefined }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return()
  }

  async #close(): Promise<void> {
    if (this.#options.client === undefined) await this.#client.close()
  }

  async #fetch(request: R, index: number): Promise<FetchOutcome<T, R>> {
    const deadline = this.#end ?? Infinity
    let started = clock.now()
    const end = (): { request: R; index: number; elapsed: number } => ({
      request,
      index,
      elapsed: clock.now() - started,
    })
    if (started >= deadline) return { ...end(), ok: false, error: this.#cutOff(request) }
    const limit = new CancelScope(`a fetchAll of ${this.#options.timeout} ms`, { deadline })
    const ask = async (): Promise<T> => {
      const place = await this.#line?.acquire(originOf(request))
      started = clock.now()
      try {
        return await this.#ask(request)
      } finally {
        place?.release()
      }
    }
    try {
      const result = await runBlock(limit.scope, ask, undefined)
      if (result.absorbed) return { ...end(), ok: false, error: this.#cutOff(request) }
      return { ...end(), ok: true, value: result.value }
    } catch (error) {
      rethrowCancelled(error)
      return { ...end(), ok: false, error }
    }
  }

  async #ask(request: R): Promise<T> {
    const { each, read } = this.#options
    const { url, method = "GET", ...own } = asRequest(request)
    const response = await this.#client.request(method, url, {
      ...each,
      ...own,
      headers: { ...each?.headers, ...own.headers },
    })
    try {
      await response.orThrow()
      return read === undefined ? ((await response.load()) as T) : await read(response)
    } finally {
      await response[Symbol.asyncDispose]()
    }
  }

  #cutOff(request: R): TimeoutError {
    const { url, method = "GET" } = asRequest(request)
    return new TimeoutError(
      `Cannot ${method.toUpperCase()} ${redactUrl(String(url))}: all requests together took longer than ${this.#options.timeout} ms`,
    )
  }
}

/** Requests taken from the source for each that may be on its way, so that a busy origin does not block others. */
const LOOK_AHEAD = 10

function asRequest(request: string | URL | FetchRequest): FetchRequest {
  return typeof request === "string" || request instanceof URL ? { url: request } : request
}

/** Relative URLs go to one place, that of the client; what is no URL is told so when it is asked for. */
function originOf(request: string | URL | FetchRequest): string {
  const url = String(asRequest(request).url)
  return URL.canParse(url) ? new URL(url).origin : ""
}
