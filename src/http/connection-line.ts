// The line in front of connections: a cap in all, and one for each origin.
//
// Two semaphores in a row. The place at the origin comes first, so that whoever waits for a busy
// origin takes no place away from the others. What must stay true: an origin that nobody uses or
// waits for is not remembered, for a crawler meets millions.
import type { WaitOptions } from "../core/index.ts"
import { clock } from "../core/lowlevel.ts"
import { Permit, Semaphore } from "../sync/index.ts"

export class ConnectionLine {
  readonly #all: Semaphore
  /** Places at each origin; Infinity if there are as many as in all. */
  readonly #perOrigin: number
  /** Origins at which somebody is or waits; empty without a cap for them. */
  readonly #origins = new Map<string, Semaphore>()

  constructor(connections: number, perOrigin: number) {
    this.#all = new Semaphore(connections)
    this.#perOrigin = perOrigin < connections ? perOrigin : Infinity
  }

  /** How many wait. */
  get waiting(): number {
    let waiting = this.#all.statistics().waiting
    for (const line of this.#origins.values()) waiting += line.statistics().waiting
    return waiting
  }

  /** Whether a newcomer may have to wait. */
  locked(): boolean {
    return this.#perOrigin !== Infinity || this.#all.locked()
  }

  /** Takes a place, in order of arrival among those for the same origin. */
  acquire(origin: string, options?: WaitOptions): Promise<Permit> {
    return this.#perOrigin === Infinity ? this.#all.acquire(options) : this.#acquireBoth(origin, options)
  }

  async #acquireBoth(origin: string, options: WaitOptions = {}): Promise<Permit> {
    const end = clock.now() + (options.timeout ?? Infinity)
    const line = this.#origins.get(origin) ?? new Semaphore(this.#perOrigin)
    this.#origins.set(origin, line)
    let place: Permit | null = null
    const giveBack = (): void => {
      place?.release()
      const { free, waiting } = line.statistics()
      if (free === this.#perOrigin && waiting === 0) this.#origins.delete(origin)
    }
    try {
      place = await line.acquire(options)
      const timeout = end === Infinity ? undefined : Math.max(0, end - clock.now())
      const one = await this.#all.acquire({ ...options, timeout })
      return new Permit(() => {
        one.release()
        giveBack()
      })
    } catch (error) {
      giveBack()
      throw error
    }
  }
}
