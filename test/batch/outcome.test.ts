// The table of outcomes, row by row.

import { describe, expect, it } from "vitest"
import { classifyAnswer, classifyError, type Answer, type Outcome } from "../../src/batch/outcome.ts"
import {
  HttpConnectionError,
  HttpTimeoutError,
  type HttpPhase,
  type HttpTimeoutPhase,
} from "../../src/http/index.ts"

import {
  LlmAnswerError,
  LlmTimeoutError,
  type LlmAnswerFault,
  type LlmTimeoutPhase,
} from "../../src/llm/index.ts"

const good = { choices: [{ message: { content: "hello" } }] }

function answer(status: number, body: unknown = {}, more: Partial<Answer> = {}): Outcome {
  return classifyAnswer({ status, body, retryAfter: null, shouldRetry: null, ...more })
}

function unreadable(status: number): Outcome {
  return classifyAnswer({ status, body: undefined, retryAfter: null, shouldRetry: null })
}

function failure(type: string, message = "", code: unknown = null): object {
  return { error: { type, message, code } }
}

describe("classifyAnswer()", () => {
  it.each([200, 201, 204])("%d with a body is done", (status) => {
    expect(answer(status, good)).toEqual({ kind: "done" })
  })

  it("2xx whose body is not JSON is retried, and may have been billed", () => {
    expect(unreadable(200)).toMatchObject({ kind: "retry", code: "invalid_response", maybeBilled: true })
  })

  it("2xx with `error: null` is done, as the Responses API sends it", () => {
    expect(answer(200, { output: [], error: null })).toEqual({ kind: "done" })
  })

  it.each([
    [{ error: { message: "busy", code: 429 } }, "pause"],
    [{ error: { message: "broken", code: 502 } }, "retry"],
    [{ error: { type: "overloaded_error" } }, "retry"],
    [{ error: { type: "rate_limit_error" } }, "pause"],
    [{ error: { type: "invalid_request_error" } }, "fail"],
    [{ error: { code: "insufficient_quota" } }, "money"],
    [{ error: { type: "authentication_error" } }, "refused"],
    [{ error: { type: "who_knows" } }, "retry"],
    [{ object: "error", message: "no such model", code: 404 }, "fail"],
  ])("2xx with an error inside, %j, is judged by the error: %s", (body, kind) => {
    expect(answer(200, body)).toMatchObject({ kind, cause: "HTTP 200 with an error inside" })
  })

  it.each([300, 301, 304, 400, 404, 405, 413, 415, 422, 501])(
    "%d fails the item, without a retry",
    (status) => {
      expect(answer(status)).toEqual({ kind: "fail", cause: `HTTP ${status}` })
    },
  )

  it("400 context_length_exceeded fails the item", () => {
    expect(
      answer(400, failure("invalid_request_error", "too long", "context_length_exceeded")),
    ).toMatchObject({ kind: "fail" })
  })

  it.each([401, 403])("%d is a refusal", (status) => {
    expect(answer(status, failure("authentication_error"))).toEqual({
      kind: "refused",
      cause: `HTTP ${status}`,
    })
  })

  it.each([
    [402, {}],
    [429, failure("insufficient_quota")],
    [429, failure("requests", "", "insufficient_quota")],
    [429, failure("x", "", "credit_balance_exhausted")],
    [429, failure("x", "", "organization_spend_limit_exceeded")],
    [429, failure("x", "", "project_spend_limit_exceeded")],
    [429, failure("x", "", "organization_usage_limit_exceeded")],
    [403, failure("x", "", "billing_hard_limit_reached")],
    [400, { type: "error", error: { type: "billing_error", message: "" } }],
    [
      400,
      { type: "error", error: { type: "invalid_request_error", message: "Your credit balance is too low" } },
    ],
  ])("%d with %j is about money", (status, body) => {
    expect(answer(status, body)).toMatchObject({ kind: "money" })
  })

  it("429 pauses the run for as long as the server says, or as the back-off says", () => {
    expect(answer(429, failure("rate_limit_exceeded"), { retryAfter: 1500 })).toMatchObject({
      kind: "pause",
      after: 1500,
    })
    expect(answer(429)).toMatchObject({ kind: "pause", after: null })
  })

  it.each([
    "Request too large for gpt-4 on tokens per min (TPM): Limit 10000, Requested 14000.",
    "Rate limit reached: Limit: 10,000, Used: 5, Requested: 14,000",
  ])("429 that asks for more than the limit can never succeed: %s", (message) => {
    expect(answer(429, failure("tokens", message))).toEqual({
      kind: "fail",
      cause: "request_too_large_for_limit",
    })
  })

  it("429 that fits into the limit later is a pause", () => {
    const message = "Rate limit reached for m: Limit 10000, Used 9000, Requested 2000. Try again in 6s."
    expect(answer(429, failure("tokens", message))).toMatchObject({ kind: "pause" })
  })

  it("503 slow_down, or with Retry-After, pauses the run", () => {
    expect(answer(503, failure("x", "", "slow_down"))).toMatchObject({ kind: "pause" })
    expect(answer(503, {}, { retryAfter: 2000 })).toMatchObject({ kind: "pause", after: 2000 })
  })

  it.each([408, 409, 425, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529])("%d is retried", (status) => {
    expect(answer(status)).toMatchObject({ kind: "retry", code: null, maybeBilled: false, atOnce: false })
  })

  it("the hint of a 500 is kept", () => {
    expect(answer(500, {}, { retryAfter: 700 })).toMatchObject({ kind: "retry", after: 700 })
  })

  it("x-should-retry overrides the status, but not money and not a wrong key", () => {
    expect(answer(500, {}, { shouldRetry: false })).toMatchObject({ kind: "fail" })
    expect(answer(429, {}, { shouldRetry: false })).toMatchObject({ kind: "fail" })
    expect(answer(400, {}, { shouldRetry: true })).toMatchObject({ kind: "retry" })
    expect(answer(401, {}, { shouldRetry: true })).toMatchObject({ kind: "refused" })
    expect(answer(429, failure("insufficient_quota"), { shouldRetry: true })).toMatchObject({ kind: "money" })
  })

  it("a body that is no JSON does not disturb the decision on a bad status", () => {
    expect(unreadable(502)).toMatchObject({ kind: "retry" })
    expect(answer(404, "text")).toMatchObject({ kind: "fail" })
  })
})

describe("classifyError()", () => {
  const about = { method: "POST", url: "http://h/", attempts: 1 }
  const broken = (phase: HttpPhase, requestSent: boolean, reusedSocket: boolean): HttpConnectionError =>
    new HttpConnectionError("reset", { ...about, phase, requestSent, reusedSocket })
  const late = (phase: HttpTimeoutPhase, requestSent: boolean): HttpTimeoutError =>
    new HttpTimeoutError({ ...about, phase, limit: 5, requestSent })

  it("no connection is retried, and not billed", () => {
    expect(classifyError(broken("connect", false, false))).toMatchObject({
      kind: "retry",
      code: "connection_error",
      maybeBilled: false,
      atOnce: false,
    })
  })

  it("a reused socket that closed before any byte of the answer is retried at once", () => {
    expect(classifyError(broken("headers", true, true))).toMatchObject({ atOnce: true, maybeBilled: false })
  })

  it("a connection lost while or after the headers came may have been billed", () => {
    expect(classifyError(broken("headers", true, false))).toMatchObject({ atOnce: false, maybeBilled: true })
    expect(classifyError(broken("body", true, true))).toMatchObject({ atOnce: false, maybeBilled: true })
  })

  it("a time limit is retried, and may have been billed if the request was sent", () => {
    expect(classifyError(late("attempt", true))).toMatchObject({ code: "request_timeout", maybeBilled: true })
    expect(classifyError(late("connect", false))).toMatchObject({
      code: "connection_error",
      maybeBilled: false,
    })
  })

  const partial = { content: "a", partial: null, requestId: null }

  it.each<[LlmTimeoutPhase, string, string]>([
    ["firstToken", "stream_stalled", "no first token"],
    ["idle", "stream_stalled", "no further token"],
    ["attempt", "request_timeout", "timeout (attempt)"],
  ])(
    "a stream that is over its limit %s is retried as %s, and may have been billed",
    (phase, code, cause) => {
      const error = new LlmTimeoutError({ ...partial, phase, limit: 5 })
      expect(classifyError(error)).toMatchObject({ kind: "retry", code, cause, maybeBilled: true })
    },
  )

  it.each<[LlmAnswerFault, string]>([
    ["truncated", "stream_truncated"],
    ["malformed", "invalid_response"],
  ])("a stream that is %s is retried as %s, and may have been billed", (reason, code) => {
    const error = new LlmAnswerError("no", { ...partial, reason })
    expect(classifyError(error)).toMatchObject({ kind: "retry", code, maybeBilled: true })
  })

  it("does not judge errors that are not of the network", () => {
    expect(classifyError(new TypeError("bug"))).toBeNull()
  })
})
