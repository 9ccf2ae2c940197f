// Places that limiters share: one bound, everybody's turn, and a number that changes under way.
import { describe, expect, it } from "vitest"
import { RateLimiter, RateSlots, createTask, sleep, taskGroup } from "../../src/index.ts"
import { now, runVirtual } from "../../src/testing/index.ts"

describe("RateSlots", () => {
  it("bound what runs under all limiters together, and none of them always comes first", () =>
    runVirtual(async () => {
      const slots = new RateSlots(2)
      const limiters = ["a", "b"].map((name) => ({
        name,
        limiter: new RateLimiter({ budgets: {}, concurrency: slots }),
      }))
      const order: string[] = []
      let most = 0
      await taskGroup(async (group) => {
        for (const { name, limiter } of limiters)
          for (let i = 0; i < 6; i += 1) {
            group.createTask(() =>
              limiter.run(async () => {
                order.push(name)
                most = Math.max(most, slots.statistics().running)
                await sleep(10)
              }),
            )
          }
      })
      expect(most).toBe(2)
      expect(order.filter((name) => name === "b").length).toBe(6)
      expect(new Set(order.slice(2, 8))).toEqual(new Set(["a", "b"]))
      expect(slots.statistics()).toEqual({ limit: 2, running: 0 })
    }))

  it("may grow, which admits at once, and shrink, which takes nobody's place away", () =>
    runVirtual(async () => {
      const slots = new RateSlots(1)
      const limiter = new RateLimiter({ budgets: {}, concurrency: slots })
      const starts: number[] = []
      await taskGroup(async (group) => {
        for (let i = 0; i < 5; i += 1) {
          group.createTask(() =>
            limiter.run(async () => {
              starts.push(now())
              await sleep(100)
            }),
          )
        }
        await sleep(10)
        slots.limit = 3
        await sleep(10)
        expect(limiter.statistics()).toMatchObject({ running: 3, waiting: 2 })
        slots.limit = 1
        expect(limiter.statistics().running).toBe(3)
      })
      expect(starts).toEqual([0, 10, 10, 110, 210])
    }))

  it("refuse what is no number of places", () => {
    expect(() => new RateSlots(0)).toThrow(RangeError)
    const slots = new RateSlots(1)
    expect(() => (slots.limit = 1.5)).toThrow("Expected `concurrency` to be an integer from 1 up, got `1.5`")
    expect(slots.limit).toBe(1)
  })

  it("a waiter that is cancelled has taken no place", () =>
    runVirtual(async () => {
      const slots = new RateSlots(1)
      const limiter = new RateLimiter({ budgets: {}, concurrency: slots })
      const permit = await limiter.acquire()
      const waiter = createTask(() => limiter.acquire())
      await sleep(1)
      waiter.cancel()
      await sleep(1)
      permit.release()
      expect(slots.statistics()).toEqual({ limit: 1, running: 0 })
    }))
})
