// Items and those who want one: never both at the same time.
import { expect, it } from "vitest"
import { QueueShutDownError, createTask, joinOnly, sleep } from "../../src/index.ts"
import { Stock } from "../../src/sync/stock.ts"
import { runVirtual } from "../../src/testing/index.ts"

it("an item goes to the first getter in line, else into the store", () =>
  runVirtual(async () => {
    const stock = new Stock<string>()
    const getter = createTask(() => stock.wait(undefined))
    await sleep(0)
    expect([stock.size, stock.waiting]).toEqual([0, 1])
    stock.add("a")
    stock.add("b")
    expect([stock.size, stock.waiting]).toEqual([1, 0])
    expect(await getter).toBe("a")
    expect(await stock.give(stock.take())).toBe("b")
  }))

it("what a getter was handed goes to the next one, or back to the front, when it is cancelled", () =>
  runVirtual(async () => {
    const stock = new Stock<string>()
    const getters = [0, 1].map(() => createTask(() => stock.wait(undefined)))
    await sleep(0)
    stock.add("a")
    getters[0]?.cancel()
    expect([stock.size, stock.waiting]).toEqual([0, 0])
    getters[1]?.cancel()
    expect(stock.size).toBe(1)
    stock.add("b")
    expect([stock.take(), stock.take()]).toEqual(["a", "b"])
  }))

it("drop() counts what is in store and on its way, once", () =>
  runVirtual(async () => {
    const stock = new Stock<string>()
    const getter = createTask(() => stock.wait(undefined))
    await sleep(0)
    stock.add("a")
    stock.add("b")
    expect([stock.drop(), stock.drop()]).toEqual([2, 0])
    await expect(joinOnly(getter)).rejects.toBeInstanceOf(QueueShutDownError)
  }))

it("tells how much is in it and who waits", () =>
  runVirtual(async () => {
    const stock = new Stock<string>()
    stock.add("a")
    expect(stock.statistics()).toEqual({ size: 1, waiting: 0 })
    stock.take()
    const getter = createTask(() => stock.wait(undefined))
    await sleep(0)
    expect(stock.statistics()).toEqual({ size: 0, waiting: 1 })
    stock.add("b")
    expect(await getter).toBe("b")
  }))
