// Places to run in, that several limiters may share and that may grow and shrink.
//
// One count for all of them: each limiter takes a place when it admits, and all are told when there is room,
// in turn, so that none of them always comes first. Shrinking takes nobody's place away: until enough have
// left, nobody is admitted.
import { misuse } from "../base/misuse.ts"

/**
 * Places for those who run, shared by several limiters.
 *
 * The chairs of a waiting room with several doors: given to each {@link RateLimiter} as `concurrency`, so that
 * they have rates of their own and one bound together.
 *
 * @example Two rates, one bound
 * ```ts
 * const slots = new RateSlots(1)
 * const perMinute = (limit: number) => ({ requests: { limit, per: 60_000 } })
 * const small = new RateLimiter({ budgets: perMinute(10), concurrency: slots })
 * const large = new RateLimiter({ budgets: perMinute(1000), concurrency: slots })
 * using permit = await small.acquire()
 * slots.statistics() // => { limit: 1, running: 1 }
 * large.statistics().running // => 0
 * ```
 */
export class RateSlots {
  #limit: number
  /** Places that are taken; above the limit after it was lowered. */
  #running = 0
  /** Called when there is room; the first of this round last in the next. */
  #onRoom: (() => void)[] = []

  /** @param limit - Number of places; an integer from 1 up, or Infinity. */
  constructor(limit: number) {
    this.#limit = checkLimit(limit)
  }

  /** Number of places; may be set at any time. */
  get limit(): number {
    return this.#limit
  }

  set limit(limit: number) {
    this.#limit = checkLimit(limit)
    this.#tellRoom()
  }

  get hasRoom(): boolean {
    return this.#running < this.#limit
  }

  /** Takes a place, whether there is room or not. */
  take(): void {
    this.#running += 1
  }

  /** Gives a place back. */
  free(): void {
    this.#running -= 1
    this.#tellRoom()
  }

  /** Has `tell` called whenever there may be room. */
  watch(tell: () => void): void {
    this.#onRoom.push(tell)
  }

  statistics(): { readonly limit: number; readonly running: number } {
    return { limit: this.#limit, running: this.#running }
  }

  #tellRoom(): void {
    for (const tell of this.#onRoom) {
      if (!this.hasRoom) break
      tell()
    }
    if (this.#onRoom.length > 1) this.#onRoom.push(this.#onRoom.shift() as () => void)
  }
}

function checkLimit(limit: number): number {
  if (limit === Infinity || (Number.isInteger(limit) && limit >= 1)) return limit
  throw misuse("concurrency", "an integer from 1 up", limit)
}
