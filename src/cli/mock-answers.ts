// What the mock server answers: a function of the request and of nothing else.
//
// The words of an answer are drawn by a series that the model and the prompt start, so the same
// request gets the same answer from every server, today and tomorrow; even `created` is fixed.
// One word is one token. What must stay true: `usage` is the sum of what was really sent, with
// and without streaming.
import type { ChatRequest, EmbeddingRequest, MockRequest } from "./mock-request.ts"
import { seededRandom } from "../base/seeded-random.ts"
import { hashText } from "./hash-text.ts"
import { argumentPieces } from "./mock-tool.ts"

/** One choice of an answer, cut into its tokens. */
export interface MockChoice {
  readonly tokens: readonly string[]
  readonly finishReason: "stop" | "length" | "tool_calls"
  /** The tool that is called; then the tokens are its arguments. */
  readonly tool: { readonly id: string; readonly name: string } | null
}

export interface MockAnswer {
  readonly id: string
  readonly model: string
  readonly choices: readonly MockChoice[]
  readonly usage: MockUsage
}

export interface MockUsage {
  readonly prompt_tokens: number
  readonly completion_tokens: number
  readonly total_tokens: number
}

/** 2026-01-01, so that equal requests get equal answers. */
export const CREATED = 1_767_225_600
export const FINGERPRINT = "fp_tsyncio_mock"

const WORDS =
  "time water light river stone cloud garden window paper number answer story market engine signal forest harbor " +
  "circle morning winter summer island bridge mountain letter music picture village ocean planet season journey"
const VOCABULARY = WORDS.split(" ")
const SHORTEST = 8
const LONGEST = 40

export function answerChat(request: ChatRequest): MockAnswer {
  const seed = hashText(`${request.model}\n${request.prompt}`)
  const choices: MockChoice[] = []
  let completionTokens = 0
  for (let index = 0; index < request.choices; index += 1) {
    const choice = drawChoice(request, seed + index)
    completionTokens += choice.tokens.length
    choices.push(choice)
  }
  return {
    id: `chatcmpl-${seed.toString(16).padStart(14, "0")}`,
    model: request.model,
    choices,
    usage: {
      prompt_tokens: request.promptTokens,
      completion_tokens: completionTokens,
      total_tokens: request.promptTokens + completionTokens,
    },
  }
}

function drawChoice(request: ChatRequest, seed: number): MockChoice {
  const random = seededRandom(seed)
  const word = (): string => VOCABULARY[Math.floor(random() * VOCABULARY.length)] as string
  const called = request.tool
  const id = `call_${seed.toString(16).padStart(14, "0")}`
  const tool = called === null ? null : { id, name: called.name }
  const tokens = called === null ? drawWords(request.json, random, word) : argumentPieces(called, word)
  const most = request.maxTokens ?? tokens.length
  if (tokens.length > most) return { tokens: tokens.slice(0, most), finishReason: "length", tool }
  return { tokens, finishReason: tool === null ? "stop" : "tool_calls", tool }
}

function drawWords(json: boolean, random: () => number, word: () => string): string[] {
  const wanted = SHORTEST + Math.floor(random() * (LONGEST - SHORTEST + 1))
  const tokens: string[] = json ? ['{"answer":"'] : []
  while (tokens.length < wanted) {
    tokens.push(tokens.length === 0 || json ? word() : ` ${word()}`)
    if (json && tokens.length < wanted - 1) tokens.push(" ")
  }
  if (json) tokens.push('"}')
  return tokens
}

/** Tokens that a request is charged before it is answered: its prompt and the most it may produce. */
export function chargedTokens(request: MockRequest): number {
  if (request.kind === "embedding") return request.promptTokens
  return request.promptTokens + request.choices * (request.maxTokens ?? DEFAULT_MAX_TOKENS)
}

/** What a request without `max_tokens` is charged for each choice. */
const DEFAULT_MAX_TOKENS = 16

export function completionBody(answer: MockAnswer): string {
  return JSON.stringify({
    id: answer.id,
    object: "chat.completion",
    created: CREATED,
    model: answer.model,
    choices: answer.choices.map((choice, index) => ({
      index,
      message: { role: "assistant", ...messageOf(choice), refusal: null },
      logprobs: null,
      finish_reason: choice.finishReason,
    })),
    usage: answer.usage,
    system_fingerprint: FINGERPRINT,
  })
}

function messageOf({ tool, tokens }: MockChoice): object {
  const text = tokens.join("")
  if (tool === null) return { content: text }
  const call = { id: tool.id, type: "function", function: { name: tool.name, arguments: text } }
  return { content: null, tool_calls: [call] }
}

export function embeddingBody(request: EmbeddingRequest): string {
  return JSON.stringify({
    object: "list",
    data: request.inputs.map((text, index) => ({
      object: "embedding",
      index,
      embedding: embedding(`${request.model}\n${text}`, request),
    })),
    model: request.model,
    usage: { prompt_tokens: request.promptTokens, total_tokens: request.promptTokens },
  })
}

/** A vector of length 1, as numbers or as base64 of little-endian 32-bit floats. */
function embedding(text: string, { dimensions, base64 }: EmbeddingRequest): number[] | string {
  const random = seededRandom(hashText(text))
  const vector: number[] = []
  let square = 0
  for (let index = 0; index < dimensions; index += 1) {
    const value = random() * 2 - 1
    vector.push(value)
    square += value * value
  }
  const scale = 1 / Math.sqrt(square)
  for (let index = 0; index < dimensions; index += 1)
    vector[index] = Math.fround((vector[index] as number) * scale)
  if (!base64) return vector
  const bytes = Buffer.alloc(dimensions * 4)
  for (let index = 0; index < dimensions; index += 1) bytes.writeFloatLE(vector[index] as number, index * 4)
  return bytes.toString("base64")
}

/** Models that are listed when the server was given none. */
const DEFAULT_MODELS = ["mock-small", "mock-large", "mock-embedding"] as const

export function modelBody(name: string): object {
  return { id: name, object: "model", created: CREATED, owned_by: "tsyncio" }
}

export function modelsBody(models: readonly string[] | null): string {
  return JSON.stringify({ object: "list", data: (models ?? DEFAULT_MODELS).map(modelBody) })
}
