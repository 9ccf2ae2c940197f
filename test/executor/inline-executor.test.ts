// The executor for tests: the same face in the same thread, on virtual time.
import { describe, expect, it } from "vitest"
import {
  InvalidStateError,
  QueueFullError,
  TimeoutError,
  collect,
  createTask,
  gather,
  isCancelled,
  sleep,
} from "../../src/index.ts"
import { InlineExecutor, currentJob } from "../../src/executor/index.ts"
import { now, runVirtual } from "../../src/testing/index.ts"

describe("InlineExecutor", () => {
  it("runs so many at a time, in order, and any function", () =>
    runVirtual(async () => {
      await using executor = new InlineExecutor({ maxWorkers: 2 })
      const start = now()
      const seen = await gather([1, 2, 3].map((n) => executor.submit((m: number) => sleep(100, m), n)))
      expect(seen).toEqual([1, 2, 3])
      expect(now() - start).toBe(200)
      expect(executor.statistics()).toMatchObject({ completed: 3, queued: 0, busy: 0 })
      expect(await collect.array(executor.map([1, 2], (n: number) => n * 2))).toEqual([2, 4])
    }))

  it("has the limits and refusals of the others", () =>
    runVirtual(async () => {
      const executor = new InlineExecutor({ maxWorkers: 1, maxQueue: 1 })
      const long = executor.submit(() => sleep(1000, "long"))
      const late = executor.submit(() => 1, { queueTimeout: 10 })
      await expect(executor.submit(() => 1).join()).rejects.toBeInstanceOf(QueueFullError)
      await expect(late.join()).rejects.toBeInstanceOf(TimeoutError)
      const timed = executor.with({ timeout: 5 }).submit(() => sleep(1000))
      const waiting = createTask(() => executor.waitForRoom())
      await sleep(0)
      expect(executor.statistics().waiting).toBe(1)
      expect(await long).toBe("long")
      await waiting
      await expect(timed.join()).rejects.toBeInstanceOf(TimeoutError)
      expect(executor.statistics()).toMatchObject({ completed: 1, failed: 1, cancelled: 1 })
      await executor.close()
      expect(() => executor.submit(() => 1)).toThrow(InvalidStateError)
      expect(String(executor)).toBe("<InlineExecutor workers=0/1 busy=0 queued=0 closed>")
    }))

  it("is cancelled like any task, and a function can look", () =>
    runVirtual(async () => {
      await using executor = new InlineExecutor()
      const looking = executor.submit(async () => {
        const job = currentJob()
        while (!job.cancelled) await sleep(10).catch(() => {})
        return "saw it"
      })
      const sleeping = executor.submit(() => sleep(1000))
      await sleep(5)
      looking.cancel()
      sleeping.cancel()
      expect(await looking).toBe("saw it")
      await expect(sleeping.join()).rejects.toSatisfy(isCancelled)
    }))
})
