// The prices that are known without a file: one row a model, each with its date and its source.
//
// A snapshot, copied from stored pages that were read in November 2026; nothing is looked up when a batch runs. Text
// at the standard tier. `asOf` is the date the page gives, or the newest thing it knows of. Left out, and so unknown:
// what no page was found for, what costs more at some hours (DeepSeek), what pages disagree on (Mistral).

import type { ModelPrice, TokenPrices } from "./model-price.ts"

/** A page, and when it said so. */
type Origin = Required<Pick<ModelPrice, "asOf" | "source">>

/** A list of OpenAI's prices; it knows GPT-5.5, which is of that month. */
const openai: Origin = {
  asOf: "2026-04",
  source: "https://raw.githubusercontent.com/simonw/llm-prices/main/data/openai.json",
}
const openaiOld: Origin = {
  asOf: "2025-08",
  source: "https://raw.githubusercontent.com/outl1ne/openai-pricing/refs/heads/main/pricing.json",
}
/** The same figures stand in a list that was checked in that month. */
const openaiEmbeddings: Origin = {
  asOf: "2026-06",
  source: "https://developers.openai.com/api/docs/models/text-embedding-3-large",
}
/** It knows Fable 5.1, which is of that day, and not yet Sonnet 5.5. */
const anthropic: Origin = {
  asOf: "2026-09-01",
  source: "https://platform.claude.com/docs/en/about-claude/pricing",
}
const anthropicOld: Origin = {
  asOf: "2025-08",
  source: "https://docs.anthropic.com/en/docs/about-claude/pricing",
}
/** Quotes Anthropic's page, writes to caches by its rule: five quarters of the input, twice for an hour. */
const anthropicNew: Origin = {
  asOf: "2026-10-10",
  source: "https://docs.rs/synaps/0.10.2/synaps_cli/pricing/index.html",
}
/** Quotes of Google's page, completed by a list where they hold only one half. */
const google: Origin = {
  asOf: "2026-10-07",
  source:
    "https://raw.githubusercontent.com/api-evangelist/deepmind/refs/heads/main/plans/deepmind-plans-pricing.yml",
}
const groq = {
  asOf: "2026-06-04",
  source: "https://tokenmix.ai/blog/groq-api-access-2026-free-tier-rate-limits",
  // Weights that anybody may serve cost something else elsewhere.
  host: "api.groq.com",
}

const row = (
  origin: Origin,
  model: string,
  prices: TokenPrices,
  above?: ModelPrice["above"],
): ModelPrice => ({ model, ...prices, ...origin, ...(above === undefined ? {} : { above }) })

const plain = (input: number, cachedInput: number, output: number): TokenPrices => ({
  input,
  cachedInput,
  output,
})

const withWrites = (
  input: number,
  writes: readonly [number, number],
  cachedInput: number,
  output: number,
): TokenPrices => ({ input, cacheWrites: writes[0], hourlyCacheWrites: writes[1], cachedInput, output })

const opus = withWrites(5, [6.25, 10], 0.5, 25)
const opusOld = withWrites(15, [18.75, 30], 1.5, 75)
const sonnet = withWrites(3, [3.75, 6], 0.3, 15)
const fable = withWrites(10, [12.5, 20], 1, 50)

/** Longer requests to Sonnet 4 and 4.5. */
const longSonnet = { than: 200_000, prices: withWrites(6, [7.5, 12], 0.6, 22.5) }
const longer = (than: number, input: number, cachedInput: number, output: number): ModelPrice["above"] => ({
  than,
  prices: plain(input, cachedInput, output),
})

/**
 * The prices that a batch knows without a file, each with its date and the page it is from.
 *
 * To look at, or to begin a table of your own with; what stands in the option `prices` comes before it.
 *
 * @example How old a price is
 * ```ts
 * const row = priceList.find(({ model }) => model === "gpt-4o-mini")
 * row?.asOf // => "2026-04"
 * row?.input // => 0.15
 * ```
 */
export const priceList: readonly ModelPrice[] = [
  row(openai, "gpt-4o", plain(2.5, 1.25, 10)),
  { model: "gpt-4o-2024-05-13", input: 5, output: 15, ...openaiOld },
  row(openai, "gpt-4o-mini", plain(0.15, 0.075, 0.6)),
  row(openai, "gpt-4.1", plain(2, 0.5, 8)),
  row(openai, "gpt-4.1-mini", plain(0.4, 0.1, 1.6)),
  row(openai, "gpt-4.1-nano", plain(0.1, 0.025, 0.4)),
  row(openai, "o3-mini", plain(1.1, 0.55, 4.4)),
  row(openai, "o4-mini", plain(1.1, 0.275, 4.4)),
  row(openai, "gpt-5", plain(1.25, 0.125, 10)),
  row(openai, "gpt-5-mini", plain(0.25, 0.025, 2)),
  row(openai, "gpt-5-nano", plain(0.05, 0.005, 0.4)),
  row(openai, "gpt-5.1", plain(1.25, 0.125, 10)),
  row(openai, "gpt-5.2", plain(1.75, 0.175, 14)),
  row(openai, "gpt-5.4", plain(2.5, 0.25, 15), longer(272_000, 5, 0.5, 22.5)),
  row(openai, "gpt-5.4-mini", plain(0.75, 0.075, 4.5)),
  row(openai, "gpt-5.4-nano", plain(0.2, 0.02, 1.25)),
  row(openai, "gpt-5.5", plain(5, 0.5, 30), longer(272_000, 10, 1, 45)),
  { model: "text-embedding-3-small", input: 0.02, output: 0, ...openaiEmbeddings },
  { model: "text-embedding-3-large", input: 0.13, output: 0, ...openaiEmbeddings },
  row(anthropic, "claude-fable-5-1", { ...fable, cachedInput: 0.25 }),
  row(anthropic, "claude-fable-5", fable),
  row(anthropicNew, "claude-opus-5-5", withWrites(4, [5, 8], 0.2, 20)),
  row(anthropic, "claude-opus-5", opus),
  row(anthropic, "claude-opus-4-8", opus),
  row(anthropic, "claude-opus-4-7", opus),
  row(anthropic, "claude-opus-4-6", opus),
  row(anthropic, "claude-opus-4-5", opus),
  row(anthropic, "claude-opus-4-1", opusOld),
  row(anthropic, "claude-opus-4", opusOld),
  row(anthropicNew, "claude-sonnet-5-5", withWrites(2, [2.5, 4], 0.1, 10)),
  row(anthropicNew, "claude-sonnet-5", withWrites(2, [2.5, 4], 0.2, 10)),
  row(anthropicNew, "claude-sonnet-4-6", sonnet),
  row(anthropicNew, "claude-sonnet-4-5", sonnet, longSonnet),
  row(anthropicOld, "claude-sonnet-4", sonnet, longSonnet),
  row(anthropicOld, "claude-3-7-sonnet", sonnet),
  row(anthropicNew, "claude-haiku-5-5", withWrites(0.1, [0.125, 0.2], 0.01, 0.5), {
    than: 100_000,
    prices: withWrites(0.5, [0.625, 1], 0.05, 2.5),
  }),
  row(anthropicNew, "claude-haiku-4-5", withWrites(1, [1.25, 2], 0.1, 5)),
  row(anthropicOld, "claude-3-5-haiku", withWrites(0.8, [1, 1.6], 0.08, 4)),
  row(anthropicOld, "claude-3-haiku", withWrites(0.25, [0.3, 0.5], 0.03, 1.25)),
  row(google, "gemini-2.5-pro", plain(1.25, 0.125, 10), longer(200_000, 2.5, 0.25, 15)),
  row(google, "gemini-2.5-flash", plain(0.3, 0.03, 2.5)),
  row(google, "gemini-2.5-flash-lite", plain(0.1, 0.01, 0.4)),
  {
    model: "gemini-3.1-pro-preview",
    input: 2,
    output: 12,
    above: { than: 200_000, prices: { input: 4, output: 18 } },
    ...google,
  },
  row(google, "gemini-3.5-flash", plain(1.5, 0.15, 9)),
  row(google, "gemini-3.5-flash-lite", plain(0.3, 0.03, 2.5)),
  { model: "openai/gpt-oss-120b", input: 0.15, cachedInput: 0.075, output: 0.6, ...groq },
]
