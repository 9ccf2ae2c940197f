// A price table that somebody wrote: read, checked, and refused with a word on what it must look like.
//
// A misspelt field would be a price that is not there, and a text a price that is not a number: both end here and
// not as a wrong sum after the money is spent.

import { readFile } from "node:fs/promises"
import { BatchRefusedError } from "./batch-refused-error.ts"
import type { ModelPrice } from "./model-price.ts"

type Fields = Readonly<Record<string, unknown>>

const example = '[{"model": "my-model", "input": 0.5, "output": 1.5}], in US dollars for a million tokens'
const amounts = ["input", "output", "cachedInput", "cacheWrites", "hourlyCacheWrites"]
const fields: ReadonlySet<string> = new Set([...amounts, "model", "host", "above", "asOf", "source"])

/**
 * Reads a price table from a JSON file, for the option `prices`.
 *
 * The file holds a list of {@link ModelPrice}; `model`, `input` and `output` are enough.
 *
 * **Cancellation.** None: it is done before anybody could ask for it.
 *
 * @throws {BatchRefusedError} If there is no such file, or it is no price table; it says what one looks like.
 *
 * @example Your own prices
 * ```ts no-run
 * const prices = await readPrices("prices.json")
 * const options = { input: "in.jsonl", output: "out.jsonl", baseUrl: "http://localhost:8080" }
 * await runBatch({ ...options, prices, maxCost: 5 }).finish()
 * ```
 */
export async function readPrices(path: string): Promise<readonly ModelPrice[]> {
  let rows: unknown
  try {
    rows = JSON.parse((await readFile(path, "utf8")).replace(/^\ufeff/, ""))
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT"
    const trouble = isMissing ? "there is no such file" : said
    const why = error instanceof SyntaxError ? `it is not JSON (${said}); it must be ${example}` : trouble
    throw new BatchRefusedError("option", `Cannot read prices from ${path}: ${why}`, { cause: error })
  }
  return checkPrices(rows, `prices from ${path}`)
}

/** @throws {BatchRefusedError} With the row, and what is wrong with it. */
export function checkPrices(rows: unknown, where: string): readonly ModelPrice[] {
  if (!Array.isArray(rows)) throw refused(where, "they are no list")
  const seen = new Set<string>()
  for (const [index, row] of (rows as unknown[]).entries()) {
    const fault = faultOf(row)
    if (fault !== null) throw refused(where, `row ${index + 1} ${fault}`)
    const { model } = row as ModelPrice
    if (seen.has(model)) throw refused(where, `row ${index + 1} names ${model} again`)
    seen.add(model)
  }
  return rows as ModelPrice[]
}

function faultOf(row: unknown): string | null {
  if (!isFields(row)) return "is no object"
  const { model, above, host, source, asOf } = row
  if (typeof model !== "string" || model === "") return "names no `model`"
  for (const name of Object.keys(row))
    if (!fields.has(name)) return `(${model}) has the field \`${name}\`, which no price has`
  if (!isText(host) || !isText(source)) return `(${model}) has a \`host\` or \`source\` that is no text`
  if (!isText(asOf) || (asOf !== undefined && !/^\d{4}-\d{2}(-\d{2})?$/.test(asOf)))
    return `(${model}) has an \`asOf\` that is no date such as 2026-11-20`
  const fault = amountFault(row)
  if (fault !== null) return `(${model}) ${fault}`
  if (above === undefined) return null
  if (!isFields(above) || !isAmount(above["than"]) || above["than"] === 0)
    return `(${model}) has an \`above\` that is not {"than": tokens, "prices": {…}}`
  if (above["prices"] === null) return null
  const tierFault = isFields(above["prices"]) ? amountFault(above["prices"]) : "has no `prices`"
  return tierFault === null ? null : `(${model}), above ${above["than"]} tokens, ${tierFault}`
}

function amountFault(prices: Fields): string | null {
  for (const name of amounts) {
    const amount = prices[name]
    if (amount === undefined && name !== "input" && name !== "output") continue
    if (!isAmount(amount))
      return `must have a number from 0 up as \`${name}\`, got \`${JSON.stringify(amount)}\``
  }
  return null
}

function isAmount(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && Number.isFinite(value)
}

function isText(value: unknown): value is string | undefined {
  return value === undefined || (typeof value === "string" && value !== "")
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

function refused(where: string, why: string): BatchRefusedError {
  return new BatchRefusedError("option", `Cannot use the ${where}: ${why}; they must look like ${example}`)
}
