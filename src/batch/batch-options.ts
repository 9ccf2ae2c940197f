// What a batch can be told.
//
// The one place where the names, units and defaults of a batch's options are written down; `resolve-options.ts`
// checks them and fills the defaults in. Every option of the command line is one of these.

import type { BatchEvent } from "./batch-event.ts"
import type { InputStream } from "./input-source.ts"
import type { ModelPrice } from "./model-price.ts"
import type { Durability } from "./output-file.ts"
import type { OutputStream } from "./record-sink.ts"

/** Limits of one model, each per minute; what is not given is learnt from the answers, or has none. */
export interface MinuteLimits {
  /** Requests; repetitions count. */
  readonly rpm?: number | undefined
  /** Tokens of requests and answers together. */
  readonly tpm?: number | undefined
  /** Tokens of requests. */
  readonly inputTpm?: number | undefined
  /** Tokens of answers. */
  readonly outputTpm?: number | undefined
}

/** What {@link runBatch} is told. */
export interface BatchOptions extends MinuteLimits {
  /** Path of the JSONL input, gzip or not, or its bytes as they come. */
  readonly input: string | InputStream
  /** Path of the JSONL output, compressed if it ends in .gz; or a stream, which cannot be continued. */
  readonly output: string | OutputStream
  /** Path for failures. @default beside the output, `out.jsonl` to `out.errors.jsonl`; for a stream among the answers */
  readonly errors?: string | undefined
  /** Path for metrics; false for none, "inline" for the field `x_run` of each record. @default beside the output, `out.metrics.jsonl`; for a stream none */
  readonly metrics?: string | false | undefined
  /** How records look. @default "openai" */
  readonly format?: "openai" | "anthropic" | undefined
  /** Write answers in the order of the input. @default false */
  readonly ordered?: boolean | undefined
  /** Where requests go, with or without `/v1`. */
  readonly baseUrl: string
  /** Take lines whose `url` names a host; the key goes to the host of `baseUrl` only. @default false */
  readonly absoluteUrls?: boolean | undefined
  /** The key. @default none, requests go out bare */
  readonly apiKey?: string | undefined
  /** How the key is sent. @default "x-api-key" to paths that end in /messages, else "bearer" */
  readonly auth?: "bearer" | "x-api-key" | "api-key" | undefined
  /** Most requests on their way at once; fewer for a while after a 429. @default begins with 20 and finds its number, up to 100 */
  readonly concurrency?: number | undefined
  /** Limits of single models, by name, in place of those for all. @default none */
  readonly models?: Readonly<Record<string, MinuteLimits>> | undefined
  /** How much of a minute's limit may go at once, in ms of it. @default 1000 */
  readonly burst?: number | undefined
  /** Take limits that were not given from the headers of answers. @default true */
  readonly learnLimits?: boolean | undefined
  /** Repetitions of a request after the first attempt. @default 5 */
  readonly retries?: number | undefined
  /** Longest wait that a server may ask for, in ms; if it asks for more, the run leaves those lines open. @default 600000 */
  readonly maxRetryAfter?: number | undefined
  /** Repeat requests that were sent and got no answer, also by an earlier run that kept a journal; they may be billed twice. @default true */
  readonly retryAfterSend?: boolean | undefined
  /** Longest time of one attempt in ms. @default 600000 */
  readonly timeout?: number | undefined
  /** Have answers come as streams: same records, and the times of tokens in the metrics. Lines may say otherwise. @default false */
  readonly stream?: boolean | undefined
  /** Longest silence before the first token of a stream, in ms; comments and pings are silence. @default 120000 */
  readonly firstTokenTimeout?: number | undefined
  /** Longest silence between two tokens of a stream, in ms. @default 60000 */
  readonly idleTimeout?: number | undefined
  /** Model for chat bodies that name none. @default "default", which some local servers take for their own */
  readonly model?: string | undefined
  /** Template with `{{path}}` places; every line is data for it. @default lines are requests */
  readonly prompt?: string | undefined
  /** Longest answer for lines that set no limit, sent as `max_tokens`. @default none */
  readonly maxOutputTokens?: number | undefined
  /** Budget of this run in US dollars: no request is sent that might exceed it, then the run stops. Models without a price stop it too. @default none */
  readonly maxCost?: number | undefined
  /** Budget of this run in tokens of requests and answers, kept in the same way. @default none */
  readonly maxTokens?: number | undefined
  /** Prices that come before the list of the program; from a file with {@link readPrices}. @default none */
  readonly prices?: readonly ModelPrice[] | undefined
  /** Path for lines that are bodies only. @default "/v1/chat/completions" */
  readonly endpoint?: string | undefined
  /** Send nothing if any line of the input is no request. @default false */
  readonly strict?: boolean | undefined
  /** What a line that counts as written survives: "fsync" the end of the machine, "flush" that of the process. @default "fsync" */
  readonly durability?: Durability | undefined
  /** Note each request beside the output before it is sent, so that the next run knows what was on its way. @default false */
  readonly journalSent?: boolean | undefined
  /** Continue although answered lines would now be other requests; their answers stay as they are. @default false */
  readonly acceptChanged?: boolean | undefined
  /** Ask again what finally failed in earlier runs with this output. @default false */
  readonly retryFailed?: boolean | undefined
  /** Ends the run as a cancel of the task would, with `signal.reason`. @default none */
  readonly signal?: AbortSignal | undefined
  /** Told of what happens between results: the beginning, repetitions, pauses, the reason of a stop. */
  readonly onEvent?: ((event: BatchEvent) => void) | undefined
}
