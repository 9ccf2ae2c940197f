// The official client of the hosted service, against the mock.
import Anthropic, {
  APIConnectionError,
  APIError,
  AuthenticationError,
  BadRequestError,
  NotFoundError,
  RateLimitError,
} from "@anthropic-ai/sdk"
import { afterEach, describe, expect, it } from "vitest"
import type { MockOptions } from "../../src/cli/mock-options.ts"
import type { MockServer } from "../../src/cli/mock-server.ts"
import { startMockServer } from "../../src/cli/mock-server.ts"
import { chatBody, post, until } from "./mock-client.ts"

let server: MockServer | null = null

async function client(options: MockOptions = {}, maxRetries = 0): Promise<Anthropic> {
  await server?.close()
  server = await startMockServer(options)
  return new Anthropic({ baseURL: server.url, apiKey: "sk-test", maxRetries })
}

afterEach(async () => {
  await server?.close()
  server = null
})

const question = {
  model: "mock-small",
  max_tokens: 100,
  messages: [{ role: "user" as const, content: "Why is the sky blue?" }],
}
const tool = {
  name: "look_up",
  input_schema: {
    type: "object" as const,
    properties: { query: { type: "string" }, limit: { type: "integer" } },
  },
}
const calling = { ...question, tools: [tool], tool_choice: { type: "any" as const } }

async function failureOf(work: () => PromiseLike<unknown>): Promise<unknown> {
  return await work().then(
    () => null,
    (error: unknown) => error,
  )
}

describe("the @anthropic-ai/sdk package", () => {
  it("gets a message, with the words of the chat completion for the same prompt", async () => {
    const anthropic = await client({ apiKey: "sk-test" })
    const message = await anthropic.messages.create(question)
    expect(message).toMatchObject({
      type: "message",
      role: "assistant",
      stop_reason: "end_turn",
      model: "mock-small",
    })
    expect(message.usage.output_tokens).toBeGreaterThan(0)
    expect(message._request_id).toMatch(/^req_/)
    const headers = { authorization: "Bearer sk-test" }
    const chat = await post(
      server?.url ?? "",
      "/v1/chat/completions",
      chatBody("Why is the sky blue?"),
      headers,
    )
    const { choices } = chat.json as { choices: { message: { content: string } }[] }
    expect(message.content).toEqual([{ type: "text", text: choices[0]?.message.content }])
  })

  it("streams the same message, one event per token", async () => {
    const anthropic = await client()
    const { usage, ...whole } = await anthropic.messages.create(question)
    const pieces: string[] = []
    const stream = anthropic.messages.stream(question).on("text", (text) => pieces.push(text))
    const { usage: streamed, ...message } = await stream.finalMessage()
    expect(message).toMatchObject(whole)
    expect(streamed).toMatchObject(usage)
    expect(pieces).toHaveLength(usage.output_tokens)
  })

  it("calls a tool when it must, whole and streamed alike", async () => {
    const anthropic = await client()
    const whole = await anthropic.messages.create(calling)
    const streamed = await anthropic.messages.stream(calling).finalMessage()
    expect(whole.stop_reason).toBe("tool_use")
    expect(whole.content).toMatchObject([
      {
        type: "tool_use",
        name: "look_up",
        input: { query: expect.any(String) as string, limit: expect.any(Number) as number },
      },
    ])
    expect(streamed.content).toEqual(whole.content)
    const free = await anthropic.messages.create({ ...calling, tool_choice: { type: "auto" } })
    expect(free.content[0]?.type).toBe("text")
  })

  it("max_tokens cuts the message and says so", async () => {
    const anthropic = await client()
    const message = await anthropic.messages.create({ ...question, max_tokens: 3 })
    expect(message).toMatchObject({ stop_reason: "max_tokens", usage: { output_tokens: 3 } })
  })

  it("makes its own errors of ours", async () => {
    const wrong = await client({ apiKey: "sk-other" })
    expect(await failureOf(() => wrong.messages.create(question))).toBeInstanceOf(AuthenticationError)
    const unknown = await client({ models: ["other"] })
    const missing = await failureOf(() => unknown.messages.create(question))
    expect(missing).toBeInstanceOf(NotFoundError)
    expect(missing).toMatchObject({
      error: { type: "error", error: { type: "not_found_error" } },
      requestID: expect.stringMatching(/^req_/) as string,
    })
    const bad = await failureOf(() => unknown.messages.create({ ...question, messages: [] }))
    expect(bad).toBeInstanceOf(BadRequestError)
    const { max_tokens: _, ...unlimited } = question
    const answer = await post(server?.url ?? "", "/v1/messages", unlimited)
    expect(answer.json).toEqual({
      type: "error",
      error: { type: "invalid_request_error", message: "max_tokens: Field required" },
    })
  })

  it("sees a real 429 with the limits in its words, and waits as told", async () => {
    const anthropic = await client({ rpm: 600, burst: 100 })
    const first = await anthropic.messages.create(question).asResponse()
    expect(first.headers.get("anthropic-ratelimit-requests-limit")).toBe("600")
    expect(first.headers.get("anthropic-ratelimit-requests-reset")).toMatch(/^\d{4}-\d\d-\d\dT[\d:]+Z$/)
    const refused = await failureOf(() => anthropic.messages.create(question))
    expect(refused).toBeInstanceOf(RateLimitError)
    expect(refused).toMatchObject({ error: { error: { type: "rate_limit_error" } } })
    const patient = anthropic.withOptions({ maxRetries: 3 })
    expect((await patient.messages.create(question)).type).toBe("message")
  })

  it("sees an overload in the middle of a stream, and a stream that breaks off", async () => {
    const overloaded = await client({ failRate: 1, failures: ["stream-error"] })
    const pieces: string[] = []
    const error = await failureOf(() =>
      overloaded.messages
        .stream(question)
        .on("text", (text) => pieces.push(text))
        .finalMessage(),
    )
    expect(error).toBeInstanceOf(APIError)
    expect(String(error)).toContain("overloaded_error")
    expect(pieces.length).toBeGreaterThan(0)
    const truncated = await client({ failRate: 1, failures: ["truncated"] })
    expect(await failureOf(() => truncated.messages.stream(question).finalMessage())).toBeInstanceOf(Error)
    const reset = await client({ failRate: 1, failures: ["reset"] })
    expect(await failureOf(() => reset.messages.create(question))).toBeInstanceOf(APIConnectionError)
  })

  it("is not disturbed by pings", async () => {
    // Long beside the pause between two pings, so that there are some on a machine that stalls, too.
    const anthropic = await client({ latency: 300, keepAlive: 5 })
    const response = await anthropic.messages.create({ ...question, stream: true }).asResponse()
    expect((await response.text()).match(/^event: ping$/gm)?.length).toBeGreaterThan(1)
    const message = await anthropic.messages.stream(question).finalMessage()
    expect(message.stop_reason).toBe("end_turn")
  })

  it("leaves a stream that has stalled", async () => {
    const anthropic = await client({ failRate: 1, failures: ["stalled"], keepAlive: 5 })
    const stream = anthropic.messages.stream(question)
    for await (const event of stream) if (event.type === "content_block_delta") break
    await until(() => server?.stats().inFlight === 0)
    expect(server?.stats()).toMatchObject({ injected: { stalled: 1 }, answered: 0 })
  })
})
