// The budget of a run: nobody is sent who might exceed it.
//
//   a request           | its worst case is | and then
//   waits for the budget | nobody's          | goes on when spent + maybe billed + reserved + its own fit
//   was let in           | reserved          | waits for limits, is sent
//   was answered         | given back        | `usage` is spent; without one an estimate, marked as such
//   was refused, unsent  | given back        | nothing is spent; a repetition reserves anew
//   got no whole answer  | maybe billed      | counted until the run ends: the server may have worked on it
//   was cut off          | maybe billed      | the same, for a cancel
//
// Who does not fit waits in line for what others give back. Who would not fit if all gave back stops the run: the
// line stays open. A run that was sent more than it was promised (an answer longer than assumed) only stops earlier.

import { dollarText } from "../base/dollar-text.ts"
import type { LlmUsage } from "../llm/index.ts"
import { Event, Lock } from "../sync/index.ts"
import type { Attempt } from "./attempt-request.ts"
import type { BatchSettings } from "./batch-settings.ts"
import type { Amount, Ledger } from "./ledger.ts"
import { worstCostOf, type ModelPrice } from "./model-price.ts"
import { Prices } from "./prices.ts"
import type { RequestItem } from "./request-line.ts"
import type { RunBrake } from "./run-brake.ts"
import { answersNothing, worstCaseOf, type WorstCase } from "./worst-case.ts"

/** Rounding of sums in dollars: a millionth of a cent. */
const grain = 1e-8

const nothing = { cost: 0, tokens: 0 }

/** What an attempt was billed. */
export interface Charge {
  /** In US dollars; null if the price is not known. */
  readonly cost: number | null
  readonly isEstimated: boolean
}

/** The spending of one run. */
export class Spending {
  readonly #budget: Pick<BatchSettings, "maxCost" | "maxTokens">
  readonly #prices: Prices
  readonly #ledger: Ledger
  readonly #brake: Pick<RunBrake, "overBudget" | "withoutPrice">
  /** Held by whoever is next to be let in: first come, first served. */
  readonly #line: Lock = new Lock()
  readonly #changed: Event = new Event()
  /** Sum of what is reserved, and how many have a part in it. */
  #reserved = { cost: 0, tokens: 0, count: 0 }
  /** Output tokens of the longest answer, by model. */
  readonly #longest: Map<string, number> = new Map()

  constructor(
    settings: Pick<BatchSettings, "maxCost" | "maxTokens" | "prices" | "baseUrl">,
    ledger: Ledger,
    brake: Pick<RunBrake, "overBudget" | "withoutPrice">,
  ) {
    this.#budget = settings
    this.#prices = new Prices(settings.prices, settings.baseUrl.hostname)
    this.#ledger = ledger
    this.#brake = brake
  }

  /** Sets nothing aside for a request of a run without a budget; null if there is one. */
  reserveNothing(item: RequestItem): Reservation | null {
    const { maxCost, maxTokens } = this.#budget
    if (maxCost !== null || maxTokens !== null) return null
    return new Reservation(this, item, this.#prices.of(item.model), null)
  }

  /**
   * Waits until the worst case of a request fits the budget, and sets it aside.
   *
   * **Cancellation.** Safe: whoever leaves the line has nothing reserved.
   * **Fairness.** First come, first served: a small request does not overtake a large one.
   *
   * @returns Null if it cannot fit any more; the run stops.
   */
  async reserve(item: RequestItem): Promise<Reservation | null> {
    const price = this.#prices.of(item.model)
    const { maxCost } = this.#budget
    using _ = await this.#line.acquire()
    for (;;) {
      // Anew each time: an assumption grows with the answers that came meanwhile.
      const worst = this.worstOf(item, price)
      if (maxCost !== null && worst.cost === null) this.#brake.withoutPrice(unknownText(item))
      else if (!this.#fits(worst, nothing)) this.#brake.overBudget(this.#overText(item, worst))
      else if (this.#fits(worst, this.#reserved)) {
        this.#change(worst, 1)
        return new Reservation(this, item, price, worst)
      } else {
        this.#changed.clear()
        await this.#changed.wait()
        continue
      }
      return null
    }
  }

  /** Requests that wait for what others give back. */
  get waiting(): number {
    return this.#line.locked() ? this.#line.statistics().waiting + 1 : 0
  }

  /** The most a request can take. */
  worstOf(item: RequestItem, price: ModelPrice | null): WorstCase & Amount {
    const worst = worstCaseOf(item, this.#longest.get(item.model) ?? 0)
    return { ...worst, cost: worstCostOf(price, worst), tokens: worst.input + worst.output }
  }

  /** Enters an answer, counted by the server or not. */
  spend(item: RequestItem, price: ModelPrice | null, usage: LlmUsage, isEstimated: boolean): Charge {
    const { model } = item
    this.#longest.set(model, Math.max(this.#longest.get(model) ?? 0, usage.output))
    return { cost: this.#ledger.enter(model, usage, price, isEstimated), isEstimated }
  }

  /** Counts an answer whose length was only assumed beforehand. */
  assumed(): void {
    this.#ledger.unlimited++
  }

  /** Enters an attempt that may have been billed. */
  lose(amount: Amount): void {
    this.#ledger.enterLost(amount)
  }

  /** Gives back what was reserved; called after the outcome is entered. */
  giveBack(amount: Amount): void {
    this.#change(amount, -1)
    this.#changed.set()
  }

  #change({ cost, tokens }: Amount, sign: 1 | -1): void {
    const reserved = this.#reserved
    reserved.count += sign
    // Sums of fractions leave crumbs: when nothing is reserved, it is 0.
    reserved.cost = reserved.count === 0 ? 0 : reserved.cost + sign * (cost ?? 0)
    reserved.tokens = reserved.count === 0 ? 0 : reserved.tokens + sign * tokens
    this.#ledger.reserved = reserved.cost
  }

  #fits(worst: Amount, reserved: { readonly cost: number; readonly tokens: number }): boolean {
    const { maxCost, maxTokens } = this.#budget
    const { spent, maybe } = this.#ledger
    const cost = spent.cost + (maybe.cost ?? 0) + reserved.cost + (worst.cost ?? 0)
    const tokens = spent.tokens + maybe.tokens + reserved.tokens + worst.tokens
    return (maxCost === null || cost <= maxCost + grain) && (maxTokens === null || tokens <= maxTokens)
  }

  #overText({ line }: RequestItem, worst: WorstCase & Amount): string {
    const { maxCost, maxTokens } = this.#budget
    const { spent, maybe } = this.#ledger
    const isMoney = maxTokens === null || spent.tokens + maybe.tokens + worst.tokens <= maxTokens
    const text = (amount: Amount): string => (isMoney ? dollarText(amount.cost ?? 0) : String(amount.tokens))
    const budget = isMoney ? dollarText(maxCost ?? 0) : `${maxTokens} tokens`
    const assumed = worst.isAssumed ? ", assumed, since it sets no limit" : ""
    const parts = `${worst.input} bytes in, ${worst.output} tokens out${assumed}`
    const used = `${text(spent)} spent and ${text(maybe)} maybe billed`
    return `The budget of ${budget} does not cover line ${line}, which may take ${text(worst)} (${parts}): ${used} before`
  }
}

/** What is set aside for one attempt. Ends once: spent, lost or refunded. */
export class Reservation {
  readonly #spending: Spending
  readonly #item: RequestItem
  readonly #price: ModelPrice | null
  readonly #worst: (WorstCase & Amount) | null
  /** Set when it ended; nothing is given back twice. */
  #ended = false

  constructor(
    spending: Spending,
    item: RequestItem,
    price: ModelPrice | null,
    worst: (WorstCase & Amount) | null,
  ) {
    this.#spending = spending
    this.#item = item
    this.#price = price
    this.#worst = worst
  }

  /**
   * Enters how its attempt ended.
   *
   * @param usage - What the server counted, or null.
   * @param guessedInput - Its tokens for want of a count.
   * @returns What it was billed; null if it was not, or nobody knows.
   */
  settle(
    { outcome, answer, isSent }: Pick<Attempt, "outcome" | "answer" | "isSent">,
    usage: LlmUsage | null,
    guessedInput: number,
  ): Charge | null {
    if (isSent && usage === null && outcome.kind === "retry" && outcome.maybeBilled) {
      this.lose()
      return null
    }
    const isAnswered = outcome.kind === "done" && answer !== null
    const taken = usage ?? (isAnswered ? this.#estimate(guessedInput, answer.text) : null)
    const charge =
      taken === null ? null : this.#spending.spend(this.#item, this.#price, taken, usage === null)
    if (charge !== null && this.#worst?.isAssumed === true) this.#spending.assumed()
    this.refund()
    return charge
  }

  /** Of an answer that nobody counted; null for a request without a model, which has no tokens. */
  #estimate(input: number, answer: string): LlmUsage | null {
    const { model, path, maxTokens } = this.#item
    if (model === "") return null
    const length = answersNothing(path) ? 0 : Math.ceil(answer.length / 4)
    const output = Math.min(maxTokens ?? Infinity, length)
    return { input, output, cachedInput: 0, cacheWrites: 0, hourlyCacheWrites: 0, reasoning: 0 }
  }

  /** It was sent and may have been worked on; nobody knows. */
  lose(): void {
    this.#spending.lose(this.#worst ?? this.#spending.worstOf(this.#item, this.#price))
    this.refund()
  }

  /** It took nothing; does nothing if it has ended. */
  refund(): void {
    if (this.#ended) return
    this.#ended = true
    if (this.#worst !== null) this.#spending.giveBack(this.#worst)
  }
}

function unknownText({ line, model }: RequestItem): string {
  const what = model === "" ? "names no model" : `wants ${JSON.stringify(model)}, whose price is not known`
  return `No budget of money can be held: line ${line} ${what}; a price table has to name it`
}
