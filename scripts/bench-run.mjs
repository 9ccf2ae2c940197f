// What `npm run bench -- --json FILE` writes, as its readers see it: the page of figures and the check.

import { readFileSync } from "node:fs"
import { join } from "node:path"
import { root } from "./paths.mjs"

/**
 * @typedef {{ program: string, median: number, min: number, max: number, ratio: number | null, bar: number | null }}
 *   Figure
 * @typedef {{ name: string, what: string, node: string, unit: string, figures: Figure[], absent: string[] }} Answer
 * @typedef {{
 *   machine: { cores: number, processor: string, memory: number, platform: string },
 *   slice: number, rounds: number, clock: "wall" | "cpu", server: string, answers: Answer[]
 * }} BenchRun
 */

/** Where the ratios are that a change is held against. */
export const ratiosFile = join(root, "bench", "ratios.json")

/** @param {string} file @returns {BenchRun} */
export function readRun(file) {
  return JSON.parse(readFileSync(file, "utf8"))
}

/** The same work without us, by what it is called. */
const floors = new Set(["bare promises", "undici.request", "postMessage", "node:net", "node:readline"])

/**
 * How good each line of a run is, on its first Node: ours against the same by hand, or one over what it weighs.
 * Lines that are only times have none: they say more about the machine than about us.
 *
 * @param {BenchRun} run
 * @returns {Record<string, number>}
 */
export function scoresOf({ answers }) {
  const node = answers[0]?.node
  /** @type {Record<string, number>} */
  const scores = {}
  for (const { name, unit, figures, node: on } of answers) {
    const floor = figures.find(({ program }) => floors.has(program))
    if (on !== node) continue
    if (floor !== undefined) scores[name] = rounded(floor.ratio ?? Number.NaN)
    else if (unit === "kB" && name === "door-size") {
      for (const { program, median } of figures) scores[program] = rounded(1 / median)
    } else if (unit === "modules") scores[name] = rounded(1 / (figures[0]?.median ?? Number.NaN))
  }
  return scores
}

/** @param {number} score */
function rounded(score) {
  return Number(score.toPrecision(3))
}
