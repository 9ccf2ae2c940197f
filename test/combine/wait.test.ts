// Waiting for some of several works: who is done, who is pending, and that nothing hangs on them afterwards.
import { getEventListeners } from "node:events"
import { describe, expect, expectTypeOf, it } from "vitest"
import type { FutureListener } from "../../src/core/lowlevel.ts"
import { timerCount } from "../../src/core/lowlevel.ts"
import type { Problem, Task } from "../../src/index.ts"
import { CancelledError, Future, createTask, joinOnly, run, sleep, wait } from "../../src/index.ts"
import { now, runVirtual, steps } from "../../src/testing/index.ts"

/** A future that counts who listens. */
class CountedFuture<T> extends Future<T> {
  readonly listeners = new Set<FutureListener>()
  override addListener(listener: FutureListener): void {
    this.listeners.add(listener)
    super.addListener(listener)
  }
  override removeListener(listener: FutureListener): void {
    this.listeners.delete(listener)
    super.removeListener(listener)
  }
}

const broken = async (): Promise<never> => {
  throw new Error("broken")
}

describe("wait()", () => {
  it("WAIT-01: gives a failed task like any other and throws nothing; a second call returns the same at once", () =>
    runVirtual(async () => {
      const a = createTask(() => sleep(5, "a"))
      const b = createTask(broken)
      const { done, pending } = await wait([b, a])
      expect([...done]).toEqual([b, a])
      expect(pending.size).toBe(0)
      expect(b.exception()).toMatchObject({ message: "broken" })
      const others = createTask(async () => expect.unreachable("nobody gets a turn"))
      const again = await wait([b, a])
      others.cancel()
      expect([...again.done]).toEqual([b, a])
      expect(now()).toBe(5)
    }))

  it("WAIT-02: 'first-completed' returns with the first and leaves the others running", () =>
    runVirtual(async () => {
      const a = createTask(() => sleep(50, "slow"))
      const b = createTask(() => sleep(10, "fast"))
      const { done, pending } = await wait([a, b], { returnWhen: "first-completed" })
      expect([...done]).toEqual([b])
      expect([...pending]).toEqual([a])
      expect(now()).toBe(10)
      expect(a.done()).toBe(false)
      expect(await a).toBe("slow")
    }))

  it("WAIT-04: 'first-exception' returns at the moment of the first failure", () =>
    runVirtual(async () => {
      const a = createTask(() => sleep(50))
      const b = createTask(() => sleep(10).then(broken))
      const { done, pending } = await wait([a, b], { returnWhen: "first-exception" })
      expect([...done]).toEqual([b])
      expect([...pending]).toEqual([a])
      expect(now()).toBe(10)
      expect(b.exception()).toBeInstanceOf(Error)
      await a
    }))

  it("WAIT-04: also when it has failed before, without waiting", () =>
    runVirtual(async () => {
      const b = createTask(broken)
      await sleep(0)
      const a = createTask(() => sleep(50))
      const { done } = await wait([a, b], { returnWhen: "first-exception" })
      expect([...done]).toEqual([b])
      expect(b.exception()).not.toBe(null)
      await a
    }))

  it("WAIT-05: for 'first-exception' a cancelled task does not count", () =>
    runVirtual(async () => {
      const a = createTask(() => sleep(1000))
      const early = createTask(() => sleep(1000))
      const b = createTask(() => sleep(30))
      await sleep(0)
      early.cancel()
      await sleep(10)
      const waiter = createTask(() => wait([a, b, early], { returnWhen: "first-exception" }))
      await sleep(10)
      a.cancel()
      const { done, pending } = await waiter
      expect([...done]).toEqual([a, b, early])
      expect(pending.size).toBe(0)
      expect(now()).toBe(30)
    }))

  it("WAIT-06: when the time is over it returns what there is, throws nothing and cancels nothing", () =>
    runVirtual(async () => {
      const a = createTask(() => sleep(100, "a"))
      const b = createTask(() => sleep(150, "b"))
      const { done, pending } = await wait([a, b], { timeout: 110 })
      expect([...done]).toEqual([a])
      expect([...pending]).toEqual([b])
      expect(now()).toBe(110)
      expect(await b).toBe("b")
    }))

  it("WAIT-06: with a limit of zero, after one turn", () =>
    runVirtual(async () => {
      const a = createTask(async () => "a")
      const b = createTask(() => sleep(10, "b"))
      const { done, pending } = await wait([a, b], { timeout: 0 })
      expect([...done]).toEqual([a])
      expect([...pending]).toEqual([b])
      expect(now()).toBe(0)
      await b
    }))

  it("takes the timer back when it is satisfied before", () =>
    runVirtual(async () => {
      await wait([() => sleep(5)], { timeout: 1000 })
      expect(timerCount()).toBe(0)
    }))

  it("WAIT-08: a work that is listed twice is there once", () =>
    runVirtual(async () => {
      let runs = 0
      const fn = async (): Promise<number> => (runs += 1)
      const task = createTask(() => sleep(1))
      const { done } = await wait([task, fn, task, fn])
      expect(done.size).toBe(2)
      expect(runs).toBe(1)
      await expect(wait([task, task], { returnWhen: 2 })).rejects.toThrow(RangeError)
    }))

  it("WAIT-10: takes a generator, which can be read only once", () =>
    runVirtual(async () => {
      function* works(): Generator<Task<number>> {
        for (const ms of [3, 1, 2]) yield createTask(() => sleep(ms, ms))
      }
      const { done } = await wait(works())
      expect([...done].map((task) => task.result())).toEqual([3, 1, 2])
    }))

  it("WAIT-11: with one that is done already 'first-completed' returns at once and lets nobody in", () =>
    runVirtual(async () => {
      const finished = createTask(async () => "done")
      await finished
      const { step, finish } = steps()
      const other = createTask(async () => step(2))
      const pending = new Future<void>()
      const result = await wait([pending, finished], { returnWhen: "first-completed" })
      step(1)
      expect([...result.done]).toEqual([finished])
      expect([...result.pending]).toEqual([pending])
      await other
      finish(3)
    }))

  it("WAIT-12: cancelled while waiting it ends, the works run on, and nothing hangs on them", () =>
    runVirtual(async () => {
      const future = new CountedFuture<string>()
      const b = createTask(() => sleep(20, "b"))
      const waiter = createTask(() => wait([b, future]))
      await sleep(5)
      expect(future.listeners.size).toBe(1)
      waiter.cancel("enough")
      await expect(joinOnly(waiter)).rejects.toMatchObject({ reason: "enough" })
      expect(future.listeners.size).toBe(0)
      expect(b.done()).toBe(false)
      expect(await b).toBe("b")
    }))

  it("cancelled in the turn in which it was served it ends as cancelled, and the works keep their results", () =>
    runVirtual(async () => {
      const future = new CountedFuture<string>()
      const waiter = createTask(() => wait([future]))
      await sleep(0)
      future.setResult("kept")
      waiter.cancel()
      await expect(joinOnly(waiter)).rejects.toBeInstanceOf(CancelledError)
      expect(future.result()).toBe("kept")
    }))

  it("leaves nothing on the others when one has ended, or the time is over, or the signal aborts", () =>
    runVirtual(async () => {
      const futures = Array.from({ length: 100 }, () => new CountedFuture<number>())
      const listeners = (): number => futures.reduce((sum, future) => sum + future.listeners.size, 0)
      const waiter = createTask(() => wait(futures, { returnWhen: 3 }))
      await sleep(0)
      expect(listeners()).toBe(100)
      for (const index of [7, 3, 5]) futures[index]?.setResult(index)
      const { done } = await waiter
      expect([...done].map((future) => future.result())).toEqual([3, 5, 7])
      expect(listeners()).toBe(0)

      await wait(futures, { timeout: 5 })
      expect(listeners()).toBe(0)

      const controller = new AbortController()
      const aborted = createTask(() => wait(futures, { signal: controller.signal }))
      await sleep(0)
      expect(listeners()).toBe(97)
      controller.abort("stop")
      await expect(joinOnly(aborted)).rejects.toBe("stop")
      expect(listeners()).toBe(0)
      expect(getEventListeners(controller.signal, "abort")).toHaveLength(0)
    }))

  it("returns when so many are done, however they ended", () =>
    runVirtual(async () => {
      const tasks = [
        createTask(() => sleep(40)),
        createTask(() => sleep(20).then(broken)),
        createTask(() => sleep(1000)),
        createTask(() => sleep(30)),
      ]
      await sleep(10)
      tasks[2]?.cancel()
      const { done, pending } = await wait(tasks, { returnWhen: 3 })
      expect(now()).toBe(30)
      expect([...done]).toEqual([tasks[1], tasks[2], tasks[3]])
      expect([...pending]).toEqual([tasks[0]])
      expect(tasks[1]?.exception()).toMatchObject({ message: "broken" })
      await tasks[0]
    }))

  it("gives all that are done by the time it goes on, also more than it was asked for", () =>
    runVirtual(async () => {
      const tasks = [1, 2, 3].map((n) => createTask(() => sleep(10, n)))
      const { done } = await wait(tasks, { returnWhen: "first-completed" })
      expect(done.size).toBe(3)
    }))

  it("refuses an empty list: it would wait for ever", () =>
    runVirtual(async () => {
      await expect(wait([])).rejects.toThrow(
        new RangeError("Expected `works` to hold at least one work, got none"),
      )
    }))

  it("refuses a `returnWhen` that cannot come true or does not exist, and starts nothing", () =>
    runVirtual(async () => {
      const never = (): never => expect.unreachable("not started")
      for (const returnWhen of [0, 3, 1.5, -1, NaN, Infinity]) {
        await expect(wait([never, () => never()], { returnWhen })).rejects.toThrow(
          `Expected \`returnWhen\` to be an integer from 1 to 2, the number of works, got \`${returnWhen}\` (number)`,
        )
      }
      await expect(wait([never], { returnWhen: "FIRST_COMPLETED" as "first-completed" })).rejects.toThrow(
        RangeError,
      )
      await expect(wait([never], { returnWhen: null as never })).rejects.toThrow(TypeError)
      await expect(wait([never], { timeout: NaN })).rejects.toThrow(RangeError)
      await sleep(1)
    }))

  it("starts nothing when the signal has aborted already", () =>
    runVirtual(async () => {
      const never = (): never => expect.unreachable("not started")
      await expect(wait([never], { signal: AbortSignal.abort("before") })).rejects.toBe("before")
      await sleep(1)
    }))

  it("does not count as having looked, unless it waits for a failure: what nobody reads is reported", async () => {
    const problems: Problem[] = []
    await run(
      async () => {
        await wait([broken])
        await wait([broken], { returnWhen: "first-completed" })
        await wait([broken, () => sleep(1)], { returnWhen: "first-exception" })
        const { done } = await wait([broken])
        for (const task of done) task.exception()
      },
      { onProblem: (problem) => problems.push(problem), handleSignals: false },
    )
    expect(problems).toMatchObject([{ error: { message: "broken" } }, { error: { message: "broken" } }])
  })

  it("knows the type of each handle", () =>
    runVirtual(async () => {
      const { done } = await wait([async () => 1, createTask(async () => "a")])
      expectTypeOf(done).toEqualTypeOf<Set<Task<number> | Task<string>>>()
      const futures = await wait(new Set([new Future<boolean>()]), { timeout: 1 })
      expectTypeOf(futures.pending).toEqualTypeOf<Set<Future<boolean>>>()
    }))

  it("waits for ten thousand in linear time", () =>
    runVirtual(async () => {
      const futures = Array.from({ length: 10_000 }, () => new Future<void>())
      const waiter = createTask(() => wait(futures))
      await sleep(0)
      for (const future of futures) future.setResult()
      expect((await waiter).done.size).toBe(10_000)
    }))

  it("works outside a run", async () => {
    const { done } = await wait([() => sleep(1, "outside")])
    expect([...done].map((task) => task.result())).toEqual(["outside"])
  })
})
