// An answer: its headers are here, its body may still be coming.
//
// A thin view of the exchange that brought it. The body can be read once, by one reader; what is
// not read is closed with the task that asked for it. What must stay true: nothing here waits
// unless the body is not complete, so that a small answer costs no second turn.
import { HttpConnectionError, HttpStatusError } from "./errors.ts"
import type { Exchange } from "./exchange.ts"
import type { HttpHeaders } from "./http-headers.ts"
import { redactHeaders, redactText, redactUrl, secretsOf } from "./redact.ts"
import { retryAfter } from "./retry-after.ts"

/** Characters of a body that an {@link HttpStatusError} shows at most. */
const EXCERPT = 4_096

/**
 * The answer to a request, whatever its status.
 *
 * **Cancellation.** Reading the body is a wait: a cancel closes the connection and ends it.
 * **Pitfall.** A body that is not read keeps its connection until the task ends: read it, `close()`
 * the response, or hold it by `await using`. A response must be read by the task that asked for it.
 *
 * @example Read or throw
 * ```ts no-run
 * await using client = new HttpClient({ baseUrl: "https://api.example.com" })
 * const response = await client.get("/models")
 * const { data } = await (await response.orThrow()).json<{ data: unknown[] }>()
 * ```
 */
export class HttpResponse implements AsyncDisposable {
  readonly #exchange: Exchange
  /** Whether a reader has begun; a body has one. */
  #isRead = false
  /** Milliseconds from the call to the headers of this answer, all attempts, pauses and redirects included. */
  readonly elapsed: number
  /** Whether redirects were followed on the way to this answer. */
  readonly redirected: boolean
  /** Why the request was not sent again although the policy would have. */
  readonly #note: string | undefined

  /** Made by the client. */
  constructor(
    exchange: Exchange,
    details: { readonly elapsed: number; readonly redirected: boolean; readonly note: string | undefined },
  ) {
    this.#exchange = exchange
    this.elapsed = details.elapsed
    this.redirected = details.redirected
    this.#note = details.note
  }

  get status(): number {
    return this.#exchange.status
  }

  /** Whether the status is 200 to 299. */
  get ok(): boolean {
    return this.status >= 200 && this.status < 300
  }

  get headers(): HttpHeaders {
    return this.#exchange.headers
  }

  /** The URL that gave this answer, after redirects; keys replaced by `***`. */
  get url(): string {
    return this.#exchange.request.target.shown
  }

  /** Attempts that were made, from 1. */
  get attempts(): number {
    return this.#exchange.attempt
  }

  /** When the attempt that gave this answer was sent, waiting in line and earlier attempts left out: time of the loop, in ms. */
  get sentAt(): number {
    return this.#exchange.sentAt
  }

  /** The body as it comes, in pieces; leaving the loop early closes the connection. */
  get body(): AsyncIterable<Uint8Array> {
    return { [Symbol.asyncIterator]: () => this.#pieces() }
  }

  /**
   * Waits until the whole body is here, and gives the response itself.
   *
   * It can then be read at any time, also in another task, and holds no connection.
   */
  async load(): Promise<this> {
    await this.#exchange.untilComplete()
    return this
  }

  /** The whole body. */
  async bytes(): Promise<Uint8Array> {
    const pieces = await this.#readAll()
    return pieces.length === 1 ? (pieces[0] as Uint8Array) : Buffer.concat(pieces)
  }

  /** The whole body as text: UTF-8, or what `content-type` says. A byte order mark is left out. */
  async text(): Promise<string> {
    return decode(await this.#readAll(), this.headers.get("content-type"))
  }

  /**
   * The whole body, parsed as JSON.
   *
   * @throws {SyntaxError} If it is no JSON; the message tells method, URL and status.
   */
  async json<T = unknown>(): Promise<T> {
    const text = await this.text()
    try {
      return JSON.parse(text) as T
    } catch (cause) {
      const { request } = this.#exchange
      const what = `Cannot read the answer of ${request.method} ${this.url} (status ${this.status}) as JSON`
      // The message of the parser quotes the text, which may repeat a key.
      if (redactText(text, secretsOf(request)) !== text) throw new SyntaxError(what)
      throw new SyntaxError(`${what}: ${(cause as Error).message}`, { cause })
    }
  }

  /**
   * Gives the response itself if its status is 2xx, and throws otherwise.
   *
   * @throws {HttpStatusError} With the status and the beginning of the body; the response is closed.
   */
  async orThrow(): Promise<this> {
    if (this.ok) return this
    const { request, attempt } = this.#exchange
    const secrets = secretsOf(request)
    const headers = redactHeaders(this.headers.toObject())
    for (const [name, value] of Object.entries(headers)) headers[name] = redactText(redactUrl(value), secrets)
    throw new HttpStatusError({
      status: this.status,
      method: request.method,
      url: this.url,
      attempts: attempt,
      body: redactText(await this.#beginning(), secrets).slice(0, EXCERPT),
      retryAfter: retryAfter(this.headers),
      headers,
      note: this.#note,
    })
  }

  /** Closes the connection unless the body has come whole; a body that was not read is gone. */
  close(): void {
    this.#exchange.close("the response was closed")
  }

  /** {@link close}, and resolves when the socket is gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
    await this.#exchange.untilGone()
  }

  #readAll(): Uint8Array[] | Promise<Uint8Array[]> {
    this.#claim()
    return this.#exchange.readAll()
  }

  async *#pieces(): AsyncGenerator<Uint8Array, void, void> {
    this.#claim()
    try {
      for (;;) {
        const piece = await this.#exchange.nextPiece()
        if (piece === null) return
        yield piece
      }
    } finally {
      this.close()
      await this.#exchange.untilGone()
    }
  }

  #claim(): void {
    if (this.#isRead) throw new TypeError(`Cannot read the body of ${this.url}: it was read already`)
    this.#isRead = true
  }

  /** At least EXCERPT bytes, if there are that many. */
  async #beginning(): Promise<string> {
    if (this.#isRead) return ""
    const pieces: Uint8Array[] = []
    let length = 0
    try {
      for await (const piece of this.body) {
        pieces.push(piece)
        length += piece.length
        if (length >= EXCERPT) break
      }
    } catch (error) {
      // The status says more than a body that broke off; a cancel is not caught here.
      if (!(error instanceof HttpConnectionError)) throw error
    }
    return decode(pieces, this.headers.get("content-type")).trim()
  }
}

const CHARSET = /;\s*charset\s*=\s*"?([^";\s]+)/i

function decode(pieces: readonly Uint8Array[], contentType: string | null): string {
  const bytes = pieces.length === 1 ? (pieces[0] as Uint8Array) : Buffer.concat(pieces)
  const charset = contentType === null ? undefined : CHARSET.exec(contentType)?.[1]
  if (charset !== undefined && !/^utf-?8$/i.test(charset)) {
    try {
      return new TextDecoder(charset).decode(bytes)
    } catch (error) {
      // A name that nobody knows: the bytes are read as UTF-8, as browsers do.
      if (!(error instanceof RangeError)) throw error
    }
  }
  const start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, bytes.byteLength - start).toString("utf8")
}
