// What a run knows of a line beside its answer: attempts, times, tokens.
//
// It stands in a file of its own, so that the output stays what tools for OpenAI's files expect; or, on
// request, under the one key `x_run` of the record itself. No bodies and no keys. A line that was tried often
// has a long history, and that is the point.

import type { LlmUsage, StreamTiming } from "../llm/index.ts"
import type { AttemptNote, BatchResult } from "./batch-event.ts"
import type { RequestItem } from "./request-line.ts"

/** The metrics of a line, as JSON text. `withName` for a file of their own. */
export function metricsText(
  result: Pick<BatchResult, "customId" | "line" | "status" | "latency" | "timing" | "cost">,
  parts: {
    readonly item: RequestItem | null
    readonly attempts: readonly AttemptNote[]
    readonly usage: LlmUsage | null
    readonly isEstimated: boolean
    /** The place that is asked, in the first line of a run. */
    readonly place?: string | undefined
  },
  withName: boolean,
): string {
  const { customId, line, status, latency, timing, cost } = result
  const { item, attempts, usage, isEstimated, place } = parts
  return JSON.stringify({
    ...(withName ? { custom_id: customId ?? `line-${line}`, status } : {}),
    line,
    ...(place === undefined ? {} : { base_url: place }),
    ...(item === null || item.model === "" ? {} : { model: item.model }),
    ...(item === null || item.hints === null || item.hints.group === null ? {} : { group: item.hints.group }),
    latency_ms: round(latency),
    ...(timing === null ? {} : timingFields(timing)),
    ...(usage === null ? {} : usageFields(usage)),
    ...(cost === null && usage === null && !isEstimated ? {} : { cost }),
    ...(isEstimated ? { cost_estimated: true } : {}),
    attempts: attempts.map(
      ({ n, startedAt, status: answered, error, retryAfter, waited, latency: took, requestId }) => ({
        n,
        started_at: startedAt,
        ...(answered === null ? {} : { status: answered }),
        ...(error === null ? {} : { error }),
        ...(retryAfter === null ? {} : { retry_after_ms: round(retryAfter) }),
        waited_ms: round(waited),
        latency_ms: round(took),
        ...(requestId === null ? {} : { request_id: requestId }),
      }),
    ),
  })
}

/** The parts of the counts only where there are any. */
function usageFields({ input, cachedInput, cacheWrites, output, reasoning }: LlmUsage): object {
  return {
    input_tokens: input,
    ...(cachedInput === 0 ? {} : { cached_input_tokens: cachedInput }),
    ...(cacheWrites === 0 ? {} : { cache_write_tokens: cacheWrites }),
    output_tokens: output,
    ...(reasoning === 0 ? {} : { reasoning_tokens: reasoning }),
  }
}

/** To the first token, and between one token and the next. */
function timingFields({ firstToken, gaps }: StreamTiming): object {
  const sorted = gaps.toSorted((one, other) => one - other)
  const at = (share: number): number => round(sorted[Math.ceil(sorted.length * share) - 1] ?? 0)
  const sum = gaps.reduce((total, gap) => total + gap, 0)
  return {
    first_token_ms: firstToken === null ? null : round(firstToken),
    ...(gaps.length === 0
      ? {}
      : {
          between_tokens_ms: {
            count: gaps.length,
            mean: round(sum / gaps.length),
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            max: at(1),
          },
        }),
  }
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100
}
