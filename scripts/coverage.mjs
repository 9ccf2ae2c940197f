// `npm run coverage`: which lines and branches of floors 0 to 2 no test reaches. The bar is 100 %, exit code 1 below.
//
// It runs the tests of those rooms and those that go through all of them, on the sources; what a test starts in a
// process of its own is not counted. What is left out carries `/* v8 ignore next -- the reason */` in the source, and
// is listed. `npm run coverage -- src/sync test/sync` measures one folder.

import { readFileSync, readdirSync, statSync } from "node:fs"
import { join, relative } from "node:path"
import { buildFolder, root, runNode, toolPath } from "./paths.mjs"
import { setupOrExit } from "./setup.mjs"

const rooms = ["base", "core", "time", "sync", "combine"]
const around = ["testing", "proof", "programs", "parity"]

const given = process.argv.slice(2)
const sources = given.filter((path) => path.startsWith("src"))
const tests = given.filter((path) => path.startsWith("test"))
const reports = join(buildFolder, "coverage")

/** @param {string} path a folder or a file */
const below = (path) => (path.endsWith(".ts") ? path : `${path}/**/*.ts`)
const measured = sources.length > 0 ? sources : rooms.map((room) => `src/${room}`)
const run = tests.length > 0 ? tests : [...rooms, ...around].map((room) => `test/${room}/`)

await setupOrExit()
const { code } = await runNode([
  toolPath("vitest"),
  "run",
  "--reporter=dot",
  "--coverage.enabled",
  "--coverage.provider=v8",
  "--coverage.thresholds.100",
  "--coverage.reportOnFailure",
  "--coverage.reporter=json",
  "--coverage.reporter=text-summary",
  `--coverage.reportsDirectory=${reports}`,
  // Its bars are seconds and megabytes, and counting costs both.
  "--exclude=test/proof/scale.test.ts",
  ...measured.map((path) => `--coverage.include=${below(path)}`),
  ...run,
])
for (const hole of holesOf(join(reports, "coverage-final.json"))) console.log(hole)
for (const exclusion of measured.flatMap(filesIn).flatMap(exclusionsIn)) console.log(exclusion)
process.exitCode = code

/** @param {string} path a folder or a file @returns {string[]} */
function filesIn(path) {
  if (statSync(join(root, path)).isFile()) return [path]
  return readdirSync(join(root, path), { recursive: true, encoding: "utf8" })
    .map((file) => `${path}/${file}`)
    .filter((file) => file.endsWith(".ts"))
    .sort()
}

/** @param {string} file @returns {string[]} */
function exclusionsIn(file) {
  const lines = readFileSync(join(root, file), "utf8").split("\n")
  return lines.flatMap((line, index) => {
    const reason = /v8 ignore next -- (.*?) \*\//.exec(line)?.[1]
    return reason === undefined ? [] : [`${file}:${index + 1}  left out: ${reason}`]
  })
}

/** @typedef {{ start: { line: number } }} Place */
/** @typedef {{ path: string, s: Record<string, number>, f: Record<string, number>, b: Record<string, number[]>,
 *    statementMap: Record<string, Place>, fnMap: Record<string, { name: string, loc: Place }>,
 *    branchMap: Record<string, { type: string, loc: Place, locations: Partial<Place>[] }> }} FileCoverage */

/** @param {string} file a report of istanbul @returns {string[]} each line that something on it is missing of */
function holesOf(file) {
  /** @type {Record<string, FileCoverage>} */
  const report = JSON.parse(readFileSync(file, "utf8"))
  return Object.values(report).flatMap(({ path, s, f, b, statementMap, fnMap, branchMap }) => {
    /** @type {Map<number, Set<string>>} */
    const holes = new Map()
    /** @param {number | undefined} line @param {string} what */
    const add = (line, what) => {
      if (line !== undefined) holes.set(line, (holes.get(line) ?? new Set()).add(what))
    }
    for (const [id, count] of Object.entries(s))
      if (count === 0) add(statementMap[id]?.start.line, "statement")
    for (const [id, count] of Object.entries(f)) if (count === 0) add(fnMap[id]?.loc.start.line, "function")
    for (const [id, counts] of Object.entries(b)) {
      const branch = branchMap[id]
      counts.forEach((count, at) => {
        if (count > 0) return
        // The `else` that nobody wrote has no place of its own.
        const line = branch?.locations[at]?.start?.line ?? branch?.loc.start.line
        add(line, `${branch?.type ?? "branch"} ${at + 1} of ${counts.length}`)
      })
    }
    return [...holes]
      .sort(([a], [z]) => a - z)
      .map(([line, what]) => `${relative(root, path)}:${line}  ${[...what].join(", ")}`)
  })
}
