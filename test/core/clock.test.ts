import { AsyncLocalStorage } from "node:async_hooks"
import { describe, expect, it } from "vitest"
import { afterPoll, clock, installClock } from "../../src/core/lowlevel.ts"
import { inMicrotask, whenQuiet } from "../../src/core/clock.ts"
import { microtasks } from "./outcomes.ts"

describe("the clock", () => {
  it("is the platform's", () => {
    expect(Math.abs(clock.now() - performance.now())).toBeLessThan(50)
    expect(Math.abs(clock.wallTime() - Date.now())).toBeLessThan(50)
    const values = Array.from({ length: 100 }, () => clock.random())
    expect(values.every((value) => value >= 0 && value < 1)).toBe(true)
    expect(new Set(values).size).toBeGreaterThan(90)
  })

  it("can be put in and out, in a stack", () => {
    const fake = (time: number): typeof clock => ({ ...clock, now: () => time })
    const first = installClock(fake(1))
    const second = installClock(fake(2))
    expect(clock.now()).toBe(2)
    second()
    expect(clock.now()).toBe(1)
    first()
    expect(clock.now()).toBeGreaterThan(2)
  })

  it("timers fire outside of whatever context started them, and can be cleared", async () => {
    const storage = new AsyncLocalStorage<string>()
    const seen = await storage.run(
      "starter",
      () =>
        new Promise<unknown>((resolve) => {
          const never = clock.startTimer(1, () => resolve("not cleared"))
          never.clear()
          const timer = clock.startTimer(5, () => resolve(storage.getStore()))
          timer.unref()
          timer.ref()
        }),
    )
    expect(seen).toBeUndefined()
  })

  it("inMicrotask is before whenQuiet, which is after all microtasks, and afterPoll last", async () => {
    const log: string[] = []
    await new Promise<void>((resolve) => {
      afterPoll(() => {
        log.push("poll")
        resolve()
      })
      whenQuiet(() => log.push("quiet"))
      inMicrotask(() => log.push("microtask"))
      void (async () => {
        await microtasks(100)
        log.push("hundred microtasks")
      })()
    })
    expect(log).toEqual(["microtask", "hundred microtasks", "quiet", "poll"])
  })
})
