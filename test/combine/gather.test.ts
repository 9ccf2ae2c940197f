// Several works at once: order, the first failure, cancelling, and what is shared.
import { describe, expect, it } from "vitest"
import {
  CancelledError,
  Future,
  allTasks,
  cancellable,
  createTask,
  currentSignal,
  gather,
  isCancelled,
  joinOnly,
  shield,
  sleep,
  taskGroup,
} from "../../src/index.ts"
import { now, runVirtual } from "../../src/testing/index.ts"

const fail = async (ms: number, error: Error): Promise<never> => {
  await sleep(ms)
  throw error
}

describe("gather()", () => {
  it("gives the results in the order of the works", () =>
    runVirtual(async () => {
      const future = new Future<string>()
      const task = createTask(() => sleep(5, "task"))
      void createTask(async () => future.setResult("future"))
      const results = await gather([() => sleep(30, "slow"), () => "at once", task, future])
      expect(results).toEqual(["slow", "at once", "task", "future"])
      expect(now()).toBe(30)
    }))

  it("GATHER-02: nothing to do is an empty list, done already", () =>
    runVirtual(async () => {
      const future = gather([])
      expect(future.done()).toBe(true)
      expect(future.result()).toEqual([])
      expect(await future).toEqual([])
    }))

  it("GATHER-04: is done when the last one is, and tells it once", () =>
    runVirtual(async () => {
      const [a, b, c] = [new Future<number>(), new Future<number>(), new Future<number>()]
      const future = gather([a, b, c])
      let told = 0
      future.addDoneCallback(() => (told += 1))
      b.setResult(2)
      a.setResult(1)
      await sleep(0)
      expect(future.done()).toBe(false)
      c.setResult(3)
      await sleep(0)
      expect(future.result()).toEqual([1, 2, 3])
      expect(told).toBe(1)
      await sleep(10)
      expect(told).toBe(1)
    }))

  it("GATHER-05: fails with the first error at once; the siblings go on and can be awaited", () =>
    runVirtual(async () => {
      const mine = new Error("mine")
      const sibling = createTask(() => sleep(50, "sibling"))
      await expect(gather([sibling, () => fail(10, mine)])).rejects.toBe(mine)
      expect(now()).toBe(10)
      expect(sibling.done()).toBe(false)
      expect(await sibling).toBe("sibling")
    }))

  it("GATHER-06: a second failure is dropped and not reported", () =>
    runVirtual(async () => {
      await expect(
        gather([() => fail(10, new Error("first")), () => fail(20, new Error("second"))]),
      ).rejects.toThrow("first")
      await sleep(50)
    }))

  it("GATHER-07: with returnExceptions it waits for all and gives errors in their places", () =>
    runVirtual(async () => {
      const [x, y] = [new Error("x"), new RangeError("y")]
      const results = await gather([() => sleep(30, 3), () => 1, () => fail(10, x), () => fail(20, y)], {
        returnExceptions: true,
      })
      expect(results).toEqual([3, 1, x, y])
      expect(results[2]).toBe(x)
    }))

  it("GATHER-09: with returnExceptions a cancelled work is a CancelledError in its place", () =>
    runVirtual(async () => {
      const task = createTask(() => sleep(1000))
      void createTask(() => sleep(5).then(() => task.cancel("mine")))
      const results = await gather([() => 1, task, () => 2], { returnExceptions: true })
      expect(results).toEqual([1, expect.any(CancelledError), 2])
      expect(results[1]).toMatchObject({ reason: "mine" })
    }))

  it("a work that is cancelled by somebody else fails the gather with its CancelledError", () =>
    runVirtual(async () => {
      const task = createTask(() => sleep(1000))
      const sibling = createTask(() => sleep(50, "sibling"))
      void createTask(() => sleep(5).then(() => task.cancel("by somebody")))
      await expect(gather([sibling, task])).rejects.toMatchObject({ reason: "by somebody" })
      expect(now()).toBe(5)
      expect(await sibling).toBe("sibling")
    }))

  it("GATHER-12: cancel() with returnExceptions gives a CancelledError, not a list", () =>
    runVirtual(async () => {
      const future = gather([() => sleep(1000), () => sleep(2000)], { returnExceptions: true })
      await sleep(0)
      expect(future.cancel("stop")).toBe(true)
      await expect(future.join()).rejects.toMatchObject({ reason: "stop" })
      expect(future.cancelled()).toBe(true)
    }))

  it("GATHER-15: cancel() when all are done is false, and the results are delivered", () =>
    runVirtual(async () => {
      const [a, b] = [new Future<number>(), new Future<number>()]
      const future = gather([a, b])
      a.setResult(1)
      b.setResult(2)
      expect(future.cancel()).toBe(false)
      expect(await future).toEqual([1, 2])
    }))

  it("GATHER-16: cancel() after a failure is false, and touches nobody", () =>
    runVirtual(async () => {
      const sibling = createTask(() => sleep(50, "sibling"))
      const future = gather([sibling, () => fail(10, new Error("mine"))])
      await expect(future.join()).rejects.toThrow("mine")
      expect(future.cancel()).toBe(false)
      expect(await sibling).toBe("sibling")
    }))

  it("GATHER-17: the same work in several places runs once", () =>
    runVirtual(async () => {
      let calls = 0
      const work = async (): Promise<number> => {
        calls += 1
        return calls
      }
      const task = createTask(async () => "task")
      expect(await gather([work, task, work, task])).toEqual([1, "task", 1, "task"])
      expect(calls).toBe(1)
    }))

  it("GATHER-18: cancelling the outer of two cancels the innermost works", () =>
    runVirtual(async () => {
      const cancelled: string[] = []
      const work = (name: string) => (): Promise<void> =>
        sleep(1000).catch((error: unknown) => {
          cancelled.push(name)
          throw error
        })
      const outer = gather([work("a"), gather([work("b"), work("c")])])
      await sleep(0)
      outer.cancel("stop")
      await expect(outer.join()).rejects.toMatchObject({ reason: "stop" })
      expect(cancelled.sort()).toEqual(["a", "b", "c"])
    }))

  it("GATHER-19: with one wrong argument nothing is begun and nothing reported", () =>
    runVirtual(async () => {
      let begun = 0
      const work = (): void => void (begun += 1)
      expect(() => gather([work, 5 as unknown as () => number])).toThrow(
        new TypeError("Expected a function, got `5` (number)"),
      )
      expect(() => gather([work, Promise.resolve(1) as unknown as () => number])).toThrow("got a promise")
      await sleep(0)
      expect(begun).toBe(0)
      expect(allTasks().size).toBe(1)
    }))

  it("cancelling the caller cancels the works and waits for their clean-up", () =>
    runVirtual(async () => {
      const log: string[] = []
      const work = (name: string, ms: number) => async (): Promise<void> => {
        try {
          await sleep(1000)
        } finally {
          await sleep(ms)
          log.push(name)
        }
      }
      const task = createTask(() => gather([work("a", 20), work("b", 10)]))
      await sleep(5)
      task.cancel("stop")
      await expect(joinOnly(task)).rejects.toMatchObject({ reason: "stop" })
      expect(log).toEqual(["b", "a"])
      expect(now()).toBe(25)
    }))

  it("a work that fails while it is being cancelled has its error thrown", () =>
    runVirtual(async () => {
      const mine = new Error("mine")
      const future = gather([
        () => sleep(1000),
        () =>
          sleep(1000).catch(() => {
            throw mine
          }),
      ])
      await sleep(5)
      future.cancel("stop")
      await expect(future.join()).rejects.toBe(mine)
    }))

  it("a cancel that the works swallow is delivered all the same", () =>
    runVirtual(async () => {
      const future = gather([() => sleep(1000).catch(() => "swallowed")])
      await sleep(5)
      future.cancel("stop")
      await expect(future.join()).rejects.toSatisfy(isCancelled)
    }))

  it("cancels a work that has not started, which then never runs", () =>
    runVirtual(async () => {
      let begun = 0
      const future = gather([() => void (begun += 1)])
      future.cancel()
      await expect(future.join()).rejects.toSatisfy(isCancelled)
      expect(begun).toBe(0)
    }))

  it("an error that nobody awaits is reported once", async () => {
    const problems: unknown[] = []
    await runVirtual(
      async () => {
        void gather([() => fail(1, new Error("unseen")), () => sleep(2)])
        await sleep(10)
      },
      { onProblem: (problem) => problems.push(problem) },
    )
    expect(problems).toMatchObject([{ error: { message: "unseen" } }])
  })

  it("works inside a group and outside a run", async () => {
    expect(await gather([() => 1, () => sleep(1, 2)])).toEqual([1, 2])
    await runVirtual(async () => {
      const sum = await taskGroup(async (group) => {
        const task = group.createTask(() => gather([() => 1, () => 2]))
        const [a, b] = await task
        return a + b
      })
      expect(sum).toBe(3)
    })
  })

  it("SHIELD-08: cancelling a gather of shields cancels the shields and not what they protect", () =>
    runVirtual(async () => {
      const [a, b] = [createTask(() => sleep(20, "a")), createTask(() => sleep(20, "b"))]
      const shields = [shield(a), shield(b)]
      const future = gather(shields)
      await sleep(5)
      future.cancel("stop")
      await expect(future.join()).rejects.toSatisfy(isCancelled)
      expect(shields.map((one) => one.cancelled())).toEqual([true, true])
      expect(await a).toBe("a")
      expect(await b).toBe("b")
    }))

  it("JSX-02: no rejection of ours reaches Node, whatever is dropped", async () => {
    const unhandled: unknown[] = []
    const listener = (reason: unknown): void => void unhandled.push(reason)
    process.on("unhandledRejection", listener)
    try {
      await runVirtual(async () => {
        const future = gather([() => sleep(1000), () => cancellable(new Promise(() => {}))])
        await sleep(5)
        future.cancel()
        const task = createTask(() => gather([() => sleep(1000)]))
        await sleep(0)
        task.cancel()
        await sleep(5)
      })
      await new Promise((resolve) => setImmediate(resolve))
    } finally {
      process.off("unhandledRejection", listener)
    }
    expect(unhandled).toEqual([])
  })

  it("whoever awaits one is shown waiting for it", () =>
    runVirtual(async () => {
      const task = createTask(async () => void (await gather([() => sleep(10)])))
      await sleep(0)
      expect(task.waitingOn).toMatchObject({ kind: "future", label: "a gather" })
      await task
    }))

  it("cancel() tells that it comes too late when the last child is just ending: the values are given", () =>
    runVirtual(async () => {
      const told: boolean[] = []
      const child = createTask(async () => {
        const rest = taskGroup((group) => {
          void group.createTask(async () => {
            currentSignal().addEventListener("abort", () => told.push(both.cancel("late")))
            await sleep(1000)
          })
        })
        rest.catch(() => {})
        return await sleep(1, "value")
      })
      const both = gather([child])
      expect(await both).toEqual(["value"])
      expect(told).toEqual([false])
    }))
})
