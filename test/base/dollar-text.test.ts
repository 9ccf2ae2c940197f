// Amounts of money as text: two digits of what is small, down to a trillionth, and cents of the rest.

import { describe, expect, it } from "vitest"
import { dollarText } from "../../src/base/dollar-text.ts"

describe("dollarText()", () => {
  it.each([
    [0, "$0.00"],
    [1, "$1.00"],
    [1234.5, "$1,234.50"],
    [1_234_567.891, "$1,234,567.89"],
    [0.0995, "$0.10"],
    [0.0994, "$0.099"],
    [0.0834, "$0.083"],
    [0.02, "$0.020"],
    [0.000_012_34, "$0.000012"],
    [1e-15, "$0.000000000000"],
    [-1.5, "$-1.50"],
  ])("%d is %s", (amount, text) => {
    expect(dollarText(amount)).toBe(text)
  })
})
