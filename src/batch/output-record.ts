// Lines of the output and errors files: OpenAI's batch output format, field by field.
//
// A 2xx goes to the output; a final HTTP error goes to the errors file with its real status and body and
// `error: null`; only what never had an HTTP answer carries `error` and a null `response`. The `id` is made of
// the fingerprints of the custom_id and of the request, so a later run can tell from the output alone whether the
// input changed: no second journal is needed. With a good answer it ends with a checksum of the body, as parsed: a
// line that a broken disk made of two is valid JSON too, and would be the answer to another question.

import { crc32 } from "node:zlib"
import { fingerprint, fingerprintHex, hex32, type Fingerprint } from "./fingerprint.ts"
import { readWritten } from "./read-written.ts"

/** Codes in `error.code` of records that had no HTTP answer. */
export type FailureCode =
  | "connection_error"
  | "request_timeout"
  | "invalid_response"
  | "stream_stalled"
  | "stream_truncated"
  | "invalid_input"
  | "request_too_large_for_limit"
  | "sent_before"

/** Which request a record answers. */
export interface RecordKey {
  readonly customId: string
  readonly id: Fingerprint
  readonly request: number
}

/** A record as read back from a file. */
export interface OutputRecord {
  readonly customId: string
  /** Both fingerprints from the `id`, or null if somebody else wrote the record. */
  readonly request: number | null
  /** HTTP status, or null without an HTTP answer. */
  readonly status: number | null
  /** `response.body`, as parsed. */
  readonly body: unknown
  /** `error.code`, or null. */
  readonly errorCode: string | null
  /** What was said of a failure without an HTTP answer, or null. */
  readonly message: string | null
  /** What stands under `x_run`, if anything does. */
  readonly run: Readonly<Record<string, unknown>> | null
}

/** The name of a request: the same in every run. The `id` of its record begins with it. */
export function recordId(key: Pick<RecordKey, "id" | "request">): string {
  return `batch_req_${fingerprintHex(key.id)}${hex32(key.request)}`
}

/** The `id` of the record of a line that could not be sent. */
function invalidRecordId(line: number): string {
  return `batch_req_${fingerprintHex(fingerprint(`invalid line ${line}`))}`
}

/** What a record says of the answer. */
export interface RecordedAnswer {
  readonly status: number
  readonly requestId: string | null
  /** JSON text without newlines. */
  readonly body: string
  /** The same as parsed; undefined if the server sent no JSON. */
  readonly parsed: unknown
}

/** Of the name of the request and, for a good answer, the checksum. */
function answerId(name: string, { status, parsed }: RecordedAnswer): string {
  return isGood(status) && parsed !== undefined ? name + hex32(checksum(parsed)) : name
}

function isGood(status: unknown): boolean {
  return typeof status === "number" && status >= 200 && status < 300
}

/** Of the parsed body: whoever writes the file anew with other spaces does no harm. */
function checksum(parsed: unknown): number {
  return crc32(JSON.stringify(parsed))
}

/** How lines of the output and errors files look. `run` is JSON text for `x_run`, if it is wanted. */
export interface RecordFormat {
  /** For a request that got an HTTP answer, good or bad. */
  answer(key: RecordKey, answer: RecordedAnswer, run?: string | null): string
  /** For a request without one. */
  failure(key: RecordKey, code: FailureCode, message: string, run?: string | null): string
  /** For an input line that could not be sent; it carries its line number. */
  invalid(line: number, customId: string | null, message: string): string
}

/** OpenAI's batch output. */
export const openaiFormat: RecordFormat = {
  answer: answerLine,
  failure: (key, code, message, run) =>
    recordLine({ id: recordId(key), customId: key.customId, error: { code, message } }, run),
  invalid: (line, customId, message) => {
    const error = { code: "invalid_input", message: `line ${line}: ${message}`, line }
    return recordLine({ id: invalidRecordId(line), customId: customId ?? `line-${line}`, error })
  },
}

function answerLine(key: RecordKey, answer: RecordedAnswer, run?: string | null): string {
  const name = recordId(key)
  const id = answerId(name, answer)
  const requestId = answer.requestId ?? name.replace("batch_", "")
  return (
    `{"id":"${id}","custom_id":${JSON.stringify(key.customId)},"response":{"status_code":${answer.status},` +
    `"request_id":${JSON.stringify(requestId)},"body":${answer.body}},"error":null${runField(run)}}\n`
  )
}

/** The end of a record: our own field, if it is wanted. */
function runField(run: string | null | undefined): string {
  return run === null || run === undefined ? "" : `,"x_run":${run}`
}

/** JSON text of a body for a record: as it came where possible, an error object where it is no JSON. */
export function bodyForRecord(text: string, parsed: unknown): string {
  if (parsed === undefined) {
    const message = text.slice(0, 4000)
    return JSON.stringify({ error: { message, type: "non_json_response", param: null, code: null } })
  }
  return /[\n\r]/.test(text) ? JSON.stringify(parsed) : text.trim()
}

/** Reads a record back, also one that another tool wrote; null if it is no batch output record, or not what we wrote. */
export function readRecord(text: string): OutputRecord | null {
  const written = readWritten(text)
  if (written !== null) return written
  const value = parse(text)
  if (value === null || typeof value["custom_id"] !== "string") return null
  const { custom_id: customId, id, response, error } = value
  const result = asObject(value["result"])
  const run = asObject(value["x_run"])
  if (result !== null) return readAnthropicRecord(customId, result, run)
  if (!("response" in value) && !("error" in value)) return null
  const answer = asObject(response)
  const status = answer?.["status_code"]
  const code = asObject(error)?.["code"]
  if (!isSound(customId, id, status, answer?.["body"])) return null
  return {
    customId,
    request: requestIn(id),
    status: typeof status === "number" ? status : null,
    body: answer?.["body"],
    errorCode: typeof code === "string" ? code : error === null || error === undefined ? null : "unknown",
    message: textOf(asObject(error)?.["message"] ?? error),
    run,
  }
}

/** Whether a record is an answer, and not a failure somebody left in the same file. */
export function isAnswer(record: OutputRecord): boolean {
  return isGood(record.status) && record.errorCode === null
}

/** The fingerprint of the request, from an `id` of ours; null for another. */
function requestIn(id: unknown): number | null {
  const [, , request] = partsOf(id) ?? []
  return request === undefined ? null : Number.parseInt(request, 16)
}

/** The custom_id, the request and, where there is one, the checksum, from an `id` of ours. */
function partsOf(id: unknown): RegExpExecArray | null {
  return typeof id === "string" ? /^batch_req_([0-9a-f]{16})([0-9a-f]{8})([0-9a-f]{8})?$/.exec(id) : null
}

/** Whether a record with an answer is as we wrote it; one of somebody else cannot be told. */
function isSound(customId: string, id: unknown, status: unknown, body: unknown): boolean {
  const [, name, , check] = partsOf(id) ?? []
  if (name === undefined || !isGood(status)) return true
  return name === fingerprintHex(fingerprint(customId)) && check === hex32(checksum(body ?? null))
}

function recordLine(
  record: {
    readonly id: string
    readonly customId: string
    readonly error: { readonly code: string; readonly message: string; readonly line?: number }
  },
  run?: string | null,
): string {
  const { id, customId, error } = record
  const text = JSON.stringify({ id, custom_id: customId, response: null, error })
  return `${text.slice(0, -1)}${runField(run)}}\n`
}

/** Anthropic's batch results: `{ custom_id, result }`, and what we need to go on under `x_run`. */
export const anthropicFormat: RecordFormat = {
  answer: (key, answer, run) => {
    const { status, body } = answer
    const result = isGood(status)
      ? `{"type":"succeeded","message":${body}}`
      : `{"type":"errored","error":${body}}`
    const own = { id: answerId(recordId(key), answer), status_code: status }
    return anthropicLine(key.customId, result, own, run)
  },
  failure: (key, code, message, run) =>
    anthropicLine(key.customId, erroredResult(code, message), { id: recordId(key) }, run),
  invalid: (line, customId, message) => {
    const result = erroredResult("invalid_input", `line ${line}: ${message}`)
    return anthropicLine(customId ?? `line-${line}`, result, { id: invalidRecordId(line), line })
  },
}

function erroredResult(type: string, message: string): string {
  return JSON.stringify({ type: "errored", error: { type: "error", error: { type, message } } })
}

function anthropicLine(customId: string, result: string, own: object, run?: string | null): string {
  const extra = run === null || run === undefined ? own : { ...own, ...(JSON.parse(run) as object) }
  return `{"custom_id":${JSON.stringify(customId)},"result":${result},"x_run":${JSON.stringify(extra)}}\n`
}

function readAnthropicRecord(
  customId: string,
  result: Readonly<Record<string, unknown>>,
  own: Readonly<Record<string, unknown>> | null,
): OutputRecord | null {
  const { type, message, error } = result
  if (typeof type !== "string") return null
  const hasMessage = type === "succeeded"
  const status = own?.["status_code"] ?? (hasMessage ? 200 : null)
  const problem = asObject(asObject(error)?.["error"])
  const word = problem?.["type"]
  const isAnswered = typeof status === "number"
  if (!isSound(customId, own?.["id"], status, message)) return null
  return {
    customId,
    request: requestIn(own?.["id"]),
    status: isAnswered ? status : null,
    body: hasMessage ? message : error,
    errorCode: isAnswered ? null : typeof word === "string" ? word : type,
    message: isAnswered ? null : textOf(problem?.["message"]),
    run: own,
  }
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null
}

function parse(text: string): Readonly<Record<string, unknown>> | null {
  try {
    return asObject(JSON.parse(text))
  } catch {
    return null
  }
}

function asObject(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : null
}
