// Ticks on a fixed grid: no drift, no overlap, and what becomes of those that were missed.
import { getEventListeners } from "node:events"
import { describe, expect, it } from "vitest"
import { clock, timerCount } from "../../src/core/lowlevel.ts"
import {
  CancelledError,
  TimeoutError,
  createTask,
  every,
  joinOnly,
  moveOnAfter,
  sleep,
  taskGroup,
} from "../../src/index.ts"
import { now, runVirtual } from "../../src/testing/index.ts"

describe("every()", () => {
  it("calls first after one interval, then on the grid, with the number of the tick", () =>
    runVirtual(async () => {
      const calls: [number, number][] = []
      await moveOnAfter(35, () => every(10, (tick) => calls.push([tick, now()])))
      expect(calls).toEqual([
        [1, 10],
        [2, 20],
        [3, 30],
      ])
    }))

  it("with `immediate` a first call is made at once, as tick 0", () =>
    runVirtual(async () => {
      const calls: [number, number][] = []
      await moveOnAfter(15, () => every(10, (tick) => calls.push([tick, now()]), { immediate: true }))
      expect(calls).toEqual([
        [0, 0],
        [1, 10],
      ])
    }))

  it("does not drift over a day: each tick stands where the grid has it", () =>
    runVirtual(async () => {
      await sleep(0.1)
      const start = now()
      const day = 24 * 3600 * 1000
      const interval = 10_000 / 3
      let count = 0
      let most = 0
      let least = 0
      await moveOnAfter(day + 0.5, () =>
        every(interval, async (tick) => {
          count += 1
          expect(tick).toBe(count)
          const late = now() - (start + tick * interval)
          most = Math.max(most, late)
          least = Math.min(least, late)
          await sleep(clock.random() * 3000)
        }),
      )
      expect(count).toBe(day / interval)
      expect(most).toBeLessThan(1e-6)
      expect(least).toBe(0)
    }))

  it("skips the ticks that a slow call has missed; their numbers are left out", () =>
    runVirtual(async () => {
      const calls: [number, number][] = []
      await moveOnAfter(95, () =>
        every(10, async (tick) => {
          calls.push([tick, now()])
          if (tick === 2) await sleep(25)
          if (tick === 6) await sleep(10)
        }),
      )
      expect(calls).toEqual([
        [1, 10],
        [2, 20],
        [5, 50],
        [6, 60],
        [7, 70],
        [8, 80],
        [9, 90],
      ])
    }))

  it("with 'catch-up' it makes up for them at once, one after the other, and is back on the grid", () =>
    runVirtual(async () => {
      const calls: [number, number][] = []
      await moveOnAfter(65, () =>
        every(
          10,
          async (tick) => {
            calls.push([tick, now()])
            if (tick === 2) await sleep(25)
          },
          { missed: "catch-up" },
        ),
      )
      expect(calls).toEqual([
        [1, 10],
        [2, 20],
        [3, 45],
        [4, 45],
        [5, 50],
        [6, 60],
      ])
    }))

  it("never lets two calls overlap, and lets the others in between two late ones", () =>
    runVirtual(async () => {
      for (const missed of ["skip", "catch-up"] as const) {
        let running = 0
        let most = 0
        let others = 0
        await taskGroup(async (group) => {
          void group.createTask(async () => {
            for (;;) {
              await sleep(0)
              await sleep(1)
              others += 1
            }
          })
          await moveOnAfter(200, () =>
            every(
              10,
              async () => {
                running += 1
                most = Math.max(most, running)
                await sleep(15)
                running -= 1
              },
              { missed },
            ),
          )
          group.cancel()
        })
        expect(most).toBe(1)
        expect(others).toBeGreaterThan(150)
      }
    }))

  it("ends with an error of the function", () =>
    runVirtual(async () => {
      const mine = new Error("mine")
      const failing = every(10, (tick) => {
        if (tick === 3) throw mine
      })
      await expect(failing).rejects.toBe(mine)
      expect(now()).toBe(30)
      await expect(every(10, () => Promise.reject(mine))).rejects.toBe(mine)
      expect(timerCount()).toBe(0)
    }))

  it("cancelled between two ticks it ends and leaves no timer", () =>
    runVirtual(async () => {
      let calls = 0
      const task = createTask(() => every(10, () => (calls += 1)))
      await sleep(25)
      task.cancel("enough")
      await expect(joinOnly(task)).rejects.toMatchObject({ reason: "enough" })
      expect(calls).toBe(2)
      expect(now()).toBe(25)
      expect(timerCount()).toBe(0)
    }))

  it("cancelled during a call it ends the call, waits for its clean-up, and makes no other", () =>
    runVirtual(async () => {
      const log: string[] = []
      const task = createTask(() =>
        every(10, async (tick) => {
          log.push(`tick ${tick}`)
          try {
            await sleep(5)
          } finally {
            await sleep(1)
            log.push("cleaned up")
          }
        }),
      )
      await sleep(12)
      task.cancel()
      await expect(joinOnly(task)).rejects.toBeInstanceOf(CancelledError)
      expect(log).toEqual(["tick 1", "cleaned up"])
      expect(now()).toBe(13)
    }))

  it("cancelled in the turn in which a tick is due it makes no call", () =>
    runVirtual(async () => {
      const canceller = createTask(async () => {
        await sleep(10)
        task.cancel()
      })
      const task = createTask(() => every(10, () => expect.unreachable("no call")))
      await expect(joinOnly(task)).rejects.toBeInstanceOf(CancelledError)
      await canceller
    }))

  it("ends with the signal's reason, a call that runs as well, and leaves no listener", () =>
    runVirtual(async () => {
      const controller = new AbortController()
      const { signal } = controller
      const log: string[] = []
      const task = createTask(() =>
        every(
          10,
          async () => {
            try {
              await sleep(1000)
            } finally {
              log.push("call ended")
            }
          },
          { signal },
        ),
      )
      await sleep(15)
      expect(getEventListeners(signal, "abort")).toHaveLength(1)
      controller.abort("stop")
      await expect(joinOnly(task)).rejects.toBe("stop")
      expect(log).toEqual(["call ended"])
      expect(getEventListeners(signal, "abort")).toHaveLength(0)
      await expect(every(10, () => {}, { signal })).rejects.toBe("stop")
    }))

  it("ends with a TimeoutError when its own limit is over", () =>
    runVirtual(async () => {
      let calls = 0
      const error = await every(10, () => (calls += 1), { timeout: 35 }).catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(TimeoutError)
      expect(error).toMatchObject({ message: "Timed out after 35 ms" })
      expect(calls).toBe(3)
    }))

  it("refuses intervals and policies that make no sense, before it begins", () =>
    runVirtual(async () => {
      const never = (): never => expect.unreachable("no call")
      for (const ms of [0, -1, NaN, Infinity]) {
        await expect(every(ms, never)).rejects.toThrow(
          new RangeError(`Expected \`ms\` to be milliseconds above 0, got \`${ms}\` (number)`),
        )
      }
      await expect(every("10" as never, never)).rejects.toThrow(TypeError)
      await expect(every(10, Promise.resolve() as never)).rejects.toThrow(TypeError)
      await expect(every(10, never, { missed: "queue" as never })).rejects.toThrow(
        new RangeError('Expected `missed` to be "skip" or "catch-up", got `queue` (string)'),
      )
    }))
})
