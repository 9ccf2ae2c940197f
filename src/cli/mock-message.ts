// An answer in the form of Anthropic's messages, whole and as events.
//
// The same words as a chat completion with the same model and prompt would have: only the wrapping
// differs. What must stay true: the events, put together, are the whole message.
import type { MockAnswer, MockChoice } from "./mock-answers.ts"

const REASONS = { stop: "end_turn", length: "max_tokens", tool_calls: "tool_use" } as const

/** The body of an answer that is not streamed. */
export function mockMessageBody(answer: MockAnswer): string {
  const choice = answer.choices[0] as MockChoice
  const { prompt_tokens: input, completion_tokens: output } = answer.usage
  return JSON.stringify({
    ...frame(answer),
    content: [{ ...blockOf(choice), ...contentOf(choice) }],
    stop_reason: REASONS[choice.finishReason],
    usage: { input_tokens: input, output_tokens: output },
  })
}

/** The events of an answer, each ready to be written; as many of them bring content as there are tokens. */
export function* mockMessageStream(answer: MockAnswer): Generator<string, void, void> {
  const choice = answer.choices[0] as MockChoice
  const usage = { input_tokens: answer.usage.prompt_tokens, output_tokens: 1 }
  yield messageEvent("message_start", { message: { ...frame(answer), usage } })
  yield messageEvent("content_block_start", { index: 0, content_block: blockOf(choice) })
  for (const token of choice.tokens) {
    const delta =
      choice.tool === null
        ? { type: "text_delta", text: token }
        : { type: "input_json_delta", partial_json: token }
    yield messageEvent("content_block_delta", { index: 0, delta })
  }
  yield messageEvent("content_block_stop", { index: 0 })
  yield messageEvent("message_delta", {
    delta: { stop_reason: REASONS[choice.finishReason], stop_sequence: null },
    usage: { output_tokens: answer.usage.completion_tokens },
  })
  yield messageEvent("message_stop", {})
}

export function messageEvent(type: string, fields: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`
}

function frame({ id, model }: MockAnswer): object {
  return {
    id: id.replace("chatcmpl-", "msg_"),
    type: "message",
    role: "assistant",
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
  }
}

/** A content block as it begins. */
function blockOf({ tool }: MockChoice): object {
  if (tool === null) return { type: "text", text: "" }
  return { type: "tool_use", id: tool.id, name: tool.name, input: {} }
}

function contentOf({ tool, tokens, finishReason }: MockChoice): object {
  const text = tokens.join("")
  if (tool === null) return { text }
  return finishReason === "length" ? {} : { input: JSON.parse(text) as unknown }
}
