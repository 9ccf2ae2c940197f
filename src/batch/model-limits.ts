// The limits of each model: one limiter a model, one bound on requests for all.
//
// Providers count by key and model, so a model that is used up must not keep the others waiting. A request
// reserves what it may take before it is sent; the answer's `usage` settles it. Where no limit was given, the
// headers of the first answers tell it. Every minute holds its limit strictly, since servers count so or finer.

import { clock } from "../core/lowlevel.ts"
import type { HttpHeaders } from "../http/index.ts"
import type { LlmUsage } from "../llm/index.ts"
import { Event, RateLimiter, type Budget, type RatePermit, type RateSlots } from "../sync/index.ts"
import type { BatchSettings, ModelBounds } from "./batch-settings.ts"
import type { ModelFlow } from "./bottleneck.ts"
import { readLimitHeaders, type BudgetName } from "./limit-headers.ts"
import type { RequestItem } from "./request-line.ts"
import { TokenEstimate, type TokenAmounts } from "./token-estimate.ts"

const minute = 60_000
/** Least and most time over which those who wait are let in after a pause, in ms. */
const spreads = { least: 200, most: 20_000 }
/** Some servers charge what a request allows and give nothing back: after a 429 less is counted on, for a while. */
const givingBack = { share: 0.5, growth: 0.1, step: 60_000 }
/** After "slow down" the rate is halved, and given back by a tenth each time so many ms went well. */
const slowing = { share: 0.5, growth: 1.1, step: 15_000 }

/** The limiters of a run, by model. */
export class ModelLimits {
  readonly #settings: BatchSettings
  readonly #slots: RateSlots
  readonly #byModel: Map<string, ModelLimit> = new Map()
  /** Set when a line that waited for its turn has left the line. */
  readonly #moved: Event = new Event()

  constructor(settings: BatchSettings, slots: RateSlots) {
    this.#settings = settings
    this.#slots = slots
  }

  of(model: string): ModelLimit {
    let found = this.#byModel.get(model)
    if (found === undefined) {
      found = new ModelLimit(this.#settings, this.#settings.models.get(model) ?? this.#settings, {
        slots: this.#slots,
        moved: this.#moved,
      })
      this.#byModel.set(model, found)
    }
    return found
  }

  /** Where the requests of each model stand. */
  flow(): ModelFlow[] {
    return [...this.#byModel].map(([model, limit]) => limit.flow(model))
  }

  /** Waits until a request that waited for its turn, of whatever model, is admitted or gives up. */
  async untilMoved(): Promise<void> {
    this.#moved.clear()
    await this.#moved.wait()
  }

  /** Whether no model that was met may be sent to in this run any more. */
  get areAllParked(): boolean {
    return [...this.#byModel.values()].every(({ isParked }) => isParked)
  }
}

/** A permit, and what it was taken for. */
export interface Reserved {
  readonly permit: RatePermit
  readonly estimate: TokenAmounts
}

/** What all models of a run have in common. */
interface SharedByModels {
  readonly slots: RateSlots
  readonly moved: Event
}

/** The limits of one model. */
export class ModelLimit {
  readonly #limiter: RateLimiter
  readonly #slots: RateSlots
  /** Told when {@link waiting} has become less. */
  readonly #moved: Event
  readonly #estimate: TokenEstimate = new TokenEstimate()
  readonly #burst: number
  /** Requests a minute as given; null if they were not. */
  readonly #given: Budget | null
  /** Budgets whose limit may be taken from headers; a limit that was learnt stands here. */
  readonly #learnt: Map<BudgetName, number | null> = new Map()
  /** Requests a minute before the server said "slow down", and now; null while it does not. */
  #slowed: { readonly before: number; now: number; since: number } | null = null
  /** Starts of this ten seconds and of the ten before, for the rate that is slowed down. */
  #starts = { since: clock.now(), now: 0, before: 0 }
  /** Pauses in a row without a round of good answers between, and good answers since the last. */
  #rounds = 0
  #good = 0
  /** Share of what was reserved and not used that is counted as free again, and when it last changed. */
  #givenBack = { share: 1, since: clock.now() }
  /** Set for good when the server wants nothing for longer than the run waits. */
  isParked = false
  /** Why the last pause was made. */
  #pauseCause = ""
  /** Requests that wait for their turn. */
  waiting = 0

  constructor(settings: BatchSettings, bounds: ModelBounds, shared: SharedByModels) {
    const { slots } = shared
    this.#slots = slots
    this.#moved = shared.moved
    this.#burst = settings.burst
    this.#given = bounds.rpm === null ? null : perMinute(bounds.rpm)
    const given: Readonly<Record<BudgetName, number | null>> = {
      requests: bounds.rpm,
      tokens: bounds.tpm,
      inputTokens: bounds.inputTpm,
      outputTokens: bounds.outputTpm,
    }
    const budgets: Record<string, Budget | null> = {}
    const burst: Record<string, number> = {}
    for (const [name, limit] of Object.entries(given) as [BudgetName, number | null][]) {
      budgets[name] = limit === null ? null : perMinute(limit)
      if (limit !== null) burst[name] = this.#burstOf(limit)
      else if (settings.learnLimits) this.#learnt.set(name, null)
    }
    this.#limiter = new RateLimiter({ budgets, burst, concurrency: slots })
  }

  /**
   * Waits for a place and for what the request may take.
   *
   * @param options.signal - Ends the wait with its reason when it aborts.
   * @throws {RangeError} If it is more than a limit has.
   */
  async acquire(item: RequestItem, options?: { readonly signal: AbortSignal }): Promise<Reserved> {
    const estimate = this.#estimate.of(item)
    const { input, output } = estimate
    const cost = { requests: 1, tokens: input + output, inputTokens: input, outputTokens: output }
    let permit: RatePermit
    this.waiting++
    try {
      permit = await this.#limiter.acquire(cost, options)
    } finally {
      this.waiting--
      this.#moved.set()
    }
    const now = clock.now()
    const age = now - this.#starts.since
    if (age >= 10_000) this.#starts = { since: now, now: 0, before: age < 20_000 ? this.#starts.now : 0 }
    this.#starts.now++
    return { permit, estimate }
  }

  /** Charges what an answer took; one without `usage` what was reserved for the request alone. */
  settle(item: RequestItem, { permit, estimate }: Reserved, usage: LlmUsage | null, isGood: boolean): void {
    const counted = usage === null ? null : countedByLimits(item, usage)
    if (counted !== null) this.#estimate.learn(item, counted)
    else if (isGood) return
    const actual = counted ?? { input: estimate.input, output: 0 }
    const input = this.#charged(estimate.input, actual.input)
    const output = this.#charged(estimate.output, actual.output)
    permit.settle({ tokens: input + output, inputTokens: input, outputTokens: output })
  }

  #charged(reserved: number, used: number): number {
    return used >= reserved ? used : reserved - (reserved - used) * this.#givenBack.share
  }

  /** Takes limits from the headers of an answer, and what others have used of them. */
  learn(headers: Pick<HttpHeaders, "get">): void {
    for (const { budget, limit, remaining } of readLimitHeaders(headers)) {
      const known = this.#learnt.get(budget)
      if (known !== undefined && known !== limit) {
        this.#learnt.set(budget, limit)
        if (budget !== "requests" || this.#slowed === null)
          this.#limiter.update(budget, { budget: perMinute(limit), burst: this.#burstOf(limit) })
      }
      if (remaining !== null) this.#limiter.update(budget, { available: remaining })
    }
  }

  /** Notes a good answer. */
  succeeded(): void {
    if (++this.#good >= this.#slots.limit) this.#rounds = 0
    const { share, since } = this.#givenBack
    if (share < 1 && clock.now() - since >= givingBack.step)
      this.#givenBack = { share: Math.min(1, share + givingBack.growth), since: clock.now() }
    const slowed = this.#slowed
    if (slowed === null || clock.now() - slowed.since < slowing.step) return
    slowed.since = clock.now()
    slowed.now *= slowing.growth
    if (slowed.now < slowed.before * 2) this.#setRequests(slowed.now)
    else {
      this.#slowed = null
      this.#limiter.update("requests", { budget: this.#usual() })
    }
  }

  /**
   * Holds everybody for so long, and lets them in one by one afterwards; slower each time that was too fast.
   *
   * @returns Whether this is a pause of its own, and not the echo of one.
   */
  pause(delay: number, cause: string): boolean {
    this.#pauseCause = cause
    const isNew = this.#limiter.statistics().pausedUntil === null
    if (isNew) {
      this.#rounds = this.#good >= this.#slots.limit ? 1 : this.#rounds + 1
      this.#good = 0
      this.#givenBack = { share: this.#givenBack.share * givingBack.share, since: clock.now() }
    }
    const spread = Math.max(spreads.least, delay) * 2 ** Math.min(10, Math.max(0, this.#rounds - 1))
    this.#limiter.pause(delay * (1 + 0.05 * clock.random()), { spread: Math.min(spreads.most, spread) })
    return isNew
  }

  /** Where its requests stand, and what they have used of its limits. */
  flow(model: string): ModelFlow {
    const { waiting, heldBy, windows } = this.#limiter.statistics()
    const limits = Object.entries(windows).map(([budget, { limit, used }]) => ({
      model,
      budget: budget as BudgetName,
      limit,
      used,
    }))
    return { model, waiting, heldBy, pauseCause: this.#pauseCause, limits }
  }

  /** Halves the rate, whatever the limits say; it grows back slowly. */
  slowDown(): void {
    const now = clock.now()
    if (this.#slowed !== null && now - this.#slowed.since < slowing.step) return
    const seconds = (now - this.#starts.since) / 1000 + (this.#starts.before > 0 ? 10 : 0)
    const measured = ((this.#starts.now + this.#starts.before) / Math.max(1, seconds)) * 60
    const before = this.#slowed?.now ?? measured
    this.#slowed = { before, now: Math.max(1, before * slowing.share), since: now }
    this.#setRequests(this.#slowed.now)
  }

  /** Requests a minute that hold without "slow down": those given or learnt. */
  #usual(): Budget | null {
    const learnt = this.#learnt.get("requests")
    if (learnt === undefined) return this.#given
    return learnt === null ? null : perMinute(learnt)
  }

  #setRequests(rate: number): void {
    const usual = this.#usual()
    const limit = usual === null ? rate : Math.min(rate, usual.limit)
    this.#limiter.update("requests", { budget: perMinute(limit), burst: 1 })
  }

  #burstOf(limit: number): number {
    return Math.max(1, (limit * this.#burst) / minute)
  }
}

/** Anthropic's limits leave out what a cache had. */
function countedByLimits({ path }: RequestItem, { input, cachedInput, output }: LlmUsage): TokenAmounts {
  return { input: /\/messages\/?(?:[?#]|$)/.test(path) ? input - cachedInput : input, output }
}

function perMinute(limit: number): Budget {
  return { limit, per: minute, strict: true }
}
