import { connect } from "node:net"
import { afterEach, describe, expect, it } from "vitest"
import { run } from "../../src/core/index.ts"
import { promptHash } from "../../src/cli/hash-text.ts"
import type { MockOptions } from "../../src/cli/mock-options.ts"
import type { MockServer } from "../../src/cli/mock-server.ts"
import { startMockServer } from "../../src/cli/mock-server.ts"
import { ask, chatBody, post, until } from "./mock-client.ts"

let server: MockServer | null = null

async function start(options: MockOptions = {}): Promise<MockServer> {
  server = await startMockServer(options)
  return server
}

afterEach(async () => {
  await server?.close()
  server = null
})

describe("answers", () => {
  it("the same request gets the same answer, from every server", async () => {
    const { url } = await start()
    const first = await post(url, "/v1/chat/completions", chatBody("What is 2 + 2?"))
    const again = await post(url, "/v1/chat/completions", chatBody("What is 2 + 2?"))
    const other = await post(url, "/v1/chat/completions", chatBody("What is 2 + 3?"))
    await using second = await startMockServer()
    const elsewhere = await post(second.url, "/v1/chat/completions", chatBody("What is 2 + 2?"))
    expect(first.text).toBe(again.text)
    expect(first.text).toBe(elsewhere.text)
    expect(first.text).not.toBe(other.text)
  })

  it("usage is the sum of what was sent, for each choice", async () => {
    const { url } = await start()
    const { json } = await post(url, "/v1/chat/completions", chatBody("Tell me", { n: 3, max_tokens: 10 }))
    const { choices, usage } = json as Completion
    expect(choices.map(({ index }) => index)).toEqual([0, 1, 2])
    const words = choices.map(({ message }) => message.content.split(" ").length)
    expect(usage.completion_tokens).toBe(words.reduce((sum, count) => sum + count, 0))
    expect(usage.total_tokens).toBe(usage.prompt_tokens + usage.completion_tokens)
    for (const count of words) expect(count).toBeLessThanOrEqual(10)
  })

  it("max_tokens cuts the answer and says so", async () => {
    const { url } = await start()
    const { json } = await post(url, "/v1/chat/completions", chatBody("Tell me", { max_tokens: 3 }))
    const { choices, usage } = json as Completion
    expect(choices[0]?.finish_reason).toBe("length")
    expect(choices[0]?.message.content.split(" ")).toHaveLength(3)
    expect(usage.completion_tokens).toBe(3)
  })

  it("a request for a JSON object gets one", async () => {
    const { url } = await start()
    const body = chatBody("Tell me", { response_format: { type: "json_object" } })
    const { json } = await post(url, "/v1/chat/completions", body)
    const content = JSON.parse((json as Completion).choices[0]?.message.content ?? "") as { answer: string }
    expect(content.answer).toMatch(/^\w+( \w+)+$/)
  })

  it("embeddings are of length 1 and follow the text", async () => {
    const { url } = await start()
    const { json } = await post(url, "/v1/embeddings", { model: "m", input: ["a", "b", "a"], dimensions: 8 })
    const { data } = json as { data: { index: number; embedding: number[] }[] }
    const [first, second, third] = data.map(({ embedding }) => embedding)
    expect(first).toEqual(third)
    expect(first).not.toEqual(second)
    expect(first).toHaveLength(8)
    expect(Math.hypot(...(first ?? []))).toBeCloseTo(1, 5)
  })

  it("models are listed and found by name", async () => {
    const { url } = await start({ models: ["one", "two"] })
    const list = (await ask(url, "/v1/models")).json as { data: { id: string }[] }
    expect(list.data.map(({ id }) => id)).toEqual(["one", "two"])
    expect((await ask(url, "/v1/models/two")).json).toMatchObject({ id: "two", object: "model" })
    expect((await ask(url, "/v1/models/three")).status).toBe(404)
  })

  it("answers carry an id of their own and the time they took", async () => {
    const { url } = await start({ latency: 20 })
    const first = await post(url, "/v1/chat/completions", chatBody("a"))
    const second = await post(url, "/v1/chat/completions", chatBody("a"))
    expect(first.headers.get("x-request-id")).toMatch(/^req_/)
    expect(first.headers.get("x-request-id")).not.toBe(second.headers.get("x-request-id"))
    expect(Number(first.headers.get("openai-processing-ms"))).toBeGreaterThanOrEqual(19)
  })
})

describe("refusals have the shape of the hosted service", () => {
  const refused = (type: string, code: string | null, param: string | null = null): object => ({
    error: { message: expect.any(String) as string, type, code, param },
  })

  it("unknown path 404, wrong method 405, bad JSON 400", async () => {
    const { url } = await start()
    const path = await post(url, "/v1/nothing", {})
    expect([path.status, path.json]).toEqual([404, refused("invalid_request_error", "unknown_url")])
    const method = await ask(url, "/v1/chat/completions")
    expect([method.status, method.json]).toEqual([
      405,
      refused("invalid_request_error", "method_not_supported"),
    ])
    expect(method.headers.get("allow")).toBe("POST")
    const json = await post(url, "/v1/chat/completions", "{")
    expect([json.status, json.json]).toEqual([400, refused("invalid_request_error", null)])
    const list = await post(url, "/v1/chat/completions", [])
    expect(list.status).toBe(400)
  })

  it.each([
    ["model", { messages: [{ role: "user", content: "a" }] }],
    ["messages", { model: "m" }],
    ["messages", { model: "m", messages: [{ content: "a" }] }],
    ["max_tokens", chatBody("a", { max_tokens: 0 })],
    ["n", chatBody("a", { n: 1.5 })],
    ["stream", chatBody("a", { stream: "yes" })],
    ["stream_options", chatBody("a", { stream_options: { include_usage: true } })],
  ])("a bad `%s` is 400 and named", async (param, body) => {
    const { url } = await start()
    const answer = await post(url, "/v1/chat/completions", body)
    expect([answer.status, answer.json]).toEqual([400, refused("invalid_request_error", null, param)])
  })

  it("a bad `input` is 400 and named", async () => {
    const { url } = await start()
    const answer = await post(url, "/v1/embeddings", { model: "m", input: [] })
    expect([answer.status, answer.json]).toEqual([400, refused("invalid_request_error", null, "input")])
  })

  it("a model that does not exist is 404", async () => {
    const { url } = await start({ models: ["one"] })
    const answer = await post(url, "/v1/chat/completions", chatBody("a", { model: "two" }))
    expect([answer.status, answer.json]).toEqual([
      404,
      refused("invalid_request_error", "model_not_found", "model"),
    ])
  })

  it("a missing or wrong key is 401, and the key is not repeated", async () => {
    const { url } = await start({ apiKey: "sk-right-key" })
    const missing = await post(url, "/v1/chat/completions", chatBody("a"))
    expect([missing.status, missing.json]).toEqual([401, refused("invalid_request_error", null)])
    const wrong = await post(url, "/v1/chat/completions", chatBody("a"), {
      authorization: "Bearer sk-wrong-key",
    })
    expect([wrong.status, wrong.json]).toEqual([401, refused("invalid_request_error", "invalid_api_key")])
    expect(wrong.text).not.toContain("sk-")
    const right = await post(url, "/v1/chat/completions", chatBody("a"), {
      authorization: "Bearer sk-right-key",
    })
    expect(right.status).toBe(200)
  })

  it.each<[string, MockOptions]>([
    ["rpm", { rpm: 0 }],
    ["tpm", { tpm: -1 }],
    ["failRate", { failRate: 1.1 }],
    ["hangRate", { hangRate: Number.NaN }],
    ["failRate", { failRate: 0.6, hangRate: 0.6 }],
    ["latency", { latency: -1 }],
    ["port", { port: 70_000 }],
    ["seed", { seed: 1.5 }],
    ["apiKey", { apiKey: "" }],
    ["failures", { failures: [] }],
  ])("a bad option `%s` is named before anything listens", async (name, options) => {
    await expect(startMockServer(options)).rejects.toThrow(`\`${name}\``)
  })
})

describe("limits", () => {
  it("requests over the bucket get 429 with headers, and are violations", async () => {
    const { url, stats } = await start({ rpm: 60, burst: 3_000 })
    const answers = []
    for (let index = 0; index < 5; index += 1) {
      answers.push(await post(url, "/v1/chat/completions", chatBody("a")))
    }
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429, 429])
    const { headers, json } = answers[3] as (typeof answers)[number]
    expect(json).toMatchObject({ error: { type: "requests", code: "rate_limit_exceeded" } })
    const wait = Number(headers.get("retry-after-ms"))
    expect(wait).toBeGreaterThan(500)
    expect(wait).toBeLessThanOrEqual(1_000)
    expect(headers.get("retry-after")).toBe("1")
    expect(headers.get("x-ratelimit-limit-requests")).toBe("60")
    expect(headers.get("x-ratelimit-remaining-requests")).toBe("0")
    expect(headers.get("x-ratelimit-reset-requests")).toMatch(/^(\d+ms|\d+(\.\d+)?s)$/)
    const { violations } = stats()
    expect([violations.count, violations.requests, violations.tokens]).toEqual([2, 2, 0])
    expect(violations.log).toHaveLength(2)
    expect(violations.log[0]?.at).toBeGreaterThan(0)
  })

  it("the bucket is refilled all the time: who waits as told is admitted", async () => {
    const { url, stats } = await start({ rpm: 1_200, burst: 50 })
    expect((await post(url, "/v1/chat/completions", chatBody("a"))).status).toBe(200)
    const refused = await post(url, "/v1/chat/completions", chatBody("a"))
    expect(refused.status).toBe(429)
    const wait = Number(refused.headers.get("retry-after-ms"))
    await new Promise((resolve) => setTimeout(resolve, wait + 2))
    expect((await post(url, "/v1/chat/completions", chatBody("a"))).status).toBe(200)
    expect(stats().violations.count).toBe(1)
  })

  it("tokens are charged up front, from the prompt and the most that may come back", async () => {
    const { url, stats } = await start({ tpm: 6_000, burst: 1_000 })
    const big = chatBody("a", { max_tokens: 100 })
    expect((await post(url, "/v1/chat/completions", big)).status).toBe(200)
    const refused = await post(url, "/v1/chat/completions", big)
    expect([refused.status, refused.json]).toMatchObject([429, { error: { type: "tokens" } }])
    expect(stats().violations).toMatchObject({ count: 1, tokens: 1 })
    expect(stats().tokens.charged).toBe(105)
  })

  it("a request above the limit itself can never pass, and says so", async () => {
    const { url } = await start({ tpm: 500, burst: 1_000 })
    const answer = await post(url, "/v1/chat/completions", chatBody("a", { max_tokens: 501 }))
    expect(answer.status).toBe(429)
    expect(answer.text).toContain("Request too large")
    expect(answer.headers.get("retry-after")).toBeNull()
  })
})

describe("failures", () => {
  it("429 asks to wait for a stated time", async () => {
    const { url, stats } = await start({ failRate: 1, failures: ["rate-limited"], retryAfter: 1_500 })
    const answer = await post(url, "/v1/chat/completions", chatBody("a"))
    expect([answer.status, answer.headers.get("retry-after"), answer.headers.get("retry-after-ms")]).toEqual([
      429,
      "2",
      "1500",
    ])
    expect(answer.json).toMatchObject({ error: { type: "rate_limit_exceeded" } })
    expect(stats().violations.count).toBe(0)
  })

  it("500 is a server_error", async () => {
    const { url } = await start({ failRate: 1, failures: ["server-error"] })
    const answer = await post(url, "/v1/chat/completions", chatBody("a"))
    expect([answer.status, answer.json]).toMatchObject([500, { error: { type: "server_error" } }])
  })

  it("a reset is seen by the client as ECONNRESET", async () => {
    const { url, stats } = await start({ failRate: 1, failures: ["reset"] })
    await expect(post(url, "/v1/chat/completions", chatBody("a"))).rejects.toMatchObject({
      cause: { code: expect.stringMatching(/ECONNRESET|UND_ERR_SOCKET/) as string },
    })
    expect(stats()).toMatchObject({ injected: { reset: 1 }, answered: 0, abandoned: 0 })
  })

  it("a truncated body is shorter than it was announced", async () => {
    const { url, stats } = await start({ failRate: 1, failures: ["truncated"] })
    await expect(post(url, "/v1/chat/completions", chatBody("a"))).rejects.toThrow("terminated")
    expect(stats()).toMatchObject({ byStatus: { 200: 1 }, answered: 0 })
  })

  it("a truncated stream never comes to its end", async () => {
    const { url, stats } = await start({ failRate: 1, failures: ["truncated"] })
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: "POST",
      body: JSON.stringify(chatBody("a", { stream: true })),
    })
    let text = ""
    const read = async (): Promise<void> => {
      for await (const piece of response.body as ReadableStream<Uint8Array>)
        text += Buffer.from(piece).toString()
    }
    await expect(read()).rejects.toThrow("terminated")
    expect(text).toContain("chat.completion.chunk")
    expect(text).not.toContain("[DONE]")
    expect(stats().answered).toBe(0)
  })

  it("a hanging request is never answered, and gone when its client leaves", async () => {
    const { url, stats } = await start({ hangRate: 1 })
    const abort = new AbortController()
    const asked = post(url, "/v1/chat/completions", chatBody("a"), {}, abort.signal)
    await until(() => stats().injected["hang"] === 1)
    expect(stats().inFlight).toBe(1)
    abort.abort()
    await expect(asked).rejects.toThrow()
    await until(() => stats().inFlight === 0)
    expect(stats()).toMatchObject({ abandoned: 1, answered: 0, byStatus: {} })
  })

  it("rates hold over many requests, and a seed repeats them", async () => {
    const runOnce = async (seed: number): Promise<string[]> => {
      await using mock = await startMockServer({
        failRate: 0.4,
        failures: ["server-error", "rate-limited"],
        seed,
      })
      const statuses: string[] = []
      for (let index = 0; index < 200; index += 1) {
        statuses.push(String((await post(mock.url, "/v1/chat/completions", chatBody(String(index)))).status))
      }
      return statuses
    }
    const first = await runOnce(7)
    expect(await runOnce(7)).toEqual(first)
    expect(await runOnce(8)).not.toEqual(first)
    const failed = first.filter((status) => status !== "200").length
    expect(failed).toBeGreaterThan(50)
    expect(failed).toBeLessThan(110)
    expect(new Set(first)).toEqual(new Set(["200", "429", "500"]))
  })
})

describe("the report", () => {
  it("tells how often each prompt and each client request id was sent and answered", async () => {
    const { url } = await start({ failRate: 0.5, failures: ["server-error"], seed: 3 })
    let sent = 0
    for (let answered = false; !answered; sent += 1) {
      const headers = { "x-client-request-id": "one", "x-other": "a" }
      answered = (await post(url, "/v1/chat/completions", chatBody("the prompt"), headers)).status === 200
    }
    const report = (await ask(url, "/stats")).json
    expect(report).toMatchObject({
      requests: sent,
      answered: 1,
      prompts: { [promptHash("the prompt")]: { sent, answered: 1 } },
      clientRequestIds: { one: { sent, answered: 1 } },
      headers: { "x-client-request-id": sent, "x-other": sent },
      peakConcurrency: 1,
      inFlight: 0,
      notLogged: 0,
    })
  })

  it("knows the most requests at once", async () => {
    const { url, stats } = await start({ latency: 50 })
    await Promise.all(Array.from({ length: 7 }, () => post(url, "/v1/chat/completions", chatBody("a"))))
    expect(stats()).toMatchObject({ peakConcurrency: 7, requests: 7, byStatus: { 200: 7 } })
  })
})

describe("the life of a server", () => {
  it("close() ends requests that hang, and leaves no connection", async () => {
    const { url, port, close, stats } = await start({ hangRate: 1 })
    const asked = post(url, "/v1/chat/completions", chatBody("a"))
    const refused = expect(asked).rejects.toThrow()
    await until(() => stats().injected["hang"] === 1)
    await close()
    await refused
    const error = await new Promise<NodeJS.ErrnoException>((resolve) => {
      connect(port, "127.0.0.1").on("error", resolve)
    })
    expect(error.code).toBe("ECONNREFUSED")
  })

  it("a port that is taken is named", async () => {
    const { port } = await start()
    await expect(startMockServer({ port })).rejects.toThrow(
      `Cannot listen on 127.0.0.1:${port}: the port is taken`,
    )
  })

  it("inside a run, the server ends with the run at the latest", async () => {
    const url = await run(async () => {
      const mock = await startMockServer({ hangRate: 1 })
      const answer = await post(mock.url, "/v1/nothing", {})
      expect(answer.status).toBe(404)
      return mock.url
    })
    await expect(ask(url, "/v1/models")).rejects.toThrow("fetch failed")
  })
})

interface Completion {
  choices: { index: number; message: { content: string }; finish_reason: string }[]
  usage: { prompt_tokens: number; completion_tokens: number; total_tokens: number }
}
