// The client against two whole servers: our mock, and one that nobody here wrote.
import { LLMock } from "@copilotkit/aimock"
import { describe, expect, it } from "vitest"
import { map, run } from "../../src/index.ts"
import type { MockOptions } from "../../src/cli/mock-options.ts"
import { startMockServer } from "../../src/cli/mock-server.ts"
import { HttpClient } from "../../src/http/index.ts"
import type { LlmRequest, ReadCompletion } from "../../src/llm/index.ts"
import {
  LlmAnswerError,
  LlmClient,
  LlmTimeoutError,
  completionParts,
  readCompletion,
} from "../../src/llm/index.ts"
import { until } from "../http/local-server.ts"
import { collect } from "./stream-server.ts"

const apis = ["openai", "anthropic"] as const
const tool = { name: "look_up", parameters: { type: "object", properties: { query: { type: "string" } } } }
const calling: LlmRequest = { prompt: "Find it", tools: [tool], toolChoice: "required" }

describe.each(apis)("our mock, as %s", (api) => {
  const at = (url: string, options: object = {}): LlmClient =>
    new LlmClient({ api, baseUrl: url, model: "mock-small", apiKey: null, retries: 0, ...options })

  async function failure(mock: MockOptions, options: object = {}): Promise<unknown> {
    await using server = await startMockServer({ failRate: 1, ...mock })
    await using client = at(server.url, options)
    return await client
      .stream({ prompt: "Why?" })
      .completion()
      .catch((error: unknown) => error)
  }

  it("streams the words of the whole answer, one token each, and counts them the same", async () => {
    await using server = await startMockServer()
    await using client = at(server.url)
    const whole = await client.complete({ prompt: "Why?" })
    const stream = client.stream({ prompt: "Why?" })
    const tokens = await collect(stream)
    const streamed = await stream.completion()
    expect(tokens.join("")).toBe(whole.content)
    expect(tokens).toHaveLength(whole.usage?.output ?? 0)
    expect(streamed.timing.gaps).toHaveLength(tokens.length - 1)
    expect(streamed.body).toMatchObject(whole.body)
    expect(streamed.requestId).toMatch(/^req_/)
  })

  it("puts the call of a tool together", async () => {
    await using server = await startMockServer()
    await using client = at(server.url)
    const whole = await client.complete(calling)
    const stream = client.stream(calling)
    const deltas = await collect(stream.deltas())
    const { toolCalls, content } = await stream.completion()
    expect(toolCalls).toEqual(whole.toolCalls)
    expect(JSON.parse(toolCalls[0]?.arguments ?? "")).toEqual({ query: expect.any(String) as string })
    expect(content).toBe("")
    expect(deltas[0]).toMatchObject({ kind: "tool-call", call: { index: 0, name: "look_up" } })
    expect(deltas.map(({ text }) => text).join("")).toBe(toolCalls[0]?.arguments)
  })

  it("tells the failures of a stream apart, each with what came", async () => {
    const truncated = await failure({ failures: ["truncated"] })
    expect(truncated).toBeInstanceOf(LlmAnswerError)
    expect(truncated).toMatchObject({ reason: "truncated", content: expect.stringMatching(/\w/) as string })
    const overloaded = await failure({ failures: ["stream-error"] })
    expect(overloaded).toMatchObject({ reason: "problem", content: expect.stringMatching(/\w/) as string })
    const stalled = await failure({ failures: ["stalled"], keepAlive: 5 }, { timeout: { idle: 50 } })
    expect(stalled).toBeInstanceOf(LlmTimeoutError)
    expect(stalled).toMatchObject({ phase: "idle", content: expect.stringMatching(/\w/) as string })
    const silent = await failure(
      { failRate: 0, latency: 10_000, keepAlive: 5 },
      { timeout: { firstToken: 50, headers: 5_000 } },
    )
    expect(silent).toMatchObject({ phase: "firstToken", content: "" })
  })

  it("a reader who leaves takes the request with him", async () => {
    await using server = await startMockServer({ chunkDelay: 5 })
    await using client = at(server.url)
    for await (const token of client.stream({ prompt: "Why?" })) {
      expect(token).toMatch(/\w/)
      break
    }
    await until(() => server.stats().abandoned === 1)
    expect(client.statistics()).toEqual({ inFlight: 0, waiting: 0, sockets: 0 })
  })

  it("serves a hundred streams over ten connections", async () => {
    await run(async () => {
      await using server = await startMockServer({ chunkDelay: 1 })
      await using client = at(server.url, { connections: 10 })
      const prompts = Array.from({ length: 100 }, (_, index) => `Question ${index}`)
      const ask = (prompt: string): Promise<string> =>
        client
          .stream({ prompt })
          .completion()
          .then(({ content }) => content)
      const answers = await collect(map(prompts, ask, { concurrency: 50 }))
      expect(new Set(answers).size).toBe(100)
      expect(server.stats()).toMatchObject({ answered: 100, peakConcurrency: 10 })
      expect(client.statistics().sockets).toBeLessThanOrEqual(10)
    })
  })
})

describe.each(apis)("@copilotkit/aimock, as %s", (api) => {
  async function withServer(test: (client: LlmClient, mock: LLMock) => Promise<void>): Promise<void> {
    const mock = new LLMock({ port: 0, logLevel: "silent", chunkSize: 7 })
    await mock.start()
    try {
      await using client = new LlmClient({
        api,
        baseUrl: mock.url,
        model: "gpt-4o",
        apiKey: "sk-test",
        retries: 0,
      })
      await test(client, mock)
    } finally {
      await mock.stop()
    }
  }

  it("streams what it answers whole", async () => {
    await withServer(async (client, mock) => {
      mock.onMessage("Why", { content: "Grüße aus 日本 🌻, and some more words." })
      const whole = await client.complete({ prompt: "Why?" })
      const stream = client.stream({ prompt: "Why?" })
      const tokens = await collect(stream)
      const { content, finishReason, usage } = await stream.completion()
      expect(tokens.length).toBeGreaterThan(1)
      expect(whole.content).toBe("Grüße aus 日本 🌻, and some more words.")
      expect({ content, finishReason }).toEqual({ content: whole.content, finishReason: whole.finishReason })
      expect(usage).toEqual(whole.usage)
    })
  })

  it("calls tools", async () => {
    await withServer(async (client, mock) => {
      const calls = [
        { name: "look_up", arguments: '{"query":"日本"}' },
        { name: "look_up", arguments: '{"query":"two"}' },
      ]
      mock.onMessage("Find", { toolCalls: calls })
      const whole = await client.complete(calling)
      const streamed = await client.stream(calling).completion()
      for (const { toolCalls } of [whole, streamed]) {
        expect(toolCalls.map(({ name, arguments: text }) => ({ name, arguments: text }))).toEqual(calls)
        expect(toolCalls.every(({ id }) => id !== "")).toBe(true)
      }
      expect(streamed.finishReason).toBe(whole.finishReason)
    })
  })

  it("reasons aloud", async () => {
    await withServer(async (client, mock) => {
      mock.onMessage("Why", { content: "Because.", reasoning: "Let me think…" })
      const stream = client.stream({ prompt: "Why?" })
      const kinds = new Set((await collect(stream.deltas())).map(({ kind }) => kind))
      expect(kinds).toEqual(new Set(["reasoning", "text"]))
      expect(await stream.completion()).toMatchObject({ content: "Because.", reasoning: "Let me think…" })
    })
  })

  it("refuses, disconnects and cuts streams, each told as what it is", async () => {
    await withServer(async (client, mock) => {
      mock.onMessage("Cut", { content: "a".repeat(100) }, { truncateAfterChunks: 6, latency: 2 })
      const cut = await client
        .stream({ prompt: "Cut" })
        .completion()
        .catch((error: unknown) => error)
      expect(cut).toMatchObject({
        code: "E_LLM_ANSWER",
        reason: "truncated",
        content: expect.stringMatching(/^a+$/) as string,
      })
      mock.nextRequestError(429, { message: "slow down", type: "rate_limit_error" })
      const refused = await client.tryComplete({ prompt: "Cut" })
      expect(refused.error).toMatchObject({ name: "HttpStatusError", status: 429 })
    })
  })

  it("is slow to begin: the limit on the first token holds", async () => {
    await withServer(async (client, mock) => {
      mock.onMessage("Slow", { content: "late" }, { streamingProfile: { ttft: 5_000 } })
      const stream = client.stream({ prompt: "Slow", timeout: { firstToken: 60 } })
      const error = await stream.completion().catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ phase: expect.stringMatching(/firstToken|headers/) as string })
    })
  })
})

describe("@copilotkit/aimock, asked by hand", () => {
  it.each([
    ["/v1/responses", { input: "Why?" }],
    ["/v1/chat/completions", { messages: [{ role: "user", content: "Why?" }] }],
    ["/v1/messages", { max_tokens: 9, messages: [{ role: "user", content: "Why?" }] }],
  ])("readCompletion() makes of the stream of %s what an unstreamed answer is", async (path, fields) => {
    const mock = new LLMock({ port: 0, logLevel: "silent", chunkSize: 3 })
    mock.onMessage("Why", { content: "Weil 日本 🌻 nun einmal so ist.", reasoning: "Hm, hm." })
    await mock.start()
    try {
      await using client = new HttpClient({
        baseUrl: mock.url,
        headers: { "x-api-key": "k", authorization: "k" },
      })
      const ask = async (stream: boolean): Promise<ReadCompletion> => {
        const response = await client.post(path, { json: { model: "gpt-4o", stream, ...fields } })
        return readCompletion(await response.orThrow(), { path, streamed: stream })
      }
      const [whole, streamed] = [await ask(false), await ask(true)]
      const { id: _whole, ...expected } = completionParts(whole.body)
      const { id: _streamed, ...parts } = completionParts(streamed.body)
      expect(expected.content).toBe("Weil 日本 🌻 nun einmal so ist.")
      expect({ ...parts, usage: null }).toEqual({ ...expected, usage: null })
      expect(streamed.timing.gaps.length).toBeGreaterThan(5)
      expect(whole.timing.firstToken).toBeNull()
    } finally {
      await mock.stop()
    }
  })
})
