// A limiter under random loads on the virtual clock: the limit is used and never broken.
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { Cost, Task } from "../../src/index.ts"
import { RateLimiter, createTask, gather, sleep, taskGroup } from "../../src/index.ts"
import { now, runVirtual } from "../../src/testing/index.ts"

interface Start {
  readonly time: number
  readonly cost: number
}

/** The most that was started in any span above what its length allows. */
function worstExcess(starts: readonly Start[], rate: number): number {
  let worst = 0
  let sum = 0
  let lowest = Infinity
  for (const { time, cost } of starts) {
    lowest = Math.min(lowest, sum - rate * time)
    sum += cost
    worst = Math.max(worst, sum - rate * time - lowest)
  }
  return worst
}

describe("RateLimiter under load", () => {
  it("uses at least 95 % of the limit that binds, and breaks none", () =>
    fc.assert(
      fc.asyncProperty(
        fc.record({
          seed: fc.nat(),
          limit: fc.integer({ min: 1, max: 5000 }),
          per: fc.constantFrom(1000, 60_000),
          tokens: fc.integer({ min: 1000, max: 200_000 }),
          binding: fc.constantFrom("requests", "tokens"),
          burst: fc.option(fc.integer({ min: 1, max: 50 }), { nil: undefined }),
          largest: fc.integer({ min: 1, max: 900 }),
        }),
        ({ seed, per, burst, largest, binding, ...plan }) =>
          runVirtual(
            async () => {
              // The other limit is so far away that it never counts.
              const limit = binding === "requests" ? plan.limit : 1000 * plan.tokens
              const tokens = binding === "tokens" ? plan.tokens : 1000 * plan.limit * largest
              const budgets = { requests: { limit, per }, tokens: { limit: tokens, per } }
              const limiter = new RateLimiter({ budgets, burst })
              const held = { ...limiter.statistics().available } as { requests: number; tokens: number }
              const starts: { readonly time: number; readonly tokens: number }[] = []
              let next = seed % 1000
              await taskGroup(async (group) => {
                for (let i = 0; i < 300; i += 1) {
                  next = (next * 48_271 + 11) % 2_147_483_647
                  const cost = { tokens: 1 + (next % largest) }
                  group.createTask(async () => {
                    const permit = await limiter.acquire(cost)
                    starts.push({ time: now(), tokens: cost.tokens })
                    permit.release()
                  })
                }
              })
              const span = now()
              const requests = starts.map(({ time }) => ({ time, cost: 1 }))
              const spent = starts.map(({ time, tokens: cost }) => ({ time, cost }))
              const tolerance = 1e-6
              expect(worstExcess(requests, limit / per)).toBeLessThanOrEqual(
                Math.max(1, held.requests) + tolerance,
              )
              expect(worstExcess(spent, tokens / per)).toBeLessThanOrEqual(
                Math.max(largest, held.tokens) + tolerance * tokens,
              )
              const [amount, rate, first] =
                binding === "requests"
                  ? [starts.length, limit / per, held.requests]
                  : [spent.reduce((sum, { cost }) => sum + cost, 0), tokens / per, held.tokens]
              expect(Math.max(0, amount - first)).toBeGreaterThanOrEqual(0.95 * rate * span)
              expect(limiter.statistics()).toMatchObject({ running: 0, waiting: 0 })
            },
            { seed: seed + 1 },
          ),
      ),
      { numRuns: 60 },
    ))

  it("holds its limit over a day, to the start", () =>
    runVirtual(async () => {
      const limiter = new RateLimiter({ budgets: { requests: { limit: 60, per: 60_000 } } })
      let count = 0
      const day = 86_400_000
      const worker = createTask(async () => {
        for (;;) {
          await limiter.acquire()
          if (now() > day) return
          count += 1
        }
      })
      await worker
      expect(count).toBeGreaterThanOrEqual(86_400)
      expect(count).toBeLessThanOrEqual(86_401)
    }))

  it("keeps going at rates where rounding is coarse, late in the day", () =>
    runVirtual(async () => {
      await sleep(1e11 + 0.1)
      const limiter = new RateLimiter({
        budgets: { tokens: { limit: 1e10 / 3, per: 700 }, requests: { limit: 7, per: 0.3 } },
        burst: { tokens: 1e6, requests: 1 },
      })
      const start = now()
      const cost: Cost = { tokens: 1e6 / 7 }
      for (let i = 0; i < 5000; i += 1) await limiter.acquire(cost)
      const span = now() - start
      expect(5000 / ((7 / 0.3) * span)).toBeGreaterThan(0.95)
      expect(5000 / ((7 / 0.3) * span)).toBeLessThan(1.05)
    }))

  it("settled costs hold in the long run as well, whatever was reserved", () =>
    runVirtual(async () => {
      const rate = 1000 / 1000
      const limiter = new RateLimiter({ budgets: { tokens: { limit: 1000, per: 1000 } }, burst: 200 })
      let used = 0
      await taskGroup(async (group) => {
        for (let i = 0; i < 400; i += 1) {
          group.createTask(async () => {
            using permit = await limiter.acquire({ tokens: 1 + ((i * 37) % 200) })
            await sleep((i * 13) % 50)
            const actual = (i * 53) % 300
            if (i % 10 === 0) permit.refund()
            else {
              permit.settle({ tokens: actual })
              used += actual
            }
          })
        }
      })
      const debt = Math.max(0, -(limiter.statistics().available["tokens"] as number))
      expect(used).toBeLessThanOrEqual(200 + rate * now() + debt + 1e-6)
      expect(used).toBeGreaterThan(0.9 * rate * now())
    }))

  it("random cancels leave order, counts and rate right", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({ wait: fc.nat(300), cost: fc.integer({ min: 1, max: 30 }), cancelAfter: fc.nat(2000) }),
          {
            minLength: 1,
            maxLength: 80,
          },
        ),
        fc.integer({ min: 1, max: 4 }),
        (jobs, concurrency) =>
          runVirtual(async () => {
            const limiter = new RateLimiter({
              budgets: { tokens: { limit: 20, per: 1000 } },
              burst: 10,
              concurrency,
            })
            const starts: (Start & { readonly id: number })[] = []
            let inside = 0
            const tasks: Task<void>[] = []
            for (const [id, { wait, cost, cancelAfter }] of jobs.entries()) {
              const tokens = Math.min(cost, 20)
              const task = createTask(() =>
                limiter.run(
                  async () => {
                    starts.push({ id, time: now(), cost: tokens })
                    inside += 1
                    expect(inside).toBeLessThanOrEqual(concurrency)
                    await sleep(wait).finally(() => (inside -= 1))
                  },
                  { tokens },
                ),
              )
              tasks.push(task)
              if (id % 3 === 0) void createTask(() => sleep(cancelAfter).then(() => void task.cancel()))
            }
            await gather(tasks, { returnExceptions: true })
            expect(starts.map(({ id }) => id)).toEqual(starts.map(({ id }) => id).sort((a, b) => a - b))
            expect(worstExcess(starts, 20 / 1000)).toBeLessThanOrEqual(20 + 1e-6)
            expect(limiter.statistics()).toMatchObject({ running: 0, waiting: 0 })
          }),
      ),
      { numRuns: 80 },
    ))
})
