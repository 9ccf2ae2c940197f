// What a batch can be told.
//
// The one place where the names, units and defaults of a batch's options are written down; `resolve-options.ts`
// checks them and fills the defaults in. Every option of the command line is one of these.

import type { BatchEvent } from "./batch-event.ts"

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
  /** Model for chat bodies that name none. @default "default", which some local servers take for their own */
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
