// What a question came to: figures of each program, and how ours stand beside them.
//
// A ratio above 1 means that we are better: more operations, or less of a cost. The bars of the
// project are here: how many times as good we want to be as each kind of peer.
import { byHand, us } from "./question.js"

/** One program's figures. */
export interface Figure {
  readonly program: string
  readonly median: number
  readonly min: number
  readonly max: number
}

/** A question's answer on one version of Node. */
export interface Answer {
  readonly name: string
  readonly what: string
  readonly node: string
  readonly unit: string
  readonly figures: readonly Figure[]
  /** Peers that take part in this question and are not on this machine. */
  readonly absent: readonly string[]
}

export function figureOf(program: string, values: readonly number[]): Figure {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (index: number): number => sorted[index] ?? Number.NaN
  const middle = sorted.length >> 1
  const median = sorted.length % 2 === 1 ? at(middle) : (at(middle - 1) + at(middle)) / 2
  return { program, median, min: at(0), max: at(sorted.length - 1) }
}

/** Ours against another program's: above 1 we are better; null for our own row and where there is no own. */
export function ratioOf({ unit, figures }: Answer, { program, median }: Figure): number | null {
  const own = figures.find((figure) => figure.program === us)?.median
  if (own === undefined || program === us) return null
  return unit === "op/s" ? own / median : median / own
}

/** The least ratio we want against a program; null where there is none to reach. */
export function barOf({ name, unit }: Answer, program: string): number | null {
  if (program === byHand && name === "lock-free") return 0.6
  if (program === "node:net") return name === "tcp-echo" ? 0.8 : null
  if (program === "undici.request") return name === "batch" ? 0.6 : 0.85
  if (name === "batch") return program.startsWith("aiohttp on uvloop") ? 3 : null
  if (unit !== "op/s" || name === "http-get") return null
  if (program.startsWith("asyncio")) return 5
  if (program.startsWith("uvloop")) return 3
  if (program.startsWith("effect ")) return 1.5
  return program === byHand || isOfTheHouse(program) ? null : 1
}

/** The most we want to cost; null where there is no such bar. */
export function limitOf({ name }: Answer, program: string): number | null {
  if (name === "parked-bytes" && program === us) return 1150
  return name === "door-size" && program === "door tsyncio" ? 15 : null
}

/** Programs that are no peers: other builds of ours, and floors. */
function isOfTheHouse(program: string): boolean {
  return program.startsWith("tsyncio") || program === "bare sockets" || program === "postMessage"
}
