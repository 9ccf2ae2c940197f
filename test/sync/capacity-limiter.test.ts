// So many borrowers, each known: order, who may give back, and a total that moves.
import { getEventListeners } from "node:events"
import { describe, expect, it } from "vitest"
import { timerCount } from "../../src/core/lowlevel.ts"
import {
  CancelledError,
  CapacityLimiter,
  InvalidStateError,
  TimeoutError,
  createTask,
  gather,
  joinOnly,
  moveOnAfter,
  run,
  sleep,
} from "../../src/index.ts"
import { now, runVirtual, steps } from "../../src/testing/index.ts"

describe("CapacityLimiter", () => {
  it("refuses what is no total, at the start and later", () => {
    for (const total of [0, -1, 1.5, NaN]) expect(() => new CapacityLimiter(total)).toThrow(RangeError)
    expect(() => new CapacityLimiter("2" as never)).toThrow(TypeError)
    const limiter = new CapacityLimiter(Infinity)
    expect(() => {
      limiter.total = 0
    }).toThrow(RangeError)
    expect(limiter.total).toBe(Infinity)
  })

  it("a free token is taken without letting anybody in between", () =>
    runVirtual(async () => {
      const { step, finish } = steps()
      const limiter = new CapacityLimiter(1)
      const other = createTask(async () => step(2))
      await limiter.acquire()
      step(1)
      limiter.release()
      await other
      finish(3)
    }))

  it("never more than the total are inside", () =>
    runVirtual(async () => {
      const limiter = new CapacityLimiter(3)
      let inside = 0
      let most = 0
      const work = async (): Promise<void> => {
        inside += 1
        most = Math.max(most, inside)
        await sleep(10)
        inside -= 1
      }
      await gather(Array.from({ length: 10 }, () => () => limiter.run(work)))
      expect(most).toBe(3)
      expect(now()).toBe(40)
      expect(limiter.statistics()).toEqual({ total: 3, borrowed: 0, borrowers: [], waiting: 0 })
    }))

  it("knows who borrows, and nobody borrows twice", () =>
    runVirtual(async () => {
      const limiter = new CapacityLimiter(2)
      const task = createTask(async () => {
        const permit = await limiter.acquire()
        await expect(limiter.acquire()).rejects.toThrow(
          new InvalidStateError("Cannot borrow: this borrower has a token already"),
        )
        await sleep(5)
        permit.release()
      })
      await sleep(1)
      expect(limiter.statistics()).toEqual({ total: 2, borrowed: 1, borrowers: [task], waiting: 0 })
      await task
      expect(limiter.statistics().borrowed).toBe(0)
    }))

  it("nobody gives back what is somebody else's", () =>
    runVirtual(async () => {
      const limiter = new CapacityLimiter(2)
      const holder = createTask(() => limiter.run(() => sleep(5)))
      await sleep(0)
      expect(() => limiter.release()).toThrow(
        new InvalidStateError("Cannot give back: this borrower has no token"),
      )
      expect(() => limiter.release({})).toThrow(InvalidStateError)
      expect(limiter.statistics().borrowed).toBe(1)
      await holder
    }))

  it("a borrower can be named, and anybody may give back in its name", () =>
    runVirtual(async () => {
      const limiter = new CapacityLimiter(2)
      const [a, b] = [{ name: "a" }, { name: "b" }]
      await limiter.acquire({ borrower: a })
      await limiter.acquire({ borrower: b })
      expect(limiter.statistics()).toMatchObject({ borrowed: 2, borrowers: [a, b] })
      await expect(limiter.acquire({ borrower: a })).rejects.toBeInstanceOf(InvalidStateError)
      await expect(limiter.acquire({ borrower: "a" as never })).rejects.toBeInstanceOf(TypeError)
      await createTask(async () => limiter.release(a))
      expect(limiter.statistics().borrowers).toEqual([b])
      limiter.release(b)
    }))

  it("a permit that went back by its borrower's name frees nothing later", () =>
    runVirtual(async () => {
      const limiter = new CapacityLimiter(1)
      const borrower = {}
      const stale = await limiter.acquire({ borrower })
      limiter.release(borrower)
      const fresh = await limiter.acquire({ borrower })
      stale.release()
      expect(limiter.statistics().borrowed).toBe(1)
      fresh.release()
      fresh.release()
      expect(limiter.statistics().borrowed).toBe(0)
    }))

  it("wakes waiters in order of arrival, and a newcomer overtakes nobody", () =>
    runVirtual(async () => {
      const limiter = new CapacityLimiter(1)
      const held = await limiter.acquire()
      const log: number[] = []
      const tasks = [0, 1, 2].map((id) => createTask(() => limiter.run(() => log.push(id))))
      await sleep(0)
      expect(limiter.statistics()).toMatchObject({ borrowed: 1, waiting: 3 })
      held.release()
      expect(limiter.statistics()).toMatchObject({ borrowed: 1, borrowers: [tasks[0]], waiting: 2 })
      expect(limiter.locked()).toBe(true)
      await limiter.run(() => log.push(3))
      await gather(tasks)
      expect(log).toEqual([0, 1, 2, 3])
    }))

  it("a newcomer goes on after a waiter that was served, though a token is free", () =>
    runVirtual(async () => {
      const limiter = new CapacityLimiter(2)
      const held = [await limiter.acquire({ borrower: {} }), await limiter.acquire({ borrower: {} })]
      const log: string[] = []
      const waiter = createTask(() => limiter.run(() => log.push("waiter")))
      await sleep(0)
      for (const permit of held) permit.release()
      expect([limiter.locked(), limiter.statistics().borrowed]).toEqual([true, 1])
      await limiter.run(() => log.push("newcomer"))
      await waiter
      expect(log).toEqual(["waiter", "newcomer"])
      expect(limiter.locked()).toBe(false)
    }))

  it("a waiter that is cancelled leaves; one cancelled in the turn it was served passes the token on", () =>
    runVirtual(async () => {
      const limiter = new CapacityLimiter(1)
      const held = await limiter.acquire()
      const tasks = [0, 1, 2].map(() => createTask(() => limiter.acquire()))
      await sleep(0)
      tasks[0]?.cancel()
      expect(limiter.statistics()).toMatchObject({ borrowed: 1, waiting: 2 })
      held.release()
      tasks[1]?.cancel()
      expect(limiter.statistics()).toMatchObject({ borrowed: 1, borrowers: [tasks[2]], waiting: 0 })
      const results = await gather(tasks, { returnExceptions: true })
      expect(results.slice(0, 2)).toEqual([expect.any(CancelledError), expect.any(CancelledError)])
      limiter.release(tasks[2])
      expect(limiter.statistics().borrowed).toBe(0)
    }))

  it("a larger total lets waiters in at once, a smaller one takes effect as tokens come back", () =>
    runVirtual(async () => {
      const limiter = new CapacityLimiter(1)
      const borrowers = [{}, {}, {}, {}]
      const tasks = borrowers.map((borrower) => createTask(() => limiter.acquire({ borrower })))
      await sleep(0)
      expect(limiter.statistics()).toMatchObject({ borrowed: 1, waiting: 3 })
      limiter.total = 3
      expect(limiter.statistics()).toMatchObject({ total: 3, borrowed: 3, waiting: 1 })
      limiter.total = 1
      limiter.release(borrowers[0])
      limiter.release(borrowers[1])
      expect(limiter.statistics()).toMatchObject({ total: 1, borrowed: 1, waiting: 1 })
      limiter.release(borrowers[2])
      expect(limiter.statistics()).toMatchObject({ borrowed: 1, borrowers: [borrowers[3]], waiting: 0 })
      await gather(tasks)
      limiter.release(borrowers[3])
    }))

  it("two branches of one task may stand in line; the second gets in when the first is out", () =>
    runVirtual(async () => {
      const limiter = new CapacityLimiter(1)
      const log: string[] = []
      const branch = (name: string): Promise<void> =>
        limiter.run(() => sleep(5).then(() => void log.push(name)))
      const other = await limiter.acquire({ borrower: {} })
      const both = createTask(() => Promise.all([branch("a"), branch("b")]))
      await sleep(0)
      expect(limiter.statistics().waiting).toBe(2)
      other.release()
      await both
      expect(log).toEqual(["a", "b"])
    }))

  it("the second branch in line fails if its turn comes while the first is inside", () =>
    runVirtual(async () => {
      const limiter = new CapacityLimiter(1)
      const borrower = {}
      const other = await limiter.acquire({ borrower: {} })
      const first = createTask(() => limiter.acquire({ borrower }))
      const second = createTask(() => limiter.acquire({ borrower }))
      const third = createTask(() => limiter.acquire({ borrower: {} }))
      await sleep(0)
      limiter.total = 3
      other.release()
      await expect(joinOnly(second)).rejects.toBeInstanceOf(InvalidStateError)
      const permits = await gather([first, third])
      expect(limiter.statistics()).toMatchObject({ borrowed: 2, waiting: 0 })
      for (const permit of permits) permit.release()
    }))

  it("run() gives the token back when the function fails or is cancelled", () =>
    runVirtual(async () => {
      const limiter = new CapacityLimiter(1)
      await expect(limiter.run(() => Promise.reject(new Error("inside")))).rejects.toThrow("inside")
      expect(await moveOnAfter(5, () => limiter.run(() => sleep(1000)))).toEqual({ timedOut: true })
      expect(await limiter.run(() => "value")).toBe("value")
      await expect(limiter.run(null as never)).rejects.toThrow(TypeError)
      expect(limiter.statistics().borrowed).toBe(0)
    }))

  it("ends a wait by its signal and by its limit, and leaves nothing behind", () =>
    runVirtual(async () => {
      const limiter = new CapacityLimiter(1)
      await limiter.acquire({ borrower: {} })
      const controller = new AbortController()
      const { signal } = controller
      const task = createTask(() => limiter.acquire({ signal }))
      await sleep(0)
      controller.abort("reason")
      await expect(joinOnly(task)).rejects.toBe("reason")
      expect(getEventListeners(signal, "abort")).toHaveLength(0)
      await expect(limiter.acquire({ timeout: 10 })).rejects.toBeInstanceOf(TimeoutError)
      await expect(limiter.acquire({ signal })).rejects.toBe("reason")
      await expect(limiter.acquire({ timeout: NaN })).rejects.toThrow(RangeError)
      expect(limiter.statistics()).toMatchObject({ borrowed: 1, waiting: 0 })
      expect(timerCount()).toBe(0)
    }))

  it("LOCK-13: a capacity limiter tells its state", () =>
    runVirtual(async () => {
      const limiter = new CapacityLimiter(1)
      await limiter.acquire()
      const task = createTask(() => limiter.acquire())
      await sleep(0)
      expect(String(limiter)).toBe("<CapacityLimiter borrowed=1/1 waiting=1>")
      task.cancel()
    }))

  it("works outside a run, where each acquire is a borrower of its own", async () => {
    const limiter = new CapacityLimiter(2)
    const first = await limiter.acquire()
    const second = await limiter.acquire()
    expect(limiter.statistics().borrowed).toBe(2)
    expect(() => limiter.release()).toThrow("Cannot give back outside a task")
    setTimeout(() => first.release(), 1)
    expect(await limiter.run(() => "outside")).toBe("outside")
    second.release()
    expect(limiter.statistics().borrowed).toBe(0)
  })

  it("a loop that never has to wait keeps nobody else from running, and loses no token (T3)", async () => {
    await run(async () => {
      const limiter = new CapacityLimiter(1)
      const busy = createTask(async () => {
        for (;;) await limiter.run(() => {})
      })
      await sleep(20)
      busy.cancel("enough")
      await expect(joinOnly(busy)).rejects.toMatchObject({ reason: "enough" })
      expect(limiter.statistics()).toMatchObject({ borrowed: 0, waiting: 0 })
    })
  })
})
