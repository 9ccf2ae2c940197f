// One line of a batch's input: looked at first, answered later.
//
// The whole input is looked at before anything is answered, as the service does: one bad line fails
// the batch. What must stay true: a line is answered with the same body as the same request sent by
// itself.
import { answerChat, completionBody, embeddingBody } from "./mock-answers.ts"
import type { MockProblem } from "./mock-problem.ts"
import { injectedServerError, problemBody, unknownModel } from "./mock-problem.ts"
import type { MockRequest } from "./mock-request.ts"
import { readChat, readEmbedding } from "./mock-request.ts"

/** A line that can be answered. */
export interface MockBatchLine {
  readonly customId: string
  readonly body: string
}

/** What is wrong with an input file, as the service says it. */
export interface MockBatchError {
  readonly code: string
  readonly line: number | null
  readonly message: string
  readonly param: string | null
}

/** How endpoints read their requests; no others can be in a batch. */
export const batchReaders: {
  readonly [endpoint: string]: ((body: string) => MockRequest | MockProblem) | undefined
} = {
  "/v1/chat/completions": readChat,
  "/v1/embeddings": readEmbedding,
}

const MOST_LINES = 50_000

/** Looks at the whole input of a batch. */
export function readBatchInput(text: string, endpoint: string): MockBatchLine[] | MockBatchError[] {
  const lines: MockBatchLine[] = []
  const errors: MockBatchError[] = []
  const seen = new Set<string>()
  const rows = text.split(/\r?\n/)
  if (rows.at(-1) === "") rows.pop()
  for (const [index, row] of rows.entries()) {
    const error = faultOf(row, endpoint, seen)
    if (error !== null) errors.push({ ...error, line: index + 1 })
    else lines.push(lineOf(row))
  }
  if (rows.length === 0) errors.push(fault("empty_file", "The input file is empty"))
  if (rows.length > MOST_LINES) errors.push(fault("too_many_tasks", `More than ${MOST_LINES} requests`))
  return errors.length > 0 ? errors : lines
}

/** Whether an input was found faulty. */
export function isFaulty(input: MockBatchLine[] | MockBatchError[]): input is MockBatchError[] {
  return input.length > 0 && "code" in (input[0] as object)
}

function faultOf(row: string, endpoint: string, seen: Set<string>): MockBatchError | null {
  let value: unknown
  try {
    value = JSON.parse(row)
  } catch {
    return fault("invalid_json_line", "This line is not parseable as valid JSON")
  }
  const line = value as Record<string, unknown> | null
  const { custom_id: id, method, url, body } = line ?? {}
  if (typeof id !== "string" || id === "")
    return fault("missing_required_parameter", "`custom_id` is missing", "custom_id")
  if (seen.has(id))
    return fault("duplicate_custom_id", "The custom_id of this line was used before", "custom_id")
  seen.add(id)
  if (method !== "POST") return fault("invalid_method", "Only POST is supported", "method")
  if (url !== endpoint) return fault("mismatched_url", `Expected the url ${endpoint}`, "url")
  if (typeof body !== "object" || body === null)
    return fault("missing_required_parameter", "`body` is missing", "body")
  if ((body as { stream?: unknown }).stream === true)
    return fault("invalid_request", "Streaming is not supported in a batch", "body.stream")
  return null
}

function fault(code: string, message: string, param: string | null = null): MockBatchError {
  return { code, line: null, message, param }
}

function lineOf(row: string): MockBatchLine {
  const { custom_id: customId, body } = JSON.parse(row) as { custom_id: string; body: unknown }
  return { customId, body: JSON.stringify(body) }
}

/** The answer to one line: status, and body as JSON text. */
export function answerLine(
  { body }: MockBatchLine,
  endpoint: string,
  models: readonly string[] | null,
  fails: boolean,
): { readonly status: number; readonly body: string; readonly request: MockRequest | null } {
  const request = batchReaders[endpoint]?.(body) as MockRequest | MockProblem
  const problem =
    "status" in request
      ? request
      : models !== null && !models.includes(request.model)
        ? unknownModel(request.model)
        : fails
          ? injectedServerError()
          : null
  if (problem !== null) return { status: problem.status, body: problemBody(problem, "chat"), request: null }
  const asked = request as MockRequest
  const answer = asked.kind === "chat" ? completionBody(answerChat(asked)) : embeddingBody(asked)
  return { status: 200, body: answer, request: asked }
}
