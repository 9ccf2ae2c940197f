// Tokens in the dialects of the servers: all of them in `input` and `output`, the parts told apart.

import { describe, expect, it } from "vitest"
import { completionUsage } from "../../src/llm/index.ts"

const none = { cachedInput: 0, cacheWrites: 0, hourlyCacheWrites: 0, reasoning: 0 }

describe("completionUsage()", () => {
  it.each([
    [
      "OpenAI's chat, whose prompt tokens hold the cached ones",
      {
        prompt_tokens: 100,
        completion_tokens: 50,
        total_tokens: 150,
        prompt_tokens_details: { cached_tokens: 64 },
        completion_tokens_details: { reasoning_tokens: 30 },
      },
      { ...none, input: 100, cachedInput: 64, output: 50, reasoning: 30 },
    ],
    [
      "the Responses API",
      {
        input_tokens: 75,
        input_tokens_details: { cached_tokens: 32 },
        output_tokens: 1186,
        output_tokens_details: { reasoning_tokens: 1024 },
        total_tokens: 1261,
      },
      { ...none, input: 75, cachedInput: 32, output: 1186, reasoning: 1024 },
    ],
    [
      "Anthropic's, whose input tokens stand beside the cached ones",
      {
        input_tokens: 10,
        cache_read_input_tokens: 200,
        cache_creation_input_tokens: 30,
        cache_creation: { ephemeral_5m_input_tokens: 20, ephemeral_1h_input_tokens: 10 },
        output_tokens: 5,
      },
      { ...none, input: 240, cachedInput: 200, cacheWrites: 30, hourlyCacheWrites: 10, output: 5 },
    ],
    ["embeddings", { prompt_tokens: 8, total_tokens: 8 }, { ...none, input: 8, output: 0 }],
    [
      "DeepSeek's cache",
      { prompt_tokens: 20, completion_tokens: 2, prompt_cache_hit_tokens: 12, prompt_cache_miss_tokens: 8 },
      { ...none, input: 20, cachedInput: 12, output: 2 },
    ],
    [
      "thoughts that only the total holds",
      {
        prompt_tokens: 10,
        completion_tokens: 4,
        total_tokens: 114,
        completion_tokens_details: { reasoning_tokens: 100 },
      },
      { ...none, input: 10, output: 104, reasoning: 100 },
    ],
    [
      "figures that make no sense: a part is never more than the whole",
      { prompt_tokens: 5, completion_tokens: 2, prompt_tokens_details: { cached_tokens: 9 } },
      { ...none, input: 5, cachedInput: 5, output: 2 },
    ],
  ])("reads %s", (_, usage, expected) => {
    expect(completionUsage({ usage })).toEqual(expected)
  })

  it.each([{}, { usage: null }, { usage: {} }, { usage: { total_tokens: 5 } }, { usage: "many" }, null])(
    "is null for %j: nothing was counted",
    (body) => {
      expect(completionUsage(body)).toBeNull()
    },
  )
})
