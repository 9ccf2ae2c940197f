import { describe, expect, it } from "vitest"
import { InvalidStateError, createTask, isCancelled, run, sleep, timeout } from "../../src/index.ts"
import { HttpConnectionError, HttpStatusError, HttpTimeoutError } from "../../src/http/index.ts"
import type { LlmClientOptions } from "../../src/llm/index.ts"
import { LlmAnswerError, LlmClient, LlmTimeoutError } from "../../src/llm/index.ts"
import { serveSockets, until } from "../http/local-server.ts"
import { recordedStreams } from "./recorded-streams.ts"
import type { ScriptedAnswer, ScriptedServer } from "./stream-server.ts"
import { collect, serveStreams } from "./stream-server.ts"

const question = { prompt: "Why?" }
const chunk = (content: string, more: object = {}): string =>
  `data: ${JSON.stringify({ id: "1", choices: [{ index: 0, delta: { content }, finish_reason: null, ...more }] })}\n\n`
const done = "data: [DONE]\n\n"
const whole: ScriptedAnswer = {
  pieces: [chunk("One"), chunk(" two"), chunk("", { finish_reason: "stop" }), done],
}

function clientOf(server: { url: string }, options: LlmClientOptions = {}): LlmClient {
  return new LlmClient({ baseUrl: server.url, apiKey: "sk-very-secret", model: "m", ...options })
}

async function failureOf(answer: ScriptedAnswer, options: LlmClientOptions = {}): Promise<unknown> {
  await using server = await serveStreams(answer)
  await using client = clientOf(server, options)
  return await client
    .stream(question)
    .completion()
    .catch((error: unknown) => error)
}

async function noSockets(server: ScriptedServer): Promise<void> {
  await until(() => server.sockets.size === 0)
}

describe("LlmStream", () => {
  it("gives tokens as they come, and the completion after the last", async () => {
    await using server = await serveStreams(whole)
    await using client = clientOf(server)
    const stream = client.stream(question)
    expect(server.asked).toHaveLength(0)
    expect(await collect(stream)).toEqual(["One", " two"])
    expect(stream.content).toBe("One two")
    const completion = await stream.completion()
    expect(completion).toMatchObject({
      content: "One two",
      finishReason: "stop",
      usage: null,
      requestId: "req_7",
    })
    expect(completion.timing.gaps).toHaveLength(1)
    expect(completion.timing.firstToken).toBeLessThanOrEqual(completion.timing.total)
    expect(server.asked).toHaveLength(1)
  })

  it("hands out a token before the next one is there", async () => {
    await using server = await serveStreams({ pieces: [chunk("One")], ending: "nothing" })
    await using client = clientOf(server)
    for await (const token of client.stream(question)) {
      expect(token).toBe("One")
      break
    }
    await noSockets(server)
  })

  it("can be read once, and tells why there is no completion", async () => {
    await using server = await serveStreams(whole)
    await using client = clientOf(server)
    const stream = client.stream(question)
    for await (const _ of stream) {
      await expect(stream.completion()).rejects.toThrow("still being read")
      break
    }
    await expect(stream.completion()).rejects.toThrow("left before its end")
    await expect(collect(stream)).rejects.toBeInstanceOf(InvalidStateError)
    expect(client.statistics().inFlight).toBe(0)
  })

  it("closes the connection when its reader throws", async () => {
    await using server = await serveStreams({ pieces: [chunk("One")], ending: "nothing" })
    await using client = clientOf(server)
    const fail = async (): Promise<void> => {
      for await (const token of client.stream(question)) throw new Error(token)
    }
    await expect(fail()).rejects.toThrow("One")
    await noSockets(server)
  })

  it.each([
    ["before the headers", "silent"],
    ["before the first token", { pieces: [": wait\n\n"], ending: "nothing" }],
    ["between two tokens", { pieces: [chunk("One")], ending: "nothing" }],
    ["between the end and the end of the body", { pieces: [...whole.pieces], ending: "nothing" }],
  ] as const)("a cancel %s closes the connection and then arrives", async (_when, answer) => {
    await run(async () => {
      await using silent = await serveSockets(() => {})
      await using server = await serveStreams(answer === "silent" ? whole : answer)
      await using client = clientOf(answer === "silent" ? silent : server)
      const sockets = answer === "silent" ? silent.sockets : server.sockets
      const stream = client.stream(question)
      const task = createTask(() => stream.completion())
      const tokens = answer === "silent" ? 0 : answer.pieces.length
      await until(() => sockets.size === 1 && (tokens === 0 || server.asked.length === 1))
      if (tokens === 1) await sleep(5)
      if (tokens > 1) await until(() => stream.content === "One two")
      task.cancel("enough")
      await expect((async () => task)()).rejects.toSatisfy(isCancelled)
      expect(client.statistics().sockets).toBe(0)
      await expect(stream.completion()).rejects.toBeInstanceOf(InvalidStateError)
    })
  })

  it("ends with a time limit around it", async () => {
    await using server = await serveStreams({ pieces: [chunk("One")], ending: "comments" })
    await using client = clientOf(server)
    await expect(timeout(30, () => client.stream(question).completion())).rejects.toThrow("30 ms")
    await noSockets(server)
  })

  it("does not wait for a server that never closes after its last word", async () => {
    await using server = await serveStreams({ pieces: whole.pieces, ending: "nothing" })
    await using client = clientOf(server)
    expect((await client.stream(question).completion()).content).toBe("One two")
    await noSockets(server)
  })

  it("is whole with a finish reason when the connection breaks before the last word", async () => {
    await using server = await serveStreams({ pieces: whole.pieces.slice(0, 3), ending: "reset" })
    await using client = clientOf(server)
    expect((await client.stream(question).completion()).finishReason).toBe("stop")
  })

  it("waits for all choices that were asked for", async () => {
    await using server = await serveStreams({ pieces: whole.pieces.slice(0, 3) })
    await using client = clientOf(server)
    await expect(client.stream({ ...question, body: { n: 2 } }).completion()).rejects.toMatchObject({
      reason: "truncated",
    })
  })

  it("takes an ordinary answer to a question for a stream", async () => {
    const body = recordedStreams[0]?.body
    await using server = await serveStreams({
      pieces: [JSON.stringify(body)],
      headers: { "content-type": "application/json; charset=utf-8" },
    })
    await using client = clientOf(server)
    const stream = client.stream(question)
    expect(await collect(stream)).toEqual(["Grüße 🌻\n日本"])
    const completion = await stream.completion()
    expect(completion.body).toEqual(body)
    expect(completion.usage).toEqual({
      input: 9,
      output: 4,
      cachedInput: 0,
      cacheWrites: 0,
      hourlyCacheWrites: 0,
      reasoning: 0,
    })
    expect(completion.timing.firstToken).toBeNull()
  })

  it("asks for usage, and no more of a server that refuses the field", async () => {
    const refusal = JSON.stringify({ error: { message: "Unrecognized field: stream_options" } })
    await using server = await serveStreams({ pieces: [refusal], status: 400 }, whole)
    await using client = clientOf(server)
    expect((await client.stream(question).completion()).content).toBe("One two")
    await client.stream(question).completion()
    expect(server.asked.map((body) => "stream_options" in body)).toEqual([true, false, false])
  })

  it("does not repeat a refusal of a field that the caller has set", async () => {
    const refusal = JSON.stringify({ error: { message: "Unrecognized field: stream_options" } })
    await using server = await serveStreams({ pieces: [refusal], status: 400 })
    await using client = clientOf(server)
    const body = { stream_options: { include_usage: false } }
    await expect(client.stream({ ...question, body }).completion()).rejects.toBeInstanceOf(HttpStatusError)
    expect(server.asked).toHaveLength(1)
  })
})

describe("a stream that fails", () => {
  it("tells what came: the connection broke", async () => {
    const error = await failureOf({ pieces: [chunk("One"), chunk(" two")], ending: "reset" })
    expect(error).toBeInstanceOf(LlmAnswerError)
    expect(error).toMatchObject({ reason: "truncated", content: "One two", requestId: "req_7" })
    expect((error as LlmAnswerError).partial).toMatchObject({
      choices: [{ message: { content: "One two" }, finish_reason: null }],
    })
    expect((error as LlmAnswerError).cause).toBeInstanceOf(HttpConnectionError)
  })

  it.each([
    ["the end without a finish reason", [chunk("One")], "truncated", "One"],
    ["the last word without a first", [done], "truncated", ""],
    ["half an event", [chunk("One"), 'data: {"choices": [{"index": 0, "del'], "truncated", "One"],
    ["an event that is no JSON", [chunk("One"), "data: {oops\n\n", ...whole.pieces], "malformed", "One"],
    ["no event at all", ["<html>Welcome to the hotel</html>"], "malformed", ""],
    ["nothing", [], "malformed", ""],
  ])("%s", async (_what, pieces, reason, content) => {
    expect(await failureOf({ pieces })).toMatchObject({ code: "E_LLM_ANSWER", reason, content })
  })

  it.each([
    ["an error object", 'data: {"error":{"message":"Overloaded","type":"server_error","code":503}}\n\n'],
    [
      "an event named error",
      'event: error\ndata: {"message":"Overloaded","type":"server_error","code":"503"}\n\n',
    ],
    [
      "the older form",
      'data: {"object":"error","message":"Overloaded","type":"server_error","code":503}\n\n',
    ],
    [
      "a choice that ended by error",
      'data: {"choices":[{"index":0,"delta":{},"finish_reason":"error","error":{"message":"Overloaded","type":"server_error","code":503}}]}\n\n',
    ],
  ])("by %s in the middle, which a last word cannot heal", async (_what, event) => {
    const error = await failureOf({ pieces: [chunk("One") + event + done] })
    expect(error).toBeInstanceOf(LlmAnswerError)
    expect(error).toMatchObject({
      reason: "problem",
      content: "One",
      problem: { type: "server_error", code: "503", message: "Overloaded", status: 503 },
      message: "Cannot complete: the server reported a problem (server_error: Overloaded)",
    })
  })

  it("hands out what came before the failure, also from the same piece", async () => {
    await using server = await serveStreams({ pieces: [chunk("One") + chunk(" two") + "data: oops\n\n"] })
    await using client = clientOf(server)
    const tokens: string[] = []
    const read = async (): Promise<void> => {
      for await (const token of client.stream(question)) tokens.push(token)
    }
    await expect(read()).rejects.toBeInstanceOf(LlmAnswerError)
    expect(tokens).toEqual(["One", " two"])
  })

  it("an Anthropic stream: an error event, and an end without a stop", async () => {
    const recorded = recordedStreams[3]?.bytes ?? Buffer.of()
    const half = recorded.subarray(0, recorded.indexOf("event: message_delta"))
    const problem =
      'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n'
    const options = { api: "anthropic" } as const
    const reported = await failureOf({ pieces: [half, problem] }, options)
    expect(reported).toMatchObject({
      reason: "problem",
      problem: { type: "overloaded_error" },
      content: "Grüße 🌻",
    })
    expect(await failureOf({ pieces: [half] }, options)).toMatchObject({ reason: "truncated" })
    expect(await failureOf({ pieces: [half], ending: "reset" }, options)).toMatchObject({
      reason: "truncated",
    })
  })

  it("an event above the size limit", async () => {
    const error = await failureOf({ pieces: [chunk("One"), `data: ${"x".repeat(17 * 1024 * 1024)}`] })
    expect(error).toMatchObject({ reason: "malformed", content: "One" })
  })

  it("never shows the key, also if the server does", async () => {
    const said = JSON.stringify({ error: { message: "Bad key sk-very-secret", type: "auth" } })
    const inside = await failureOf({ pieces: [`data: ${said}\n\n`] })
    const plain = await failureOf({ pieces: [said], headers: { "content-type": "application/json" } })
    const refused = await failureOf({ pieces: [said], status: 401 })
    expect(refused).toBeInstanceOf(HttpStatusError)
    for (const error of [inside, plain, refused]) {
      const shown = `${String(error)} ${JSON.stringify(error)} ${(error as Error).stack}`
      expect(shown).toContain("Bad key ***")
      expect(shown).not.toContain("very-secret")
    }
  })

  it("never shows a key that came as a header", async () => {
    const headers = { "x-api-key": "sk-very-secret" }
    const event = 'data: {"error":{"message":"Bad key sk-very-secret"}}\n\n'
    await using server = await serveStreams({ pieces: [event] })
    await using client = clientOf(server, { apiKey: null, headers })
    await using other = clientOf(server, { apiKey: null })
    for (const stream of [client.stream(question), other.stream({ ...question, headers })]) {
      await expect(stream.completion()).rejects.toThrow("Bad key ***")
    }
  })

  it("a refusal before the first byte is repeated, one after it is not", async () => {
    await using server = await serveStreams(
      { pieces: ["{}"], status: 503, headers: { "retry-after-ms": "1" } },
      whole,
    )
    await using client = clientOf(server, { retries: { retries: 1, delay: 1 } })
    expect((await client.stream(question).completion()).content).toBe("One two")
    server.answers = [{ pieces: [chunk("One")], ending: "reset" }]
    await expect(client.stream(question).completion()).rejects.toBeInstanceOf(LlmAnswerError)
    expect(server.asked).toHaveLength(3)
  })
})

describe("limits on content", () => {
  const limits = { firstToken: 60, idle: 40 }

  it("the first token: comments and pings do not count", async () => {
    const error = await failureOf({ pieces: [": hello\n\n"], ending: "comments" }, { timeout: limits })
    expect(error).toBeInstanceOf(LlmTimeoutError)
    expect(error).toMatchObject({ name: "LlmTimeoutError", phase: "firstToken", limit: 60, content: "" })
  })

  it("between tokens: comments, pings, empty pieces and roles do not count", async () => {
    const empty = `${chunk("")}data: {"choices":[{"index":0,"delta":{"role":"assistant"}}]}\n\n`
    const answer = { pieces: [chunk("One"), empty], ending: "comments" } as const
    const error = await failureOf(answer, { timeout: limits })
    expect(error).toMatchObject({ phase: "idle", limit: 40, content: "One" })
    expect((error as LlmTimeoutError).partial).toMatchObject({ choices: [{ message: { content: "One" } }] })
  })

  it("the headers", async () => {
    await using server = await serveSockets(() => {})
    await using client = clientOf(server, { timeout: limits })
    const error = await client
      .stream(question)
      .completion()
      .catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(HttpTimeoutError)
    expect(error).toMatchObject({ phase: "headers", limit: 60 })
  })

  it("the whole call, with what came", async () => {
    const answer = { pieces: [chunk("One")], ending: "comments" } as const
    const error = await failureOf(answer, { timeout: 50 })
    expect(error).toBeInstanceOf(LlmTimeoutError)
    expect(error).toMatchObject({ phase: "total", limit: 50, content: "One" })
    expect((error as LlmTimeoutError).cause).toBeInstanceOf(HttpTimeoutError)
  })

  it("a reader who is slow is not a server that is silent", async () => {
    await using server = await serveStreams(whole)
    await using client = clientOf(server, { timeout: limits })
    for await (const _ of client.stream(question)) await sleep(60)
    expect(client.statistics().inFlight).toBe(0)
  })
})
