import { inspect } from "node:util"
import { afterEach, describe, expect, it } from "vitest"
import { createTask, isCancelled, map, run, sleep } from "../../src/index.ts"
import { HttpConnectionError, HttpStatusError } from "../../src/http/index.ts"
import type { LlmClientOptions, LlmRequest } from "../../src/llm/index.ts"
import { LlmAnswerError, LlmClient } from "../../src/llm/index.ts"
import { serveSockets, until } from "../http/local-server.ts"
import { recordedStreams } from "./recorded-streams.ts"
import type { ScriptedAnswer } from "./stream-server.ts"
import { serveStreams } from "./stream-server.ts"

const [text, tools, , message] = recordedStreams.map(({ body }) => body)
const plain = (body: unknown, more: Partial<ScriptedAnswer> = {}): ScriptedAnswer => ({
  pieces: [JSON.stringify(body)],
  headers: { "content-type": "application/json" },
  ...more,
})
const keys = ["OPENAI_API_KEY", "OPENAI_BASE_URL", "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"]
const before = keys.map((name) => process.env[name])

afterEach(() => {
  keys.forEach((name, index) => {
    if (before[index] === undefined) delete process.env[name]
    else process.env[name] = before[index]
  })
})

/** What a server is sent for a request. */
async function sent(
  options: LlmClientOptions,
  request: LlmRequest,
  path = "",
): Promise<{ body: Record<string, unknown>; url: string; headers: Record<string, unknown> }> {
  await using server = await serveStreams(plain(options.api === "anthropic" ? message : text))
  await using client = new LlmClient({ baseUrl: server.url + path, ...options })
  await client.complete(request)
  const [asked] = server.requests
  return { body: server.asked[0] ?? {}, url: asked?.url ?? "", headers: asked?.headers ?? {} }
}

const tool = {
  name: "find",
  description: "Finds things",
  parameters: { type: "object", properties: { q: {} } },
}
const full: LlmRequest = {
  messages: [{ role: "user", content: "Why?" }],
  system: "Be brief.",
  model: "m",
  maxTokens: 5,
  temperature: 0,
  tools: [tool],
  toolChoice: "required",
  body: { seed: 1, temperature: 1 },
}

describe("what is sent", () => {
  it("to a server of OpenAI's kind", async () => {
    const { body, url, headers } = await sent({ apiKey: "sk-1" }, full)
    expect(url).toBe("/v1/chat/completions")
    expect(headers).toMatchObject({ authorization: "Bearer sk-1", "content-type": "application/json" })
    expect(body).toEqual({
      model: "m",
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "Why?" },
      ],
      max_tokens: 5,
      temperature: 1,
      tools: [{ type: "function", function: tool }],
      tool_choice: "required",
      seed: 1,
    })
  })

  it("to a server of Anthropic's kind", async () => {
    const { body, url, headers } = await sent({ api: "anthropic", apiKey: "sk-1" }, full)
    expect(url).toBe("/v1/messages")
    expect(headers).toMatchObject({ "x-api-key": "sk-1", "anthropic-version": "2023-06-01" })
    expect(headers["authorization"]).toBeUndefined()
    expect(body).toEqual({
      model: "m",
      system: "Be brief.",
      messages: [{ role: "user", content: "Why?" }],
      max_tokens: 5,
      temperature: 1,
      tools: [{ name: "find", description: "Finds things", input_schema: tool.parameters }],
      tool_choice: { type: "any" },
      seed: 1,
    })
  })

  it("a tool by name, one without parameters, and the least of a request", async () => {
    const request = { prompt: "?", tools: [{ name: "now" }], toolChoice: { name: "now" } }
    const empty = { type: "object", properties: {} }
    expect((await sent({ model: "m" }, request)).body).toEqual({
      model: "m",
      messages: [{ role: "user", content: "?" }],
      tools: [{ type: "function", function: { name: "now", parameters: empty } }],
      tool_choice: { type: "function", function: { name: "now" } },
    })
    expect((await sent({ model: "m", api: "anthropic" }, request)).body).toEqual({
      model: "m",
      messages: [{ role: "user", content: "?" }],
      max_tokens: 4096,
      tools: [{ name: "now", input_schema: empty }],
      tool_choice: { type: "tool", name: "now" },
    })
  })

  it.each([
    ["openai", "/v1", "/v1/chat/completions"],
    ["openai", "/v1/", "/v1/chat/completions"],
    ["openai", "/api/paas/v4", "/api/paas/v4/chat/completions"],
    ["openai", "/deployments/a?api-version=1", "/deployments/a/chat/completions?api-version=1"],
    ["anthropic", "/v1", "/v1/messages"],
    ["anthropic", "/proxy", "/proxy/v1/messages"],
  ] as const)("%s below %s goes to %s", async (api, path, url) => {
    expect((await sent({ api, model: "m" }, { prompt: "?" }, path)).url).toBe(url)
  })

  it("key and place from the environment, unless the program says otherwise", async () => {
    process.env["OPENAI_API_KEY"] = "sk-environment"
    process.env["ANTHROPIC_API_KEY"] = ""
    expect((await sent({ model: "m" }, { prompt: "?" })).headers["authorization"]).toBe(
      "Bearer sk-environment",
    )
    expect(
      (await sent({ model: "m", apiKey: null }, { prompt: "?" })).headers["authorization"],
    ).toBeUndefined()
    const anthropic = await sent({ model: "m", api: "anthropic" }, { prompt: "?" })
    expect(anthropic.headers["x-api-key"]).toBeUndefined()
    await using server = await serveStreams(plain(text))
    process.env["OPENAI_BASE_URL"] = server.url
    await using client = new LlmClient({ model: "m" })
    await client.complete({ prompt: "?" })
    expect(server.asked).toHaveLength(1)
  })
})

describe("complete()", () => {
  it("gives text, usage and the body as it came", async () => {
    await using server = await serveStreams(plain(text))
    await using client = new LlmClient({ baseUrl: server.url, model: "m" })
    const completion = await client.complete({ prompt: "?" })
    expect(completion).toMatchObject({
      content: "Grüße 🌻\n日本",
      reasoning: "",
      refusal: null,
      toolCalls: [],
      finishReason: "stop",
      usage: { input: 9, output: 4 },
      id: "chatcmpl-1",
      model: "some-model",
      timing: { firstToken: null, gaps: [] },
    })
    expect(completion.body).toEqual(text)
    expect(completion.latency).toBeGreaterThanOrEqual(completion.timing.total)
  })

  it("gives the calls of tools, of both kinds of server", async () => {
    await using server = await serveStreams(plain(tools), plain(message))
    await using openai = new LlmClient({ baseUrl: server.url, model: "m" })
    await using anthropic = new LlmClient({ baseUrl: server.url, model: "m", api: "anthropic" })
    expect(await openai.complete({ prompt: "?" })).toMatchObject({
      content: "",
      finishReason: "tool_calls",
      toolCalls: [
        { id: "a", name: "find", arguments: '{"q":"ü"}' },
        { id: "b", name: "open", arguments: '{"url":1}' },
      ],
    })
    expect(await anthropic.complete({ prompt: "?" })).toMatchObject({
      content: "Grüße 🌻",
      reasoning: "Let me see…",
      finishReason: "tool_use",
      usage: { input: 15, cachedInput: 3, output: 42 },
      toolCalls: [{ id: "toolu_1", name: "find", arguments: '{"q":"日本"}' }],
    })
  })

  it.each([
    ["an error with status 200", '{"error":{"message":"No","type":"server_error"}}', "problem"],
    ["half a body", '{"choices":[{"index":0', "malformed"],
    ["something else", '{"hello":"world"}', "malformed"],
    ["nothing", "", "malformed"],
  ])("%s is a failure", async (_what, body, reason) => {
    await using server = await serveStreams({
      pieces: [body],
      headers: { "content-type": "application/json" },
    })
    await using client = new LlmClient({ baseUrl: server.url, model: "m" })
    const error = await client.complete({ prompt: "?" }).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(LlmAnswerError)
    expect(error).toMatchObject({ reason, partial: null, requestId: "req_7" })
  })

  it("a body that breaks off is a failure, and is not asked for again", async () => {
    await using server = await serveStreams(plain(text, { pieces: ['{"id":'], ending: "reset" }))
    await using client = new LlmClient({ baseUrl: server.url, model: "m" })
    await expect(client.complete({ prompt: "?" })).rejects.toMatchObject({ reason: "truncated" })
    expect(server.asked).toHaveLength(1)
  })

  it("a redirect is a refusal: neither key nor question goes elsewhere", async () => {
    await using other = await serveStreams(plain(text))
    await using server = await serveStreams(plain({}, { status: 307, headers: { location: other.url } }))
    await using client = new LlmClient({ baseUrl: server.url, model: "m" })
    await expect(client.complete({ prompt: "?" })).rejects.toMatchObject({
      name: "HttpStatusError",
      status: 307,
    })
    expect(other.asked).toHaveLength(0)
  })

  it("mistakes are thrown before anything is sent", async () => {
    await using server = await serveStreams(plain(text))
    await using client = new LlmClient({ baseUrl: server.url })
    const wrong = (request: object): Promise<unknown> => client.complete(request)
    await expect(wrong({ prompt: "?" })).rejects.toThrow("Expected `model`")
    await expect(wrong({ model: "m" })).rejects.toThrow("Expected `prompt` to be a string")
    await expect(wrong({ model: "m", prompt: "?", messages: [] })).rejects.toThrow("got both")
    await expect(wrong({ model: "m", messages: [] })).rejects.toBeInstanceOf(TypeError)
    await expect(wrong({ model: "m", prompt: "?", max_tokens: 5 })).rejects.toThrow("got `max_tokens`")
    await expect(wrong({ model: "m", prompt: "?", maxTokens: 0 })).rejects.toBeInstanceOf(RangeError)
    await expect(wrong({ model: "m", prompt: "?", timeout: { idle: 0 } })).rejects.toThrow("`timeout.idle`")
    await expect(client.tryComplete({ prompt: "?" })).rejects.toBeInstanceOf(TypeError)
    expect(() => client.stream({ prompt: "?" })).toThrow("Expected `model`")
    expect(() => new LlmClient({ api: "gemini" as "openai" })).toThrow('"openai" or "anthropic"')
    expect(() => new LlmClient({ key: "sk" } as object)).toThrow("got `key`")
    expect(() => new LlmClient({ maxTokens: 1.5 })).toThrow(RangeError)
    expect(() => new LlmClient({ timeout: -1 })).toThrow(RangeError)
    expect(server.asked).toHaveLength(0)
  })

  it("neither a client nor an error about its key shows the key", async () => {
    await using client = new LlmClient({ apiKey: "sk-very-secret", model: "m" })
    expect(`${inspect(client, { depth: 9, showHidden: true })} ${String(client)}`).not.toContain("secret")
    expect(String(client)).toBe("<LlmClient inFlight=0 waiting=0 sockets=0>")
    let error: unknown
    try {
      new LlmClient({ apiKey: "sk-very-secret\n" })
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(TypeError)
    expect(String(error)).not.toContain("secret")
  })

  it("a cancel while it waits closes the connection", async () => {
    await run(async () => {
      await using server = await serveSockets(() => {})
      await using client = new LlmClient({ baseUrl: server.url, model: "m" })
      const task = createTask(() => client.complete({ prompt: "?" }))
      await until(() => server.sockets.size === 1)
      task.cancel()
      await expect((async () => task)()).rejects.toSatisfy(isCancelled)
      expect(client.statistics()).toEqual({ inFlight: 0, waiting: 0, sockets: 0 })
    })
  })
})

describe("tryComplete()", () => {
  it("gives answers and failures as values, for many at once", async () => {
    await run(async () => {
      await using server = await serveStreams(plain(text), { pieces: ["no"], status: 400 }, plain(text))
      await using client = new LlmClient({ baseUrl: server.url, model: "m", connections: 1 })
      const prompts = ["one", "two", "three"]
      const outcomes = []
      for await (const outcome of map(prompts, (prompt) => client.tryComplete({ prompt }), {
        concurrency: 3,
      })) {
        outcomes.push(outcome)
      }
      expect(outcomes.map(({ prompt }) => prompt)).toEqual(prompts)
      expect(outcomes.map(({ content }) => content)).toEqual(["Grüße 🌻\n日本", null, "Grüße 🌻\n日本"])
      expect(outcomes[0]).toMatchObject({ error: null, completion: { finishReason: "stop" } })
      expect(outcomes[1]?.error).toBeInstanceOf(HttpStatusError)
      expect(outcomes[1]?.completion).toBeNull()
      for (const { latency } of outcomes) expect(latency).toBeGreaterThan(0)
    })
  })

  it("is not sent again where the account has no credit left, and is where the server is only busy", async () => {
    const refusal = (type: string): ScriptedAnswer =>
      plain({ error: { type, message: "no" } }, { status: 429 })
    const retries = { delay: 1 }
    await using server = await serveStreams(refusal("insufficient_quota"))
    await using client = new LlmClient({ baseUrl: server.url, model: "m", retries })
    const { error } = await client.tryComplete({ prompt: "?" })
    expect(error).toMatchObject({
      status: 429,
      attempts: 1,
      body: expect.stringContaining("insufficient_quota") as string,
    })
    server.answers = [refusal("rate_limit_exceeded"), plain(text)]
    expect((await client.complete({ prompt: "?" })).finishReason).toBe("stop")
    expect(server.requests).toHaveLength(3)
  })

  it("counts the first token from the attempt that was answered, and the latency from the call", async () => {
    await using server = await serveStreams(
      { pieces: ["{}"], status: 503, headers: { "retry-after-ms": "200" } },
      {
        pieces: [
          `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: "a" }, finish_reason: "stop" }] })}\n\ndata: [DONE]\n\n`,
        ],
      },
    )
    await using client = new LlmClient({ baseUrl: server.url, model: "m", retries: { delay: 1 } })
    const { timing, latency } = await client.stream({ prompt: "?" }).completion()
    expect(latency).toBeGreaterThanOrEqual(199)
    expect(latency - timing.total).toBeGreaterThanOrEqual(199)
    expect(timing.firstToken).toBeLessThanOrEqual(timing.total)
  })

  it("names the last text of the user as the prompt of a conversation", async () => {
    await using server = await serveSockets((socket) => void socket.destroy())
    await using client = new LlmClient({ baseUrl: server.url, model: "m", retries: 0 })
    const messages = [
      { role: "user", content: "first" },
      { role: "assistant", content: "yes" },
      { role: "user", content: "second" },
      { role: "assistant", content: "prefill" },
    ]
    const { prompt, error } = await client.tryComplete({ messages })
    expect(prompt).toBe("second")
    expect(error).toBeInstanceOf(HttpConnectionError)
  })

  it("throws a cancel, and the reason of a signal", async () => {
    await run(async () => {
      await using server = await serveSockets(() => {})
      await using client = new LlmClient({ baseUrl: server.url, model: "m" })
      const task = createTask(() => client.tryComplete({ prompt: "?" }))
      await until(() => server.sockets.size === 1)
      task.cancel()
      await expect((async () => task)()).rejects.toSatisfy(isCancelled)
      const controller = new AbortController()
      const call = createTask(() => client.tryComplete({ prompt: "?", signal: controller.signal }))
      await sleep(5)
      controller.abort(new RangeError("not needed"))
      await expect((async () => call)()).rejects.toThrow("not needed")
    })
  })
})
