// What a batch tells while it runs: results, and what happens between them.
//
// Results are what the run yields, one for each line that was settled. Events are for whoever draws or logs:
// they carry no bodies and no keys, and nothing depends on anybody listening.

import type { LlmUsage, StreamTiming } from "../llm/index.ts"
import type { BatchSettings } from "./batch-settings.ts"

/** One attempt at a request, as it is told in results and metrics. */
export interface AttemptNote {
  /** Counted from 1. */
  readonly n: number
  /** Time of day, ISO 8601. */
  readonly startedAt: string
  /** HTTP status, or null without an answer. */
  readonly status: number | null
  /** Why there is no answer, or why it was none; null for a good one. */
  readonly error: string | null
  /** What the server asked to wait, in ms. */
  readonly retryAfter: number | null
  /** Since the attempt before it ended, or since the line was read; waiting for limits included, in ms. */
  readonly waited: number
  /** From sending to the end of the body, in ms. */
  readonly latency: number
  readonly requestId: string | null
}

/** A line that was settled in this run: answered, finally failed, or never sendable. Durable when yielded. */
export interface BatchResult {
  readonly customId: string | null
  /** Line of the input, counted from 1. */
  readonly line: number
  readonly status: "succeeded" | "failed" | "invalid"
  /** HTTP status of the last answer, or null if there was none. */
  readonly httpStatus: number | null
  /** The parsed body of the last answer; undefined if there was none. */
  readonly body: unknown
  /** Why it failed, in a few words; null for an answer. */
  readonly cause: string | null
  /** The kind of the failure, as its record has it: `error.code`, or such as `HTTP 500`; null for an answer. */
  readonly code: string | null
  /** What the server, the network or the reader of the line said of it; null for an answer. */
  readonly message: string | null
  /** How often it was sent. */
  readonly attempts: number
  /** Time of the last attempt in ms, from sending to the end of the body; 0 if nothing was sent. */
  readonly latency: number
  /** When the tokens of the answer came; null if it did not come as a stream. */
  readonly timing: StreamTiming | null
  /** What its answered attempts cost, in US dollars; null if their price is not known, or none was counted. */
  readonly cost: number | null
  /** The model that was asked; "" if the request names none. */
  readonly model: string
  /** Tokens, as the server counted them; null if it did not say. */
  readonly usage: LlmUsage | null
  /** Each attempt, in order. */
  readonly history: readonly AttemptNote[]
}

/** Why a run ended before its input did; "price": there is a budget of money, and a model has no price. */
export type StopReason = "authorisation" | "money" | "budget" | "price" | "unreachable" | "rate-limit"

/** What happens between results. */
export type BatchEvent =
  | {
      readonly type: "begin"
      readonly settings: BatchSettings
      /** Answers and final failures of earlier runs with the same output. */
      readonly answered: number
      readonly failed: number
      /** Failures of earlier runs that are asked again. */
      readonly reopened: number
      /** Requests that earlier runs sent and that have no record, as far as a journal was kept. */
      readonly unknown: number
      /** Bytes of half-written lines that were moved aside. */
      readonly tornBytes: number
      /** Host and path that earlier runs with these metrics asked, if they differ from those of this run; else null. */
      readonly movedFrom: string | null
    }
  | {
      readonly type: "retry"
      readonly customId: string
      /** The attempt that failed, counted from 1. */
      readonly attempt: number
      readonly cause: string
      /** Until the next attempt, in ms. */
      readonly delay: number
    }
  | { readonly type: "pause"; readonly cause: string; readonly delay: number }
  | { readonly type: "stop"; readonly reason: StopReason; readonly message: string }
