// What a provider's error body says, whatever its dialect.
//
// OpenAI and compatible servers: `{ error: { message, type, code } }`; Anthropic: `{ type: "error", error:
// { type, message } }`; older vLLM: `{ object: "error", message, type, code }`; some only `{ message }` or
// `{ error: "text" }`. The status decides first and these words second, since a `code` differs between servers.

/** The parts of an error body that decisions use. */
export interface ErrorBody {
  /** `type` and `code`, lower case, those that are texts. */
  readonly words: readonly string[]
  /** The sentence, or "". */
  readonly message: string
  /** An HTTP status given as `code`, or null. */
  readonly status: number | null
}

const nothing: ErrorBody = { words: [], message: "", status: null }

/** Reads the body of a failed answer. */
export function readErrorBody(body: unknown): ErrorBody {
  if (typeof body !== "object" || body === null) return nothing
  const outer = body as Readonly<Record<string, unknown>>
  const inner = outer["error"]
  if (typeof inner === "string") return { ...nothing, message: inner }
  const source =
    typeof inner === "object" && inner !== null ? (inner as Readonly<Record<string, unknown>>) : outer
  const { type, code, message } = source
  return {
    words: [type, code].filter((word) => typeof word === "string").map((word) => word.toLowerCase()),
    message: typeof message === "string" ? message : "",
    status: statusOf(code),
  }
}

/** Whether a 2xx body is an error in disguise: `error` is an object, or `object` says "error". */
export function isErrorBody(body: unknown): boolean {
  if (typeof body !== "object" || body === null) return false
  const { error, object } = body as Readonly<Record<string, unknown>>
  return (typeof error === "object" && error !== null) || object === "error"
}

function statusOf(code: unknown): number | null {
  const number = typeof code === "string" && /^\d{3}$/.test(code) ? Number(code) : code
  return typeof number === "number" && Number.isInteger(number) && number >= 400 && number < 600
    ? number
    : null
}
