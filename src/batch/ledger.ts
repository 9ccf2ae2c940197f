// What was spent: by model, in tokens and in money.
//
// A plain book: told of each attempt that was billed and of each that may have been, and adding up. Attempts count
// and not lines, since a repetition of a billed request is billed too. Budgets read its sums (`spending.ts`).

import type { LlmUsage } from "../llm/index.ts"
import type { BatchCost, ModelCost } from "./batch-cost.ts"
import { costOf, type ModelPrice } from "./model-price.ts"

/** An amount of both kinds that budgets count. `cost` is null if a price is not known. */
export interface Amount {
  readonly cost: number | null
  readonly tokens: number
}

interface Account {
  answers: number
  estimated: number
  /** Answers that no price was known for. */
  unknown: number
  cost: number
  input: number
  cachedInput: number
  output: number
  reasoning: number
  asOf: string | null
}

/** The book of one run. */
export class Ledger {
  readonly #accounts: Map<string, Account> = new Map()
  #spent = { cost: 0, tokens: 0 }
  #maybe: { cost: number | null; tokens: number } = { cost: 0, tokens: 0 }
  #unknown = 0
  /** Set by whoever reserves; see `BatchCost`. */
  reserved = 0
  unlimited = 0

  /** What was billed, as far as prices are known. */
  get spent(): { readonly cost: number; readonly tokens: number } {
    return this.#spent
  }

  /** What may have been billed, at most. */
  get maybe(): Amount {
    return this.#maybe
  }

  /** Enters an answer. @returns What it cost; null if its price is not known. */
  enter(model: string, usage: LlmUsage, price: ModelPrice | null, isEstimated: boolean): number | null {
    const cost = costOf(price, usage)
    const account = this.#accountOf(model)
    account.answers++
    account.input += usage.input
    account.cachedInput += usage.cachedInput
    account.output += usage.output
    account.reasoning += usage.reasoning
    account.asOf = price?.asOf ?? null
    if (isEstimated) account.estimated++
    if (cost === null) {
      account.unknown++
      this.#unknown++
    } else account.cost += cost
    const { cost: before, tokens } = this.#spent
    this.#spent = { cost: before + (cost ?? 0), tokens: tokens + usage.input + usage.output }
    return cost
  }

  /** Enters an attempt that had no answer and may have been billed, at most so much. */
  enterLost({ cost, tokens }: Amount): void {
    const before = this.#maybe.cost
    this.#maybe = {
      cost: before === null || cost === null ? null : before + cost,
      tokens: this.#maybe.tokens + tokens,
    }
  }

  /** @param lines - Lines that were sent and settled, and what they cost; lines without a record, null if unknown. */
  report(lines: {
    readonly settled: number
    readonly cost: number
    readonly remaining: number | null
  }): BatchCost {
    const { settled, cost, remaining } = lines
    const known = this.#spent.cost
    const canProject = settled > 0 && remaining !== null && this.#unknown === 0 && this.#accounts.size > 0
    return {
      total: this.#unknown === 0 ? known : null,
      known,
      unknownAnswers: this.#unknown,
      reserved: this.reserved,
      maybeBilled: this.#maybe.cost,
      projected: canProject ? Math.max(known, (cost / settled) * (settled + remaining)) : null,
      projectedFrom: settled,
      unlimited: this.unlimited,
      models: [...this.#accounts].map(modelCost).sort((one, other) => (other.cost ?? 0) - (one.cost ?? 0)),
    }
  }

  #accountOf(model: string): Account {
    let account = this.#accounts.get(model)
    if (account === undefined) {
      const none = { answers: 0, estimated: 0, unknown: 0, cost: 0 }
      account = { ...none, input: 0, cachedInput: 0, output: 0, reasoning: 0, asOf: null }
      this.#accounts.set(model, account)
    }
    return account
  }
}

function modelCost([model, account]: readonly [string, Account]): ModelCost {
  const { answers, estimated, unknown, cost, input, cachedInput, output, reasoning, asOf } = account
  const tokens = { input, cachedInput, output, reasoning }
  return { model, answers, estimated, tokens, cost: unknown === 0 ? cost : null, asOf }
}
