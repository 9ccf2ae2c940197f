// Happy eyeballs: the next one starts when the one before is slow or has failed.
import { describe, expect, expectTypeOf, it } from "vitest"
import {
  CancelledError,
  TaskGroupError,
  allTasks,
  createTask,
  isCancelled,
  joinOnly,
  sleep,
  staggeredRace,
} from "../../src/index.ts"
import { now, runVirtual } from "../../src/testing/index.ts"

const fail = (message: string): Promise<never> => Promise.reject(new Error(message))

describe("staggeredRace()", () => {
  it("RACE-02: with null they run strictly one after the other until one succeeds", () =>
    runVirtual(async () => {
      const log: string[] = []
      const result = await staggeredRace(
        [
          async () => {
            log.push("a begins")
            await sleep(50)
            log.push("a fails")
            return fail("a")
          },
          async () => {
            log.push("b begins")
            return sleep(10, "b")
          },
          () => expect.unreachable("not started"),
        ],
        null,
      )
      expect(result).toMatchObject({ value: "b", index: 1, errors: [{ message: "a" }, null] })
      expect(result.errors).toHaveLength(2)
      expect(log).toEqual(["a begins", "a fails", "b begins"])
      expect(now()).toBe(60)
    }))

  it("RACE-03: when one fails the next starts at once, without the delay", () =>
    runVirtual(async () => {
      const result = await staggeredRace([() => fail("down"), () => sleep(5, "up")], 1000)
      expect(result).toMatchObject({ value: "up", index: 1, errors: [{ message: "down" }, null] })
      expect(now()).toBe(5)
    }))

  it("RACE-03: also after one that was cancelled by somebody else", () =>
    runVirtual(async () => {
      const inner = createTask(() => sleep(1000))
      inner.cancel("third party")
      for (const delay of [null, 1000]) {
        const result = await staggeredRace([() => inner, () => "up"], delay)
        expect(result).toMatchObject({ value: "up", index: 1, errors: [{ reason: "third party" }, null] })
      }
      expect(now()).toBe(0)
    }))

  it("RACE-04: when one is slow the next starts after the delay; if that wins, the slow one is cancelled", () =>
    runVirtual(async () => {
      const starts: number[] = []
      const log: string[] = []
      const result = await staggeredRace(
        [
          async () => {
            starts.push(now())
            try {
              return await sleep(1000, "slow")
            } finally {
              await sleep(20)
              log.push("slow one cleaned up")
            }
          },
          async () => {
            starts.push(now())
            return sleep(10, "fast")
          },
        ],
        100,
      )
      expect(starts).toEqual([0, 100])
      expect(result).toMatchObject({ value: "fast", index: 1 })
      expect(result.errors[0]).toBeInstanceOf(CancelledError)
      expect(result.errors[1]).toBe(null)
      expect(log).toEqual(["slow one cleaned up"])
      expect(now()).toBe(130)
    }))

  it("RACE-04: if the slow one wins all the same, the others are cancelled or never started", () =>
    runVirtual(async () => {
      const result = await staggeredRace(
        [() => sleep(150, "first"), () => sleep(1000, "second"), () => expect.unreachable("not started")],
        100,
      )
      expect(result).toMatchObject({ value: "first", index: 0 })
      expect(result.errors).toHaveLength(2)
      expect(isCancelled(result.errors[1])).toBe(true)
      expect(now()).toBe(150)
      expect(allTasks().size).toBe(1)
    }))

  it("RACE-05: when all fail there is no winner, and all errors", () =>
    runVirtual(async () => {
      for (const delay of [null, 10]) {
        const result = await staggeredRace([() => fail("a"), () => fail("b")], delay)
        expect(result).toMatchObject({ value: null, index: null })
        expect(result.errors).toMatchObject([{ message: "a" }, { message: "b" }])
      }
      expect(await staggeredRace([], 10)).toEqual({ value: null, index: null, errors: [] })
    }))

  it("RACE-06: of two that succeed in the same turn the first wins, the other is recorded as cancelled", () =>
    runVirtual(async () => {
      const result = await staggeredRace(
        [() => sleep(20, "a"), () => sleep(10, "b"), () => sleep(0, "c")],
        10,
      )
      expect(result.index === 0 ? result.value : null).toBe("a")
      expect(result.errors[0]).toBe(null)
      expect(result.errors.slice(1).every((error) => error === null || isCancelled(error))).toBe(true)
      expect(result.errors[1]).toBeInstanceOf(CancelledError)
    }))

  it("RACE-07: cancelled, it cancels all that run and waits for them first", () =>
    runVirtual(async () => {
      const log: string[] = []
      const runner = (name: string, ms: number) => async (): Promise<never> => {
        try {
          await sleep(1000)
          throw new Error("not reached")
        } finally {
          await sleep(ms)
          log.push(name)
        }
      }
      const racer = createTask(() => staggeredRace([runner("a", 30), runner("b", 20), runner("c", 10)], 100))
      await sleep(150)
      racer.cancel("enough")
      await expect(joinOnly(racer)).rejects.toMatchObject({ reason: "enough" })
      expect(log).toEqual(["b", "a"])
      expect(now()).toBe(180)
    }))

  it("RACE-07: also when all have been started, and in the turn in which one succeeds", () =>
    runVirtual(async () => {
      const racer = createTask(() => staggeredRace([() => sleep(100, "a")], null))
      await sleep(10)
      racer.cancel("first")
      await expect(joinOnly(racer)).rejects.toMatchObject({ reason: "first" })

      const gate = createTask(() => sleep(10))
      const second = createTask(() => staggeredRace([() => gate.join()], null))
      await gate
      second.cancel("second")
      await expect(joinOnly(second)).rejects.toMatchObject({ reason: "second" })
    }))

  it("what a clean-up throws because the caller was cancelled leaves in a TaskGroupError", () =>
    runVirtual(async () => {
      const mine = new Error("clean-up failed")
      const seen: unknown[] = []
      const racer = createTask(async () => {
        const works = [() => fail("before"), () => sleep(1000).catch(() => Promise.reject(mine))]
        seen.push(await staggeredRace(works, null).catch((thrown: unknown) => thrown))
        await sleep(1)
        seen.push("not reached")
      })
      await sleep(10)
      racer.cancel("enough")
      await expect(joinOnly(racer)).rejects.toMatchObject({ reason: "enough" })
      expect(seen).toHaveLength(1)
      expect(seen[0]).toBeInstanceOf(TaskGroupError)
      expect(seen[0]).toMatchObject({ errors: [mine] })
    }))

  it("refuses what is no function, and a delay that is no number, before anything begins", () =>
    runVirtual(async () => {
      const never = (): never => expect.unreachable("not started")
      await expect(staggeredRace([never, Promise.resolve(1) as never], null)).rejects.toThrow("got a promise")
      await expect(staggeredRace([never], NaN)).rejects.toThrow(
        new RangeError("Expected `delay` to be milliseconds, got `NaN` (number)"),
      )
      await sleep(1)
    }))

  it("`index` tells the type of `value`", () =>
    runVirtual(async () => {
      const result = await staggeredRace([async () => 1], null)
      if (result.index === null) expectTypeOf(result.value).toBeNull()
      else expectTypeOf(result.value).toBeNumber()
    }))

  it("works outside a run", async () => {
    expect(await staggeredRace([() => sleep(1, "up")], 10)).toMatchObject({ value: "up", index: 0 })
  })

  it("a value that comes after another one has won is no answer", () =>
    runVirtual(async () => {
      const stubborn = (): Promise<string> => sleep(20, "slow").catch(() => "late")
      const result = await staggeredRace([stubborn, () => sleep(1, "fast")], 5)
      expect(result).toMatchObject({ value: "fast", index: 1 })
      expect(isCancelled(result.errors[0])).toBe(true)
    }))
})
