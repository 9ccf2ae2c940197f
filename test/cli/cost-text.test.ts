// Money as it is shown: what is unknown is called so, what is a guess too, and nothing that nobody knows is 0.

import { describe, expect, it } from "vitest"
import type { BatchCost, BatchSummary, ModelCost } from "../../src/batch/index.ts"
import { costRows, costText } from "../../src/cli/cost-text.ts"

const model = (name: string, cost: number | null, more: Partial<ModelCost> = {}): ModelCost => ({
  model: name,
  answers: 1200,
  estimated: 0,
  tokens: { input: 1, cachedInput: 0, output: 1, reasoning: 0 },
  cost,
  asOf: "2026-04",
  ...more,
})
const cost: BatchCost = {
  total: 1.5,
  known: 1.5,
  unknownAnswers: 0,
  reserved: 0,
  maybeBilled: 0,
  projected: 3,
  projectedFrom: 1200,
  unlimited: 0,
  models: [model("a", 1.5)],
}
const rows = (parts: Partial<BatchCost>, notAttempted: number | null = 0): string[] =>
  costRows({ cost: { ...cost, ...parts }, notAttempted } as BatchSummary).map((row) => row.join("|"))

describe("the rows of the report", () => {
  it.each<[string, Partial<BatchCost>, string[]]>([
    ["one model", {}, ["cost|$1.50, at prices of 2026-04"]],
    ["no answer", { known: 0, total: 0, models: [] }, []],
    ["prices without a date", { models: [model("a", 1.5, { asOf: null })] }, ["cost|$1.50"]],
    [
      "several models",
      { models: [model("a", 1), model("b", 0.5, { asOf: "2026-10-07" })] },
      [
        "cost|$1.50, at prices of 2026-04 to 2026-10-07",
        "|$1.00 for 1,200 answers of a",
        "|$0.50 for 1,200 answers of b",
      ],
    ],
    [
      "a model without a price",
      { total: null, known: 0, unknownAnswers: 1200, models: [model("x", null)] },
      ["cost unknown|for 1,200 answers of model x: give --prices"],
    ],
    ["a model that is free", { known: 0, total: 0, models: [model("a", 0, { asOf: null })] }, ["cost|$0.00"]],
    [
      "guesses and losses",
      { maybeBilled: 0.25, unlimited: 3, models: [model("a", 1.5, { estimated: 7, asOf: null })] },
      [
        "cost|$1.50",
        "estimated|7 answers without usage, their tokens are a guess",
        "maybe billed|up to $0.25 more",
        "no limit set|by 3 requests for their answers: the budget assumed one; --max-output-tokens sets it",
      ],
    ],
    [
      "losses of an unknown price",
      { models: [], maybeBilled: null },
      ["maybe billed|an unknown amount more"],
    ],
  ])("for %s", (_, parts, expected) => {
    expect(rows(parts)).toEqual(expected)
  })

  it("project only what was left open", () => {
    expect(rows({}, 900)).toContain("at the end|about $3.00, if the rest is like the 1,200 lines so far")
    expect(rows({}, null)).toHaveLength(1)
    expect(rows({ projected: null }, 900)).toHaveLength(1)
  })
})

describe("the word on the progress line", () => {
  it.each<[Partial<BatchCost>, string | null]>([
    [{}, "$1.50 of ~$3.00"],
    [{ projected: null }, "$1.50"],
    [{ total: null, unknownAnswers: 4, projected: null }, "$1.50+"],
    [{ known: 0, total: null, unknownAnswers: 4 }, null],
  ])("for %j is %j", (parts, text) => {
    expect(costText({ ...cost, ...parts })).toBe(text)
  })
})
