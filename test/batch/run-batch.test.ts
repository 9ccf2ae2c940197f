// Whole runs against real servers: what is sent, written, counted, stopped and continued.

import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import {
  runBatch,
  type BatchEvent,
  type BatchOptions,
  type BatchResult,
  type BatchSummary,
} from "../../src/batch/index.ts"
import { run, taskGroup } from "../../src/core/index.ts"
import { reply, ScriptedServer, send, type Script } from "./scripted-server.ts"

let folder = ""
let paths: { input: string; output: string; errors: string }
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tsyncio-run-"))
  paths = {
    input: join(folder, "in.jsonl"),
    output: join(folder, "out.jsonl"),
    errors: join(folder, "out.errors.jsonl"),
  }
})
afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

interface Ran {
  readonly summary: BatchSummary
  readonly results: BatchResult[]
  readonly events: BatchEvent[]
}

async function runAll(server: ScriptedServer, more: Partial<BatchOptions> = {}): Promise<Ran> {
  const events: BatchEvent[] = []
  const results: BatchResult[] = []
  const batch = runBatch({
    input: paths.input,
    output: paths.output,
    baseUrl: server.url,
    retries: 1,
    onEvent: (event: BatchEvent) => void events.push(event),
    ...more,
  })
  await run(async () => {
    for await (const result of batch) results.push(result)
  })
  if (batch.summary === null) throw new Error("the run has no summary")
  return { summary: batch.summary, results, events }
}

async function writeInput(lines: readonly unknown[]): Promise<void> {
  const texts = lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line)))
  await writeFile(paths.input, `${texts.join("\n")}\n`)
}

const prompts = (count: number): object[] =>
  Array.from({ length: count }, (_, n) => ({ prompt: `p${n + 1}` }))

interface FileRecord {
  readonly custom_id: string
  readonly response: { readonly status_code: number; readonly body: unknown } | null
  readonly error: { readonly code: string; readonly line?: number } | null
}

async function records(path: string): Promise<FileRecord[]> {
  const text = await readFile(path, "utf8").catch(() => "")
  return text === ""
    ? []
    : text
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as FileRecord)
}

async function idsIn(path: string): Promise<string[]> {
  return (await records(path)).map((record) => record.custom_id).sort()
}

function expectAddsUp({ total, succeeded, failed, invalid, skipped, notAttempted }: BatchSummary): void {
  expect(succeeded + failed + invalid + skipped + (notAttempted ?? Number.NaN)).toBe(total)
}

describe("a run", () => {
  it("answers every line once, and writes private files", async () => {
    await writeInput(prompts(100))
    await using server = await ScriptedServer.start(reply)
    const { summary, results } = await runAll(server)
    expect(summary).toMatchObject({
      total: 100,
      succeeded: 100,
      failed: 0,
      attempts: 100,
      retries: 0,
      stopped: null,
    })
    expect(summary.tokens).toEqual({ input: 300, output: 400, total: 700 })
    expect(summary.latency?.p99).toBeGreaterThan(0)
    expectAddsUp(summary)
    expect(new Set(results.map(({ line }) => line)).size).toBe(100)
    expect(results[0]).toMatchObject({
      status: "succeeded",
      httpStatus: 200,
      cause: null,
      message: null,
      attempts: 1,
    })
    expect(new Set(await idsIn(paths.output)).size).toBe(100)
    expect((await stat(paths.output)).mode & 0o777).toBe(0o600)
    expect((await readdir(folder)).sort()).toEqual(["in.jsonl", "out.jsonl", "out.metrics.jsonl"])
    expect(server.seen).toHaveLength(100)
  })

  it("sends the key, the model and an id of its own with every attempt, and no key where there is none", async () => {
    await writeInput(prompts(1))
    await using server = await ScriptedServer.start((request, response) =>
      request.index === 0 ? send(response, 500, {}) : reply(request, response),
    )
    await runAll(server, { apiKey: " sk-test\n", model: "m", maxOutputTokens: 5 })
    expect(server.seen.map(({ url, method }) => [method, url])).toEqual([
      ["POST", "/v1/chat/completions"],
      ["POST", "/v1/chat/completions"],
    ])
    expect(server.seen[0]?.headers).toMatchObject({
      authorization: "Bearer sk-test",
      "content-type": "application/json",
    })
    expect(JSON.parse(server.seen[0]?.body ?? "")).toEqual({
      model: "m",
      messages: [
        {
          role: "user",
          content: "p1",
        },
      ],
      max_tokens: 5,
    })
    const ids = server.seen.map(({ headers }) => String(headers["x-client-request-id"]))
    expect(ids[0]).toMatch(/^batch_req_[0-9a-f]{24}-1$/)
    expect(ids[1]).toBe(ids[0]?.replace(/-1$/, "-2"))
    await rm(paths.output)
    await runAll(server)
    expect(server.seen.at(-1)?.headers).not.toHaveProperty("authorization")
  })

  it("accounts for every line: answered, failed, invalid, blank", async () => {
    await writeInput([
      { prompt: "good" },
      "",
      "{oops",
      { prompt: "bad" },
      { prompt: "good", custom_id: "x" },
      { custom_id: "x", prompt: "again" },
      "  ",
    ])
    await using server = await ScriptedServer.start((request, response) =>
      request.prompt === "bad" ? send(response, 400, { error: { message: "no" } }) : reply(request, response),
    )
    const { summary } = await runAll(server)
    expect(summary).toMatchObject({
      total: 5,
      blank: 2,
      succeeded: 2,
      failed: 1,
      invalid: 2,
      notAttempted: 0,
    })
    expectAddsUp(summary)
    expect(await idsIn(paths.output)).toEqual(["line-1", "x"])
    const failures = await records(paths.errors)
    expect(failures.find(({ custom_id: id }) => id === "line-4")).toMatchObject({
      response: { status_code: 400 },
      error: null,
    })
    expect(failures.find(({ custom_id: id }) => id === "line-3")).toMatchObject({
      error: { code: "invalid_input", line: 3 },
    })
    expect(failures.find(({ custom_id: id }) => id === "x")).toMatchObject({
      error: { code: "invalid_input", line: 6 },
    })
    expect(summary.causes).toContainEqual({ cause: "HTTP 400", count: 1, example: "line 4: no" })
  })

  it("ends at once on an empty input", async () => {
    await writeFile(paths.input, "\n\n")
    await using server = await ScriptedServer.start(reply)
    expect((await runAll(server)).summary).toMatchObject({ total: 0, blank: 2, succeeded: 0, latency: null })
  })

  it("keeps at most `concurrency` requests on their way, and reaches it", async () => {
    await writeInput(prompts(60))
    let open = 0
    let most = 0
    await using server = await ScriptedServer.start((request, response) => {
      most = Math.max(most, ++open)
      setTimeout(() => {
        open--
        reply(request, response)
      }, 5)
    })
    await runAll(server, { concurrency: 7 })
    expect(most).toBe(7)
  })

  it("keeps to the requests per minute, repetitions included", async () => {
    await writeInput(prompts(20))
    await using server = await ScriptedServer.start((request, response) =>
      request.index < 5 ? send(response, 500, {}) : reply(request, response),
    )
    const { summary } = await runAll(server, { rpm: 1200, retries: 5 })
    // 25 requests at 20 a second, with a burst of 20 at the start.
    expect(summary.attempts).toBe(25)
    expect(summary.elapsed).toBeGreaterThan(240)
  })

  it("uses the base URL's version once and takes other endpoints", async () => {
    await writeInput([{ custom_id: "a", method: "POST", url: "/v1/embeddings", body: { input: "x" } }])
    await using server = await ScriptedServer.start(reply)
    await runAll(server, { baseUrl: `${server.url}/v1` })
    expect(server.seen[0]?.url).toBe("/v1/embeddings")
  })
})

describe("a failed attempt", () => {
  const flaky = (first: Script): Script => {
    return (request, response) => (request.index === 0 ? first(request, response) : reply(request, response))
  }

  it.each<[string, Script]>([
    ["a 500", (_, response) => send(response, 500, {})],
    ["a body that is not JSON", (_, response) => send(response, 200, "{half")],
    ["a 200 with an error inside", (_, response) => send(response, 200, { error: { code: 503 } })],
    ["a reset", (_, response) => void response.socket?.resetAndDestroy()],
    [
      "a truncated body",
      (_, response) => {
        response.writeHead(200, { "content-length": "1000" })
        response.write("{", () => response.socket?.destroy())
      },
    ],
    ["silence", () => {}],
  ])("is repeated after %s", async (_, first) => {
    await writeInput(prompts(1))
    await using server = await ScriptedServer.start(flaky(first))
    const { summary, events } = await runAll(server, { timeout: 200 })
    expect(summary).toMatchObject({ succeeded: 1, failed: 0, attempts: 2, retries: 1 })
    expect(events.filter(({ type }) => type === "retry")).toMatchObject([{ customId: "line-1", attempt: 1 }])
  })

  it("is final after the last repetition: an HTTP error keeps its answer", async () => {
    await writeInput(prompts(1))
    await using server = await ScriptedServer.start((_, response) =>
      send(response, 503, { error: { message: "down" } }, { "x-request-id": "r-9" }),
    )
    const { summary, results } = await runAll(server)
    expect(summary).toMatchObject({ failed: 1, attempts: 2, retries: 1 })
    expect(results).toMatchObject([
      { status: "failed", httpStatus: 503, cause: "HTTP 503", message: "down", attempts: 2 },
    ])
    expect(await records(paths.errors)).toMatchObject([
      {
        response: { status_code: 503, request_id: "r-9", body: { error: { message: "down" } } },
        error: null,
      },
    ])
  })

  it("is final after the last repetition: a time limit is an error without a response", async () => {
    await writeInput([...prompts(1), { prompt: "good" }])
    await using server = await ScriptedServer.start((request, response) => {
      if (request.prompt === "good") reply(request, response)
    })
    const { summary } = await runAll(server, { timeout: 60, retries: 1 })
    expect(summary).toMatchObject({ succeeded: 1, failed: 1, maybeBilled: 2 })
    expect(await records(paths.errors)).toMatchObject([
      { custom_id: "line-1", response: null, error: { code: "request_timeout" } },
    ])
  })

  it("is not repeated with `retries: 0`, nor after a 400", async () => {
    await writeInput([{ prompt: "a" }, { prompt: "b" }])
    await using server = await ScriptedServer.start((request, response) =>
      send(response, request.prompt === "a" ? 500 : 400, {}),
    )
    const { summary } = await runAll(server, { retries: 0 })
    expect(summary).toMatchObject({ failed: 2, attempts: 2 })
  })

  it("by 429 pauses everybody as long as the server says, and uses up no attempt", async () => {
    await writeInput(prompts(8))
    const times: number[] = []
    await using server = await ScriptedServer.start((request, response) => {
      times.push(performance.now())
      if (request.index < 3) send(response, 429, {}, { "retry-after-ms": "150" })
      else reply(request, response)
    })
    const { summary, events } = await runAll(server, { retries: 0, concurrency: 1 })
    expect(summary).toMatchObject({ succeeded: 8, retries: 3, pauses: 3 })
    expect(events.filter(({ type }) => type === "pause")).toMatchObject([
      { delay: 150 },
      { delay: 150 },
      { delay: 150 },
    ])
    const gaps = times.slice(1, 4).map((time, n) => time - (times[n] ?? 0))
    for (const gap of gaps) expect(gap).toBeGreaterThanOrEqual(149)
  })
})

describe("a run that cannot go on", () => {
  it("stops after three refusals in a row, and the next run asks those again", async () => {
    await writeInput(prompts(40))
    let key = "wrong"
    await using server = await ScriptedServer.start((request, response) =>
      request.headers.authorization === "Bearer right" ? reply(request, response) : send(response, 401, {}),
    )
    const { summary, events } = await runAll(server, { apiKey: key, concurrency: 2 })
    expect(summary.stopped).toMatchObject({ reason: "authorisation" })
    expect(summary.failed).toBeGreaterThanOrEqual(3)
    expect(summary.attempts).toBeLessThanOrEqual(5)
    expectAddsUp(summary)
    expect(events.filter(({ type }) => type === "stop")).toHaveLength(1)
    key = "right"
    const second = await runAll(server, { apiKey: key })
    expect(second.summary).toMatchObject({ succeeded: 40, failed: 0, skipped: 0, notAttempted: 0 })
    expect((await readdir(folder)).sort()).toEqual(["in.jsonl", "out.jsonl", "out.metrics.jsonl"])
  })

  it("stops for the key also if the input is too short for three refusals", async () => {
    await writeInput(prompts(1))
    await using server = await ScriptedServer.start((_, response) => send(response, 401, {}))
    expect((await runAll(server)).summary).toMatchObject({ failed: 1, stopped: { reason: "authorisation" } })
  })

  it("does not stop for single refusals among answers", async () => {
    await writeInput(prompts(20))
    await using server = await ScriptedServer.start((request, response) =>
      request.index % 3 === 1 ? send(response, 403, {}) : reply(request, response),
    )
    const { summary } = await runAll(server, { concurrency: 1 })
    expect(summary).toMatchObject({ succeeded: 13, failed: 7, stopped: null })
  })

  it("stops when the account has no money, without waiting for back-offs, and continues later", async () => {
    await writeInput(prompts(30))
    let broke = true
    await using server = await ScriptedServer.start((request, response) => {
      if (!broke || request.index < 4) reply(request, response)
      else if (request.index < 8) send(response, 500, {}, { "retry-after": "3600" })
      else send(response, 429, { error: { type: "insufficient_quota", message: "top up" } })
    })
    const { summary } = await runAll(server, { concurrency: 1, retries: 5 })
    expect(summary.stopped).toMatchObject({ reason: "money" })
    expect(summary).toMatchObject({ succeeded: 4, failed: 1, notAttempted: 25 })
    expect(summary.elapsed).toBeLessThan(5000)
    expectAddsUp(summary)
    broke = false
    expect((await runAll(server)).summary).toMatchObject({ succeeded: 26, skipped: 4, notAttempted: 0 })
  })

  it("stops when no server is there, and leaves every line open", async () => {
    await writeInput(prompts(10))
    const gone = await ScriptedServer.start(reply)
    await gone[Symbol.asyncDispose]()
    const { summary } = await runAll(gone, { retries: 1 })
    expect(summary).toMatchObject({
      succeeded: 0,
      failed: 0,
      notAttempted: 10,
      stopped: { reason: "unreachable" },
    })
    expect(summary.stopped?.message).toContain("ECONNREFUSED")
  })
})

describe("running again", () => {
  it("sends nothing that was answered, and leaves final failures failed", async () => {
    await writeInput([...prompts(5), { prompt: "bad" }, "oops"])
    await using server = await ScriptedServer.start((request, response) =>
      request.prompt === "bad" ? send(response, 400, {}) : reply(request, response),
    )
    await runAll(server)
    const errors = await readFile(paths.errors, "utf8")
    const { summary, events } = await runAll(server)
    expect(server.seen).toHaveLength(6)
    expect(summary).toMatchObject({
      succeeded: 0,
      failed: 0,
      skipped: 6,
      skippedFailed: 1,
      invalid: 1,
      total: 7,
    })
    expectAddsUp(summary)
    expect(events[0]).toMatchObject({ type: "begin", answered: 5, failed: 1, reopened: 0 })
    expect((await readFile(paths.errors, "utf8")).split("\n").sort()).toEqual(errors.split("\n").sort())
  })

  it("asks failures again with `retryFailed`", async () => {
    await writeInput([{ prompt: "a" }, { prompt: "bad" }])
    let bad = true
    await using server = await ScriptedServer.start((request, response) =>
      bad && request.prompt === "bad" ? send(response, 400, {}) : reply(request, response),
    )
    await runAll(server)
    bad = false
    const { summary } = await runAll(server, { retryFailed: true })
    expect(summary).toMatchObject({ succeeded: 1, skipped: 1, skippedFailed: 0 })
    expect(await idsIn(paths.output)).toEqual(["line-1", "line-2"])
    expect((await readdir(folder)).sort()).toEqual(["in.jsonl", "out.jsonl", "out.metrics.jsonl"])
  })

  it("takes up lines that were added to the input", async () => {
    const lines = [{ prompt: "a" }, "", { prompt: "b" }]
    await writeInput(lines)
    await using server = await ScriptedServer.start(reply)
    await runAll(server)
    await writeInput([...lines, "", "oops", { prompt: "c" }, { prompt: "d" }])
    const { summary } = await runAll(server)
    expect(summary).toMatchObject({ total: 5, succeeded: 2, skipped: 2, invalid: 1, blank: 2 })
    expect(await idsIn(paths.output)).toEqual(["line-1", "line-3", "line-6", "line-7"])
    expect(await idsIn(paths.errors)).toEqual(["line-5"])
    expect(server.seen).toHaveLength(4)
  })

  it("finds a duplicate of a line that was answered by an earlier run", async () => {
    await writeInput([{ prompt: "a", custom_id: "x" }])
    await using server = await ScriptedServer.start(reply)
    await runAll(server)
    await writeInput([{ prompt: "a", custom_id: "x" }, { prompt: "other", custom_id: "x" }, { prompt: "b" }])
    const { summary } = await runAll(server)
    expect(summary).toMatchObject({ total: 3, succeeded: 1, skipped: 1, invalid: 1 })
    expectAddsUp(summary)
  })

  it.each<[string, Partial<BatchOptions>, readonly object[]]>([
    ["another input", {}, [{ prompt: "p1" }, { prompt: "changed" }, { prompt: "p3" }]],
    ["another model", { model: "other" }, prompts(3)],
    ["another limit of tokens", { maxOutputTokens: 9 }, prompts(3)],
  ])("refuses to mix answers with %s, before anything is sent", async (_, options, lines) => {
    await writeInput(prompts(3))
    await using server = await ScriptedServer.start(reply)
    await runAll(server)
    const before = await readFile(paths.output, "utf8")
    await writeInput(lines)
    await expect(runAll(server, options)).rejects.toMatchObject({
      code: "E_BATCH_REFUSED",
      reason: "conflict",
    })
    expect(server.seen).toHaveLength(3)
    expect(await readFile(paths.output, "utf8")).toBe(before)
    expect(await readdir(folder)).not.toContain("out.jsonl.lock")
  })

  it("repairs an output that was cut in the middle of a record, and asks that one again", async () => {
    await writeInput(prompts(3))
    await using server = await ScriptedServer.start(reply)
    await runAll(server, { concurrency: 1 })
    const content = await readFile(paths.output, "utf8")
    await writeFile(paths.output, content.slice(0, -20))
    const { summary, events } = await runAll(server)
    expect(summary).toMatchObject({ succeeded: 1, skipped: 2 })
    expect(events[0]).toMatchObject({ type: "begin", tornBytes: expect.any(Number) })
    expect(await readFile(paths.output, "utf8")).toBe(content)
  })
})

describe("leaving a run", () => {
  const hanging: Script = (request, response) => {
    if (request.index < 5) reply(request, response)
  }

  it("by cancel closes what is on its way, keeps what was answered, and has a summary", async () => {
    await writeInput(prompts(50))
    await using server = await ScriptedServer.start(hanging)
    const batch = runBatch({ input: paths.input, output: paths.output, baseUrl: server.url, concurrency: 4 })
    await run(async () => {
      await taskGroup(async (group) => {
        const task = group.createTask(async () => {
          for await (const result of batch)
            if (result.line === 5 || batch.snapshot().succeeded === 5) task.cancel("enough")
        })
      })
    })
    expect(batch.summary).toMatchObject({ interrupted: true, succeeded: 5, notAttempted: 45, total: 50 })
    expect(await idsIn(paths.output)).toHaveLength(5)
    expect((await readdir(folder)).sort()).toEqual(["in.jsonl", "out.jsonl", "out.metrics.jsonl"])
  })

  it("by its signal throws the reason", async () => {
    await writeInput(prompts(50))
    await using server = await ScriptedServer.start(hanging)
    const controller = new AbortController()
    const batch = runBatch({
      input: paths.input,
      output: paths.output,
      baseUrl: server.url,
      concurrency: 4,
      signal: controller.signal,
    })
    const reason = new Error("that is enough")
    const ended = run(async () => {
      for await (const _ of batch) if (batch.snapshot().succeeded === 5) controller.abort(reason)
    })
    await expect(ended).rejects.toBe(reason)
    expect(batch.summary).toMatchObject({ interrupted: true, succeeded: 5, notAttempted: 45 })
  })

  it("early by `break` does the same", async () => {
    await writeInput(prompts(50))
    await using server = await ScriptedServer.start(hanging)
    const batch = runBatch({ input: paths.input, output: paths.output, baseUrl: server.url, concurrency: 4 })
    await run(async () => {
      for await (const _ of batch) break
    })
    expect(batch.summary).toMatchObject({ interrupted: true, total: 50 })
    expect(await readdir(folder)).not.toContain("out.jsonl.lock")
  })

  it("frees the output for the next run, which continues", async () => {
    await writeInput(prompts(20))
    await using server = await ScriptedServer.start(reply)
    const batch = runBatch({ input: paths.input, output: paths.output, baseUrl: server.url, concurrency: 2 })
    await run(async () => {
      for await (const _ of batch) break
    })
    const { summary } = await runAll(server)
    expect(summary.succeeded + summary.skipped).toBe(20)
    expect(new Set(await idsIn(paths.output)).size).toBe(20)
  })

  it.each(["out.metrics.jsonl", "out.metrics.jsonl.gz"])(
    "tells that earlier runs asked another place, by %s",
    async (name) => {
      await writeInput(prompts(5))
      await using one = await ScriptedServer.start(reply)
      await using other = await ScriptedServer.start(reply)
      const more = { metrics: join(folder, name) }
      const begin = async (server: ScriptedServer, path: string): Promise<BatchEvent | undefined> =>
        (await runAll(server, { ...more, baseUrl: server.url + path })).events[0]
      expect(await begin(one, "/v1?key=hidden")).toMatchObject({ movedFrom: null })
      expect(await begin(one, "/")).toMatchObject({ movedFrom: null })
      expect(await begin(other, "")).toMatchObject({ movedFrom: one.url, answered: 5 })
      expect(await begin(one, "/proxy")).toMatchObject({ movedFrom: one.url })
    },
  )

  it("cannot be iterated twice", async () => {
    await writeInput(prompts(1))
    await using server = await ScriptedServer.start(reply)
    const batch = runBatch({ input: paths.input, output: paths.output, baseUrl: server.url })
    await run(() => batch.finish())
    await expect(run(() => batch.finish())).rejects.toThrow("it was iterated before")
  })
})

describe("a run that is refused", () => {
  const options = (more: Partial<BatchOptions>): BatchOptions => ({
    input: paths.input,
    output: paths.output,
    baseUrl: "http://127.0.0.1:9",
    ...more,
  })

  it.each<[string, () => Partial<BatchOptions>, string, string]>([
    [
      "an input that is missing",
      () => ({ input: join(folder, "no.jsonl") }),
      "input",
      "there is no such file",
    ],
    ["an input that is a folder", () => ({ input: folder }), "input", "it is a folder"],
    [
      "an output folder that is missing",
      () => ({ output: join(folder, "no", "out.jsonl") }),
      "output",
      "there is no folder",
    ],
    ["an output that is the input", () => ({ output: paths.input }), "output", "it is the input"],
    ["an output that is a folder", () => ({ output: folder }), "output", "it is a folder"],
    ["an output that is a device", () => ({ output: "/dev/null" }), "output", "it is not a regular file"],
    ["a base URL without scheme", () => ({ baseUrl: "localhost:8080" }), "option", "must begin with http"],
    [
      "no concurrency",
      () => ({ concurrency: 0 }),
      "option",
      "`concurrency` to be an integer from 1 up, got `0`",
    ],
    ["half a retry", () => ({ retries: 0.5 }), "option", "`retries`"],
    ["no requests per minute", () => ({ rpm: 0 }), "option", "`rpm` to be a number above 0, got `0`"],
    ["no time", () => ({ timeout: Number.NaN }), "option", "`timeout`"],
    ["an unclosed template", () => ({ prompt: "{{a" }), "option", "template"],
    ["a key a header cannot carry", () => ({ apiKey: "sk-sécret" }), "option", "API key"],
  ])("names %s", async (_, more, reason, message) => {
    await writeInput(prompts(1))
    const batch = runBatch(options(more()))
    const refused = run(() => batch.finish())
    await expect(refused).rejects.toMatchObject({
      code: "E_BATCH_REFUSED",
      reason,
      message: expect.stringContaining(message),
    })
    expect(batch.summary).toBeNull()
    expect(await readdir(folder)).toEqual(["in.jsonl"])
  })

  it("does not repeat the key in its message", async () => {
    await writeInput(prompts(1))
    await expect(run(() => runBatch(options({ apiKey: "sk-sécret" })).finish())).rejects.toThrow(/^(?!.*sk-)/)
  })

  it("waits for nobody: a second writer is refused while the first runs", async () => {
    await writeInput(prompts(3))
    await using server = await ScriptedServer.start(reply)
    const first = runBatch(options({ baseUrl: server.url }))
    await run(async () => {
      for await (const _ of first) {
        await expect(runBatch(options({ baseUrl: server.url })).finish()).rejects.toMatchObject({
          reason: "locked",
        })
        break
      }
    })
  })
})

describe("a server that redirects", () => {
  it("is a failure of the line, and the page it points to is not taken for an answer", async () => {
    await using server = await ScriptedServer.start((request, response) => {
      if (request.url === "/login")
        response.setHeader("content-type", "application/json").end('{"login":"no key"}')
      else response.writeHead(302, { location: "/login" }).end()
    })
    await writeInput(prompts(1))
    const { summary } = await runAll(server)
    expect([summary.succeeded, summary.failed]).toEqual([0, 1])
    expect(server.seen.map(({ url }) => url)).toEqual(["/v1/chat/completions"])
  })
})
