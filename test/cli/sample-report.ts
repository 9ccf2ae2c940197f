// A report with something of everything, for tests of pages.

import {
  BatchFigures,
  type BatchReport,
  type BatchResult,
  type BatchSnapshot,
} from "../../src/batch/index.ts"

/** What must stay a text wherever it is shown. */
export const malice = `</script><img src=x onerror="alert(1)"><!--<script>alert(2)//'"`

const snapshot: BatchSnapshot = {
  lines: 400,
  blank: 0,
  total: 500,
  readShare: 1,
  succeeded: 392,
  failed: 8,
  invalid: 0,
  skipped: 0,
  skippedFailed: 0,
  inFlight: 12,
  attempts: 416,
  retries: 16,
  pauses: 0,
  maybeBilled: 0,
  tokens: { input: 0, output: 0, total: 0 },
  cost: {
    total: 0.4,
    known: 0.4,
    unknownAnswers: 0,
    reserved: 0,
    maybeBilled: 0,
    projected: 0.5,
    projectedFrom: 392,
    unlimited: 0,
    models: [],
  },
  elapsed: 0,
  pausedFor: null,
}

const noTokens = { input: 0, cachedInput: 0, cacheWrites: 0, hourlyCacheWrites: 0, output: 0, reasoning: 0 }

/** 400 lines of a run that goes on: every fiftieth failed, every twentieth was repeated. */
export function sampleReport(name: string = "answers.jsonl"): BatchReport {
  const figures = new BatchFigures()
  const begun = Date.now() - 20_000
  for (let n = 0; n < 400; n++) figures.add(result(n, begun + n * 40))
  return figures.report(name, snapshot)
}

function result(n: number, start: number): BatchResult {
  const latency = 180 + ((n * 7919) % 997) ** 2 / 700
  const isGood = n % 50 !== 13
  const startedAt = new Date(start).toISOString()
  const rest = { startedAt, retryAfter: null, waited: n % 90, requestId: null }
  const last = { ...rest, n: 1, status: isGood ? 200 : 400, error: null, latency }
  const refused = { ...rest, n: 1, status: 429, error: null, latency: 20 }
  return {
    customId: n === 13 ? malice : `line-${n + 1}`,
    line: n + 1,
    status: isGood ? "succeeded" : "failed",
    httpStatus: last.status,
    body: undefined,
    cause: isGood ? null : "HTTP 400",
    code: isGood ? null : "HTTP 400",
    message: isGood ? null : `bad ${malice}`,
    attempts: 1,
    latency,
    timing: isGood ? { firstToken: 90 + (n % 60), gaps: [8, 9, 10], total: latency } : null,
    model: n % 3 === 0 ? "large" : "small",
    usage: isGood ? { ...noTokens, input: 30, output: 40 + (n % 30) } : null,
    cost: isGood ? 0.001 : null,
    history: n % 20 === 4 ? [refused, { ...last, n: 2 }] : [last],
  }
}
