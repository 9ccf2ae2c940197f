// What an answer says of its tokens, in one form for all servers.
//
// The dialects count differently: OpenAI's `prompt_tokens` hold what a cache had, Anthropic's `input_tokens` do not.
// Some servers leave thoughts out of `completion_tokens` and in `total_tokens`; they are billed as answers. What must
// stay true: `input` and `output` are all that was counted, and the other figures are parts of them.
import { countField, fieldOf } from "./fields.ts"

/** Tokens of one answer, as the server counted them. */
export interface LlmUsage {
  /** Of the request, whatever a cache had of it or was given of it. */
  readonly input: number
  /** Part of `input` that was read from a cache. */
  readonly cachedInput: number
  /** Part of `input` that was written to a cache; `hourlyCacheWrites` of it to stay there for an hour. */
  readonly cacheWrites: number
  readonly hourlyCacheWrites: number
  /** Of the answer, thoughts included. */
  readonly output: number
  /** Part of `output` that was thought and not said, as far as the server tells it apart. */
  readonly reasoning: number
}

/** Reads what a body says of its tokens; null if it says nothing: a guess would look like a figure. */
export function completionUsage(body: unknown): LlmUsage | null {
  const usage = fieldOf(body, "usage")
  const said = countField(usage, "prompt_tokens", countField(usage, "input_tokens", null))
  const answered = countField(usage, "completion_tokens", countField(usage, "output_tokens", null))
  if (said === null && answered === null) return null
  const apart = cachesApart(usage)
  const input = (said ?? 0) + (apart === null ? 0 : apart.cachedInput + apart.cacheWrites)
  const parts = apart ?? { cachedInput: cachedWithin(usage), cacheWrites: 0, hourlyCacheWrites: 0 }
  const output = Math.max(answered ?? 0, countField(usage, "total_tokens", 0) - input)
  const cachedInput = Math.min(input, parts.cachedInput)
  return { input, ...parts, cachedInput, output, reasoning: Math.min(output, reasoningOf(usage)) }
}

/** Anthropic's counts, which stand beside `input_tokens`; null if there are none. */
function cachesApart(
  usage: unknown,
): Pick<LlmUsage, "cachedInput" | "cacheWrites" | "hourlyCacheWrites"> | null {
  const cachedInput = countField(usage, "cache_read_input_tokens", null)
  const cacheWrites = countField(usage, "cache_creation_input_tokens", null)
  if (cachedInput === null && cacheWrites === null) return null
  const hourly = countField(fieldOf(usage, "cache_creation"), "ephemeral_1h_input_tokens", 0)
  return {
    cachedInput: cachedInput ?? 0,
    cacheWrites: cacheWrites ?? 0,
    hourlyCacheWrites: Math.min(cacheWrites ?? 0, hourly),
  }
}

/** What a cache had of the tokens that are counted as input. */
function cachedWithin(usage: unknown): number {
  const details = fieldOf(usage, "prompt_tokens_details") ?? fieldOf(usage, "input_tokens_details")
  return countField(details, "cached_tokens", countField(usage, "prompt_cache_hit_tokens", 0))
}

function reasoningOf(usage: unknown): number {
  const details = fieldOf(usage, "completion_tokens_details") ?? fieldOf(usage, "output_tokens_details")
  return countField(details, "reasoning_tokens", 0)
}
