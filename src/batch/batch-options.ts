// What a batch is told, and what it uses where it was told nothing.
//
// Options are checked here once, before any file is touched, and come out complete: the rest of the room
// reads `BatchSettings` and knows no defaults. The first line of a run prints them, defaults included.

import { BatchRefusedError } from "./batch-refused-error.ts"
import type { BatchEvent } from "./batch-event.ts"
import { parseBaseUrl } from "./join-url.ts"
import { PromptTemplate } from "./prompt-template.ts"
import type { RequestDefaults } from "./request-line.ts"

/** What {@link runBatch} is told. */
export interface BatchOptions {
  /** Path of the JSONL input. */
  readonly input: string
  /** Path of the JSONL output; failures go beside it, `out.jsonl` to `out.errors.jsonl`. */
  readonly output: string
  /** Where requests go, with or without `/v1`. */
  readonly baseUrl: string
  /** Sent as bearer token. @default none, requests go out bare */
  readonly apiKey?: string | undefined
  /** Most requests on their way at once. @default 32 */
  readonly concurrency?: number | undefined
  /** Most requests per minute; repetitions count. @default no limit */
  readonly rpm?: number | undefined
  /** Repetitions of a request after the first attempt. @default 5 */
  readonly retries?: number | undefined
  /** Longest time of one attempt in ms. @default 600000 */
  readonly timeout?: number | undefined
  /** Model for lines that name none. @default none */
  readonly model?: string | undefined
  /** Template with `{{path}}` places; every line is data for it. @default lines are requests */
  readonly prompt?: string | undefined
  /** `max_tokens` for lines that set no limit. @default none */
  readonly maxTokens?: number | undefined
  /** Path for lines that are bodies only. @default "/v1/chat/completions" */
  readonly endpoint?: string | undefined
  /** Ask again what finally failed in earlier runs with this output. @default false */
  readonly retryFailed?: boolean | undefined
  /** Ends the run as a cancel of the task would, with `signal.reason`. @default none */
  readonly signal?: AbortSignal | undefined
  /** Told of what happens between results: the beginning, repetitions, pauses, the reason of a stop. */
  readonly onEvent?: ((event: BatchEvent) => void) | undefined
}

/** Options checked and completed. */
export interface BatchSettings {
  readonly input: string
  readonly output: string
  readonly errors: string
  readonly baseUrl: URL
  readonly apiKey: string | null
  readonly concurrency: number
  readonly rpm: number | null
  readonly retries: number
  readonly timeout: number
  readonly retryFailed: boolean
  readonly signal: AbortSignal | undefined
  readonly defaults: RequestDefaults
}

/**
 * Checks options and fills in the defaults.
 *
 * @throws {BatchRefusedError} With reason "option", naming the option and what it got.
 */
export function resolveOptions(options: BatchOptions): BatchSettings {
  const { prompt: template, ...rest } = options
  return {
    input: path("input", rest.input),
    output: path("output", rest.output),
    errors: errorsPath(rest.output),
    baseUrl: parseBaseUrl(rest.baseUrl),
    apiKey: key(rest.apiKey),
    concurrency: integer("concurrency", rest.concurrency ?? 32, 1),
    rpm: rest.rpm === undefined ? null : positive("rpm", rest.rpm),
    retries: integer("retries", rest.retries ?? 5, 0),
    timeout: positive("timeout", rest.timeout ?? 600_000),
    retryFailed: rest.retryFailed ?? false,
    signal: rest.signal,
    defaults: {
      template: template === undefined ? undefined : new PromptTemplate(template),
      model: rest.model,
      maxTokens: rest.maxTokens === undefined ? undefined : integer("maxTokens", rest.maxTokens, 1),
      endpoint: rest.endpoint,
    },
  }
}

/** Where the failures of an output file go. */
export function errorsPath(output: string): string {
  return output.endsWith(".jsonl") ? `${output.slice(0, -".jsonl".length)}.errors.jsonl` : `${output}.errors.jsonl`
}

function path(name: string, value: string): string {
  if (value === "" || value.includes("\0")) throw refused(name, "a path", value)
  return value
}

function integer(name: string, value: number, least: number): number {
  if (!Number.isSafeInteger(value) || value < least) throw refused(name, `an integer from ${least} up`, value)
  return value
}

function positive(name: string, value: number): number {
  if (!(value > 0 && Number.isFinite(value))) throw refused(name, "a number above 0", value)
  return value
}

/** A header cannot carry line breaks or control characters; the text itself is never shown. */
function key(value: string | undefined): string | null {
  const text = value?.trim() ?? ""
  if (text === "") return null
  if (!/^[\x21-\x7e]+$/.test(text)) {
    throw new BatchRefusedError("option", "Cannot use the API key: it has characters a header cannot carry")
  }
  return text
}

function refused(name: string, expected: string, value: unknown): BatchRefusedError {
  const got = `${String(value)}\` (${typeof value})`
  return new BatchRefusedError("option", `Expected \`${name}\` to be ${expected}, got \`${got}`)
}
