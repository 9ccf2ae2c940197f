// One piece of code for two worlds; every case below is run in both forms.
import { describe, expect, expectTypeOf, it } from "vitest"
import { CancelledError, createTask, dual, isCancelled, joinOnly, sleep } from "../../src/index.ts"
import { now, runVirtual } from "../../src/testing/index.ts"

/** A file system in memory, slow in the one world. */
const files = new Map([
  ["a", "b c"],
  ["b", "2"],
  ["c", "3"],
])

function look(path: string): string {
  const text = files.get(path)
  if (text === undefined) throw new RangeError(`no file ${path}`)
  return text
}

const read = dual({
  sync: (path: string) => look(path),
  async: async (path: string) => {
    await sleep(10)
    return look(path)
  },
})

const number = dual(function* (path: string) {
  return Number(yield* read(path))
})

const sum = dual(function* (path: string) {
  let total = 0
  for (const name of (yield* read(path)).split(" ")) total += yield* number(name)
  return total
})

/** A class whose methods exist in both forms. */
class Folder {
  readonly prefix: string
  constructor(prefix: string) {
    this.prefix = prefix
  }
  readonly text = dual(this, function* (name: string) {
    return `${this.prefix}${yield* read(name)}`
  })
  readonly both = dual(this, function* (first: string, second: string) {
    return [yield* this.text(first), yield* this.text(second)] as const
  })
}

describe.each(["sync", "async"] as const)("dual(), form %s", (form) => {
  it("runs the code with the steps of that form, nested ones as well", () =>
    runVirtual(async () => {
      expect(await sum[form]("a")).toBe(5)
      expect(await number[form]("b")).toBe(2)
      expect(now()).toBe(form === "sync" ? 0 : 40)
    }))

  it("a step alone has both forms too", () =>
    runVirtual(async () => {
      expect(await read[form]("b")).toBe("2")
    }))

  it("methods keep their `this`, also when they call each other", () =>
    runVirtual(async () => {
      const [one, two] = [new Folder("1:"), new Folder("2:")]
      expect(await one.both[form]("b", "c")).toEqual(["1:2", "1:3"])
      expect(await two.text[form]("b")).toBe("2:2")
      const { text } = one
      expect(await text[form]("b")).toBe("1:2")
    }))

  it("an error of a step is thrown at its `yield*`, where the code may catch it and go on", () =>
    runVirtual(async () => {
      const log: string[] = []
      const careful = dual(function* (path: string) {
        try {
          return yield* read(path)
        } catch (error) {
          log.push((error as Error).message)
          return yield* read("b")
        } finally {
          log.push("finally")
        }
      })
      expect(await careful[form]("x")).toBe("2")
      expect(log).toEqual(["no file x", "finally"])
      const failing = async (): Promise<unknown> => sum[form]("x")
      await expect(failing()).rejects.toThrow(new RangeError("no file x"))
    }))

  it("an error of the code itself is thrown to the caller", () =>
    runVirtual(async () => {
      const broken = dual(function* () {
        yield* read("b")
        throw new Error("mine")
      })
      const call = async (): Promise<unknown> => broken[form]()
      await expect(call()).rejects.toThrow("mine")
    }))

  it("refuses a yield that is no step, at the yield", () =>
    runVirtual(async () => {
      const log: string[] = []
      const wrong = dual(function* (): Generator<never, unknown, unknown> {
        try {
          return yield Promise.resolve(1) as never
        } finally {
          log.push("finally")
        }
      })
      const call = async (): Promise<unknown> => wrong[form]()
      await expect(call()).rejects.toThrow(/^Expected a step at `yield`: call it by `yield\*`/)
      expect(log).toEqual(["finally"])
    }))

  it("a class instance of another world can be given as `this` as well", () =>
    runVirtual(async () => {
      const counter = { count: 1 }
      const add = dual(counter, function* (path: string) {
        this.count += yield* number(path)
        return this.count
      })
      expect(await add[form]("b")).toBe(3)
      expect(counter.count).toBe(3)
    }))
})

describe("dual()", () => {
  it("sync never waits, and refuses a step whose sync form gives a promise", () =>
    runVirtual(async () => {
      const log: string[] = []
      const wrong = dual({ sync: () => Promise.resolve(1) as unknown, async: () => Promise.resolve(1) })
      const caller = dual(function* () {
        try {
          return yield* wrong()
        } finally {
          log.push("finally")
        }
      })
      expect(() => caller.sync()).toThrow(
        new TypeError("Expected the `sync` form of a step to give its value, got a promise"),
      )
      expect(log).toEqual(["finally"])
      expect(await caller.async()).toBe(1)
    }))

  it("async is cancelled at the awaits of its steps, and cleans up by steps", () =>
    runVirtual(async () => {
      const log: string[] = []
      const careful = dual(function* () {
        try {
          return yield* sum("a")
        } catch (error) {
          log.push(isCancelled(error) ? "cancelled" : "failed")
          throw error
        } finally {
          log.push(`closed ${yield* read("b")}`)
        }
      })
      const task = createTask(() => careful.async())
      await sleep(15)
      task.cancel()
      await expect(joinOnly(task)).rejects.toBeInstanceOf(CancelledError)
      expect(log).toEqual(["cancelled", "closed 2"])
      expect(now()).toBe(25)
    }))

  it("async takes a task or a plain value from a step", () =>
    runVirtual(async () => {
      const odd = dual({ sync: () => 1, async: () => createTask(() => sleep(1, 1)) })
      const plain = dual({ sync: () => 1, async: () => 1 })
      const both = dual(function* () {
        return (yield* odd()) + (yield* plain())
      })
      expect(both.sync()).toBe(2)
      expect(await both.async()).toBe(2)
    }))

  it("an error in the first step does not leave async by a throw", () =>
    runVirtual(async () => {
      const broken = dual(function* () {
        if (files.size > 0) throw new Error("at once")
        return yield* number("b")
      })
      expect(() => broken.sync()).toThrow("at once")
      const promise = broken.async()
      await expect(promise).rejects.toThrow("at once")
    }))

  it("many steps take no stack", () =>
    runVirtual(async () => {
      const one = dual({ sync: () => 1, async: async () => 1 })
      const count = dual(function* (n: number) {
        let total = 0
        for (let i = 0; i < n; i += 1) total += yield* one()
        return total
      })
      expect(count.sync(100_000)).toBe(100_000)
      expect(await count.async(10_000)).toBe(10_000)
    }))

  it("refuses what is neither two forms nor a function", () => {
    expect(() => dual({ sync: () => 1 } as never)).toThrow(TypeError)
    expect(() => dual(undefined as never)).toThrow(TypeError)
  })

  it("knows its types, and refuses code that needs a `this` nobody gives", () => {
    expectTypeOf(sum.sync).toEqualTypeOf<(path: string) => number>()
    expectTypeOf(sum.async).toEqualTypeOf<(path: string) => Promise<number>>()
    expectTypeOf(new Folder("").both.sync).returns.toEqualTypeOf<readonly [string, string]>()
    // @ts-expect-error its `this` is missing
    dual(function* (this: Folder, name: string) {
      return `${this.prefix}${yield* read(name)}`
    })
    // @ts-expect-error a promise is no step
    dual(function* () {
      yield Promise.resolve(1)
    })
  })
})
