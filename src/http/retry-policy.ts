// When a request is sent again, and after how long.
//
// The question is always whether the server can have acted on the request. An idempotent one may
// be sent again after anything; another one (POST, PATCH) only after an answer that says it was
// not done, or when the server cannot have seen it. An idle connection that was closed just as it
// was used again is nobody's fault: once, at once, without a pause.
// What must stay true: never earlier than the server asked for, and never in a client that was
// told to repeat nothing.
import { backoff } from "../combine/index.ts"
import { HttpConnectionError, HttpTimeoutError } from "./errors.ts"
import type { HttpHeaders } from "./http-headers.ts"
import { retryAfter } from "./retry-after.ts"

/** How a client repeats requests. */
export interface HttpRetryPolicy {
  /** Repetitions after the first attempt. @default 2 */
  readonly retries?: number | undefined
  /** Pause before the first repetition, in milliseconds; doubled each time, then drawn from 0 up to it. @default 500 */
  readonly delay?: number | undefined
  /** What the pause is multiplied by each time. @default 2 */
  readonly factor?: number | undefined
  /** Longest pause that is not asked for by the server, in milliseconds. @default 30000 */
  readonly maxDelay?: number | undefined
  /** Whether the pause is drawn from 0 up to its full length. @default true */
  readonly jitter?: boolean | undefined
  /** Longest pause that a server may ask for, in milliseconds; a longer one ends the call. @default 600000 */
  readonly maxRetryAfter?: number | undefined
  /** Statuses of answers after which the request is sent again. @default 408, 409, 425, 429, 500, 502-504, 520-524, 529 */
  readonly statuses?: readonly number[] | undefined
  /** Asked before an answer is waited out, with the beginning of its body; false: the answer stands. @default always true */
  readonly when?: ((answer: RefusedAnswer) => boolean) | undefined
}

/** An answer whose status says that sending again may help. */
export interface RefusedAnswer {
  readonly status: number
  /** The first 4,096 bytes, as text. */
  readonly body: string
}

export type CheckedPolicy = Readonly<{
  retries: number
  delay: number
  factor: number
  maxDelay: number
  jitter: boolean
  maxRetryAfter: number
  statuses: ReadonlySet<number>
  /** Null: nobody asks. */
  when: ((answer: RefusedAnswer) => boolean) | null
}>

const DEFAULT_POLICY: CheckedPolicy = {
  retries: 2,
  delay: 500,
  factor: 2,
  maxDelay: 30_000,
  jitter: true,
  maxRetryAfter: 600_000,
  statuses: new Set([408, 409, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529]),
  when: null,
}

/** Methods whose repetition changes nothing more. */
const IDEMPOTENT: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"])

function isIdempotent(method: string): boolean {
  return IDEMPOTENT.has(method)
}

/** Checks a policy and fills in what is not given; a number alone is the number of repetitions. */
export function checkPolicy(
  retries: number | HttpRetryPolicy | undefined,
  defaults: CheckedPolicy = DEFAULT_POLICY,
): CheckedPolicy {
  if (retries === undefined || retries === defaults.retries) return defaults
  if (typeof retries === "number") return { ...defaults, retries: checkCount(retries) }
  if (typeof retries !== "object" || retries === null) {
    throw new TypeError(
      `Expected \`retries\` to be a number or an object, got \`${String(retries)}\` (${typeof retries})`,
    )
  }
  for (const name of Object.keys(retries)) {
    if (!(name in defaults)) {
      throw new TypeError(
        `Expected \`retries\` to have the fields ${Object.keys(defaults).join(", ")}, got \`${name}\``,
      )
    }
  }
  return {
    retries: checkCount(retries.retries ?? defaults.retries),
    delay: checkDelay("delay", retries.delay ?? defaults.delay),
    factor: checkDelay("factor", retries.factor ?? defaults.factor),
    maxDelay: checkDelay("maxDelay", retries.maxDelay ?? defaults.maxDelay),
    jitter: retries.jitter ?? defaults.jitter,
    maxRetryAfter: checkDelay("maxRetryAfter", retries.maxRetryAfter ?? defaults.maxRetryAfter),
    statuses: retries.statuses === undefined ? defaults.statuses : new Set(retries.statuses),
    when: checkWhen(retries.when ?? defaults.when),
  }
}

function checkCount(value: number): number {
  if (value === Infinity || (Number.isInteger(value) && value >= 0)) return value
  throw new RangeError(
    `Expected \`retries\` to be an integer from 0 up, got \`${String(value)}\` (${typeof value})`,
  )
}

function checkWhen(value: CheckedPolicy["when"]): CheckedPolicy["when"] {
  if (value === null || typeof value === "function") return value
  throw new TypeError(
    `Expected \`retries.when\` to be a function, got \`${String(value)}\` (${typeof value})`,
  )
}

function checkDelay(name: string, value: number): number {
  if (typeof value === "number" && value >= 0) return value
  throw new RangeError(
    `Expected \`retries.${name}\` to be a number from 0 up, got \`${String(value)}\` (${typeof value})`,
  )
}

/** Milliseconds to wait before the request is sent again after an answer; null: the answer stands. */
export function pauseAfterAnswer(
  policy: CheckedPolicy,
  status: number,
  headers: HttpHeaders,
  attempt: number,
): number | null {
  if (attempt > policy.retries) return null
  const advice = headers.get("x-should-retry")
  if (advice === "false") return null
  if (advice !== "true" && !policy.statuses.has(status)) return null
  const asked = retryAfter(headers)
  if (asked !== null && asked > policy.maxRetryAfter) return null
  return Math.max(asked ?? 0, backoff(attempt, policy))
}

/** Milliseconds to wait before the request is sent again after an error; null: the error stands. */
export function pauseAfterError(
  policy: CheckedPolicy,
  method: string,
  error: unknown,
  attempt: number,
): number | null {
  if (attempt > policy.retries) return null
  const isOurs =
    error instanceof HttpConnectionError || (error instanceof HttpTimeoutError && error.phase !== "total")
  if (!isOurs || (error.requestSent && !isIdempotent(method))) return null
  return backoff(attempt, policy)
}
