// Waiting for a time of the clock.
import { describe, expect, it } from "vitest"
import { clock, timerCount } from "../../src/core/lowlevel.ts"
import { CancelledError, TimeoutError, createTask, joinOnly, sleep, sleepUntil } from "../../src/index.ts"
import { now, runVirtual, steps } from "../../src/testing/index.ts"

describe("sleepUntil()", () => {
  it("wakes at that time of the clock", () =>
    runVirtual(async () => {
      await sleep(7)
      expect(await sleepUntil(20)).toBe(undefined)
      expect(now()).toBe(20)
    }))

  it("never before it, whatever the rounding of the difference", () =>
    runVirtual(async () => {
      let roundedDown = 0
      // A difference is exact up to twice the smaller number, hence the larger steps.
      for (let time = 0.1; time < 1e9; time = time * 2.7 + 0.3) {
        if (now() + (time - now()) < time) roundedDown += 1
        await sleepUntil(time)
        expect(now()).toBeGreaterThanOrEqual(time)
        expect(now() - time).toBeLessThan(1e-6)
      }
      expect(roundedDown).toBeGreaterThan(0)
    }))

  it("a time that has passed gives the others one turn", () =>
    runVirtual(async () => {
      await sleep(50)
      for (const time of [50, 0, -Infinity]) {
        const { step, finish } = steps()
        const other = createTask(async () => step(1))
        await sleepUntil(time)
        finish(2)
        await other
      }
      expect(now()).toBe(50)
    }))

  it("takes its timer back when it is cancelled, or its signal aborts, or its limit is over", () =>
    runVirtual(async () => {
      const task = createTask(() => sleepUntil(1000))
      await sleep(1)
      task.cancel()
      await expect(joinOnly(task)).rejects.toBeInstanceOf(CancelledError)
      await expect(sleepUntil(1000, { signal: AbortSignal.abort("stop") })).rejects.toBe("stop")
      await expect(sleepUntil(1000, { timeout: 5 })).rejects.toBeInstanceOf(TimeoutError)
      expect(now()).toBe(6)
      expect(timerCount()).toBe(0)
    }))

  it("refuses what is no time, and says which argument", () =>
    runVirtual(async () => {
      await expect(sleepUntil(NaN)).rejects.toThrow(
        new RangeError("Expected `time` to be milliseconds, got `NaN` (number)"),
      )
      await expect(sleepUntil(new Date() as never)).rejects.toThrow(TypeError)
    }))

  it("works outside a run, on the platform's clock", async () => {
    const time = clock.now() + 3
    await sleepUntil(time)
    expect(clock.now()).toBeGreaterThanOrEqual(time)
  })

  it("does not come early where the difference of two times is rounded down", () =>
    runVirtual(async () => {
      await sleep(1.1)
      const time = 5.21
      expect(now() + (time - now())).toBeLessThan(time)
      await sleepUntil(time)
      expect(now()).toBe(time)
    }))
})
