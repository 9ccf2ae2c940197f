// What a server says when it says no, inside an answer whose status was 200.
//
// `{ error: { message, type, code } }` (OpenAI and most), `{ type: "error", error }` (Anthropic), `{ object: "error",
// message }` (older vLLM), an event named `error`, a response that failed, a choice that ended by "error". What must
// stay true: `error: null`, which some servers put into every chunk, is no problem.
import type { Fields } from "./fields.ts"
import { fieldOf, isFields, listField, textField } from "./fields.ts"

/** A server's refusal, in its own words. */
export interface ServerProblem {
  /** Kind of the problem, such as `overloaded_error`; "" if the server named none. */
  readonly type: string
  /** Code of the problem, as text; "" if the server named none. */
  readonly code: string
  readonly message: string
  /** The HTTP status that `code` stands for, or null. */
  readonly status: number | null
}

/**
 * Reads the problem out of a body, or out of the data of an event; null if it holds none.
 *
 * @param data - The parsed JSON.
 * @param event - The name of the event, if it is one; "error" for a body that is known to be a refusal. @default "message"
 *
 * @example Inside a stream
 * ```ts
 * serverProblem({ id: "1", choices: [], error: null }) // => null
 * const problem = serverProblem({ type: "error", error: { type: "overloaded_error", message: "Overloaded" } })
 * problem?.type // => "overloaded_error"
 * ```
 */
export function serverProblem(data: unknown, event: string = "message"): ServerProblem | null {
  if (!isFields(data)) return event === "error" ? problemOf({ message: wordsOf(data) }) : null
  const type = textField(data, "type")
  const inner = type === "response.failed" ? (fieldOf(data["response"], "error") ?? {}) : data["error"]
  if (typeof inner === "string" && inner !== "") return problemOf({ message: inner })
  if (isFields(inner)) return problemOf(inner)
  if (data["object"] === "error" || type === "error" || event === "error") return problemOf(data)
  const failed = listField(data, "choices").find((choice) => choice["finish_reason"] === "error")
  return failed === undefined ? null : problemOf((fieldOf(failed, "error") ?? {}) as Fields)
}

function problemOf(said: Fields): ServerProblem {
  const code = said["code"]
  const text = typeof code === "string" || typeof code === "number" ? String(code) : ""
  return {
    type: textField(said, "type"),
    code: text,
    message: textField(said, "message"),
    status: /^[45]\d\d$/.test(text) ? Number(text) : null,
  }
}

/** A refusal that is no object: a text, or nothing. */
function wordsOf(data: unknown): string {
  return typeof data === "string" ? data : data === undefined ? "" : JSON.stringify(data)
}
