// Events of the Responses API become the response.
//
// The last event brings the whole response, so there is nothing to concatenate; the pieces are
// only handed on. What came before a stream broke off is kept by output item, each whole or not at
// all. What must stay true: `response.incomplete` is an end like `response.completed`: the answer
// says itself why it is short.
import { countField, fieldOf, isFields, textField } from "./fields.ts"
import type { LlmDelta, LlmDeltaKind } from "./llm-delta.ts"
import type { StreamAssembler } from "./stream-assembler.ts"

const KINDS: Readonly<Record<string, LlmDeltaKind | undefined>> = {
  "response.output_text.delta": "text",
  "response.refusal.delta": "refusal",
  "response.reasoning_text.delta": "reasoning",
  "response.reasoning_summary_text.delta": "reasoning",
  "response.function_call_arguments.delta": "tool-call",
}

export class ResponseAssembler implements StreamAssembler {
  isOver = false
  isComplete = false
  /** The newest state of the response; only the last one has an output. */
  #response: Record<string, unknown> = {}
  /** Output items that are whole, by their place. */
  readonly #items = new Map<number, unknown>()

  add(data: unknown): readonly LlmDelta[] {
    const type = textField(data, "type")
    const response = fieldOf(data, "response")
    if (isFields(response)) this.#response = response
    if (type === "response.completed" || type === "response.incomplete") this.isOver = this.isComplete = true
    const place = countField(data, "output_index", 0)
    if (type === "response.output_item.done") this.#items.set(place, fieldOf(data, "item"))
    if (type === "response.output_item.added") return callOf(fieldOf(data, "item"), place)
    const kind = KINDS[type]
    const text = textField(data, "delta")
    if (kind === undefined || text === "") return []
    return [{ kind, text, choice: 0, ...(kind === "tool-call" ? { call: { index: place } } : {}) }]
  }

  body(): Record<string, unknown> {
    if (this.isComplete) return this.#response
    const items = [...this.#items].sort(([a], [b]) => a - b).map(([, item]) => item)
    return { object: "response", ...this.#response, output: items }
  }
}

function callOf(item: unknown, index: number): readonly LlmDelta[] {
  if (textField(item, "type") !== "function_call") return []
  const call = { index, id: textField(item, "call_id"), name: textField(item, "name") }
  return [{ kind: "tool-call", text: "", choice: 0, call }]
}
