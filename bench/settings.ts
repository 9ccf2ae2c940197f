// What the script that starts the benchmark has found and decided, read from the environment.
//
// scripts/bench.mjs looks for the versions of Node and Python, fetches the peers, and hands the result
// over as JSON in TSYNCIO_BENCH; each process of the benchmark reads it there.
import type { Python } from "./peers/python-peer.js"

export interface Settings {
  /** Binary of Node by major version, in the order of measuring; the peers run on the first alone. */
  readonly nodes: readonly { readonly version: string; readonly path: string }[]
  readonly pythons: readonly Python[]
  /** Whether peers are measured, or only we and bare promises. */
  readonly peers: boolean
  /** Path of nginx, or null. */
  readonly nginx: string | null
  /** Milliseconds a program has in a round, and how many rounds count. */
  readonly slice: number
  readonly rounds: number
  /** Time by the clock on the wall, or of the processor, which a machine that others use blurs less. */
  readonly clock: "wall" | "cpu"
  /** Folder to write profiles of our programs into, in place of measuring; null to measure. */
  readonly profiles: string | null
}

export const settings: Settings = JSON.parse(process.env["TSYNCIO_BENCH"] ?? "{}") as Settings
