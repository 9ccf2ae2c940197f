// What tokens cost: the arithmetic, which row a name means, and files that are no price tables.

import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { dollarText } from "../../src/base/dollar-text.ts"
import { priceList, readPrices, type ModelPrice } from "../../src/batch/index.ts"
import { costOf, worstCostOf } from "../../src/batch/model-price.ts"
import { Prices } from "../../src/batch/prices.ts"
import type { LlmUsage } from "../../src/llm/index.ts"

const usage = (parts: Partial<LlmUsage>): LlmUsage => ({
  input: 0,
  output: 0,
  cachedInput: 0,
  cacheWrites: 0,
  hourlyCacheWrites: 0,
  reasoning: 0,
  ...parts,
})
const plain: ModelPrice = { model: "m", input: 2, output: 8 }
const cached: ModelPrice = { ...plain, cachedInput: 0.5, cacheWrites: 3, hourlyCacheWrites: 4 }

describe("costOf()", () => {
  it.each([
    ["input and output", plain, { input: 1_000_000, output: 500_000 }, 6],
    ["thoughts as output, once", plain, { output: 1_000_000, reasoning: 900_000 }, 8],
    [
      "cached input as input where no other price is given",
      plain,
      { input: 1_000_000, cachedInput: 999_999 },
      2,
    ],
    [
      "each part of the input at its price",
      cached,
      { input: 1000, cachedInput: 600, cacheWrites: 300, hourlyCacheWrites: 100 },
      0.0015,
    ],
  ])("counts %s", (_, price, tokens, cost) => {
    expect(costOf(price, usage(tokens))).toBeCloseTo(cost, 12)
  })

  it("takes the price of long requests for the whole of one", () => {
    const price: ModelPrice = { ...plain, above: { than: 200_000, prices: { input: 4, output: 10 } } }
    expect(costOf(price, usage({ input: 200_000, output: 1000 }))).toBeCloseTo(0.408, 12)
    expect(costOf(price, usage({ input: 200_001, output: 1000 }))).toBeCloseTo(0.810004, 12)
  })

  it("is null and not 0 where a price is not known", () => {
    const price: ModelPrice = { ...plain, above: { than: 10, prices: null } }
    expect(costOf(null, usage({ input: 1 }))).toBeNull()
    expect(costOf(price, usage({ input: 11 }))).toBeNull()
    expect(costOf({ ...plain, input: 0, output: 0 }, usage({ input: 11 }))).toBe(0)
  })
})

describe("worstCostOf()", () => {
  it("is never less than what such a request can cost", () => {
    for (const price of priceList) {
      for (const input of [0, 10, 150_000, 300_000]) {
        const worst = worstCostOf(price, { input, output: 100 }) ?? Infinity
        for (const used of [input, Math.floor(input / 2)])
          for (const parts of [
            {},
            { cachedInput: used },
            { cacheWrites: used },
            { cacheWrites: used, hourlyCacheWrites: used },
          ]) {
            const cost = costOf(price, usage({ input: used, output: 100, ...parts }))
            expect(worst, price.model).toBeGreaterThanOrEqual((cost ?? Infinity) - 1e-12)
          }
      }
    }
  })

  it("is null where nobody knows", () => {
    expect(worstCostOf(null, { input: 1, output: 1 })).toBeNull()
    expect(worstCostOf({ ...plain, above: { than: 10, prices: null } }, { input: 11, output: 1 })).toBeNull()
  })
})

describe("a model's price", () => {
  const list: ModelPrice[] = [
    { model: "gpt-4o", input: 2.5, output: 10 },
    { model: "gpt-4o-2024-05-13", input: 5, output: 15 },
    { model: "claude-opus-4", input: 15, output: 75 },
    { model: "open", input: 1, output: 1, host: "api.example.com" },
  ]
  const prices = new Prices([{ model: "mine", input: 9, output: 9 }], "api.example.com", list)

  it.each([
    ["gpt-4o", "gpt-4o"],
    ["gpt-4o-2024-08-06", "gpt-4o"],
    ["gpt-4o-2024-05-13", "gpt-4o-2024-05-13"],
    ["claude-opus-4-20250514", "claude-opus-4"],
    ["claude-opus-4@20250514", "claude-opus-4"],
    ["mine-2026-01-31", "mine"],
    ["open", "open"],
  ])("of %s is that of %s", (name, model) => {
    expect(prices.of(name)?.model).toBe(model)
  })

  it.each([
    "gpt-4o-mini",
    "gpt-4o-mini-2024-07-18",
    "gpt-4",
    "GPT-4o",
    "gpt-4o-2024-13-01",
    "gpt-4o-20240832",
    "gpt-4o-12345678",
    "claude-opus-4-1-20250805",
    "claude-opus-4-latest",
    "ft:gpt-4o:acme",
    "",
  ])("of %j is not known", (name) => {
    expect(prices.of(name)).toBeNull()
  })

  it("holds on its host only, if it names one", () => {
    expect(new Prices([], "elsewhere", list).of("open")).toBeNull()
  })

  it("of the user comes before the list, for snapshots too", () => {
    const own = new Prices([{ model: "gpt-4o", input: 1, output: 1 }], "h", list)
    expect(own.of("gpt-4o-2024-05-13")?.input).toBe(1)
  })
})

describe("the list of the program", () => {
  it("has a date and a page for each row, and each model once", () => {
    expect(new Set(priceList.map(({ model }) => model)).size).toBe(priceList.length)
    for (const { model, asOf, source, input, cachedInput = 0 } of priceList) {
      expect(asOf, model).toMatch(/^20\d\d-\d\d(-\d\d)?$/)
      expect(source, model).toMatch(/^https:\/\//)
      expect(input, model).toBeGreaterThan(0)
      expect(cachedInput, model).toBeLessThanOrEqual(input)
    }
  })

  it("tells kinds of a family apart", () => {
    const prices = new Prices([], "api.openai.com")
    expect(prices.of("gpt-4o-mini-2024-07-18")?.input).toBe(0.15)
    expect(prices.of("gpt-4o-2024-08-06")?.input).toBe(2.5)
    expect(prices.of("claude-sonnet-4-20250514")?.model).toBe("claude-sonnet-4")
    expect(prices.of("default")).toBeNull()
  })
})

describe("readPrices()", () => {
  let folder = ""
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tsyncio-prices-"))
  })
  afterAll(async () => {
    await rm(folder, { recursive: true })
  })
  const read = async (text: string): Promise<readonly ModelPrice[]> => {
    const path = join(folder, "prices.json")
    await writeFile(path, text)
    return await readPrices(path)
  }

  it("reads rows with all they may have", async () => {
    const rows: ModelPrice[] = [
      { model: "a", input: 0, output: 1.5 },
      {
        model: "b",
        host: "localhost",
        input: 1,
        output: 2,
        cachedInput: 0.1,
        cacheWrites: 1.25,
        hourlyCacheWrites: 2,
        above: { than: 1000, prices: { input: 2, output: 4 } },
        asOf: "2026-11-20",
        source: "https://example.com/prices",
      },
      { model: "c", input: 1, output: 2, above: { than: 1000, prices: null } },
    ]
    expect(await read(`\ufeff${JSON.stringify(rows)}`)).toEqual(rows)
  })

  it.each([
    ["{", "it is not JSON"],
    ['{"model": "a"}', "they are no list"],
    ['["a"]', "row 1 is no object"],
    ['[{"input": 1, "output": 1}]', "row 1 names no `model`"],
    ['[{"model": "a", "input": 1, "ouput": 1}]', "row 1 (a) has the field `ouput`"],
    ['[{"model": "a", "input": 1}]', "row 1 (a) must have a number from 0 up as `output`, got `undefined`"],
    ['[{"model": "a", "input": "1", "output": 1}]', 'as `input`, got `"1"`'],
    ['[{"model": "a", "input": -1, "output": 1}]', "as `input`, got `-1`"],
    ['[{"model": "a", "input": 1, "output": 1, "asOf": "today"}]', "no date such as 2026-11-20"],
    ['[{"model": "a", "input": 1, "output": 1, "above": 5}]', 'that is not {"than": tokens'],
    ['[{"model": "a", "input": 1, "output": 1, "above": {"than": 5}}]', "above 5 tokens, has no `prices`"],
    [
      '[{"model": "a", "input": 1, "output": 1}, {"model": "a", "input": 1, "output": 1}]',
      "row 2 names a again",
    ],
  ])("refuses %s", async (text, why) => {
    const error = await read(text).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: "E_BATCH_REFUSED", reason: "option" })
    expect((error as Error).message).toContain(why)
    expect((error as Error).message).toContain('[{"model": "my-model", "input": 0.5, "output": 1.5}]')
  })

  it("says that there is no such file", async () => {
    await expect(readPrices(join(folder, "none.json"))).rejects.toThrow(/none\.json: there is no such file/)
  })
})

describe("dollarText()", () => {
  it.each([
    [0, "$0.00"],
    [0.00000123, "$0.0000012"],
    [0.0834, "$0.083"],
    [0.0999, "$0.10"],
    [0.5, "$0.50"],
    [5, "$5.00"],
    [1234567.891, "$1,234,567.89"],
  ])("writes %d as %s", (amount, text) => {
    expect(dollarText(amount)).toBe(text)
  })
})
