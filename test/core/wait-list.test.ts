import { describe, expect, it } from "vitest"
import { createTask } from "../../src/core/index.ts"
import { WaitList } from "../../src/core/lowlevel.ts"
import { sleep } from "../../src/time/index.ts"
import { now, runVirtual } from "../../src/testing/index.ts"
import { errorOf } from "./outcomes.ts"

/** A line that serves numbers; what comes back goes to the next. */
function makeLine(): { readonly line: WaitList<number, string>; readonly returned: number[] } {
  const returned: number[] = []
  const line: WaitList<number, string> = new WaitList("probe", (value) => {
    if (line.serve(value) === null) returned.push(value)
    return true
  })
  return { line, returned }
}

describe("the fair line", () => {
  it("serves in order of arrival", () =>
    runVirtual(async () => {
      const { line } = makeLine()
      const log: string[] = []
      for (const name of ["a", "b", "c"]) {
        void createTask(async () => log.push(`${name} ${await line.wait(name)}`))
      }
      await sleep(0)
      expect([line.size, line.first?.detail]).toEqual([3, "a"])
      for (const value of [1, 2, 3]) expect(line.serve(value)).not.toBe(null)
      expect([line.size, line.first, line.serve(4)]).toEqual([0, null, null])
      await sleep(0)
      expect(log).toEqual(["a 1", "b 2", "c 3"])
    }))

  it("lets a cancelled one leave from any place, in any order", () =>
    runVirtual(async () => {
      for (const order of [
        [0, 1, 2],
        [2, 1, 0],
        [1, 0, 2],
        [1, 2, 0],
        [0, 2, 1],
      ]) {
        const { line } = makeLine()
        const tasks = ["a", "b", "c"].map((name) => createTask(() => line.wait(name)))
        await sleep(0)
        for (const [gone, n] of order.entries()) {
          tasks[n]?.cancel()
          expect(line.size).toBe(2 - gone)
        }
        await sleep(0)
        expect([tasks.every((task) => task.cancelled()), line.first]).toEqual([true, null])
      }
    }))

  it("T2: hands what a cancelled one was served in that turn to the next, or back", () =>
    runVirtual(async () => {
      const { line, returned } = makeLine()
      const [a, b, c] = ["a", "b", "c"].map((name) => createTask(() => line.wait(name)))
      await sleep(0)
      line.serve(1)
      a?.cancel()
      b?.cancel()
      expect(await c).toBe(1)
      const d = createTask(() => line.wait("d"))
      await sleep(0)
      line.serve(2)
      d.cancel()
      await errorOf(d)
      expect(returned).toEqual([2])
    }))

  it("ends everybody with one error", () =>
    runVirtual(async () => {
      const { line } = makeLine()
      const tasks = ["a", "b", "c"].map((name) => createTask(() => line.wait(name)))
      await sleep(0)
      const error = new Error("shut down")
      line.failAll(error)
      for (const task of tasks) expect(await errorOf(task)).toBe(error)
      expect(line.size).toBe(0)
    }))

  it("takes limits: who gives up leaves the line", () =>
    runVirtual(async () => {
      const { line } = makeLine()
      const task = createTask(() => line.wait("a", { timeout: 10 }))
      expect(await errorOf(task)).toMatchObject({ name: "TimeoutError" })
      expect([line.size, now()]).toEqual([0, 10])
      const gone = createTask(() => line.wait("b", { signal: AbortSignal.abort("gone") }))
      expect(await errorOf(gone)).toBe("gone")
      expect(line.size).toBe(0)
    }))

  it("takes a wait out once: one that was served or has left stands in no line", () =>
    runVirtual(async () => {
      const { line } = makeLine()
      const tasks = ["a", "b"].map((name) => createTask(() => line.wait(name)))
      await sleep(0)
      const served = line.serve(1)
      if (served !== null) line.remove(served)
      expect([served?.detail, line.size, line.first?.detail]).toEqual(["a", 1, "b"])
      line.serve(2)
      expect([await tasks[0], await tasks[1]]).toEqual([1, 2])
    }))
})
