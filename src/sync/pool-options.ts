// What a pool needs to know about the things it holds.
//
// Settings are checked and completed here, once, so that the pool itself can rely on them: functions
// are functions, and 0 <= min <= max, 1 <= max, 0 <= idle.
import { misuse } from "../base/misuse.ts"
import { expectFunction } from "../core/lowlevel.ts"

/** Settings of a {@link Pool}. */
export interface PoolOptions<T> {
  /** Makes a thing. Runs as a task of its own, which is cancelled only when the pool is closed. */
  readonly create: () => T | PromiseLike<T>
  /** Takes a thing apart. Runs as a task of its own. */
  readonly destroy: (value: T) => void | PromiseLike<void>
  /**
   * Tells whether a thing that was lent before can be lent again; one for which it gives false, or
   * throws, is destroyed and another one made.
   * @default all can
   */
  readonly check?: ((value: T) => boolean | PromiseLike<boolean>) | undefined
  /** How many are kept, however long nobody uses them. They are made when they are needed. @default 0 */
  readonly min?: number | undefined
  /** Most that exist at a time, those included that are being made or taken apart. */
  readonly max: number
  /** Milliseconds after which a thing that nobody uses is destroyed. @default never */
  readonly idle?: number | undefined
}

/** Settings with every default filled in. */
export interface PoolSettings<T> {
  readonly create: () => T | PromiseLike<T>
  readonly destroy: (value: T) => void | PromiseLike<void>
  readonly check: ((value: T) => boolean | PromiseLike<boolean>) | null
  readonly min: number
  readonly max: number
  readonly idle: number
}

/** Refuses settings that cannot be, and fills in the defaults. */
export function poolSettings<T>(options: PoolOptions<T>): PoolSettings<T> {
  const { create, destroy, check = null, min = 0, max, idle = Infinity } = options
  expectFunction(create)
  expectFunction(destroy)
  if (check !== null) expectFunction(check)
  if (!isCount(max) || max < 1) throw misuse("max", "an integer from 1 up or Infinity", max)
  if (!isCount(min) || min > max) throw misuse("min", "an integer from 0 up to `max`", min)
  if (typeof idle !== "number" || !(idle >= 0)) throw misuse("idle", "milliseconds from 0 up", idle)
  return { create, destroy, check, min, max, idle }
}

function isCount(value: number): boolean {
  return value === Infinity || (Number.isInteger(value) && value >= 0)
}
