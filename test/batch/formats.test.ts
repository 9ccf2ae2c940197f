// What comes in and what goes out: streams, gzip, order, metrics, dialects, and the key that goes nowhere else.

import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Readable, Writable } from "node:stream"
import { gunzipSync, gzipSync } from "node:zlib"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { previewBatch, runBatch, type BatchOptions, type BatchSummary } from "../../src/batch/index.ts"
import { run, taskGroup } from "../../src/core/index.ts"
import { reply, ScriptedServer, send, type Script } from "./scripted-server.ts"

let folder = ""
let input = ""
let output = ""
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tsyncio-formats-"))
  input = join(folder, "in.jsonl")
  output = join(folder, "out.jsonl")
})
afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

async function finish(server: ScriptedServer, more: Partial<BatchOptions> = {}): Promise<BatchSummary> {
  const batch = runBatch({ input, output, baseUrl: server.url, retries: 1, ...more })
  return await run(() => batch.finish())
}

const textOf = (lines: readonly unknown[]): string =>
  lines.map((line) => `${JSON.stringify(line)}\n`).join("")
const prompts = (count: number, from = 1): object[] =>
  Array.from({ length: count }, (_, n) => ({ prompt: `p${n + from}` }))
const idsOf = (text: string): string[] =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => (JSON.parse(line) as { custom_id: string }).custom_id)
const firstIds = (count: number): string[] => Array.from({ length: count }, (_, n) => `line-${n + 1}`)

/** A stream that keeps what it is given. */
function sink(): { readonly stream: Writable; readonly text: () => string } {
  let text = ""
  const stream = new Writable({
    decodeStrings: false,
    write(chunk: string, _encoding, done) {
      text += chunk
      done()
    },
  })
  return { stream, text: () => text }
}

/** Answers sooner the later the line, so that everything comes before its turn. */
function reversed(count: number): Script {
  return (request, response) => {
    const number = Number(request.prompt.slice(1))
    setTimeout(() => reply(request, response), (count - number) * 3)
  }
}

describe("an input", () => {
  it.each<[string, () => Promise<BatchOptions["input"]>]>([
    [
      "that is compressed, whatever its name",
      async () => (await writeFile(input, gzipSync(textOf(prompts(20)))), input),
    ],
    [
      "that is compressed in several parts",
      async () => (
        await writeFile(
          input,
          Buffer.concat([gzipSync(textOf(prompts(9))), gzipSync(textOf(prompts(11, 10)))]),
        ),
        input
      ),
    ],
    ["that is a stream", async () => Readable.from([Buffer.from(textOf(prompts(20)))])],
    [
      "that is a stream in small pieces",
      async () => Readable.from(textOf(prompts(20)).match(/[^]{1,7}/g) as string[]),
    ],
    ["that is a compressed stream", async () => Readable.from([gzipSync(textOf(prompts(20)))])],
  ])("%s is read", async (_, make) => {
    await using server = await ScriptedServer.start(reply)
    const summary = await finish(server, { input: await make() })
    expect(summary).toMatchObject({ succeeded: 20, notAttempted: 0, total: 20 })
    expect(new Set(idsOf(await readFile(output, "utf8")))).toEqual(new Set(firstIds(20)))
  })

  it("that is compressed can be continued, and is compared before anything is sent", async () => {
    await using server = await ScriptedServer.start(reply)
    await writeFile(input, gzipSync(textOf(prompts(5))))
    await finish(server)
    await writeFile(input, gzipSync(textOf(prompts(8))))
    expect(await finish(server)).toMatchObject({ succeeded: 3, skipped: 5, total: 8 })
    await writeFile(input, gzipSync(textOf(prompts(8, 2))))
    await expect(finish(server)).rejects.toMatchObject({ reason: "conflict" })
    expect(server.seen).toHaveLength(8)
  })

  it("that is a stream can be continued, and is compared line by line", async () => {
    await using server = await ScriptedServer.start(reply)
    const stream = (lines: readonly object[]): Readable => Readable.from([textOf(lines)])
    await finish(server, { input: stream(prompts(5)) })
    expect(await finish(server, { input: stream(prompts(8)) })).toMatchObject({ succeeded: 3, skipped: 5 })
    await expect(finish(server, { input: stream(prompts(8, 2)) })).rejects.toMatchObject({
      reason: "conflict",
    })
  })

  it("that is damaged ends the run with an error that names it", async () => {
    await using server = await ScriptedServer.start(reply)
    await writeFile(input, gzipSync(textOf(prompts(500))).subarray(0, 200))
    await expect(finish(server)).rejects.toThrow(/Cannot read .*in\.jsonl: it is damaged/)
  })

  it("that is silent does not keep a cancel, nor a run that stops", async () => {
    await using server = await ScriptedServer.start((_, response) => send(response, 402, {}))
    const quiet = async function* (): AsyncGenerator<string> {
      yield textOf(prompts(3))
      await new Promise(() => {})
    }
    expect((await finish(server, { input: quiet() })).stopped).toMatchObject({ reason: "money" })
    const batch = runBatch({ input: quiet(), output: join(folder, "b.jsonl"), baseUrl: server.url })
    await run(async () => {
      await taskGroup(async (group) => {
        const task = group.createTask(() => batch.finish())
        setTimeout(() => task.cancel("enough"), 100)
      })
    })
    expect(batch.summary?.total).toBeNull()
  })

  it("of Anthropic's lines goes to /v1/messages, with its headers", async () => {
    await writeFile(
      input,
      textOf([{ custom_id: "a", params: { model: "claude", max_tokens: 9, messages: [] } }]),
    )
    await using server = await ScriptedServer.start((_, response) =>
      send(
        response,
        200,
        { type: "message", usage: { input_tokens: 5, output_tokens: 2 } },
        { "request-id": "req-7" },
      ),
    )
    const summary = await finish(server, { apiKey: "sk-ant", format: "anthropic" })
    expect(summary).toMatchObject({ succeeded: 1, tokens: { input: 5, output: 2, total: 7 } })
    expect(server.seen[0]).toMatchObject({
      url: "/v1/messages",
      headers: { "x-api-key": "sk-ant", "anthropic-version": "2023-06-01" },
    })
    expect(server.seen[0]?.headers).not.toHaveProperty("authorization")
    expect(JSON.parse(server.seen[0]?.body ?? "")).toEqual({ model: "claude", max_tokens: 9, messages: [] })
    expect(JSON.parse(await readFile(output, "utf8"))).toEqual({
      custom_id: "a",
      result: {
        type: "succeeded",
        message: { type: "message", usage: { input_tokens: 5, output_tokens: 2 } },
      },
      x_run: { id: expect.stringMatching(/^batch_req_[0-9a-f]{32}$/) as unknown, status_code: 200 },
    })
  })

  it("in Anthropic's format is continued as in the other: answers stay, refusals of the key are asked again", async () => {
    const lines = ["good", "bad", "key"].map((prompt) => ({
      custom_id: prompt,
      params: { model: "claude", max_tokens: 9, messages: [{ role: "user", content: prompt }] },
    }))
    await writeFile(input, textOf(lines))
    await using server = await ScriptedServer.start((request, response) => {
      if (request.prompt === "good") reply(request, response)
      else
        send(response, request.prompt === "bad" ? 400 : 403, {
          type: "error",
          error: { type: "no", message: "no" },
        })
    })
    await finish(server, { format: "anthropic" })
    const errors = await readFile(join(folder, "out.errors.jsonl"), "utf8")
    expect(errors).toContain('"result":{"type":"errored","error":{"type":"error","error":{"type":"no"')
    const second = await finish(server, { format: "anthropic" })
    expect(second).toMatchObject({ skipped: 2, skippedFailed: 1, failed: 1, attempts: 1 })
    await writeFile(
      input,
      textOf(lines.map((line) => ({ ...line, params: { ...line.params, max_tokens: 8 } }))),
    )
    await expect(finish(server, { format: "anthropic" })).rejects.toMatchObject({ reason: "conflict" })
  })

  it("may say what it wants of the run under x_run, which is not sent", async () => {
    const body = { model: "m", messages: [{ role: "user", content: "hi" }] }
    const line = { custom_id: "a", url: "/v1/chat/completions", body }
    const asked = { timeout_ms: 80, group: "g", headers: { "X-Team": "red" } }
    await writeFile(input, textOf([{ ...line, x_run: asked }]))
    await using server = await ScriptedServer.start(() => {})
    const summary = await finish(server, { retries: 0, apiKey: "k" })
    expect(summary.causes).toMatchObject([{ cause: "timeout (attempt)" }])
    expect(server.seen[0]?.headers).toMatchObject({ "x-team": "red", authorization: "Bearer k" })
    expect(JSON.parse(server.seen[0]?.body ?? "")).toEqual(body)
  })

  it.each([
    [{ x_run: { headers: { Authorization: "mine" } } }, "may not set `authorization`"],
    [{ x_run: { headers: { host: "evil" } } }, "may not set `host`"],
    [{ x_run: { headers: { a: "b\nc" } } }, "a text a header can carry"],
    [{ x_run: { timeout_ms: 0 } }, "`x_run.timeout_ms` must be a number above 0"],
    [{ x_run: { retries: 1 } }, "`x_run` has no field `retries`"],
    [{ x_run: [] }, "`x_run` must be an object"],
  ])("with a bad x_run is recorded: %j", async (more, message) => {
    await writeFile(input, textOf([{ prompt: "p", ...more }]))
    await using server = await ScriptedServer.start(reply)
    const summary = await finish(server)
    expect(summary).toMatchObject({ invalid: 1, attempts: 0 })
    expect(summary.causes[0]?.example).toContain(message)
  })

  it("is sent nothing of if it is to be perfect and is not", async () => {
    await writeFile(input, `${textOf(prompts(3))}{oops\n`)
    await using server = await ScriptedServer.start(reply)
    await expect(finish(server, { strict: true })).rejects.toThrow(/line 4 is no request, and --strict is on/)
    expect(server.seen).toHaveLength(0)
    expect(await readdir(folder)).toEqual(["in.jsonl"])
  })
})

describe("whole URLs in the input", () => {
  const line = (url: string): object => ({ custom_id: url, method: "POST", url, body: { a: 1 } })

  it("are refused, unless they are asked for; then the key goes to the base URL's host alone", async () => {
    await using home = await ScriptedServer.start(reply)
    await using other = await ScriptedServer.start(reply)
    await writeFile(input, textOf([line(`${home.url}/v1/x`), line(`${other.url}/v1/x`), line("/v1/x")]))
    expect(await finish(home)).toMatchObject({ succeeded: 1, invalid: 2 })
    const summary = await finish(home, { absoluteUrls: true, apiKey: "sk-1" })
    expect(summary).toMatchObject({ succeeded: 2, skipped: 1 })
    expect(home.seen.at(-1)?.headers).toMatchObject({ authorization: "Bearer sk-1" })
    expect(other.seen[0]?.headers).not.toHaveProperty("authorization")
    expect(other.seen[0]?.url).toBe("/v1/x")
  })
})

describe("the key", () => {
  it.each(["bearer", "x-api-key", "api-key"] as const)("is sent as %s when told", async (auth) => {
    await writeFile(input, textOf(prompts(1)))
    await using server = await ScriptedServer.start(reply)
    await finish(server, { apiKey: "sk-1", auth })
    const expected = auth === "bearer" ? { authorization: "Bearer sk-1" } : { [auth]: "sk-1" }
    expect(server.seen[0]?.headers).toMatchObject(expected)
  })

  it("stands in no file, event, result, report or error, also if the server repeats it", async () => {
    await writeFile(input, textOf(prompts(4)))
    const key = "sk-very-secret"
    await using server = await ScriptedServer.start((request, response) => {
      const said = String(request.headers.authorization)
      if (request.index === 0) return send(response, 200, { choices: [], echo: said })
      if (request.index === 1) return send(response, 400, { error: { message: `no: ${said}` } })
      if (request.index === 2) return send(response, 200, `not JSON ${said}`)
      response.socket?.resetAndDestroy()
    })
    const told: unknown[] = []
    const batch = runBatch({
      input,
      output,
      baseUrl: server.url,
      retries: 1,
      concurrency: 1,
      apiKey: key,
      onEvent: (event) => told.push(event),
    })
    await run(async () => {
      for await (const result of batch) told.push(result)
    })
    const files = await Promise.all(
      (await readdir(folder)).map((name) => readFile(join(folder, name), "utf8")),
    )
    const { inspect } = await import("node:util")
    for (const text of [
      ...files,
      JSON.stringify(told),
      inspect(told, { depth: 9 }),
      JSON.stringify(batch.summary),
    ])
      expect(text).not.toContain(key)
    expect(files.join("")).toContain("Bearer ***")
  })
})

describe("an output", () => {
  it("that is compressed can be read by anybody, and continued after any cut", async () => {
    output = join(folder, "out.jsonl.gz")
    await writeFile(input, textOf(prompts(6)))
    await using server = await ScriptedServer.start(reply)
    await finish(server, { concurrency: 1 })
    const whole = await readFile(output)
    expect(idsOf(gunzipSync(whole).toString())).toEqual(firstIds(6))
    for (let cut = 1; cut < whole.length; cut += 61) {
      await writeFile(output, whole)
      await truncate(output, whole.length - cut)
      const summary = await finish(server, { concurrency: 1 })
      expect(summary.succeeded).toBeGreaterThan(0)
      expect(idsOf(gunzipSync(await readFile(output)).toString())).toEqual(firstIds(6))
    }
    expect((await readdir(folder)).sort()).toEqual([
      "in.jsonl",
      "out.jsonl.gz",
      "out.jsonl.gz.torn",
      "out.metrics.jsonl.gz",
    ])
  })

  it("that somebody else compressed is continued, and one that is no gzip is left alone", async () => {
    await writeFile(input, textOf(prompts(3)))
    await using server = await ScriptedServer.start(reply)
    await finish(server)
    const packed = join(folder, "packed.gz")
    await writeFile(packed, gzipSync(await readFile(output)))
    await writeFile(input, textOf(prompts(5)))
    expect(await finish(server, { output: packed })).toMatchObject({ succeeded: 2, skipped: 3 })
    expect(new Set(idsOf(gunzipSync(await readFile(packed)).toString()))).toEqual(new Set(firstIds(5)))
    const plain = join(folder, "plain.gz")
    await writeFile(plain, await readFile(output))
    await expect(finish(server, { output: plain })).rejects.toMatchObject({ reason: "output" })
  })

  it("compressed keeps its failures compressed, and asks them again", async () => {
    output = join(folder, "out.jsonl.gz")
    await writeFile(input, textOf(prompts(3)))
    let bad = true
    await using server = await ScriptedServer.start((request, response) =>
      bad ? send(response, 400, {}) : reply(request, response),
    )
    await finish(server)
    expect(idsOf(gunzipSync(await readFile(join(folder, "out.errors.jsonl.gz"))).toString())).toHaveLength(3)
    bad = false
    expect(await finish(server, { retryFailed: true })).toMatchObject({ succeeded: 3 })
    expect(await readdir(folder)).not.toContain("out.errors.jsonl.gz")
  })

  it("that is a stream has answers and failures, and makes no file", async () => {
    await writeFile(input, textOf([...prompts(3), { other: 1 }]))
    await using server = await ScriptedServer.start((request, response) =>
      request.prompt === "p2" ? send(response, 400, {}) : reply(request, response),
    )
    const { stream, text } = sink()
    const summary = await finish(server, { output: stream })
    expect(summary).toMatchObject({
      succeeded: 2,
      failed: 1,
      invalid: 1,
      files: { output: null, errors: null },
    })
    expect(idsOf(text()).sort()).toEqual(firstIds(4))
    expect(await readdir(folder)).toEqual(["in.jsonl"])
    expect(() => runBatch({ input, output: stream, baseUrl: server.url, retryFailed: true })).not.toThrow()
    await expect(finish(server, { output: stream, retryFailed: true })).rejects.toMatchObject({
      reason: "option",
    })
  })

  it("that is a stream nobody reads any more ends the run with its error", async () => {
    await writeFile(input, textOf(prompts(300)))
    await using server = await ScriptedServer.start(reply)
    const stream = { write: (_: string, done: (error?: Error) => void) => done(new Error("EPIPE")) }
    await expect(finish(server, { output: stream })).rejects.toThrow("Cannot write the answers: EPIPE")
    expect(server.seen.length).toBeLessThan(300)
  })

  it("refuses two files that are one", async () => {
    await writeFile(input, textOf(prompts(1)))
    await using server = await ScriptedServer.start(reply)
    await expect(finish(server, { metrics: output })).rejects.toThrow("two kinds of records would go there")
    await expect(finish(server, { errors: input })).rejects.toThrow("it is the input")
  })
})

describe("answers in order", () => {
  it("are in the order of the input, failures left out", async () => {
    await writeFile(input, textOf(prompts(60)))
    await using server = await ScriptedServer.start((request, response) =>
      request.prompt === "p7" ? send(response, 400, {}) : reversed(60)(request, response),
    )
    expect(await finish(server, { ordered: true, concurrency: 60 })).toMatchObject({
      succeeded: 59,
      failed: 1,
    })
    expect(idsOf(await readFile(output, "utf8"))).toEqual(firstIds(60).filter((id) => id !== "line-7"))
    expect((await readdir(folder)).sort()).toEqual([
      "in.jsonl",
      "out.errors.jsonl",
      "out.jsonl",
      "out.metrics.jsonl",
    ])
  })

  it("are in order on a stream as well, failures among them", async () => {
    await writeFile(input, textOf(prompts(40)))
    await using server = await ScriptedServer.start((request, response) =>
      request.prompt === "p7" ? send(response, 400, {}) : reversed(40)(request, response),
    )
    const { stream, text } = sink()
    await finish(server, { output: stream, ordered: true, concurrency: 40 })
    expect(idsOf(text())).toEqual(firstIds(40))
  })

  it("one that waits for a slow neighbour is safe: the next run does not ask it again, and keeps the order", async () => {
    await writeFile(input, textOf(prompts(30)))
    let isSlow = true
    await using server = await ScriptedServer.start((request, response) => {
      if (!isSlow || !["p3", "p20"].includes(request.prompt)) reply(request, response)
    })
    const batch = runBatch({ input, output, baseUrl: server.url, ordered: true })
    await run(async () => {
      let count = 0
      for await (const _ of batch) if (++count === 28) break
    })
    expect(batch.summary).toMatchObject({ succeeded: 28, notAttempted: 2 })
    expect(idsOf(await readFile(output, "utf8"))).toEqual(firstIds(2))
    expect((await readdir(folder)).filter((name) => name.includes("early"))).toHaveLength(1)
    isSlow = false
    const asked = server.seen.length
    const summary = await finish(server, { ordered: true })
    expect(summary).toMatchObject({ succeeded: 2, skipped: 28, notAttempted: 0, total: 30 })
    expect(server.seen.length - asked).toBe(2)
    expect(idsOf(await readFile(output, "utf8"))).toEqual(firstIds(30))
    expect((await readdir(folder)).filter((name) => name.includes("early"))).toEqual([])
  })

  it("that waited are taken over by a run without order", async () => {
    await writeFile(input, textOf(prompts(10)))
    await using server = await ScriptedServer.start((request, response) => {
      if (request.prompt !== "p1" || request.index >= 10) reply(request, response)
    })
    const batch = runBatch({ input, output, baseUrl: server.url, ordered: true })
    await run(async () => {
      let count = 0
      for await (const _ of batch) if (++count === 9) break
    })
    expect(await readFile(output, "utf8")).toBe("")
    await writeFile(input, textOf(prompts(12)))
    const asked = server.seen.length
    await finish(server)
    expect(server.seen.length - asked).toBe(3)
    expect(idsOf(await readFile(output, "utf8")).sort()).toEqual(firstIds(12).sort())
    expect((await readdir(folder)).filter((name) => name.includes("early"))).toEqual([])
  })

  it("beyond what memory holds wait on the disk, for a file and for a stream", async () => {
    await writeFile(input, textOf(prompts(40)))
    const large = "x".repeat(400_000)
    let opened = (): void => {}
    const gate = new Promise<void>((resolve) => (opened = resolve))
    let answered = 0
    await using server = await ScriptedServer.start((request, response) => {
      const answer = (): void => send(response, 200, { choices: [], prompt: request.prompt, large })
      if (request.prompt === "p1") void gate.then(answer)
      else {
        answer()
        if (++answered === 39) setTimeout(opened, 100)
      }
    })
    const { stream, text } = sink()
    await finish(server, { output: stream, ordered: true, concurrency: 8 })
    expect(idsOf(text())).toEqual(firstIds(40))
    await finish(server, { ordered: true, concurrency: 8 })
    expect(idsOf(await readFile(output, "utf8"))).toEqual(firstIds(40))
    expect((await readdir(folder)).filter((name) => name.includes("early"))).toEqual([])
  })
})

describe("metrics", () => {
  it("tell each attempt of each line, in a file beside the output", async () => {
    await writeFile(input, textOf([{ prompt: "p1", model: "m" }, { other: 1 }]))
    await using server = await ScriptedServer.start((request, response) =>
      request.index === 0
        ? send(response, 500, {}, { "x-request-id": "r-1", "retry-after-ms": "20" })
        : reply(request, response),
    )
    const summary = await finish(server)
    expect(summary.files.metrics).toBe(join(folder, "out.metrics.jsonl"))
    const lines = (await readFile(join(folder, "out.metrics.jsonl"), "utf8")).trimEnd().split("\n")
    const records = lines.map((line) => JSON.parse(line) as { custom_id: string })
    expect(records.find(({ custom_id: id }) => id === "line-2")).toMatchObject({
      status: "invalid",
      attempts: [],
    })
    expect(records.find(({ custom_id: id }) => id === "line-1")).toEqual({
      custom_id: "line-1",
      status: "succeeded",
      line: 1,
      model: "m",
      latency_ms: expect.any(Number),
      input_tokens: 3,
      output_tokens: 4,
      cost: null,
      attempts: [
        {
          n: 1,
          started_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
          status: 500,
          retry_after_ms: 20,
          waited_ms: expect.any(Number),
          latency_ms: expect.any(Number),
          request_id: "r-1",
        },
        {
          n: 2,
          started_at: expect.any(String),
          status: 200,
          waited_ms: expect.any(Number),
          latency_ms: expect.any(Number),
        },
      ],
    })
  })

  it("stand in the record if that is wanted, and are left out if not", async () => {
    await writeFile(input, textOf(prompts(1)))
    await using server = await ScriptedServer.start(reply)
    await finish(server, { metrics: "inline" })
    const record = JSON.parse(await readFile(output, "utf8")) as Record<string, unknown>
    expect(Object.keys(record)).toEqual(["id", "custom_id", "response", "error", "x_run"])
    expect(record["x_run"]).toMatchObject({ line: 1, attempts: [{ n: 1, status: 200 }] })
    expect(await finish(server, { metrics: "inline" })).toMatchObject({ skipped: 1 })
    await finish(server, { metrics: false, output: join(folder, "b.jsonl") })
    expect((await readdir(folder)).sort()).toEqual(["b.jsonl", "in.jsonl", "out.jsonl"])
  })

  it("of a run that was killed lose half a line and no more", async () => {
    await writeFile(input, textOf(prompts(2)))
    await using server = await ScriptedServer.start(reply)
    const metrics = join(folder, "m.jsonl")
    await writeFile(metrics, '{"custom_id":"old"}\n{"custom_id":"ha')
    await finish(server, { metrics })
    expect(idsOf(await readFile(metrics, "utf8")).sort()).toEqual(["line-1", "line-2", "old"])
  })
})

describe("previewBatch()", () => {
  it("looks at the output as a run would, and hides every kind of key", async () => {
    await writeFile(input, textOf(prompts(1)))
    const options = { input, output, baseUrl: "http://h", apiKey: "sk-1", auth: "x-api-key" } as const
    expect((await previewBatch(options)).headers).toMatchObject({ "x-api-key": "***" })
    await expect(previewBatch({ ...options, output: folder })).rejects.toThrow("it is a folder")
  })
})
