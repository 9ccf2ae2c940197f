// Giving way in a long computation: only when the time slice is used up. The clock here is a number, so that a
// slow machine uses up no slice.
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { installClock, rearmTimers } from "../../src/core/lowlevel.ts"
import { CancelledError, checkpoint, createTask, joinOnly, run, taskGroup } from "../../src/index.ts"

let time = 0
let restore: () => void = () => {}

beforeEach(() => {
  time = 0
  restore = installClock({
    now: () => time,
    wallTime: () => time,
    random: () => 0.5,
    startTimer(delay, fire) {
      const timer = setTimeout(fire, delay)
      return {
        ref: () => void timer.ref(),
        unref: () => void timer.unref(),
        clear: () => clearTimeout(timer),
      }
    },
  })
})

afterEach(() => {
  restore()
  rearmTimers()
})

/** Computes for `ms` milliseconds. */
function compute(ms: number): void {
  time += ms
}

describe("checkpoint()", () => {
  it("lets nobody in while the slice lasts", () =>
    run(async () => {
      let others = 0
      const other = createTask(async () => {
        others += 1
      })
      for (let i = 0; i < 9; i += 1) {
        compute(1)
        await checkpoint()
      }
      expect(others).toBe(0)
      await other
    }))

  it("lets the others and the event loop in when the slice is used up", () =>
    run(async () => {
      const log: string[] = []
      await taskGroup(async (group) => {
        group.createTask(async () => {
          setImmediate(() => log.push("event loop"))
          compute(10)
          await checkpoint()
          log.push("computed")
        })
        group.createTask(async () => {
          log.push("other")
        })
      })
      // Which of them comes first is nobody's promise.
      expect(log.slice(0, 2).sort()).toEqual(["event loop", "other"])
      expect(log.slice(2)).toEqual(["computed"])
    }))

  it("begins a new slice when it has given way", () =>
    run(async () => {
      compute(15)
      await checkpoint()
      let others = 0
      const other = createTask(async () => {
        others += 1
      })
      compute(9)
      await checkpoint()
      expect(others).toBe(0)
      compute(1)
      await checkpoint()
      expect(others).toBe(1)
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
