// What a mock server can be told, checked once before anything listens.
//
// The command line and the tests come in by the same door, so both get the same errors. After
// this file every field is present and sound: nothing further on looks at a default again.

/** Ways in which the mock can spoil an answer that it would otherwise have given. */
export type MockFailure = "rate-limited" | "server-error" | "reset" | "truncated" | "stream-error" | "stalled"

const USUAL_FAILURES: readonly MockFailure[] = ["rate-limited", "server-error", "reset", "truncated"]
/** Two that strike a stream in its middle: an error event, and silence but for signs of life. */
const MOCK_FAILURES: readonly MockFailure[] = [...USUAL_FAILURES, "stream-error", "stalled"]

export interface MockOptions {
  /** Port to listen on; 0 takes a free one. @default 0 */
  port?: number
  /** Address to listen on. @default "127.0.0.1" */
  host?: string
  /** Milliseconds between a request and the first byte of its answer. @default 0 */
  latency?: number
  /** Milliseconds between two chunks of a streamed answer. @default 0 */
  chunkDelay?: number
  /** Milliseconds of silence after which a stream sends a sign of life: a comment or a ping. @default none is sent */
  keepAlive?: number
  /** Milliseconds that a batch of `/v1/batches` takes, from its input to its output. @default 0 */
  batchTime?: number
  /** Requests a minute; more than that is answered with 429. @default no limit */
  rpm?: number
  /** Tokens a minute, prompt and `max_tokens` together; more is answered with 429. @default no limit */
  tpm?: number
  /** How much of a limit may come at once, in milliseconds of it. @default 2000 */
  burst?: number
  /** Share of the requests that fail, 0 to 1. @default 0 */
  failRate?: number
  /** The failures that `failRate` is shared out among, in equal parts; without a stream, `stream-error` is a 500 and
   *  `stalled` a hang. @default rate-limited, server-error, reset, truncated */
  failures?: readonly MockFailure[]
  /** Share of the requests that are never answered, 0 to 1. @default 0 */
  hangRate?: number
  /** Milliseconds that an injected 429 asks the client to wait. @default 50 */
  retryAfter?: number
  /** Start of the random numbers that choose who fails. @default 1 */
  seed?: number
  /** Key that every request must bring as `Authorization: Bearer KEY`. @default none is asked for */
  apiKey?: string
  /** Models that exist; any other name is answered with 404. @default every name is a model */
  models?: readonly string[]
}

/** Options with every default filled in; a limit that was not asked for is null. */
export interface MockSettings {
  readonly port: number
  readonly host: string
  readonly latency: number
  readonly chunkDelay: number
  readonly keepAlive: number | null
  readonly batchTime: number
  readonly rpm: number | null
  readonly tpm: number | null
  readonly burst: number
  readonly failRate: number
  readonly failures: readonly MockFailure[]
  readonly hangRate: number
  readonly retryAfter: number
  readonly seed: number
  readonly apiKey: string | null
  readonly models: readonly string[] | null
}

/** Fills in the defaults, or throws a TypeError or RangeError that names the option. */
export function mockSettings(options: MockOptions): MockSettings {
  const failRate = numberIn("failRate", options.failRate ?? 0, 0, 1)
  const hangRate = numberIn("hangRate", options.hangRate ?? 0, 0, 1)
  if (failRate + hangRate > 1) {
    throw new RangeError(
      `Expected \`failRate\` and \`hangRate\` together to be at most 1, got \`${failRate + hangRate}\``,
    )
  }
  return {
    port: integerIn("port", options.port ?? 0, 0, 65_535),
    host: text("host", options.host ?? "127.0.0.1"),
    latency: numberIn("latency", options.latency ?? 0, 0, MAX_DELAY),
    chunkDelay: numberIn("chunkDelay", options.chunkDelay ?? 0, 0, MAX_DELAY),
    keepAlive:
      options.keepAlive === undefined ? null : numberIn("keepAlive", options.keepAlive, 1, MAX_DELAY),
    batchTime: numberIn("batchTime", options.batchTime ?? 0, 0, MAX_DELAY),
    rpm: options.rpm === undefined ? null : limit("rpm", options.rpm),
    tpm: options.tpm === undefined ? null : limit("tpm", options.tpm),
    burst: numberIn("burst", options.burst ?? 2_000, 1, 60_000),
    failRate,
    failures: failureList(options.failures ?? USUAL_FAILURES),
    hangRate,
    retryAfter: numberIn("retryAfter", options.retryAfter ?? 50, 0, MAX_DELAY),
    seed: integerIn("seed", options.seed ?? 1, 0, Number.MAX_SAFE_INTEGER),
    apiKey: options.apiKey === undefined ? null : text("apiKey", options.apiKey, "(hidden)"),
    models: options.models === undefined ? null : options.models.map((name) => text("models", name)),
  }
}

const MAX_DELAY = 2 ** 31 - 1

function limit(name: string, value: number): number {
  if (typeof value === "number" && value > 0 && Number.isFinite(value)) return value
  throw new RangeError(
    `Expected \`${name}\` to be a number above 0, got \`${String(value)}\` (${typeof value})`,
  )
}

function numberIn(name: string, value: number, least: number, most: number): number {
  if (typeof value === "number" && value >= least && value <= most) return value
  throw new RangeError(
    `Expected \`${name}\` to be a number from ${least} to ${most}, got \`${String(value)}\` (${typeof value})`,
  )
}

function integerIn(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new RangeError(
    `Expected \`${name}\` to be an integer from ${least} to ${most}, got \`${String(value)}\` (${typeof value})`,
  )
}

function text(name: string, value: string, shown: string = String(value)): string {
  if (typeof value === "string" && value !== "") return value
  throw new TypeError(
    `Expected \`${name}\` to be a string that is not empty, got \`${shown}\` (${typeof value})`,
  )
}

function failureList(failures: readonly MockFailure[]): readonly MockFailure[] {
  if (failures.length === 0)
    throw new RangeError("Expected `failures` to name at least one failure, got none")
  for (const failure of failures) {
    if (!MOCK_FAILURES.includes(failure)) {
      throw new RangeError(
        `Expected \`failures\` to be among ${MOCK_FAILURES.join(", ")}, got \`${String(failure)}\` (${typeof failure})`,
      )
    }
  }
  return failures
}
