import { describe, expect, it } from "vitest"
import {
  Future,
  NoRunningLoopError,
  allTasks,
  cancelScope,
  createTask,
  ensureFuture,
  getRunningLoop,
  isFuture,
  run,
  taskGroup,
  wrapFuture,
} from "../../src/core/index.ts"
import { currentScope, spawn, spawnBelow, spawnWork } from "../../src/core/lowlevel.ts"
import { sleep, timeout } from "../../src/time/index.ts"
import { now, runVirtual, steps } from "../../src/testing/index.ts"
import { errorOf, thenable } from "./outcomes.ts"

describe("createTask", () => {
  it("T5: starts its function at its turn, in order of creation", () =>
    runVirtual(async () => {
      const { step, finish } = steps()
      void createTask(() => step(2))
      void createTask(() => finish(3))
      step(1)
      await sleep(0)
    }))

  it("L5: belongs to the run: a block around it neither waits for it nor cancels it", () =>
    runVirtual(async () => {
      const tasks = await taskGroup(() =>
        timeout(1000, () => cancelScope(() => [createTask(() => sleep(50, "v"))])),
      )
      expect(now()).toBe(0)
      expect(await tasks?.[0]).toBe("v")
    }))

  it("L5: cancelling its creator does not cancel it, unless that awaits it", () =>
    runVirtual(async () => {
      const made: unknown[] = []
      const creator = createTask(async () => {
        made.push(
          createTask(() => sleep(50, "alone")),
          createTask(() => sleep(50, "awaited")),
        )
        await (made[1] as PromiseLike<unknown>)
      })
      await sleep(5)
      creator.cancel()
      await sleep(100)
      expect(made.map(String)).toEqual([
        expect.stringContaining("finished result=alone"),
        expect.stringContaining("cancelled"),
      ])
    }))

  it("TASK-07: is refused outside of a run and after it has ended, and calls nothing", async () => {
    let isCalled = false
    const work = (): void => void (isCalled = true)
    expect(() => createTask(work)).toThrow(NoRunningLoopError)
    await run(() => sleep(1), { handleSignals: false })
    expect(() => createTask(work)).toThrow(NoRunningLoopError)
    expect(isCalled).toBe(false)
  })

  it("options.signal that has aborted keeps it from starting", () =>
    runVirtual(async () => {
      let isCalled = false
      const task = createTask(() => (isCalled = true), { signal: AbortSignal.abort("no") })
      const eager = createTask(() => (isCalled = true), { signal: AbortSignal.abort("no"), eager: true })
      await sleep(0)
      expect([task.cancelled(), eager.cancelled(), isCalled]).toEqual([true, true, false])
    }))
})

describe("spawning for primitives", () => {
  it("L6: spawn works outside of a run", async () => {
    expect(await spawn(() => sleep(1, "v"))).toBe("v")
  })

  it("spawnBelow: a request for the scope reaches it", () =>
    runVirtual(async () => {
      const result = await cancelScope(async (scope) => {
        const task = spawnBelow(currentScope(), () => sleep(1000))
        scope.cancel()
        await task.then(null, () => {})
        expect(task.cancelled()).toBe(true)
      })
      expect(result).toBeUndefined()
    }))

  it("what is below a block that ends goes to the run, and is ended", () =>
    runVirtual(async () => {
      const task = await cancelScope(() => [spawnBelow(currentScope(), () => sleep(1000))])
      expect([...allTasks()]).toContain(task?.[0])
      await sleep(0)
      expect([task?.[0]?.cancelled(), now()]).toEqual([true, 0])
    }))

  it("spawnWork takes a future as it is and runs a function", () =>
    runVirtual(async () => {
      const future = new Future<number>()
      expect(spawnWork(future)).toBe(future)
      expect(await spawnWork(() => 5)).toBe(5)
      expect(() => spawnWork(Promise.resolve() as never)).toThrow(TypeError)
    }))
})

describe("futures of works and promises", () => {
  it("TASK-13: ensureFuture gives a task or future back, starts a function, refuses the rest", () =>
    runVirtual(async () => {
      const future = new Future<number>()
      const task = createTask(async () => 1)
      expect([ensureFuture(future) === future, ensureFuture(task) === task]).toEqual([true, true])
      expect(await ensureFuture(async () => 2)).toBe(2)
      expect(() => ensureFuture(Promise.resolve(3) as never)).toThrow("got a promise: pass `() => …`")
      expect(() => ensureFuture(123 as never)).toThrow(TypeError)
      expect([future, task, Promise.resolve(), null].map((value) => isFuture(value))).toEqual([
        true,
        true,
        false,
        false,
      ])
    }))

  it("FUT-18: wrapFuture follows a promise, gives a future back as it is, and can be cancelled alone", () =>
    runVirtual(async () => {
      const future = new Future<number>()
      expect(wrapFuture(future)).toBe(future)
      expect(await wrapFuture(Promise.resolve(1))).toBe(1)
      await expect(wrapFuture(Promise.reject(new Error("foreign"))).join()).rejects.toThrow("foreign")
      const late = wrapFuture(new Promise<number>((resolve) => setTimeout(resolve, 1, 5)))
      late.cancel("not needed")
      await expect(late.join()).rejects.toThrow("not needed")
      const failing = wrapFuture(new Promise<number>((_, reject) => setTimeout(reject, 1, new Error("late"))))
      failing.cancel()
      await new Promise((resolve) => setTimeout(resolve, 5))
      expect([late.cancelled(), failing.cancelled()]).toEqual([true, true])
    }))
})

describe("wrapFuture of odd promises", () => {
  const wrapped = (then: (...callbacks: ((value: unknown) => void)[]) => void): Future<unknown> =>
    wrapFuture(thenable(then as never))

  it("fails with what the promise was rejected with, a class wrapped", () =>
    runVirtual(async () => {
      expect(await errorOf(wrapFuture(Promise.reject(null)))).toBe(null)
      const future = wrapFuture(Promise.reject(RangeError))
      expect(await errorOf(future)).toMatchObject({ cause: RangeError })
    }))

  it("takes the first word of a thenable that speaks twice, or throws before or after", () =>
    runVirtual(async () => {
      const error = new Error("E")
      expect(
        await wrapped((resolve, reject) => {
          resolve?.(1)
          resolve?.(2)
          reject?.(error)
          throw error
        }),
      ).toBe(1)
      const throwing = wrapped(() => {
        throw error
      })
      expect(await errorOf(throwing)).toBe(error)
    }))

  it("loop.makeTask() makes a task of the run where no factory hands it a place", () =>
    runVirtual(async () => {
      const task = getRunningLoop().makeTask(() => sleep(1, "made"), { name: "by hand" })
      expect([task.name, task.parent]).toEqual(["by hand", null])
      expect(await task).toBe("made")
    }))
})
