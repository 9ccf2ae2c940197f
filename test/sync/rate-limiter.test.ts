// Starts per time and at once: the rate held and used, order, debt, pauses, cancelling, and bad numbers.
import { getEventListeners } from "node:events"
import { describe, expect, it } from "vitest"
import { timerCount } from "../../src/core/lowlevel.ts"
import {
  CancelledError,
  RateLimiter,
  TimeoutError,
  createTask,
  joinOnly,
  moveOnAfter,
  run,
  sleep,
  taskGroup,
} from "../../src/index.ts"
import { now, runVirtual } from "../../src/testing/index.ts"

const tenASecond = { budgets: { requests: { limit: 10, per: 1000 } } }

/** Times at which `count` starts were admitted. */
async function startTimes(limiter: RateLimiter, count: number): Promise<number[]> {
  const times: number[] = []
  await taskGroup(async (group) => {
    for (let i = 0; i < count; i += 1) {
      group.createTask(() =>
        limiter.run(() => {
          times.push(now())
        }),
      )
    }
  })
  return times
}

describe("RateLimiter", () => {
  it("lets the burst go at once and then keeps the pace", () =>
    runVirtual(async () => {
      const times = await startTimes(new RateLimiter({ ...tenASecond, burst: 3 }), 7)
      expect(times.map(Math.round)).toEqual([0, 0, 0, 100, 200, 300, 400])
    }))

  it("has one second's worth as its burst unless told, and at least one", () =>
    runVirtual(async () => {
      const budgets = {
        a: { limit: 60, per: 60_000 },
        b: { limit: 600, per: 60_000 },
        c: { limit: 1, per: 60_000 },
      }
      expect(new RateLimiter({ budgets }).statistics().available).toEqual({ a: 1, b: 10, c: 1 })
      expect(new RateLimiter({ budgets, burst: 5 }).statistics().available).toEqual({ a: 5, b: 5, c: 5 })
      expect(new RateLimiter({ budgets, burst: { b: 7 } }).statistics().available).toEqual({
        a: 1,
        b: 7,
        c: 1,
      })
    }))

  it("fills up again while nobody asks, up to the burst", () =>
    runVirtual(async () => {
      const limiter = new RateLimiter({ ...tenASecond, burst: 2 })
      await startTimes(limiter, 2)
      await sleep(100)
      expect(limiter.statistics().available["requests"]).toBeCloseTo(1)
      await sleep(10_000)
      expect(limiter.statistics().available["requests"]).toBe(2)
      expect((await startTimes(limiter, 3)).map(Math.round)).toEqual([10_100, 10_100, 10_200])
    }))

  it("admits a start only when every budget has room", () =>
    runVirtual(async () => {
      const limiter = new RateLimiter({
        budgets: { requests: { limit: 10, per: 1000 }, tokens: { limit: 1000, per: 1000 } },
        burst: { requests: 10, tokens: 1000 },
      })
      const times: number[] = []
      await taskGroup(async (group) => {
        for (const tokens of [600, 600, 100]) {
          group.createTask(async () => {
            await limiter.acquire({ tokens })
            times.push(now())
          })
        }
      })
      expect(times.map(Math.round)).toEqual([0, 200, 300])
      expect(limiter.statistics().available["requests"]).toBe(9)
    }))

  it("admits in order of arrival: small costs do not overtake a large one", () =>
    runVirtual(async () => {
      const limiter = new RateLimiter({ budgets: { tokens: { limit: 100, per: 1000 } }, burst: 100 })
      const log: string[] = []
      await taskGroup(async (group) => {
        for (const [name, tokens] of [
          ["first", 80],
          ["large", 90],
          ["small", 1],
          ["smaller", 0],
        ] as const) {
          group.createTask(async () => {
            await limiter.acquire({ tokens })
            log.push(name)
          })
        }
      })
      expect(log).toEqual(["first", "large", "small", "smaller"])
    }))

  it("a newcomer goes on after a waiter that was served, though there is room", () =>
    runVirtual(async () => {
      const limiter = new RateLimiter({ budgets: {}, concurrency: 2 })
      const held = [await limiter.acquire(), await limiter.acquire()]
      const log: string[] = []
      const waiter = createTask(() => limiter.run(() => log.push("waiter")))
      await sleep(0)
      for (const permit of held) permit.release()
      await limiter.run(() => log.push("newcomer"))
      await waiter
      expect(log).toEqual(["waiter", "newcomer"])
    }))

  it("bounds how many run at once, with and without budgets", () =>
    runVirtual(async () => {
      for (const budgets of [{}, { requests: { limit: 1000, per: 1000 } }]) {
        const limiter = new RateLimiter({ budgets, concurrency: 3 })
        let inside = 0
        let most = 0
        await taskGroup(async (group) => {
          for (let i = 0; i < 20; i += 1) {
            group.createTask(() =>
              limiter.run(async () => {
                inside += 1
                most = Math.max(most, inside)
                await sleep(10)
                inside -= 1
              }),
            )
          }
        })
        expect(most).toBe(3)
        expect(limiter.statistics()).toMatchObject({ running: 0, waiting: 0 })
      }
    }))

  it("statistics() tell what the first in line waits for, and what was used of strict budgets", () =>
    runVirtual(async () => {
      const limiter = new RateLimiter({
        budgets: {
          requests: { limit: 10, per: 1000, strict: true },
          tokens: { limit: 100, per: 1000, strict: true },
        },
        burst: { requests: 10, tokens: 100 },
      })
      const { heldBy: nobody } = limiter.statistics()
      expect(nobody).toBe(null)
      const permit = await limiter.acquire({ tokens: 90 })
      const waiter = createTask(() => limiter.acquire({ tokens: 20 }))
      await sleep(0)
      expect(limiter.statistics().heldBy).toMatchObject({ kind: "budget", budget: "tokens" })
      expect(limiter.statistics().windows).toEqual({
        requests: { limit: 10, per: 1000, strict: true, used: 1 },
        tokens: { limit: 100, per: 1000, strict: true, used: 90 },
      })
      limiter.pause(5000)
      expect(limiter.statistics().heldBy).toEqual({ kind: "pause", until: 5000 })
      permit.refund()
      ;(await waiter).release()
      expect(limiter.statistics().heldBy).toBe(null)
    }))

  it("takes no cost while it waits for a slot", () =>
    runVirtual(async () => {
      const limiter = new RateLimiter({ ...tenASecond, burst: 5, concurrency: 1 })
      const permit = await limiter.acquire()
      const waiter = createTask(() => limiter.acquire())
      await sleep(10_000)
      expect(limiter.statistics()).toEqual({
        waiting: 1,
        running: 1,
        available: { requests: 5 },
        windows: {},
        pausedUntil: null,
        heldBy: { kind: "concurrency" },
      })
      permit.release()
      const next = await waiter
      expect(limiter.statistics().available["requests"]).toBe(4)
      next.release()
    }))

  it("a cost above the burst is admitted when the bucket is full, and its debt is paid before the next", () =>
    runVirtual(async () => {
      const limiter = new RateLimiter({ budgets: { tokens: { limit: 100, per: 1000 } }, burst: 10 })
      await limiter.acquire({ tokens: 60 })
      expect(now()).toBe(0)
      expect(limiter.statistics().available["tokens"]).toBe(-50)
      await limiter.acquire({ tokens: 5 })
      expect(now()).toBeCloseTo(550)
      await limiter.acquire({ tokens: 60 })
      expect(now()).toBeCloseTo(650)
    }))

  it("a start that costs nothing of a budget does not wait for it", () =>
    runVirtual(async () => {
      const limiter = new RateLimiter({
        budgets: { requests: { limit: 1000, per: 1000 }, tokens: { limit: 100, per: 1000 } },
        burst: 100,
      })
      await limiter.acquire({ tokens: 100 })
      await limiter.acquire({ tokens: 0 })
      expect(now()).toBe(0)
      await limiter.acquire({ tokens: 1 })
      expect(now()).toBeCloseTo(10)
    }))

  it("a cost that can never fit fails at once, also when others wait, and takes nothing", () =>
    runVirtual(async () => {
      const limiter = new RateLimiter({ budgets: { tokens: { limit: 100, per: 1000 } }, burst: 10 })
      await limiter.acquire({ tokens: 100 })
      const waiter = createTask(() => limiter.acquire({ tokens: 10 }))
      await sleep(0)
      await expect(limiter.acquire({ tokens: 101 })).rejects.toThrow(
        new RangeError("Expected a cost up to 100 of `tokens`, got `101`: it can never be admitted"),
      )
      expect(now()).toBe(0)
      expect(limiter.statistics().waiting).toBe(1)
      await waiter
    }))

  it("a burst above the limit is a burst: a cost up to it fits", () =>
    runVirtual(async () => {
      const limiter = new RateLimiter({ budgets: { tokens: { limit: 10, per: 1000 } }, burst: 50 })
      await limiter.acquire({ tokens: 50 })
      expect(now()).toBe(0)
      await expect(limiter.acquire({ tokens: 51 })).rejects.toBeInstanceOf(RangeError)
    }))

  it("run() gives the value, and frees the slot when the function fails or is cancelled", () =>
    runVirtual(async () => {
      const limiter = new RateLimiter({ budgets: {}, concurrency: 1 })
      expect(await limiter.run(() => "value")).toBe("value")
      await expect(
        limiter.run(async () => {
          throw new Error("inside")
        }),
      ).rejects.toThrow("inside")
      expect(await moveOnAfter(5, () => limiter.run(() => sleep(1000)))).toEqual({ timedOut: true })
      await expect(limiter.run(Promise.resolve() as unknown as () => void)).rejects.toThrow("got a promise")
      expect(limiter.statistics()).toMatchObject({ running: 0, waiting: 0 })
    }))

  it("tells its state", () =>
    runVirtual(async () => {
      const limiter = new RateLimiter({ ...tenASecond, concurrency: 1 })
      await limiter.acquire()
      const waiter = createTask(() => limiter.acquire())
      await sleep(0)
      expect(String(limiter)).toBe("<RateLimiter budgets=requests running=1 waiting=1>")
      waiter.cancel()
    }))

  it("works outside a run", async () => {
    const limiter = new RateLimiter({ budgets: { requests: { limit: 1000, per: 1000 } }, burst: 1 })
    const start = performance.now()
    for (let i = 0; i < 5; i += 1) await limiter.run(() => {})
    expect(performance.now() - start).toBeGreaterThanOrEqual(3.9)
  })

  it("a loop that never has to wait keeps nobody else from running (T3)", async () => {
    let others = 0
    await run(async () => {
      const limiter = new RateLimiter({ budgets: {}, concurrency: 1 })
      const other = createTask(async () => {
        for (;;) {
          others += 1
          await sleep(1)
        }
      })
      const end = performance.now() + 5000
      while (others < 3 && performance.now() < end) await limiter.run(() => {})
      other.cancel()
      expect(limiter.statistics()).toMatchObject({ running: 0, waiting: 0 })
    })
    expect(others).toBe(3)
  })

  it("a limiter made under another clock goes on under this one", async () => {
    const limiter = new RateLimiter({ ...tenASecond, burst: 1 })
    await runVirtual(async () => {
      expect(await startTimes(limiter, 3)).toHaveLength(3)
      expect(now()).toBeCloseTo(200)
    })
    await runVirtual(async () => {
      await startTimes(limiter, 2)
      expect(now()).toBeLessThanOrEqual(200.001)
    })
  })
})

describe("cost that is known later", () => {
  it("settle() gives back what was not used, and the next goes on at once", () =>
    runVirtual(async () => {
      const limiter = new RateLimiter({ budgets: { tokens: { limit: 100, per: 1000 } }, burst: 100 })
      const permit = await limiter.acquire({ tokens: 100 })
      const waiter = createTask(() => limiter.acquire({ tokens: 50 }))
      await sleep(0)
      permit.settle({ tokens: 20 })
      await waiter
      expect(now()).toBe(0)
      expect(limiter.statistics().available["tokens"]).toBe(30)
    }))

  it("settle() above the reserve is debt that those who wait pay", () =>
    runVirtual(async () => {
      const limiter = new RateLimiter({ budgets: { tokens: { limit: 100, per: 1000 } }, burst: 100 })
      const permit = await limiter.acquire({ tokens: 90 })
      const waiter = createTask(() => limiter.acquire({ tokens: 20 }))
      await sleep(50)
      permit.settle({ tokens: 190 })
      expect(limiter.statistics().available["tokens"]).toBeCloseTo(-85)
      await waiter
      expect(now()).toBeCloseTo(50 + 1050)
    }))

  it("settle() leaves budgets alone that it does not name", () =>
    runVirtual(async () => {
      const budget = { limit: 100, per: 1000 }
      const limiter = new RateLimiter({ budgets: { input: budget, output: budget }, burst: 100 })
      const permit = await limiter.acquire({ input: 60, output: 60 })
      permit.settle({ output: 10 })
      expect(limiter.statistics().available).toEqual({ input: 40, output: 90 })
    }))

  it("settle() refuses what is no cost of the limiter's, and can then be called again", () =>
    runVirtual(async () => {
      const limiter = new RateLimiter({ budgets: { tokens: { limit: 100, per: 1000 } }, burst: 100 })
      const permit = await limiter.acquire({ tokens: 50 })
      expect(() => permit.settle({ token: 1 })).toThrow("Expected a cost of tokens, got `token`")
      expect(() => permit.settle({ tokens: NaN })).toThrow(RangeError)
      expect(() => permit.settle({ tokens: -1 })).toThrow(RangeError)
      permit.settle({ tokens: 10 })
      expect(limiter.statistics().available["tokens"]).toBe(90)
    }))

  it("refund() gives everything back, never more than the burst", () =>
    runVirtual(async () => {
      const limiter = new RateLimiter({ budgets: { tokens: { limit: 100, per: 1000 } }, burst: 100 })
      const permit = await limiter.acquire({ tokens: 50 })
      await sleep(200)
      permit.refund()
      expect(limiter.statistics().available["tokens"]).toBe(100)
    }))
})

describe("pause()", () => {
  it("admits nobody until it is over, and then one at once and the others at the rate: the burst is gone", () =>
    runVirtual(async () => {
      const limiter = new RateLimiter({ ...tenASecond, burst: 2 })
      const times: number[] = []
      limiter.pause(5000)
      expect(limiter.statistics().pausedUntil).toBe(5000)
      await taskGroup(async (group) => {
        for (let i = 0; i < 5; i += 1) {
          group.createTask(async () => {
            await sleep(i * 100)
            await limiter.acquire()
            times.push(now())
          })
        }
      })
      expect(times.map(Math.round)).toEqual([5000, 5100, 5200, 5300, 5400])
      expect(Math.min(...times)).toBeGreaterThanOrEqual(5000)
      expect(limiter.statistics().pausedUntil).toBe(null)
    }))

  it("reaches those who wait already; the later end holds", () =>
    runVirtual(async () => {
      const limiter = new RateLimiter({ ...tenASecond, burst: 1 })
      await limiter.acquire()
      const waiter = createTask(() => limiter.acquire().then(now))
      await sleep(50)
      limiter.pause(1000)
      limiter.pause(300)
      limiter.pause(-5)
      expect(await waiter).toBe(1050)
    }))

  it("holds for a limiter that has only a bound as well", () =>
    runVirtual(async () => {
      const limiter = new RateLimiter({ budgets: {}, concurrency: 2 })
      limiter.pause(100)
      expect(await limiter.run(now)).toBe(100)
    }))

  it("ends exactly on time, at odd times too", () =>
    runVirtual(async () => {
      const limiter = new RateLimiter({ budgets: {}, concurrency: 1 })
      await sleep(86_400_000.123)
      for (let i = 0; i < 200; i += 1) {
        const until = now() + i * 0.1 + 0.0371
        limiter.pause(until - now())
        const at = limiter.statistics().pausedUntil ?? NaN
        expect(await limiter.run(now)).toBe(at)
      }
    }))

  it("refuses what is no number", () => {
    const limiter = new RateLimiter(tenASecond)
    expect(() => limiter.pause(NaN)).toThrow(RangeError)
    expect(() => limiter.pause("5" as unknown as number)).toThrow(TypeError)
  })
})

describe("RateLimiter and cancelling", () => {
  it("a waiter that is cancelled has used nothing, and the next takes its place at once", () =>
    runVirtual(async () => {
      const limiter = new RateLimiter({ budgets: { tokens: { limit: 100, per: 1000 } }, burst: 100 })
      await limiter.acquire({ tokens: 90 })
      const large = createTask(() => limiter.acquire({ tokens: 100 }))
      const small = createTask(() => limiter.acquire({ tokens: 10 }))
      await sleep(0)
      expect(limiter.statistics().waiting).toBe(2)
      large.cancel()
      await small
      expect(now()).toBe(0)
      await expect(joinOnly(large)).rejects.toBeInstanceOf(CancelledError)
      expect(limiter.statistics()).toMatchObject({ waiting: 0, running: 2, available: { tokens: 0 } })
    }))

  it("a waiter cancelled in the turn it was admitted gives cost and slot to the next", () =>
    runVirtual(async () => {
      const limiter = new RateLimiter({ ...tenASecond, burst: 1, concurrency: 1 })
      const held = await limiter.acquire()
      const first = createTask(() => limiter.acquire())
      const second = createTask(() => limiter.acquire())
      await sleep(500)
      const canceller = createTask(async () => {
        first.cancel()
      })
      held.release()
      expect(limiter.statistics()).toMatchObject({ waiting: 1, running: 1, available: { requests: 0 } })
      await canceller
      const permit = await second
      expect(now()).toBe(500)
      expect(limiter.statistics()).toMatchObject({ waiting: 0, running: 1, available: { requests: 0 } })
      permit.release()
      await joinOnly(first).catch(() => {})
    }))

  it("the last waiter cancelled leaves no timer", () =>
    runVirtual(async () => {
      const limiter = new RateLimiter({ budgets: { requests: { limit: 1, per: 1e9 } } })
      await limiter.acquire()
      const waiter = createTask(() => limiter.acquire())
      await sleep(0)
      expect(timerCount()).toBe(1)
      waiter.cancel()
      await joinOnly(waiter).catch(() => {})
      expect(timerCount()).toBe(0)
    }))

  it("rejects when the signal has aborted already, and takes nothing", () =>
    runVirtual(async () => {
      const limiter = new RateLimiter(tenASecond)
      const before = limiter.statistics()
      const reason = new Error("gone")
      const options = { signal: AbortSignal.abort(reason) }
      await expect(limiter.acquire({}, options)).rejects.toBe(reason)
      await expect(limiter.run(() => 1, {}, options)).rejects.toBe(reason)
      expect(limiter.statistics()).toEqual(before)
    }))

  it("leaves the line on a signal or after a limit, and leaves no listener and no timer", () =>
    runVirtual(async () => {
      const limiter = new RateLimiter({ ...tenASecond, burst: 1 })
      await limiter.acquire()
      const controller = new AbortController()
      const { signal } = controller
      const waiter = createTask(() => limiter.acquire({}, { signal }))
      await sleep(0)
      controller.abort("reason")
      await expect(joinOnly(waiter)).rejects.toBe("reason")
      await expect(limiter.acquire({}, { timeout: 50 })).rejects.toBeInstanceOf(TimeoutError)
      expect(now()).toBe(50)
      expect(limiter.statistics().waiting).toBe(0)
      const lasting = new AbortController().signal
      await limiter.acquire({}, { signal: lasting, timeout: 5000 })
      expect(getEventListeners(lasting, "abort")).toHaveLength(0)
      expect(timerCount()).toBe(0)
    }))
})

describe("numbers that make no sense", () => {
  it("are refused when the limiter is made", () => {
    const budgets = { a: { limit: 10, per: 1000 } }
    const make = (options: object) => () => new RateLimiter({ budgets, ...options })
    expect(make({ concurrency: 0 })).toThrow(
      new RangeError("Expected `concurrency` to be an integer from 1 up, got `0` (number)"),
    )
    expect(make({ concurrency: 1.5 })).toThrow(RangeError)
    expect(make({ concurrency: "3" })).toThrow(TypeError)
    expect(make({ burst: 0 })).toThrow(RangeError)
    expect(make({ burst: Infinity })).toThrow(RangeError)
    expect(make({ burst: { a: NaN } })).toThrow("Expected `burst.a` to be a number above 0")
    expect(make({ burst: { c: 1 } })).toThrow("Expected a burst of a, got `c`")
    for (const budget of [
      { limit: 0, per: 1000 },
      { limit: Infinity, per: 1000 },
      { limit: 10, per: 0 },
      { limit: 10, per: Infinity },
      { limit: NaN, per: 1000 },
    ]) {
      expect(make({ budgets: { a: budget } })).toThrow(RangeError)
    }
    expect(make({ concurrency: Infinity })).not.toThrow()
  })

  it("are refused as a cost", () =>
    runVirtual(async () => {
      const limiter = new RateLimiter(tenASecond)
      for (const requests of [-1, NaN, Infinity]) {
        await expect(limiter.acquire({ requests })).rejects.toBeInstanceOf(RangeError)
      }
      await expect(limiter.acquire({ requests: "1" as unknown as number })).rejects.toBeInstanceOf(TypeError)
      await expect(limiter.acquire({ request: 1 })).rejects.toThrow(
        "Expected a cost of requests, got `request`",
      )
      await expect(limiter.acquire(3 as never)).rejects.toThrow(
        new TypeError("Expected `cost` to be an object of numbers by budget, got `3` (number)"),
      )
      expect(limiter.statistics()).toMatchObject({ running: 0, waiting: 0 })
    }))
})
