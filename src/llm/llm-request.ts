// What a client is asked for, checked once and the same for all servers.
//
// Names are ours where the servers' differ (`maxTokens`, `tools`), and the server's where they all
// agree (`messages`, `temperature`); whatever else a server knows goes through `body` untouched. What
// must stay true: a mistake is thrown before anything is sent.
import type { HeadersInput, HttpRetryPolicy, TimeLimits } from "../http/index.ts"

/** One turn of a conversation, in the server's own form. */
export interface LlmMessage {
  readonly role: string
  /** A text, or parts as the server knows them. */
  readonly content?: unknown
  readonly [field: string]: unknown
}

/** A tool that the model may call. */
export interface LlmTool {
  readonly name: string
  readonly description?: string | undefined
  /** JSON Schema of its arguments. @default an object without fields */
  readonly parameters?: object | undefined
}

/** Time limits in milliseconds; `Infinity` takes one off. */
export interface LlmTimeLimits extends TimeLimits {
  /** From the headers of a stream to its first content. @default 120000 */
  readonly firstToken?: number | undefined
  /** From one piece of content to the next; comments and pings do not count. @default 60000 */
  readonly idle?: number | undefined
}

/** A question to a model. */
export interface LlmRequest {
  /** The whole conversation as one text of the user; or give `messages`. */
  readonly prompt?: string | undefined
  readonly messages?: readonly LlmMessage[] | undefined
  /** What the model is told beforehand. @default nothing */
  readonly system?: string | undefined
  /** @default that of the client */
  readonly model?: string | undefined
  /** The most tokens of the answer. @default that of the client; the server's; 4096 for Anthropic, which needs one */
  readonly maxTokens?: number | undefined
  /** @default the server's */
  readonly temperature?: number | undefined
  readonly tools?: readonly LlmTool[] | undefined
  /** Whether tools are to be called, or which one. @default the server's, which is `"auto"` */
  readonly toolChoice?: "auto" | "none" | "required" | { readonly name: string } | undefined
  /** Further fields of the body, as the server knows them; they win over all others. @default none */
  readonly body?: Readonly<Record<string, unknown>> | undefined
  /** Added to those of the client. @default none */
  readonly headers?: HeadersInput | undefined
  /** Limits of this call; a number is the total. @default those of the client */
  readonly timeout?: number | LlmTimeLimits | undefined
  /** Repetitions of this call, or a policy. A stream that has begun is never repeated. @default those of the client */
  readonly retries?: number | HttpRetryPolicy | undefined
  /** Ends the call with `signal.reason`. @default none */
  readonly signal?: AbortSignal | undefined
}

/** A question with everything decided. */
export interface CheckedRequest extends LlmRequest {
  readonly messages: readonly LlmMessage[]
  readonly model: string
}

const NAMES: ReadonlySet<string> = new Set([
  "prompt",
  "messages",
  "system",
  "model",
  "maxTokens",
  "temperature",
  "tools",
  "toolChoice",
  "body",
  "headers",
  "timeout",
  "retries",
  "signal",
])

/** Checks a request and fills in what the client knows. */
export function checkRequest(
  request: LlmRequest,
  defaults: { model: string | undefined; maxTokens: number | undefined },
): CheckedRequest {
  for (const name of Object.keys(request)) {
    if (!NAMES.has(name)) {
      throw new TypeError(`Expected a request to have the fields ${[...NAMES].join(", ")}, got \`${name}\``)
    }
  }
  const model = request.model ?? defaults.model
  if (typeof model !== "string" || model === "") {
    throw new TypeError("Expected `model` in the request or in the client, got neither")
  }
  const maxTokens = checkMaxTokens(request.maxTokens ?? defaults.maxTokens)
  return { ...request, model, maxTokens, messages: messagesOf(request) }
}

export function checkMaxTokens(value: number | undefined): number | undefined {
  if (value === undefined || (Number.isInteger(value) && value >= 1)) return value
  throw new RangeError(
    `Expected \`maxTokens\` to be an integer from 1 up, got \`${String(value)}\` (${typeof value})`,
  )
}

function messagesOf({ prompt, messages }: LlmRequest): readonly LlmMessage[] {
  if (prompt !== undefined && messages !== undefined) {
    throw new TypeError("Expected `prompt` or `messages`, got both")
  }
  if (typeof prompt === "string") return [{ role: "user", content: prompt }]
  if (Array.isArray(messages) && messages.length > 0) return messages as readonly LlmMessage[]
  throw new TypeError("Expected `prompt` to be a string, or `messages` to be a list that is not empty")
}
