import { describe, expect, it } from "vitest"
import { clock } from "../../src/core/lowlevel.ts"
import { sleep } from "../../src/index.ts"
import { ContentWatch } from "../../src/llm/content-watch.ts"
import { runVirtual } from "../../src/testing/index.ts"

/** A watch, and when it fired. */
function watched(): { watch: ContentWatch; fired: number[] } {
  const fired: number[] = []
  return { watch: new ContentWatch(() => fired.push(clock.now())), fired }
}

describe("ContentWatch", () => {
  it("fires once when a wait is longer than its limit", () =>
    runVirtual(async () => {
      const { watch, fired } = watched()
      const start = clock.now()
      watch.begin(100)
      await sleep(99)
      expect(watch.hasFired).toBe(false)
      await sleep(500)
      expect(fired).toEqual([start + 100])
      watch.end()
    }))

  it("adds the waits up until content comes", () =>
    runVirtual(async () => {
      const { watch, fired } = watched()
      for (let round = 0; round < 3; round += 1) {
        watch.begin(100)
        await sleep(30)
        watch.end()
      }
      watch.begin(100)
      await sleep(11)
      expect(fired).toHaveLength(1)
      watch.end()
      watch.heardContent()
      watch.begin(100)
      await sleep(99)
      watch.end()
      expect(fired).toHaveLength(1)
    }))

  it("does not count the time between waits, and runs no timer then", () =>
    runVirtual(async () => {
      const { watch, fired } = watched()
      watch.begin(100)
      await sleep(90)
      watch.end()
      await sleep(10_000)
      watch.begin(100)
      await sleep(9)
      watch.end()
      expect(fired).toEqual([])
    }))

  it("has no timer at all without a limit", () =>
    runVirtual(async () => {
      const { watch, fired } = watched()
      watch.begin(Infinity)
      await sleep(1_000_000)
      watch.end()
      expect(fired).toEqual([])
    }))
})
