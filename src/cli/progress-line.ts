// One line that says how far a run is: as a bar for a terminal, or plain for a log.
//
// Pure: a snapshot and rates in, a text out that is never wider than it was told. When the window is narrow the
// least telling parts go first, and the counts stay to the last. Time left is always in the same place.

import type { BatchSnapshot } from "../batch/index.ts"
import { costText } from "./cost-text.ts"
import { clockText, numberText, rateText } from "./number-text.ts"
import { expectedTotal, type Rates } from "./rate-window.ts"

/** How a line may look. */
export interface LineLook {
  /** Columns of the window. */
  readonly width: number
  /** Whether colours are wanted. */
  readonly colour: boolean
}

/** How wide a bar with how many words may be; the first that fits is taken. */
const layouts = [
  { words: 8, bar: 24 },
  { words: 8, bar: 12 },
  { words: 7, bar: 12 },
  { words: 6, bar: 12 },
  { words: 5, bar: 12 },
  { words: 4, bar: 12 },
  { words: 3, bar: 12 },
  { words: 3, bar: 0 },
  { words: 2, bar: 0 },
  { words: 1, bar: 0 },
]

/** The line for a terminal. */
export function progressLine(snapshot: BatchSnapshot, rates: Rates, look: LineLook): string {
  const all = wordsOf(snapshot, rates)
  for (const { words, bar: width } of layouts) {
    const parts = all.slice(0, words)
    const bar = width === 0 ? [] : [barText(shareDone(snapshot), width)]
    const plain = [...bar, ...parts.map((part) => part.text)].join("  ")
    if (plain.length <= look.width) return look.colour ? coloured(bar, parts) : plain
  }
  return (all[0]?.text ?? "").slice(0, Math.max(0, look.width))
}

/** The line for a log: every part, no bar. */
export function plainProgressLine(snapshot: BatchSnapshot, rates: Rates): string {
  return wordsOf(snapshot, rates)
    .map((part) => part.text)
    .join(", ")
}

interface Part {
  readonly text: string
  readonly alarm?: boolean
}

/** The most telling first: a narrow window keeps the beginning. */
function wordsOf(snapshot: BatchSnapshot, rates: Rates): Part[] {
  const bad = snapshot.failed + snapshot.invalid
  const cost = costText(snapshot.cost)
  const parts: Part[] = [
    { text: countText(snapshot) },
    { text: `${numberText(bad)} failed`, alarm: bad > 0 },
    { text: timeText(snapshot, rates), alarm: snapshot.pausedFor !== null },
    ...(cost === null ? [] : [{ text: cost }]),
    { text: `${rateText(rates.requests)} req/s` },
    { text: `${numberText(snapshot.inFlight)} in flight` },
    { text: `${numberText(snapshot.retries)} retries` },
    { text: `${rateText(rates.tokens)} tokens/s` },
  ]
  return parts
}

function countText(snapshot: BatchSnapshot): string {
  const total = expectedTotal(snapshot)
  const done = numberText(doneOf(snapshot))
  if (total === null) return `${done} done`
  return `${done}/${snapshot.total === null ? "~" : ""}${numberText(total)}`
}

function timeText(snapshot: BatchSnapshot, rates: Rates): string {
  if (snapshot.pausedFor !== null) return `paused ${clockText(snapshot.pausedFor)}`
  return rates.left === null ? "-:-- left" : `${clockText(rates.left)} left`
}

function doneOf(snapshot: BatchSnapshot): number {
  return snapshot.succeeded + snapshot.failed + snapshot.invalid + snapshot.skipped
}

function shareDone(snapshot: BatchSnapshot): number {
  const total = expectedTotal(snapshot)
  return total === null || total === 0 ? 0 : Math.min(1, doneOf(snapshot) / total)
}

function barText(share: number, width: number): string {
  const full = Math.floor(share * width)
  const percent = `${Math.floor(share * 100)}%`.padStart(4)
  return `[${"#".repeat(full)}${"-".repeat(width - full)}]${percent}`
}

function coloured(bar: readonly string[], parts: readonly Part[]): string {
  const texts = parts.map((part) => (part.alarm === true ? `\x1b[31m${part.text}\x1b[39m` : part.text))
  return [...bar.map((text) => `\x1b[36m${text}\x1b[39m`), ...texts].join("  ")
}
