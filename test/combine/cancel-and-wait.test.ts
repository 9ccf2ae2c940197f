// Cancelling a task and seeing it out.
import { describe, expect, it } from "vitest"
import {
  CancelledError,
  Future,
  cancelAndWait,
  createTask,
  currentTask,
  joinOnly,
  shield,
  sleep,
} from "../../src/index.ts"
import { now, runVirtual } from "../../src/testing/index.ts"

describe("cancelAndWait()", () => {
  it("returns when the task has ended and cleaned up, and throws nothing of its cancel", () =>
    runVirtual(async () => {
      const task = createTask(async () => {
        try {
          await sleep(1000)
        } finally {
          await sleep(30)
        }
      })
      await sleep(5)
      await cancelAndWait(task, "closing")
      expect(now()).toBe(35)
      expect(task.cancelled()).toBe(true)
      await expect(joinOnly(task)).rejects.toMatchObject({ reason: "closing" })
      expect(currentTask()?.cancelling()).toBe(0)
    }))

  it("throws what the task failed with instead, and drops a value", () =>
    runVirtual(async () => {
      const mine = new Error("clean-up failed")
      const failing = createTask(() => sleep(10).catch(() => Promise.reject(mine)))
      const swallowing = createTask(() => sleep(10).catch(() => {}))
      await sleep(0)
      await expect(cancelAndWait(failing)).rejects.toBe(mine)
      await expect(cancelAndWait(swallowing)).resolves.toBeUndefined()
      expect(swallowing.cancelled()).toBe(false)
    }))

  it("is fine with what is done already, was never started, or is a future or a shield", () =>
    runVirtual(async () => {
      const finished = createTask(async () => 1)
      await finished
      await cancelAndWait(finished)
      expect(finished.result()).toBe(1)
      await cancelAndWait(createTask(() => expect.unreachable("not started")))
      await cancelAndWait(new Future<void>())
      const inner = createTask(() => sleep(10, "inner"))
      await cancelAndWait(shield(inner))
      expect(await inner).toBe("inner")
    }))

  it("cancelled while waiting it throws the caller's own request, and the task ends on its own", () =>
    runVirtual(async () => {
      const task = createTask(async () => {
        try {
          await sleep(1000)
        } finally {
          await sleep(30)
        }
      })
      await sleep(0)
      const closer = createTask(() => cancelAndWait(task, "closing"))
      await sleep(5)
      closer.cancel("in a hurry")
      await expect(joinOnly(closer)).rejects.toMatchObject({ reason: "in a hurry" })
      expect(task.done()).toBe(false)
      await expect(joinOnly(task)).rejects.toMatchObject({ reason: "closing" })
      expect(now()).toBe(30)
    }))

  it("cancelled in the turn in which it was served it ends as cancelled", () =>
    runVirtual(async () => {
      const task = new Future<void>()
      const closer = createTask(async () => {
        closer.cancel("own")
        await cancelAndWait(task, "other")
      })
      await expect(joinOnly(closer)).rejects.toMatchObject({ reason: "own" })
      expect(task.cancelled()).toBe(true)
    }))

  it("of the current task: ends it", () =>
    runVirtual(async () => {
      const task = createTask(() => cancelAndWait(currentTask() as never, "myself"))
      await expect(joinOnly(task)).rejects.toMatchObject({ reason: "myself" })
      expect(task.cancelled()).toBe(true)
    }))

  it("refuses what cannot be cancelled", () =>
    runVirtual(async () => {
      await expect(cancelAndWait(Promise.resolve() as never)).rejects.toThrow("got a promise")
      await expect(cancelAndWait((() => {}) as never)).rejects.toThrow(
        new TypeError("Expected a task or future, got a function: nobody runs it"),
      )
    }))

  it("tells the two cancels apart", () =>
    runVirtual(async () => {
      const task = createTask(() => sleep(1000))
      const error = await cancelAndWait(task).catch((thrown: unknown) => thrown)
      expect(error).toBeUndefined()
      expect(() => task.result()).toThrow(CancelledError)
    }))
})
