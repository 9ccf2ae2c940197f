// Things that rest: which one is taken, and which one goes when.
import { expect, it } from "vitest"
import { timerCount } from "../../src/core/lowlevel.ts"
import { sleep } from "../../src/index.ts"
import { IdleShelf } from "../../src/sync/idle-shelf.ts"
import { runVirtual } from "../../src/testing/index.ts"

it("gives the one that was put last; null if there is none", () => {
  const shelf = new IdleShelf<string>(Infinity, { isTooMany: () => true, drop: () => {} })
  shelf.put("a")
  shelf.put("b")
  expect([shelf.take()?.value, shelf.take()?.value, shelf.take()]).toEqual(["b", "a", null])
  expect(timerCount()).toBe(0)
})

it("drops the oldest when its time is over, as long as there are too many", () =>
  runVirtual(async () => {
    const dropped: string[] = []
    const shelf: IdleShelf<string> = new IdleShelf<string>(100, {
      isTooMany: () => shelf.size > 1,
      drop: (value) => void dropped.push(value),
    })
    for (const value of ["a", "b", "c"]) {
      shelf.put(value)
      await sleep(10)
    }
    expect(shelf.take()?.value).toBe("c")
    await sleep(75)
    expect(dropped).toEqual(["a"])
    await sleep(1000)
    expect([dropped, shelf.size, timerCount()]).toEqual([["a"], 1, 0])
    shelf.put("d")
    await sleep(1)
    expect(dropped).toEqual(["a", "b"])
  }))

it("dropAll() drops the oldest first and turns the alarm off", () =>
  runVirtual(async () => {
    const dropped: string[] = []
    const shelf = new IdleShelf<string>(100, {
      isTooMany: () => true,
      drop: (value) => void dropped.push(value),
    })
    for (const value of ["a", "b"]) shelf.put(value)
    expect(timerCount()).toBe(1)
    shelf.dropAll()
    expect([dropped, shelf.size, timerCount()]).toEqual([["a", "b"], 0, 0])
  }))
