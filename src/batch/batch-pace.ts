// How fast a run is and why it is not faster, for whoever draws it.
//
// Apart from the counts: they are cheap and asked for after each result, this looks through limiters and a
// histogram and is asked for by a screen, ten times a second at most.

import { percentiles, type BatchStatistics, type Percentiles } from "./batch-statistics.ts"
import { bottleneckOf, type Bottleneck, type LimitUse, type RunFlow } from "./bottleneck.ts"
import type { HistogramColumns } from "../base/histogram.ts"

/** The pace of a run at one moment. */
export interface BatchPace {
  /** What would have to change for the run to be faster. */
  readonly bottleneck: Bottleneck
  /** Requests that may be on their way at once, now and at most. */
  readonly places: { readonly now: number; readonly most: number }
  /** Requests that wait for their next attempt. */
  readonly retrying: number
  /** The limits of the models that were met. */
  readonly limits: readonly LimitUse[]
  /** Attempts by the status of their answer, the most frequent first; null for no answer. */
  readonly statuses: readonly { readonly status: number | null; readonly count: number }[]
  /** Times of answered attempts; null without an answer. */
  readonly latency: (Percentiles & HistogramColumns) | null
}

const columns = 24

/** @param now - Time of the clock. */
export function paceOf(
  flow: RunFlow,
  { latency, statuses }: Pick<BatchStatistics, "latency" | "statuses">,
  now: number,
): BatchPace {
  const [times, shape] = [percentiles(latency), latency.columns(columns)]
  const { places, retrying, models } = flow
  return {
    bottleneck: bottleneckOf(flow, now),
    places,
    retrying,
    limits: models.flatMap(({ limits }) => limits),
    statuses: [...statuses]
      .map(([status, count]) => ({ status, count }))
      .sort((one, other) => other.count - one.count),
    latency: times === null || shape === null ? null : { ...times, ...shape },
  }
}
