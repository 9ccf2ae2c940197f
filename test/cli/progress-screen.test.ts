// The screen of a run: one write a frame, drawn over the last, and nothing of it left at the end.

import { describe, expect, it } from "vitest"
import type { Bottleneck } from "../../src/batch/index.ts"
import { ProgressScreen, type ProgressOptions, type ScreenTarget } from "../../src/cli/progress-screen.ts"
import { runVirtual } from "../../src/testing/index.ts"
import { moveOnAfter } from "../../src/time/index.ts"
import { pace, snapshot } from "./progress-figures.ts"

const run = { snapshot: () => snapshot, pace: () => pace }
const sized = (columns: number, rows: number) => (): [number, number] => [columns, rows]
const terminal = { isTTY: true, getWindowSize: sized(100, 30) }
const [begin, end] = ["\x1b[?2026h", "\x1b[?2026l"]

function screen(target: Omit<ScreenTarget, "write">, env: ProgressOptions["env"] = { NO_COLOR: "1" }) {
  const written: string[] = []
  const shown = { ...target, write: (text: string): unknown => written.push(text) }
  return { written, shown, screen: new ProgressScreen(shown, { env }) }
}

describe("ProgressScreen on a terminal", () => {
  it("draws ten times a second, each frame in one write over the last, and takes it away at the end", async () => {
    const { written, screen: block } = screen(terminal)
    await runVirtual(async () => {
      await moveOnAfter(450, () => block.follow(run))
    })
    const [first = "", ...others] = written
    expect(written).toHaveLength(5)
    expect(first.startsWith(`${begin}\r[`)).toBe(true)
    expect(first.split("\r\n")).toHaveLength(7)
    for (const frame of others.slice(0, -1)) {
      expect(frame.startsWith(`${begin}\r\x1b[6A[`)).toBe(true)
      expect(frame.endsWith(`\x1b[J${end}`)).toBe(true)
    }
    expect(others.at(-1)).toBe("\r\x1b[6A\x1b[J")
  })

  it("begins with an empty window and the last notes when the window has changed", () => {
    const { written, shown, screen: block } = screen(terminal)
    for (const note of ["1", "2", "3", "4", "limits"]) block.note(note)
    block.draw(run)
    shown.getWindowSize = sized(50, 30)
    block.draw(run)
    block.draw(run)
    const [anew, over] = written.slice(6)
    expect(anew?.startsWith(`${begin}\x1b[H\x1b[J2\r\n3\r\n4\r\nlimits\r\n`)).toBe(true)
    expect(over?.startsWith(`${begin}\r\x1b[6A`)).toBe(true)
    shown.getWindowSize = sized(50, 20)
    block.wipe()
    expect(written.at(-1)?.startsWith("\x1b[H\x1b[J")).toBe(true)
  })

  it("names what the run waited for in most of the last ten frames, as it is now", () => {
    const { written, screen: block } = screen(terminal)
    const now = (frames: readonly Bottleneck[]): string | undefined => {
      for (const bottleneck of frames) block.draw({ ...run, pace: () => ({ ...pace, bottleneck }) })
      return written.at(-1)?.split("\nnow ")[1]?.split("\x1b")[0]?.trim()
    }
    const server = (inFlight: number): Bottleneck => ({ kind: "server", inFlight })
    expect(now([server(5), server(4), { kind: "input" }])).toBe("server latency: the last 4 answers")
    expect(now(Array<Bottleneck>(3).fill({ kind: "input" }))).toBe("reading the input")
    expect(now([server(2), ...Array<Bottleneck>(9).fill({ kind: "input" }), server(1)])).toBe(
      "reading the input",
    )
  })

  it("has one line in a low window", () => {
    const { written, screen: block } = screen({ ...terminal, getWindowSize: sized(100, 10) })
    block.draw(run)
    expect(written[0]).not.toContain("\n")
    block.wipe()
    expect(written[1]).toBe("\r\x1b[J")
  })

  it("takes the block away before it prints a note", () => {
    const { written, screen: block } = screen(terminal)
    block.draw(run)
    block.note("paused")
    block.note("again")
    expect(written.slice(1)).toEqual(["\r\x1b[6A\x1b[J", "paused\n", "again\n"])
  })

  it("knows colours and UTF-8 from the environment", () => {
    const drawn = (env: ProgressOptions["env"]): string => {
      const { written, screen: block } = screen(terminal, env)
      block.draw(run)
      return written.join("")
    }
    expect(drawn({})).toContain("\x1b[31m3 failed")
    expect(drawn({ NO_COLOR: "" })).toContain("\x1b[31m3 failed")
    expect(drawn({ NO_COLOR: "1" })).not.toContain("\x1b[31m")
    expect(drawn({ LANG: "en_US.UTF-8" })).toContain("█")
    expect(drawn({ LANG: "en_US.UTF-8", LC_ALL: "C" })).not.toContain("█")
  })
})

describe("ProgressScreen elsewhere", () => {
  it.each([
    ["a pipe", {}, {}],
    ["a dumb terminal", terminal, { TERM: "dumb" }],
  ])("writes a plain line every five seconds to %s", async (_, target, env) => {
    const { written, screen: log } = screen(target, env)
    await runVirtual(async () => {
      await moveOnAfter(16_000, () => log.follow(run))
    })
    expect(written).toHaveLength(3)
    for (const line of written)
      expect(line).toMatch(/^594\/1,319, .*, waiting for the limit of gpt-x: 90,000 input tokens a minute\n$/)
  })

  it("draws the bar alone while nothing can be said of the pace", () => {
    const { written, screen: block } = screen(terminal)
    block.draw({ ...run, pace: () => null })
    expect(written[0]).toMatch(/\r\[#+-+\]/)
    expect(written[0]).not.toContain("\n")
  })
})
