// Items come back to where they were.
import { expect, it } from "vitest"
import { ItemStore } from "../../src/sync/item-store.ts"

it("gives items in order and takes one back to the front", () => {
  const store = new ItemStore<string>()
  for (const item of ["a", "b", "c"]) store.push(item)
  expect(store.shift()).toBe("a")
  store.putBack("a", store.departed)
  expect(store.size).toBe(3)
  expect([store.shift(), store.shift(), store.shift()]).toEqual(["a", "b", "c"])
})

it("several that come back stand in the order in which they first left, however they return", () => {
  const store = new ItemStore<string>()
  for (const item of ["a", "b", "c", "d"]) store.push(item)
  const left = ["a", "b", "c"].map(() => [store.shift(), store.departed] as const)
  const [a, b, c] = left as [(typeof left)[0], (typeof left)[0], (typeof left)[0]]
  for (const [item, ticket] of [b, c, a]) store.putBack(item, ticket)
  expect(store.shift()).toBe("a")
  store.putBack("a", store.departed)
  expect([store.shift(), store.shift(), store.shift(), store.shift()]).toEqual(["a", "b", "c", "d"])
})

it("an item that went by comes back before those that were put since", () => {
  const store = new ItemStore<string>()
  const ticket = store.passBy()
  store.push("later")
  store.putBack("earlier", ticket)
  expect([store.shift(), store.shift()]).toEqual(["earlier", "later"])
})

it("takes out the youngest that is an item, NaN included", () => {
  const store = new ItemStore<number>()
  for (const item of [1, NaN, 1, 2]) store.push(item)
  expect(store.removeLast(1)).toBe(true)
  expect(store.removeLast(NaN)).toBe(true)
  expect(store.removeLast(7)).toBe(false)
  expect([store.shift(), store.shift(), store.size]).toEqual([1, 2, 0])
})

it("holds nothing after clear()", () => {
  const store = new ItemStore<number>()
  store.push(1)
  store.push(2)
  store.putBack(store.shift(), store.departed)
  store.clear()
  expect(store.size).toBe(0)
})
