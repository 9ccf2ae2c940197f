// The youngest on top, also when one comes back.
import { expect, it } from "vitest"
import { StackStore } from "../../src/sync/stack-store.ts"

it("gives the youngest first", () => {
  const store = new StackStore<string>()
  for (const item of ["a", "b", "c"]) store.push(item)
  expect([store.shift(), store.shift()]).toEqual(["c", "b"])
  store.push("d")
  expect([store.shift(), store.shift(), store.size]).toEqual(["d", "a", 0])
})

it("an item that comes back stands beneath those that were put since", () => {
  const store = new StackStore<string>()
  for (const item of ["a", "b", "c"]) store.push(item)
  const item = store.shift()
  store.push("d")
  store.unshift(item)
  expect([store.shift(), store.shift(), store.shift(), store.shift()]).toEqual(["d", "c", "b", "a"])
})

it("takes out the youngest that is an item, NaN included", () => {
  const store = new StackStore<number>()
  for (const item of [1, NaN, 1, 2]) store.push(item)
  expect([store.remove(1), store.remove(NaN), store.remove(7)]).toEqual([true, true, false])
  expect([store.shift(), store.shift(), store.size]).toEqual([2, 1, 0])
})

it("holds nothing after clear()", () => {
  const store = new StackStore<number>()
  store.push(1)
  store.clear()
  expect(store.size).toBe(0)
})
