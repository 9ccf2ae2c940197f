// What a client of language models can be told, checked when it is made.
//
// Values that belong to the HTTP client are checked there. What must stay true: an unknown name is an
// error, so that a typing mistake is not found by the first question at night.
import type { HeadersInput, HttpRetryPolicy } from "../http/index.ts"
import type { RateLimiter } from "../sync/index.ts"
import type { LlmApiName } from "./llm-api.ts"
import { llmApis } from "./llm-api.ts"
import type { LlmTimeLimits } from "./llm-request.ts"

/** Settings of an {@link LlmClient}. */
export interface LlmClientOptions {
  /** Which language the server speaks. @default "openai" */
  readonly api?: LlmApiName | undefined
  /** Where the server is; a path in it is kept. @default `OPENAI_BASE_URL` or `ANTHROPIC_BASE_URL`, else the hosted service */
  readonly baseUrl?: string | URL | undefined
  /** Null sends none. @default `OPENAI_API_KEY` or `ANTHROPIC_API_KEY` of the environment */
  readonly apiKey?: string | null | undefined
  /** @default none: every request names one */
  readonly model?: string | undefined
  /** The most tokens of an answer. @default the server's; 4096 for Anthropic, which needs one */
  readonly maxTokens?: number | undefined
  /** Requests on their way at once; more wait in line. @default 100 */
  readonly connections?: number | undefined
  /** Admits each attempt. @default none */
  readonly rateLimiter?: RateLimiter | undefined
  /** Repetitions after the first attempt, or a whole policy. @default 2 */
  readonly retries?: number | HttpRetryPolicy | undefined
  /** Limits in milliseconds; a number is the total. @default 600000 in total, 10000 to connect */
  readonly timeout?: number | LlmTimeLimits | undefined
  /** Sent with every request. @default none */
  readonly headers?: HeadersInput | undefined
}

/** Limits, those on content apart from those of the request. */
export interface SplitLimits {
  readonly http: Omit<LlmTimeLimits, "firstToken" | "idle">
  readonly firstToken: number
  readonly idle: number
}

const NAMES: ReadonlySet<string> = new Set([
  "api",
  "baseUrl",
  "apiKey",
  "model",
  "maxTokens",
  "connections",
  "rateLimiter",
  "retries",
  "timeout",
  "headers",
])

/** Limits unless somebody says otherwise. */
const defaultLimits: SplitLimits = { http: { total: 600_000 }, firstToken: 120_000, idle: 60_000 }

export function checkOptions(options: LlmClientOptions): void {
  for (const name of Object.keys(options)) {
    if (!NAMES.has(name)) {
      throw new TypeError(
        `Expected the options of a client to be among ${[...NAMES].join(", ")}, got \`${name}\``,
      )
    }
  }
  const { api } = options
  if (api === undefined || Object.hasOwn(llmApis, api)) return
  throw new TypeError(
    `Expected \`api\` to be "openai" or "anthropic", got \`${String(api)}\` (${typeof api})`,
  )
}

/** Lays limits over others; a number is the total. */
export function splitLimits(
  timeout: number | LlmTimeLimits | undefined,
  defaults: SplitLimits = defaultLimits,
): SplitLimits {
  if (timeout === undefined) return defaults
  if (typeof timeout !== "object" || timeout === null) {
    return { ...defaults, http: { ...defaults.http, total: checkLimit("timeout", timeout) } }
  }
  const { firstToken = defaults.firstToken, idle = defaults.idle, ...http } = timeout
  return {
    http: { ...defaults.http, ...http },
    firstToken: checkLimit("timeout.firstToken", firstToken),
    idle: checkLimit("timeout.idle", idle),
  }
}

function checkLimit(name: string, value: number): number {
  if (typeof value === "number" && value > 0) return value
  throw new RangeError(
    `Expected \`${name}\` to be a number of milliseconds above 0, got \`${String(value)}\` (${typeof value})`,
  )
}
