// So many starts per time, and so many at once.
//
// Each budget is a token bucket: it holds `burst` at most, is refilled continuously at
// `limit / per`, and starts full. A start takes its cost of every budget and a slot in one go, or
// waits; only the head of the line is looked at, so a large cost is not overtaken by small ones.
//
//   cost is   | meaning                                   | leaves by
//   reserved  | taken from the buckets before the start   | settle -> corrected, refund -> given back
//   settled   | the true cost is charged                  | -
//
// A cost above the burst is admitted when the bucket is full and leaves it in debt, so the rate
// holds in the long run. A waiter that is cancelled has taken nothing; one that was served and is
// cancelled before it ran gives cost and slot back.
import type { LineWait, TimerEntry, WaitOptions } from "../core/lowlevel.ts"
import { WaitList, checkSignal, clock, startTimer, stopTimer } from "../core/lowlevel.ts"

/** So much per so long. */
export interface Budget {
  /** How much may be used in `per` milliseconds. */
  readonly limit: number
  /** Milliseconds. */
  readonly per: number
}

/** Settings of a {@link RateLimiter}. */
export interface RateLimiterOptions {
  /** The budgets by name, such as `{ requests: { limit: 60, per: 60_000 } }`. */
  readonly budgets: Readonly<Record<string, Budget>>
  /** Most that can be used at once after a rest; for all budgets or by name. @default one second's worth, at least 1 */
  readonly burst?: number | Readonly<Record<string, number>> | undefined
  /** Most that run at once. @default no bound */
  readonly concurrency?: number | undefined
}

/** What a start costs, by budget; what is not named costs 1. */
export type Cost = Readonly<Record<string, number>>

/** State of a limiter at one moment. */
export interface RateLimiterStatistics {
  /** Tasks waiting in line. */
  readonly waiting: number
  /** Permits that were given and not released. */
  readonly running: number
  /** What each budget holds; below zero is debt. */
  readonly available: Readonly<Record<string, number>>
  /** Time of the clock until which nobody is admitted, or null. */
  readonly pausedUntil: number | null
}

/** The right to start, with what was reserved for it. */
export class RatePermit implements Disposable {
  readonly #limiter: RateLimiter
  /** What the buckets were charged; null once it was settled or refunded. */
  #reserved: readonly number[] | null
  #isHeld = true

  constructor(limiter: RateLimiter, reserved: readonly number[]) {
    this.#limiter = limiter
    this.#reserved = reserved
  }

  /** Charges the true cost instead of the reserved one; once, later calls do nothing. */
  settle(actual: Cost): void {
    if (this.#reserved === null) return
    this.#limiter.correct(this.#reserved, actual)
    this.#reserved = null
  }

  /** Gives the reserved cost back, for a start that never happened; once. */
  refund(): void {
    if (this.#reserved === null) return
    this.#limiter.correct(this.#reserved, null)
    this.#reserved = null
  }

  /** Frees the slot; the cost stays charged. Later calls do nothing. */
  release(): void {
    if (!this.#isHeld) return
    this.#isHeld = false
    this.#limiter.freeSlot()
  }

  [Symbol.dispose](): void {
    this.release()
  }
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
 * @param options.budgets - The budgets by name, each `{ limit, per }` with `per` in milliseconds.
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
  readonly #buckets: readonly Bucket[]
  readonly #concurrency: number
  #running = 0
  #pausedUntil = -Infinity
  readonly #line = new WaitList<RatePermit, readonly number[]>(
    "rate limiter",
    (permit) => {
      permit.refund()
      permit.release()
      return true
    },
    () => this.#admit(),
  )
  readonly #alarm: Alarm = new Alarm(() => this.#admit())

  constructor(options: RateLimiterOptions) {
    this.#names = Object.keys(options.budgets)
    this.#concurrency = options.concurrency ?? Infinity
    checkPositive("concurrency", this.#concurrency)
    const now = clock.now()
    this.#buckets = this.#names.map((name) => {
      const budget = options.budgets[name] as Budget
      checkPositive(`budgets.${name}.limit`, budget.limit)
      checkPositive(`budgets.${name}.per`, budget.per)
      const given = typeof options.burst === "number" ? options.burst : options.burst?.[name]
      const burst = given ?? Math.max(1, (budget.limit * 1000) / budget.per)
      checkPositive("burst", burst)
      return new Bucket(budget, burst, now)
    })
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
   * @throws {RangeError} If a cost is above its budget's limit and could never be admitted.
   */
  acquire(cost?: Cost, options?: WaitOptions): Promise<RatePermit> {
    const costs = this.#costs(cost)
    if (this.#line.first === null && this.#delay(costs) === 0) {
      if (options !== undefined) checkSignal(options)
      return Promise.resolve(this.#take(costs))
    }
    const permit = this.#line.wait(costs, options)
    this.#admit()
    return permit
  }

  /**
   * Runs `fn` when there is room.
   *
   * **Cancellation.** As `acquire()`; the slot is freed on every way out, the cost stays charged.
   */
  async run<T>(fn: () => T | PromiseLike<T>, cost?: Cost, options?: WaitOptions): Promise<T> {
    const permit = await this.acquire(cost, options)
    try {
      return await fn()
    } finally {
      permit.release()
    }
  }

  /** Admits nobody for `ms` milliseconds from now; a later end wins over an earlier one. */
  pause(ms: number): void {
    if (Number.isNaN(ms)) throw new RangeError("Expected `ms` to be milliseconds, got `NaN` (number)")
    this.#pausedUntil = Math.max(this.#pausedUntil, clock.now() + ms)
    this.#admit()
  }

  statistics(): RateLimiterStatistics {
    const now = clock.now()
    return {
      waiting: this.#line.size,
      running: this.#running,
      available: Object.fromEntries(this.#names.map((name, i) => [name, (this.#buckets[i] as Bucket).level(now)])),
      pausedUntil: this.#pausedUntil > now ? this.#pausedUntil : null,
    }
  }

  toString(): string {
    const { waiting, running } = this.statistics()
    return `<RateLimiter budgets=${this.#names.join(",")} running=${running} waiting=${waiting}>`
  }

  /** Used by permits: `actual` null gives everything back. */
  correct(reserved: readonly number[], actual: Cost | null): void {
    const now = clock.now()
    this.#names.forEach((name, i) => {
      const charged = reserved[i] as number
      const used = actual === null ? 0 : (actual[name] ?? charged)
      this.#buckets[i]?.add(charged - used, now)
    })
    this.#admit()
  }

  /** Used by permits. */
  freeSlot(): void {
    this.#running -= 1
    this.#admit()
  }

  #costs(cost: Cost | undefined): readonly number[] {
    const unknown = cost === undefined ? undefined : Object.keys(cost).find((name) => !this.#names.includes(name))
    if (unknown !== undefined) throw new RangeError(`Expected a cost of ${this.#names.join(", ")}, got \`${unknown}\``)
    return this.#names.map((name, i) => {
      const amount = cost?.[name] ?? 1
      const { limit } = (this.#buckets[i] as Bucket).budget
      if (amount >= 0 && amount <= limit) return amount
      throw new RangeError(`Expected a cost from 0 to ${limit} of \`${name}\`, got \`${amount}\`: it can never be admitted`)
    })
  }

  /** Milliseconds until a start of that cost has room by the clock; Infinity if only a release can make room. */
  #delay(costs: readonly number[]): number {
    if (this.#running >= this.#concurrency) return Infinity
    const now = clock.now()
    let delay = Math.max(0, this.#pausedUntil - now)
    for (let i = 0; i < costs.length; i += 1) {
      delay = Math.max(delay, (this.#buckets[i] as Bucket).delay(costs[i] as number, now))
    }
    return delay
  }

  #take(costs: readonly number[]): RatePermit {
    const now = clock.now()
    this.#running += 1
    for (let i = 0; i < costs.length; i += 1) this.#buckets[i]?.add(-(costs[i] as number), now)
    return new RatePermit(this, costs)
  }

  #admit(): void {
    for (let head: LineWait<RatePermit, readonly number[]> | null = this.#line.first; head !== null; head = this.#line.first) {
      const delay = this.#delay(head.detail)
      if (delay > 0) {
        this.#alarm.set(delay)
        return
      }
      this.#line.serve(this.#take(head.detail))
    }
    this.#alarm.set(Infinity)
  }
}

class Bucket {
  readonly budget: Budget
  readonly #burst: number
  /** Per millisecond. */
  readonly #rate: number
  #level: number
  /** When `#level` was true. */
  #time: number

  constructor(budget: Budget, burst: number, now: number) {
    this.budget = budget
    this.#burst = burst
    this.#rate = budget.limit / budget.per
    this.#level = burst
    this.#time = now
  }

  level(now: number): number {
    return Math.min(this.#burst, this.#level + (now - this.#time) * this.#rate)
  }

  add(amount: number, now: number): void {
    this.#level = Math.min(this.#burst, this.level(now) + amount)
    this.#time = now
  }

  // The clock's fractions of a millisecond do not add up exactly: a billionth is as good as nothing.
  delay(cost: number, now: number): number {
    const lacking = Math.min(cost, this.#burst) - this.level(now)
    return lacking <= 1e-9 ? 0 : lacking / this.#rate
  }
}

/** One timer that can be moved. */
class Alarm implements TimerEntry {
  heapIndex = -1
  timerOrder = 0
  dueAt = Infinity
  readonly #ring: () => void

  constructor(ring: () => void) {
    this.#ring = ring
  }

  set(delay: number): void {
    stopTimer(this)
    if (delay === Infinity) return
    this.dueAt = clock.now() + delay
    startTimer(this)
  }

  fire(): void {
    this.#ring()
  }
}

function checkPositive(name: string, value: number): void {
  if (typeof value === "number" && value > 0) return
  throw new RangeError(`Expected \`${name}\` to be a number above 0, got \`${String(value)}\` (${typeof value})`)
}
