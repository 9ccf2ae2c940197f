import { describe, expect, it } from "vitest"
import { cancelScope, createTask, currentSignal, currentTask } from "../../src/core/index.ts"
import { sleep, timeout } from "../../src/time/index.ts"
import { runVirtual } from "../../src/testing/index.ts"

describe("currentSignal", () => {
  it("C9: is that of the innermost scope, the same at each call", () =>
    runVirtual(async () => {
      const outer = currentSignal()
      expect(outer).toBe(currentTask()?.signal)
      await timeout(10, async (scope) => {
        expect(currentSignal()).toBe(scope.signal)
        await sleep(1)
        expect(currentSignal()).toBe(scope.signal)
        expect(currentSignal()).not.toBe(outer)
      })
      expect(currentSignal()).toBe(outer)
    }))

  it("C9: is aborted by what concerns it and by nothing else", () =>
    runVirtual(async () => {
      const seen: boolean[] = []
      const task = createTask(async () => {
        const own = currentSignal()
        await timeout(10, async () => {
          const inner = currentSignal()
          await sleep(100).catch(() => {})
          seen.push(inner.aborted, own.aborted)
        })
        await cancelScope(() => sleep(100).catch(() => {}))
        seen.push(own.aborted)
      })
      await sleep(20)
      task.cancel()
      await task
      expect(seen).toEqual([true, false, true])
    }))

  it("L6: is there outside of a run, and never aborted", () => {
    expect(currentSignal()).toBe(currentSignal())
    expect(currentSignal().aborted).toBe(false)
  })

  it("is what a platform API takes: an aborted wait of its own is understood by the block", () =>
    runVirtual(async () => {
      const { setTimeout: delay } = await import("node:timers/promises")
      const result = await timeout(5, async () => {
        const foreign = delay(60_000, undefined, { signal: currentSignal() }).catch(
          (error: Error) => error.name,
        )
        await sleep(1000).catch(() => {})
        return foreign
      })
      expect(result).toBe("AbortError")
    }))
})
