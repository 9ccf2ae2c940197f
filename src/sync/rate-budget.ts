// One budget of a limiter: its pace, its limit in every stretch, or no bound at all.
//
// The bucket spreads the starts, the window holds the limit where it must hold strictly. With a window, what
// is given back may be used at once, however much it is: the window says whether it fits. A budget without
// bound is there to get one later.
import type { Budget } from "./token-bucket.ts"
import { SlidingWindow } from "./sliding-window.ts"
import { TokenBucket } from "./token-bucket.ts"

/** What is left of a budget; knows no tasks and no timers. */
export class RateBudget {
  /** Null while there is no bound. */
  readonly #bucket: TokenBucket | null
  /** Null unless the budget is strict. */
  readonly #window: SlidingWindow | null
  /** The highest cost that is ever admitted. */
  readonly most: number
  /** What was taken before is no business of this budget. */
  readonly #begun: number
  readonly #bound: Budget | null

  /** @param burst - Level of the start. @default one second's worth, at least 1 */
  constructor(budget: Budget | null, burst: number | undefined, now: number) {
    this.#begun = now
    this.#bound = budget
    if (budget === null) {
      this.most = Infinity
      this.#bucket = null
      this.#window = null
      return
    }
    const { limit, per, strict = false } = budget
    const size = burst ?? Math.max(1, (limit * 1000) / per)
    const level = strict ? Math.min(size, limit) : size
    this.most = Math.max(level, limit)
    this.#window = strict ? new SlidingWindow(limit, per, now) : null
    this.#bucket = new TokenBucket(budget, level, now, strict ? limit : level)
  }

  level(now: number): number {
    if (this.#bucket === null) return Infinity
    const level = this.#bucket.level(now)
    return this.#window === null ? level : Math.min(level, this.most - this.#window.used(now))
  }

  /** The bound, and what was taken within the last stretch of it; null unless the budget is strict. */
  window(now: number): (Budget & { readonly used: number }) | null {
    if (this.#bound === null || this.#window === null) return null
    return { ...this.#bound, used: this.#window.used(now) }
  }

  take(cost: number, now: number): void {
    this.#bucket?.add(-cost, now)
    this.#window?.add(cost, now)
  }

  /** Gives back what was taken at `time`, or takes more if `amount` is negative. */
  giveBack(amount: number, time: number, now: number): void {
    if (time < this.#begun) return
    this.#bucket?.add(amount, now)
    this.#window?.correct(-amount, time, now)
  }

  /** Brings the pace down to a level, never up. */
  lower(level: number, now: number): void {
    const bucket = this.#bucket
    if (bucket !== null) bucket.add(Math.min(0, level - bucket.level(now)), now)
  }

  /** Milliseconds until `cost` fits. */
  delay(cost: number, now: number): number {
    if (this.#bucket === null) return 0
    const pace = this.#bucket.delay(cost, now)
    return this.#window === null ? pace : Math.max(pace, this.#window.delay(cost, now))
  }
}
