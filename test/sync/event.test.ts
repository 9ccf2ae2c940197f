// A gate for all at once: who waits, who is woken, and who need not wait.
import { getEventListeners } from "node:events"
import { describe, expect, it } from "vitest"
import { timerCount } from "../../src/core/lowlevel.ts"
import {
  CancelledError,
  Event,
  TimeoutError,
  createTask,
  gather,
  joinOnly,
  run,
  sleep,
} from "../../src/index.ts"
import { now, runVirtual, steps } from "../../src/testing/index.ts"

describe("Event", () => {
  it("EVENT-02: waiting for an event that is set lets nobody in between", () =>
    runVirtual(async () => {
      const { step, finish } = steps()
      const event = new Event()
      event.set()
      const other = createTask(async () => step(2))
      expect(await event.wait()).toBe(true)
      step(1)
      await other
      finish(3)
    }))

  it("EVENT-03: set() and clear() in one turn wake those who waited, later waits block", () =>
    runVirtual(async () => {
      const event = new Event()
      const before = createTask(() => event.wait())
      await sleep(0)
      event.set()
      event.clear()
      const after = createTask(() => event.wait())
      expect(await before).toBe(true)
      await sleep(10)
      expect(after.done()).toBe(false)
      expect(event.statistics()).toEqual({ isSet: false, waiting: 1 })
      event.set()
      expect(await after).toBe(true)
    }))

  it("EVENT-04: a task that was created before set() has its first turn before those who are woken", () =>
    runVirtual(async () => {
      const event = new Event()
      const log: number[] = []
      const waiters = [1, 2].map((id) => createTask(() => event.wait().then(() => log.push(id))))
      await sleep(0)
      const third = createTask(async () => void log.push(3))
      event.set()
      await sleep(0)
      expect(log).toEqual([3, 1, 2])
      await gather([...waiters, third])
    }))

  it("EVENT-05: a waiter that is cancelled leaves, and a second set() wakes nobody twice", () =>
    runVirtual(async () => {
      const event = new Event()
      const log: string[] = []
      const tasks = ["a", "b"].map((name) => createTask(() => event.wait().then(() => log.push(name))))
      await sleep(0)
      expect(event.statistics()).toEqual({ isSet: false, waiting: 2 })
      tasks[0]?.cancel()
      expect(event.statistics().waiting).toBe(1)
      event.set()
      event.set()
      const [first] = await gather(tasks, { returnExceptions: true })
      expect(first).toBeInstanceOf(CancelledError)
      expect(log).toEqual(["b"])
    }))

  it("wakes all in order of arrival", () =>
    runVirtual(async () => {
      const event = new Event()
      const log: number[] = []
      const tasks = [0, 1, 2, 3].map((id) => createTask(() => event.wait().then(() => log.push(id))))
      await sleep(0)
      event.set()
      expect(event.statistics()).toEqual({ isSet: true, waiting: 0 })
      await gather(tasks)
      expect(log).toEqual([0, 1, 2, 3])
    }))

  it("a waiter cancelled in the turn it was woken gets the CancelledError, the others go on", () =>
    runVirtual(async () => {
      const event = new Event()
      const tasks = [0, 1].map(() => createTask(() => event.wait()))
      await sleep(0)
      event.set()
      tasks[0]?.cancel("too late")
      const results = await gather(tasks, { returnExceptions: true })
      expect(results).toEqual([expect.objectContaining({ reason: "too late" }), true])
      expect(event.statistics()).toEqual({ isSet: true, waiting: 0 })
    }))

  it("clear() of an event that is set makes newcomers wait", () =>
    runVirtual(async () => {
      const event = new Event()
      event.set()
      expect(event.isSet()).toBe(true)
      event.clear()
      expect(event.isSet()).toBe(false)
      const task = createTask(() => event.wait())
      await sleep(5)
      expect(task.done()).toBe(false)
      event.set()
      await task
    }))

  it("ends a wait by its signal and by its limit, and leaves nothing behind", () =>
    runVirtual(async () => {
      const event = new Event()
      const controller = new AbortController()
      const { signal } = controller
      const task = createTask(() => event.wait({ signal }))
      await sleep(0)
      controller.abort("reason")
      await expect(joinOnly(task)).rejects.toBe("reason")
      expect(getEventListeners(signal, "abort")).toHaveLength(0)
      await expect(event.wait({ timeout: 10 })).rejects.toThrow(
        new TimeoutError("Timed out after 10 ms waiting for event"),
      )
      expect(now()).toBe(10)
      expect(event.statistics().waiting).toBe(0)
      expect(timerCount()).toBe(0)
    }))

  it("refuses a signal that has aborted and a limit that is none, also when it is set", () =>
    runVirtual(async () => {
      const event = new Event()
      for (const _ of [1, 2]) {
        await expect(event.wait({ signal: AbortSignal.abort("gone") })).rejects.toBe("gone")
        await expect(event.wait({ timeout: NaN })).rejects.toThrow(RangeError)
        expect(event.statistics().waiting).toBe(0)
        event.set()
      }
    }))

  it("LOCK-13: an event tells its state", () =>
    runVirtual(async () => {
      const event = new Event()
      const task = createTask(() => event.wait())
      await sleep(0)
      expect(String(event)).toBe("<Event unset waiting=1>")
      event.set()
      expect(String(event)).toBe("<Event set waiting=0>")
      await task
    }))

  it("works outside a run", async () => {
    const event = new Event()
    setTimeout(() => event.set(), 1)
    expect(await event.wait()).toBe(true)
  })

  it("a loop over an event that is set keeps nobody else from running (T3)", async () => {
    await run(async () => {
      const event = new Event()
      event.set()
      const busy = createTask(async () => {
        for (;;) await event.wait()
      })
      await sleep(20)
      busy.cancel("enough")
      await expect(joinOnly(busy)).rejects.toMatchObject({ reason: "enough" })
    })
  })
})
