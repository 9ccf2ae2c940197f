// How many tokens a request will take, guessed before it is sent and corrected by what answers say.
//
// No tokenizer: a quarter of the characters, times what answers of the same model have shown that to be worth;
// after some twenty answers it is close. The length of an answer is what the request allows, and where it does
// not say, what nine of ten answers stayed below. A guess is only reserved; `usage` is what is charged.

import type { RequestItem } from "./request-line.ts"

/** Answers that are remembered. */
const remembered = 100
/** Tokens of an answer before there was one. */
const firstOutput = 256
/** Weight of one answer in the correction. */
const weight = 0.1
const charactersPerToken = 4

/** Tokens as limits count them. */
export interface TokenAmounts {
  readonly input: number
  readonly output: number
}

/** The estimate of one model. */
export class TokenEstimate {
  /** Tokens of requests by the guess from their length; the mean of those seen, the last ones most. */
  #factor = 1
  /** Answers seen. */
  #seen = 0
  /** Output tokens of the last answers, the oldest overwritten first. */
  readonly #outputs: number[] = []
  /** Nine of ten answers have at most this; worked out anew from time to time. */
  #usualOutput = firstOutput

  of(item: RequestItem): TokenAmounts {
    const output = item.hints?.maxTokensEstimate ?? item.maxTokens ?? this.#outputOf(item)
    return { input: Math.ceil(guess(item) * this.#factor), output }
  }

  learn(item: RequestItem, { input, output }: TokenAmounts): void {
    const found = input / guess(item)
    const share = Math.max(weight, 1 / (this.#seen + 1))
    if (found > 0) this.#factor += (found - this.#factor) * share
    this.#outputs[this.#seen++ % remembered] = output
    if (this.#seen <= 10 || this.#seen % 20 === 0) {
      const sorted = this.#outputs.toSorted((one, other) => one - other)
      this.#usualOutput = sorted[Math.floor(sorted.length * 0.9)] ?? firstOutput
    }
  }

  #outputOf({ path }: RequestItem): number {
    return this.#seen === 0 && /\/(?:embeddings|moderations)$/.test(path) ? 0 : this.#usualOutput
  }
}

function guess({ body }: RequestItem): number {
  return Math.max(1, (body?.length ?? 0) / charactersPerToken)
}
