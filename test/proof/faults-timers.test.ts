// Times that no timer takes, numbers that are none, and clocks that jump, dawdle or ring too early.
import { afterAll, describe, expect, it } from "vitest"
import type { WaitOptions } from "../../src/index.ts"
import {
  CapacityLimiter,
  CancelledError,
  Event,
  Future,
  Lock,
  Pool,
  Queue,
  RateLimiter,
  Semaphore,
  TimeoutError,
  asCompleted,
  backoff,
  cancelScope,
  createTask,
  every,
  gather,
  getRunningLoop,
  moveOnAfter,
  retry,
  run,
  sleep,
  sleepUntil,
  staggeredRace,
  timeout,
  timeoutAt,
  wait,
  waitFor,
} from "../../src/index.ts"
import type { ClockTimer } from "../../src/core/lowlevel.ts"
import { VirtualClock, findLeaks, now } from "../../src/testing/index.ts"
import { proofScale } from "./cancel-rig.ts"
import { expectCount, injected, noise, playFault } from "./fault-rig.ts"

/** Times that are numbers, and what they mean. */
const times = [
  2 ** 31 - 1,
  2 ** 31,
  2 ** 31 + 1,
  2 ** 32,
  2 ** 32 + 5,
  Number.MAX_SAFE_INTEGER,
  0,
  -0,
  -1,
  -(2 ** 31),
  -Infinity,
  0.1,
  1e-12,
  1.5,
  10,
]

/** What is no time at all. */
const nonsense: unknown[] = [NaN, "5", "abc", {}, [], true, Symbol("ms"), 5n, () => 5]

const never = (limits?: WaitOptions): Promise<unknown> => new Event().wait(limits)

/** By name: sleeps or ends after that time, by the clock. */
const clocks: Readonly<Record<string, (ms: number) => unknown>> = {
  sleep: (ms) => sleep(ms),
  sleepUntil: (ms) => sleepUntil(now() + ms),
  "sleep with a limit": (ms) => sleep(Number.MAX_VALUE, undefined, { timeout: ms }),
  timeout: (ms) => timeout(ms, () => never()),
  timeoutAt: (ms) => timeoutAt(now() + ms, () => never()),
  moveOnAfter: (ms) => moveOnAfter(ms, () => never()),
  "cancelScope by a deadline": (ms) => cancelScope(() => never(), { deadline: now() + ms }),
  "a limit that is moved": (ms) =>
    timeout(null, (scope) => {
      scope.reschedule(now() + ms)
      return never()
    }),
  waitFor: (ms) => waitFor(new Future<void>(), ms),
  wait: (ms) => wait([new Future<void>()], { timeout: ms }),
  asCompleted: (ms) => asCompleted([new Future<void>()], { timeout: ms }).next(),
  "Event.wait": (ms) => never({ timeout: ms }),
  "Queue.get": (ms) => new Queue().get({ timeout: ms }),
  "Lock.acquire": async (ms) => {
    const lock = new Lock()
    await lock.acquire()
    await lock.acquire({ timeout: ms }).finally(() => lock.release())
  },
  "Semaphore.acquire": (ms) => new Semaphore(0).acquire({ timeout: ms }),
  "CapacityLimiter.acquire": async (ms) => {
    const limiter = new CapacityLimiter(1)
    using _permit = await limiter.acquire({ borrower: {} })
    await limiter.acquire({ borrower: {}, timeout: ms })
  },
  "RateLimiter.acquire": async (ms) => {
    const limiter = new RateLimiter({ budgets: { calls: { limit: 1, per: 1 } }, concurrency: 1 })
    using _permit = await limiter.acquire()
    await limiter.acquire(undefined, { timeout: ms })
  },
  "Pool.acquire": async (ms) => {
    const pool = new Pool({ max: 1, create: () => "made", destroy: () => {} })
    const lease = await pool.acquire()
    try {
      await pool.acquire({ timeout: ms })
    } finally {
      lease.release()
      await pool.close()
    }
  },
  "loop.callLater": async (ms) => {
    const future = new Future<void>()
    getRunningLoop().callLater(ms, () => future.setResult())
    await future
  },
}

/** By name: takes a number of milliseconds and refuses what is none. */
const refusing: Readonly<Record<string, (ms: never) => unknown>> = {
  sleep: (ms) => sleep(ms),
  sleepUntil: (ms) => sleepUntil(ms),
  timeout: (ms) => timeout(ms, () => sleep(1)),
  timeoutAt: (ms) => timeoutAt(ms, () => sleep(1)),
  moveOnAfter: (ms) => moveOnAfter(ms, () => sleep(1)),
  "cancelScope by a deadline": (ms) => cancelScope(() => sleep(1), { deadline: ms }),
  "a limit that is moved": (ms) =>
    timeout(null, (scope) => {
      scope.reschedule(ms)
      return sleep(1)
    }),
  waitFor: (ms) => waitFor(() => sleep(1), ms),
  "Event.wait": (timeout) => never({ timeout }),
  "Queue.get": (timeout) => new Queue().get({ timeout }),
  "Lock.acquire": (timeout) => new Lock().acquire({ timeout }),
  "RateLimiter.pause": (ms) => new RateLimiter({ budgets: { calls: { limit: 1, per: 1 } } }).pause(ms),
  every: (ms) => every(ms, () => {}),
  retry: (delay) => retry(() => Promise.reject(new Error("E")), { attempts: 2, delay }),
  backoff: (delay) => backoff(1, { delay }),
  staggeredRace: (delay) => staggeredRace([() => sleep(1)], delay),
  "loop.callAt": (time) => getRunningLoop().callAt(time, () => {}),
}

describe("a time that is a number", () => {
  it.each(Object.keys(clocks))("%s: never ends too early, and ends", async (name) => {
    for (const ms of times) {
      const { errors, values } = await playFault(async () => {
        const start = now()
        const ending = async (): Promise<unknown> => clocks[name]?.(ms)
        const error = await ending().then(
          () => new TimeoutError("none"),
          (thrown: unknown) => thrown,
        )
        expect(error).toBeInstanceOf(TimeoutError)
        const elapsed = now() - start
        expect(elapsed).toBeGreaterThanOrEqual(Math.max(ms, 0))
        return elapsed
      })
      expect(errors, String(ms)).toEqual([])
      expect(values[0], String(ms)).toBeLessThan(Math.max(ms, 0) + 2)
    }
  })

  it.each(Object.keys(clocks).filter((name) => name !== "loop.callLater"))(
    "%s: Infinity never comes",
    async (name) => {
      const { errors, values } = await playFault(async () => {
        const end = await moveOnAfter(2 ** 33, async () => void (await clocks[name]?.(Infinity)))
        return [end.timedOut, now()]
      })
      expect(errors).toEqual([])
      expect(values[0]).toEqual([true, 2 ** 33])
    },
  )
})

describe("what is no number of milliseconds", () => {
  it.each(Object.keys(refusing))("%s refuses it, and leaves nothing", async (name) => {
    for (const value of nonsense) {
      if (name === "retry" && typeof value === "function") continue
      const { values, errors } = await playFault(async () => {
        try {
          await refusing[name]?.(value as never)
        } catch (error) {
          return error
        }
        return "taken"
      })
      expect(errors, String(value)).toEqual([])
      expect(values[0], String(value)).toSatisfy(
        (error: unknown) => error instanceof TypeError || error instanceof RangeError,
      )
    }
  })
})

/** A clock whose timers ring when they like, and whose time leaps forward in between. */
class SkewedClock extends VirtualClock {
  #leap = 0
  readonly #skew: number
  #state: number

  constructor(seed: number) {
    super({ seed })
    this.#skew = seed % 3
    this.#state = seed
  }

  #next(): number {
    this.#state = (this.#state * 48_271) % 2_147_483_647
    return this.#state / 2_147_483_647
  }

  override now(): number {
    return super.now() + this.#leap
  }

  override startTimer(delay: number, fire: () => void): ClockTimer {
    const early = this.#skew === 0 ? Math.max(delay * this.#next(), 0.01) : delay
    const late = this.#skew === 1 ? delay * 3 * this.#next() : 0
    return super.startTimer(early + late, () => {
      const leap = this.#skew === 2 && this.#next() < 0.5 ? 10_000 * this.#next() : 0
      this.#leap += leap
      if (this.#skew !== 2 || leap > 0) injected.count += 1
      fire()
    })
  }
}

describe("a clock that leaps, dawdles, or rings too early", () => {
  it("lets nobody go on before the time, loses nobody, and keeps the order of deadlines", async () => {
    const heard = await noise(async () => {
      for (let seed = 1; seed <= 300 * proofScale; seed += 1) {
        const uninstall = new SkewedClock(seed).install()
        try {
          await run(() => skewedProgram(seed), { handleSignals: false })
        } finally {
          uninstall()
        }
        expect(findLeaks()).toEqual([])
      }
    })
    expect(heard).toEqual([])
  })
})

async function skewedProgram(seed: number): Promise<void> {
  const woken: number[] = []
  const sleepers = Array.from({ length: 8 }, (_, i) => async (): Promise<void> => {
    const ms = ((seed * (i + 3)) % 17) * (i + 1) + 1
    const due = now() + ms
    await sleep(ms)
    expect(now()).toBeGreaterThanOrEqual(due)
    woken.push(due)
  })
  await gather(sleepers)
  expect(woken).toEqual(woken.toSorted((a, b) => a - b))
  const limited = await timeout(5, () => sleep(1e9)).catch((error: unknown) => error)
  expect(limited).toBeInstanceOf(TimeoutError)
  const limiter = new RateLimiter({ budgets: { calls: { limit: 2, per: 10 } }, burst: 1 })
  let last = -Infinity
  for (let i = 0; i < 3; i += 1) {
    await limiter.acquire()
    expect(now() - last).toBeGreaterThanOrEqual(5 - 1e-6)
    last = now()
  }
  const task = createTask(() => sleep(1e6))
  await sleep(1)
  task.cancel()
  expect(await task.join().catch((error: unknown) => error)).toBeInstanceOf(CancelledError)
}

afterAll(() => expectCount(1500))
