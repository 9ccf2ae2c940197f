// Money on the command line: what it costs, what stops it, and how it goes on.

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { startMockServer, type MockServer } from "../../src/cli/mock-server.ts"
import { command } from "./command.ts"

let folder = ""
let server: MockServer | null = null

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tsyncio money "))
})
afterEach(async () => {
  await server?.close()
  server = null
  await rm(folder, { recursive: true, force: true })
})

/** So many questions, all of which the mock answers after `latency` ms. */
async function prepared(
  prices: object[] = [{ model: "priced", input: 100, output: 400, asOf: "2026-11-20" }],
  { count = 400, latency = 20 } = {},
) {
  server = await startMockServer({ latency })
  const lines = Array.from({ length: count }, (_, n) => `${JSON.stringify({ prompt: `question ${n}` })}\n`)
  await writeFile(join(folder, "in.jsonl"), lines.join(""))
  await writeFile(join(folder, "prices.json"), JSON.stringify(prices))
  const words = ["batch", join(folder, "in.jsonl"), "-o", join(folder, "out.jsonl"), "--base-url", server.url]
  const more = ["--model", "priced", "--max-output-tokens", "40", "--concurrency", "200"]
  return { server, words: [...words, ...more], prices: ["--prices", join(folder, "prices.json")] }
}

const ids = async (): Promise<string[]> =>
  (await readFile(join(folder, "out.jsonl"), "utf8").catch(() => ""))
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => (JSON.parse(line) as { custom_id: string }).custom_id)

describe("tsyncio batch with a budget", () => {
  it("never spends more with 200 on their way, exits with 5, says how to go on, and goes on", async () => {
    // Worst cases of 200 at once are some 4.4 dollars; all lines cost some 10.
    const { server: mock, words, prices } = await prepared(undefined, { count: 1000, latency: 500 })
    const ended = await command([...words, ...prices, "--max-cost", "6"])
    const { tokens, peakConcurrency } = mock.stats()
    const billed = (tokens.prompt * 100 + tokens.completion * 400) / 1e6
    expect(ended.code).toBe(5)
    expect(peakConcurrency).toBeGreaterThan(100)
    expect(billed).toBeLessThanOrEqual(6)
    expect(billed).toBeGreaterThan(5)
    expect(ended.stderr).toContain("$6.00 in this run")
    expect(ended.stdout).toMatch(
      /^Stopped after .*: The budget of \$6\.00 does not cover line \d+, which may take \$0\.0/,
    )
    expect(ended.stdout).toMatch(new RegExp(`^cost +\\$${billed.toFixed(2)}, at prices of 2026-11-20$`, "m"))
    expect(ended.stdout).toMatch(/^at the end +about \$\d+\.\d\d, if the rest is like the \d+ lines so far$/m)
    expect(ended.stdout).toMatch(/^failed +0$/m)
    expect(ended.stderr).toContain("run the same command again to continue: each run has --max-cost anew")
    const first = await ids()
    const { code } = await command([...words, ...prices])
    expect(code).toBe(0)
    const all = await ids()
    expect(all.slice(0, first.length)).toEqual(first)
    expect(all).toHaveLength(1000)
    expect(new Set(all).size).toBe(1000)
    expect(mock.stats().requests).toBe(1000)
  })

  it("in tokens counts what the server counts, and needs no price", async () => {
    const { server: mock, words } = await prepared()
    const ended = await command([...words, "--max-tokens", "8000", "--json"])
    const { tokens } = mock.stats()
    const summary = JSON.parse(ended.stdout) as { exitCode: number; stopped: object; cost: object }
    expect(ended.code).toBe(5)
    expect(summary).toMatchObject({ exitCode: 5, stopped: { reason: "budget" }, cost: { total: null } })
    expect(tokens.prompt + tokens.completion).toBeLessThanOrEqual(8000)
  })

  it("of money stops before a model without a price, with 5, and says what to do", async () => {
    const { server: mock, words } = await prepared()
    const ended = await command([...words, "--max-cost", "3"])
    expect(ended.code).toBe(5)
    expect(ended.stdout).toContain('line 1 wants "priced", whose price is not known')
    expect(ended.stderr).toContain("name its price in a file for --prices")
    expect(mock.stats().requests).toBe(0)
  })
})

describe("the report of tsyncio batch", () => {
  it("says of which answers it does not know the cost", async () => {
    const { words } = await prepared()
    const { code, stdout } = await command(words)
    expect(code).toBe(0)
    expect(stdout).toMatch(/^cost unknown +for 400 answers of model priced: give --prices$/m)
    expect(stdout).not.toMatch(/^cost +\$/m)
  })

  it("refuses a file that is no price table, before anything is sent", async () => {
    const { server: mock, words, prices } = await prepared([{ model: "priced", input: "much" }])
    const ended = await command([...words, ...prices])
    expect(ended.code).toBe(2)
    expect(ended.stderr).toMatch(
      /row 1 \(priced\) must have a number from 0 up as `input`, got `"much"`; they must look/,
    )
    expect(mock.stats().requests).toBe(0)
  })
})
