// What a run takes over from earlier ones with the same output.

import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { EarlyRecords } from "../../src/batch/early-records.ts"
import { fingerprint } from "../../src/batch/fingerprint.ts"
import { mark } from "../../src/batch/fingerprint-table.ts"
import { openaiFormat, type RecordKey } from "../../src/batch/output-record.ts"
import { readSettled, type Settled } from "../../src/batch/settled.ts"

let folder = ""
let output = ""
let errors = ""
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tsyncio-settled-"))
  output = join(folder, "out.jsonl")
  errors = join(folder, "out.errors.jsonl")
})
afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

const key = (customId: string, request = 1): RecordKey => ({ customId, id: fingerprint(customId), request })
const answered = (customId: string, request?: number): string =>
  openaiFormat.answer(key(customId, request), { status: 200, requestId: null, body: "{}", parsed: {} })
const refused = (customId: string, status: number, code = ""): string =>
  openaiFormat.answer(key(customId), {
    status,
    requestId: null,
    body: JSON.stringify({ error: { code } }),
    parsed: { error: { code } },
  })
const timedOut = (customId: string): string => openaiFormat.failure(key(customId), "request_timeout", "late")

async function settled(retryFailed = false): Promise<Settled> {
  return await readSettled(output, errors, new EarlyRecords(output, "fsync"), {
    retryFailed,
    ordered: false,
    sent: null,
  })
}

function has({ table }: Settled, customId: string, bit: number): boolean {
  return table.has(table.slot(fingerprint(customId)), bit)
}

describe("readSettled()", () => {
  it("knows nothing and makes nothing where there was no run", async () => {
    expect(await settled()).toMatchObject({ answered: 0, failed: 0, reopened: 0, tornBytes: 0 })
    expect(await readdir(folder)).toEqual([])
  })

  it("knows what was answered, with the request it was the answer to", async () => {
    await writeFile(output, answered("a", 77) + answered("b"))
    const known = await settled()
    expect(known).toMatchObject({ answered: 2, failed: 0 })
    expect(has(known, "a", mark.answered)).toBe(true)
    expect(known.table.request(known.table.slot(fingerprint("a")))).toBe(77)
    expect(has(known, "c", mark.answered)).toBe(false)
  })

  it("counts an id that stands twice once", async () => {
    await writeFile(output, answered("a") + answered("a"))
    expect(await settled()).toMatchObject({ answered: 1 })
  })

  it("takes answers of other tools over without knowing their request", async () => {
    await writeFile(
      output,
      '{"id":"batch_req_abc","custom_id":"a","response":{"status_code":200,"body":{}},"error":null}\n',
    )
    const known = await settled()
    expect(known.answered).toBe(1)
    expect(has(known, "a", mark.foreign)).toBe(true)
  })

  it("does not take a failure that somebody left in the output for an answer", async () => {
    await writeFile(output, '{"custom_id":"a","response":{"status_code":400,"body":null},"error":"bad"}\n')
    expect(await settled()).toMatchObject({ answered: 0 })
  })

  it("leaves final failures failed", async () => {
    const content = refused("a", 400) + timedOut("b")
    await writeFile(errors, content)
    const known = await settled()
    expect(known).toMatchObject({ failed: 2, reopened: 0 })
    expect(has(known, "b", mark.failed)).toBe(true)
    expect(await readFile(errors, "utf8")).toBe(content)
  })

  it("opens refusals again that concern the key or the account, and takes them out of the file", async () => {
    await writeFile(
      errors,
      refused("a", 401) +
        timedOut("b") +
        refused("c", 403) +
        refused("d", 402) +
        refused("e", 429, "insufficient_quota"),
    )
    const known = await settled()
    expect(known).toMatchObject({ failed: 1, reopened: 4 })
    expect(has(known, "a", mark.failed)).toBe(false)
    expect(await readFile(errors, "utf8")).toBe(timedOut("b"))
    expect((await stat(errors)).mode & 0o777).toBe(0o600)
    expect(await readdir(folder)).toEqual(["out.errors.jsonl"])
  })

  it("drops records of lines that could not be sent: the run reads those lines anew", async () => {
    await writeFile(errors, openaiFormat.invalid(3, null, "the line is not JSON") + timedOut("b"))
    expect(await settled()).toMatchObject({ failed: 1, reopened: 0 })
    expect(await readFile(errors, "utf8")).toBe(timedOut("b"))
  })

  it("opens every failure again with retryFailed, and removes a file that is empty then", async () => {
    await writeFile(output, answered("x"))
    await writeFile(errors, refused("a", 400) + timedOut("b") + openaiFormat.invalid(1, null, "bad"))
    const known = await settled(true)
    expect(known).toMatchObject({ answered: 1, failed: 0, reopened: 2 })
    expect(await readdir(folder)).toEqual(["out.jsonl"])
  })

  it("is not disturbed by a temporary file of a run that was killed while it rewrote", async () => {
    await writeFile(errors, refused("a", 401) + timedOut("b"))
    await writeFile(`${errors}.tmp`, '{"half')
    expect(await settled()).toMatchObject({ failed: 1, reopened: 1 })
    expect(await readFile(errors, "utf8")).toBe(timedOut("b"))
    expect(await readdir(folder)).toEqual(["out.errors.jsonl"])
  })

  it("moves torn tails of both files aside", async () => {
    await writeFile(output, `${answered("a")}{"id":"ba`)
    await writeFile(errors, `${timedOut("b")}{"i`)
    expect(await settled()).toMatchObject({ answered: 1, failed: 1, tornBytes: 12 })
    expect((await readdir(folder)).sort()).toEqual([
      "out.errors.jsonl",
      "out.errors.jsonl.torn",
      "out.jsonl",
      "out.jsonl.torn",
    ])
  })

  it("lets an answer win over a failure of the same id, and takes the failure out", async () => {
    await writeFile(output, answered("a"))
    await writeFile(errors, timedOut("a"))
    const known = await settled()
    expect(known).toMatchObject({ answered: 1, failed: 0, reopened: 0 })
    expect(has(known, "a", mark.answered)).toBe(true)
    expect(await readdir(folder)).toEqual(["out.jsonl"])
  })
})
