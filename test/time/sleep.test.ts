// Waiting for time: values, order, cancelling, and that no timer stays behind.
import { getEventListeners } from "node:events"
import { describe, expect, it } from "vitest"
import type { Entry } from "../../src/core/lowlevel.ts"
import { schedule, timerCount } from "../../src/core/lowlevel.ts"
import {
  CancelledError,
  TimeoutError,
  createTask,
  joinOnly,
  moveOnAfter,
  sleep,
  taskGroup,
} from "../../src/index.ts"
import { now, runVirtual, steps } from "../../src/testing/index.ts"

/** Runs `fn` on a turn of its own. */
function onTurn(fn: () => void): void {
  const entry: Entry = {
    runEntry() {
      fn()
      return null
    },
  }
  schedule(entry)
}

describe("sleep()", () => {
  it("waits for its time and gives its value", () =>
    runVirtual(async () => {
      const start = now()
      expect(await sleep(100, "awake")).toBe("awake")
      expect(now() - start).toBe(100)
      await expect(sleep(5)).resolves.toBeUndefined()
    }))

  it("TASK-20: gives its value not earlier than asked, and a time below zero is zero", () =>
    runVirtual(async () => {
      const start = now()
      expect(await sleep(0.4, 1)).toBe(1)
      expect(now() - start).toBeGreaterThanOrEqual(0.4)
      const later = now()
      expect(await sleep(-50, 2)).toBe(2)
      expect(await sleep(-Infinity, 3)).toBe(3)
      expect(now()).toBe(later)
    }))

  it("TASK-19: sleep(0) runs what stood in the queue before it, and not what that adds", () =>
    runVirtual(async () => {
      const log: string[] = []
      onTurn(() => {
        log.push("A")
        onTurn(() => log.push("B"))
      })
      expect(await sleep(0, "v")).toBe("v")
      expect(log).toEqual(["A"])
      await sleep(0)
      expect(log).toEqual(["A", "B"])
    }))

  it("TASK-21: NaN is a RangeError, at the await and not before", () =>
    runVirtual(async () => {
      await expect(sleep(NaN)).rejects.toThrow(
        new RangeError("Expected `ms` to be milliseconds, got `NaN` (number)"),
      )
    }))

  it("what is no number is a TypeError", () =>
    runVirtual(async () => {
      await expect(sleep("100" as unknown as number)).rejects.toThrow(TypeError)
      await expect(sleep(undefined as unknown as number)).rejects.toThrow(
        "Expected `ms` to be milliseconds, got `undefined` (undefined)",
      )
    }))

  it("TASK-22: takes its timer back when it is cancelled", () =>
    runVirtual(async () => {
      const before = timerCount()
      const task = createTask(() => sleep(10_000))
      await sleep(0)
      expect(timerCount()).toBe(before + 1)
      task.cancel("enough")
      await expect(joinOnly(task)).rejects.toMatchObject({ reason: "enough" })
      expect(timerCount()).toBe(before)
      expect(now()).toBe(0)
    }))

  it("wakes sleepers in order of their time, and of creation when that is equal", () =>
    runVirtual(async () => {
      const log: string[] = []
      const sleeper = async (name: string, ms: number): Promise<void> => {
        await sleep(ms)
        log.push(name)
      }
      await taskGroup(async (group) => {
        group.createTask(() => sleeper("late", 20))
        group.createTask(() => sleeper("first", 10))
        group.createTask(() => sleeper("second", 10))
        group.createTask(() => sleeper("third", 10))
      })
      expect(log).toEqual(["first", "second", "third", "late"])
    }))

  it("can be cancelled in the turn it is due by a task that wakes before it", () =>
    runVirtual(async () => {
      const { step, finish } = steps()
      const canceller = createTask(async () => {
        await sleep(10)
        step(1)
        sleeper.cancel("too late")
      })
      const sleeper = createTask(() => sleep(10, "never"))
      await canceller
      await expect(joinOnly(sleeper)).rejects.toBeInstanceOf(CancelledError)
      finish(2)
    }))

  it("sleep(0) can be cancelled in its turn", () =>
    runVirtual(async () => {
      const sleeper = createTask(async () => {
        await sleep(0)
        await sleep(0)
        return "never"
      })
      await sleep(0)
      sleeper.cancel()
      await expect(joinOnly(sleeper)).rejects.toBeInstanceOf(CancelledError)
    }))

  it("sleeps for ever with Infinity, and costs no timer", () =>
    runVirtual(async () => {
      const before = timerCount()
      const task = createTask(() => sleep(Infinity))
      await sleep(0)
      expect(timerCount()).toBe(before)
      await sleep(1e12)
      expect(task.done()).toBe(false)
      task.cancel()
    }))

  it("sleeps longer than a platform timer can", () =>
    runVirtual(async () => {
      await sleep(2 ** 31 * 3)
      expect(now()).toBe(2 ** 31 * 3)
    }))

  it("a million sleeps(0) do not keep timers from firing", async () => {
    let fired = false
    const timer = setTimeout(() => (fired = true), 1)
    await runVirtual(async () => {
      for (let i = 0; !fired && i < 1_000_000; i += 1) await sleep(0)
    })
    clearTimeout(timer)
    expect(fired).toBe(true)
  })

  it("works outside a run", async () => {
    expect(await sleep(1, "outside")).toBe("outside")
  })
})

describe("sleep() with a signal or a limit", () => {
  it("rejects at once, without parking, when the signal has aborted already", () =>
    runVirtual(async () => {
      const reason = new Error("gone")
      const sleeping = sleep(10, "v", { signal: AbortSignal.abort(reason) })
      await expect(sleeping).rejects.toBe(reason)
      expect(timerCount()).toBe(0)
    }))

  it("ends with the signal's reason when it aborts meanwhile", () =>
    runVirtual(async () => {
      const controller = new AbortController()
      const { signal } = controller
      const task = createTask(() => sleep(1000, "v", { signal }))
      await sleep(10)
      expect(getEventListeners(signal, "abort")).toHaveLength(1)
      controller.abort("reason")
      await expect(joinOnly(task)).rejects.toBe("reason")
      expect(getEventListeners(signal, "abort")).toHaveLength(0)
      expect(now()).toBe(10)
    }))

  it("gives its value when the signal aborts in the turn it was due: a limit of its own comes too late", () =>
    runVirtual(async () => {
      const controller = new AbortController()
      const { signal } = controller
      const aborter = createTask(async () => {
        await sleep(10)
        controller.abort("reason")
      })
      const task = createTask(() => sleep(10, "v", { signal }))
      await aborter
      expect(await task).toBe("v")
      expect(getEventListeners(signal, "abort")).toHaveLength(0)
    }))

  it("leaves no listener on a signal that lives on", () =>
    runVirtual(async () => {
      const { signal } = new AbortController()
      await taskGroup(async (group) => {
        for (let i = 0; i < 100; i += 1) group.createTask(() => sleep(i % 7, i, { signal }))
        await sleep(0)
        expect(getEventListeners(signal, "abort")).toHaveLength(1)
      })
      expect(getEventListeners(signal, "abort")).toHaveLength(0)
    }))

  it("throws a TimeoutError when its own limit is shorter, and leaves no timer", () =>
    runVirtual(async () => {
      await expect(sleep(100, "v", { timeout: 10 })).rejects.toBeInstanceOf(TimeoutError)
      expect(now()).toBe(10)
      expect(await sleep(10, "v", { timeout: 100 })).toBe("v")
      expect(timerCount()).toBe(0)
    }))

  it("refuses a limit that is no number", () =>
    runVirtual(async () => {
      await expect(sleep(5, "v", { timeout: NaN })).rejects.toThrow(
        new RangeError("Expected `timeout` to be milliseconds, got `NaN` (number)"),
      )
      expect(await moveOnAfter(50, () => sleep(5, "v"))).toEqual({ timedOut: false, value: "v" })
    }))
})
