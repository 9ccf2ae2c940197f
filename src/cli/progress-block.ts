// A run on a terminal: a bar, counts, times, limits, and what it waits for.
//
// Pure: figures in, lines out, none wider than it was told. Each line begins with its most telling part, for a
// narrow window keeps the beginning; each line has its place whatever the figures are, so nothing jumps.

import { dollarText } from "../base/dollar-text.ts"
import type { BatchCost, BatchPace, BatchSnapshot, LimitUse } from "../batch/index.ts"
import { bottleneckText, limitText } from "./bottleneck-text.ts"
import { durationText, numberText } from "./number-text.ts"
import { progressLine, type LineLook } from "./progress-line.ts"
import type { Rates } from "./rate-window.ts"

/** How a block may look. */
export interface BlockLook extends LineLook {
  /** Whether the terminal shows more than ASCII. */
  readonly isUnicode: boolean
}

/** A part of a line; an alarm is red where colours are wanted. */
interface Part {
  readonly text: string
  readonly colour?: "alarm" | "notice"
}

const colours = { alarm: "\x1b[31m", notice: "\x1b[33m" }
const dim = "\x1b[2m"
const plain = "\x1b[0m"
const label = 10
/** Limits that have a line each; the fullest ones. */
const mostLimits = 4

/** The lines, the bar first. */
export function progressBlock(
  snapshot: BatchSnapshot,
  pace: BatchPace,
  rates: Rates,
  look: BlockLook,
): string[] {
  const rows: [string, readonly Part[]][] = [
    ["lines", countParts(snapshot)],
    ["requests", requestParts(snapshot, pace)],
    ["latency", latencyParts(pace, look)],
    ...limitRows(pace.limits),
    ...costRow(snapshot.cost),
    ["now", [nowPart(pace)]],
  ]
  return [progressLine(snapshot, rates, look), ...rows.map(([name, parts]) => lineOf(name, parts, look))]
}

function countParts(snapshot: BatchSnapshot): Part[] {
  const { succeeded, failed, invalid, skipped } = snapshot
  const parts: Part[] = [{ text: `${numberText(succeeded)} answered` }]
  for (const [count, name] of [
    [failed, "failed"],
    [invalid, "invalid"],
  ] as const) {
    parts.push({ text: `${numberText(count)} ${name}`, ...(count > 0 ? { colour: "alarm" } : {}) })
  }
  if (skipped > 0) parts.push({ text: `${numberText(skipped)} done before` })
  return parts
}

function requestParts(snapshot: BatchSnapshot, { places, retrying, statuses }: BatchPace): Part[] {
  const { inFlight, retries, pauses, maybeBilled } = snapshot
  const parts: Part[] = [
    { text: `${numberText(inFlight)} of ${numberText(places.now)} in flight` },
    { text: `${numberText(retries)} retries${retrying > 0 ? `, ${numberText(retrying)} waiting` : ""}` },
  ]
  if (pauses > 0) parts.push({ text: `${numberText(pauses)} pauses` })
  if (statuses.length > 0) {
    const texts = statuses.map(({ status, count }) => `${status ?? "no answer"}: ${numberText(count)}`)
    parts.push({ text: texts.join(", ") })
  }
  if (maybeBilled > 0) parts.push({ text: `${numberText(maybeBilled)} maybe billed` })
  return parts
}

function latencyParts({ latency }: BatchPace, { isUnicode }: BlockLook): Part[] {
  if (latency === null) return [{ text: "no answer yet" }]
  const { p50, p90, p99, from, to, counts } = latency
  return [
    { text: `p50 ${durationText(p50)}` },
    { text: `p90 ${durationText(p90)}` },
    { text: `p99 ${durationText(p99)}` },
    { text: `${durationText(from)} ${shapeText(counts, isUnicode)} ${durationText(to)}` },
  ]
}

/** Eight heights each, a character long. */
const steps = { unicode: "▁▂▃▄▅▆▇█", ascii: ".:-=+*#@" }

/** One character for each column, as high as its count. */
function shapeText(counts: readonly number[], isUnicode: boolean): string {
  const characters = isUnicode ? steps.unicode : steps.ascii
  const most = Math.max(...counts)
  return counts
    .map((count) => {
      if (count === 0) return " "
      return characters[Math.ceil((count / most) * characters.length) - 1] ?? " "
    })
    .join("")
}

function limitRows(limits: readonly LimitUse[]): [string, readonly Part[]][] {
  const shareOf = ({ used, limit }: LimitUse): number => used / limit
  const fullest = limits.toSorted((one, other) => shareOf(other) - shareOf(one)).slice(0, mostLimits)
  return fullest.map((use, index) => {
    const { model, budget, limit, used } = use
    const percent = `${Math.round(Math.min(1, shareOf(use)) * 100)}%`.padStart(4)
    const text = `${percent} used of ${limitText(budget, limit)} for ${model}: ${numberText(used)}`
    return [index === 0 ? "limits" : "", [{ text }]]
  })
}

/** What nobody knows is not shown as 0. */
function costRow(cost: BatchCost): [string, readonly Part[]][] {
  const { known, unknownAnswers, maybeBilled, projected } = cost
  if (known === 0 && unknownAnswers === 0) return []
  const parts: Part[] = known === 0 ? [] : [{ text: `${dollarText(known)} so far` }]
  if (projected !== null) parts.push({ text: `about ${dollarText(projected)} in all` })
  if (unknownAnswers > 0)
    parts.push({ text: `unknown for ${numberText(unknownAnswers)} answers`, colour: "notice" })
  if (maybeBilled !== null && maybeBilled > 0)
    parts.push({ text: `up to ${dollarText(maybeBilled)} more maybe billed` })
  return [["cost", parts]]
}

function nowPart({ bottleneck }: BatchPace): Part {
  const isHeld = bottleneck.kind === "pause" || bottleneck.kind === "stopping"
  const colour = isHeld ? "alarm" : bottleneck.kind === "limit" ? "notice" : null
  return { text: bottleneckText(bottleneck), ...(colour === null ? {} : { colour }) }
}

/** The label and as much of the parts as fits. */
function lineOf(name: string, parts: readonly Part[], { width, colour }: BlockLook): string {
  const paint = (text: string, code: string): string => (colour ? `${code}${text}${plain}` : text)
  let line = paint(name.padEnd(label).slice(0, width), dim)
  let left = width - label
  for (const [index, part] of parts.entries()) {
    const gap = index === 0 ? "" : "  "
    const room = left - gap.length
    if (room <= 0) break
    const text = fitted(part.text, room)
    line += gap + (part.colour === undefined ? text : paint(text, colours[part.colour]))
    left = room - text.length
    if (text !== part.text) break
  }
  return line
}

function fitted(text: string, room: number): string {
  return text.length <= room ? text : `${text.slice(0, Math.max(0, room - 1))}${room > 0 ? "~" : ""}`
}
