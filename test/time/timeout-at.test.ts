// A limit that stands at a time of the clock.
import { describe, expect, it } from "vitest"
import { timerCount } from "../../src/core/lowlevel.ts"
import type { TimeoutScope } from "../../src/index.ts"
import { TimeoutError, createTask, currentTask, joinOnly, sleep, timeoutAt } from "../../src/index.ts"
import { now, runVirtual } from "../../src/testing/index.ts"

const caught = (promise: PromiseLike<unknown>): Promise<unknown> =>
  Promise.resolve(promise).then(
    (value) => {
      throw new Error(`Expected an error, got ${String(value)}`)
    },
    (error: unknown) => error,
  )

async function slowToEnd(): Promise<void> {
  try {
    await sleep(1000)
  } finally {
    await sleep(50)
  }
}

describe("timeoutAt()", () => {
  it("TIMEOUT-02: when() is the very time, and it throws then", () =>
    runVirtual(async () => {
      await sleep(7.3)
      let scope: TimeoutScope | undefined
      const error = await caught(
        timeoutAt(20.1, async (handle) => {
          scope = handle
          expect(handle.when()).toBe(20.1)
          await sleep(1000)
        }),
      )
      expect(error).toBeInstanceOf(TimeoutError)
      expect(error).toMatchObject({ message: "Timed out after 13 ms", cause: { name: "CancelledError" } })
      expect(scope?.expired()).toBe(true)
      expect(now()).toBe(20.1)
      expect(currentTask()?.cancelling()).toBe(0)
      await sleep(1)
    }))

  it("TIMEOUT-02: a block that is in time gives its value, and the timer is taken back", () =>
    runVirtual(async () => {
      expect(await timeoutAt(20, () => sleep(5, "in time"))).toBe("in time")
      expect(timerCount()).toBe(0)
    }))

  it("null is no limit; it can be set and moved by the handle", () =>
    runVirtual(async () => {
      expect(await timeoutAt(null, () => sleep(1e9, "late"))).toBe("late")
      const time = now() + 10
      const error = await caught(
        timeoutAt(null, async (scope) => {
          expect(scope.when()).toBe(null)
          scope.reschedule(time)
          await sleep(1000)
        }),
      )
      expect(error).toBeInstanceOf(TimeoutError)
      expect(now()).toBe(time)
    }))

  it("a time that has passed ends the block at its first wait, and not before", () =>
    runVirtual(async () => {
      await sleep(50)
      for (const time of [50, 10, -Infinity]) {
        let isThrough = false
        const error = await caught(
          timeoutAt(time, async () => {
            await Promise.resolve()
            isThrough = true
            await sleep(0)
            expect.unreachable("the wait is ended")
          }),
        )
        expect(error).toBeInstanceOf(TimeoutError)
        expect(isThrough).toBe(true)
      }
      expect(await timeoutAt(0, async () => 5)).toBe(5)
      expect(now()).toBe(50)
    }))

  it("several blocks stand under one deadline", () =>
    runVirtual(async () => {
      const deadline = now() + 30
      expect(await timeoutAt(deadline, () => sleep(20, "first"))).toBe("first")
      await caught(timeoutAt(deadline, () => sleep(20, "second")))
      expect(now()).toBe(30)
    }))

  it("a cancel from above beats it", () =>
    runVirtual(async () => {
      const task = createTask(() => timeoutAt(10, slowToEnd))
      await sleep(20)
      task.cancel("above")
      expect(await caught(joinOnly(task))).toMatchObject({ reason: "above" })
    }))

  it("refuses what is no time, and what is no function, before it begins", () =>
    runVirtual(async () => {
      const never = (): never => expect.unreachable("not called")
      expect(await caught(timeoutAt(NaN, never))).toEqual(
        new RangeError("Expected `time` to be a time in milliseconds or null, got `NaN` (number)"),
      )
      expect(await caught(timeoutAt(undefined as never, never))).toBeInstanceOf(TypeError)
      expect(await caught(timeoutAt(5, Promise.resolve() as never))).toBeInstanceOf(TypeError)
    }))
})
