// The closing report, for people.
//
// The counts stand one below the other with their sum, because the first question after a run is whether
// anything is missing. What to do next stands at the end: where the files are, and how to go on.

import type { BatchSummary } from "../batch/index.ts"
import { costRows } from "./cost-text.ts"
import { durationText, numberText } from "./number-text.ts"

/** The report of a run, several lines, with a newline at the end. */
export function summaryText(summary: BatchSummary): string {
  const rows: [string, string][] = [...countRows(summary), ...workRows(summary), ...fileRows(summary)]
  const width = Math.max(...rows.map(([name]) => name.length))
  const lines = rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`)
  return `${[headline(summary), ...lines].join("\n")}\n`
}

function headline(summary: BatchSummary): string {
  const { stopped, interrupted, elapsed } = summary
  const after = `after ${durationText(elapsed)}`
  const advice = summary.files.output === null ? "" : "; run the same command again to continue"
  if (interrupted) return `Interrupted ${after}${advice}`
  if (stopped !== null) return `Stopped ${after}: ${stopped.message}`
  return `Finished ${after}`
}

function countRows(summary: BatchSummary): [string, string][] {
  const { total, succeeded, failed, invalid, skipped, skippedFailed, notAttempted, blank } = summary
  const counts: [string, number | null, string][] = [
    ["succeeded", succeeded, ""],
    ["failed", failed, ""],
    ["invalid", invalid, ""],
    ["skipped", skipped, skippedFailed === 0 ? "" : `, ${numberText(skippedFailed)} of them failed before`],
    ["not attempted", notAttempted, ""],
    ["input lines", total, blank === 0 ? "" : `, and ${numberText(blank)} blank`],
  ]
  const width = Math.max(...counts.map(([, count]) => (count === null ? 7 : numberText(count).length)))
  return counts.map(([name, count, note]) => {
    return [name, `${(count === null ? "unknown" : numberText(count)).padStart(width)}${note}`]
  })
}

function workRows(summary: BatchSummary): [string, string][] {
  const { attempts, retries, pauses, maybeBilled, tokens, causes, elapsed, succeeded } = summary
  const { latency, firstToken, betweenTokens } = summary
  const rows: [string, string][] = []
  const notes = [`${numberText(retries)} retries`]
  if (pauses > 0) notes.push(`${numberText(pauses)} pauses of the whole run`)
  if (maybeBilled > 0) notes.push(`${numberText(maybeBilled)} without an answer may be billed`)
  rows.push(["requests sent", `${numberText(attempts)} (${notes.join(", ")})`])
  for (const [name, times] of [
    ["latency", latency],
    ["first token", firstToken],
    ["between tokens", betweenTokens],
  ] as const) {
    if (times === null) continue
    const { p50, p90, p99 } = times
    rows.push([name, `p50 ${durationText(p50)}, p90 ${durationText(p90)}, p99 ${durationText(p99)}`])
  }
  if (tokens.total > 0) {
    rows.push([
      "tokens",
      `${numberText(tokens.input)} in, ${numberText(tokens.output)} out${partsText(summary)}`,
    ])
  }
  rows.push(...costRows(summary))
  const perSecond = elapsed === 0 ? 0 : (succeeded / elapsed) * 1000
  rows.push(["duration", `${durationText(elapsed)}, ${perSecond.toFixed(1)} answers/s`])
  for (const { cause, count, example } of causes)
    rows.push(["failed with", `${cause}: ${numberText(count)}, first at ${example}`])
  return rows
}

/** Tokens of caches and thoughts, which are priced apart. */
function partsText({ cost }: BatchSummary): string {
  const sum = (of: (tokens: BatchSummary["cost"]["models"][number]["tokens"]) => number): number =>
    cost.models.reduce((total, { tokens }) => total + of(tokens), 0)
  const [cached, thought] = [sum(({ cachedInput }) => cachedInput), sum(({ reasoning }) => reasoning)]
  const parts = [
    ...(cached === 0 ? [] : [`${numberText(cached)} from a cache`]),
    ...(thought === 0 ? [] : [`${numberText(thought)} thought`]),
  ]
  return parts.length === 0 ? "" : ` (${parts.join(", ")})`
}

function fileRows(summary: BatchSummary): [string, string][] {
  const { output, errors, metrics } = summary.files
  const rows: [string, string][] = []
  if (output !== null) rows.push(["answers", output])
  if (errors !== null) rows.push(["errors", errors])
  if (metrics !== null) rows.push(["metrics", metrics])
  return rows
}
