// How fast a run is, over the last ten seconds.
//
// The mean since the beginning answers slowly after a pause and hides that the run stands still. A few samples
// are kept, one for each call, and the oldest within the window is compared with the newest.

import type { BatchSnapshot } from "../batch/index.ts"

/** Rates per second; `left` in ms, null while it cannot be said. */
export interface Rates {
  readonly requests: number
  readonly tokens: number
  readonly left: number | null
}

interface Sample {
  readonly at: number
  readonly settled: number
  readonly tokens: number
}

const windowLength = 10_000

/** Samples of a run; give it each snapshot that is shown. */
export class RateWindow {
  /** Oldest first; the first is at most one sample older than the window. */
  readonly #samples: Sample[] = [{ at: 0, settled: 0, tokens: 0 }]

  add(snapshot: BatchSnapshot): Rates {
    const at = snapshot.elapsed
    const settled = snapshot.succeeded + snapshot.failed
    const tokens = snapshot.tokens.total
    this.#samples.push({ at, settled, tokens })
    while (this.#samples.length > 2 && (this.#samples[1]?.at ?? at) <= at - windowLength)
      this.#samples.shift()
    const first = this.#samples[0] ?? { at, settled, tokens }
    const seconds = (at - first.at) / 1000
    if (seconds <= 0) return { requests: 0, tokens: 0, left: null }
    const requests = (settled - first.settled) / seconds
    return { requests, tokens: (tokens - first.tokens) / seconds, left: timeLeft(snapshot, requests) }
  }
}

function timeLeft(snapshot: BatchSnapshot, perSecond: number): number | null {
  const done = snapshot.succeeded + snapshot.failed + snapshot.invalid + snapshot.skipped
  const total = expectedTotal(snapshot)
  return perSecond <= 0 || total === null ? null : (Math.max(0, total - done) / perSecond) * 1000
}

/** Lines of the whole input: counted, or estimated from the share that was read. */
export function expectedTotal(snapshot: BatchSnapshot): number | null {
  if (snapshot.total !== null) return snapshot.total
  return snapshot.readShare < 0.001 ? null : Math.round(snapshot.lines / snapshot.readShare)
}
