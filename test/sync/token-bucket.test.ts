// Levels of a bucket: refill, debt, and rounding that does not add up.
import { describe, expect, it } from "vitest"
import { TokenBucket } from "../../src/sync/token-bucket.ts"

describe("TokenBucket", () => {
  it("starts full, is refilled continuously, and never holds more than the burst", () => {
    const bucket = new TokenBucket({ limit: 10, per: 1000 }, 5, 0)
    expect(bucket.level(0)).toBe(5)
    bucket.add(-5, 0)
    expect(bucket.level(100)).toBe(1)
    expect(bucket.level(250)).toBe(2.5)
    expect(bucket.level(10_000)).toBe(5)
    bucket.add(100, 10_000)
    expect(bucket.level(10_000)).toBe(5)
  })

  it("tells how long a cost has to wait; one above the burst waits for a full bucket", () => {
    const bucket = new TokenBucket({ limit: 10, per: 1000 }, 5, 0)
    expect(bucket.delay(5, 0)).toBe(0)
    expect(bucket.delay(8, 0)).toBe(0)
    bucket.add(-8, 0)
    expect(bucket.level(0)).toBe(-3)
    expect(bucket.delay(1, 0)).toBe(400)
    expect(bucket.delay(8, 0)).toBe(800)
    expect(bucket.delay(1, 400)).toBe(0)
  })

  it("lets through what costs nothing, in debt as well", () => {
    const bucket = new TokenBucket({ limit: 1, per: 1000 }, 1, 0)
    bucket.add(-10, 0)
    expect(bucket.delay(0, 0)).toBe(0)
  })

  it("waiting as long as it says is always enough, at any time, rate and size", () => {
    for (const [limit, per] of [
      [1e9, 60_000],
      [1 / 3, 7],
      [123_456_789, 1],
      [60, 60_000],
    ] as const) {
      for (const start of [0, 86_400_000, 1e12]) {
        const burst = limit / 10
        const bucket = new TokenBucket({ limit, per }, burst, start)
        let now = start
        for (let i = 0; i < 1000; i += 1) {
          const cost = burst * ((i * 0.37) % 1)
          const delay = bucket.delay(cost, now)
          now += delay
          expect(bucket.delay(cost, now)).toBe(0)
          bucket.add(-cost, now)
        }
      }
    }
  })

  it("goes on when another clock with an earlier time is put in", () => {
    const bucket = new TokenBucket({ limit: 10, per: 1000 }, 5, 50_000)
    bucket.add(-5, 50_000)
    expect(bucket.level(0)).toBe(0)
    expect(bucket.level(100)).toBe(1)
  })
})
