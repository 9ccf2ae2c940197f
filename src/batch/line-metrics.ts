// What figures are made of: one settled line, from a run that goes on or from its metrics file.
//
// The file is ours, but it may be old, cut, or edited by hand: what is not there is null, and a record that is none
// is not counted. What must stay true: a line from the file and the same line from the run give the same figures.

import type { AttemptNote, BatchResult } from "./batch-event.ts"

/** One settled line. */
export interface LineMetrics {
  readonly customId: string
  readonly line: number | null
  readonly model: string
  readonly isAnswered: boolean
  readonly latency: number
  readonly firstToken: number | null
  /** Mean time between two tokens. */
  readonly perToken: number | null
  readonly tokens: { readonly input: number; readonly output: number } | null
  /** Dollars; null if nobody knows the price, undefined if there was nothing to count or nobody did. */
  readonly cost: number | null | undefined
  readonly attempts: readonly Pick<AttemptNote, "startedAt" | "status" | "error" | "waited" | "latency">[]
}

/** The metrics of a line that was just settled. */
export function lineMetrics(result: BatchResult): LineMetrics {
  const { customId, line, model, status, latency, timing, usage, cost, history } = result
  const gaps = timing?.gaps ?? []
  const sum = gaps.reduce((total, gap) => total + gap, 0)
  return {
    customId: customId ?? `line-${line}`,
    line,
    model,
    isAnswered: status === "succeeded",
    latency: rounded(latency),
    firstToken: timing === null || timing.firstToken === null ? null : rounded(timing.firstToken),
    perToken: gaps.length === 0 ? null : rounded(sum / gaps.length),
    tokens: usage,
    cost: cost === null && usage === null ? undefined : cost,
    attempts: history.map((note) => ({
      ...note,
      waited: rounded(note.waited),
      latency: rounded(note.latency),
    })),
  }
}

/** As the file has it. */
function rounded(ms: number): number {
  return Math.round(ms * 100) / 100
}

type Fields = Readonly<Record<string, unknown>>

/**
 * Reads the fields of a metrics record, or of `x_run`, back.
 *
 * @returns Null if they are no metrics.
 */
export function readLineMetrics(fields: Fields, customId: string, isAnswered: boolean): LineMetrics | null {
  const { latency_ms: latency, attempts, line, model, cost } = fields
  if (typeof latency !== "number" || !Array.isArray(attempts)) return null
  const [input, output] = [numberIn(fields["input_tokens"]), numberIn(fields["output_tokens"])]
  const between = fields["between_tokens_ms"]
  return {
    customId,
    line: numberIn(line),
    model: typeof model === "string" ? model : "",
    isAnswered,
    latency,
    firstToken: numberIn(fields["first_token_ms"]),
    perToken: isFields(between) ? numberIn(between["mean"]) : null,
    tokens: input === null && output === null ? null : { input: input ?? 0, output: output ?? 0 },
    cost: "cost" in fields ? numberIn(cost) : undefined,
    attempts: attempts.filter(isFields).map(readAttempt),
  }
}

function readAttempt(fields: Fields): LineMetrics["attempts"][number] {
  const { started_at: startedAt, error } = fields
  return {
    startedAt: typeof startedAt === "string" ? startedAt : "",
    status: numberIn(fields["status"]),
    error: typeof error === "string" ? error : null,
    waited: numberIn(fields["waited_ms"]) ?? 0,
    latency: numberIn(fields["latency_ms"]) ?? 0,
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

function numberIn(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null
}
