// The histogram keeps three digits, from microseconds to days.

import { describe, expect, it } from "vitest"
import { Histogram } from "../../src/base/histogram.ts"

describe("Histogram", () => {
  it("knows nothing before the first value", () => {
    const histogram = new Histogram()
    expect(histogram.percentile(0.5)).toBeNull()
    expect([histogram.count, histogram.mean, histogram.max]).toEqual([0, 0, 0])
  })

  it.each([0.01, 0.099, 0.1, 1, 9.99, 10, 12.3, 99, 100, 101, 999, 1000, 54_321, 86_400_000])(
    "gives %d back to three digits, rounded up",
    (value) => {
      const histogram = new Histogram()
      histogram.record(value)
      histogram.record(1e9)
      const got = histogram.percentile(0.5) ?? 0
      expect(got).toBeGreaterThanOrEqual(value * 0.999999)
      expect(got).toBeLessThanOrEqual(value * 1.01 + 1e-9)
    },
  )

  it("agrees with sorting on percentiles of many values", () => {
    const histogram = new Histogram()
    const values: number[] = []
    let seed = 42
    for (let n = 0; n < 20_000; n++) {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
      const value = 5 + (seed / 2 ** 32) ** 3 * 2000
      values.push(value)
      histogram.record(value)
    }
    values.sort((a, b) => a - b)
    for (const share of [0.01, 0.5, 0.9, 0.99, 1]) {
      const exact = values[Math.ceil(values.length * share) - 1] ?? 0
      const got = histogram.percentile(share) ?? 0
      expect(got / exact).toBeGreaterThan(0.999)
      expect(got / exact).toBeLessThan(1.01)
    }
    expect(histogram.mean).toBeCloseTo(values.reduce((sum, value) => sum + value) / values.length, 6)
  })

  it("never exceeds the largest value", () => {
    const histogram = new Histogram()
    for (const value of [3.01, 3.02]) histogram.record(value)
    expect(histogram.percentile(0.99)).toBe(3.02)
  })

  it("puts values outside its range into the first and last bucket", () => {
    const histogram = new Histogram()
    for (const value of [0, -1, 1e-9, 1e15]) histogram.record(value)
    expect(histogram.count).toBe(4)
    expect(histogram.percentile(1)).toBeGreaterThan(1e9)
  })

  it("adds up", () => {
    const [one, other, both] = [new Histogram(), new Histogram(), new Histogram()]
    for (let n = 1; n < 100; n++) {
      ;(n % 2 === 0 ? one : other).record(n)
      both.record(n)
    }
    one.add(other)
    for (const share of [0.1, 0.5, 0.9, 1]) expect(one.percentile(share)).toBe(both.percentile(share))
    expect([one.count, one.mean, one.max]).toEqual([both.count, both.mean, both.max])
  })

  it("lays its values out in bars of equal ratio, none lost", () => {
    const histogram = new Histogram()
    for (let n = 0; n < 3000; n++) histogram.record(100 * 10 ** ((n % 1000) / 1000))
    const { edges, counts } = histogram.bars(40)
    expect([edges.length, counts.length]).toEqual([41, 40])
    expect(counts.reduce((sum, count) => sum + count)).toBe(3000)
    expect(edges[0]).toBeCloseTo(100, 6)
    expect((edges[40] ?? 0) / 998).toBeLessThan(1.01)
    for (const [bar, edge] of edges.slice(1).entries())
      expect(edge / (edges[bar] ?? 0)).toBeCloseTo((edges[1] ?? 0) / 100, 9)
    // As many in each, since the values are spread evenly over the logarithm.
    for (const count of counts) expect(Math.abs(count - 75)).toBeLessThanOrEqual(20)
  })

  it("draws no bars narrower than it knows its values", () => {
    const histogram = new Histogram()
    expect(histogram.bars(40)).toEqual({ edges: [], counts: [] })
    for (const value of [500, 501, 503]) histogram.record(value)
    expect(histogram.bars(40).counts).toEqual([3])
  })
})
