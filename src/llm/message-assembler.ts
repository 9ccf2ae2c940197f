// Events of an Anthropic message become the message.
//
// `message_start` brings the frame, each content block comes as start, deltas and stop,
// `message_delta` brings the reason for the end and the final usage. What must stay true: the
// arguments of a tool, which come as pieces of JSON text, stay that text if they do not parse,
// as when the limit of tokens cut them.
import type { Fields } from "./fields.ts"
import { countField, fieldOf, isFields, textField } from "./fields.ts"
import type { LlmDelta } from "./llm-delta.ts"
import type { Growing } from "./merge-fields.ts"
import { mergeFields } from "./merge-fields.ts"
import type { StreamAssembler } from "./stream-assembler.ts"

/** A content block, and the JSON text of its input as far as it came. */
interface Block {
  readonly fields: Growing
  json: string
}

const NO_DELTAS: readonly LlmDelta[] = []

export class MessageAssembler implements StreamAssembler {
  /** `message_stop` came. */
  isOver = false
  /** The frame of the message; null before `message_start`. */
  #message: Growing | null = null
  /** By index. */
  readonly #blocks = new Map<number, Block>()

  get isComplete(): boolean {
    return this.#message !== null && (this.isOver || typeof this.#message["stop_reason"] === "string")
  }

  add(data: unknown): readonly LlmDelta[] {
    switch (textField(data, "type")) {
      case "message_start":
        this.#message = {}
        mergeFields(this.#message, (fieldOf(data, "message") ?? {}) as Fields)
        return NO_DELTAS
      case "content_block_start":
        return this.#startBlock(countField(data, "index", 0), fieldOf(data, "content_block"))
      case "content_block_delta":
        return this.#continueBlock(countField(data, "index", 0), fieldOf(data, "delta"))
      case "message_delta":
        this.#changeMessage(data as Fields)
        return NO_DELTAS
      case "message_stop":
        this.isOver = true
        return NO_DELTAS
      default:
        return NO_DELTAS
    }
  }

  body(): Record<string, unknown> {
    const blocks = [...this.#blocks].sort(([a], [b]) => a - b)
    const content = blocks.map(([, { fields, json }]) => {
      return json === "" ? { ...fields } : { ...fields, input: parsed(json) }
    })
    return { type: "message", role: "assistant", ...this.#message, content }
  }

  #startBlock(index: number, start: unknown): readonly LlmDelta[] {
    const block: Block = { fields: {}, json: "" }
    if (isFields(start)) mergeFields(block.fields, start)
    this.#blocks.set(index, block)
    const { type, id, name, text } = block.fields
    if (typeof text === "string" && text !== "") return [{ kind: "text", text, choice: 0 }]
    if (type !== "tool_use" || typeof id !== "string" || typeof name !== "string") return NO_DELTAS
    return [{ kind: "tool-call", text: "", choice: 0, call: { index, id, name } }]
  }

  #continueBlock(index: number, delta: unknown): readonly LlmDelta[] {
    const block = this.#blocks.get(index)
    if (block === undefined || !isFields(delta)) return NO_DELTAS
    const { type, partial_json: json, citation, ...pieces } = delta
    if (typeof json === "string") {
      block.json += json
      return json === "" ? NO_DELTAS : [{ kind: "tool-call", text: json, choice: 0, call: { index } }]
    }
    if (citation !== undefined) mergeFields(block.fields, { citations: [citation] })
    mergeFields(block.fields, pieces)
    const kind = type === "text_delta" ? "text" : type === "thinking_delta" ? "reasoning" : null
    if (kind === null) return NO_DELTAS
    const text = textField(delta, kind === "text" ? "text" : "thinking")
    return text === "" ? NO_DELTAS : [{ kind, text, choice: 0 }]
  }

  /** The end of the message, and its usage, which counts from the beginning. */
  #changeMessage({ delta, usage, type: _type, ...rest }: Fields): void {
    const message = (this.#message ??= {})
    Object.assign(message, rest, delta)
    if (!isFields(usage)) return
    const known = Object.entries(usage).filter(([, value]) => value !== null)
    message["usage"] = { ...(message["usage"] as Fields | undefined), ...Object.fromEntries(known) }
  }
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return json
  }
}
