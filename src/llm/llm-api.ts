// The two languages that servers speak, as far as a request needs them.
//
// Where it goes, what it brings as a key, what its body is called; everything about the answer is
// told by the path (`stream-assembler.ts`). What must stay true: the fields a caller puts into
// `body` win over all that is made here.
import type { HeadersInput } from "../http/index.ts"
import type { CheckedRequest, LlmTool } from "./llm-request.ts"

/** Which language a server speaks: OpenAI's chat completions, or Anthropic's messages. */
export type LlmApiName = "openai" | "anthropic"

/** How one kind of server is asked. */
export interface LlmApi {
  readonly baseUrl: string
  /** Environment variables. */
  readonly baseVariable: string
  readonly keyVariable: string
  /** Path to append to a base URL. */
  path(base: URL): string
  headers(key: string | null): HeadersInput
  body(request: CheckedRequest, stream: boolean, host: string): Record<string, unknown>
}

const openai: LlmApi = {
  baseUrl: "https://api.openai.com/v1",
  baseVariable: "OPENAI_BASE_URL",
  keyVariable: "OPENAI_API_KEY",
  path: (base) => (base.pathname === "/" ? "/v1/chat/completions" : "/chat/completions"),
  headers: (key) => (key === null ? {} : { authorization: `Bearer ${key}` }),
  body(request, stream, host) {
    const { model, system, messages, maxTokens, temperature, tools, toolChoice } = request
    // The hosted service has given the limit a new name, and pads its streams unless it is told not to.
    const isHosted = host === "api.openai.com"
    const limit = isHosted ? "max_completion_tokens" : "max_tokens"
    const usage = { include_usage: true, ...(isHosted ? { include_obfuscation: false } : {}) }
    return without({
      model,
      messages: system === undefined ? messages : [{ role: "system", content: system }, ...messages],
      [limit]: maxTokens,
      temperature,
      tools: tools?.map((tool) => ({ type: "function", function: { ...tool, parameters: schemaOf(tool) } })),
      tool_choice:
        typeof toolChoice === "object"
          ? { type: "function", function: { name: toolChoice.name } }
          : toolChoice,
      ...(stream ? { stream: true, stream_options: usage } : {}),
      ...request.body,
    })
  },
}

const DEFAULT_MAX_TOKENS = 4_096

const anthropic: LlmApi = {
  baseUrl: "https://api.anthropic.com",
  baseVariable: "ANTHROPIC_BASE_URL",
  keyVariable: "ANTHROPIC_API_KEY",
  path: (base) => (/\/v1\/?$/.test(base.pathname) ? "/messages" : "/v1/messages"),
  headers: (key) => ({
    "anthropic-version": "2023-06-01",
    ...(key === null ? {} : { "x-api-key": key }),
  }),
  body(request, stream) {
    const {
      model,
      system,
      messages,
      maxTokens = DEFAULT_MAX_TOKENS,
      temperature,
      tools,
      toolChoice,
    } = request
    return without({
      model,
      system,
      messages,
      max_tokens: maxTokens,
      temperature,
      tools: tools?.map((tool) => ({
        name: tool.name,
        ...(tool.description === undefined ? {} : { description: tool.description }),
        input_schema: schemaOf(tool),
      })),
      tool_choice:
        typeof toolChoice === "object"
          ? { type: "tool", name: toolChoice.name }
          : toolChoice && { type: toolChoice === "required" ? "any" : toolChoice },
      ...(stream ? { stream: true } : {}),
      ...request.body,
    })
  },
}

export const llmApis: Readonly<Record<LlmApiName, LlmApi>> = { openai, anthropic }

function schemaOf({ parameters }: LlmTool): object {
  return parameters ?? { type: "object", properties: {} }
}

/** Fields that are not set are not sent. */
function without(body: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined))
}
