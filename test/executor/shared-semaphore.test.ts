import { describe, expect, it } from "vitest"
import { createTask, joinOnly, run, sleep } from "../../src/index.ts"
import { SharedMutex, SharedSemaphore } from "../../src/executor/index.ts"
import { inThread } from "./in-thread.ts"

const quiet = { handleSignals: false }

describe("SharedSemaphore", () => {
  it("lets so many in, in order of arrival", () =>
    run(async () => {
      const gate = new SharedSemaphore(2)
      const order: number[] = []
      const tasks = [1, 2, 3, 4, 5].map((id) =>
        createTask(() =>
          gate.run(async () => {
            order.push(id)
            await sleep(1)
          }),
        ),
      )
      await sleep(0)
      expect(gate.statistics()).toEqual({ free: 0, waiting: 3, threads: 1 })
      expect(gate.locked()).toBe(true)
      expect(gate.tryAcquire()).toBeNull()
      for (const task of tasks) await task
      expect(order).toEqual([1, 2, 3, 4, 5])
      expect(String(gate)).toBe("<SharedSemaphore free=2 waiting=0 threads=0>")
    }, quiet))

  it("a permit that was freed goes past a waiter that was cancelled in the same turn", () =>
    run(async () => {
      const gate = new SharedSemaphore(0)
      const [first, second, third] = [1, 2, 3].map(() => createTask(() => gate.acquire()))
      await sleep(0)
      gate.release()
      gate.release()
      first?.cancel()
      await joinOnly(first as never).catch(() => {})
      await second
      await third
      expect(gate.statistics()).toMatchObject({ free: 0, waiting: 0, threads: 0 })
    }, quiet))

  it("bounds how many threads are inside", async () => {
    const gate = new SharedSemaphore(2)
    const words = new Int32Array(new SharedArrayBuffer(8))
    const body = `
      const gate = new tsyncio.SharedSemaphore(data.buffer)
      let most = 0
      for (let i = 0; i < 300; i++) {
        const permit = i % 2 ? gate.acquireSync({ timeout: 5000 }) : await gate.acquire()
        most = Math.max(most, Atomics.add(data.words, 0, 1) + 1)
        for (let n = 0; n < 1000; n++);
        Atomics.sub(data.words, 0, 1)
        permit.release()
      }
      return most`
    const threads = [1, 2, 3].map(() => inThread<number>(body, { buffer: gate.buffer, words }))
    const most = await Promise.all(threads.map(({ result }) => result))
    expect(Math.max(...most.map(Number))).toBeLessThanOrEqual(2)
    expect(gate.statistics()).toEqual({ free: 2, waiting: 0, threads: 0 })
  })

  it("refuses what is no number of permits, and other buffers", () => {
    expect(() => new SharedSemaphore(-1)).toThrow(RangeError)
    expect(() => new SharedSemaphore(2 ** 31)).toThrow(RangeError)
    expect(() => new SharedSemaphore("2" as never)).toThrow(TypeError)
    expect(() => new SharedSemaphore(new SharedMutex().buffer)).toThrow(/got that of a mutex/)
    expect(() => new SharedSemaphore(2 ** 31 - 1).release()).toThrow("it is full")
  })
})
