// Refusals of the mock server, in the shape of the hosted service.
//
// One function per refusal, so that status, type and code stand side by side and can be compared
// with the service's own. What must stay true: a message never repeats a key, nor more than a
// name of what the client sent.
import type { MockRefusal } from "./mock-limits.ts"
import type { MockForm } from "./mock-form.ts"

/** An answer that is not a success. */
export interface MockProblem {
  readonly status: number
  readonly message: string
  readonly type: string
  readonly param: string | null
  readonly code: string | null
  /** Names and values, one after the other. */
  readonly headers: readonly string[]
}

const INVALID = "invalid_request_error"

function problem(
  status: number,
  message: string,
  type: string,
  code: string | null = null,
  param: string | null = null,
  headers: readonly string[] = [],
): MockProblem {
  return { status, message, type, param, code, headers }
}

/** The body of a refusal, in OpenAI's words or in Anthropic's. */
export function problemBody(problem: MockProblem, form: MockForm): string {
  const { status, message, type, param, code } = problem
  if (form === "chat") return JSON.stringify({ error: { message, type, param, code } })
  return JSON.stringify({ type: "error", error: { type: MESSAGE_TYPES[status] ?? "api_error", message } })
}

const MESSAGE_TYPES: Readonly<Record<number, string | undefined>> = {
  400: INVALID,
  401: "authentication_error",
  404: "not_found_error",
  405: INVALID,
  413: "request_too_large",
  429: "rate_limit_error",
}

export function badBody(): MockProblem {
  return problem(400, "We could not parse the JSON body of your request: a JSON object was expected", INVALID)
}

export function badParam(param: string, message: string): MockProblem {
  return problem(400, message, INVALID, null, param)
}

export function badKey(missing: boolean): MockProblem {
  return missing
    ? problem(
        401,
        "You did not provide an API key: send `Authorization: Bearer YOUR_KEY` or `x-api-key`",
        INVALID,
      )
    : problem(401, "Incorrect API key provided", INVALID, "invalid_api_key")
}

export function unknownPath(method: string, path: string): MockProblem {
  return problem(404, `Invalid URL (${method} ${path.slice(0, 200)})`, INVALID, "unknown_url")
}

export function unknownModel(model: string): MockProblem {
  const message = `The model \`${model.slice(0, 200)}\` does not exist or you do not have access to it`
  return problem(404, message, INVALID, "model_not_found", "model")
}

export function unknownThing(kind: "file" | "batch", id: string): MockProblem {
  return problem(404, `No such ${kind}: ${id.slice(0, 200)}`, INVALID, null, "id")
}

export function wrongMethod(method: string, path: string, allowed: string): MockProblem {
  const message = `Not allowed to ${method} on ${path.slice(0, 200)}`
  return problem(405, message, INVALID, "method_not_supported", null, ["allow", allowed])
}

export function bodyTooLarge(limit: number): MockProblem {
  return problem(413, `The request body is larger than ${limit} bytes`, INVALID, "request_too_large", null, [
    "connection",
    "close",
  ])
}

/** A 429 that was drawn by lot, not earned. */
export function injectedRateLimit(wait: number): MockProblem {
  const message = "Rate limit reached (injected by the mock server)"
  return problem(429, message, LIMITED, LIMITED, null, retryHeaders(wait))
}

/** A 429 of a bucket that is too empty for this request, or too small for it for ever. */
export function overLimit(model: string, refusal: MockRefusal): MockProblem {
  const short = refusal.bucket === "requests" ? "RPM" : "TPM"
  const what = `for ${model} on ${refusal.bucket} per min (${short}): Limit ${refusal.limit}`
  if (refusal.wait === null) {
    const message = `Request too large ${what}, Requested ${refusal.requested}`
    return problem(429, message, refusal.bucket, LIMITED)
  }
  const used = Math.max(0, Math.ceil(refusal.limit - refusal.available))
  const wait = Math.ceil(refusal.wait)
  const message = `Rate limit reached ${what}, Used ${used}, Requested ${refusal.requested}. Try again in ${wait}ms`
  return problem(429, message, refusal.bucket, LIMITED, null, retryHeaders(wait))
}

const LIMITED = "rate_limit_exceeded"

export function injectedServerError(): MockProblem {
  return problem(
    500,
    "The server had an error while processing your request (injected by the mock server)",
    "server_error",
  )
}

/** The event that breaks a stream off: it comes after a status of 200. */
export function streamProblem(form: MockForm): string {
  const message = "The server is overloaded (injected by the mock server)"
  if (form === "chat") {
    const error = { message, type: "server_error", param: null, code: null }
    return `data: ${JSON.stringify({ error })}\n\n`
  }
  return `event: error\ndata: ${JSON.stringify({ type: "error", error: { type: "overloaded_error", message } })}\n\n`
}

export function handlerFailed(): MockProblem {
  return problem(500, "The mock server failed on this request: see its standard error", "server_error")
}

function retryHeaders(wait: number): string[] {
  return ["retry-after", String(Math.ceil(wait / 1_000)), "retry-after-ms", String(Math.ceil(wait))]
}
