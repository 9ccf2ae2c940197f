// Tokens out of an answer, whichever dialect it speaks.
//
// Chat completions and embeddings say prompt_tokens / completion_tokens, the Responses API and Anthropic say
// input_tokens / output_tokens. An answer without `usage` counts nothing: a guess would look like a figure.

/** Tokens of one answer. */
export interface TokenUsage {
  readonly input: number
  readonly output: number
}

/** Reads `usage` of a parsed body; null if it has none. */
export function readUsage(body: unknown): TokenUsage | null {
  if (typeof body !== "object" || body === null || !("usage" in body)) return null
  const { usage } = body
  if (typeof usage !== "object" || usage === null) return null
  const fields = usage as Readonly<Record<string, unknown>>
  const input = count(fields["prompt_tokens"]) ?? count(fields["input_tokens"])
  const output = count(fields["completion_tokens"]) ?? count(fields["output_tokens"])
  return input === null && output === null ? null : { input: input ?? 0, output: output ?? 0 }
}

function count(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : null
}
