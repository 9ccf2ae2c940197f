// One line of the input, understood: a request to send, or the reason why not.
//
// The shapes are told apart by what the object holds, in this order: with a template, any object; an
// OpenAI batch line (`body`); an Anthropic one (`params`); `messages`, a chat body; `prompt`, the shorthand
// for one user message; anything else is a body for the endpoint that was named. A bad line is a value,
// never an exception: it becomes a record with its line number, and the run goes on.
//
// The body is turned into text once, here. That text is what every attempt sends and what the
// fingerprint is taken of, so "the same request" means the same bytes; only the words that make a stream of the
// answer are added later (`streaming.ts`).

import { fingerprint, type Fingerprint } from "./fingerprint.ts"
import { isHttpUrl, isRelativePath } from "./join-url.ts"
import type { Line } from "./read-lines.ts"
import { MissingValueError, type PromptTemplate } from "./prompt-template.ts"
import { readRunHints, type RunHints } from "./run-hints.ts"
import { streamingOf, type Streaming } from "./streaming.ts"

/** What the command adds to lines that are not complete requests. */
export interface RequestDefaults {
  /** Makes the prompt from each line's values. */
  readonly template?: PromptTemplate | undefined
  /** Put into a chat body that names no model, and into other bare bodies if given. @default "default" */
  readonly model?: string | undefined
  /** Put as `max_tokens` into a body that has no such limit. */
  readonly maxOutputTokens?: number | undefined
  /** Where bare bodies go. @default "/v1/chat/completions" */
  readonly endpoint?: string | undefined
  /** Whether `url` may name a host of its own. @default false */
  readonly absoluteUrls?: boolean | undefined
  /** Whether answers come as streams where the line does not say. @default false */
  readonly stream?: boolean | undefined
}

/** A line that can be sent. */
export interface RequestItem {
  readonly kind: "request"
  readonly line: number
  /** Offset after the line, for progress. */
  readonly end: number
  readonly customId: string
  readonly method: string
  /** As in the file: a path, or a whole URL where that is allowed. */
  readonly path: string
  /** JSON text, or null for a method that carries none. */
  readonly body: string | null
  /** Fingerprint of the custom_id. */
  readonly id: Fingerprint
  /** 32-bit fingerprint of method, path and body. */
  readonly request: number
  /** What limits are kept by; "" if the body names none. */
  readonly model: string
  /** Most tokens the answer may have, all choices together; null if the body does not say. */
  readonly maxTokens: number | null
  /** Answers that are asked for, the `n` of the body. */
  readonly choices: number
  readonly streaming: Streaming
  /** An earlier run sent it, and nobody knows what came. */
  readonly wasSent: boolean
  /** What the line asks of the run; null for nothing. */
  readonly hints: RunHints | null
}

/** A line that cannot be sent. */
export interface InvalidLine {
  readonly kind: "invalid"
  readonly line: number
  readonly end: number
  /** The custom_id, if one could be read. */
  readonly customId: string | null
  /** What is wrong, without the line number. */
  readonly message: string
}

type Fields = Readonly<Record<string, unknown>>

const methods: ReadonlySet<string> = new Set(["GET", "POST", "PUT", "PATCH", "DELETE"])
const chatEndpoint = "/v1/chat/completions"
const messagesEndpoint = "/v1/messages"

/** Reads one line that is not blank. */
export function parseRequestLine(line: Line, defaults: RequestDefaults): RequestItem | InvalidLine {
  let customId: string | null = null
  try {
    const fields = readObject(line)
    customId = readCustomId(fields)
    return describe(line, fields, customId, defaults)
  } catch (error) {
    if (!(error instanceof BadLine || error instanceof MissingValueError)) throw error
    return { kind: "invalid", line: line.number, end: line.end, customId, message: error.message }
  }
}

class BadLine extends Error {}

function readObject(line: Line): Fields {
  if (line.problem !== null) throw new BadLine(line.problem)
  let value: unknown
  try {
    value = JSON.parse(line.text)
  } catch (error) {
    throw new BadLine(`the line is not JSON (${error instanceof Error ? error.message : String(error)})`)
  }
  if (!isObject(value)) throw new BadLine("the line is JSON, but no object")
  return value
}

function readCustomId(fields: Fields): string | null {
  const id = fields["custom_id"]
  if (id === undefined) return null
  if (typeof id !== "string" || id === "") throw new BadLine("`custom_id` must be a text that is not empty")
  return id
}

function describe(
  line: Line,
  fields: Fields,
  customId: string | null,
  defaults: RequestDefaults,
): RequestItem | InvalidLine {
  if (defaults.template !== undefined) {
    const content = defaults.template.render(fields)
    const body = chatBody({ messages: [{ role: "user", content }] }, defaults)
    return complete(line, customId, { ...body, x_run: fields["x_run"] }, defaults)
  }
  if ("body" in fields) return batchLine(line, fields, customId, defaults)
  if ("params" in fields) return anthropicLine(line, fields, customId, defaults)
  return complete(line, customId, bareBody(fields, defaults), defaults)
}

/** An OpenAI batch line: custom_id, method, url, body; sent as it stands. */
function batchLine(
  line: Line,
  fields: Fields,
  customId: string | null,
  defaults: RequestDefaults,
): RequestItem {
  if (customId === null) throw new BadLine("`custom_id` is missing")
  const { method: rawMethod = "POST", url, body } = fields
  const method = typeof rawMethod === "string" ? rawMethod.toUpperCase() : ""
  if (!methods.has(method)) throw new BadLine("`method` must be one of GET, POST, PUT, PATCH, DELETE")
  if (typeof url !== "string" || url === "") throw new BadLine("`url` is missing")
  if (!isRelativePath(url) && !(defaults.absoluteUrls === true && isHttpUrl(url))) {
    const advice = isHttpUrl(url) ? "; whole URLs are taken with --allow-absolute-urls" : ""
    throw new BadLine(`\`url\` must be a path such as ${chatEndpoint}, without a host${advice}`)
  }
  const hints = hintsOf(fields)
  if (body === null && method === "GET")
    return item({ line, customId, method, path: url, body: null, hints }, defaults)
  if (!isObject(body)) throw new BadLine("`body` must be an object")
  return item({ line, customId, method, path: url, body, hints }, defaults)
}

/** An Anthropic batch line: custom_id, params; sent as it stands. */
function anthropicLine(
  line: Line,
  fields: Fields,
  customId: string | null,
  defaults: RequestDefaults,
): RequestItem {
  if (customId === null) throw new BadLine("`custom_id` is missing")
  const { params } = fields
  if (!isObject(params)) throw new BadLine("`params` must be an object")
  const path = defaults.endpoint ?? messagesEndpoint
  return item({ line, customId, method: "POST", path, body: params, hints: hintsOf(fields) }, defaults)
}

function hintsOf(fields: Fields): RunHints | null {
  const given = fields["x_run"]
  if (given === undefined) return null
  const hints = readRunHints(given)
  if (typeof hints === "string") throw new BadLine(hints)
  return hints
}

/** A body without the envelope: `messages`, `prompt`, or whatever the named endpoint takes. */
function bareBody(fields: Fields, defaults: RequestDefaults): Fields {
  const { custom_id: _id, metadata: _metadata, ...body } = fields
  const toChat = defaults.endpoint === undefined || defaults.endpoint.endsWith("/chat/completions")
  if (Array.isArray(body["messages"])) return chatBody(body, defaults)
  if (typeof body["prompt"] === "string" && toChat) {
    const { prompt, ...rest } = body
    return chatBody({ messages: [{ role: "user", content: prompt }], ...rest }, defaults)
  }
  if (defaults.endpoint !== undefined && !toChat) {
    return defaults.model === undefined || "model" in body ? body : { model: defaults.model, ...body }
  }
  throw new BadLine(
    "the line has no `body`, `messages` or `prompt`; for other data give a template with --prompt",
  )
}

function chatBody(body: Fields, defaults: RequestDefaults): Fields {
  const limited = "max_tokens" in body || "max_completion_tokens" in body
  return {
    model: defaults.model ?? "default",
    ...body,
    ...(defaults.maxOutputTokens === undefined || limited ? {} : { max_tokens: defaults.maxOutputTokens }),
  }
}

function complete(
  line: Line,
  customId: string | null,
  fields: Fields,
  defaults: RequestDefaults,
): RequestItem {
  const { x_run: _run, ...body } = fields
  const path = defaults.endpoint ?? chatEndpoint
  const hints = hintsOf(fields)
  return item(
    { line, customId: customId ?? `line-${line.number}`, method: "POST", path, body, hints },
    defaults,
  )
}

function item(
  parts: {
    readonly line: Line
    readonly customId: string
    readonly method: string
    readonly path: string
    readonly body: Fields | null
    readonly hints: RunHints | null
  },
  { stream = false }: RequestDefaults,
): RequestItem {
  const { line, customId, method, path, hints } = parts
  const fields = parts.body ?? {}
  const body = parts.body === null ? null : JSON.stringify(parts.body)
  const model = typeof fields["model"] === "string" ? fields["model"] : ""
  return {
    kind: "request",
    line: line.number,
    end: line.end,
    customId,
    method,
    path,
    body,
    id: fingerprint(customId),
    request: fingerprint(`${method} ${path}\n${body ?? ""}`).low,
    model,
    maxTokens: maxTokensOf(fields),
    choices: choicesOf(fields),
    streaming: streamingOf(fields["stream"], parts, stream),
    wasSent: false,
    hints,
  }
}

/** What the body says of the length of its answer, whichever dialect it speaks. */
function maxTokensOf(body: Fields): number | null {
  const limit = body["max_completion_tokens"] ?? body["max_output_tokens"] ?? body["max_tokens"]
  if (typeof limit !== "number" || !(limit >= 0)) return null
  return limit * choicesOf(body)
}

function choicesOf({ n }: Fields): number {
  return typeof n === "number" && n > 1 ? n : 1
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}
