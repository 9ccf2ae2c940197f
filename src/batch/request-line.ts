// One line of the input, understood: a request to send, or the reason why not.
//
// Four shapes are told apart by what the object holds, in this order: with a template, any object; an
// OpenAI batch line (`body`); `messages`, a chat body; `prompt`, the shorthand for one user message;
// anything else with `model` is a body for the endpoint that was named. A bad line is a value, never an
// exception: it becomes a record with its line number, and the run goes on.
//
// The body is turned into text once, here. That text is what every attempt sends and what the
// fingerprint is taken of, so "the same request" means the same bytes.

import { fingerprint, type Fingerprint } from "./fingerprint.ts"
import { isRelativePath } from "./join-url.ts"
import type { Line } from "./read-lines.ts"
import { MissingValueError, type PromptTemplate } from "./prompt-template.ts"

/** What the command adds to lines that are not complete requests. */
export interface RequestDefaults {
  /** Makes the prompt from each line's values. */
  readonly template?: PromptTemplate | undefined
  /** Put into a chat body that names no model, and into other bare bodies if given. @default "default" */
  readonly model?: string | undefined
  /** Put as `max_tokens` into a body that has no such limit. */
  readonly maxTokens?: number | undefined
  /** Where bare bodies go. @default "/v1/chat/completions" */
  readonly endpoint?: string | undefined
}

/** A line that can be sent. */
export interface RequestItem {
  readonly kind: "request"
  readonly line: number
  /** Offset after the line, for progress. */
  readonly end: number
  readonly customId: string
  readonly method: string
  /** Relative, as in the file. */
  readonly path: string
  /** JSON text, or null for a method that carries none. */
  readonly body: string | null
  /** Fingerprint of the custom_id. */
  readonly id: Fingerprint
  /** 32-bit fingerprint of method, path and body. */
  readonly request: number
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
    return complete(line, customId, chatBody({ messages: [{ role: "user", content }] }, defaults), defaults)
  }
  if ("body" in fields) return batchLine(line, fields, customId)
  return complete(line, customId, bareBody(fields, defaults), defaults)
}

/** An OpenAI batch line: custom_id, method, url, body; sent as it stands. */
function batchLine(line: Line, fields: Fields, customId: string | null): RequestItem {
  if (customId === null) throw new BadLine("`custom_id` is missing")
  const { method: rawMethod = "POST", url, body } = fields
  const method = typeof rawMethod === "string" ? rawMethod.toUpperCase() : ""
  if (!methods.has(method)) throw new BadLine("`method` must be one of GET, POST, PUT, PATCH, DELETE")
  if (typeof url !== "string" || url === "") throw new BadLine("`url` is missing")
  if (!isRelativePath(url))
    throw new BadLine("`url` must be a path such as /v1/chat/completions, without a host")
  if (body === null && method === "GET") return item(line, customId, method, url, null)
  if (!isObject(body)) throw new BadLine("`body` must be an object")
  return item(line, customId, method, url, bodyText(body))
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
    ...(defaults.maxTokens === undefined || limited ? {} : { max_tokens: defaults.maxTokens }),
  }
}

function complete(line: Line, customId: string | null, body: Fields, defaults: RequestDefaults): RequestItem {
  return item(
    line,
    customId ?? `line-${line.number}`,
    "POST",
    defaults.endpoint ?? chatEndpoint,
    bodyText(body),
  )
}

function bodyText(body: Fields): string {
  if (body["stream"] === true) {
    throw new BadLine("`stream` is true: streamed answers are not collected here, take the field out")
  }
  return JSON.stringify(body)
}

function item(line: Line, customId: string, method: string, path: string, body: string | null): RequestItem {
  const request = fingerprint(`${method} ${path}\n${body ?? ""}`).low
  const id = fingerprint(customId)
  return { kind: "request", line: line.number, end: line.end, customId, method, path, body, id, request }
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}
