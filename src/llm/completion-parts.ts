// What programs want to know of a body, whichever server it came from.
//
// Three forms: chat completion (and text completion), Anthropic's message, response of the
// Responses API. Only the first choice is looked at; the others are in the body. What must stay
// true: a field that a server left out is "", null or an empty list, never an error.
import { completionUsage, type LlmUsage } from "./completion-usage.ts"
import type { Fields } from "./fields.ts"
import { fieldOf, listField, textField } from "./fields.ts"

/** A tool that the model wants called. */
export interface LlmToolCall {
  readonly id: string
  readonly name: string
  /** JSON, as the model wrote it: it need not be valid. */
  readonly arguments: string
}

/** The parts of a body. */
export interface CompletionParts {
  /** Text of the first choice. */
  readonly content: string
  /** What a model that thinks aloud thought; "" if nothing. */
  readonly reasoning: string
  /** Why the model refused to answer, or null. */
  readonly refusal: string | null
  readonly toolCalls: readonly LlmToolCall[]
  /** Why the answer ended, in the server's own words: `stop`, `length`, `end_turn`, `tool_use`, …; null if it did not say. */
  readonly finishReason: string | null
  /** Null if the server did not count. */
  readonly usage: LlmUsage | null
  readonly id: string
  readonly model: string
}

/** Takes a body apart. */
export function completionParts(body: unknown): CompletionParts {
  const form = textField(body, "type") === "message" ? ofMessage(body) : ofChoice(body)
  const parts = textField(body, "object") === "response" ? ofResponse(body) : form
  return {
    ...parts,
    usage: completionUsage(body),
    id: textField(body, "id"),
    model: textField(body, "model"),
  }
}

/** Whether a parsed body is an answer at all. */
export function isCompletion(body: unknown): boolean {
  return ["choices", "content", "output"].some((name) => Array.isArray(fieldOf(body, name)))
}

type Form = Omit<CompletionParts, "usage" | "id" | "model">

function ofChoice(body: unknown): Form {
  const choices = listField(body, "choices")
  const choice = choices.find((one) => one["index"] === 0) ?? choices[0]
  const message = fieldOf(choice, "message")
  return {
    content: textOf(message, "content") || textField(choice, "text"),
    reasoning: textOf(message, "reasoning_content") || textField(message, "reasoning"),
    refusal: textField(message, "refusal") || null,
    toolCalls: listField(message, "tool_calls").map((call) => {
      const called = fieldOf(call, "function")
      return {
        id: textField(call, "id"),
        name: textField(called, "name"),
        arguments: textField(called, "arguments"),
      }
    }),
    finishReason: textField(choice, "finish_reason") || null,
  }
}

function ofMessage(body: unknown): Form {
  const blocks = listField(body, "content")
  return {
    content: joined(blocks, "text", "text"),
    reasoning: joined(blocks, "thinking", "thinking"),
    refusal: null,
    toolCalls: blocks.filter(isToolUse).map((block) => {
      const { input } = block
      const text = typeof input === "string" ? input : JSON.stringify(input ?? {})
      return { id: textField(block, "id"), name: textField(block, "name"), arguments: text }
    }),
    finishReason: textField(body, "stop_reason") || null,
  }
}

function ofResponse(body: unknown): Form {
  const items = listField(body, "output")
  const messages = items
    .filter(({ type }) => type === "message")
    .flatMap((item) => listField(item, "content"))
  const thoughts = items
    .filter(({ type }) => type === "reasoning")
    .flatMap((item) => listField(item, "summary"))
  return {
    content: joined(messages, "output_text", "text"),
    reasoning: joined(thoughts, "summary_text", "text"),
    refusal: joined(messages, "refusal", "refusal") || null,
    toolCalls: items
      .filter(({ type }) => type === "function_call")
      .map((item) => ({
        id: textField(item, "call_id"),
        name: textField(item, "name"),
        arguments: textField(item, "arguments"),
      })),
    finishReason:
      textField(fieldOf(body, "incomplete_details"), "reason") || textField(body, "status") || null,
  }
}

function isToolUse({ type }: Fields): boolean {
  return type === "tool_use"
}

/** A field that is a text, or a list of parts with texts in them. */
function textOf(message: unknown, name: string): string {
  return textField(message, name) || joined(listField(message, name), "text", "text")
}

function joined(parts: readonly Fields[], type: string, field: string): string {
  return parts
    .filter((part) => part["type"] === type)
    .map((part) => textField(part, field))
    .join("")
}
