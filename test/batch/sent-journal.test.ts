// The journal of what was sent: there before the request is, and what the next run makes of it.

import { existsSync, readFileSync } from "node:fs"
import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { runBatch, type BatchEvent, type BatchOptions, type BatchSummary } from "../../src/batch/index.ts"
import { run } from "../../src/core/index.ts"
import { reply, ScriptedServer } from "./scripted-server.ts"

let folder = ""
let journal = ""
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tsyncio-sent-"))
  journal = join(folder, "out.sent.jsonl")
  const ids = ["a", "b", "c", "d"]
  await writeFile(
    join(folder, "in.jsonl"),
    ids.map((id) => `{"custom_id":"${id}","prompt":"${id}"}\n`).join(""),
  )
})
afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

const files = (): Pick<BatchOptions, "input" | "output"> => ({
  input: join(folder, "in.jsonl"),
  output: join(folder, "out.jsonl"),
})

/** Ends a run when the server has two requests that it does not answer. */
async function interrupted(more: Partial<BatchOptions> = {}): Promise<void> {
  const controller = new AbortController()
  await using server = await ScriptedServer.start((request, response) => {
    if (request.prompt === "a" || request.prompt === "b") reply(request, response)
    else if (request.index === 3) controller.abort(new Error("enough"))
  })
  const options = { ...files(), baseUrl: server.url, concurrency: 2, signal: controller.signal, ...more }
  await expect(run(() => runBatch({ journalSent: true, ...options }).finish())).rejects.toThrow("enough")
}

async function next(
  more: Partial<BatchOptions>,
): Promise<{ summary: BatchSummary; unknown: number; asked: string[] }> {
  await using server = await ScriptedServer.start(reply)
  let unknown = -1
  const onEvent = (event: BatchEvent): void => {
    if (event.type === "begin") ({ unknown } = event)
  }
  const summary = await run(() => runBatch({ ...files(), baseUrl: server.url, onEvent, ...more }).finish())
  return { summary, unknown, asked: server.seen.map(({ prompt }) => prompt).sort() }
}

describe("journalSent", () => {
  it("has a request in its file before the server has it, and removes the file when all is done", async () => {
    const noted: boolean[] = []
    await using server = await ScriptedServer.start((request, response) => {
      noted.push(readFileSync(journal, "utf8").includes(`"custom_id":"${request.prompt}"`))
      reply(request, response)
    })
    const batch = runBatch({ ...files(), baseUrl: server.url, journalSent: true, durability: "none" })
    await run(() => batch.finish())
    expect(noted).toEqual([true, true, true, true])
    expect(existsSync(journal)).toBe(false)
  })

  it("tells the next run what was on its way, which sends it again", async () => {
    await interrupted()
    expect(await next({})).toMatchObject({
      unknown: 2,
      asked: ["c", "d"],
      summary: { succeeded: 2, skipped: 2 },
    })
  })

  it("lets the next run leave alone what was on its way, until it is asked for", async () => {
    await interrupted()
    const { unknown, asked, summary } = await next({ retryAfterSend: false })
    expect({ unknown, asked }).toEqual({ unknown: 2, asked: [] })
    expect(summary).toMatchObject({ failed: 2, causes: [{ cause: "sent_before", count: 2 }] })
    expect(await readFile(join(folder, "out.errors.jsonl"), "utf8")).toContain('"code":"sent_before"')
    expect((await next({ retryAfterSend: false })).summary).toMatchObject({ skippedFailed: 2 })
    const last = await next({ retryAfterSend: false, retryFailed: true })
    expect(last).toMatchObject({ unknown: 0, asked: ["c", "d"], summary: { succeeded: 2 } })
  })

  it("passes over a torn end of its file", async () => {
    await interrupted()
    await appendFile(journal, '{"id":"batch_req_0","custom')
    expect((await next({ journalSent: true, retryAfterSend: false })).unknown).toBe(2)
  })

  it("is not kept unless it is wanted, and not without an output file", async () => {
    await interrupted({ journalSent: false })
    expect(existsSync(journal)).toBe(false)
    await using server = await ScriptedServer.start(reply)
    const output = { write: (): void => {} }
    const batch = runBatch({ input: files().input, output, baseUrl: server.url, journalSent: true })
    await expect(run(() => batch.finish())).rejects.toMatchObject({ reason: "option" })
  })
})

describe("acceptChanged", () => {
  it("continues with another input, and keeps the answers to the earlier requests", async () => {
    await next({})
    const changed = { model: "another" }
    await expect(next(changed)).rejects.toMatchObject({ reason: "conflict" })
    const { summary, asked } = await next({ ...changed, acceptChanged: true })
    expect({ skipped: summary.skipped, asked }).toEqual({ skipped: 4, asked: [] })
  })
})
