// What a killed run leaves: the tail cut at every byte, and files of somebody else.

import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { fingerprint } from "../../src/batch/fingerprint.ts"
import { openaiFormat } from "../../src/batch/output-record.ts"
import { scanRecords } from "../../src/batch/scan-records.ts"

let folder = ""
let path = ""
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tsyncio-scan-"))
  path = join(folder, "out.jsonl")
})
afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

function recordFor(customId: string): string {
  const key = { customId, id: fingerprint(customId), request: 1 }
  const parsed = { text: `Ä {} \n of ${customId}` }
  return openaiFormat.answer(key, { status: 200, requestId: "r", body: JSON.stringify(parsed), parsed })
}

async function scan(): Promise<{ ids: string[]; torn: number }> {
  const ids: string[] = []
  const torn = await scanRecords(path, ({ customId }) => {
    const isNew = !ids.includes(customId)
    if (isNew) ids.push(customId)
    return isNew ? "keep" : "aside"
  })
  return { ids, torn }
}

async function tornFile(): Promise<string> {
  return await readFile(`${path}.torn`, "utf8").catch(() => "")
}

describe("scanRecords()", () => {
  it("finds nothing in a file that is not there or empty, and makes none", async () => {
    expect(await scan()).toEqual({ ids: [], torn: 0 })
    expect(await readdir(folder)).toEqual([])
    await writeFile(path, "")
    expect(await scan()).toEqual({ ids: [], torn: 0 })
  })

  it("moves a tail cut at any byte aside, and keeps all that is whole", async () => {
    const lines = ["a", "b", "c"].map(recordFor)
    const bytes = Buffer.from(lines.join(""))
    const ends = lines.map((_, n) => Buffer.byteLength(lines.slice(0, n + 1).join("")))
    for (let cut = 0; cut <= bytes.length; cut++) {
      await rm(`${path}.torn`, { force: true })
      await writeFile(path, bytes.subarray(0, cut))
      // A record that lacks no more than its newline is whole.
      const whole = ends.filter((end) => end - 1 <= cut).length
      const keptBytes = whole === 0 ? 0 : (ends[whole - 1] ?? 0)
      const tornBytes = Math.max(0, cut - keptBytes)
      expect(await scan(), `cut at ${cut}`).toEqual({ ids: ["a", "b", "c"].slice(0, whole), torn: tornBytes })
      expect(await readFile(path), `cut at ${cut}`).toEqual(bytes.subarray(0, keptBytes))
      const aside = bytes.subarray(keptBytes, cut).toString("latin1")
      expect(Buffer.from(await tornFile()).toString("utf8").length > 0, `cut at ${cut}`).toBe(aside !== "")
      expect(await scan(), `again after a cut at ${cut}`).toMatchObject({ torn: 0 })
    }
  }, 30_000)

  it("adds torn tails to those set aside before", async () => {
    await writeFile(path, `${recordFor("a")}{"id":"x`)
    await scan()
    await writeFile(path, `${recordFor("a")}{"id":"y`)
    await scan()
    expect(await tornFile()).toBe('{"id":"x\n{"id":"y\n')
  })

  it("sets zeros aside that a power cut left at the end", async () => {
    await writeFile(path, `${recordFor("a")}${"\0".repeat(100)}`)
    expect(await scan()).toEqual({ ids: ["a"], torn: 100 })
  })

  it("sets aside what is broken in the middle, and keeps all records around it", async () => {
    await writeFile(
      path,
      Buffer.concat([
        Buffer.from(`${recordFor("a")}{"id":\n${recordFor("b")}`),
        Buffer.from([0xff, 0xfe, 0x0a]),
        Buffer.from(`\n${recordFor("c")}{"id":"x`),
      ]),
    )
    expect(await scan()).toEqual({ ids: ["a", "b", "c"], torn: 7 + 3 + 8 })
    expect(await readFile(path, "utf8")).toBe(`${recordFor("a")}${recordFor("b")}\n${recordFor("c")}`)
    expect(await readFile(`${path}.torn`)).toEqual(
      Buffer.concat([Buffer.from('{"id":\n'), Buffer.from([0xff, 0xfe, 0x0a]), Buffer.from('{"id":"x\n')]),
    )
    expect(await scan()).toEqual({ ids: ["a", "b", "c"], torn: 0 })
    expect((await readdir(folder)).sort()).toEqual(["out.jsonl", "out.jsonl.torn"])
  })

  it("sets aside what is JSON and no record, as a cut and a repeated block may leave it", async () => {
    await writeFile(path, `${recordFor("a")}{"error":null}\n${recordFor("b")}`)
    expect(await scan()).toEqual({ ids: ["a", "b"], torn: 15 })
    expect(await tornFile()).toBe('{"error":null}\n')
  })

  it("sets aside what stands there twice", async () => {
    const lines = ["a", "b"].map(recordFor)
    await writeFile(path, [...lines, ...lines, recordFor("c")].join(""))
    expect(await scan()).toMatchObject({ ids: ["a", "b", "c"] })
    expect(await readFile(path, "utf8")).toBe([...lines, recordFor("c")].join(""))
    expect(await tornFile()).toBe(lines.join(""))
  })

  it("passes over blank lines", async () => {
    await writeFile(path, `${recordFor("a")}\n\n${recordFor("b")}\n`)
    expect(await scan()).toEqual({ ids: ["a", "b"], torn: 0 })
  })

  it.each([
    ["a line of text", "my notes\n"],
    ["text without a newline", "my notes"],
    ["other JSON", '{"question":"Why?"}\n'],
    ["other JSON before a record", `{"question":"Why?"}\n${recordFor("a")}`],
    ["broken lines and no record of ours", '{"id":\n{"custom_id":"a","response":null,"error":{}}\n'],
    ["broken lines without end", `${recordFor("a")}${"{\n".repeat(1001)}`],
  ])("refuses a file with %s, and leaves it alone", async (_, content) => {
    await writeFile(path, content)
    await expect(scan()).rejects.toMatchObject({ code: "E_BATCH_REFUSED", reason: "output" })
    expect(await readFile(path, "utf8")).toBe(content)
    expect(await readdir(folder)).toEqual(["out.jsonl"])
  })

  it("refuses a folder", async () => {
    path = folder
    await expect(scan()).rejects.toMatchObject({ reason: "output" })
  })
})
