// Work that its caller's cancellation does not reach.
import { describe, expect, it } from "vitest"
import type { Problem } from "../../src/index.ts"
import {
  CancelledError,
  Future,
  createTask,
  gather,
  joinOnly,
  moveOnAfter,
  shield,
  sleep,
  timeout,
} from "../../src/index.ts"
import { now, runVirtual } from "../../src/testing/index.ts"

/** Runs `main` and gives the problems that were reported. */
async function problemsOf(main: () => Promise<void>): Promise<Problem[]> {
  const problems: Problem[] = []
  await runVirtual(main, { onProblem: (problem) => problems.push(problem) })
  return problems
}

describe("shield()", () => {
  it("SHIELD-01: gives the value, the same error, or is cancelled with what it protects", () =>
    runVirtual(async () => {
      expect(await shield(() => sleep(5, "value"))).toBe("value")
      const mine = new Error("mine")
      await expect(
        shield(async () => {
          throw mine
        }),
      ).rejects.toBe(mine)
      const inner = createTask(() => sleep(1000))
      const outer = shield(inner)
      await sleep(0)
      inner.cancel("inner")
      await expect(joinOnly(outer)).rejects.toMatchObject({ reason: "inner" })
      expect(outer.cancelled()).toBe(true)
    }))

  it("is the work itself when that is done", () =>
    runVirtual(async () => {
      const task = createTask(async () => 1)
      await task
      expect(shield(task)).toBe(task)
    }))

  it("SHIELD-02: cancelling it leaves the work running", () =>
    runVirtual(async () => {
      const inner = createTask(() => sleep(20, "inner"))
      const outer = shield(inner)
      expect(outer.cancel()).toBe(true)
      expect(outer.cancelled()).toBe(true)
      expect(inner.cancelling()).toBe(0)
      expect(await inner).toBe("inner")
    }))

  it("SHIELD-03: the caller leaves at once, the work goes on", () =>
    runVirtual(async () => {
      const done: string[] = []
      const task = createTask(() => shield(() => sleep(50).then(() => done.push("work"))))
      await sleep(10)
      task.cancel("stop")
      await expect(joinOnly(task)).rejects.toMatchObject({ reason: "stop" })
      expect([now(), done]).toEqual([10, []])
      await sleep(50)
      expect(done).toEqual(["work"])
    }))

  it("SHIELD-05: the work's later failure is reported once, however many shields were cancelled", async () => {
    const problems = await problemsOf(async () => {
      const inner = createTask(async () => {
        await sleep(10)
        throw new Error("late")
      })
      for (let i = 0; i < 3; i += 1) shield(inner).cancel()
      await sleep(50)
    })
    expect(problems).toMatchObject([{ error: { message: "late" } }])
  })

  it("SHIELD-05: a later success is not reported", async () => {
    const problems = await problemsOf(async () => {
      const inner = createTask(() => sleep(10))
      shield(inner).cancel()
      await sleep(50)
    })
    expect(problems).toEqual([])
  })

  it("SHIELD-05: nor is a failure that another shield delivered", async () => {
    const problems = await problemsOf(async () => {
      const inner = createTask(async () => {
        await sleep(10)
        throw new Error("late")
      })
      shield(inner).cancel()
      await expect(shield(inner)).rejects.toThrow("late")
    })
    expect(problems).toEqual([])
  })

  it("SHIELD-06: shields that are cancelled do not pile up on the work", () =>
    runVirtual(async () => {
      const inner = new Future<number>()
      let listening = 0
      const { addListener, removeListener } = inner
      inner.addListener = (listener) => {
        listening += 1
        addListener.call(inner, listener)
      }
      inner.removeListener = (listener) => {
        listening -= 1
        removeListener.call(inner, listener)
      }
      for (let i = 0; i < 100; i += 1) {
        const outer = shield(inner)
        expect(listening).toBe(1)
        outer.cancel()
        expect(listening).toBe(0)
      }
      inner.setResult(1)
    }))

  it("SHIELD-07: a gather behind a cancelled shield still gives its list", () =>
    runVirtual(async () => {
      const [a, b] = [new Future<string>(), new Future<string>()]
      const inner = gather([a, b])
      shield(inner).cancel()
      a.setResult("a")
      b.setResult("b")
      expect(await inner).toEqual(["a", "b"])
    }))

  it("a time limit around it throws and leaves the work running", () =>
    runVirtual(async () => {
      const inner = createTask(() => sleep(50, "inner"))
      await expect(timeout(10, () => shield(inner))).rejects.toThrow("Timed out after 10 ms")
      expect(await moveOnAfter(10, () => shield(inner))).toEqual({ timedOut: true })
      expect(await inner).toBe("inner")
    }))

  it("cancelled in the turn the work ended, the caller gets the cancel and the value stays with the work", () =>
    runVirtual(async () => {
      const inner = new Future<string>()
      const task = createTask(() => shield(inner))
      await sleep(0)
      inner.setResult("value")
      task.cancel("stop")
      await expect(joinOnly(task)).rejects.toBeInstanceOf(CancelledError)
      expect(await inner).toBe("value")
    }))

  it("the work ends with the run at the latest", async () => {
    const log: string[] = []
    await runVirtual(async () => {
      shield(async () => {
        try {
          await sleep(1000)
        } finally {
          log.push("ended")
        }
      }).cancel()
      await sleep(0)
    })
    expect(log).toEqual(["ended"])
  })

  it("refuses a promise", () => {
    expect(() => shield(Promise.resolve(1) as unknown as () => number)).toThrow("got a promise")
  })

  it("one that was given a value by hand keeps it, whatever the work comes to", () =>
    runVirtual(async () => {
      const work = new Future<number>()
      const outer = shield(work)
      outer.setResult(1)
      work.setResult(2)
      expect([await outer, await work]).toEqual([1, 2])
    }))
})
