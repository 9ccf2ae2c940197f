// The official client of the hosted service, against the mock.
import OpenAI, { APIConnectionError, AuthenticationError, NotFoundError, RateLimitError } from "openai"
import { afterEach, describe, expect, it } from "vitest"
import type { MockOptions } from "../../src/cli/mock-options.ts"
import type { MockServer } from "../../src/cli/mock-server.ts"
import { startMockServer } from "../../src/cli/mock-server.ts"

let server: MockServer | null = null

async function client(options: MockOptions = {}, maxRetries = 0): Promise<OpenAI> {
  server = await startMockServer(options)
  return new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "sk-test", maxRetries })
}

afterEach(async () => {
  await server?.close()
  server = null
})

const question = {
  model: "mock-small",
  messages: [{ role: "user" as const, content: "Why is the sky blue?" }],
}

describe("the openai package", () => {
  it("gets a completion, and the same one again", async () => {
    const openai = await client({ apiKey: "sk-test" })
    const first = await openai.chat.completions.create(question)
    const second = await openai.chat.completions.create(question)
    expect(first.object).toBe("chat.completion")
    expect(first.choices[0]?.message.content).toMatch(/^\w+( \w+)+$/)
    expect(first.usage?.total_tokens).toBeGreaterThan(0)
    expect(second).toEqual(first)
    expect(second._request_id).not.toBe(first._request_id)
  })

  it("streams the same words, one chunk per token", async () => {
    const openai = await client()
    const whole = await openai.chat.completions.create(question)
    const stream = await openai.chat.completions.create({ ...question, stream: true })
    const pieces: string[] = []
    const reasons: (string | null)[] = []
    for await (const chunk of stream) {
      expect(chunk.object).toBe("chat.completion.chunk")
      expect(chunk.usage).toBeUndefined()
      pieces.push(chunk.choices[0]?.delta.content ?? "")
      reasons.push(chunk.choices[0]?.finish_reason ?? null)
    }
    expect(pieces.join("")).toBe(whole.choices[0]?.message.content)
    expect(pieces.filter((piece) => piece !== "")).toHaveLength(whole.usage?.completion_tokens ?? 0)
    expect(reasons.at(-1)).toBe("stop")
    expect(reasons.filter((reason) => reason !== null)).toHaveLength(1)
  })

  it("gets usage in a last chunk without choices when it asks for it", async () => {
    const openai = await client()
    const whole = await openai.chat.completions.create(question)
    const stream = await openai.chat.completions.create({
      ...question,
      stream: true,
      stream_options: { include_usage: true },
    })
    const chunks = []
    for await (const chunk of stream) chunks.push(chunk)
    const last = chunks.pop()
    expect(last?.choices).toEqual([])
    expect(last?.usage).toEqual(whole.usage)
    for (const chunk of chunks) expect(chunk.usage).toBeNull()
  })

  it("puts a stream of several choices together", async () => {
    const openai = await client()
    const whole = await openai.chat.completions.create({ ...question, n: 2 })
    const stream = openai.chat.completions.stream({ ...question, n: 2 })
    const streamed = await stream.finalChatCompletion()
    expect(streamed.choices.map(({ message }) => message.content)).toEqual(
      whole.choices.map(({ message }) => message.content),
    )
  })

  it("calls a tool when it must, whole and streamed alike", async () => {
    const openai = await client()
    const parameters = {
      type: "object",
      properties: { query: { type: "string" }, exact: { type: "boolean" } },
    }
    const calling = {
      ...question,
      tools: [{ type: "function" as const, function: { name: "look_up", parameters } }],
      tool_choice: "required" as const,
    }
    const whole = await openai.chat.completions.create(calling)
    const [call] = whole.choices[0]?.message.tool_calls ?? []
    expect(whole.choices[0]?.finish_reason).toBe("tool_calls")
    expect(call).toMatchObject({ type: "function", function: { name: "look_up" } })
    const given = JSON.parse(call?.type === "function" ? call.function.arguments : "") as object
    expect(given).toEqual({ query: expect.any(String) as string, exact: true })
    const streamed = await openai.chat.completions.stream(calling).finalChatCompletion()
    expect(streamed.choices[0]?.message.tool_calls).toMatchObject([call])
    const free = await openai.chat.completions.create({ ...calling, tool_choice: "auto" })
    expect(free.choices[0]?.message.content).not.toBeNull()
  })

  it("sees an error in the middle of a stream, and is not disturbed by signs of life", async () => {
    const failing = await client({ failRate: 1, failures: ["stream-error"], latency: 20, keepAlive: 5 })
    const stream = await failing.chat.completions.create({ ...question, stream: true })
    const pieces: string[] = []
    const read = async (): Promise<void> => {
      for await (const chunk of stream) pieces.push(chunk.choices[0]?.delta.content ?? "")
    }
    await expect(read()).rejects.toThrow("overloaded")
    expect(pieces.length).toBeGreaterThan(1)
    const plain = await failing.chat.completions.create(question).catch((thrown: unknown) => thrown)
    expect(plain).toMatchObject({ status: 500 })
  })

  it("gets embeddings, as numbers and in base64", async () => {
    const openai = await client()
    const request = { model: "mock-embedding", input: ["one", "two"] }
    const base64 = await openai.embeddings.create(request)
    const float = await openai.embeddings.create({ ...request, encoding_format: "float" })
    expect(base64.data).toHaveLength(2)
    expect(Array.from(base64.data[0]?.embedding ?? [])).toEqual(float.data[0]?.embedding)
  })

  it("lists models", async () => {
    const openai = await client({ models: ["one", "two"] })
    const names: string[] = []
    for await (const model of openai.models.list()) names.push(model.id)
    expect(names).toEqual(["one", "two"])
  })

  it("makes its own errors of ours", async () => {
    const openai = await client({ apiKey: "sk-other", models: ["mock-small"] })
    await expect(openai.chat.completions.create(question)).rejects.toBeInstanceOf(AuthenticationError)
    await server?.close()
    const open = await client({ models: ["other"] })
    const error = await open.chat.completions.create(question).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(NotFoundError)
    expect(error).toMatchObject({
      code: "model_not_found",
      param: "model",
      requestID: expect.any(String) as string,
    })
  })

  it("sees a real 429 when it goes over the limit, and waits as told", async () => {
    const openai = await client({ rpm: 600, burst: 200 })
    const answers = await Promise.allSettled(
      Array.from({ length: 5 }, () => openai.chat.completions.create(question)),
    )
    const errors = answers.flatMap((answer) =>
      answer.status === "rejected" ? [answer.reason as unknown] : [],
    )
    expect(errors).toHaveLength(3)
    for (const error of errors) {
      expect(error).toBeInstanceOf(RateLimitError)
      expect(error).toMatchObject({ code: "rate_limit_exceeded", type: "requests" })
    }
    expect(server?.stats().violations.count).toBe(3)
    const patient = openai.withOptions({ maxRetries: 3 })
    expect((await patient.chat.completions.create(question)).object).toBe("chat.completion")
  })

  it("sees resets and truncated streams as errors", async () => {
    const reset = await client({ failRate: 1, failures: ["reset"] })
    await expect(reset.chat.completions.create(question)).rejects.toBeInstanceOf(APIConnectionError)
    await server?.close()
    const truncated = await client({ failRate: 1, failures: ["truncated"] })
    const stream = await truncated.chat.completions.create({ ...question, stream: true })
    const read = async (): Promise<void> => {
      for await (const chunk of stream) expect(chunk.object).toBe("chat.completion.chunk")
    }
    await expect(read()).rejects.toThrow()
  })

  it("gets through failures by its own repetition", async () => {
    const openai = await client({ failRate: 0.5, retryAfter: 1, seed: 2, failures: ["rate-limited"] }, 10)
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => openai.chat.completions.create(question)),
    )
    expect(answers).toHaveLength(10)
    expect(server?.stats().byStatus["429"]).toBeGreaterThan(0)
  })

  it("cancels a stream that it no longer wants", async () => {
    const openai = await client({ chunkDelay: 5 })
    const stream = await openai.chat.completions.create({ ...question, stream: true })
    for await (const chunk of stream) {
      expect(chunk.choices[0]?.delta.role).toBe("assistant")
      break
    }
    while (server?.stats().abandoned !== 1) await new Promise((resolve) => setImmediate(resolve))
    expect(server.stats().inFlight).toBe(0)
  })
})
