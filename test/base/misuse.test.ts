// The error for a caller's mistake.

import { expect, it } from "vitest"
import { misuse } from "../../src/base/misuse.ts"

it("is a RangeError for a value of the right kind and a TypeError for another kind", () => {
  expect(misuse("count", "an integer from 1 up", -1)).toEqual(
    new RangeError("Expected `count` to be an integer from 1 up, got `-1` (number)"),
  )
  expect(misuse("count", "an integer from 1 up", "1")).toEqual(
    new TypeError("Expected `count` to be an integer from 1 up, got `1` (string)"),
  )
  expect(misuse("mode", '"a" or "b"', "c", "string")).toBeInstanceOf(RangeError)
  expect(misuse("mode", '"a" or "b"', 1, "string")).toBeInstanceOf(TypeError)
})
