// Giving way in a long computation: only when the time slice is used up.
import { describe, expect, it } from "vitest"
import { CancelledError, checkpoint, createTask, joinOnly, run, taskGroup } from "../../src/index.ts"
import { runVirtual } from "../../src/testing/index.ts"

/** Computes for `ms` real milliseconds. */
function compute(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}

describe("checkpoint()", () => {
  it("lets nobody in while the slice lasts", () =>
    runVirtual(async () => {
      let others = 0
      const other = createTask(async () => {
        others += 1
      })
      for (let i = 0; i < 1000; i += 1) await checkpoint()
      expect(others).toBe(0)
      await other
    }))

  it("lets the others and the event loop in when the slice is used up", async () => {
    const log: string[] = []
    await run(async () => {
      await taskGroup(async (group) => {
        group.createTask(async () => {
          setImmediate(() => log.push("event loop"))
          compute(15)
          await checkpoint()
          log.push("computed")
        })
        group.createTask(async () => {
          log.push("other")
        })
      })
    })
    expect(log).toEqual(["other", "event loop", "computed"])
  })

  it("begins a new slice when it has given way", () =>
    run(async () => {
      compute(15)
      await checkpoint()
      let others = 0
      const other = createTask(async () => {
        others += 1
      })
      await checkpoint()
      expect(others).toBe(0)
      await other
    }))

  it("delivers a request when it gives way, and only then", () =>
    run(async () => {
      let rounds = 0
      const task = createTask(async () => {
        task.cancel("stop")
        await checkpoint()
        rounds += 1
        compute(15)
        await checkpoint()
        rounds += 1
      })
      await expect(joinOnly(task)).rejects.toBeInstanceOf(CancelledError)
      expect(rounds).toBe(1)
    }))
})
