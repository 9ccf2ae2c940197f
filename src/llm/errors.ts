// What can go wrong with an answer after its status was 200.
//
// Before that, errors are those of `tsyncio/http`: a bad status, no connection, no headers in time.
// Afterwards something of the answer may be here, and people want it: it is on the error. What must
// stay true: no message and no field holds a key.
import { TimeoutError } from "../core/index.ts"
import { brand } from "../core/lowlevel.ts"
import type { HttpTimeoutPhase } from "../http/index.ts"
import type { ServerProblem } from "./server-problem.ts"

/** What is wrong with an answer: it broke off, the server reported a problem inside it, or it makes no sense. */
export type LlmAnswerFault = "truncated" | "problem" | "malformed"

/** What of an answer had come when it failed. */
export interface PartialAnswer {
  /** Text of the first choice, as far as it came. */
  readonly content: string
  /** Body of all that came, in the form of a whole one; null if nothing came. */
  readonly partial: Readonly<Record<string, unknown>> | null
  /** The server's name for the request, or null. */
  readonly requestId: string | null
}

/**
 * An answer with status 200 that is no whole answer; what came of it is in `content` and `partial`.
 *
 * Differs from `HttpStatusError`, where the server refused at once, and from {@link LlmTimeoutError}, where it fell
 * silent.
 *
 * @example Keep what came
 * ```ts no-run
 * await using client = new LlmClient({ model: "mock-small" })
 * try {
 *   await client.stream({ prompt: "Tell me a story" }).completion()
 * } catch (error) {
 *   if (!(error instanceof LlmAnswerError)) throw error
 *   console.log(error.reason, error.problem?.type, error.content)
 * }
 * ```
 */
export class LlmAnswerError extends Error implements PartialAnswer {
  /** Constant that tells this class. */
  readonly code = "E_LLM_ANSWER"
  readonly reason: LlmAnswerFault
  /** What the server said, if `reason` is `problem`. */
  readonly problem: ServerProblem | null
  readonly content: string
  readonly partial: Readonly<Record<string, unknown>> | null
  readonly requestId: string | null

  constructor(
    message: string,
    details: PartialAnswer & { reason: LlmAnswerFault; problem?: ServerProblem | null; cause?: unknown },
  ) {
    super(`Cannot complete: ${message}`, { cause: details.cause })
    this.reason = details.reason
    this.problem = details.problem ?? null
    this.content = details.content
    this.partial = details.partial
    this.requestId = details.requestId
  }
}
brand(LlmAnswerError, "LlmAnswerError")

/** Which limit of an answer ran out: on its content, or one of those of the request. */
export type LlmTimeoutPhase = "firstToken" | "idle" | HttpTimeoutPhase

/**
 * No content came for too long, or the answer took too long, after it had begun; what came is on the error.
 *
 * It is a `TimeoutError` of the runtime. Before the answer has begun limits throw `HttpTimeoutError`, which is one too.
 *
 * @example A server that only pings
 * ```ts no-run
 * await using client = new LlmClient({ model: "mock-small", timeout: { idle: 5_000 } })
 * const failure = await client.stream({ prompt: "Go on" }).completion().catch((error: unknown) => error)
 * if (failure instanceof LlmTimeoutError) console.log(failure.phase, failure.content)
 * ```
 */
export class LlmTimeoutError extends TimeoutError implements PartialAnswer {
  /** Constant that tells this class. */
  override readonly code: string = "E_LLM_TIMEOUT"
  readonly phase: LlmTimeoutPhase
  /** The limit, in milliseconds. */
  readonly limit: number
  readonly content: string
  readonly partial: Readonly<Record<string, unknown>> | null
  readonly requestId: string | null

  constructor(details: PartialAnswer & { phase: LlmTimeoutPhase; limit: number; cause?: unknown }) {
    const { phase, limit } = details
    const what =
      phase === "firstToken"
        ? "no token within"
        : phase === "idle"
          ? "no further token within"
          : `${phase === "body" ? "the body" : `the ${phase}`} took longer than`
    super(`Cannot complete: ${what} ${limit} ms`)
    if (details.cause !== undefined) this.cause = details.cause
    this.phase = phase
    this.limit = limit
    this.content = details.content
    this.partial = details.partial
    this.requestId = details.requestId
  }
}
brand(LlmTimeoutError, "LlmTimeoutError")
