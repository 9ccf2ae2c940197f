// Places reached in order, or a failure on the spot.
import { describe, expect, it } from "vitest"
import { steps } from "../../src/testing/index.ts"

describe("steps()", () => {
  it("lets places pass that are reached in order", () => {
    const { step, finish } = steps()
    step(1)
    step(2)
    finish(3)
  })

  it("fails at a place that is reached too early, too late, or twice", () => {
    const order = steps()
    expect(() => order.step(2)).toThrow("Expected step 1, got step 2")
    order.step(1)
    expect(() => order.step(1)).toThrow("Expected step 2, got step 1")
    expect(() => order.finish(3)).toThrow("Expected step 2, got step 3")
    expect(order.reached).toBe(1)
  })

  it("fails at what comes after the last place", () => {
    const { step, finish } = steps()
    finish(1)
    expect(() => step(2)).toThrow("Expected nothing after step 1, got step 2")
    expect(() => finish(2)).toThrow("Expected nothing after step 1, got step 2")
  })

  it("tells how many were reached", () => {
    const order = steps()
    expect(order.reached).toBe(0)
    order.step(1)
    expect(order.reached).toBe(1)
  })
})
