// Streams as servers send them, byte by byte, and the ordinary bodies they stand for.
//
// Not from our mock: line ends, comments, order and extra fields are those of several servers.

export interface RecordedStream {
  readonly name: string
  readonly path: "/v1/chat/completions" | "/v1/messages"
  readonly bytes: Buffer
  readonly body: unknown
  /** Text of the first choice. */
  readonly content: string
}

const chunk = (choices: unknown[], more: object = {}): object => ({
  id: "chatcmpl-1",
  object: "chat.completion.chunk",
  created: 1_767_225_600,
  model: "some-model",
  system_fingerprint: "fp_1",
  choices,
  usage: null,
  ...more,
})
const delta = (fields: object, more: object = {}, index = 0): object => ({
  index,
  delta: fields,
  logprobs: null,
  finish_reason: null,
  ...more,
})
const data = (value: unknown, end = "\n"): string => `data: ${JSON.stringify(value)}${end}${end}`
const event = (value: { type: string }): string => `event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`
const frame = { id: "chatcmpl-1", object: "chat.completion", created: 1_767_225_600, model: "some-model" }
const usage = { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 }

const text: RecordedStream = {
  name: "text with characters of two to four bytes, a filter's chunk first, usage last",
  path: "/v1/chat/completions",
  bytes: Buffer.from(
    "\ufeff: PROCESSING\n\n" +
      data({
        id: "",
        object: "",
        created: 0,
        model: "",
        choices: [],
        prompt_filter_results: [{ safe: true }],
      }) +
      data(chunk([delta({ role: "assistant", content: "", refusal: null })])) +
      data(chunk([delta({ content: "Grüße" })]), "\r\n") +
      ": keep-alive\r\n\r\n" +
      data(chunk([delta({ content: " 🌻\n" })]), "\r") +
      'data: {"id":"chatcmpl-1","object":"chat.completion.chunk",\ndata: "choices":[{"index":0,"delta":{"content":"日本"}}]}\n\n' +
      data(chunk([delta({}, { finish_reason: "stop" })], { obfuscation: "xyz" })) +
      data(chunk([], { usage })) +
      "data: [DONE]\n\n",
  ),
  body: {
    ...frame,
    choices: [
      {
        index: 0,
        message: { role: "assistant", content: "Grüße 🌻\n日本", refusal: null },
        logprobs: null,
        finish_reason: "stop",
      },
    ],
    usage,
    system_fingerprint: "fp_1",
    prompt_filter_results: [{ safe: true }],
  },
  content: "Grüße 🌻\n日本",
}

const call = (index: number, fields: object): object => ({ index, ...fields })
const tools: RecordedStream = {
  name: "two calls of tools whose arguments take turns, no empty line at the end",
  path: "/v1/chat/completions",
  bytes: Buffer.from(
    data(
      chunk([
        delta({
          role: "assistant",
          content: null,
          tool_calls: [call(0, { id: "a", type: "function", function: { name: "find", arguments: "" } })],
        }),
      ]),
    ) +
      data(chunk([delta({ tool_calls: [call(0, { function: { arguments: '{"q":' } })] })])) +
      data(
        chunk([
          delta({
            tool_calls: [
              call(1, { id: "b", type: "function", function: { name: "open", arguments: '{"url' } }),
              call(0, { function: { arguments: '"ü"}' } }),
            ],
          }),
        ]),
      ) +
      data(chunk([delta({ tool_calls: [call(1, { function: { arguments: '":1}' } })] })])) +
      data(chunk([delta({}, { finish_reason: "tool_calls" })])) +
      "data: [DONE]",
  ),
  body: {
    ...frame,
    choices: [
      {
        index: 0,
        message: {
          role: "assistant",
          content: null,
          refusal: null,
          tool_calls: [
            { id: "a", type: "function", function: { name: "find", arguments: '{"q":"ü"}' } },
            { id: "b", type: "function", function: { name: "open", arguments: '{"url":1}' } },
          ],
        },
        logprobs: null,
        finish_reason: "tool_calls",
      },
    ],
    usage: null,
    system_fingerprint: "fp_1",
  },
  content: "",
}

const token = (text: string): object => ({ token: text, logprob: -0.5, bytes: null, top_logprobs: [] })
const choices: RecordedStream = {
  name: "two choices in turn, with logprobs, reasoning and a refusal; the connection just ends",
  path: "/v1/chat/completions",
  bytes: Buffer.from(
    data(chunk([delta({ role: "assistant", content: "", reasoning_content: "hm" }, {}, 1)])) +
      data(
        chunk([
          delta({ role: "assistant", content: "A" }, { logprobs: { content: [token("A")], refusal: null } }),
        ]),
      ) +
      data(
        chunk([
          delta({ reasoning_content: "m…" }, {}, 1),
          delta({ content: "B" }, { logprobs: { content: [token("B")] } }),
        ]),
      ) +
      data(chunk([delta({ refusal: "I can" }, {}, 1)])) +
      data(chunk([delta({ refusal: "not" }, { finish_reason: "stop" }, 1)])) +
      data(chunk([delta({}, { finish_reason: "length" })])),
  ),
  body: {
    ...frame,
    choices: [
      {
        index: 0,
        message: { role: "assistant", content: "AB", refusal: null },
        logprobs: { content: [token("A"), token("B")], refusal: null },
        finish_reason: "length",
      },
      {
        index: 1,
        message: { role: "assistant", content: "", refusal: "I cannot", reasoning_content: "hmm…" },
        logprobs: null,
        finish_reason: "stop",
      },
    ],
    usage: null,
    system_fingerprint: "fp_1",
  },
  content: "AB",
}

const message: RecordedStream = {
  name: "an Anthropic message that thinks, speaks and calls a tool",
  path: "/v1/messages",
  bytes: Buffer.from(
    event({
      type: "message_start",
      message: {
        id: "msg_1",
        type: "message",
        role: "assistant",
        model: "some-model",
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: { input_tokens: 12, cache_read_input_tokens: 3, output_tokens: 1 },
      },
    } as { type: string }) +
      block(0, { type: "thinking", thinking: "", signature: "" }) +
      event({ type: "ping" }) +
      change(0, { type: "thinking_delta", thinking: "Let me " }) +
      change(0, { type: "thinking_delta", thinking: "see…" }) +
      change(0, { type: "signature_delta", signature: "c2ln" }) +
      stop(0) +
      block(1, { type: "text", text: "" }) +
      change(1, { type: "text_delta", text: "Grüße" }) +
      change(1, { type: "text_delta", text: " 🌻" }) +
      stop(1) +
      block(2, { type: "tool_use", id: "toolu_1", name: "find", input: {} }) +
      change(2, { type: "input_json_delta", partial_json: "" }) +
      change(2, { type: "input_json_delta", partial_json: '{"q": "日' }) +
      change(2, { type: "input_json_delta", partial_json: '本"}' }) +
      stop(2) +
      event({
        type: "message_delta",
        delta: { stop_reason: "tool_use", stop_sequence: null },
        usage: { output_tokens: 42 },
      } as { type: string }) +
      event({ type: "message_stop" }),
  ),
  body: {
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: "some-model",
    content: [
      { type: "thinking", thinking: "Let me see…", signature: "c2ln" },
      { type: "text", text: "Grüße 🌻" },
      { type: "tool_use", id: "toolu_1", name: "find", input: { q: "日本" } },
    ],
    stop_reason: "tool_use",
    stop_sequence: null,
    usage: { input_tokens: 12, cache_read_input_tokens: 3, output_tokens: 42 },
  },
  content: "Grüße 🌻",
}

function block(index: number, content: object): string {
  return event({ type: "content_block_start", index, content_block: content } as { type: string })
}
function change(index: number, piece: object): string {
  return event({ type: "content_block_delta", index, delta: piece } as { type: string })
}
function stop(index: number): string {
  return event({ type: "content_block_stop", index } as { type: string })
}

export const recordedStreams: readonly RecordedStream[] = [text, tools, choices, message]
