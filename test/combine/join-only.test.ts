// Waiting for a task without a hold on it.
import { describe, expect, it } from "vitest"
import { CancelledError, Future, createTask, joinOnly, moveOnAfter, sleep } from "../../src/index.ts"
import { runVirtual, steps } from "../../src/testing/index.ts"

describe("joinOnly()", () => {
  it("gives the value or throws the error", () =>
    runVirtual(async () => {
      expect(await joinOnly(createTask(() => sleep(5, "value")))).toBe("value")
      const mine = new Error("mine")
      const failing = createTask(async () => {
        throw mine
      })
      await expect(joinOnly(failing)).rejects.toBe(mine)
      await expect(joinOnly(failing)).rejects.toBe(mine)
    }))

  it("lets nobody in between when the task is done", () =>
    runVirtual(async () => {
      const { step, finish } = steps()
      const done = createTask(async () => 1)
      await done
      const other = createTask(async () => step(2))
      expect(await joinOnly(done)).toBe(1)
      step(1)
      await other
      finish(3)
    }))

  it("cancelling who waits leaves the task running", () =>
    runVirtual(async () => {
      const task = createTask(() => sleep(50, "task"))
      const waiters = [0, 1].map(() => createTask(() => joinOnly(task)))
      await sleep(5)
      waiters[0]?.cancel("stop")
      await expect(joinOnly(waiters[0] as (typeof waiters)[0])).rejects.toMatchObject({ reason: "stop" })
      expect(await moveOnAfter(5, () => joinOnly(task))).toEqual({ timedOut: true })
      expect(task.cancelling()).toBe(0)
      expect(await waiters[1]).toBe("task")
    }))

  it("cancelled in the turn the task ended: the waiter gets the cancel, the task its value", () =>
    runVirtual(async () => {
      const future = new Future<string>()
      const waiter = createTask(() => joinOnly(future))
      await sleep(0)
      future.setResult("value")
      waiter.cancel()
      await expect(joinOnly(waiter)).rejects.toBeInstanceOf(CancelledError)
      expect(future.result()).toBe("value")
    }))

  it("throws the CancelledError of a task that was cancelled", () =>
    runVirtual(async () => {
      const task = createTask(() => sleep(1000))
      void createTask(async () => void task.cancel("by somebody"))
      await expect(joinOnly(task)).rejects.toMatchObject({ reason: "by somebody" })
    }))

  it("refuses what is no task or future", async () => {
    await expect(joinOnly(Promise.resolve(1) as unknown as Future<number>)).rejects.toThrow(TypeError)
  })
})
