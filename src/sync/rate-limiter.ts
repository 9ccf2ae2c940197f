// So many starts per time, and so many at once.
//
// A start takes its cost of every budget and a slot in one go, or waits; only the head of the line
// is looked at, so a large cost is not overtaken by small ones. One alarm stands at the time when
// the head has room by the clock. A cost above the burst is admitted when the bucket is full and
// leaves it in debt, so the rate holds in the long run. A waiter that is cancelled has taken
// nothing; one that was served and is cancelled before it ran gives cost and slot back.
import { misuse } from "../base/misuse.ts"
import type { WaitOptions } from "../core/lowlevel.ts"
import { WaitList, clock, expectFunction, refusal } from "../core/lowlevel.ts"
import { Alarm } from "./alarm.ts"
import { RateBudget } from "./rate-budget.ts"
import type { Cost, RateDesk } from "./rate-permit.ts"
import { RatePermit } from "./rate-permit.ts"
import { RateSlots } from "./rate-slots.ts"
import type { Budget } from "./token-bucket.ts"

/** Settings of a {@link RateLimiter}. */
export interface RateLimiterOptions {
  /** The budgets by name, such as `{ requests: { limit: 60, per: 60_000 } }`; null for one without bound yet. */
  readonly budgets: Readonly<Record<string, Budget | null>>
  /** Most that can be used at once after a rest; for all budgets or by name. @default one second's worth, at least 1 */
  readonly burst?: number | Readonly<Record<string, number>> | undefined
  /** Most that run at once; an integer, or places that are shared with other limiters. @default no bound */
  readonly concurrency?: number | RateSlots | undefined
}

/** What {@link RateLimiter.update} changes of a budget. */
export interface BudgetUpdate {
  /** The new bound, or null for none. @default unchanged */
  readonly budget?: Budget | null | undefined
  /** Most that can be used at once after a rest, under the new bound. @default one second's worth, at least 1 */
  readonly burst?: number | undefined
  /** Brings what is left down to this, never up. @default unchanged */
  readonly available?: number | undefined
}

/** What keeps the first in line waiting; times are of the clock, when it is let go on unless something changes. */
export type RateHold =
  | { readonly kind: "concurrency" }
  | { readonly kind: "pause"; readonly until: number }
  | { readonly kind: "budget"; readonly budget: string; readonly until: number }

/** State of a limiter at one moment. */
export interface RateLimiterStatistics {
  /** Tasks waiting in line. */
  readonly waiting: number
  /** Permits that were given and not released. */
  readonly running: number
  /** What each budget holds; below zero is debt, Infinity is no bound. */
  readonly available: Readonly<Record<string, number>>
  /** What was taken of each strict budget within the last `per`; of others nobody keeps count. */
  readonly windows: Readonly<Record<string, Budget & { readonly used: number }>>
  /** Time of the clock until which nobody is admitted, or null. */
  readonly pausedUntil: number | null
  /** What the first in line waits for; null if nobody waits. After a pause those who come one by one wait for it still. */
  readonly heldBy: RateHold | null
}

/**
 * Admits at most so many starts per time, and so many at once.
 *
 * A turnstile with a clock: it lets people in at a steady pace, a few at once after a quiet while.
 * For a bound on how many run, without a rate, use {@link Semaphore}.
 *
 * **Cancellation.** Safe: a cancelled waiter leaves the line and has used nothing.
 * **Fairness.** First come, first served; a costly start is not overtaken.
 *
 * @param options.budgets - The budgets by name, each `{ limit, per }` with `per` in milliseconds. With `strict`
 * no stretch of `per` has more than the limit; else the burst may come on top.
 * @param options.burst - Most that can be used at once after a rest. @default one second's worth, at least 1
 * @param options.concurrency - Most that run at once. @default no bound
 * @throws {RangeError} If a number is not positive.
 *
 * @example Ten a second
 * ```ts
 * const limiter = new RateLimiter({ budgets: { requests: { limit: 10, per: 1000 } }, burst: 1 })
 * const start = performance.now()
 * await gather([1, 2, 3].map((id) => () => limiter.run(async () => id))) // => [1, 2, 3]
 * ```
 */
export class RateLimiter {
  readonly #names: readonly string[]
  /** In the order of the names. */
  readonly #budgets: RateBudget[]
  /** The cost of a start that names none. */
  readonly #ones: readonly number[]
  /** Its own, or shared with other limiters. */
  readonly #slots: RateSlots
  /** Permits of this limiter that were given and not released. */
  #running = 0
  #pausedUntil = -Infinity
  /** Until this time, after a pause, starts keep `#gap` apart. */
  #spreadUntil = -Infinity
  /** Over how long those who wait are let in after the pause. */
  #spread = 0
  #gap = 0
  #lastStart = -Infinity
  /** Nobody was admitted since the last pause began. */
  #isResuming = false
  readonly #line: WaitList<RatePermit, readonly number[]> = new WaitList<RatePermit, readonly number[]>(
    "rate limiter",
    (permit) => {
      permit.refund()
      permit.release()
      return true
    },
    { onLeave: () => this.#admit() },
  )
  /** Set for the head of the line, or off. */
  readonly #alarm: Alarm = new Alarm(() => this.#admit())
  readonly #desk: RateDesk = {
    correct: (reserved, actual, time) => this.#correct(reserved, actual, time),
    freeSlot: () => {
      this.#running -= 1
      this.#slots.free()
    },
  }

  constructor(options: RateLimiterOptions) {
    const { budgets, burst, concurrency = Infinity } = options
    this.#names = Object.keys(budgets)
    if (typeof burst === "object") this.#expectBudgets("burst", burst)
    this.#slots = concurrency instanceof RateSlots ? concurrency : new RateSlots(concurrency)
    this.#slots.watch(() => this.#admit())
    const now = clock.now()
    this.#budgets = this.#names.map((name) => {
      const given = typeof burst === "object" ? burst[name] : burst
      if (given !== undefined) checkPositive(typeof burst === "object" ? `burst.${name}` : "burst", given)
      return new RateBudget(checkBudget(name, budgets[name] as Budget | null), given, now)
    })
    this.#ones = this.#names.map(() => 1)
  }

  /**
   * Waits until there is room, and reserves `cost` of every budget and a slot.
   *
   * **Cancellation.** Safe: nothing stays reserved.
   *
   * @param cost - What the start costs, by budget. @default 1 of each
   * @param options.signal - Ends the wait with `signal.reason` when it aborts. @default none
   * @param options.timeout - Milliseconds after which the wait throws a TimeoutError. @default no limit
   * @returns A permit: `settle` or `refund` correct the cost, `release` or `using` frees the slot.
   * @throws {RangeError} If a cost is no number from 0 up, or above both limit and burst of its
   * budget: it could never be admitted.
   * @throws {TimeoutError} If the limit of the wait ran out first.
   */
  acquire(cost?: Cost, options?: WaitOptions): Promise<RatePermit> {
    const refused = refusal(options)
    if (refused !== null) return refused
    let costs: readonly number[]
    try {
      costs = this.#costOf(cost)
    } catch (error) {
      return Promise.reject(error)
    }
    const isFirst = this.#line.first === null
    if (isFirst && this.#roomAt(costs) <= clock.now()) {
      const permit = this.#take(costs)
      const mustQueue = this.#line.isServing || this.#line.isTurnDue()
      return mustQueue ? this.#line.pass(permit, costs) : Promise.resolve(permit)
    }
    const permit = this.#line.wait(costs, options)
    if (isFirst) this.#admit()
    return permit
  }

  /**
   * Runs `fn` when there is room.
   *
   * **Cancellation.** As `acquire()`; the slot is freed on every way out, the cost stays charged.
   */
  async run<T>(fn: () => T | PromiseLike<T>, cost?: Cost, options?: WaitOptions): Promise<T> {
    expectFunction(fn)
    const permit = await this.acquire(cost, options)
    try {
      return await fn()
    } finally {
      permit.release()
    }
  }

  /**
   * Admits nobody for `ms` milliseconds from now; a later end wins over an earlier one.
   *
   * Those who wait keep their places. Afterwards one goes at once and the others at the rate, without a burst.
   *
   * @param options.spread - Milliseconds after the pause over which those who wait then are let in, evenly; for
   * limiters whose rate is not known. @default 0
   * @throws {RangeError} If a number is NaN.
   * @throws {TypeError} If one is no number.
   */
  pause(ms: number, options: { readonly spread?: number | undefined } = {}): void {
    const { spread = 0 } = options
    for (const [name, value] of Object.entries({ ms, spread })) {
      if (typeof value !== "number" || Number.isNaN(value)) throw misuse(name, "milliseconds", value)
    }
    const until = clock.now() + ms
    if (ms > 0 && until >= this.#pausedUntil) {
      this.#pausedUntil = until
      this.#spread = spread
      this.#isResuming = true
    }
    this.#admit()
  }

  /**
   * Gives a budget another bound, or takes notice of what was used elsewhere.
   *
   * Those who wait keep their places and what runs keeps its permits. A new bound begins with what was left of
   * the old one, at most with its own burst.
   *
   * @throws {RangeError} If there is no such budget, or a number makes no sense.
   */
  update(name: string, { budget, burst, available }: BudgetUpdate): void {
    const index = this.#names.indexOf(name)
    if (index < 0) throw new RangeError(`Expected a budget among ${this.#names.join(", ")}, got \`${name}\``)
    if (burst !== undefined) checkPositive("burst", burst)
    const now = clock.now()
    if (budget !== undefined) {
      const left = (this.#budgets[index] as RateBudget).level(now)
      const changed = new RateBudget(checkBudget(name, budget), burst, now)
      changed.lower(left, now)
      this.#budgets[index] = changed
    }
    if (available !== undefined) this.#budgets[index]?.lower(available, now)
    this.#admit()
  }

  statistics(): RateLimiterStatistics {
    const now = clock.now()
    return {
      waiting: this.#line.size,
      running: this.#running,
      available: Object.fromEntries(
        this.#names.map((name, i) => [name, (this.#budgets[i] as RateBudget).level(now)]),
      ),
      windows: Object.fromEntries(
        this.#names.flatMap((name, i) => {
          const window = (this.#budgets[i] as RateBudget).window(now)
          return window === null ? [] : [[name, window]]
        }),
      ),
      pausedUntil: this.#pausedUntil > now ? this.#pausedUntil : null,
      heldBy: this.#holdOf(this.#line.first?.detail ?? null, now),
    }
  }

  #holdOf(costs: readonly number[] | null, now: number): RateHold | null {
    if (costs === null) return null
    if (!this.#slots.hasRoom) return { kind: "concurrency" }
    let end = Math.max(now, this.#pauseEnd(now))
    let hold: RateHold | null = end > now ? { kind: "pause", until: end } : null
    for (const [i, cost] of costs.entries()) {
      const until = now + (this.#budgets[i] as RateBudget).delay(cost, now)
      if (until <= end) continue
      end = until
      hold = { kind: "budget", budget: this.#names[i] as string, until }
    }
    return hold
  }

  toString(): string {
    const { waiting, running } = this.statistics()
    return `<RateLimiter budgets=${this.#names.join(",")} running=${running} waiting=${waiting}>`
  }

  #correct(reserved: readonly number[], actual: Cost | null, time: number): void {
    const used = actual === null ? reserved.map(() => 0) : this.#amounts(actual, reserved)
    const now = clock.now()
    for (let i = 0; i < used.length; i += 1) {
      this.#budgets[i]?.giveBack((reserved[i] as number) - (used[i] as number), time, now)
    }
    this.#admit()
  }

  #costOf(cost: Cost | undefined): readonly number[] {
    const costs = cost === undefined ? this.#ones : this.#amounts(cost, this.#ones)
    for (const [i, amount] of costs.entries()) {
      const { most } = this.#budgets[i] as RateBudget
      if (amount <= most) continue
      const name = this.#names[i] as string
      throw new RangeError(
        `Expected a cost up to ${most} of \`${name}\`, got \`${amount}\`: it can never be admitted`,
      )
    }
    return costs
  }

  /** Amounts by bucket; what is not named is taken from `defaults`. */
  #amounts(cost: Cost, defaults: readonly number[]): readonly number[] {
    this.#expectBudgets("cost", cost)
    return this.#names.map((name, i) => {
      const amount = cost[name] ?? defaults[i]
      if (typeof amount === "number" && amount >= 0 && amount < Infinity) return amount
      throw misuse(name, "a cost from 0 up", amount)
    })
  }

  #expectBudgets(what: string, byName: object): void {
    if (typeof byName !== "object" || byName === null)
      throw misuse(what, "an object of numbers by budget", byName, "object")
    for (const name of Object.keys(byName)) {
      if (!this.#names.includes(name))
        throw new RangeError(`Expected a ${what} of ${this.#names.join(", ")}, got \`${name}\``)
    }
  }

  /** Time of the clock at which a start of that cost has room; Infinity if only a release can make room. */
  #roomAt(costs: readonly number[]): number {
    if (!this.#slots.hasRoom) return Infinity
    const now = clock.now()
    let time = this.#pauseEnd(now)
    for (let i = 0; i < costs.length; i += 1) {
      const delay = (this.#budgets[i] as RateBudget).delay(costs[i] as number, now)
      if (delay > 0) time = Math.max(time, now + delay)
    }
    return time
  }

  /** Until when the last pause keeps the next one from starting, the gaps after it included. */
  #pauseEnd(now: number): number {
    return Math.max(this.#pausedUntil, now < this.#spreadUntil ? this.#lastStart + this.#gap : -Infinity)
  }

  #take(costs: readonly number[]): RatePermit {
    const now = clock.now()
    if (this.#isResuming) this.#resume(costs, now)
    this.#lastStart = now
    this.#running += 1
    this.#slots.take()
    for (let i = 0; i < costs.length; i += 1) this.#budgets[i]?.take(costs[i] as number, now)
    return new RatePermit(this.#desk, costs, now)
  }

  /** The first start after a pause: what was saved up meanwhile is lost, or all who wait would go at once. */
  #resume(costs: readonly number[], now: number): void {
    this.#isResuming = false
    for (let i = 0; i < costs.length; i += 1) this.#budgets[i]?.lower(costs[i] as number, now)
    this.#spreadUntil = now + this.#spread
    this.#gap = this.#spread / Math.max(1, Math.min(this.#line.size, this.#slots.limit))
  }

  #admit(): void {
    for (let head = this.#line.first; head !== null; head = this.#line.first) {
      const time = this.#roomAt(head.detail)
      if (time > clock.now()) {
        this.#alarm.set(time)
        return
      }
      this.#line.serve(this.#take(head.detail))
    }
    this.#alarm.set(Infinity)
  }
}

function checkBudget(name: string, budget: Budget | null): Budget | null {
  if (budget === null) return null
  checkPositive(`budgets.${name}.limit`, budget.limit)
  checkPositive(`budgets.${name}.per`, budget.per)
  return budget
}

function checkPositive(name: string, value: number): void {
  if (typeof value !== "number" || !(value > 0) || value === Infinity)
    throw misuse(name, "a number above 0", value)
}
