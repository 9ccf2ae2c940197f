// Reads the JSON of a request into what the mock needs to know of it.
//
// The body is parsed once, here, and only the fields that change the answer are kept. Everything
// else a real service knows (temperature, tools, metadata, ...) is let through unread.
// What must stay true: a body that a hosted service refuses with 400 is refused here too, with
// the name of the parameter.
import type { MockForm } from "./mock-form.ts"
import type { MockProblem } from "./mock-problem.ts"
import { badBody, badParam } from "./mock-problem.ts"
import type { MockTool } from "./mock-tool.ts"
import { wantedTool } from "./mock-tool.ts"

export interface ChatRequest {
  readonly kind: "chat"
  readonly model: string
  /** Text of all messages, one line each. */
  readonly prompt: string
  readonly promptTokens: number
  /** The most tokens one choice may have; null when the client set no limit. */
  readonly maxTokens: number | null
  readonly choices: number
  readonly stream: boolean
  readonly includeUsage: boolean
  /** The answer must be a JSON object. */
  readonly json: boolean
  /** The tool that must be called, or null. */
  readonly tool: MockTool | null
  /** Whose words the answer uses. */
  readonly form: MockForm
}

export interface EmbeddingRequest {
  readonly kind: "embedding"
  readonly model: string
  readonly inputs: readonly string[]
  readonly promptTokens: number
  readonly dimensions: number
  readonly base64: boolean
}

/** A request for an answer of a model. */
export type MockRequest = ChatRequest | EmbeddingRequest

type Fields = Record<string, unknown>

/** The text by which a request is known in the report. */
export function promptText(request: MockRequest): string {
  return request.kind === "chat" ? request.prompt : request.inputs.join("\n")
}

/** Tokens of a text: a quarter of its length, as a rule of thumb for English; at least 1. */
function countTokens(text: string): number {
  return Math.max(1, Math.ceil(text.length / 4))
}

export function readChat(body: string): ChatRequest | MockProblem {
  const fields = parseObject(body)
  if (fields === null) return badBody()
  const { stream = false, n = 1 } = fields
  const maxTokens = fields["max_completion_tokens"] ?? fields["max_tokens"] ?? null
  if (maxTokens !== null && !isCount(maxTokens)) {
    return badParam("max_tokens", "Expected `max_tokens` to be an integer from 1 up")
  }
  if (!isCount(n) || n > 128) return badParam("n", "Expected `n` to be an integer from 1 to 128")
  const options = fields["stream_options"] ?? null
  if (options !== null && !stream) {
    return badParam("stream_options", "`stream_options` is only allowed when `stream` is true")
  }
  const talk = readTalk(fields, "")
  if ("status" in talk) return talk
  return {
    ...talk,
    form: "chat",
    maxTokens,
    choices: n,
    includeUsage: isObject(options) && options["include_usage"] === true,
    json: wantsJson(fields["response_format"]),
  }
}

/** Reads a request for a message of Anthropic's. */
export function readMessage(body: string): ChatRequest | MockProblem {
  const fields = parseObject(body)
  if (fields === null) return badBody()
  const { max_tokens: maxTokens, system = "" } = fields
  if (maxTokens === undefined) return badParam("max_tokens", "max_tokens: Field required")
  if (!isCount(maxTokens)) return badParam("max_tokens", "max_tokens: Input should be an integer from 1 up")
  const talk = readTalk(fields, typeof system === "string" ? system : JSON.stringify(system))
  if ("status" in talk) return talk
  return { ...talk, form: "message", maxTokens, choices: 1, includeUsage: true, json: false }
}

type Talk = Pick<ChatRequest, "kind" | "model" | "prompt" | "promptTokens" | "stream" | "tool">

/** What both languages have in common. */
function readTalk(fields: Fields, system: string): Talk | MockProblem {
  const { model, messages, stream = false } = fields
  if (typeof model !== "string" || model === "")
    return badParam("model", "You must provide a model parameter")
  if (!Array.isArray(messages) || messages.length === 0) {
    return badParam("messages", "Expected `messages` to be an array with at least one message")
  }
  if (typeof stream !== "boolean") return badParam("stream", "Expected `stream` to be true or false")
  const lines: string[] = system === "" ? [] : [system]
  for (const message of messages as unknown[]) {
    const line = messageText(message)
    if (line === null) return badParam("messages", "Expected each message to have a `role` and a `content`")
    lines.push(line)
  }
  const prompt = lines.join("\n")
  return {
    kind: "chat",
    model,
    prompt,
    promptTokens: countTokens(prompt) + 4 * lines.length,
    stream,
    tool: wantedTool(fields["tools"], fields["tool_choice"]),
  }
}

export function readEmbedding(body: string): EmbeddingRequest | MockProblem {
  const fields = parseObject(body)
  if (fields === null) return badBody()
  const { model, input, dimensions = 16 } = fields
  if (typeof model !== "string" || model === "")
    return badParam("model", "You must provide a model parameter")
  if (!isCount(dimensions) || dimensions > 4_096) {
    return badParam("dimensions", "Expected `dimensions` to be an integer from 1 to 4096")
  }
  const inputs = inputTexts(input)
  if (inputs === null) {
    return badParam(
      "input",
      "Expected `input` to be a string, or an array of strings or tokens that is not empty",
    )
  }
  let promptTokens = 0
  for (const text of inputs) promptTokens += countTokens(text)
  return {
    kind: "embedding",
    model,
    inputs,
    promptTokens,
    dimensions,
    base64: fields["encoding_format"] === "base64",
  }
}

function parseObject(body: string): Fields | null {
  try {
    const value: unknown = JSON.parse(body)
    return isObject(value) && !Array.isArray(value) ? value : null
  } catch {
    return null
  }
}

function messageText(message: unknown): string | null {
  if (!isObject(message) || typeof message["role"] !== "string") return null
  const content = message["content"]
  if (typeof content === "string") return content
  // A turn of the assistant that only calls tools has no content.
  if (content === null || content === undefined) return message["role"] === "assistant" ? "" : null
  return Array.isArray(content) ? JSON.stringify(content) : null
}

function inputTexts(input: unknown): string[] | null {
  if (typeof input === "string") return input === "" ? null : [input]
  if (!Array.isArray(input) || input.length === 0) return null
  const items = input as unknown[]
  if (items.every((item) => typeof item === "number")) return [items.join(" ")]
  const texts = items.map((item) => (Array.isArray(item) ? item.join(" ") : item))
  return texts.every((text) => typeof text === "string" && text !== "") ? (texts as string[]) : null
}

function wantsJson(format: unknown): boolean {
  return isObject(format) && (format["type"] === "json_object" || format["type"] === "json_schema")
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 1
}
