// The parts of `npm run ok`, and how each is run and reported.
//
// Every part is run and every result told, whatever the one before it came to; only what needs a build is left out,
// and counts as failed, when there is none.

import { runNode, toolPath } from "./paths.mjs"

/**
 * @typedef {object} Part
 * @property {string} name
 * @property {() => string[]} args what Node is started with; asked late, for before setup no tool is installed
 * @property {boolean} needsBuild
 */

/** @typedef {{ name: string, passed: boolean, seconds: number, wasRun: boolean }} Outcome */

/** @type {Part} */
export const setupPart = { name: "setup", args: () => ["scripts/setup.mjs"], needsBuild: false }

/** @type {Part} */
export const testPart = { name: "tests", args: () => ["scripts/test.mjs"], needsBuild: true }

/** All but setup and tests.
 *  @type {Part[]} */
export const otherParts = [
  { name: "type check", args: () => ["scripts/check.mjs"], needsBuild: false },
  { name: "lint", args: () => [toolPath("oxlint"), "--type-aware", "--deny-warnings"], needsBuild: true },
  {
    name: "format",
    args: () => [toolPath("prettier"), "--check", "--log-level=warn", "."],
    needsBuild: false,
  },
  { name: "package", args: () => ["scripts/package-check.mjs"], needsBuild: true },
  { name: "api dump", args: () => ["scripts/api.mjs", "--check"], needsBuild: true },
]

/**
 * Runs parts one after the other with their output shown.
 *
 * @param {Part[]} parts
 * @param {boolean} isBuilt
 * @returns {Promise<Outcome[]>}
 */
export async function runParts(parts, isBuilt) {
  const outcomes = []
  for (const { name, args, needsBuild } of parts) {
    const start = performance.now()
    const wasRun = isBuilt || !needsBuild
    let passed = false
    if (wasRun) {
      console.log(`\n== ${name}`)
      passed = (await runNode(args())).code === 0
    }
    outcomes.push({ name, passed, wasRun, seconds: (performance.now() - start) / 1000 })
  }
  return outcomes
}

/** @param {Outcome[]} outcomes @returns {string} a table, one line per part */
export function tellOutcomes(outcomes) {
  const width = Math.max(...outcomes.map(({ name }) => name.length))
  return outcomes
    .map(({ name, passed, wasRun, seconds }) => {
      const time = wasRun ? `${seconds.toFixed(1).padStart(6)} s` : "not run: there is no build"
      return `  ${passed ? "ok    " : "FAILED"}  ${name.padEnd(width)}  ${time}`
    })
    .join("\n")
}
