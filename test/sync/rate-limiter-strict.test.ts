// Limits as a server counts them: in every stretch of a minute, reserved before and settled after, and changed
// under way. Reserving, settling and refunding never break a limit, and at least 95 % of it is used.
import { describe, expect, it } from "vitest"
import { RateLimiter, sleep, taskGroup } from "../../src/index.ts"
import { now, runVirtual } from "../../src/testing/index.ts"

interface Start {
  readonly time: number
  cost: number
}

const minute = 60_000

/** The most that any stretch of a minute has. */
function worstMinute(starts: readonly Start[]): number {
  let worst = 0
  let sum = 0
  let first = 0
  for (const { time, cost } of starts) {
    sum += cost
    for (; (starts[first] as Start).time <= time - minute; first += 1) sum -= (starts[first] as Start).cost
    worst = Math.max(worst, sum)
  }
  return worst
}

/** What was used from the first minute to the end, as a share of the limit. */
function shareUsed(starts: readonly Start[], limit: number, end: number): number {
  const used = starts
    .filter(({ time }) => time >= minute && time < end)
    .reduce((sum, { cost }) => sum + cost, 0)
  return used / ((limit * (end - minute)) / minute)
}

const end = 10 * minute

/** Workers ask as fast as they may, for ten minutes; each is done after `latency`. */
async function load(
  limiter: RateLimiter,
  workers: number,
  work: (n: number, acquired: typeof limiter.acquire) => Promise<void>,
): Promise<void> {
  let n = 0
  await taskGroup(async (group) => {
    for (let i = 0; i < workers; i += 1) {
      group.createTask(async () => {
        while (now() < end) await work((n += 1), limiter.acquire.bind(limiter))
      })
    }
  })
}

describe("a strict budget", () => {
  it.each([3, 10, 61, 600, 4200])(
    "of %i starts a minute is used to 95 %% and held in every minute",
    (limit) =>
      runVirtual(async () => {
        const limiter = new RateLimiter({ budgets: { requests: { limit, per: minute, strict: true } } })
        const starts: Start[] = []
        await load(limiter, 50, async (n, acquire) => {
          using _ = await acquire()
          starts.push({ time: now(), cost: 1 })
          await sleep((n * 37) % 900)
        })
        expect(worstMinute(starts)).toBeLessThanOrEqual(limit)
        expect(shareUsed(starts, limit, end)).toBeGreaterThanOrEqual(0.95)
        expect(starts.filter(({ time }) => time < 1000).length).toBeLessThanOrEqual(
          Math.max(1, limit / 60) * 2 + 1,
        )
      }),
  )

  it.each([
    ["more than was used", 1.25],
    ["less than was used", 0.8],
  ])("of tokens holds for what was truly used, when %s is reserved", (_, factor) =>
    runVirtual(async () => {
      const limit = 90_000
      const limiter = new RateLimiter({ budgets: { tokens: { limit, per: minute, strict: true } } })
      const starts: Start[] = []
      await load(limiter, 40, async (n, acquire) => {
        const actual = 200 + ((n * 7919) % 800)
        using permit = await acquire({ tokens: Math.round(actual * factor) })
        const start = { time: now(), cost: Math.round(actual * factor) }
        starts.push(start)
        await sleep(500 + ((n * 37) % 1000))
        permit.settle({ tokens: actual })
        start.cost = actual
      })
      // Debt shows only when the answer is there: what is on its way then may come on top.
      const onTop = factor < 1 ? 40 * 1000 * (1 - factor) : 0
      expect(worstMinute(starts)).toBeLessThanOrEqual(limit + onTop)
      expect(shareUsed(starts, limit, end)).toBeGreaterThanOrEqual(0.95)
    }),
  )

  it("of three limits holds each, and uses the one that binds", () =>
    runVirtual(async () => {
      const limits = { requests: 500, input: 100_000, output: 20_000 }
      const budgets = Object.fromEntries(
        Object.entries(limits).map(([name, limit]) => [name, { limit, per: minute, strict: true }]),
      )
      const limiter = new RateLimiter({ budgets, concurrency: 32 })
      const starts = { requests: [] as Start[], input: [] as Start[], output: [] as Start[] }
      await load(limiter, 64, async (n, acquire) => {
        const cost = { requests: 1, input: 50 + (n % 100), output: 20 + (n % 60) }
        using permit = await acquire(cost)
        for (const name of ["requests", "input", "output"] as const)
          starts[name].push({ time: now(), cost: cost[name] })
        await sleep(300)
        if (n % 10 === 0) {
          permit.settle({ output: 0 })
          ;(starts.output.findLast(({ cost: c }) => c === cost.output) as Start).cost = 0
        }
      })
      for (const name of ["requests", "input", "output"] as const)
        expect(worstMinute(starts[name])).toBeLessThanOrEqual(limits[name])
      expect(shareUsed(starts.output, limits.output, end)).toBeGreaterThanOrEqual(0.95)
    }))

  it("has no burst above one second's worth at the start unless told", () =>
    runVirtual(async () => {
      const first = async (burst?: number): Promise<number> => {
        const limiter = new RateLimiter({ budgets: { r: { limit: 600, per: minute, strict: true } }, burst })
        const begun = now()
        let count = 0
        await taskGroup(async (group) => {
          for (let i = 0; i < 600; i += 1)
            group.createTask(async () => {
              await limiter.acquire()
              if (now() === begun) count += 1
            })
        })
        return count
      }
      expect(await first()).toBe(10)
      expect(await first(600)).toBe(600)
    }))

  it("refuses at once what is above the limit", () =>
    runVirtual(async () => {
      const limiter = new RateLimiter({ budgets: { tokens: { limit: 100, per: minute, strict: true } } })
      await expect(limiter.acquire({ tokens: 101 })).rejects.toThrow("it can never be admitted")
      expect(now()).toBe(0)
    }))
})

describe("update()", () => {
  it("gives a budget a bound that had none, and those who wait keep their places", () =>
    runVirtual(async () => {
      const limiter = new RateLimiter({ budgets: { requests: null } })
      expect(limiter.statistics().available).toEqual({ requests: Infinity })
      await limiter.acquire()
      limiter.update("requests", { budget: { limit: 60, per: minute }, burst: 1 })
      const times: number[] = []
      await taskGroup(async (group) => {
        for (let i = 0; i < 3; i += 1)
          group.createTask(async () => {
            await limiter.acquire()
            times.push(now())
          })
        await sleep(500)
        limiter.update("requests", { budget: { limit: 120, per: minute }, burst: 1 })
      })
      expect(times[0]).toBe(0)
      expect(times[2]).toBeLessThan(2000)
      limiter.update("requests", { budget: null })
      await limiter.acquire()
      expect(now()).toBe(times[2])
    }))

  it("brings what is left down and never up", () =>
    runVirtual(async () => {
      const limiter = new RateLimiter({ budgets: { requests: { limit: 60, per: minute } }, burst: 10 })
      limiter.update("requests", { available: 50 })
      expect(limiter.statistics().available["requests"]).toBe(10)
      limiter.update("requests", { available: 0 })
      expect(limiter.statistics().available["requests"]).toBe(0)
      expect(await limiter.run(now)).toBe(1000)
    }))

  it("forgets what was reserved under another bound", () =>
    runVirtual(async () => {
      const limiter = new RateLimiter({ budgets: { tokens: null } })
      const permit = await limiter.acquire({ tokens: 500 })
      await sleep(1)
      limiter.update("tokens", { budget: { limit: 600, per: minute, strict: true }, burst: 100 })
      permit.refund()
      expect(limiter.statistics().available["tokens"]).toBe(100)
    }))

  it("refuses what makes no sense", () => {
    const limiter = new RateLimiter({ budgets: { requests: null } })
    expect(() => limiter.update("request", {})).toThrow("Expected a budget among requests, got `request`")
    expect(() => limiter.update("requests", { budget: { limit: 0, per: 1 } })).toThrow(RangeError)
    expect(() => limiter.update("requests", { burst: -1 })).toThrow(RangeError)
  })
})

describe("after a pause", () => {
  it("those who wait are let in evenly over the spread, though no rate is known", () =>
    runVirtual(async () => {
      const limiter = new RateLimiter({ budgets: {}, concurrency: 32 })
      const times: number[] = []
      limiter.pause(1000, { spread: 990 })
      await taskGroup(async (group) => {
        for (let i = 0; i < 100; i += 1)
          group.createTask(() =>
            limiter.run(async () => {
              times.push(now())
              await sleep(5)
            }),
          )
      })
      expect(times[0]).toBe(1000)
      for (let at = 1000; at < 1900; at += 100)
        expect(times.filter((time) => time >= at && time < at + 100).length).toBeLessThanOrEqual(4)
      expect(times.at(-1)).toBeLessThan(2100)
    }))

  it("what a budget saved up meanwhile does not go at once", () =>
    runVirtual(async () => {
      const limiter = new RateLimiter({ budgets: { tokens: { limit: 6000, per: minute } }, burst: 1000 })
      const times: number[] = []
      limiter.pause(60_000)
      await taskGroup(async (group) => {
        for (let i = 0; i < 4; i += 1)
          group.createTask(async () => {
            await limiter.acquire({ tokens: 100 })
            times.push(now())
          })
      })
      expect(times).toEqual([60_000, 61_000, 62_000, 63_000])
    }))
})
