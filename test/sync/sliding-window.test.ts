// What a window counts, from when to when, and how long a cost has to wait.
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { SlidingWindow } from "../../src/sync/sliding-window.ts"

describe("SlidingWindow", () => {
  it("counts what was taken in the stretch that ends now, and at most a six-hundredth longer", () => {
    const window = new SlidingWindow(10, 60_000, 0)
    window.add(4, 50)
    window.add(3, 30_000)
    expect(window.used(60_049)).toBe(7)
    expect(window.used(60_100)).toBe(3)
    expect(window.used(90_100)).toBe(0)
  })

  it("tells when a cost fits: not a moment before enough is too old", () => {
    const window = new SlidingWindow(10, 60_000, 0)
    window.add(4, 50)
    window.add(6, 30_000)
    expect(window.delay(1, 30_000)).toBeCloseTo(30_100, 3)
    expect(window.delay(4, 30_000)).toBeCloseTo(30_100, 3)
    expect(window.delay(5, 30_000)).toBeCloseTo(60_100, 3)
    expect(window.delay(0, 30_000)).toBe(0)
  })

  it("a cost above the limit fits when nothing else counts", () => {
    const window = new SlidingWindow(10, 1000, 0)
    expect(window.delay(99, 0)).toBe(0)
    window.add(1, 0)
    expect(window.delay(99, 0)).toBeGreaterThanOrEqual(1000)
  })

  it("corrects an amount in the slot it was taken in, and not when that is past", () => {
    const window = new SlidingWindow(10, 1000, 0)
    window.add(10, 0)
    window.correct(-8, 0, 500)
    expect(window.used(500)).toBe(2)
    expect(window.delay(8, 500)).toBe(0)
    window.correct(-2, 0, 5000)
    expect(window.used(5000)).toBe(0)
  })

  it("what rounding has left in the sum holds nobody up", () => {
    const window = new SlidingWindow(1, 1000, 0)
    window.add(2 ** 53, 0)
    window.add(1.5, 500)
    expect(window.used(1100)).toBe(2)
    expect(window.delay(1, 1100)).toBe(0)
  })

  it("goes on when another clock with an earlier time is put in", () => {
    const window = new SlidingWindow(10, 1000, 90_000)
    window.add(10, 90_000)
    expect(window.used(0)).toBe(0)
    window.add(3, 0)
    expect(window.used(10)).toBe(3)
  })

  it("whoever waits as long as it says never breaks the limit in any stretch", () =>
    fc.assert(
      fc.property(
        fc.array(fc.record({ wait: fc.nat(40), cost: fc.integer({ min: 1, max: 10 }) }), { maxLength: 200 }),
        fc.constantFrom(1000, 700, 60_000),
        (jobs, per) => {
          const window = new SlidingWindow(25, per, 3)
          const taken: { time: number; cost: number }[] = []
          let now = 3
          for (const { wait, cost } of jobs) {
            now += wait
            now += window.delay(cost, now)
            expect(window.delay(cost, now)).toBe(0)
            window.add(cost, now)
            taken.push({ time: now, cost })
            const sum = taken.filter(({ time }) => time > now - per).reduce((all, { cost }) => all + cost, 0)
            expect(sum).toBeLessThanOrEqual(25)
          }
        },
      ),
    ))
})
