// Items in an order of their own and those who want one: who gets which is decided when he goes on.
import { expect, it } from "vitest"
import { QueueShutDownError, createTask, joinOnly, sleep } from "../../src/index.ts"
import { RankedStock } from "../../src/sync/ranked-stock.ts"
import { StackStore } from "../../src/sync/stack-store.ts"
import { runVirtual } from "../../src/testing/index.ts"

it("what is promised to a getter cannot be had by others, which item it is shows later", () =>
  runVirtual(async () => {
    const stock = new RankedStock(new StackStore<string>())
    const getter = createTask(() => stock.wait(undefined))
    await sleep(0)
    expect(stock.statistics()).toEqual({ size: 0, waiting: 1 })
    stock.add("a")
    expect(stock.statistics()).toEqual({ size: 0, waiting: 0 })
    stock.add("b")
    expect(stock.size).toBe(1)
    expect(await getter).toBe("b")
    expect(await stock.give(stock.take())).toBe("a")
  }))

it("a promise goes to the next getter, or ends, when its getter is cancelled", () =>
  runVirtual(async () => {
    const stock = new RankedStock(new StackStore<string>())
    const getters = [0, 1].map(() => createTask(() => stock.wait(undefined)))
    await sleep(0)
    stock.add("a")
    getters[0]?.cancel()
    expect([stock.size, stock.waiting]).toEqual([0, 0])
    getters[1]?.cancel()
    expect(stock.size).toBe(1)
    expect(stock.take()).toBe("a")
  }))

it("what is promised cannot be taken out", () =>
  runVirtual(async () => {
    const stock = new RankedStock(new StackStore<string>())
    const getter = createTask(() => stock.wait(undefined))
    await sleep(0)
    stock.add("a")
    expect(stock.remove("a")).toBe(false)
    stock.add("b")
    expect(stock.remove("b")).toBe(true)
    expect(await getter).toBe("a")
  }))

it("drop() counts what is in store and what is promised, once", () =>
  runVirtual(async () => {
    const stock = new RankedStock(new StackStore<string>())
    const getters = [0, 1].map(() => createTask(() => stock.wait(undefined)))
    await sleep(0)
    stock.add("a")
    expect(stock.drop()).toBe(1)
    stock.endGetters()
    expect([stock.drop(), stock.size]).toEqual([0, 0])
    for (const getter of getters) await expect(joinOnly(getter)).rejects.toBeInstanceOf(QueueShutDownError)
  }))
