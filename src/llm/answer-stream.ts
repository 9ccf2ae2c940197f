// One answer, from the bytes of its body to the body it stands for.
//
// The one place where a stream is read: bytes to events, events to the assembler, silence to the
// watch, and the end judged. A server may answer a request for a stream with an ordinary body; that
// is read here too, so whoever asks sees no difference.
//
//   phase     | waits for                                      | silence means
//   reading   | content                                        | LlmTimeoutError
//   complete  | usage, or the word that it was all             | the answer stands
//   over      | the end of the body, so its connection is free | the connection is closed
//
// What must stay true: deltas, body and failure depend on the bytes, not on how they were cut; what
// came before a failure is handed out before the failure is thrown.
import { clock } from "../core/lowlevel.ts"
import type { HttpResponse, ServerSentEvent } from "../http/index.ts"
import { EventReader, HttpConnectionError, HttpTimeoutError } from "../http/index.ts"
import { assemblerFor } from "./assembler-for.ts"
import { completionParts, isCompletion } from "./completion-parts.ts"
import { ContentWatch } from "./content-watch.ts"
import type { LlmAnswerFault, PartialAnswer } from "./errors.ts"
import { LlmAnswerError, LlmTimeoutError } from "./errors.ts"
import { parsed } from "./fields.ts"
import type { LlmDelta } from "./llm-delta.ts"
import type { ServerProblem } from "./server-problem.ts"
import { serverProblem } from "./server-problem.ts"
import type { StreamAssembler } from "./stream-assembler.ts"
import type { StreamTiming } from "./stream-timing.ts"
import { TokenTimes } from "./stream-timing.ts"

/** An answer that came whole. */
export interface ReadCompletion {
  /** The ordinary body, as an unstreamed answer has it. */
  readonly body: Record<string, unknown>
  readonly timing: StreamTiming
  /** The server's name for the request, or null. */
  readonly requestId: string | null
}

/** How an answer is read. */
export interface AnswerOptions {
  /** Path of the request: tells the form of its answer. */
  readonly path: string
  /** Whether a stream was asked for; then a body without a type is read as one. @default true */
  readonly streamed?: boolean | undefined
  /** Choices that were asked for. @default 1 */
  readonly choices?: number | undefined
  /** Milliseconds from the headers to the first content. @default 120000 */
  readonly firstToken?: number | undefined
  /** Milliseconds between one piece of content and the next. @default 60000 */
  readonly idle?: number | undefined
  /** The largest event, in characters. @default 16777216 */
  readonly maxEventSize?: number | undefined
  /** Texts that no error may show, such as the key that was sent. @default none */
  readonly secrets?: readonly string[] | undefined
}

/** Milliseconds that a complete answer waits for its usage, and an answer that is over for its connection. */
const COMPLETE_LIMIT = 2_000
const OVER_LIMIT = 50

/** Reads one answer. Made by whoever sent the request, in the task that sent it. */
export class AnswerStream {
  readonly #response: HttpResponse
  readonly #pieces: AsyncIterator<Uint8Array>
  readonly #assembler: StreamAssembler
  readonly #reader: EventReader
  readonly #watch: ContentWatch
  readonly #times: TokenTimes
  readonly #firstToken: number
  readonly #idle: number
  readonly #secrets: readonly string[]
  /** The body, if the server did not stream it. */
  #plain: Record<string, unknown> | null = null
  /** Why there is no whole answer; thrown by the next {@link next}. */
  #failure: LlmAnswerError | LlmTimeoutError | null = null
  #hasEnded = false
  /** Time of the clock at which the answer was complete; null before. */
  #endedAt: number | null = null
  /** Whether anything at all was understood. */
  #hasData = false
  /** Whether the body is no stream. */
  readonly #isPlain: boolean
  #content = ""

  constructor(response: HttpResponse, options: AnswerOptions) {
    this.#response = response
    this.#pieces = response.body[Symbol.asyncIterator]()
    this.#assembler = assemblerFor(options.path, options.choices)
    this.#reader = new EventReader(options.maxEventSize)
    this.#watch = new ContentWatch(() => response.close())
    this.#times = new TokenTimes(response.sentAt)
    this.#firstToken = options.firstToken ?? 120_000
    this.#idle = options.idle ?? 60_000
    this.#secrets = options.secrets ?? []
    const type = response.headers.get("content-type") ?? ""
    this.#isPlain = /\bjson\b/i.test(type) || (options.streamed === false && !/event-stream/i.test(type))
  }

  /** Time of the clock at which the request was sent. */
  get sentAt(): number {
    return this.#response.sentAt
  }

  /** Text of the first choice, as far as it came. */
  get content(): string {
    return this.#content
  }

  /** The next pieces of content, at least one; null when the answer is whole. */
  async next(): Promise<readonly LlmDelta[] | null> {
    if (this.#isPlain) return this.#readPlain()
    while (!this.#hasEnded && this.#failure === null) {
      if (this.#assembler.isOver) {
        await this.#release()
        return null
      }
      const piece = await this.#nextPiece()
      const deltas = piece === null ? this.#finish() : this.#take(this.#reader.feed(piece))
      if (deltas.length > 0) return deltas
    }
    if (this.#failure !== null) throw this.#failure
    return null
  }

  /** All of the answer, and nothing of it before. */
  async readAll(): Promise<ReadCompletion> {
    try {
      while ((await this.next()) !== null) {
        // The assembler keeps it all.
      }
    } finally {
      await this.close()
    }
    return this.whole()
  }

  /** What {@link next} has read, once it has given null. */
  whole(): ReadCompletion {
    const timing = this.#times.timing(this.#endedAt ?? clock.now())
    return { body: this.#plain ?? this.#assembler.body(), timing, requestId: this.#requestId }
  }

  /** Closes the connection unless all has come. */
  close(): Promise<void> {
    return this.#response[Symbol.asyncDispose]()
  }

  get #requestId(): string | null {
    const { headers } = this.#response
    return headers.get("x-request-id") ?? headers.get("request-id")
  }

  async #nextPiece(): Promise<Uint8Array | null> {
    const { isOver, isComplete } = this.#assembler
    const content = this.#times.hasBegun ? this.#idle : this.#firstToken
    this.#watch.begin(isOver ? OVER_LIMIT : isComplete ? Math.min(content, COMPLETE_LIMIT) : content)
    try {
      const piece = await this.#pieces.next()
      return piece.done === true ? null : piece.value
    } catch (error) {
      if (isComplete && (error instanceof HttpConnectionError || error instanceof HttpTimeoutError))
        return null
      throw this.#explain(error)
    } finally {
      this.#watch.end()
    }
  }

  #take(events: readonly ServerSentEvent[]): readonly LlmDelta[] {
    const deltas: LlmDelta[] = []
    for (const event of events) {
      this.#takeEvent(event, deltas)
      if (this.#failure !== null || this.#assembler.isOver) break
    }
    if (this.#reader.isTooLarge) this.#fail("malformed", "an event of its stream is too large")
    if (deltas.length > 0) this.#watch.heardContent()
    if (this.#assembler.isComplete) this.#endedAt ??= clock.now()
    return deltas
  }

  #takeEvent({ event, data, truncated }: ServerSentEvent, deltas: LlmDelta[]): void {
    if (data.trim() === "[DONE]") {
      // Nothing else ends the stream of a server that sends this.
      this.#assembler.isOver = true
      if (!this.#assembler.isComplete) this.#fail("truncated", "its stream ended before there was an answer")
      return
    }
    let value: unknown
    try {
      value = JSON.parse(data)
    } catch {
      if (event === "error") this.#report({ type: "", code: "", message: data, status: null })
      // The last event of a body that was cut: what is left of it is no event.
      else if (truncated !== true)
        this.#fail("malformed", `an event of its stream is not JSON: ${this.#hide(data).slice(0, 100)}`)
      return
    }
    this.#hasData = true
    const problem = serverProblem(value, event)
    if (problem !== null) {
      this.#report(problem)
      return
    }
    for (const delta of this.#assembler.add(value)) {
      this.#times.heard(clock.now())
      if (delta.kind === "text" && delta.choice === 0) this.#content += delta.text
      deltas.push(delta)
    }
  }

  /** The body has ended. */
  #finish(): readonly LlmDelta[] {
    const deltas = this.#take(this.#reader.end())
    this.#hasEnded = true
    if (this.#assembler.isComplete || this.#failure !== null) return deltas
    if (this.#hasData) this.#fail("truncated", "its stream ended before it was whole")
    else this.#fail("malformed", "its body is no stream of events")
    return deltas
  }

  /** The logical end has come; the body's own end is waited for, shortly, so that the connection can be kept. */
  async #release(): Promise<void> {
    this.#hasEnded = true
    this.#watch.heardContent()
    while ((await this.#nextPiece()) !== null) {
      // What comes behind the end is nothing.
    }
    await this.close()
  }

  async #readPlain(): Promise<readonly LlmDelta[] | null> {
    if (this.#failure !== null) throw this.#failure
    if (this.#hasEnded) return null
    this.#watch.begin(this.#firstToken)
    const pieces: Uint8Array[] = []
    try {
      for (;;) {
        const piece = await this.#pieces.next()
        if (piece.done === true) break
        pieces.push(piece.value)
      }
    } catch (error) {
      throw this.#explain(error)
    } finally {
      this.#watch.end()
    }
    this.#hasEnded = true
    this.#endedAt = clock.now()
    const body = parsed(Buffer.concat(pieces).toString("utf8"))
    const problem = serverProblem(body)
    if (problem !== null) throw this.#report(problem)
    if (!isCompletion(body)) throw this.#fail("malformed", "its body is no completion")
    this.#plain = body as Record<string, unknown>
    this.#content = completionParts(body).content
    return this.#content === "" ? null : [{ kind: "text", text: this.#content, choice: 0 }]
  }

  /** What an error of the connection means for the answer. */
  #explain(error: unknown): unknown {
    if (error instanceof HttpTimeoutError) {
      const { phase, limit } = error
      return (this.#failure = new LlmTimeoutError({ ...this.#partial(), phase, limit, cause: error }))
    }
    if (!(error instanceof HttpConnectionError)) return error
    if (this.#watch.hasFired) {
      const [phase, limit] = this.#times.hasBegun
        ? (["idle", this.#idle] as const)
        : (["firstToken", this.#firstToken] as const)
      return (this.#failure = new LlmTimeoutError({ ...this.#partial(), phase, limit }))
    }
    return this.#fail("truncated", "the connection broke", error)
  }

  #report(problem: ServerProblem): Error {
    const shown = { ...problem, message: this.#hide(problem.message) }
    const name = shown.type || shown.code
    const message = [name, shown.message].filter((part) => part !== "").join(": ")
    const words = `the server reported a problem${message === "" ? "" : ` (${message})`}`
    const details = { ...this.#partial(), reason: "problem" as const, problem: shown }
    return (this.#failure ??= new LlmAnswerError(words, details))
  }

  #fail(reason: LlmAnswerFault, why: string, cause?: unknown): Error {
    return (this.#failure ??= new LlmAnswerError(why, { ...this.#partial(), reason, cause }))
  }

  #partial(): PartialAnswer {
    const partial = this.#hasData ? this.#assembler.body() : null
    return { content: this.#content, partial, requestId: this.#requestId }
  }

  #hide(text: string): string {
    return this.#secrets.reduce((shown, secret) => shown.replaceAll(secret, "***"), text)
  }
}
