// What sets the error apart.
import { expect, it } from "vitest"
import { BrokenBarrierError } from "../../src/index.ts"

it("has name, code and brand, and prints none of them", () => {
  const error = new BrokenBarrierError("Cannot go on")
  expect(error).toBeInstanceOf(Error)
  expect(error.name).toBe("BrokenBarrierError")
  expect(error.code).toBe("E_SYNC_BROKEN_BARRIER")
  expect(Symbol.for("tsyncio.BrokenBarrierError") in error).toBe(true)
  expect(Object.keys(error)).toEqual(["code"])
})
