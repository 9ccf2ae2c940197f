// The time limits of a request, in milliseconds.
//
// They nest: the phases connect, headers and body lie in an attempt, attempts and the pauses
// between them in the total. Only the total and the connect limit have a default, so that nothing
// hangs for ever and a slow answer is the caller's to judge. Infinity takes a limit off.

/** Time limits by what they limit, in milliseconds; `Infinity` takes one off. */
export interface TimeLimits {
  /** Opening a connection, names and TLS included. @default 10000 */
  readonly connect?: number | undefined
  /** From the first byte of the request to the headers of the answer. @default Infinity */
  readonly headers?: number | undefined
  /** Silence between two pieces of the body. @default Infinity */
  readonly body?: number | undefined
  /** One attempt, from asking for a connection to the end of the body. @default Infinity */
  readonly attempt?: number | undefined
  /** The whole call: waiting in line, all attempts, the pauses between them, and the body. @default 30000 */
  readonly total?: number | undefined
}

export type CheckedLimits = Readonly<Record<keyof TimeLimits, number>>

const DEFAULT_LIMITS: CheckedLimits = {
  connect: 10_000,
  headers: Infinity,
  body: Infinity,
  attempt: Infinity,
  total: 30_000,
}

const NAMES = ["connect", "headers", "body", "attempt", "total"] as const

/** Checks limits and fills in those that are not given; a number alone is the total. */
export function checkLimits(
  timeout: number | TimeLimits | undefined,
  defaults: CheckedLimits = DEFAULT_LIMITS,
): CheckedLimits {
  if (timeout === undefined) return defaults
  if (typeof timeout === "number") return { ...defaults, total: checkLimit("timeout", timeout) }
  if (typeof timeout !== "object" || timeout === null) {
    throw new TypeError(
      `Expected \`timeout\` to be a number or an object, got \`${String(timeout)}\` (${typeof timeout})`,
    )
  }
  for (const name of Object.keys(timeout)) {
    if (!(NAMES as readonly string[]).includes(name)) {
      throw new TypeError(`Expected \`timeout\` to have the fields ${NAMES.join(", ")}, got \`${name}\``)
    }
  }
  const limits: Record<keyof TimeLimits, number> = { ...defaults }
  for (const name of NAMES) {
    const value = timeout[name]
    if (value !== undefined) limits[name] = checkLimit(`timeout.${name}`, value)
  }
  return limits
}

export function checkLimit(name: string, value: number): number {
  if (typeof value === "number" && value > 0) return value
  throw new RangeError(
    `Expected \`${name}\` to be a number of milliseconds above 0, got \`${String(value)}\` (${typeof value})`,
  )
}
