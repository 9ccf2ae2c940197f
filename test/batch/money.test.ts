// Money in whole runs: what is told while they go on and at their end, in the metrics, and after a budget stopped one.

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { runBatch, type BatchOptions, type BatchResult, type BatchSummary } from "../../src/batch/index.ts"
import { run } from "../../src/core/index.ts"
import { reply, ScriptedServer, send, type Script } from "./scripted-server.ts"

let folder = ""
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tsyncio-money-"))
})
afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

const prices = [{ model: "m", input: 1000, output: 2000, cachedInput: 100, asOf: "2026-11-20" }]
/** What one answer of `reply` costs: 3 tokens in, 4 out. */
const each = 0.011

interface Ran {
  readonly results: BatchResult[]
  readonly summary: BatchSummary
}

async function runAll(
  script: Script,
  lines: readonly object[],
  more: Partial<BatchOptions> = {},
): Promise<Ran> {
  await using server = await ScriptedServer.start(script)
  const input = join(folder, "in.jsonl")
  await writeFile(input, lines.map((line) => `${JSON.stringify(line)}\n`).join(""))
  const output = join(folder, "out.jsonl")
  const batch = runBatch({ input, output, baseUrl: server.url, prices, model: "m", retries: 0, ...more })
  const results: BatchResult[] = []
  await run(async () => {
    for await (const result of batch) results.push(result)
  })
  if (batch.summary === null) throw new Error("the run has no summary")
  return { results, summary: batch.summary }
}

const asked = (count: number, more: object = {}): object[] =>
  Array.from({ length: count }, (_, n) => ({ prompt: `p${n + 1}`, ...more }))

async function metrics(): Promise<Record<string, unknown>[]> {
  const text = await readFile(join(folder, "out.metrics.jsonl"), "utf8")
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

describe("the money of a run", () => {
  it("stands in results, metrics and the report, with the date of the price", async () => {
    const { results, summary } = await runAll(reply, asked(3))
    expect(results.map(({ cost }) => cost)).toEqual([each, each, each])
    expect((await metrics()).map(({ cost }) => cost)).toEqual([each, each, each])
    expect(summary.cost).toMatchObject({ unknownAnswers: 0, maybeBilled: 0, projectedFrom: 3 })
    expect(summary.cost.total).toBeCloseTo(3 * each, 12)
    expect(summary.cost.projected).toBeCloseTo(3 * each, 12)
    expect(summary.cost.models).toMatchObject([{ model: "m", answers: 3, asOf: "2026-11-20" }])
  })

  it("is null and not 0 for a model without a price", async () => {
    const { results, summary } = await runAll(reply, asked(2, { model: "nobody" }))
    expect(results.map(({ cost }) => cost)).toEqual([null, null])
    expect((await metrics()).map(({ cost }) => cost)).toEqual([null, null])
    expect(summary.cost).toMatchObject({ total: null, known: 0, unknownAnswers: 2, projected: null })
    expect(summary.cost.models).toMatchObject([{ model: "nobody", answers: 2, cost: null }])
  })

  it("counts cached and thought tokens at their price, and tells them in the metrics", async () => {
    const usage = {
      prompt_tokens: 10,
      prompt_tokens_details: { cached_tokens: 8 },
      completion_tokens: 5,
      completion_tokens_details: { reasoning_tokens: 4 },
    }
    const { summary } = await runAll((_, response) => send(response, 200, { choices: [], usage }), asked(1))
    expect(summary.cost.total).toBeCloseTo((2 * 1000 + 8 * 100 + 5 * 2000) / 1e6, 12)
    expect(await metrics()).toMatchObject([
      { input_tokens: 10, cached_input_tokens: 8, output_tokens: 5, reasoning_tokens: 4, cost: 0.0128 },
    ])
  })

  it("marks an answer without usage as estimated, and says nothing of a refused one", async () => {
    const script: Script = (request, response) =>
      request.prompt === "p1"
        ? send(response, 200, { choices: [{ message: { content: "four words are here" } }] })
        : send(response, 400, { error: { message: "no" } })
    const { summary } = await runAll(script, asked(2), { concurrency: 1 })
    const lines = await metrics()
    expect(lines.find(({ line }) => line === 1)).toMatchObject({
      cost: expect.any(Number),
      cost_estimated: true,
    })
    expect(lines.find(({ line }) => line === 2)).not.toHaveProperty("cost")
    expect(summary.cost.models).toMatchObject([{ answers: 1, estimated: 1 }])
  })

  it("is projected from the lines so far", async () => {
    await using server = await ScriptedServer.start(reply)
    const input = join(folder, "in.jsonl")
    await writeFile(
      input,
      asked(10)
        .map((line) => `${JSON.stringify(line)}\n`)
        .join(""),
    )
    const output = join(folder, "out.jsonl")
    const batch = runBatch({ input, output, baseUrl: server.url, prices, model: "m", concurrency: 1 })
    let atFirst: number | null = null
    await run(async () => {
      for await (const _ of batch) atFirst ??= batch.snapshot().cost.projected
    })
    expect(atFirst).toBeCloseTo(10 * each, 1)
    expect(batch.snapshot().cost.projected).toBeCloseTo(10 * each, 12)
  })
})

describe("a run that a budget stopped", () => {
  it("left open what was not sent, is continued by the next, and each run has its budget anew", async () => {
    const budget = { maxCost: 0.3, maxOutputTokens: 10, concurrency: 4 }
    let sum = 0
    for (let n = 0, open = 40; open > 0; n++) {
      const { summary } = await runAll(reply, asked(40), budget)
      expect(summary.cost.total).toBeLessThanOrEqual(0.3)
      expect(summary).toMatchObject({ failed: 0, invalid: 0, total: 40 })
      sum += summary.succeeded
      open = summary.notAttempted ?? 0
      expect(summary.stopped?.reason ?? null).toBe(open > 0 ? "budget" : null)
      // 19 of 40 fit: who leaves much of a budget unused needs more runs.
      expect(n).toBeLessThan(3)
    }
    expect(sum).toBe(40)
    const ids = (await readFile(join(folder, "out.jsonl"), "utf8"))
      .trimEnd()
      .split("\n")
      .map((line) => (JSON.parse(line) as { custom_id: string }).custom_id)
    expect(new Set(ids).size).toBe(40)
    expect(ids).toHaveLength(40)
  })

  it("stops before a model without a price is sent", async () => {
    let sent = 0
    const script: Script = (request, response) => {
      sent++
      reply(request, response)
    }
    const { summary } = await runAll(script, asked(5, { model: "nobody" }), { maxCost: 5 })
    expect(sent).toBe(0)
    expect(summary).toMatchObject({ notAttempted: 5, stopped: { reason: "price" } })
    expect(summary.stopped?.message).toContain('"nobody"')
  })

  it.each([
    [{ maxCost: 0 }, "Expected `maxCost` to be a number above 0, got `0`"],
    [{ maxCost: Number.NaN }, "Expected `maxCost`"],
    [{ maxTokens: 1.5 }, "Expected `maxTokens` to be an integer from 1 up"],
    [
      { prices: [{ model: "m", input: 1, output: -1 }] },
      "Cannot use the option `prices`: row 1 (m) must have",
    ],
  ])("refuses %j", async (options, message) => {
    await expect(runAll(reply, asked(1), options)).rejects.toThrow(message)
  })
})
