// The block of a run on a terminal: each line in its place, none wider than the window.

import { describe, expect, it } from "vitest"
import type { Bottleneck } from "../../src/batch/index.ts"
import { bottleneckText } from "../../src/cli/bottleneck-text.ts"
import { progressBlock } from "../../src/cli/progress-block.ts"
import { runVirtual } from "../../src/testing/index.ts"
import { pace, rates, snapshot } from "./progress-figures.ts"

const look = { width: 120, colour: false, isUnicode: true }

describe("progressBlock()", () => {
  it("tells counts, statuses, times, limits and what the run waits for", () => {
    expect(progressBlock(snapshot, pace, rates, look)).toEqual([
      "[##########--------------] 45%  594/1,319  4 failed  0:15 left  48.2 req/s  32 in flight  12 retries  3,120 tokens/s",
      "lines     590 answered  3 failed  1 invalid",
      "requests  32 of 40 in flight  12 retries, 2 waiting  200: 590, 429: 12, no answer: 1",
      "latency   p50 420 ms  p90 1.20 s  p99 3.41 s  80 ms ▁ █▄▂▁ 3.90 s",
      "limits     99% used of 90,000 input tokens a minute for gpt-x: 89,500",
      "           67% used of 3,000 requests a minute for gpt-x: 2,000",
      "now       waiting for the limit of gpt-x: 90,000 input tokens a minute",
    ])
  })

  it("draws the histogram in ASCII where the terminal knows nothing else", () => {
    const [, , , latency] = progressBlock(snapshot, pace, rates, { ...look, isUnicode: false })
    expect(latency).toContain("80 ms . @=:. 3.90 s")
  })

  it("is never wider than the window, with and without colours", () => {
    for (let width = 1; width <= 130; width++) {
      const lines = progressBlock(snapshot, pace, rates, { ...look, width })
      for (const line of lines) expect(line.length, `${line} at ${width}`).toBeLessThanOrEqual(width)
      const coloured = progressBlock(snapshot, pace, rates, { ...look, width, colour: true })
      const bare = coloured.map((line) => {
        const [first = "", ...parts] = line.split("\x1b[")
        return first + parts.map((part) => part.slice(part.indexOf("m") + 1)).join("")
      })
      expect(bare).toEqual(lines)
    }
  })

  it("shows the four fullest limits", () => {
    const limits = [1, 5, 3, 2, 4].map((used) => ({ ...pace.limits[0]!, model: `m${used}`, used }))
    const block = progressBlock(snapshot, { ...pace, limits }, rates, look).join("\n")
    expect(block.match(/for m\d/g)).toEqual(["for m5", "for m4", "for m3", "for m2"])
  })

  it("tells what the run costs as soon as that is known, or that it is not", () => {
    const costLine = (cost: Partial<typeof snapshot.cost>): string | undefined =>
      progressBlock({ ...snapshot, cost: { ...snapshot.cost, ...cost } }, pace, rates, look).find((line) =>
        line.startsWith("cost"),
      )
    expect(costLine({})).toBeUndefined()
    expect(costLine({ known: 0.42, projected: 0.94, maybeBilled: 0.02 })).toBe(
      "cost      $0.42 so far  about $0.94 in all  up to $0.020 more maybe billed",
    )
    expect(costLine({ unknownAnswers: 590, total: null })).toBe("cost      unknown for 590 answers")
  })

  it("has a line for latency before the first answer", () => {
    expect(progressBlock(snapshot, { ...pace, latency: null }, rates, look)[3]).toBe(
      "latency   no answer yet",
    )
  })
})

describe("bottleneckText()", () => {
  const cases: readonly [Bottleneck, string | RegExp][] = [
    [{ kind: "concurrency", places: 64, most: 64 }, "server latency: all 64 places are taken"],
    [
      { kind: "concurrency", places: 20, most: 100 },
      "server latency: all 20 places are taken, finding out whether the server takes up to 100",
    ],
    [{ kind: "server", inFlight: 3 }, "server latency: the last 3 answers"],
    [{ kind: "retry", requests: 2 }, "waiting to repeat 2 requests"],
    [{ kind: "writing", records: 40 }, "writing: 40 records on their way to the disk"],
    [{ kind: "input" }, "reading the input"],
    [{ kind: "stopping", message: "no credit" }, "stopping: no credit"],
    [
      { kind: "pause", model: "m", left: 12_000, cause: "Retry-After of HTTP 429" },
      /^paused until \d\d:\d\d:\d\d: Retry-After of HTTP 429$/,
    ],
    [
      { kind: "pause", model: "m", left: 80, cause: "HTTP 429" },
      "letting requests to m in one by one after a pause: HTTP 429",
    ],
  ]

  it.each(cases)("names %j", (bottleneck, text) =>
    runVirtual(async () => {
      expect(bottleneckText(bottleneck)).toMatch(text)
    }),
  )
})
