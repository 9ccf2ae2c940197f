// One call to a model as a row of a table: what was asked, what came, what went wrong, how long.
//
// For many calls side by side, where one that fails is a result like the others. What must stay
// true: exactly one of `content` and `error` is null.
import type { LlmCompletion } from "./llm-completion.ts"
import type { CheckedRequest } from "./llm-request.ts"

/** What became of one question. */
export interface LlmOutcome {
  /** The prompt; of a conversation, the last text of its user. */
  readonly prompt: string
  /** The answer's text; null if there is no answer. */
  readonly content: string | null
  /** Why there is no answer, or null. */
  readonly error: Error | null
  /** Milliseconds from the call to its end, waiting in line and repetitions included. */
  readonly latency: number
  /** The whole answer, or null. */
  readonly completion: LlmCompletion | null
}

export function promptOf({ messages }: CheckedRequest): string {
  const last = messages.findLast(({ role }) => role === "user")
  if (last === undefined) return ""
  return typeof last.content === "string" ? last.content : JSON.stringify(last.content ?? "")
}
