// A semaphore that notices a release too many.
import { describe, expect, it } from "vitest"
import { BoundedSemaphore, CancelledError, Semaphore, createTask, joinOnly, sleep } from "../../src/index.ts"
import { runVirtual } from "../../src/testing/index.ts"

describe("BoundedSemaphore", () => {
  it("SEM-02: counts and refuses as a semaphore does", () => {
    expect(new BoundedSemaphore()).toBeInstanceOf(Semaphore)
    expect(new BoundedSemaphore().statistics()).toEqual({ free: 1, waiting: 0 })
    expect(new BoundedSemaphore(0).locked()).toBe(true)
    expect(() => new BoundedSemaphore(-1)).toThrow(RangeError)
    expect(() => new BoundedSemaphore("1" as never)).toThrow(TypeError)
  })

  it("a release above the initial value is an error, and changes nothing", () =>
    runVirtual(async () => {
      const gate = new BoundedSemaphore(2)
      expect(() => gate.release()).toThrow(
        new RangeError("Cannot release semaphore: it was released more often than acquired (permits: 2)"),
      )
      await gate.acquire()
      gate.release()
      expect(() => gate.release()).toThrow(RangeError)
      expect(gate.statistics()).toEqual({ free: 2, waiting: 0 })
      expect(() => new BoundedSemaphore(0).release()).toThrow(RangeError)
    }))

  it("permits, run() and hand-over go through the bound", () =>
    runVirtual(async () => {
      const gate = new BoundedSemaphore(1)
      const permit = await gate.acquire()
      const waiter = createTask(() => gate.run(() => "in"))
      await sleep(0)
      permit.release()
      permit.release()
      expect(await waiter).toBe("in")
      expect(gate.statistics()).toEqual({ free: 1, waiting: 0 })
      expect(() => gate.release()).toThrow(RangeError)
    }))

  it("a waiter cancelled in the turn it was served gives its permit back within the bound", () =>
    runVirtual(async () => {
      const gate = new BoundedSemaphore(1)
      await gate.acquire()
      const waiter = createTask(() => gate.acquire())
      await sleep(0)
      gate.release()
      waiter.cancel()
      expect(gate.statistics()).toEqual({ free: 1, waiting: 0 })
      await expect(joinOnly(waiter)).rejects.toBeInstanceOf(CancelledError)
    }))

  it("LOCK-13: it tells its state", () => {
    expect(String(new BoundedSemaphore(2))).toBe("<BoundedSemaphore free=2 waiting=0>")
  })
})
