// Answers that come as streams: what is asked, what is recorded, what is repeated.

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import type { ServerResponse } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { runBatch, type BatchOptions, type BatchResult, type BatchSummary } from "../../src/batch/index.ts"
import { startMockServer } from "../../src/cli/mock-server.ts"
import { run } from "../../src/core/index.ts"
import { reply, ScriptedServer, send, type SeenRequest } from "./scripted-server.ts"

let folder = ""
let input = ""
let output = ""
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tsyncio-streams-"))
  input = join(folder, "in.jsonl")
  output = join(folder, "out.jsonl")
})
afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

interface Ran {
  readonly summary: BatchSummary
  readonly results: BatchResult[]
}

async function runAll(lines: readonly object[], url: string, more: Partial<BatchOptions> = {}): Promise<Ran> {
  await writeFile(input, lines.map((line) => `${JSON.stringify(line)}\n`).join(""))
  const batch = runBatch({ input, output, baseUrl: url, stream: true, retries: 1, ...more })
  const results: BatchResult[] = []
  await run(async () => {
    for await (const result of batch) results.push(result)
  })
  if (batch.summary === null) throw new Error("the run has no summary")
  return { summary: batch.summary, results }
}

async function linesOf(name: string): Promise<Record<string, never>[]> {
  const text = await readFile(join(folder, name), "utf8").catch(() => "")
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, never>)
}

const prompts = (count: number): object[] => Array.from({ length: count }, (_, n) => ({ prompt: `p${n}` }))

const events = (...data: unknown[]): string =>
  data.map((one) => `data: ${typeof one === "string" ? one : JSON.stringify(one)}\n\n`).join("")

const chunk = (content: string, finish: string | null = null): object => ({
  id: "c1",
  object: "chat.completion.chunk",
  created: 1,
  model: "m",
  choices: [{ index: 0, delta: { content }, finish_reason: finish }],
})
const usage = { id: "c1", choices: [], usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 } }

function stream(response: ServerResponse, ...data: unknown[]): void {
  response.writeHead(200, { "content-type": "text/event-stream", "x-request-id": "req_9" })
  response.write(events(...data))
}

function streamAll(_: SeenRequest, response: ServerResponse): void {
  stream(response, chunk("Grü"), chunk("ße", "stop"), usage, "[DONE]")
  response.end()
}

const bodyOf = (request: SeenRequest | undefined): Record<string, unknown> =>
  JSON.parse(request?.body ?? "{}") as Record<string, unknown>

describe("a run with streams", () => {
  it("asks for a stream with its usage, and writes the ordinary body", async () => {
    await using server = await ScriptedServer.start(streamAll)
    const { summary, results } = await runAll(prompts(3), server.url)
    expect(bodyOf(server.seen[0])).toMatchObject({ stream: true, stream_options: { include_usage: true } })
    expect(server.seen[0]?.headers.accept).toBe("text/event-stream")
    expect(summary).toMatchObject({ succeeded: 3, tokens: { input: 9, output: 6 } })
    const [record] = await linesOf("out.jsonl")
    expect(record).toMatchObject({
      response: {
        status_code: 200,
        request_id: "req_9",
        body: {
          object: "chat.completion",
          model: "m",
          choices: [{ index: 0, message: { role: "assistant", content: "Grüße" }, finish_reason: "stop" }],
          usage: { total_tokens: 5 },
        },
      },
      error: null,
    })
    expect(results[0]?.timing?.gaps).toHaveLength(1)
  })

  it("records the times of tokens in the metrics and in the report", async () => {
    await using mock = await startMockServer({ chunkDelay: 5, latency: 20 })
    const { summary } = await runAll(prompts(4), mock.url, { concurrency: 2 })
    const metrics = await linesOf("out.metrics.jsonl")
    expect(metrics).toHaveLength(4)
    for (const line of metrics) {
      expect(line["first_token_ms"]).toBeGreaterThanOrEqual(20)
      expect(line["first_token_ms"]).toBeLessThanOrEqual(line["latency_ms"] as never)
      const between = line["between_tokens_ms"] as unknown as Record<string, number>
      expect(Object.keys(between)).toEqual(["count", "mean", "p50", "p90", "p99", "max"])
      expect(between["mean"]).toBeGreaterThan(1)
      expect(between["p50"]).toBeLessThanOrEqual(between["max"] ?? 0)
    }
    expect(summary.firstToken?.p50).toBeGreaterThanOrEqual(20)
    expect(summary.betweenTokens?.mean).toBeGreaterThan(1)
  })

  it("writes the same records as one without, and each continues the other", async () => {
    await using mock = await startMockServer()
    await runAll(prompts(5), mock.url, { stream: false })
    const plain = (await linesOf("out.jsonl")).map((line) => JSON.stringify(line)).sort()
    expect((await runAll(prompts(8), mock.url)).summary).toMatchObject({ succeeded: 3, skipped: 5 })
    expect((await runAll(prompts(8), mock.url, { stream: false })).summary).toMatchObject({ skipped: 8 })
    await rm(output)
    await runAll(prompts(5), mock.url)
    const streamed = (await linesOf("out.jsonl")).map((line) => JSON.stringify(line)).sort()
    const stripped = (lines: string[]): unknown[] =>
      lines.map((line) => {
        const { custom_id, response } = JSON.parse(line) as Record<string, Record<string, never>>
        return [custom_id, response?.["body"]?.["choices"], response?.["body"]?.["usage"]]
      })
    expect(stripped(streamed)).toEqual(stripped(plain))
  })

  it("asks nobody for a stream who cannot, leaves lines as they say, and takes ordinary answers to a stream", async () => {
    await using server = await ScriptedServer.start((request, response) =>
      bodyOf(request)["stream"] === true && request.prompt === "streamed"
        ? streamAll(request, response)
        : reply(request, response),
    )
    const messages = (content: string): object[] => [{ role: "user", content }]
    const lines = [
      { custom_id: "a", url: "/v1/embeddings", body: { model: "m", input: "x" } },
      { custom_id: "b", url: "/v1/chat/completions", body: { stream: false, messages: messages("no") } },
      { custom_id: "c", url: "/v1/chat/completions", body: { stream: true, messages: messages("streamed") } },
      { custom_id: "d", url: "/v1/chat/completions", body: { messages: messages("ordinary all the same") } },
    ]
    const { summary, results } = await runAll(lines, server.url, { concurrency: 1 })
    expect(summary.succeeded).toBe(4)
    const said = server.seen.map((request) => {
      const { stream: asked, stream_options: options } = bodyOf(request)
      return [asked, options]
    })
    expect(said).toEqual([
      [undefined, undefined],
      [false, undefined],
      [true, undefined],
      [true, { include_usage: true }],
    ])
    expect(results.map(({ timing }) => timing !== null)).toEqual([false, false, true, false])
    await rm(output)
    await runAll(lines.slice(2, 3), server.url, { stream: false })
    expect(await linesOf("out.jsonl")).toMatchObject([{ response: { body: { object: "chat.completion" } } }])
  })

  it("understands Anthropic's streams and those of the Responses API", async () => {
    await using server = await ScriptedServer.start((request, response) => {
      if (request.url.endsWith("/responses")) {
        const done = {
          object: "response",
          status: "completed",
          output: [],
          usage: { input_tokens: 1, output_tokens: 2 },
        }
        stream(
          response,
          { type: "response.output_text.delta", delta: "x" },
          { type: "response.completed", response: done },
        )
      } else {
        stream(
          response,
          {
            type: "message_start",
            message: {
              id: "m1",
              type: "message",
              role: "assistant",
              content: [],
              model: "m",
              usage: { input_tokens: 4, output_tokens: 1 },
            },
          },
          { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
          { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "hi" } },
          { type: "content_block_stop", index: 0 },
          { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 2 } },
          { type: "message_stop" },
        )
      }
      response.end()
    })
    const lines = [
      { custom_id: "r", url: "/v1/responses", body: { model: "m", input: "x" } },
      { custom_id: "m", params: { model: "m", max_tokens: 5, messages: [] } },
    ]
    const { summary } = await runAll(lines, server.url, { concurrency: 1 })
    expect(summary).toMatchObject({ succeeded: 2, tokens: { input: 5, output: 4 } })
    expect(server.seen.map((request) => bodyOf(request)["stream_options"])).toEqual([undefined, undefined])
    const bodies = (await linesOf("out.jsonl")).map(
      (line) => (line["response"] as unknown as { body: object }).body,
    )
    expect(bodies).toMatchObject([
      { object: "response", status: "completed" },
      { type: "message", content: [{ type: "text", text: "hi" }], stop_reason: "end_turn" },
    ])
  })

  it("asks once more without `usage` where the server does not know it, and not again for other lines", async () => {
    await using server = await ScriptedServer.start((request, response) =>
      "stream_options" in bodyOf(request)
        ? send(response, 400, { error: { message: "unknown field stream_options" } })
        : streamAll(request, response),
    )
    const { summary } = await runAll(prompts(4), server.url, { concurrency: 1 })
    expect(summary).toMatchObject({ succeeded: 4, failed: 0 })
    expect(server.seen).toHaveLength(5)
  })
})

describe("a stream that is not whole", () => {
  /** Fails the first time in the way given, and answers well afterwards. */
  async function twice(
    first: (response: ServerResponse) => void,
    more: Partial<BatchOptions> = {},
  ): Promise<Ran> {
    await using server = await ScriptedServer.start((request, response) =>
      request.index === 0 ? first(response) : streamAll(request, response),
    )
    return await runAll(prompts(1), server.url, more)
  }
  const history = async (): Promise<unknown> => (await linesOf("out.metrics.jsonl"))[0]?.["attempts"]

  it.each<[string, string, (response: ServerResponse) => void, Partial<BatchOptions>]>([
    ["ends early", "stream broke off", (response) => (stream(response, chunk("a")), response.end()), {}],
    [
      "loses its connection",
      "stream broke off",
      (response) => (stream(response, chunk("a")), setImmediate(() => response.destroy())),
      {},
    ],
    ["is no stream", "stream makes no sense", (response) => (stream(response, "{oops"), response.end()), {}],
    [
      "only pings and never begins",
      "no first token",
      (response) => stream(response, { id: "c1", choices: [] }),
      { firstTokenTimeout: 60 },
    ],
    ["falls silent", "no further token", (response) => stream(response, chunk("a")), { idleTimeout: 60 }],
    [
      "reports that the server is busy",
      "HTTP 200 with an error inside",
      (response) => (
        stream(response, chunk("a"), { error: { type: "overloaded_error", message: "busy" } }),
        response.end()
      ),
      {},
    ],
  ])("and %s is repeated", async (_, cause, first, more) => {
    const { summary } = await twice(first, more)
    expect(summary).toMatchObject({ succeeded: 1, failed: 0, attempts: 2 })
    expect(await history()).toMatchObject([
      { n: 1, error: cause },
      { n: 2, status: 200 },
    ])
    expect(await linesOf("out.jsonl")).toHaveLength(1)
    expect(await linesOf("out.errors.jsonl")).toEqual([])
  })

  it.each<[string, (response: ServerResponse) => void, object]>([
    [
      "stream_truncated",
      (response) => (stream(response, chunk("a")), response.end()),
      { code: "stream_truncated" },
    ],
    ["stream_stalled", (response) => stream(response, chunk("a")), { code: "stream_stalled" }],
    [
      "invalid_response",
      (response) => (stream(response, "{oops"), response.end()),
      { code: "invalid_response" },
    ],
  ])("fails with %s in the end, counted as perhaps billed, never as an answer", async (_, script, error) => {
    await using server = await ScriptedServer.start((__, response) => script(response))
    const { summary } = await runAll(prompts(1), server.url, { retries: 0, idleTimeout: 50 })
    expect(summary).toMatchObject({ succeeded: 0, failed: 1, maybeBilled: 1 })
    expect(await linesOf("out.errors.jsonl")).toMatchObject([{ response: null, error }])
    expect(await linesOf("out.jsonl")).toEqual([])
    expect((await runAll(prompts(1), server.url, { retries: 0 })).summary).toMatchObject({ skippedFailed: 1 })
  })

  it("that reports a problem has it in its record, and money stops the run", async () => {
    await using server = await ScriptedServer.start((_, response) => {
      stream(response, { error: { type: "insufficient_quota", message: "top up", code: null } })
      response.end()
    })
    const { summary } = await runAll(prompts(1), server.url)
    expect(summary.stopped?.reason).toBe("money")
    expect(await linesOf("out.errors.jsonl")).toMatchObject([
      { response: { status_code: 200, body: { error: { message: "top up", type: "insufficient_quota" } } } },
    ])
    expect((await runAll(prompts(1), server.url)).summary).toMatchObject({ skipped: 0, failed: 1 })
  })

  it("does not show the key that a server repeats in a stream", async () => {
    await using server = await ScriptedServer.start((_, response) => {
      stream(response, chunk("the key is sk-very-secret", "stop"), "[DONE]")
      response.end()
    })
    const { results } = await runAll(prompts(1), server.url, { apiKey: "sk-very-secret" })
    expect(JSON.stringify(results)).not.toContain("sk-very-secret")
    expect(await readFile(output, "utf8")).not.toContain("sk-very-secret")
  })

  it("survives a server that spoils one in six", async () => {
    await using mock = await startMockServer({
      failRate: 1 / 6,
      failures: ["truncated", "stream-error", "stalled", "reset", "server-error"],
      latency: 5,
      chunkDelay: 1,
      seed: 7,
    })
    const { summary } = await runAll(prompts(60), mock.url, {
      idleTimeout: 500,
      firstTokenTimeout: 2000,
      retries: 8,
    })
    expect(summary).toMatchObject({ succeeded: 60, failed: 0 })
    for (const line of await linesOf("out.jsonl")) {
      const { body } = line["response"] as unknown as { body: { choices: { finish_reason: string }[] } }
      expect(body.choices[0]?.finish_reason).toBe("stop")
    }
  }, 60_000)
})
