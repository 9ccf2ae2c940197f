// What a batch goes by, once its options were checked and completed.
//
// The rest of the room reads this and knows no defaults, so what the first line of a run prints is what holds.
// The key is in here: nobody prints a whole settings object.

import type { RequestDefaults } from "./request-line.ts"

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
