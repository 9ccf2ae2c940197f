// Work that is done once, and who takes it along when he leaves.
import { getEventListeners } from "node:events"
import { describe, expect, it } from "vitest"
import { timerCount } from "../../src/core/lowlevel.ts"
import type { Problem } from "../../src/index.ts"
import {
  CancelledError,
  TimeoutError,
  allTasks,
  createTask,
  currentTask,
  gather,
  joinOnly,
  once,
  run,
  sleep,
  taskGroup,
} from "../../src/index.ts"
import { now, runVirtual, steps } from "../../src/testing/index.ts"

describe("once()", () => {
  it("does the work once, gives everybody the same value, and keeps it", () =>
    runVirtual(async () => {
      let calls = 0
      const load = once(async () => {
        calls += 1
        await sleep(10)
        return { calls }
      })
      const [first, second] = await gather([() => load(), () => load()])
      expect(first).toBe(second)
      expect(await load()).toBe(first)
      expect(calls).toBe(1)
      expect(now()).toBe(10)
    }))

  it("gives a value that is there without letting anybody in between", () =>
    runVirtual(async () => {
      const { step, finish } = steps()
      const load = once(() => undefined)
      await load()
      const other = createTask(async () => step(2))
      expect(await load()).toBe(undefined)
      step(1)
      await other
      finish(3)
    }))

  it("all who wait go on in order of arrival", () =>
    runVirtual(async () => {
      const load = once(() => sleep(5, "value"))
      const log: number[] = []
      await gather([0, 1, 2].map((id) => () => load().then(() => log.push(id))))
      expect(log).toEqual([0, 1, 2])
    }))

  it("a failure is thrown to all who wait and is not remembered", () =>
    runVirtual(async () => {
      let calls = 0
      const load = once(async () => {
        calls += 1
        await sleep(1)
        if (calls === 1) throw new Error("first try")
        return calls
      })
      const results = await gather([() => load(), () => load()], { returnExceptions: true })
      expect(results).toEqual([new Error("first try"), new Error("first try")])
      expect(await load()).toBe(2)
      expect(calls).toBe(2)
    }))

  it("a function that throws at once fails in the same way", () =>
    runVirtual(async () => {
      const load = once(() => {
        throw new Error("at once")
      })
      await expect(load()).rejects.toThrow("at once")
      await expect(load()).rejects.toThrow("at once")
    }))

  it("a caller that is cancelled leaves, and the work goes on for the others", () =>
    runVirtual(async () => {
      const load = once(() => sleep(10, "value"))
      const callers = [0, 1].map(() => createTask(() => load()))
      await sleep(1)
      callers[0]?.cancel()
      await expect(joinOnly(callers[0] as (typeof callers)[number])).rejects.toBeInstanceOf(CancelledError)
      expect(await callers[1]).toBe("value")
      expect(now()).toBe(10)
    }))

  it("the last caller that leaves takes the work along", () =>
    runVirtual(async () => {
      const log: string[] = []
      const load = once(async () => {
        try {
          await sleep(1000)
        } finally {
          log.push("cancelled")
        }
      })
      const callers = [0, 1].map(() => createTask(() => load()))
      await sleep(1)
      for (const caller of callers) caller.cancel()
      await gather(callers, { returnExceptions: true })
      await sleep(0)
      expect(log).toEqual(["cancelled"])
      expect(now()).toBe(1)
      expect(allTasks()).toEqual(new Set([currentTask()]))
    }))

  it("a caller that comes while cancelled work cleans up gets it done anew, never two at a time", () =>
    runVirtual(async () => {
      let running = 0
      let most = 0
      let calls = 0
      const load = once(async () => {
        calls += 1
        running += 1
        most = Math.max(most, running)
        try {
          return await sleep(10, calls)
        } finally {
          await sleep(5)
          running -= 1
        }
      })
      const first = createTask(() => load())
      await sleep(1)
      first.cancel()
      await joinOnly(first).catch(() => {})
      expect(await load()).toBe(2)
      expect([calls, most]).toEqual([2, 1])
    }))

  it("work that ends with a value although it was cancelled is done", () =>
    runVirtual(async () => {
      let calls = 0
      const load = once(async () => {
        calls += 1
        await sleep(1000).catch(() => {})
        await sleep(1)
        return "value"
      })
      const first = createTask(() => load())
      await sleep(1)
      first.cancel()
      await joinOnly(first).catch(() => {})
      expect(await load()).toBe("value")
      expect(calls).toBe(1)
    }))

  it("a caller cancelled in the turn the value came leaves the value to the others", () =>
    runVirtual(async () => {
      const { step, finish } = steps()
      const load = once(async () => {
        await sleep(1)
        step(1)
      })
      const callers = [0, 1].map(() => createTask(() => load()))
      await sleep(0)
      const canceller = createTask(async () => {
        await sleep(1)
        callers[0]?.cancel()
        step(2)
      })
      const results = await gather([...callers, canceller], { returnExceptions: true })
      expect(results[0]).toBeInstanceOf(CancelledError)
      expect(results[1]).toBe(undefined)
      await load()
      finish(3)
    }))

  it("a failure after the last caller has left reaches the handler of the run", async () => {
    const problems: Problem[] = []
    await runVirtual(
      async () => {
        const load = once(async () => {
          await sleep(1000).catch(() => {})
          throw new Error("while cleaning up")
        })
        const caller = createTask(() => load())
        await sleep(1)
        caller.cancel()
        await joinOnly(caller).catch(() => {})
        await sleep(1)
      },
      { onProblem: (problem) => void problems.push(problem) },
    )
    expect(problems).toMatchObject([
      {
        message: "Work that nobody waited for any more failed",
        error: new Error("while cleaning up"),
      },
    ])
  })

  it("the work belongs to no caller: the group of the first may end before it", () =>
    runVirtual(async () => {
      const load = once(() => sleep(10, "value"))
      const second = createTask(() => sleep(1).then(() => load()))
      await taskGroup(async (group) => {
        void group.createTask(() => load())
        await sleep(2)
        group.cancel()
      })
      expect(now()).toBe(2)
      expect(await second).toBe("value")
      expect(now()).toBe(10)
    }))

  it("takes a signal and a limit for each caller, and leaves nothing behind", () =>
    runVirtual(async () => {
      const load = once(() => sleep(50, "value"))
      const controller = new AbortController()
      const { signal } = controller
      const aborted = createTask(() => load({ signal }))
      const late = createTask(() => load({ timeout: 10 }))
      const patient = createTask(() => load())
      await sleep(1)
      controller.abort("reason")
      await expect(joinOnly(aborted)).rejects.toBe("reason")
      await expect(joinOnly(late)).rejects.toThrow(new TimeoutError("Timed out after 10 ms waiting for once"))
      expect(await patient).toBe("value")
      await expect(load({ signal })).rejects.toBe("reason")
      await expect(load({ timeout: NaN })).rejects.toThrow(RangeError)
      expect(getEventListeners(signal, "abort")).toHaveLength(0)
      expect(timerCount()).toBe(0)
    }))

  it("refuses what is no function", () => {
    expect(() => once(Promise.resolve(1) as never)).toThrow(TypeError)
  })

  it("works outside a run", async () => {
    const load = once(() => sleep(1, "outside"))
    expect(await Promise.all([load(), load()])).toEqual(["outside", "outside"])
  })

  it("a loop over a value that is there keeps nobody else from running (T3)", async () => {
    await run(async () => {
      const load = once(() => 1)
      const busy = createTask(async () => {
        for (;;) await load()
      })
      await sleep(20)
      busy.cancel("enough")
      await expect(joinOnly(busy)).rejects.toMatchObject({ reason: "enough" })
    })
  })
})
