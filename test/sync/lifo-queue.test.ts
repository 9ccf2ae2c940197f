// The youngest first. What all queues have in common is in queue.test.ts.
import { describe, expect, it } from "vitest"
import { LifoQueue, Queue, createTask, gather, sleep } from "../../src/index.ts"
import { runVirtual } from "../../src/testing/index.ts"
import { checkAgainstLists } from "./ranked-model.ts"

describe("LifoQueue", () => {
  it("QUEUE-01: gives the youngest first, and is a queue", () =>
    runVirtual(async () => {
      const queue = new LifoQueue<number>()
      expect(queue).toBeInstanceOf(Queue)
      for (const item of [1, 3, 2]) await queue.put(item)
      expect([await queue.get(), await queue.get(), await queue.get()]).toEqual([2, 3, 1])
    }))

  it("a getter that waited gets the youngest of those that were put in one turn, as in asyncio", () =>
    runVirtual(async () => {
      const queue = new LifoQueue<string>()
      const getter = createTask(() => queue.get())
      await sleep(0)
      for (const item of ["a", "b", "c"]) queue.putNowait(item)
      expect(queue.size).toBe(2)
      expect(await getter).toBe("c")
      expect([queue.getNowait(), queue.getNowait()]).toEqual(["b", "a"])
    }))

  it("a putter's item that comes in late is the youngest", () =>
    runVirtual(async () => {
      const queue = new LifoQueue<string>(2)
      for (const item of ["a", "b"]) queue.putNowait(item)
      const putter = createTask(() => queue.put("c"))
      await sleep(0)
      expect([queue.getNowait(), queue.getNowait(), queue.getNowait()]).toEqual(["b", "c", "a"])
      await putter
    }))

  it("refuses a bound that is no number, and tells its state", () => {
    expect(() => new LifoQueue(NaN)).toThrow(RangeError)
    expect(String(new LifoQueue(2))).toBe("<LifoQueue size=0 maxSize=2 getters=0 putters=0 unfinished=0>")
  })

  it("several getters that are served together take the youngest in order of arrival", () =>
    runVirtual(async () => {
      const queue = new LifoQueue<number>()
      const getters = [0, 1].map(() => createTask(() => queue.get()))
      await sleep(0)
      for (const item of [1, 2, 3]) queue.putNowait(item)
      expect(await gather(getters)).toEqual([3, 2])
      expect(queue.getNowait()).toBe(1)
    }))
})

describe("LifoQueue against a model", () => {
  it("does what lists do, whatever is put, taken and cancelled when", () =>
    checkAgainstLists(
      (maxSize) => new LifoQueue(maxSize),
      (a, b) => a.id > b.id,
    ))
})
