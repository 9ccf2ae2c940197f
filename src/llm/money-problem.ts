// Whether a refusal is about money, and not about speed.
//
// Servers answer both with 429, and both official SDKs see no more than that: they repeat a request that nobody
// will ever pay for. The words of the body tell the two apart. What must stay true: a rate limit is never taken for
// an empty account, since that stops whole runs.
import type { ServerProblem } from "./server-problem.ts"

const words: ReadonlySet<string> = new Set([
  "insufficient_quota",
  "credit_balance_exhausted",
  "organization_spend_limit_exceeded",
  "project_spend_limit_exceeded",
  "organization_usage_limit_exceeded",
  "billing_hard_limit_reached",
  "billing_not_active",
  "billing_error",
  "spend_limit_exceeded",
])

/**
 * Whether a server refused because the account has no credit left: no repetition will help before a top-up.
 *
 * @param status - HTTP status of the answer, or what stands for it.
 * @param problem - What the body says, as {@link serverProblem} reads it; null if it says nothing.
 *
 * @example Not the same 429
 * ```ts
 * const { error } = { error: { type: "insufficient_quota", code: null, message: "You exceeded your quota" } }
 * isMoneyProblem(429, serverProblem({ error })) // => true
 * isMoneyProblem(429, serverProblem({ error: { type: "rate_limit_exceeded" } })) // => false
 * ```
 */
export function isMoneyProblem(status: number, problem: ServerProblem | null): boolean {
  if (status === 402) return true
  if (problem === null) return false
  const { type, code, message } = problem
  if (words.has(type.toLowerCase()) || words.has(code.toLowerCase())) return true
  return status === 400 && /credit balance is too low/i.test(message)
}
