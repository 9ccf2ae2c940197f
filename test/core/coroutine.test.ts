// Generator bodies: interrupted at every yield, also at foreign promises (P2).
import { describe, expect, it } from "vitest"
import { Future, coroutine, createTask, isCancelled, moveOnAfter, sleep, taskGroup } from "../../src/index.ts"
import { now, runVirtual } from "../../src/testing/index.ts"

describe("a coroutine", () => {
  it("is sent what it yields: tasks, futures, our promises, foreign ones, plain values", () =>
    runVirtual(async () => {
      const body = coroutine(function* (start: number) {
        const a = yield* createTask(async () => start)
        const b = (yield Promise.resolve(2)) as number
        const c = (yield sleep(10, 3)) as number
        const d = (yield 4) as number
        return a + b + c + d
      })
      expect(await body(1)).toBe(10)
    }))

  it("P2: is interrupted at a foreign promise, and its finally may wait", () =>
    runVirtual(async () => {
      const log: string[] = []
      const task = createTask(
        coroutine(function* () {
          try {
            yield new Promise(() => {})
          } catch (error) {
            log.push(isCancelled(error) ? `cancelled: ${String(error.reason)}` : "something else")
            throw error
          } finally {
            yield sleep(5)
            log.push("cleaned up")
          }
        }),
      )
      await sleep(1)
      task.cancel("enough")
      await expect(task.join()).rejects.toThrow("enough")
      expect(log).toEqual(["cancelled: enough", "cleaned up"])
      expect(now()).toBe(6)
    }))

  it("is thrown at the yield what the awaited thing failed with, and may go on", () =>
    runVirtual(async () => {
      const body = coroutine(function* () {
        try {
          yield Promise.reject(new Error("foreign"))
        } catch (error) {
          return (error as Error).message
        }
        return "not reached"
      })
      expect(await body()).toBe("foreign")
    }))

  it("passes a request on to the task it awaits", () =>
    runVirtual(async () => {
      const child = createTask(() => sleep(1000))
      const task = createTask(
        coroutine(function* () {
          yield* child
        }),
      )
      await sleep(1)
      task.cancel()
      await task.join().catch(() => {})
      expect(child.cancelled()).toBe(true)
    }))

  it("runs each step in the current scope: blocks take a coroutine of their own", () =>
    runVirtual(async () => {
      const wait = coroutine(function* () {
        yield new Promise(() => {})
      })
      expect(await moveOnAfter(10, () => wait())).toEqual({ timedOut: true })
      await expect(
        taskGroup((group) => {
          group.createTask(wait)
          group.createTask(async () => {
            throw new Error("sibling")
          })
        }),
      ).rejects.toThrow("sibling")
    }))

  it("refuses what is no generator function, and keeps `this`", () =>
    runVirtual(async () => {
      expect(() => coroutine(1 as never)).toThrow(TypeError)
      await expect(coroutine((() => 1) as never)()).rejects.toThrow("Expected a generator function")
      const counter = {
        n: 3,
        next: coroutine(function* (this: { n: number }) {
          const step = new Future<number>()
          step.setResult(this.n)
          return (yield* step) + 1
        }),
      }
      expect(await counter.next()).toBe(4)
    }))
})
