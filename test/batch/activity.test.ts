// What happened when: nothing is lost however long the run, and idle stretches cost nothing.

import { describe, expect, it } from "vitest"
import { Activity } from "../../src/batch/activity.ts"
import type { ReportTimeline } from "../../src/batch/batch-report.ts"

const monday = Date.UTC(2026, 0, 5, 12)
const good = { isGood: true, tokens: 10 }
const bad = { isGood: false, tokens: 0 }

function drawn(activity: Activity, until: number | null = null): ReportTimeline & { elapsed: number } {
  const all = activity.timeline(until)
  if (all === null) throw new Error("nothing happened")
  return { ...all.timeline, elapsed: all.elapsed }
}

/** What a line of rates adds up to; its ends may stand for less than a whole point. */
const inAll = (rates: readonly number[], width: number): number =>
  rates.reduce((sum, rate) => sum + (rate * width) / 1000, 0)

describe("Activity", () => {
  it("has no line before the first attempt", () => {
    expect(new Activity().timeline()).toBeNull()
  })

  it("knows how many were on their way, and when they ended", () => {
    const activity = new Activity()
    // Ten at a time for a minute, each for a second: ten answers a second, ten on their way.
    for (let second = 0; second < 60; second++) {
      for (let n = 0; n < 10; n++) activity.attempt(monday + second * 1000 + n * 100, 1000, good)
    }
    const { begins, width, answers, tokens, inFlight, failures, elapsed, breaks } = drawn(activity)
    expect(begins).toBe(new Date(monday).toISOString())
    expect(elapsed).toBe(60_900)
    expect(breaks).toEqual([])
    const middle = Math.floor(answers.length / 2)
    expect(answers[middle]).toBeCloseTo(10, 0)
    expect(tokens[middle]).toBeCloseTo(100, -1)
    expect(inFlight[middle]).toBeCloseTo(10, 1)
    expect(new Set(failures)).toEqual(new Set([0]))
    expect(answers.length).toBeLessThanOrEqual(240)
    expect(width).toBeGreaterThanOrEqual(100)
  })

  it("does not mind in which order attempts are told", () => {
    const [one, other] = [new Activity(), new Activity()]
    const starts = Array.from({ length: 500 }, (_, n) => monday + n * 137)
    for (const start of starts) one.attempt(start, 900, good)
    for (const start of starts.toReversed()) other.attempt(start, 900, good)
    expect(other.timeline()).toEqual(one.timeline())
  })

  it.each([1000, 20_000, 200_000])("loses none of %d attempts, and stays a few points", (count) => {
    const activity = new Activity()
    for (let n = 0; n < count; n++) activity.attempt(monday + n * 400, 3000, n % 10 === 0 ? bad : good)
    const { answers, failures, width, at } = drawn(activity)
    expect(at.length).toBeLessThanOrEqual(240)
    const sum = inAll(answers, width) + inAll(failures, width)
    expect(sum / count).toBeGreaterThan(0.97)
    expect(sum / count).toBeLessThan(1.05)
    expect(inAll(failures, width) / sum).toBeCloseTo(0.1, 1)
  })

  it("cuts a week of nothing out and says where", () => {
    const activity = new Activity()
    const week = 7 * 86_400_000
    for (const begin of [monday, monday + week]) {
      for (let n = 0; n < 600; n++) activity.attempt(begin + n * 100, 500, good)
    }
    const { breaks, at, width, elapsed } = drawn(activity)
    expect(breaks).toHaveLength(1)
    expect(breaks[0]?.idle).toBeGreaterThan(week - 62_000 - 2 * width)
    expect(at.at(-1)).toBeLessThan(122_000)
    expect(elapsed).toBeLessThan(123_000)
    expect(width).toBeLessThanOrEqual(3200)
  })

  it("draws a request that hangs for hours without a bucket for each moment of it", () => {
    const activity = new Activity()
    activity.attempt(monday, 6 * 3_600_000, bad)
    const { inFlight, at } = drawn(activity)
    expect(at.length).toBeLessThanOrEqual(240)
    for (const value of inFlight.slice(1, -1)) expect(value).toBeCloseTo(1, 6)
  })

  it("goes on to the present of a run that hangs, and has what was seen on its way", () => {
    const activity = new Activity()
    for (let n = 0; n < 100; n++) activity.attempt(monday + n * 100, 100, good)
    for (let n = 0; n < 40; n++) activity.sample(monday + n * 1000, 7)
    const { answers, inFlight, elapsed } = drawn(activity, monday + 40_000)
    expect(elapsed).toBe(40_000)
    expect(answers.at(-1)).toBe(0)
    expect(inFlight.at(-1)).toBe(7)
  })

  it("waits with the newest point of a run that goes on until it is half there", () => {
    const activity = new Activity()
    for (let n = 0; n < 2000; n++) activity.attempt(monday + n * 10, 100, good)
    const { width } = drawn(activity, monday + 20_100)
    const start = Math.ceil((monday + 20_100) / width) * width
    const points = (after: number): number => drawn(activity, start + after * width).at.length
    expect(points(0.25)).toBe(points(0))
    expect(points(0.75)).toBe(points(0) + 1)
  })

  it("passes over moments that are none", () => {
    const activity = new Activity()
    activity.attempt(Number.NaN, 100, good)
    activity.attempt(monday, Infinity, good)
    expect(activity.timeline()).toBeNull()
  })
})
