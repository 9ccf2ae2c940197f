// Tasks that wait for each other: rounds, places, cancelling, reset and abort.
import { getEventListeners } from "node:events"
import { describe, expect, it } from "vitest"
import { timerCount } from "../../src/core/lowlevel.ts"
import {
  Barrier,
  BrokenBarrierError,
  CancelledError,
  TimeoutError,
  createTask,
  gather,
  joinOnly,
  run,
  sleep,
} from "../../src/index.ts"
import { now, runVirtual } from "../../src/testing/index.ts"

describe("Barrier", () => {
  it("BARRIER-01: refuses what is no number of parties, and reports the number", () => {
    for (const parties of [0, -1, 1.5, NaN, Infinity]) expect(() => new Barrier(parties)).toThrow(RangeError)
    expect(() => new Barrier("2" as never)).toThrow(TypeError)
    expect(new Barrier(3).parties).toBe(3)
    expect(new Barrier(3).statistics()).toEqual({ parties: 3, waiting: 0, broken: false })
  })

  it("BARRIER-02: all go on when the last has come, the last one first, each with its place", () =>
    runVirtual(async () => {
      const barrier = new Barrier(4)
      const log: number[] = []
      const tasks = [0, 1, 2, 3].map((id) =>
        createTask(async () => {
          const place = await barrier.wait()
          log.push(id)
          return place
        }),
      )
      expect(await gather(tasks)).toEqual([0, 1, 2, 3])
      expect(log).toEqual([3, 0, 1, 2])
      expect(barrier.waiting).toBe(0)
      expect(barrier.broken).toBe(false)
    }))

  it("BARRIER-03: fewer than the parties wait and are counted", () =>
    runVirtual(async () => {
      const barrier = new Barrier(3)
      const tasks = [0, 1].map(() => createTask(() => barrier.wait()))
      await sleep(10)
      expect(barrier.waiting).toBe(2)
      expect(barrier.statistics()).toEqual({ parties: 3, waiting: 2, broken: false })
      expect(tasks.some((task) => task.done())).toBe(false)
      expect(await barrier.wait()).toBe(2)
      await gather(tasks)
    }))

  it("BARRIER-04: rounds of the same tasks never mix", () =>
    runVirtual(async () => {
      const barrier = new Barrier(2)
      const log: number[] = []
      const worker = (pause: number) => async (): Promise<void> => {
        for (let round = 0; round < 3; round += 1) {
          await barrier.wait()
          log.push(round)
          if (pause > 0) await sleep(pause)
        }
      }
      await gather([worker(0), worker(5)])
      expect(log).toEqual([0, 0, 1, 1, 2, 2])
    }))

  it("BARRIER-05: who comes while a round drains waits for the next", () =>
    runVirtual(async () => {
      const barrier = new Barrier(2)
      const first = createTask(() => barrier.wait())
      await sleep(0)
      expect(await barrier.wait()).toBe(1)
      expect(String(barrier)).toBe("<Barrier draining waiting=0/2>")
      const early = createTask(() => barrier.wait())
      expect(await first).toBe(0)
      await sleep(10)
      expect(early.done()).toBe(false)
      expect(barrier.waiting).toBe(1)
      await barrier.wait()
      expect(await early).toBe(0)
    }))

  it("BARRIER-07: a waiter that is cancelled leaves, the barrier is not broken and others can complete", () =>
    runVirtual(async () => {
      const barrier = new Barrier(3)
      const [a, b] = [createTask(() => barrier.wait()), createTask(() => barrier.wait())]
      await sleep(0)
      a.cancel()
      expect(barrier.waiting).toBe(1)
      expect(barrier.broken).toBe(false)
      await expect(joinOnly(a)).rejects.toBeInstanceOf(CancelledError)
      const c = createTask(() => barrier.wait())
      await sleep(0)
      expect(await barrier.wait()).toBe(2)
      expect(await gather([b, c])).toEqual([0, 1])
    }))

  it("a waiter cancelled in the turn it was let through gets the CancelledError, the round stands", () =>
    runVirtual(async () => {
      const barrier = new Barrier(3)
      const tasks = [0, 1].map(() => createTask(() => barrier.wait()))
      await sleep(0)
      await barrier.wait()
      tasks[0]?.cancel()
      const results = await gather(tasks, { returnExceptions: true })
      expect(results).toEqual([expect.any(CancelledError), 1])
      expect(String(barrier)).toBe("<Barrier filling waiting=0/3>")
    }))

  it("BARRIER-08: reset() sends those who wait away, and the barrier can be used again", () =>
    runVirtual(async () => {
      const barrier = new Barrier(3)
      const tasks = [0, 1].map(() => createTask(() => barrier.wait()))
      await sleep(0)
      barrier.reset()
      const results = await gather(tasks, { returnExceptions: true })
      expect(results).toEqual([expect.any(BrokenBarrierError), expect.any(BrokenBarrierError)])
      expect(barrier.statistics()).toEqual({ parties: 3, waiting: 0, broken: false })
      expect(await gather([1, 2, 3].map(() => () => barrier.wait()))).toEqual([0, 1, 2])
    }))

  it("reset() with nobody there changes nothing", () =>
    runVirtual(async () => {
      const barrier = new Barrier(1)
      barrier.reset()
      expect(await barrier.wait()).toBe(0)
    }))

  it("reset() while a round drains ends those who have not gone on, not who has come for the next", () =>
    runVirtual(async () => {
      const barrier = new Barrier(3)
      const tasks = [0, 1].map(() => createTask(() => barrier.wait()))
      await sleep(0)
      await barrier.wait()
      const early = barrier.wait()
      barrier.reset()
      expect(String(barrier)).toBe("<Barrier resetting waiting=1/3>")
      const results = await gather(tasks, { returnExceptions: true })
      expect(results).toEqual([expect.any(BrokenBarrierError), expect.any(BrokenBarrierError)])
      expect(barrier.statistics()).toEqual({ parties: 3, waiting: 1, broken: false })
      expect(await gather([() => barrier.wait(), () => barrier.wait()])).toEqual([1, 2])
      expect(await early).toBe(0)
    }))

  it("reset() by the third of five who go on ends the last two, and all can meet again", () =>
    runVirtual(async () => {
      const barrier = new Barrier(5)
      let gone = 0
      const outcomes = await gather(
        Array.from({ length: 5 }, () => async () => {
          try {
            await barrier.wait()
          } catch (error) {
            return (error as Error).name
          }
          gone += 1
          if (gone === 3) barrier.reset()
          return "gone on"
        }),
      )
      expect(outcomes).toEqual(["gone on", "gone on", "BrokenBarrierError", "BrokenBarrierError", "gone on"])
      expect(String(barrier)).toBe("<Barrier filling waiting=0/5>")
      expect(await gather(Array.from({ length: 5 }, () => () => barrier.wait()))).toEqual([0, 1, 2, 3, 4])
    }))

  it("BARRIER-12: run() gives the place to its function, and leaving it does nothing", () =>
    runVirtual(async () => {
      const barrier = new Barrier(2)
      const works = ["a", "b"].map((name) => () => barrier.run((place) => `${name}${place}`))
      expect(await gather(works)).toEqual(["a0", "b1"])
      await expect(new Barrier(1).run(() => Promise.reject(new Error("inside")))).rejects.toThrow("inside")
      await expect(barrier.run(1 as never)).rejects.toThrow(TypeError)
      expect(barrier.statistics()).toEqual({ parties: 2, waiting: 0, broken: false })
    }))

  it("BARRIER-13: a barrier tells its state", () =>
    runVirtual(async () => {
      const barrier = new Barrier(3)
      expect(String(barrier)).toBe("<Barrier filling waiting=0/3>")
      const tasks = [0, 1].map(() => createTask(() => barrier.wait()))
      await sleep(0)
      expect(String(barrier)).toBe("<Barrier filling waiting=2/3>")
      await barrier.wait()
      expect(String(barrier)).toBe("<Barrier draining waiting=0/3>")
      barrier.reset()
      expect(String(barrier)).toBe("<Barrier resetting waiting=0/3>")
      await gather(tasks, { returnExceptions: true })
      expect(String(barrier)).toBe("<Barrier filling waiting=0/3>")
      barrier.abort()
      expect(String(barrier)).toBe("<Barrier broken waiting=0/3>")
    }))

  it("abort() breaks it for those who wait and all who come, until reset()", () =>
    runVirtual(async () => {
      const barrier = new Barrier(3)
      const tasks = [0, 1].map(() => createTask(() => barrier.wait()))
      await sleep(0)
      barrier.abort()
      expect(barrier.broken).toBe(true)
      const results = await gather(tasks, { returnExceptions: true })
      expect(results).toEqual([expect.any(BrokenBarrierError), expect.any(BrokenBarrierError)])
      await expect(barrier.wait()).rejects.toThrow(
        new BrokenBarrierError("Cannot wait at barrier: it is broken"),
      )
      barrier.reset()
      expect(barrier.broken).toBe(false)
      expect(await gather([1, 2, 3].map(() => () => barrier.wait()))).toEqual([0, 1, 2])
    }))

  it("abort() while a round drains ends those who have not gone on as well", () =>
    runVirtual(async () => {
      const barrier = new Barrier(3)
      const tasks = [0, 1].map(() => createTask(() => barrier.wait()))
      await sleep(0)
      await barrier.wait()
      barrier.abort()
      const results = await gather(tasks, { returnExceptions: true })
      expect(results).toEqual([expect.any(BrokenBarrierError), expect.any(BrokenBarrierError)])
    }))

  it("ends a wait by its signal and by its limit, and leaves nothing behind", () =>
    runVirtual(async () => {
      const barrier = new Barrier(2)
      const controller = new AbortController()
      const { signal } = controller
      const task = createTask(() => barrier.wait({ signal }))
      await sleep(0)
      controller.abort("reason")
      await expect(joinOnly(task)).rejects.toBe("reason")
      expect(getEventListeners(signal, "abort")).toHaveLength(0)
      await expect(barrier.wait({ timeout: 10 })).rejects.toBeInstanceOf(TimeoutError)
      expect(now()).toBe(10)
      expect(barrier.waiting).toBe(0)
      expect(timerCount()).toBe(0)
    }))

  it("the last to come is refused like any other, and then lets nobody through", () =>
    runVirtual(async () => {
      const barrier = new Barrier(2)
      const first = createTask(() => barrier.wait())
      await sleep(0)
      await expect(barrier.wait({ signal: AbortSignal.abort("gone") })).rejects.toBe("gone")
      await expect(barrier.wait({ timeout: NaN })).rejects.toThrow(RangeError)
      expect(barrier.waiting).toBe(1)
      await barrier.wait()
      await first
    }))

  it("works outside a run", async () => {
    const barrier = new Barrier(2)
    expect(await Promise.all([barrier.wait(), barrier.wait()])).toEqual([0, 1])
  })

  it("a loop over a barrier of one keeps nobody else from running, and its state stays true (T3)", async () => {
    await run(async () => {
      const barrier = new Barrier(1)
      const busy = createTask(async () => {
        for (;;) expect(await barrier.wait()).toBe(0)
      })
      await sleep(20)
      busy.cancel("enough")
      await expect(joinOnly(busy)).rejects.toMatchObject({ reason: "enough" })
      expect(String(barrier)).toBe("<Barrier filling waiting=0/1>")
    })
  })
})
