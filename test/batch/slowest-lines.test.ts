import { describe, expect, it } from "vitest"
import type { SlowLine } from "../../src/batch/batch-report.ts"
import { SlowestLines } from "../../src/batch/slowest-lines.ts"

const slow = (customId: string, latency: number): SlowLine => ({
  customId,
  latency,
  line: null,
  model: "",
  isAnswered: true,
  waited: 0,
  attempts: 1,
  outputTokens: null,
})

describe("SlowestLines", () => {
  it("agrees with sorting, and keeps the earlier of two that took the same", () => {
    const lines = Array.from({ length: 500 }, (_, n) => slow(`line-${n}`, (n * 7919) % 101))
    const slowest = new SlowestLines(12)
    for (const line of lines) slowest.add(line)
    expect(slowest.lines).toEqual(lines.toSorted((one, other) => other.latency - one.latency).slice(0, 12))
  })

  it("has fewer than it may have while there are no more", () => {
    const slowest = new SlowestLines(3)
    expect(slowest.lines).toEqual([])
    for (const latency of [5, 9]) slowest.add(slow("a", latency))
    expect(slowest.lines.map(({ latency }) => latency)).toEqual([9, 5])
  })
})
