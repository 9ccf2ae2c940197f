import { expect, it } from "vitest"
import { llmApis } from "../../src/llm/llm-api.ts"

const request = { model: "m", messages: [{ role: "user", content: "?" }], maxTokens: 5 }

it("the hosted service gets the new name of the limit, and is asked not to pad its streams", () => {
  expect(llmApis.openai.body(request, true, "api.openai.com")).toEqual({
    model: "m",
    messages: request.messages,
    max_completion_tokens: 5,
    stream: true,
    stream_options: { include_usage: true, include_obfuscation: false },
  })
  expect(llmApis.openai.body(request, true, "localhost:8080")).toEqual({
    model: "m",
    messages: request.messages,
    max_tokens: 5,
    stream: true,
    stream_options: { include_usage: true },
  })
})

it("fields of the caller win, also over the stream's own", () => {
  const body = { stream_options: { include_usage: false }, max_tokens: 7 }
  expect(llmApis.openai.body({ ...request, body }, true, "h")).toMatchObject(body)
  expect(llmApis.anthropic.body({ ...request, body: { max_tokens: 7 } }, true, "h")).toMatchObject({
    max_tokens: 7,
    stream: true,
  })
})
