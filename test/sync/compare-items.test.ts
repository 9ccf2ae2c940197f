// The order of items that have one of their own.
import { expect, it } from "vitest"
import { compareItems } from "../../src/sync/compare-items.ts"

it("numbers and bigints compare with each other, strings with strings", () => {
  expect([compareItems(1, 2), compareItems(2, 1), compareItems(1, 1)]).toEqual([-1, 1, 0])
  expect([compareItems(1, 2n), compareItems(2n, 1), compareItems(1n, 1)]).toEqual([-1, 1, 0])
  expect([compareItems("B", "a"), compareItems("b", "a"), compareItems("a", "a")]).toEqual([-1, 1, 0])
  expect([compareItems(-Infinity, 0), compareItems(-0, 0)]).toEqual([-1, 0])
})

it("what has no order of its own, or another one, is refused with advice", () => {
  for (const item of [NaN, undefined, null, true, {}, [1], new Date(0), Symbol("a"), () => 1]) {
    expect(() => compareItems(item, item)).toThrow("pass `compare`")
    expect(() => compareItems(1, item)).toThrow(TypeError)
  }
  expect(() => compareItems(1, "1")).toThrow(
    new TypeError("Expected items that can be compared, got a number and a string"),
  )
})
