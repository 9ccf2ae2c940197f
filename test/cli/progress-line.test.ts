// What is on the screen: never wider than the window, the counts to the last.

import { describe, expect, it } from "vitest"
import type { BatchSnapshot } from "../../src/batch/index.ts"
import { clockText, durationText, numberText, rateText } from "../../src/cli/number-text.ts"
import { plainProgressLine, progressLine } from "../../src/cli/progress-line.ts"
import { RateWindow } from "../../src/cli/rate-window.ts"
import { rates, snapshot } from "./progress-figures.ts"

const look = { width: 120, colour: false }

describe("progressLine()", () => {
  it("tells all in a wide window", () => {
    expect(progressLine(snapshot, rates, look)).toBe(
      "[##########--------------] 45%  594/1,319  4 failed  0:15 left  48.2 req/s  32 in flight  12 retries  3,120 tokens/s",
    )
  })

  it("is never wider than the window, and keeps the counts as long as they fit", () => {
    for (let width = 1; width <= 130; width++) {
      const line = progressLine(snapshot, rates, { width, colour: false })
      expect(line.length, `at ${width}`).toBeLessThanOrEqual(width)
      expect(line.includes("594/1,319"), `at ${width}`).toBe(width >= 9)
    }
  })

  it("adds colours without changing what is seen", () => {
    for (const width of [20, 60, 120]) {
      const coloured = progressLine(snapshot, rates, { width, colour: true })
      // oxlint would have us avoid control characters in a pattern: split instead.
      const bare = coloured
        .split("\x1b")
        .map((part, n) => (n === 0 ? part : part.replace(/^\[\d+m/, "")))
        .join("")
      expect(bare).toBe(progressLine(snapshot, rates, { width, colour: false }))
    }
    expect(progressLine(snapshot, rates, { ...look, colour: true })).toContain("\x1b[31m4 failed\x1b[39m")
  })

  it("tells how long a pause still lasts in place of the time left", () => {
    expect(progressLine({ ...snapshot, pausedFor: 61_000 }, rates, look)).toContain("paused 1:01")
  })

  it("marks a total that is an estimate, and leaves it out while there is none", () => {
    expect(progressLine({ ...snapshot, total: null }, rates, look)).toContain("594/~1,311")
    expect(progressLine({ ...snapshot, total: null, readShare: 0 }, rates, look)).toContain("594 done")
  })
})

describe("plainProgressLine()", () => {
  it("is one line without control characters", () => {
    expect(plainProgressLine(snapshot, { ...rates, left: null })).toBe(
      "594/1,319, 4 failed, -:-- left, 48.2 req/s, 32 in flight, 12 retries, 3,120 tokens/s",
    )
  })
})

describe("RateWindow", () => {
  const at = (elapsed: number, succeeded: number): BatchSnapshot => ({
    ...snapshot,
    elapsed,
    succeeded,
    failed: 0,
    invalid: 0,
    total: 1e3,
    tokens: {
      input: 0,
      output: 0,
      total: succeeded * 10,
    },
  })

  it("measures over the last ten seconds, not since the beginning", () => {
    const window = new RateWindow()
    for (let second = 1; second <= 20; second++) window.add(at(second * 1000, second * 2))
    for (let second = 21; second < 40; second++) window.add(at(second * 1000, 40 + (second - 20) * 10))
    expect(window.add(at(40_000, 240))).toEqual({ requests: 10, tokens: 100, left: 76_000 })
  })

  it("says nothing of the time left while nothing moves", () => {
    expect(new RateWindow().add(at(1000, 0))).toEqual({ requests: 0, tokens: 0, left: null })
    expect(new RateWindow().add(at(0, 0)).left).toBeNull()
  })
})

describe("numbers as text", () => {
  it.each([
    [0, "0"],
    [999, "999"],
    [1000, "1,000"],
    [1234567.8, "1,234,568"],
  ])("numberText(%d) is %s", (value, text) => {
    expect(numberText(value)).toBe(text)
  })

  it.each([
    [0.04, "0.0"],
    [12.34, "12.3"],
    [340.2, "340"],
    [9990, "9,990"],
    [12_345, "12.3k"],
    [1_234_567, "1,235k"],
  ])("rateText(%d) is %s", (value, text) => {
    expect(rateText(value)).toBe(text)
  })

  it.each([
    [0.5, "0.5 ms"],
    [48.2, "48 ms"],
    [1250, "1.25 s"],
    [12_340, "12.3 s"],
    [125_000, "2:05"],
    [3_725_000, "1:02:05"],
  ])("durationText(%d) is %s", (ms, text) => {
    expect(durationText(ms)).toBe(text)
  })

  it("clockText keeps its shape", () => {
    expect([0, 7000, 3_599_499, 3_600_000].map(clockText)).toEqual(["0:00", "0:07", "59:59", "1:00:00"])
  })
})
