// What to do with each outcome of an attempt: the table, and nothing but the table.
//
// Pure: it is told what came and says what follows; who waits, counts and writes is elsewhere. The status
// decides first, the words of the error body second. Money comes before everything, because both official
// SDKs go wrong there: they see 429 and repeat a request that nobody will ever pay for.

import { HttpConnectionError, HttpTimeoutError } from "../http/index.ts"
import {
  isMoneyProblem,
  LlmAnswerError,
  LlmTimeoutError,
  serverProblem,
  type ServerProblem,
} from "../llm/index.ts"
import type { FailureCode } from "./output-record.ts"

/** An HTTP answer, as far as the decision needs it. */
export interface Answer {
  readonly status: number
  /** From `Retry-After` or `retry-after-ms`, in ms; null if the server gave no hint. */
  readonly retryAfter: number | null
  /** The server's own word from `x-should-retry`; null if it gave none. */
  readonly shouldRetry: boolean | null
  /** The body as parsed; undefined if it is no JSON. */
  readonly body: unknown
}

/**
 * What follows from an attempt.
 *
 * kind  | the item | the run
 * --- | --- | ---
 * done  | answered | goes on
 * fail  | final, a record in the errors file | goes on
 * refused | final for this run, asked again by the next | stops after a few in a row, the key is wrong
 * retry | tried again after a delay | goes on
 * pause | tried again after the pause | admits nobody for that model until the pause is over
 * money | final for this run, asked again by the next | stops
 * unsent | final, not sent: more than a limit has, or sent by an earlier run | goes on
 */
export type Outcome =
  | { readonly kind: "done" }
  | { readonly kind: "fail"; readonly cause: string }
  | { readonly kind: "refused"; readonly cause: string }
  | { readonly kind: "money"; readonly cause: string }
  | { readonly kind: "unsent"; readonly cause: FailureCode; readonly message: string }
  | Pause
  | Retry

/** Try again when the server wants it. */
export interface Pause {
  readonly kind: "pause"
  readonly cause: string
  /** The server's hint in ms. */
  readonly after: number | null
  /** The traffic grew too quickly: the rate is to come down as well. */
  readonly slowDown: boolean
}

/** Try again; if no attempt is left, the item fails with `code`, or with the HTTP answer if `code` is null. */
export interface Retry {
  readonly kind: "retry"
  readonly cause: string
  /** The server's hint in ms; the delay is at least this. */
  readonly after: number | null
  /** The request may have been worked on, and so be billed, although no answer came. */
  readonly maybeBilled: boolean
  /** A socket kept alive was closed under us: the first time, try again at once. */
  readonly atOnce: boolean
  /** No connection could be made at all. */
  readonly unreached: boolean
  readonly code: FailureCode | null
}

/** Decides on an HTTP answer. */
export function classifyAnswer(answer: Answer): Outcome {
  const { status, body } = answer
  if (status >= 200 && status < 300) {
    if (body === undefined) return retry("body is not JSON", { code: "invalid_response", maybeBilled: true })
    const problem = serverProblem(body)
    return problem === null ? { kind: "done" } : classifyDisguised(answer, problem)
  }
  return classifyStatus(status, answer, serverProblem(body, "error"))
}

/** Decides on an attempt that ended without an answer; null if the error is not one of the network. */
export function classifyError(error: unknown): Retry | null {
  if (error instanceof HttpTimeoutError) {
    const code = error.phase === "connect" ? "connection_error" : "request_timeout"
    const unreached = error.phase === "connect"
    return retry(`timeout (${error.phase})`, { code, maybeBilled: error.requestSent, unreached })
  }
  if (error instanceof HttpConnectionError) {
    const race = error.reusedSocket && error.phase === "headers"
    const cause = race ? "connection closed while idle" : `connection (${error.phase})`
    const unreached = error.phase === "connect"
    const maybeBilled = error.requestSent && !race
    return retry(cause, { code: "connection_error", maybeBilled, atOnce: race, unreached })
  }
  if (error instanceof LlmTimeoutError) {
    const { phase } = error
    if (phase !== "firstToken" && phase !== "idle")
      return retry(`timeout (${phase})`, { code: "request_timeout", maybeBilled: true })
    return retry(stallCauses[phase], { code: "stream_stalled", maybeBilled: true })
  }
  if (error instanceof LlmAnswerError) {
    const isTorn = error.reason === "truncated"
    const code = isTorn ? "stream_truncated" : "invalid_response"
    return retry(isTorn ? "stream broke off" : "stream makes no sense", { code, maybeBilled: true })
  }
  return null
}

const stallCauses = { firstToken: "no first token", idle: "no further token" } as const

/** Kind and code of a problem, lower case, those that are given. */
function wordsOf(problem: ServerProblem | null): string[] {
  return problem === null ? [] : [problem.type, problem.code].flatMap((word) => word.toLowerCase() || [])
}

function classifyStatus(status: number, answer: Answer, error: ServerProblem | null): Outcome {
  const words = wordsOf(error)
  const cause = `HTTP ${status}`
  const { retryAfter: after, shouldRetry } = answer
  if (isMoneyProblem(status, error)) return { kind: "money", cause: words[0] ?? cause }
  if (status === 401 || status === 403) return { kind: "refused", cause }
  if (status === 429 && exceedsLimit(error?.message ?? ""))
    return { kind: "fail", cause: "request_too_large_for_limit" }
  const again = shouldRetry ?? isTransient(status)
  if (!again) return { kind: "fail", cause }
  const slowDown = words.includes("slow_down")
  if (status === 429 || (status === 503 && (slowDown || after !== null)))
    return { kind: "pause", cause, after, slowDown }
  return retry(cause, { after })
}

/** A 2xx that holds an error: the code in it decides as a status would. */
function classifyDisguised(answer: Answer, error: ServerProblem): Outcome {
  const status = error.status ?? statusOfWords(wordsOf(error))
  const outcome = classifyStatus(status, answer, error)
  const isNamed = "cause" in outcome && outcome.kind !== "unsent"
  return isNamed ? { ...outcome, cause: `HTTP ${answer.status} with an error inside` } : outcome
}

function statusOfWords(words: readonly string[]): number {
  for (const word of words) {
    if (/rate_limit|too_many_requests/.test(word)) return 429
    if (/overloaded/.test(word)) return 529
    if (/authentication|invalid_api_key/.test(word)) return 401
    if (/permission/.test(word)) return 403
    if (/invalid_request|invalid_prompt|context_length|content_policy|not_found/.test(word)) return 400
  }
  return 500
}

function isTransient(status: number): boolean {
  return status === 408 || status === 409 || status === 425 || status === 429 || isServerTrouble(status)
}

function isServerTrouble(status: number): boolean {
  return status === 529 || [500, 502, 503, 504].includes(status) || (status >= 520 && status <= 524)
}

/** "Request too large … Limit 30000, Requested 41000": no waiting will make it fit. */
function exceedsLimit(message: string): boolean {
  if (/request too large/i.test(message)) return true
  const numbers = /limit:? (\d+).*?requested:? (\d+)/i.exec(message.replaceAll(",", ""))
  return numbers !== null && Number(numbers[2]) > Number(numbers[1])
}

function retry(cause: string, rest: Partial<Omit<Retry, "kind" | "cause">>): Retry {
  return {
    kind: "retry",
    cause,
    after: null,
    maybeBilled: false,
    atOnce: false,
    unreached: false,
    code: null,
    ...rest,
  }
}
