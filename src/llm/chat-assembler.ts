// Chunks of a chat completion (or of a text completion) become one.
//
// Choices are told apart by their index and may come in any order, also none at all in a chunk:
// content filters send such a chunk first, usage comes in such a chunk last. What must stay true:
// a text is concatenated exactly once, whatever fields stand around it.
import type { Fields } from "./fields.ts"
import { countField, fieldOf, isFields, listField, textField } from "./fields.ts"
import type { LlmDelta, LlmDeltaKind } from "./llm-delta.ts"
import type { Growing } from "./merge-fields.ts"
import { mergeFields } from "./merge-fields.ts"
import type { StreamAssembler } from "./stream-assembler.ts"

export class ChatAssembler implements StreamAssembler {
  /** Set from outside when `[DONE]` came. */
  isOver = false
  /** Choices that were asked for; a choice may not have begun when another is finished. */
  readonly #expected: number
  /** Fields beside `choices`: the last value of each that was not null. */
  readonly #head: Growing = {}
  /** By index; each becomes a choice of the body. */
  readonly #choices = new Map<number, Growing>()

  constructor(expected: number) {
    this.#expected = expected
  }

  get isComplete(): boolean {
    if (this.#choices.size === 0) return false
    if (this.isOver) return true
    if (this.#choices.size < this.#expected) return false
    for (const choice of this.#choices.values()) if (fieldOf(choice, "finish_reason") === null) return false
    return true
  }

  add(data: unknown): readonly LlmDelta[] {
    for (const [name, value] of Object.entries(data ?? {})) {
      if (name === "choices" || name === "obfuscation" || name === "__proto__") continue
      if (value !== null && value !== undefined) this.#head[name] = value
      else if (!Object.hasOwn(this.#head, name)) this.#head[name] = null
    }
    const deltas: LlmDelta[] = []
    for (const chunk of listField(data, "choices")) this.#addChoice(chunk, deltas)
    return deltas
  }

  body(): Record<string, unknown> {
    const { id = null, object, created = null, model = null, usage = null, ...rest } = this.#head
    const choices = [...this.#choices.values()].sort((a, b) => indexOf(a) - indexOf(b)).map(ordinary)
    return {
      id,
      object: typeof object === "string" ? object.replace(/\.chunk$/, "") : "chat.completion",
      created,
      model,
      choices,
      usage,
      ...rest,
    }
  }

  #addChoice(chunk: Fields, deltas: LlmDelta[]): void {
    const index = indexOf(chunk)
    const { delta: given, text, finish_reason: reason, logprobs, ...rest } = chunk
    const delta = isFields(given) ? given : {}
    const isText = typeof text === "string"
    let choice = this.#choices.get(index)
    if (choice === undefined) {
      choice = { index, ...(isText ? { text: "" } : { message: newMessage() }) }
      this.#choices.set(index, Object.assign(choice, { logprobs: null, finish_reason: null }))
    }
    mergeFields(choice, { ...rest, index, logprobs })
    if (typeof reason === "string" && reason !== "") choice["finish_reason"] = reason
    if (isText) {
      mergeFields(choice, { text })
      addDelta(deltas, "text", text, index)
      return
    }
    const message = choice["message"] as Growing
    const calls = numbered(message, listField(delta, "tool_calls"))
    mergeFields(message, calls.length === 0 ? delta : { ...delta, tool_calls: calls })
    deltasOf(delta, calls, index, deltas)
  }
}

function newMessage(): Growing {
  return { role: "assistant", content: null, refusal: null }
}

function indexOf(choice: Fields): number {
  return countField(choice, "index", 0)
}

function deltasOf(delta: unknown, calls: readonly Fields[], choice: number, deltas: LlmDelta[]): void {
  addDelta(
    deltas,
    "reasoning",
    textField(delta, "reasoning_content") || textField(delta, "reasoning"),
    choice,
  )
  addDelta(deltas, "text", textField(delta, "content"), choice)
  addDelta(deltas, "refusal", textField(delta, "refusal"), choice)
  for (const call of calls) {
    const { id, function: called } = call
    const [name, text] = [textField(called, "name"), textField(called, "arguments")]
    if (name === "" && text === "") continue
    const known = { ...(typeof id === "string" ? { id } : {}), ...(name === "" ? {} : { name }) }
    deltas.push({ kind: "tool-call", text, choice, call: { index: indexOf(call), ...known } })
  }
}

function addDelta(deltas: LlmDelta[], kind: LlmDeltaKind, text: string, choice: number): void {
  if (text !== "") deltas.push({ kind, text, choice })
}

/** Calls with an index each. Some servers leave it out: a new id begins a new call, all else goes on. */
function numbered(message: Growing, calls: readonly Fields[]): readonly Fields[] {
  if (calls.every((call) => typeof call["index"] === "number")) return calls
  const before = listField(message, "tool_calls")
  let last = before.length - 1
  let lastId = textField(before.at(-1), "id")
  return calls.map((call) => {
    const id = textField(call, "id")
    if (last === -1 || (id !== "" && id !== lastId)) last += 1
    if (id !== "") lastId = id
    return { ...call, index: last }
  })
}

/** A choice as an unstreamed answer has it: the numbers of the calls have done their work. */
function ordinary(choice: Growing): Growing {
  const message = fieldOf(choice, "message")
  const calls = listField(message, "tool_calls")
  if (calls.length === 0) return { ...choice }
  const sorted = calls.toSorted((a, b) => indexOf(a) - indexOf(b))
  const plain = sorted.map(({ index: _number, ...call }) => call)
  return { ...choice, message: { ...(message as Fields), tool_calls: plain } }
}
