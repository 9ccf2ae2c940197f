// How long to wait before the next attempt: growth, bounds, jitter.
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { backoff } from "../../src/index.ts"
import { runVirtual } from "../../src/testing/index.ts"

describe("backoff()", () => {
  it("doubles from the first step up to the longest", () => {
    const options = { delay: 100, jitter: false, maxDelay: 500 }
    expect([1, 2, 3, 4, 5].map((attempt) => backoff(attempt, options))).toEqual([100, 200, 400, 500, 500])
  })

  it("grows by another factor, or not at all", () => {
    expect([1, 2, 3].map((n) => backoff(n, { delay: 10, factor: 3, jitter: false }))).toEqual([10, 30, 90])
    expect([1, 2, 3].map((n) => backoff(n, { delay: 10, factor: 1, jitter: false }))).toEqual([10, 10, 10])
  })

  it("stays a number for ever", () => {
    expect(backoff(5000, { delay: 0 })).toBe(0)
    expect(backoff(5000, { delay: 10, maxDelay: 700, jitter: false })).toBe(700)
    expect(backoff(5000, { delay: 10, jitter: false })).toBe(Number.MAX_VALUE)
    expect(backoff(5000, { delay: 10 })).not.toBeNaN()
    expect(backoff(5000, { delay: 0, factor: 0, jitter: false })).toBe(0)
  })

  it("draws evenly between zero and the step, the same for the same seed", async () => {
    const draw = (seed: number): Promise<number[]> =>
      runVirtual(async () => Array.from({ length: 2000 }, () => backoff(3, { delay: 100 })), { seed })
    const drawn = await draw(7)
    expect(Math.min(...drawn)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...drawn)).toBeLessThan(400)
    const mean = drawn.reduce((sum, one) => sum + one, 0) / drawn.length
    expect(mean).toBeGreaterThan(185)
    expect(mean).toBeLessThan(215)
    expect(await draw(7)).toEqual(drawn)
    expect(await draw(8)).not.toEqual(drawn)
  })

  it("never leaves its bounds", () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3000 }),
        fc.double({ min: 0, max: 1e6, noNaN: true }),
        fc.double({ min: 0, max: 10, noNaN: true }),
        fc.double({ min: 0, max: 1e6, noNaN: true }),
        (attempt, delay, factor, maxDelay) => {
          const pause = backoff(attempt, { delay, factor, maxDelay })
          expect(pause).toBeGreaterThanOrEqual(0)
          expect(pause).toBeLessThanOrEqual(maxDelay)
        },
      ),
    ))

  it("refuses what is no number", () => {
    expect(() => backoff(0, { delay: 10 })).toThrow(RangeError)
    expect(() => backoff(1, { delay: -1 })).toThrow(
      new RangeError("Expected `delay` to be a number from 0 up, got `-1` (number)"),
    )
    expect(() => backoff(1, { delay: NaN })).toThrow(RangeError)
    expect(() => backoff(1, { delay: "10" as unknown as number })).toThrow(TypeError)
    expect(() => backoff(1, { delay: 10, factor: NaN })).toThrow(RangeError)
    expect(() => backoff(1, { delay: 10, maxDelay: -5 })).toThrow(RangeError)
  })
})
