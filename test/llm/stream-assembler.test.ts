import { describe, expect, it } from "vitest"
import { assemblerFor } from "../../src/llm/assembler-for.ts"
import { mergeFields } from "../../src/llm/merge-fields.ts"
import { completionParts } from "../../src/llm/completion-parts.ts"

const chunk = (delta: object, more: object = {}): object => ({
  id: "1",
  choices: [{ index: 0, delta, ...more }],
})

describe("a chat completion", () => {
  it("calls of tools without numbers go by their id", () => {
    const assembler = assemblerFor("/v1/chat/completions")
    const call = (id: string | undefined, name: string | undefined, text: string): object =>
      chunk({ tool_calls: [{ ...(id === undefined ? {} : { id }), function: { name, arguments: text } }] })
    assembler.add(call("a", "find", '{"x"'))
    assembler.add(call(undefined, undefined, ":1}"))
    assembler.add(call("b", "open", "{"))
    assembler.add(call("b", undefined, "}"))
    assembler.add(chunk({}, { finish_reason: "tool_calls" }))
    expect(completionParts(assembler.body()).toolCalls).toEqual([
      { id: "a", name: "find", arguments: '{"x":1}' },
      { id: "b", name: "open", arguments: "{}" },
    ])
  })

  it("ids and names that come with every piece are not repeated", () => {
    const assembler = assemblerFor("/v1/chat/completions")
    for (const text of ["{", "}"]) {
      const piece = { index: 0, id: "a", type: "function", function: { name: "find", arguments: text } }
      assembler.add(chunk({ role: "assistant", tool_calls: [piece] }))
    }
    expect(assembler.body()["choices"]).toMatchObject([
      {
        message: {
          role: "assistant",
          tool_calls: [{ id: "a", type: "function", function: { name: "find", arguments: "{}" } }],
        },
      },
    ])
  })

  it("fields that nobody has described come out whole", () => {
    const assembler = assemblerFor("/v1/chat/completions")
    assembler.add(
      chunk({ audio: { id: "x", data: "AA" }, reasoning_details: [{ index: 0, type: "t", text: "a" }] }),
    )
    assembler.add(chunk({ audio: { data: "BB" }, reasoning_details: [{ index: 0, type: "t", text: "b" }] }))
    expect(assembler.body()["choices"]).toMatchObject([
      {
        message: {
          audio: { id: "x", data: "AABB" },
          reasoning_details: [{ index: 0, type: "t", text: "ab" }],
        },
      },
    ])
  })

  it("a text completion is one as well", () => {
    const assembler = assemblerFor("/v1/completions")
    const piece = (text: string, reason: string | null): object => ({
      id: "cmpl-1",
      object: "text_completion",
      choices: [{ index: 0, text, logprobs: { tokens: [text] }, finish_reason: reason }],
    })
    expect(assembler.add(piece("One", null))).toEqual([{ kind: "text", text: "One", choice: 0 }])
    assembler.add(piece(" two", "stop"))
    expect(assembler.isComplete).toBe(true)
    expect(assembler.body()).toMatchObject({
      object: "text_completion",
      choices: [{ index: 0, text: "One two", logprobs: { tokens: ["One", " two"] }, finish_reason: "stop" }],
    })
    expect(completionParts(assembler.body()).content).toBe("One two")
  })

  it("is not complete before every choice is, or the last word", () => {
    const assembler = assemblerFor("/v1/chat/completions", 2)
    assembler.add(chunk({ content: "a" }, { finish_reason: "stop" }))
    expect(assembler.isComplete).toBe(false)
    assembler.isOver = true
    expect(assembler.isComplete).toBe(true)
  })
})

describe("a response", () => {
  const output = [
    { type: "reasoning", summary: [{ type: "summary_text", text: "hm" }] },
    { type: "message", content: [{ type: "output_text", text: "Hello" }] },
    { type: "function_call", call_id: "c", name: "find", arguments: "{}" },
  ]

  it("is what its last event says", () => {
    const assembler = assemblerFor("/v1/responses?x=1")
    assembler.add({
      type: "response.created",
      response: { id: "r", object: "response", status: "in_progress", output: [] },
    })
    const text = { type: "response.output_text.delta", output_index: 1, delta: "Hello" }
    expect(assembler.add(text)).toEqual([{ kind: "text", text: "Hello", choice: 0 }])
    const added = { type: "response.output_item.added", output_index: 2, item: output[2] }
    expect(assembler.add(added)).toMatchObject([
      { kind: "tool-call", call: { index: 2, id: "c", name: "find" } },
    ])
    assembler.add({ type: "response.output_item.done", output_index: 1, item: output[1] })
    expect(assembler.isComplete).toBe(false)
    expect(assembler.body()).toMatchObject({ id: "r", output: [output[1]] })
    const usage = { input_tokens: 3, output_tokens: 1 }
    const whole = { id: "r", object: "response", status: "completed", model: "m", output, usage }
    assembler.add({ type: "response.completed", response: whole })
    expect(assembler.isOver).toBe(true)
    expect(assembler.body()).toEqual(whole)
    expect(completionParts(whole)).toEqual({
      content: "Hello",
      reasoning: "hm",
      refusal: null,
      toolCalls: [{ id: "c", name: "find", arguments: "{}" }],
      finishReason: "completed",
      usage: { input: 3, output: 1, cachedInput: 0, cacheWrites: 0, hourlyCacheWrites: 0, reasoning: 0 },
      id: "r",
      model: "m",
    })
  })

  it("that is incomplete has ended too, and says why", () => {
    const assembler = assemblerFor("/v1/responses")
    const response = {
      object: "response",
      status: "incomplete",
      incomplete_details: { reason: "max_output_tokens" },
    }
    assembler.add({ type: "response.incomplete", response })
    expect(assembler.isComplete).toBe(true)
    expect(completionParts(assembler.body()).finishReason).toBe("max_output_tokens")
  })
})

describe("a message", () => {
  it("whose arguments were cut keeps them as text", () => {
    const assembler = assemblerFor("/v1/messages")
    assembler.add({ type: "message_start", message: { id: "m", type: "message", content: [] } })
    const tool = { type: "tool_use", id: "t", name: "find", input: {} }
    assembler.add({ type: "content_block_start", index: 0, content_block: tool })
    assembler.add({
      type: "content_block_delta",
      index: 0,
      delta: { type: "input_json_delta", partial_json: '{"q"' },
    })
    assembler.add({
      type: "message_delta",
      delta: { stop_reason: "max_tokens" },
      usage: { output_tokens: 9 },
    })
    expect(assembler.isComplete).toBe(true)
    expect(completionParts(assembler.body()).toolCalls).toEqual([
      { id: "t", name: "find", arguments: '{"q"' },
    ])
  })

  it("keeps citations", () => {
    const assembler = assemblerFor("/v1/messages")
    assembler.add({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } })
    for (const page of [1, 2]) {
      assembler.add({
        type: "content_block_delta",
        index: 0,
        delta: { type: "citations_delta", citation: { page } },
      })
    }
    expect(assembler.body()["content"]).toEqual([
      { type: "text", text: "", citations: [{ page: 1 }, { page: 2 }] },
    ])
  })
})

it("mergeFields() reaches nothing beyond the object, and keeps what it was given as it was", () => {
  const piece = JSON.parse(
    '{"__proto__": {"stolen": true}, "constructor": {"a": "1"}, "list": [{"index": 0, "t": "a"}]}',
  ) as object
  const target: Record<string, unknown> = {}
  mergeFields(target, piece as Record<string, unknown>)
  mergeFields(target, piece as Record<string, unknown>)
  expect(({} as { stolen?: boolean }).stolen).toBeUndefined()
  expect(target).toEqual({ constructor: { a: "11" }, list: [{ index: 0, t: "aa" }] })
  expect((piece as { list: unknown[] }).list).toEqual([{ index: 0, t: "a" }])
})
