import { describe, expect, it } from "vitest"
import { Future } from "../../src/core/index.ts"
import { expectFunction, expectWork } from "../../src/core/lowlevel.ts"
import { thenable } from "./outcomes.ts"

describe("work", () => {
  it("P5: is a function or a future", () => {
    const fn = (): void => {}
    const future = new Future()
    expect([expectWork(fn), expectWork(future)]).toEqual([fn, future])
    expectFunction(fn)
  })

  it("P5: a bare promise is refused, with advice", () => {
    for (const expectKind of [expectWork, expectFunction]) {
      expect(() => expectKind(Promise.resolve() as never)).toThrow(
        "Expected a function, got a promise: pass `() => …`, or `() => cancellable(promise)` for a promise that exists",
      )
      expect(() => expectKind(thenable(() => {}) as never)).toThrow(TypeError)
    }
  })

  it("anything else is refused by what it is, whatever that is", () => {
    expect(() => expectWork(123 as never)).toThrow("Expected a function, got `123` (number)")
    expect(() => expectWork(null as never)).toThrow("got `null` (object)")
    expect(() => expectWork(undefined as never)).toThrow("(undefined)")
    expect(() => expectWork(Symbol("s") as never)).toThrow("Symbol(s)")
    expect(() => expectWork(Object.create(null) as never)).toThrow(TypeError)
  })
})
