// The output cut at every byte of its last three records, and with zeros, garbage or a repeated block behind the cut.
//
// After each, the batch is run again. What must hold: every line has its record once, with its own answer, and nothing
// is asked again whose record was whole, told by the server's own list. TSYNCIO_PROOF_FACTOR from 30 on tries each kind of
// damage at every byte, and records of three sizes.

import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, it } from "vitest"
import { seededRandom } from "../../src/base/seeded-random.ts"
import { runBatch } from "../../src/batch/index.ts"
import { run } from "../../src/core/index.ts"
import { ScriptedServer, send } from "./scripted-server.ts"

const isLong = Number(process.env["TSYNCIO_PROOF_FACTOR"] ?? 1) >= 30
const random = seededRandom(Number(process.env["TSYNCIO_PROOF_SEED"] ?? 1))
const below = (limit: number): number => Math.floor(random() * limit)

let folder = ""
let server: ScriptedServer
let input = ""
let output = ""
let filler = ""
const ids = Array.from({ length: 6 }, (_, number) => `id-${number}`)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tsyncio-tails-"))
  input = join(folder, "in.jsonl")
  output = join(folder, "out.jsonl")
  await writeFile(input, ids.map((id) => `${JSON.stringify({ custom_id: id, prompt: id })}\n`).join(""))
  server = await ScriptedServer.start(({ prompt }, response) =>
    send(response, 200, { choices: [{ message: { content: `Ä ${prompt}${filler}` } }] }),
  )
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

async function finish(): Promise<void> {
  const options = { input, output, baseUrl: server.url, durability: "none", metrics: false } as const
  await run(() => runBatch(options).finish())
}

/** Lines of a file; one that lacks only its newline is whole. */
function linesOf(bytes: Buffer): string[] {
  return bytes
    .toString("utf8")
    .split("\n")
    .filter((line) => line !== "")
}

function idOf(line: string): string {
  return (JSON.parse(line) as { custom_id: string }).custom_id
}

/** Damages the file as told, continues, and checks everything. */
async function survive(damaged: Buffer, whole: Buffer, what: string): Promise<void> {
  for (const name of await readdir(folder)) if (name.startsWith("out.")) await rm(join(folder, name))
  await writeFile(output, damaged)
  const records = linesOf(whole)
  const left = linesOf(damaged)
  const safe = left.filter((line) => records.includes(line)).map(idOf)
  const before = server.seen.length
  await finish()
  const asked = server.seen.slice(before).map(({ prompt }) => prompt)
  expect(asked, what).toEqual([...new Set(asked)])
  expect(
    asked.filter((id) => safe.includes(id)),
    what,
  ).toEqual([])
  const lines = linesOf(await readFile(output))
  expect(lines.map(idOf).sort(), what).toEqual(ids)
  for (const line of lines) expect(line, what).toContain(`"content":"Ä ${idOf(line)}`)
  expect(await readdir(folder), what).not.toContain("out.jsonl.lock")
}

const damages: readonly [string, (kept: Buffer, whole: Buffer) => Buffer][] = [
  ["zeros behind it", (kept) => Buffer.concat([kept, Buffer.alloc(1 + below(600))])],
  [
    "garbage behind it",
    (kept) => Buffer.concat([kept, Buffer.from(Array.from({ length: 1 + below(600) }, () => below(256)))]),
  ],
  [
    "a block of before behind it",
    (kept, whole) => {
      const start = below(whole.length)
      return Buffer.concat([kept, whole.subarray(start, start + 1 + below(1000))])
    },
  ],
]

async function wholeFile(): Promise<{ whole: Buffer; from: number }> {
  await rm(output, { force: true })
  await finish()
  const whole = await readFile(output)
  const lines = linesOf(whole)
  const from = Buffer.byteLength(`${lines.slice(0, -3).join("\n")}\n`)
  return { whole, from }
}

/** Name, size and step of the cuts. */
const sizes: [string, number, number][] = [["200 bytes", 0, 1]]
if (isLong) sizes.push(["4 kB", 4_000, 7], ["200 kB", 200_000, 401])

it.each(sizes)(
  "records of %s, cut at every byte",
  async (_, size, step) => {
    filler = "x".repeat(size)
    const { whole, from } = await wholeFile()
    for (let cut = from; cut <= whole.length; cut += step)
      await survive(whole.subarray(0, cut), whole, `cut at ${cut}`)
  },
  isLong ? 3_600_000 : 120_000,
)

it.each(damages)(
  "cut, with %s",
  async (name, damage) => {
    filler = ""
    const { whole, from } = await wholeFile()
    for (let cut = from; cut <= whole.length; cut += isLong ? 1 : 1 + below(5))
      await survive(damage(whole.subarray(0, cut), whole), whole, `cut at ${cut}, ${name}`)
  },
  isLong ? 3_600_000 : 120_000,
)
