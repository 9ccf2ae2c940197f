// What may stand in a list of works, and that nothing starts before all of it is good.
import { describe, expect, it } from "vitest"
import { Future, asCompleted, createTask, race, sleep, wait } from "../../src/index.ts"
import { runVirtual } from "../../src/testing/index.ts"

const waitings: readonly (readonly [string, (works: never) => unknown])[] = [
  ["wait", (works) => wait(works)],
  ["race", (works) => race(works)],
  ["asCompleted", (works) => asCompleted(works)],
]

describe.each(waitings)("%s()", (_, waiting) => {
  const begin = async (works: unknown): Promise<unknown> => await waiting(works as never)

  it("refuses a bare promise with advice, and starts none of the others", () =>
    runVirtual(async () => {
      let started = 0
      const works = [async () => (started += 1), Promise.resolve(1)]
      await expect(begin(works)).rejects.toThrow(
        new TypeError(
          "Expected a function, got a promise: pass `() => …`, or `() => cancellable(promise)` for a promise that exists",
        ),
      )
      await expect(begin([async () => (started += 1), 5])).rejects.toThrow(
        new TypeError("Expected a function, got `5` (number)"),
      )
      await sleep(1)
      expect(started).toBe(0)
    }))

  it("refuses what is no list", () =>
    runVirtual(async () => {
      const task = createTask(async () => {}, { name: "lonely" })
      await expect(begin(task)).rejects.toThrow(
        /^Expected `works` to be a list of functions, tasks or futures, got <Task \d+ "lonely" pending>$/,
      )
      await expect(begin(new Future<void>())).rejects.toThrow(TypeError)
      await expect(begin(undefined)).rejects.toThrow("got undefined")
      await expect(begin("ab")).rejects.toThrow("got string")
      await task
    }))
})
