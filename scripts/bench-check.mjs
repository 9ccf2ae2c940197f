// `npm run bench:check`: have we become slower? A short run, held against the ratios in bench/ratios.json.
//
// Compared is what we come to beside the same work by hand in the same run, so the machine does not matter much. A
// line that has lost more than a quarter is measured twice more, and longer; the best counts. It is a tool for those
// who change the core and no part of the tests: machines are noisy. `npm run bench:check -- spawn` checks one line.

import { existsSync, mkdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { bench } from "./bench.mjs"
import { ratiosFile, readRun, scoresOf } from "./bench-run.mjs"
import { buildFolder } from "./paths.mjs"

const mostLost = 0.25
const repeats = 2

if (!existsSync(ratiosFile)) {
  console.error("Cannot check: bench/ratios.json is not there; scripts/bench-page.mjs writes it")
  process.exit(1)
}
/** @type {Record<string, number>} */
const expected = JSON.parse(readFileSync(ratiosFile, "utf8"))
const best = await scores(process.argv.slice(2), true)
for (let again = 0; again < repeats && lost().length > 0; again += 1) {
  console.log(`\nMeasured again: ${lost().join(", ")}`)
  const found = await scores(questionsOf(lost()), false)
  for (const [line, score] of Object.entries(found)) best[line] = Math.max(best[line] ?? 0, score)
}
console.log(`\n  ${"line".padEnd(24)} expected    found`)
for (const [line, score] of Object.entries(best)) {
  const change = score / (expected[line] ?? Number.NaN) - 1
  const told = Number.isNaN(change) ? "new" : `${change >= 0 ? "+" : ""}${(change * 100).toFixed(0)} %`
  const verdict = lost().includes(line) ? "  LOST" : ""
  console.log(
    `  ${line.padEnd(24)} ${String(expected[line] ?? "").padStart(8)} ${score.toPrecision(3).padStart(8)}  ${told}${verdict}`,
  )
}
const failed = lost()
console.log(
  failed.length === 0 ? "Nothing is lost" : `Lost more than ${mostLost * 100} %: ${failed.join(", ")}`,
)
process.exitCode = failed.length === 0 ? 0 : 1

/** Lines whose best score is too far below what is expected. */
function lost() {
  return Object.entries(best)
    .filter(([line, score]) => score < (expected[line] ?? 0) * (1 - mostLost))
    .map(([line]) => line)
}

/** @param {string[]} names @param {boolean} quick */
async function scores(names, quick) {
  mkdirSync(buildFolder, { recursive: true })
  const file = join(buildFolder, "bench-check.json")
  const args = [...names, "--json", file]
  const code = await bench({ args, nodes: [24], peers: false, quick, cpu: true })
  if (code !== 0) process.exit(code)
  return scoresOf(readRun(file))
}

/** The questions that lines belong to: some have several. @param {string[]} lines */
function questionsOf(lines) {
  const names = lines.map((line) =>
    line.startsWith("door ") ? "door-size" : line.replace(/^(million|import)-.*/, "$1"),
  )
  return [...new Set(names)]
}
