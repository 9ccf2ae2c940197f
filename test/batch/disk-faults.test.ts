// A disk that is full, breaks, or loses its power, at every write of a batch.
//
// Whatever fails, the run says so or is not touched by it; the next run, on a sound disk, ends with every line once,
// and asks nothing again that the first had given out as safe. TSYNCIO_PROOF_FACTOR multiplies the losses of power,
// from 30 on there are 10,000; TSYNCIO_PROOF_SEED is the first seed.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest"
import { gunzipSync } from "node:zlib"
import { seededRandom } from "../../src/base/seeded-random.ts"
import { BatchRefusedError, runBatch, type BatchOptions } from "../../src/batch/index.ts"
import { run } from "../../src/core/index.ts"
import { disk, type DiskFault } from "./faulty-disk.ts"
import { ScriptedServer, send } from "./scripted-server.ts"

vi.mock("node:fs/promises", async (original) => {
  const { disk: faulty } = await import("./faulty-disk.ts")
  return faulty.module(await original())
})

const factor = Number(process.env["TSYNCIO_PROOF_FACTOR"] ?? 1)
const firstSeed = Number(process.env["TSYNCIO_PROOF_SEED"] ?? 1)
const losses = factor >= 30 ? 10_000 : Math.round(200 * factor)

let folder = ""
let server: ScriptedServer
const ids = Array.from({ length: 12 }, (_, number) => `id-${number}`)

beforeAll(async () => {
  server = await ScriptedServer.start(({ prompt }, response) => {
    const isBad = prompt === "id-5"
    const body = isBad ? { error: { message: "no" } } : { choices: [{ message: { content: `Ä ${prompt}` } }] }
    setTimeout(() => send(response, isBad ? 422 : 200, body), Number(prompt.slice(3)) % 4)
  })
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
})
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tsyncio-disk-"))
  disk.begin(folder, null)
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

interface Ran {
  /** Ids whose results were given out: safe, by the promise of the run. */
  readonly safe: string[]
  readonly asked: string[]
  readonly error: Error | null
}

async function runOnce(options: Partial<BatchOptions>): Promise<Ran> {
  const safe: string[] = []
  const before = server.seen.length
  const batch = runBatch({
    input: join(folder, "in.jsonl"),
    output: join(folder, "out.jsonl"),
    baseUrl: server.url,
    concurrency: 3,
    retries: 0,
    ...options,
  })
  let error: Error | null = null
  try {
    await run(async () => {
      for await (const { customId } of batch) if (!disk.isOff) safe.push(String(customId))
    })
  } catch (thrown) {
    error = thrown as Error
  }
  expect(disk.handles, "open files").toBe(0)
  return { safe, asked: server.seen.slice(before).map(({ prompt }) => prompt), error }
}

function writeInput(): void {
  const lines = ids.map((id) => `${JSON.stringify({ custom_id: id, prompt: id })}\n`)
  writeFileSync(join(folder, "in.jsonl"), lines.join(""))
}

/** The process has ended: nobody holds its lock. */
function freeLock(): void {
  for (const name of readdirSync(folder)) if (name.includes(".lock")) rmSync(join(folder, name))
}

function linesOf(name: string): string[] {
  const path = join(folder, name)
  if (!readdirSync(folder).includes(name)) return []
  const bytes = readFileSync(path)
  const text = (name.endsWith(".gz") && bytes.length > 0 ? gunzipSync(bytes) : bytes).toString("utf8")
  return text.split("\n").filter((line) => line !== "")
}

const idOf = (line: string): string => (JSON.parse(line) as { custom_id: string }).custom_id

/** Every line has its record once, an answer its own words. */
function checkFiles(what: string, options: Partial<BatchOptions>): void {
  const end = options.output === undefined ? "" : ".gz"
  const answers = linesOf(`out.jsonl${end}`)
  const failures = linesOf(`out.errors.jsonl${end}`)
  expect([...answers, ...failures].map(idOf).sort(), what).toEqual(ids.toSorted())
  expect(failures.map(idOf), what).toEqual(["id-5"])
  for (const line of answers) expect(line, what).toContain(`"content":"Ä ${idOf(line)}"`)
  for (const line of linesOf(`out.metrics.jsonl${end}`)) expect(() => JSON.parse(line), what).not.toThrow()
  expect(
    readdirSync(folder).filter((name) => /early-\d+\.jsonl$|tmp$/.test(name)),
    what,
  ).toEqual([])
}

const shapes = (): [string, Partial<BatchOptions>][] => [
  ["a plain run", {}],
  ["an ordered run", { ordered: true }],
  ["a compressed run", { output: join(folder, "out.jsonl.gz") }],
]

describe.each(["ENOSPC", "EIO"] as const)("%s at the n-th write, for every n", (kind) => {
  it.each([0, 1, 2])(
    "of shape %d is told, and nothing is lost or asked again",
    async (shape) => {
      let n = 0
      for (let isReached = true; isReached && n < 2_000;) {
        n++
        for (const name of readdirSync(folder)) rmSync(join(folder, name))
        writeInput()
        const [name, options] = shapes()[shape] ?? ["", {}]
        const what = `${kind} at write ${n} of ${name}`
        disk.begin(folder, { at: n, kind } satisfies DiskFault)
        const first = await runOnce(options)
        isReached = disk.hasFailed
        disk.begin(folder, null)
        freeLock()
        expect(first.error?.message ?? "Cannot", what).toMatch(/Cannot|ENOSPC|EIO/)
        const second = await runOnce(options)
        expect(second.error, what).toBeNull()
        expect(
          second.asked.filter((id) => first.safe.includes(id)),
          what,
        ).toEqual([])
        checkFiles(what, options)
      }
      expect(n).toBeGreaterThan(20)
      expect(n).toBeLessThan(2_000)
    },
    120_000,
  )

  it("of a run that mends its files is told, and nothing is lost or asked again", async () => {
    let n = 0
    writeInput()
    disk.begin(folder, null)
    await runOnce({})
    const [output, errors] = ["out.jsonl", "out.errors.jsonl"].map((name) => readFileSync(join(folder, name)))
    for (let isReached = true; isReached && n < 2_000;) {
      n++
      for (const name of readdirSync(folder)) rmSync(join(folder, name))
      writeInput()
      const lines = (output ?? Buffer.alloc(0)).toString("utf8").split("\n")
      // Broken in the middle, one record twice, a torn tail; and a failure that is asked again.
      const text = [lines[0], '{"id":"batch_', lines[1], lines[0], lines[2], '{"id":'].join("\n")
      writeFileSync(join(folder, "out.jsonl"), text)
      writeFileSync(join(folder, "out.errors.jsonl"), errors ?? "")
      const known = [0, 1, 2].map((at) => idOf(lines[at] ?? ""))
      const what = `${kind} at write ${n} of a run that mends`
      disk.begin(folder, { at: n, kind })
      const first = await runOnce({ retryFailed: true })
      isReached = disk.hasFailed
      disk.begin(folder, null)
      freeLock()
      const second = await runOnce({})
      expect(second.error, what).toBeNull()
      expect(
        second.asked.filter((id) => [...known, ...first.safe].includes(id) && id !== "id-5"),
        what,
      ).toEqual([])
      checkFiles(what, {})
    }
    expect(n).toBeGreaterThan(20)
  }, 120_000)
})

/** A file that holds garbage and nothing of ours: whoever is told so names another, or removes it. */
function isRefused({ error }: Ran): boolean {
  return error instanceof BatchRefusedError && error.message.includes("name another output file")
}

function forget(): void {
  for (const name of readdirSync(folder)) if (name.startsWith("out.")) rmSync(join(folder, name))
}

/** One batch that loses its power once to three times and is then finished. @returns How often it was hit. */
async function losePower(seed: number): Promise<number> {
  const random = seededRandom(seed)
  for (const name of readdirSync(folder)) rmSync(join(folder, name))
  writeInput()
  const [name, options] = shapes()[Math.floor(random() * 3)] ?? ["", {}]
  const safe: string[] = []
  let hits = 0
  const check = (ran: Ran, what: string): void => {
    const again = ran.asked.filter((id) => safe.includes(id))
    expect(again, `seed ${seed}, ${what} of ${name}`).toEqual([])
    const isExpected = disk.isOff || (safe.length === 0 && isRefused(ran))
    expect(isExpected ? null : ran.error, `seed ${seed}, ${what} of ${name}`).toBeNull()
    if (!disk.isOff && isRefused(ran)) forget()
    safe.push(...ran.safe)
  }
  for (let cut = 1 + Math.floor(random() * 3); cut > 0; cut--) {
    disk.begin(folder, { at: 1 + Math.floor(random() * 60), kind: "power" })
    check(await runOnce(options), `loss ${cut}`)
    if (disk.isOff) hits++
    disk.restart(random)
    freeLock()
  }
  disk.begin(folder, null)
  const last = await runOnce(options)
  check(last, "the last run")
  if (isRefused(last)) check(await runOnce(options), "the very last run")
  checkFiles(`seed ${seed}, ${name}`, options)
  return hits
}

describe("a loss of power", () => {
  it(
    `at any write, in ${losses} batches, costs nothing that was given out as safe`,
    async () => {
      let hits = 0
      for (let seed = firstSeed; seed < firstSeed + losses; seed++) hits += await losePower(seed)
      expect(hits).toBeGreaterThan(losses / 2)
    },
    losses * 2_000,
  )
})
