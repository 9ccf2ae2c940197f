// Figures of a run in the middle of its way, for tests of what is drawn.

import type { BatchPace, BatchSnapshot } from "../../src/batch/index.ts"

export const snapshot: BatchSnapshot = {
  lines: 800,
  blank: 0,
  total: 1319,
  readShare: 0.61,
  succeeded: 590,
  failed: 3,
  invalid: 1,
  skipped: 0,
  skippedFailed: 0,
  inFlight: 32,
  attempts: 640,
  retries: 12,
  pauses: 0,
  maybeBilled: 0,
  tokens: {
    input: 1e3,
    output: 2e3,
    total: 3e3,
  },
  cost: {
    total: 0,
    known: 0,
    unknownAnswers: 0,
    reserved: 0,
    maybeBilled: 0,
    projected: null,
    projectedFrom: 593,
    unlimited: 0,
    models: [],
  },
  elapsed: 12e3,
  pausedFor: null,
}

export const pace: BatchPace = {
  bottleneck: { kind: "limit", model: "gpt-x", budget: "inputTokens", limit: 90_000 },
  places: { now: 40, most: 100 },
  retrying: 2,
  limits: [
    { model: "gpt-x", budget: "requests", limit: 3000, used: 2000 },
    { model: "gpt-x", budget: "inputTokens", limit: 90_000, used: 89_500 },
  ],
  statuses: [
    { status: 200, count: 590 },
    { status: 429, count: 12 },
    { status: null, count: 1 },
  ],
  latency: {
    p50: 420,
    p90: 1200,
    p99: 3410,
    mean: 600,
    max: 3900,
    from: 80,
    to: 3900,
    counts: [1, 0, 8, 4, 2, 1],
  },
}

export const rates = { requests: 48.21, tokens: 3120, left: 15_020 }
