// What the headers of an answer say of limits: how much a minute, and how much of it is left.
//
// OpenAI's names, which Azure, Groq and most others use, and Anthropic's. A limit that is zero or negative
// is no limit: some servers say so where they do not know. The times of reset are left alone: they tell when
// a bucket is full again, not when the next request may go. Names with further words behind are others' affair.

import type { HttpHeaders } from "../http/index.ts"

/** The budgets that are kept for a model. */
export type BudgetName = "requests" | "tokens" | "inputTokens" | "outputTokens"

/** What an answer says of one budget. */
export interface ToldLimit {
  readonly budget: BudgetName
  /** Per minute. */
  readonly limit: number
  /** Null if it does not say. */
  readonly remaining: number | null
}

const names: readonly (readonly [BudgetName, string, string])[] = [
  ["requests", "x-ratelimit-limit-requests", "x-ratelimit-remaining-requests"],
  ["tokens", "x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens"],
  ["requests", "anthropic-ratelimit-requests-limit", "anthropic-ratelimit-requests-remaining"],
  ["tokens", "anthropic-ratelimit-tokens-limit", "anthropic-ratelimit-tokens-remaining"],
  ["inputTokens", "anthropic-ratelimit-input-tokens-limit", "anthropic-ratelimit-input-tokens-remaining"],
  ["outputTokens", "anthropic-ratelimit-output-tokens-limit", "anthropic-ratelimit-output-tokens-remaining"],
]

/** Reads the limits that an answer tells. */
export function readLimitHeaders(headers: Pick<HttpHeaders, "get">): ToldLimit[] {
  const told: ToldLimit[] = []
  for (const [budget, limitName, remainingName] of names) {
    const limit = wholeNumber(headers.get(limitName), 1)
    const remaining = limit === null ? null : wholeNumber(headers.get(remainingName), 0)
    if (limit !== null) told.push({ budget, limit, remaining })
  }
  return told
}

function wholeNumber(text: string | null, least: number): number | null {
  const value = text !== null && /^\d{1,15}$/.test(text.trim()) ? Number(text) : -1
  return value >= least ? value : null
}
