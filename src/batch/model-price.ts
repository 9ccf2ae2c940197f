// What a model costs, and what an amount of tokens costs with it.
//
// Prices are data with a date and a source; the arithmetic is here and nowhere else. What must stay true: what
// nobody knows is null and never 0, and a price that is not given is not taken for lower than it can be.

import type { LlmUsage } from "../llm/index.ts"

/** Prices in US dollars, each for a million tokens. */
export interface TokenPrices {
  readonly input: number
  readonly output: number
  /** Of input that a cache had. @default as `input` */
  readonly cachedInput?: number | undefined
  /** Of input that a cache was given. @default as `input` */
  readonly cacheWrites?: number | undefined
  /** Of input that a cache was given for an hour. @default as `cacheWrites` */
  readonly hourlyCacheWrites?: number | undefined
}

/** A row of a price table: what a model costs, since when that is known, and from where. */
export interface ModelPrice extends TokenPrices {
  /** As requests name it. It stands for its dated snapshots too, `gpt-4o` for `gpt-4o-2024-08-06`. */
  readonly model: string
  /** The only host where it costs this. @default any */
  readonly host?: string | undefined
  /** What requests with more than so many tokens cost; null if they cost otherwise and nobody says what. @default the same */
  readonly above?: { readonly than: number; readonly prices: TokenPrices | null } | undefined
  /** When the source said so, as in 2026-11-20. */
  readonly asOf?: string | undefined
  /** Address of the page that says so. */
  readonly source?: string | undefined
}

const million = 1_000_000

/** What tokens cost in US dollars; null if that is not known. */
export function costOf(price: ModelPrice | null, usage: LlmUsage): number | null {
  if (price === null) return null
  const { above } = price
  const prices = above !== undefined && usage.input > above.than ? above.prices : price
  if (prices === null) return null
  const { input, output, cachedInput = input, cacheWrites = input } = prices
  const { hourlyCacheWrites = cacheWrites } = prices
  const plain = Math.max(0, usage.input - usage.cachedInput - usage.cacheWrites)
  const shortWrites = usage.cacheWrites - usage.hourlyCacheWrites
  const total =
    plain * input +
    usage.cachedInput * cachedInput +
    shortWrites * cacheWrites +
    usage.hourlyCacheWrites * hourlyCacheWrites +
    usage.output * output
  return total / million
}

/** The most that so many tokens can cost, however the request is priced and cached; null if that is not known. */
export function worstCostOf(
  price: ModelPrice | null,
  tokens: { readonly input: number; readonly output: number },
): number | null {
  if (price === null) return null
  const { above } = price
  const isLong = above !== undefined && tokens.input > above.than
  if (isLong && above.prices === null) return null
  const tiers = isLong && above.prices !== null ? [price, above.prices] : [price]
  const dearest = (of: (prices: TokenPrices) => number): number => Math.max(...tiers.map(of))
  const input = dearest((prices) => {
    const { cachedInput = 0, cacheWrites = 0, hourlyCacheWrites = 0 } = prices
    return Math.max(prices.input, cachedInput, cacheWrites, hourlyCacheWrites)
  })
  return (tokens.input * input + tokens.output * dearest(({ output }) => output)) / million
}
