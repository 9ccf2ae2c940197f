// A chat answer as server-sent events.
//
// The order is the hosted service's: a chunk with the role, one chunk per token, a chunk with the
// reason for the end, then, when the client asked for it, a chunk without choices that carries
// `usage`, then `[DONE]`. A client that asked for usage sees `usage: null` on all other chunks.
// Several choices are sent in turn, one after the other.
import type { ChatRequest } from "./mock-request.ts"
import type { MockAnswer, MockChoice } from "./mock-answers.ts"
import { CREATED, FINGERPRINT } from "./mock-answers.ts"

/** The events of an answer, each ready to be written. */
export function* mockStream(
  answer: MockAnswer,
  { includeUsage }: ChatRequest,
): Generator<string, void, void> {
  const head =
    `data: {"id":${JSON.stringify(answer.id)},"object":"chat.completion.chunk","created":${CREATED},` +
    `"model":${JSON.stringify(answer.model)},"system_fingerprint":"${FINGERPRINT}","choices":`
  const tail = includeUsage ? `,"usage":null}\n\n` : "}\n\n"
  for (const [index, choice] of answer.choices.entries()) {
    yield `${head}${chunkChoice(index, firstDelta(choice))}${tail}`
    for (const token of choice.tokens) {
      const text = JSON.stringify(token)
      const delta =
        choice.tool === null
          ? `{"content":${text}}`
          : `{"tool_calls":[{"index":0,"function":{"arguments":${text}}}]}`
      yield `${head}${chunkChoice(index, delta)}${tail}`
    }
    yield `${head}${chunkChoice(index, "{}", choice.finishReason)}${tail}`
  }
  if (includeUsage) yield `${head}[],"usage":${JSON.stringify(answer.usage)}}\n\n`
  yield "data: [DONE]\n\n"
}

function firstDelta({ tool }: MockChoice): string {
  if (tool === null) return `{"role":"assistant","content":"","refusal":null}`
  const called = JSON.stringify({ name: tool.name, arguments: "" })
  const call = `{"index":0,"id":${JSON.stringify(tool.id)},"type":"function","function":${called}}`
  return `{"role":"assistant","content":null,"refusal":null,"tool_calls":[${call}]}`
}

function chunkChoice(index: number, delta: string, finishReason: string | null = null): string {
  return `[{"index":${index},"delta":${delta},"logprobs":null,"finish_reason":${JSON.stringify(finishReason)}}]`
}
