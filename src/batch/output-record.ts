// Lines of the output and errors files: OpenAI's batch output format, field by field.
//
// A 2xx goes to the output; a final HTTP error goes to the errors file with its real status and body and
// `error: null`; only what never had an HTTP answer carries `error` and a null `response`. The `id` is made of
// the fingerprints of the custom_id and of the request, so the same line written twice is the same text, and
// a later run can tell from the output alone whether the input changed: no second journal is needed.

import { fingerprint, fingerprintHex, hex32, type Fingerprint } from "./fingerprint.ts"

/** Codes in `error.code` of records that had no HTTP answer. */
export type FailureCode = "connection_error" | "request_timeout" | "invalid_response" | "invalid_input"

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
}

/** The `id` of a record: the same for the same request, in every run. */
export function recordId(key: Pick<RecordKey, "id" | "request">): string {
  return `batch_req_${fingerprintHex(key.id)}${hex32(key.request)}`
}

/** The `id` of the record of a line that could not be sent. */
function invalidRecordId(line: number): string {
  return `batch_req_${fingerprintHex(fingerprint(`invalid line ${line}`))}`
}

/** A line for a request that got an HTTP answer, good or bad. `body` is JSON text without newlines. */
export function answerLine(
  key: RecordKey,
  answer: { readonly status: number; readonly requestId: string | null; readonly body: string },
): string {
  const id = recordId(key)
  const requestId = answer.requestId ?? id.replace("batch_", "")
  return (
    `{"id":"${id}","custom_id":${JSON.stringify(key.customId)},"response":{"status_code":${answer.status},` +
    `"request_id":${JSON.stringify(requestId)},"body":${answer.body}},"error":null}\n`
  )
}

/** A line for a request without an HTTP answer. */
export function failureLine(key: RecordKey, code: FailureCode, message: string): string {
  return recordLine({ id: recordId(key), customId: key.customId, error: { code, message } })
}

/** A line for an input line that could not be sent; it carries its line number. */
export function invalidLineRecord(line: number, customId: string | null, message: string): string {
  const error = { code: "invalid_input", message: `line ${line}: ${message}`, line }
  return recordLine({ id: invalidRecordId(line), customId: customId ?? `line-${line}`, error })
}

/** JSON text of a body for a record: as it came where possible, an error object where it is no JSON. */
export function bodyForRecord(text: string, parsed: unknown): string {
  if (parsed === undefined) {
    const message = text.slice(0, 4000)
    return JSON.stringify({ error: { message, type: "non_json_response", param: null, code: null } })
  }
  return /[\n\r]/.test(text) ? JSON.stringify(parsed) : text.trim()
}

/** Reads a record back, also one that another tool wrote; null if it is no batch output record. */
export function readRecord(text: string): OutputRecord | null {
  const value = parse(text)
  if (value === null || typeof value["custom_id"] !== "string") return null
  const { custom_id: customId, id, response, error } = value
  if (!("response" in value) && !("error" in value)) return null
  const answer = asObject(response)
  const status = answer?.["status_code"]
  const own = typeof id === "string" ? /^batch_req_[0-9a-f]{16}([0-9a-f]{8})$/.exec(id) : null
  const code = asObject(error)?.["code"]
  return {
    customId,
    request: own?.[1] === undefined ? null : Number.parseInt(own[1], 16),
    status: typeof status === "number" ? status : null,
    body: answer?.["body"],
    errorCode: typeof code === "string" ? code : error === null || error === undefined ? null : "unknown",
  }
}

/** Whether a record is an answer, and not a failure somebody left in the same file. */
export function isAnswer(record: OutputRecord): boolean {
  return record.status !== null && record.status >= 200 && record.status < 300 && record.errorCode === null
}

function recordLine(record: {
  readonly id: string
  readonly customId: string
  readonly error: { readonly code: string; readonly message: string; readonly line?: number }
}): string {
  const { id, customId, error } = record
  return `${JSON.stringify({ id, custom_id: customId, response: null, error })}\n`
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
