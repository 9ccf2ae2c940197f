// The first to end wins, and nobody is left behind.
import { describe, expect, expectTypeOf, it } from "vitest"
import type { Problem } from "../../src/index.ts"
import {
  CancelledError,
  Future,
  TaskGroupError,
  TimeoutError,
  allTasks,
  createTask,
  joinOnly,
  race,
  run,
  shield,
  sleep,
  timeout,
} from "../../src/index.ts"
import { now, runVirtual } from "../../src/testing/index.ts"

/** Sleeps, and takes `ms` more to end when it is cancelled. */
async function slowToEnd(log: string[], name: string, ms = 20): Promise<never> {
  try {
    await sleep(10_000)
    throw new Error("not reached")
  } finally {
    await sleep(ms)
    log.push(name)
  }
}

describe("race()", () => {
  it("gives the value of the first to end, once the others are cancelled and have cleaned up", () =>
    runVirtual(async () => {
      const log: string[] = []
      const value = await race([() => slowToEnd(log, "loser"), () => sleep(10, "winner"), () => sleep(1000)])
      expect(value).toBe("winner")
      expect(log).toEqual(["loser"])
      expect(now()).toBe(30)
      expect(allTasks().size).toBe(1)
    }))

  it("throws the error of the first to end, bare, with the others cancelled", () =>
    runVirtual(async () => {
      const mine = new Error("mine")
      const log: string[] = []
      const works = [() => slowToEnd(log, "loser"), () => sleep(10).then(() => Promise.reject(mine))]
      await expect(race(works)).rejects.toBe(mine)
      expect(log).toEqual(["loser"])
    }))

  it("a work that somebody else cancels has ended too: its CancelledError is thrown", () =>
    runVirtual(async () => {
      const task = createTask(() => sleep(1000))
      const racer = createTask(() => race([task, () => sleep(500)]))
      await sleep(10)
      task.cancel("third party")
      await expect(joinOnly(racer)).rejects.toMatchObject({ reason: "third party" })
      expect(now()).toBe(10)
    }))

  it("cancels tasks and futures that lose, and keeps what stands behind a shield", () =>
    runVirtual(async () => {
      const task = createTask(() => sleep(1000))
      const kept = createTask(() => sleep(50, "kept"))
      const future = new Future<string>()
      expect(await race([task, shield(kept), future, () => sleep(1, "winner")])).toBe("winner")
      expect(task.cancelled()).toBe(true)
      expect(future.cancelled()).toBe(true)
      expect(kept.done()).toBe(false)
      expect(await kept).toBe("kept")
    }))

  it("works that are done already win in their order, and a work that is listed twice runs once", () =>
    runVirtual(async () => {
      const [a, b] = [createTask(async () => "a"), createTask(async () => "b")]
      await sleep(0)
      expect(await race([() => sleep(1), b, a])).toBe("b")
      let runs = 0
      const fn = async (): Promise<number> => (runs += 1)
      expect(await race([fn, fn])).toBe(1)
      expect(runs).toBe(1)
    }))

  it("cancelled while racing it cancels all and waits for them first", () =>
    runVirtual(async () => {
      const log: string[] = []
      const racer = createTask(() => race([() => slowToEnd(log, "a", 20), () => slowToEnd(log, "b", 30)]))
      await sleep(10)
      racer.cancel("enough")
      await expect(joinOnly(racer)).rejects.toMatchObject({ reason: "enough" })
      expect(log).toEqual(["a", "b"])
      expect(now()).toBe(40)
    }))

  it("cancelled in the turn in which there is a winner it ends as cancelled", () =>
    runVirtual(async () => {
      const log: string[] = []
      const future = new Future<string>()
      const racer = createTask(() => race([future, () => slowToEnd(log, "loser")]))
      await sleep(0)
      await sleep(0)
      future.setResult("winner")
      racer.cancel()
      await expect(joinOnly(racer)).rejects.toBeInstanceOf(CancelledError)
      expect(log).toEqual(["loser"])
      expect(future.result()).toBe("winner")
    }))

  it("under a limit: the losers have ended before the TimeoutError", () =>
    runVirtual(async () => {
      const log: string[] = []
      const error = await timeout(10, () => race([() => slowToEnd(log, "a")])).catch(
        (thrown: unknown) => thrown,
      )
      expect(error).toBeInstanceOf(TimeoutError)
      expect(log).toEqual(["a"])
    }))

  it("what a loser throws in its clean-up is reported, and the winner is given", async () => {
    const problems: Problem[] = []
    const mine = new Error("clean-up failed")
    const value = await run(
      () => race([() => sleep(1000).catch(() => Promise.reject(mine)), () => sleep(1, "x")]),
      {
        onProblem: (problem) => problems.push(problem),
        handleSignals: false,
      },
    )
    expect(value).toBe("x")
    expect(problems).toMatchObject([{ message: "A work that had lost its race failed", error: mine }])
  })

  it("what a work throws because the caller was cancelled leaves in a TaskGroupError, and the request comes next", () =>
    runVirtual(async () => {
      const mine = new Error("clean-up failed")
      const seen: unknown[] = []
      const racer = createTask(async () => {
        seen.push(
          await race([() => sleep(1000).catch(() => Promise.reject(mine)), () => sleep(1000)]).catch(
            (thrown: unknown) => thrown,
          ),
        )
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

  it("works in the clean-up of a task that was cancelled", () =>
    runVirtual(async () => {
      const seen: unknown[] = []
      const task = createTask(async () => {
        try {
          await sleep(1000)
        } finally {
          seen.push(await race([() => Promise.reject(new Error("mine"))]).catch((thrown: unknown) => thrown))
          seen.push(await race([() => sleep(5, "value"), () => sleep(1000)]))
        }
      })
      await sleep(0)
      task.cancel()
      await expect(joinOnly(task)).rejects.toBeInstanceOf(CancelledError)
      expect(seen).toMatchObject([{ message: "mine" }, "value"])
    }))

  it("refuses an empty list: it would wait for ever", () =>
    runVirtual(async () => {
      await expect(race([])).rejects.toThrow(
        new RangeError("Expected `works` to hold at least one work, got none"),
      )
    }))

  it("knows the type of the value", () =>
    runVirtual(async () => {
      const value = await race([async () => 1, createTask(() => sleep(5, "a")), new Future<boolean>()])
      expectTypeOf(value).toEqualTypeOf<number | string | boolean>()
    }))

  it("works outside a run", async () => {
    expect(await race([() => sleep(1, "first"), () => sleep(10_000, "second")])).toBe("first")
  })
})

describe("a winner that fails with a class", () => {
  it("is thrown as a task would throw it", () =>
    runVirtual(async () => {
      const error = await race([() => Promise.reject(RangeError)]).catch((error: unknown) => error)
      expect(error).toMatchObject({ cause: RangeError })
    }))
})
