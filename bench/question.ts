// The shape of a question: the same work done by us and by each peer.
//
// `what` says in a line what every program does, so that a reader can judge whether the comparison
// is fair: the same number of tasks and waits, the same results checked. A program does its work
// once and throws if it came to something else; how often it is called and how time is taken is
// the affair of measure.ts.
import type { PeerModules } from "./peers/peer-modules.js"

/** Does the work once; throws if a result is wrong. */
export type Program = () => Promise<void>

/** Programs of npm peers, by package; each is given the package. */
export type PeerPrograms<Result> = {
  readonly [Name in keyof PeerModules]?: (module: PeerModules[Name]) => Promise<Result>
}

/** How fast is it? Answered in operations per second; all programs take turns in one process. */
export interface RateQuestion {
  readonly kind: "rate"
  /** Name on the command line, such as `spawn`. */
  readonly name: string
  /** What each program does, in one line. */
  readonly what: string
  /** Operations one call of a program does. */
  readonly count: number
  /** Ours; called inside a run. */
  readonly tsyncio: Program
  /** The same by hand with promises alone; called outside a run. */
  readonly bare: Program
  readonly peers?: PeerPrograms<void>
  /** Name of the function in `asyncio_peer.py` that does the same. */
  readonly asyncio?: string
  /** What the program by hand is called, if it is not `bare promises`. */
  readonly bareName?: string
  /** Whether the Python program is of aiohttp, which may not be there. */
  readonly needsAiohttp?: boolean
  /** How many slices of time a program has in a round, where much goes on beside it. @default 1 */
  readonly slices?: number
  /** Called once before and once after the rounds. */
  readonly prepare?: () => Promise<Preparation>
}

/** What a question needs around it. */
export interface Preparation {
  /** Other builds or floors of the same work, by name; called outside a run. */
  readonly others?: Readonly<Record<string, Program>>
  /** Environment of the Python programs. */
  readonly env?: Readonly<Record<string, string>>
  close(): Promise<void>
}

/** What a cost is counted in; less is better. */
export type CostUnit = "bytes" | "ns" | "kB" | "MB" | "µs" | "ms" | "s" | "modules"

/** What does it cost? Each program runs in a fresh process and gives one number for each part. */
export interface CostQuestion {
  readonly kind: "cost"
  readonly name: string
  readonly what: string
  readonly parts: readonly { readonly name: string; readonly unit: CostUnit }[]
  readonly programs: Readonly<Record<string, () => Promise<readonly number[]>>>
  readonly peers?: PeerPrograms<readonly number[]>
  readonly asyncio?: string
  /** Most rounds: a program that gives the same figure each time needs one. */
  readonly rounds?: number
  /** Whether it is asked on each version of Node, or on the first alone. @default false */
  readonly onEachNode?: boolean
}

export type Question = RateQuestion | CostQuestion

/** Name of our programs and of those by hand. */
export const us = "tsyncio"
export const byHand = "bare promises"

/** Throws unless a program came to what it should. */
export function expectResult(actual: unknown, expected: unknown): void {
  if (actual !== expected)
    throw new Error(`Expected ${String(expected)}, got ${String(actual)}: the program is wrong`)
}
