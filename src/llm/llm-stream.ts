// The answer to one question, as it comes.
//
//   state    | meaning                             | leaves by
//   new      | nothing was sent                    | reading -> open
//   open     | somebody reads                      | end -> whole, failure -> failed, reader leaves -> left
//   whole    | the completion is here              | -
//   failed   | broken; the error is kept           | -
//   left     | the reader left before the end      | -
//
// Nothing is sent before somebody reads, and it is sent by the task that reads: a stream that is never read costs
// nothing, and no task stands behind it. What must stay true: whoever leaves, for whatever reason, leaves no open
// connection behind.
import { InvalidStateError, isCancelled } from "../core/index.ts"
import { clock } from "../core/lowlevel.ts"
import type { AnswerStream } from "./answer-stream.ts"
import type { LlmCompletion } from "./llm-completion.ts"
import { llmCompletion } from "./llm-completion.ts"
import type { LlmDelta } from "./llm-delta.ts"

/**
 * The tokens of an answer, one by one; made by {@link LlmClient.stream}.
 *
 * A tap: the question is sent when the first token is asked for, and only as much is read as is wanted. After the
 * last token, `completion()` has all of it.
 *
 * **Cancellation.** Leaving the loop, or a cancel while waiting, closes the connection.
 * **Pitfall.** It can be read once.
 *
 * @example Print them as they come
 * ```ts no-run
 * await using client = new LlmClient({ model: "mock-small" })
 * const stream = client.stream({ prompt: "Tell me a story" })
 * for await (const token of stream) process.stdout.write(token)
 * const { finishReason, usage } = await stream.completion()
 * ```
 */
export class LlmStream implements AsyncIterable<string> {
  readonly #open: () => Promise<AnswerStream>
  #state: "new" | "open" | "whole" | "failed" | "left" = "new"
  /** The answer; null before its headers are here. */
  #answer: AnswerStream | null = null
  /** Set in state whole. */
  #completion: LlmCompletion | null = null
  /** Set in state failed. */
  #error: unknown = undefined

  /** Made by the client. */
  constructor(open: () => Promise<AnswerStream>) {
    this.#open = open
  }

  /** Text of the first choice, as far as it came. */
  get content(): string {
    return this.#answer?.content ?? ""
  }

  /** The text of the first choice, piece by piece. */
  [Symbol.asyncIterator](): AsyncGenerator<string, void, void> {
    return this.#text()
  }

  /** All content, piece by piece: text, reasoning, refusals and the calls of tools, of all choices. */
  async *deltas(): AsyncGenerator<LlmDelta, void, void> {
    for await (const deltas of this.#read()) yield* deltas
  }

  /**
   * The whole answer, once it is here; reads it to the end if nobody has begun.
   *
   * @throws {LlmAnswerError} If the answer broke off, reports a problem or makes no sense.
   * @throws {LlmTimeoutError} If no content came for too long.
   * @throws {InvalidStateError} If its reader has not come to the end.
   */
  async completion(): Promise<LlmCompletion> {
    if (this.#state === "new") {
      for await (const _ of this.#read()) {
        // Kept by the answer.
      }
    }
    if (this.#completion !== null) return this.#completion
    if (this.#state === "failed") throw this.#error
    const why =
      this.#state === "open" ? "the stream is still being read" : "the stream was left before its end"
    throw new InvalidStateError(`Cannot give the completion: ${why}`)
  }

  async *#text(): AsyncGenerator<string, void, void> {
    for await (const deltas of this.#read()) {
      for (const { kind, text, choice } of deltas) if (kind === "text" && choice === 0) yield text
    }
  }

  async *#read(): AsyncGenerator<readonly LlmDelta[], void, void> {
    if (this.#state !== "new") throw new InvalidStateError("Cannot read the stream: it was read already")
    this.#state = "open"
    try {
      const called = clock.now()
      const answer = (this.#answer = await this.#open())
      for (;;) {
        const deltas = await answer.next()
        if (deltas === null) break
        yield deltas
      }
      this.#completion = llmCompletion(answer.whole(), answer.sentAt - called)
      this.#state = "whole"
    } catch (error) {
      // A cancel belongs to who was cancelled and is not kept.
      if (!isCancelled(error)) this.#state = "failed"
      this.#error = error
      throw error
    } finally {
      if (this.#state === "open") this.#state = "left"
      await this.#answer?.close()
    }
  }
}
