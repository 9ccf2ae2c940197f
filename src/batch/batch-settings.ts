// What a batch goes by, once its options were checked and completed.
//
// The rest of the room reads this and knows no defaults, so what the first line of a run prints is what holds.
// The key is in here and does not show: see `secret.ts`.

import type { RecordFormat } from "./output-record.ts"
import type { InputStream } from "./input-source.ts"
import type { ModelPrice } from "./model-price.ts"
import type { Durability } from "./output-file.ts"
import type { OutputStream } from "./record-sink.ts"
import type { RequestDefaults } from "./request-line.ts"
import type { Secret } from "./secret.ts"

/** Limits of a model per minute; null where there is none. */
export interface ModelBounds {
  readonly rpm: number | null
  readonly tpm: number | null
  readonly inputTpm: number | null
  readonly outputTpm: number | null
}

/** Options checked and completed. */
export interface BatchSettings extends ModelBounds {
  readonly input: string | InputStream
  readonly output: string | OutputStream
  /** Null for failures among the answers. */
  readonly errors: string | null
  /** Null for no file of their own. */
  readonly metrics: string | null
  /** Whether metrics stand in the records. */
  readonly inlineMetrics: boolean
  readonly format: RecordFormat
  readonly ordered: boolean
  readonly baseUrl: URL
  readonly apiKey: Secret | null
  readonly auth: "bearer" | "x-api-key" | "api-key" | null
  /** Requests on their way at once: at the start, and at most. */
  readonly concurrency: { readonly first: number; readonly most: number }
  readonly models: ReadonlyMap<string, ModelBounds>
  readonly burst: number
  /** Budgets of the run; null for none. */
  readonly maxCost: number | null
  readonly maxTokens: number | null
  /** Rows before the list of the program. */
  readonly prices: readonly ModelPrice[]
  readonly learnLimits: boolean
  readonly retries: number
  readonly maxRetryAfter: number
  readonly retryAfterSend: boolean
  readonly timeout: number
  /** Limits on silence in a stream. */
  readonly firstTokenTimeout: number
  readonly idleTimeout: number
  readonly strict: boolean
  readonly durability: Durability
  readonly acceptChanged: boolean
  /** Where the journal of what was sent is, kept or not; null for a stream. */
  readonly sent: string | null
  readonly journalSent: boolean
  readonly retryFailed: boolean
  readonly signal: AbortSignal | undefined
  readonly defaults: RequestDefaults
}
