// Context managers from one generator: every way in, every way out.
import { AsyncLocalStorage } from "node:async_hooks"
import { describe, expect, expectTypeOf, it } from "vitest"
import { CancelledError, createTask, joinOnly, resource, sleep, timeout } from "../../src/index.ts"
import { now, runVirtual } from "../../src/testing/index.ts"

/** A resource that writes down what happens to it; opening takes 10 ms, closing 5. */
function logged(log: string[]) {
  return resource(async function* (name: string) {
    log.push(`open ${name}`)
    try {
      await sleep(10)
      yield name.toUpperCase()
      log.push("left well")
    } catch (error) {
      log.push(`saw ${(error as Error).message}`)
      throw error
    } finally {
      await sleep(5)
      log.push(`closed ${name}`)
    }
  })
}

describe("resource().use()", () => {
  it("opens, calls with the value, closes, and gives the result", () =>
    runVirtual(async () => {
      const log: string[] = []
      const connection = logged(log)
      const result = await connection.use("db", async (value) => {
        log.push(value)
        return 42
      })
      expect(result).toBe(42)
      expectTypeOf(result).toEqualTypeOf<number | undefined>()
      expect(log).toEqual(["open db", "DB", "left well", "closed db"])
      expect(now()).toBe(15)
    }))

  it("the generator sees the error that leaves the block, and lets it pass", () =>
    runVirtual(async () => {
      const log: string[] = []
      const mine = new Error("mine")
      await expect(logged(log).use("db", () => Promise.reject(mine))).rejects.toBe(mine)
      expect(log).toEqual(["open db", "saw mine", "closed db"])
      const thrower = (): never => {
        throw mine
      }
      await expect(logged(log).use("db", thrower)).rejects.toBe(mine)
    }))

  it("the generator may swallow the error, or throw another", () =>
    runVirtual(async () => {
      const handling = resource(async function* (swallows: boolean) {
        try {
          yield
        } catch (error) {
          if (!swallows) throw new TypeError("another", { cause: error })
        }
      })
      const mine = new Error("mine")
      expect(await handling.use(true, () => Promise.reject(mine))).toBe(undefined)
      await expect(handling.use(false, () => Promise.reject(mine))).rejects.toMatchObject({
        message: "another",
        cause: mine,
      })
    }))

  it("an error of the clean-up is thrown instead of the result", () =>
    runVirtual(async () => {
      const failing = resource(async function* () {
        yield 1
        throw new Error("cannot close")
      })
      await expect(failing.use(async () => "dropped")).rejects.toThrow("cannot close")
    }))

  it("an error while it opens is thrown, and the block is not entered", () =>
    runVirtual(async () => {
      const failing = resource(async function* () {
        await sleep(1)
        yield JSON.parse("{") as unknown
      })
      await expect(failing.use(() => expect.unreachable("not entered"))).rejects.toThrow(SyntaxError)
    }))

  it("a cancel while it opens is thrown inside the generator, and the block is not entered", () =>
    runVirtual(async () => {
      const log: string[] = []
      const task = createTask(() => logged(log).use("db", () => expect.unreachable("not entered")))
      await sleep(3)
      task.cancel("enough")
      await expect(joinOnly(task)).rejects.toMatchObject({ reason: "enough" })
      expect(log).toEqual(["open db", "saw Cancelled: enough", "closed db"])
      expect(now()).toBe(8)
    }))

  it("a cancel in the turn in which it would have opened is thrown inside as well", () =>
    runVirtual(async () => {
      const log: string[] = []
      const canceller = createTask(async () => {
        await sleep(10)
        task.cancel("enough")
      })
      const task = createTask(() => logged(log).use("db", () => expect.unreachable("not entered")))
      await expect(joinOnly(task)).rejects.toMatchObject({ reason: "enough" })
      expect(log).toEqual(["open db", "saw Cancelled: enough", "closed db"])
      await canceller
    }))

  it("a cancel in the block arrives at the `yield`; the clean-up may wait", () =>
    runVirtual(async () => {
      const log: string[] = []
      const task = createTask(() => logged(log).use("db", () => sleep(1000)))
      await sleep(20)
      task.cancel("enough")
      await expect(joinOnly(task)).rejects.toMatchObject({ reason: "enough" })
      expect(log).toEqual(["open db", "saw Cancelled: enough", "closed db"])
      expect(now()).toBe(25)
    }))

  it("a cancel while it closes interrupts the clean-up's wait, and is not lost", () =>
    runVirtual(async () => {
      const log: string[] = []
      const task = createTask(() => logged(log).use("db", async () => "value"))
      await sleep(12)
      task.cancel("late")
      await expect(joinOnly(task)).rejects.toMatchObject({ reason: "late" })
      expect(log).toEqual(["open db", "left well"])
      expect(now()).toBe(12)
    }))

  it("a limit around it: the clean-up is through before the TimeoutError", () =>
    runVirtual(async () => {
      const log: string[] = []
      await expect(timeout(20, () => logged(log).use("db", () => sleep(1000)))).rejects.toThrow(
        "Timed out after 20 ms",
      )
      expect(log.at(-1)).toBe("closed db")
      expect(now()).toBe(25)
    }))

  it("nests, and closes in the opposite order", () =>
    runVirtual(async () => {
      const log: string[] = []
      const connection = logged(log)
      await connection.use("a", () => connection.use("b", async () => log.push("inside")))
      expect(log).toEqual(["open a", "open b", "inside", "left well", "closed b", "left well", "closed a"])
    }))

  it("a generator that never yields, or yields twice, is refused; its `finally` has run", () =>
    runVirtual(async () => {
      const log: string[] = []
      const never = resource(async function* (): AsyncGenerator<number, void, void> {})
      await expect(never.use(() => expect.unreachable("not entered"))).rejects.toThrow(
        new TypeError("Expected the generator of a resource to yield its value, got no yield"),
      )
      const twice = resource(async function* () {
        try {
          yield 1
          yield 2
        } finally {
          await sleep(1)
          log.push("closed")
        }
      })
      const message = "Expected the generator of a resource to yield once, got a second yield"
      await expect(twice.use(async () => {})).rejects.toThrow(new TypeError(message))
      expect(log).toEqual(["closed"])

      const mine = new Error("mine")
      const again = resource(async function* () {
        try {
          yield 1
        } catch {
          yield 2
        }
      })
      await expect(again.use(() => Promise.reject(mine))).rejects.toMatchObject({ message, cause: mine })
    }))

  it("refuses a missing block before it opens", () =>
    runVirtual(async () => {
      const log: string[] = []
      const use = logged(log).use as (...args: unknown[]) => Promise<unknown>
      await expect(use("db")).rejects.toThrow(TypeError)
      expect(() => resource(5 as never)).toThrow(TypeError)
      expect(log).toEqual([])
    }))

  it("block and generator see the caller's AsyncLocalStorage", () =>
    runVirtual(async () => {
      const storage = new AsyncLocalStorage<string>()
      const seen: (string | undefined)[] = []
      const watched = resource(async function* () {
        seen.push(storage.getStore())
        await sleep(1)
        yield
        await sleep(1)
        seen.push(storage.getStore())
      })
      await storage.run("request", () => watched.use(async () => seen.push(storage.getStore())))
      expect(seen).toEqual(["request", "request", "request"])
    }))
})

describe("resource() with `await using`", () => {
  it("closes on the way out, and on the way out by an error, which it does not see", () =>
    runVirtual(async () => {
      const log: string[] = []
      const connection = logged(log)
      {
        await using held = await connection("db")
        log.push(held.value)
      }
      expect(log).toEqual(["open db", "DB", "left well", "closed db"])
      log.length = 0
      const block = async (): Promise<void> => {
        await using held = await connection("db")
        throw new Error(held.value)
      }
      await expect(block()).rejects.toThrow("DB")
      expect(log).toEqual(["open db", "left well", "closed db"])
    }))

  it("closes when the block is cancelled, with its waits", () =>
    runVirtual(async () => {
      const log: string[] = []
      const task = createTask(async () => {
        await using held = await logged(log)("db")
        await sleep(1000)
        log.push(held.value)
      })
      await sleep(20)
      task.cancel()
      await expect(joinOnly(task)).rejects.toBeInstanceOf(CancelledError)
      expect(log).toEqual(["open db", "left well", "closed db"])
      expect(now()).toBe(25)
    }))

  it("disposing of it twice closes it once", () =>
    runVirtual(async () => {
      const log: string[] = []
      const held = await logged(log)("db")
      await held[Symbol.asyncDispose]()
      await held[Symbol.asyncDispose]()
      expect(log).toEqual(["open db", "left well", "closed db"])
    }))

  it("a second yield is refused there as well", () =>
    runVirtual(async () => {
      const twice = resource(async function* () {
        yield 1
        yield 2
      })
      const held = await twice()
      await expect(held[Symbol.asyncDispose]()).rejects.toThrow("got a second yield")
    }))
})
