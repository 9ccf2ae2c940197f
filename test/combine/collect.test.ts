// All of an iterable as one value; whatever ends it early closes the source.
import { describe, expect, expectTypeOf, it } from "vitest"
import { CancelledError, collect, createTask, joinOnly, map, sleep, timeout } from "../../src/index.ts"
import { now, runVirtual } from "../../src/testing/index.ts"

/** Counts up, a millisecond each, and says when it is closed. */
async function* numbers(log: string[], most = Infinity): AsyncGenerator<number, void, void> {
  try {
    for (let n = 1; n <= most; n += 1) yield await sleep(1, n)
  } finally {
    await sleep(5)
    log.push("closed")
  }
}

describe("collect", () => {
  it("array: all items in order, of an async iterable, an iterable, and one of promises", () =>
    runVirtual(async () => {
      expect(await collect.array(numbers([], 3))).toEqual([1, 2, 3])
      expect(await collect.array(new Set(["a", "b"]))).toEqual(["a", "b"])
      const mixed = await collect.array([1, Promise.resolve(2)])
      expect(mixed).toEqual([1, 2])
      expectTypeOf(mixed).toEqualTypeOf<number[]>()
      expect(await collect.array([])).toEqual([])
    }))

  it("map and object: pairs, a later one wins; keys are data", () =>
    runVirtual(async () => {
      async function* pairs(): AsyncGenerator<readonly [string, number]> {
        yield ["a", 1]
        yield ["b", 2]
        yield ["a", 3]
      }
      expect(await collect.map(pairs())).toEqual(new Map([["a", 3]]).set("b", 2))
      expect(await collect.object(pairs())).toEqual({ a: 3, b: 2 })
      expect(await collect.map(new Map([[1, "one"]]))).toEqual(new Map([[1, "one"]]))
      const odd = await collect.object([["__proto__", 1] as const])
      expect(Object.keys(odd)).toEqual(["__proto__"])
      expect(Object.getPrototypeOf(odd)).toBe(Object.prototype)
    }))

  it("the concurrent twin: what `map` gives", () =>
    runVirtual(async () => {
      const squares = map([3, 1, 2], (n) => sleep(n * 10, n * n), { concurrency: 3 })
      expect(await collect.array(squares)).toEqual([9, 1, 4])
      expect(now()).toBe(30)
    }))

  it("an error of the source passes, after its clean-up", () =>
    runVirtual(async () => {
      const log: string[] = []
      const mine = new Error("mine")
      async function* failing(): AsyncGenerator<number> {
        try {
          yield 1
          throw mine
        } finally {
          await sleep(5)
          log.push("closed")
        }
      }
      await expect(collect.array(failing())).rejects.toBe(mine)
      expect(log).toEqual(["closed"])
    }))

  it("what is no pair is refused when it comes, and the source is closed", () =>
    runVirtual(async () => {
      const log: string[] = []
      const notPairs = numbers(log) as unknown as AsyncIterable<[string, number]>
      await expect(collect.map(notPairs)).rejects.toThrow(TypeError)
      expect(log).toEqual(["closed"])
      await expect(collect.object(numbers(log) as never)).rejects.toThrow(TypeError)
      expect(log).toEqual(["closed", "closed"])
    }))

  it("a cancel runs the generator's `finally`, with its waits, before it goes on", () =>
    runVirtual(async () => {
      const log: string[] = []
      const task = createTask(() => collect.array(numbers(log)))
      await sleep(3.5)
      task.cancel("enough")
      await expect(joinOnly(task)).rejects.toMatchObject({ reason: "enough" })
      expect(log).toEqual(["closed"])
      expect(now()).toBe(8.5)
    }))

  it("so does a limit", () =>
    runVirtual(async () => {
      const log: string[] = []
      await expect(timeout(3.5, () => collect.array(numbers(log)))).rejects.toThrow("Timed out after 3.5 ms")
      expect(log).toEqual(["closed"])
    }))

  it("cancels the calls of the concurrent twin", () =>
    runVirtual(async () => {
      const log: string[] = []
      const slow = async (name: string): Promise<string> => {
        try {
          return await sleep(1000, name)
        } finally {
          log.push(name)
        }
      }
      const task = createTask(() => collect.array(map(["a", "b"], slow, { concurrency: 2 })))
      await sleep(10)
      task.cancel()
      await expect(joinOnly(task)).rejects.toBeInstanceOf(CancelledError)
      expect(log).toEqual(["a", "b"])
    }))
})
