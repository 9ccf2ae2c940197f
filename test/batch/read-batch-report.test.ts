// The report: what a run says of itself while it goes on, what its files say afterwards, and that both are one.

import { appendFile, mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import {
  BatchFigures,
  BatchRefusedError,
  readBatchReport,
  runBatch,
  type BatchOptions,
  type BatchReport,
  type BatchSummary,
  type Percentiles,
  type ReportFiles,
} from "../../src/batch/index.ts"
import { run } from "../../src/core/index.ts"
import { reply, ScriptedServer, send } from "./scripted-server.ts"

let folder = ""
const at = (name: string): string => join(folder, name)
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), "tsyncio-report-"))))
afterEach(async () => await rm(folder, { recursive: true, force: true }))

/** 40 lines: 30 answers, six of which take two attempts, eight refusals, two lines that are no request. */
async function runForty(
  more: Partial<BatchOptions> = {},
): Promise<{ summary: BatchSummary; live: BatchReport }> {
  const lines = Array.from({ length: 38 }, (_, n) =>
    JSON.stringify({ prompt: `p${n}`, model: n % 2 ? "a" : "b" }),
  )
  await writeFile(at("in.jsonl"), `${[...lines, "{broken", "[]"].join("\n")}\n`)
  const asked = new Set<string>()
  await using server = await ScriptedServer.start((request, response) => {
    const number = Number(request.prompt.slice(1))
    const isNew = !asked.has(request.prompt)
    asked.add(request.prompt)
    if (number >= 30) send(response, 422, { error: { message: `no ${request.prompt}`, type: "invalid" } })
    else if (number < 6 && isNew) response.socket?.destroy()
    else reply(request, response)
  })
  const output = at("out.jsonl")
  const batch = runBatch({ input: at("in.jsonl"), output, baseUrl: server.url, concurrency: 4, ...more })
  const figures = new BatchFigures()
  await run(async () => {
    for await (const result of batch) {
      figures.add(result)
      figures.sample(batch.snapshot())
    }
  })
  if (batch.summary === null) throw new Error("the run has no summary")
  return { summary: batch.summary, live: figures.report("out.jsonl", batch.summary) }
}

const read = (more: Partial<ReportFiles> = {}): Promise<BatchReport> =>
  run(() => readBatchReport({ output: at("out.jsonl"), ...more }))

describe("readBatchReport()", () => {
  it("has counts that add up to the input, and the figures of the closing report", async () => {
    const { summary } = await runForty()
    const report = await read({ input: at("in.jsonl") })
    expect(report.counts).toEqual({ succeeded: 30, failed: 8, invalid: 2, open: 0, total: 40 })
    // The file has times to a hundredth of a millisecond.
    for (const [name, value] of Object.entries(summary.latency ?? {}))
      expect((report.latency?.[name as keyof Percentiles] ?? 0) / (value as number)).toBeCloseTo(1, 1)
    expect(report.latency?.count).toBe(30)
    expect(report.latency?.counts.reduce((sum, count) => sum + count)).toBe(30)
    expect(report.attempts).toEqual({ sent: summary.attempts, repeated: summary.retries })
    expect(report.tokens).toEqual({ input: summary.tokens.input, output: summary.tokens.output })
    expect(report.failures).toMatchObject([
      { cause: "HTTP 422", count: 8, message: expect.stringMatching(/^no p3\d$/) },
      { cause: "invalid_input", count: 2, customId: "line-39" },
    ])
    const setbacks = new Map(report.setbacks.map(({ cause, count }) => [cause, count]))
    expect(setbacks.get("HTTP 422")).toBe(8)
    expect([...setbacks.values()].reduce((sum, count) => sum + count)).toBe(14)
    expect(report.models.map(({ model, answers }) => [model, answers])).toEqual([
      ["b", 15],
      ["a", 15],
    ])
    expect(report.slowest).toHaveLength(10)
    expect(report).toMatchObject({ isRunning: false, stopped: null, inFlight: null, notes: [] })
  })

  it("says what the run itself says", async () => {
    const { live, summary } = await runForty()
    const { madeAt: _made, ...said } = await read({ summary })
    expect(live).toMatchObject({ ...said, timeline: { ...said.timeline, inFlight: expect.any(Array) } })
  })

  it("calls failures what the run calls them, with and without an answer", async () => {
    await writeFile(
      at("in.jsonl"),
      '{"prompt":"yes"}\n{"prompt":"cut"}\n{"prompt":"page"}\n{"prompt":"no"}\n[]\n',
    )
    await using server = await ScriptedServer.start((request, response) => {
      const { prompt } = request
      if (prompt === "yes") reply(request, response)
      else if (prompt === "cut") response.socket?.destroy()
      else if (prompt === "page") send(response, 200, "<html>")
      else send(response, 404, { error: { message: "no such model", type: "invalid" } })
    })
    const figures = new BatchFigures()
    const output = at("out.jsonl")
    const one = { concurrency: 1, retries: 0 }
    const batch = runBatch({ input: at("in.jsonl"), output, baseUrl: server.url, ...one })
    const codes = new Map<number, string | null>()
    for await (const result of batch) {
      figures.add(result)
      codes.set(result.line, result.code)
    }
    expect([1, 2, 3, 4, 5].map((line) => codes.get(line))).toEqual([
      null,
      "connection_error",
      "invalid_response",
      "HTTP 404",
      "invalid_input",
    ])
    const kinds = ({ failures }: BatchReport): unknown =>
      failures.map(({ cause, count }) => `${cause} ${count}`).toSorted()
    expect(kinds(figures.report("out.jsonl", batch.snapshot()))).toEqual(kinds(await read()))
  })

  it("tells apart what may have been billed and has no answer", async () => {
    const { live, summary } = await runForty()
    const note =
      "6 requests without an answer may have been billed, in no other amount here: nobody knows how much"
    expect(live.notes).toEqual([note])
    expect((await read({ summary })).notes).toEqual([note])
    const known = { ...summary, maybeBilled: 1, cost: { ...summary.cost, maybeBilled: 0.5 } }
    expect((await read({ summary: known })).notes).toEqual([
      "1 request without an answer may have been billed, in no other amount here: up to $0.50",
    ])
  })

  it("reads metrics that stand in the records", async () => {
    await runForty({ metrics: "inline" })
    expect(await read()).toMatchObject({
      latency: { count: 30 },
      tokens: { input: 90, output: 120 },
      notes: [],
    })
  })

  it("tells without metrics what the records tell, and says what is missing", async () => {
    await runForty({ metrics: false })
    const report = await read()
    expect(report).toMatchObject({
      latency: null,
      timeline: null,
      attempts: null,
      elapsed: null,
      slowest: [],
    })
    expect(report.tokens).toEqual({ input: 90, output: 120 })
    expect(report.counts).toEqual({ succeeded: 30, failed: 8, invalid: 2, open: null, total: null })
    expect(report.notes).toEqual([expect.stringContaining("there is no out.metrics.jsonl")])
  })

  it("reads compressed files, and what is whole of one that is torn", async () => {
    const output = at("out.jsonl.gz")
    await runForty({ output, errors: undefined })
    const whole = await read({ output })
    expect(whole).toMatchObject({
      counts: { succeeded: 30, failed: 8, invalid: 2 },
      latency: { count: 30 },
      notes: [],
    })
    const { length } = await readFile(output)
    await truncate(output, length - 3)
    const torn = await read({ output })
    expect(torn.counts.succeeded).toBeLessThan(30)
    expect(torn.notes).toContainEqual(expect.stringMatching(/out\.jsonl\.gz: the last \d+ bytes are torn/))
  })

  it("reads files that another tool has compressed, cut or not", async () => {
    await runForty()
    const packed = gzipSync(await readFile(at("out.jsonl")))
    await writeFile(at("other.jsonl.gz"), packed)
    expect((await read({ output: at("other.jsonl.gz") })).counts.succeeded).toBe(30)
    await writeFile(at("other.jsonl.gz"), packed.subarray(0, packed.length - 200))
    const cut = await read({ output: at("other.jsonl.gz") })
    expect(cut.notes).toContainEqual(expect.stringContaining("it is damaged"))
  })

  it("passes over a torn last line and leaves the file as it is", async () => {
    await runForty()
    await appendFile(at("out.jsonl"), '{"id":"batch_req_00","custom_id":"hal')
    await appendFile(at("out.metrics.jsonl"), '{"custom_id":"hal')
    const before = await readFile(at("out.jsonl"), "utf8")
    const { counts, latency, notes } = await read()
    expect([counts.succeeded, latency?.count]).toEqual([30, 30])
    expect(notes).toEqual([
      "out.jsonl: 1 line is no record and was passed over",
      "out.metrics.jsonl: 1 line is no metrics and was passed over",
    ])
    expect(await readFile(at("out.jsonl"), "utf8")).toBe(before)
  })

  it("does without a file of failures", async () => {
    await runForty()
    await rm(at("out.errors.jsonl"))
    const { counts, notes } = await read({ input: at("in.jsonl") })
    expect(counts).toEqual({ succeeded: 30, failed: 0, invalid: 0, open: 10, total: 40 })
    expect(notes).toEqual([])
  })

  it("says that metrics were lost, and that records belong to another input", async () => {
    await runForty()
    const metrics = (await readFile(at("out.metrics.jsonl"), "utf8"))
      .split("\n")
      .filter((line) => line !== "")
    const lost = metrics.findIndex((line) => line.includes('"succeeded"'))
    await writeFile(at("out.metrics.jsonl"), metrics.toSpliced(lost, 1).join("\n"))
    await writeFile(at("in.jsonl"), '{"prompt":"one"}\n')
    const { notes, counts } = await read({ input: at("in.jsonl") })
    expect(notes).toEqual([
      "the metrics tell of 29 answers, the output has 30",
      expect.stringContaining("39 records are more than the input has lines"),
    ])
    expect(counts.open).toBe(0)
  })

  it("knows that an unknown cost is not 0", async () => {
    await runForty()
    const lines = (await readFile(at("out.metrics.jsonl"), "utf8")).trimEnd().split("\n")
    const priced = lines.map((line) => {
      const record = JSON.parse(line) as { status: string; model: string }
      if (record.status !== "succeeded") return line
      return JSON.stringify({ ...record, cost: record.model === "a" ? 0.5 : null })
    })
    await writeFile(at("out.metrics.jsonl"), priced.join("\n"))
    const { cost, models } = await read()
    expect(cost).toEqual({ known: 7.5, unknown: 15 })
    expect(models.map(({ model, cost: each }) => [model, each])).toEqual([
      ["b", { known: 0, unknown: 15 }],
      ["a", { known: 7.5, unknown: 0 }],
    ])
  })

  it("tells why a run stopped", async () => {
    const { summary } = await runForty()
    const stopped = { reason: "money", message: "no credit" } as const
    const report = await read({ summary: { ...summary, total: 100, stopped } })
    expect(report).toMatchObject({ stopped: "no credit", counts: { open: 60, total: 100 } })
  })

  it("cuts what is too long for a page, and counts kinds beyond the first forty together", async () => {
    const record = (n: number): string =>
      JSON.stringify({
        id: "x",
        custom_id: "i".repeat(9000),
        response: null,
        error: { code: `kind ${n}`, message: "m".repeat(9000) },
      })
    await writeFile(at("out.jsonl"), Array.from({ length: 5000 }, (_, n) => `${record(n)}\n`).join(""))
    const { failures, counts } = await read()
    expect(counts.failed).toBe(5000)
    expect(failures).toHaveLength(41)
    expect(failures[0]).toMatchObject({ cause: "others", count: 4960 })
    expect(JSON.stringify(failures).length).toBeLessThan(30_000)
  })

  it.each([
    ["nothing.jsonl", "there is no such file"],
    ["", "it is a folder"],
  ])("refuses an output %j", async (name, why) => {
    const refused = read({ output: join(folder, name) })
    await expect(refused).rejects.toThrow(BatchRefusedError)
    await expect(refused).rejects.toThrow(why)
  })
})

describe("BatchFigures", () => {
  it("counts what earlier runs settled, and says that it has no times of it", async () => {
    await runForty()
    const { live } = await runForty()
    expect(live.counts).toEqual({ succeeded: 30, failed: 8, invalid: 2, open: 0, total: 40 })
    expect(live.latency).toBeNull()
    expect(live.notes).toEqual([expect.stringContaining("38 lines were settled by earlier runs")])
  })
})
