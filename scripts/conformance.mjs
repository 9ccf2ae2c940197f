// `npm run conformance`: the table of asyncio's behaviour, case by case, built from the report of a test run.
//
// A case has passed if a test that carries its id did, and none failed; it is different if docs/from-asyncio.md says
// how and why, planned if its room is not there yet, and missing otherwise. The command runs the tests whose files
// carry ids, or reads `--report FILE`, a JSON report of vitest. It fails when a [core] case is missing or failed.

import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { buildFolder, isMain, root, runNode, toolPath } from "./paths.mjs"
import { setupOrExit } from "./setup.mjs"

/** @typedef {import("./conformance.d.mts").Case} Case */
/** @typedef {import("./conformance.d.mts").CaseLine} CaseLine */
/** @typedef {import("./conformance.d.mts").CaseStatus} CaseStatus */
/** @typedef {import("./conformance.d.mts").DifferentCase} DifferentCase */
/** @typedef {import("./conformance.d.mts").RunReport} RunReport */

const idPattern = /[A-Z]+-\d+/.source

/** @type {readonly CaseStatus[]} */
const statuses = ["passed", "different", "planned", "missing", "failed"]

/** @param {string} testName @returns {string[]} */
export function idsOf(testName) {
  const head = new RegExp(`^(${idPattern}(?:, ${idPattern})*): `).exec(testName)?.[1]
  return head === undefined ? [] : head.split(", ")
}

/** @param {string} text @returns {Case[]} */
export function readCases(text) {
  const line =
    /area: "(\w+)",\s*title: "([^"]*)",\s*core: "([^"]*)",\s*edge: "([^"]*)",\s*planned: "([^"]*)"/g
  return [...text.matchAll(line)].flatMap(([, area = "", title = "", core = "", edge = "", planned = ""]) => {
    /** @param {string} numbers @param {"core" | "edge"} mark */
    const casesOf = (numbers, mark) =>
      wordsOf(numbers).map((number) => {
        return { id: `${area}-${number}`, area, title, mark, planned: wordsOf(planned).includes(number) }
      })
    return [...casesOf(core, "core"), ...casesOf(edge, "edge")].sort((a, b) => (a.id < b.id ? -1 : 1))
  })
}

/** @param {string} words */
function wordsOf(words) {
  return words === "" ? [] : words.split(" ")
}

/** @param {string} text @returns {DifferentCase[]} */
export function readDifferences(text) {
  const row = new RegExp(`^\\| (${idPattern}(?:, ${idPattern})*) +\\| (.*?) +\\| (.*?) +\\|$`, "gm")
  return [...text.matchAll(row)].flatMap(([, ids = "", what = "", why = ""]) => {
    return ids.split(", ").map((id) => ({ id, what, why }))
  })
}

/** @param {readonly Case[]} cases @param {readonly DifferentCase[]} different @param {RunReport} report
 *  @returns {CaseLine[]} */
export function caseTable(cases, different, report) {
  const outcomes = outcomesOf(report)
  const differentIds = new Set(different.map(({ id }) => id))
  return cases.map(({ id, area, mark, planned }) => {
    const outcome = outcomes.get(id)
    /** @type {CaseStatus} */
    let status = planned ? "planned" : "missing"
    if (outcome === "failed") status = "failed"
    else if (differentIds.has(id)) status = "different"
    else if (outcome === "passed") status = "passed"
    return { id, area, mark, status }
  })
}

/** Of each id that a test carries: whether one of its tests failed, or else one passed.
 *  @param {RunReport} report @returns {Map<string, "passed" | "failed" | "skipped">} */
function outcomesOf(report) {
  /** @type {Map<string, "passed" | "failed" | "skipped">} */
  const outcomes = new Map()
  for (const { title, status } of report.testResults.flatMap((file) => file.assertionResults)) {
    for (const id of idsOf(title)) {
      const before = outcomes.get(id)
      if (status === "failed" || before === "failed") outcomes.set(id, "failed")
      else if (status === "passed" || before === "passed") outcomes.set(id, "passed")
      else outcomes.set(id, "skipped")
    }
  }
  return outcomes
}

/** @param {readonly CaseLine[]} table @param {readonly DifferentCase[]} different @param {RunReport} report
 *  @returns {string[]} */
export function faultsOf(table, different, report) {
  const known = new Set(table.map(({ id }) => id))
  const core = table.filter(
    ({ mark, status }) => mark === "core" && (status === "missing" || status === "failed"),
  )
  const strangeTests = [...outcomesOf(report).keys()].filter((id) => !known.has(id))
  const strangeRows = different.map(({ id }) => id).filter((id) => !known.has(id))
  return [
    ...core.map(({ id, status }) => `[core] ${id} is ${status}`),
    ...strangeTests.map((id) => `A test carries ${id}, which is no case`),
    ...strangeRows.map((id) => `docs/from-asyncio.md tells of ${id}, which is no case`),
  ]
}

/** @param {readonly CaseLine[]} table */
function tell(table) {
  for (const { id, mark, status } of table) console.log(`${id.padEnd(12)} ${mark}  ${status}`)
  const areas = [...new Set(table.map(({ area }) => area))]
  console.log(`\n${"".padEnd(12)}${statuses.map((status) => status.padStart(10)).join("")}     total`)
  for (const area of areas) {
    tellTotals(
      area,
      table.filter((line) => line.area === area),
    )
  }
  for (const mark of ["core", "edge"]) {
    tellTotals(
      `all [${mark}]`,
      table.filter((line) => line.mark === mark),
    )
  }
  tellTotals("all", table)
}

/** @param {string} name @param {readonly CaseLine[]} lines */
function tellTotals(name, lines) {
  const counts = statuses.map((status) => lines.filter((line) => line.status === status).length)
  console.log(name.padEnd(12) + [...counts, lines.length].map((count) => String(count).padStart(10)).join(""))
}

/** @returns {Promise<string>} the file of the report */
async function runTests() {
  await setupOrExit()
  const reportFile = join(buildFolder, "conformance-report.json")
  mkdirSync(buildFolder, { recursive: true })
  rmSync(reportFile, { force: true })
  const folder = join(root, "test")
  const carries = new RegExp(`["'\`]${idPattern}(?:, ${idPattern})*: `)
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".test.ts"))
    .map((path) => join(folder, path))
    .filter((path) => carries.test(readFileSync(path, "utf8")))
  const reporters = ["--reporter=dot", "--reporter=json", `--outputFile.json=${reportFile}`]
  await runNode([toolPath("vitest"), "run", ...reporters, ...files])
  return reportFile
}

/** @param {string | undefined} givenReport */
async function main(givenReport) {
  const cases = readCases(readFileSync(join(root, "test", "house", "conformance-cases.ts"), "utf8"))
  const different = readDifferences(readFileSync(join(root, "docs", "from-asyncio.md"), "utf8"))
  const reportFile = givenReport ?? (await runTests())
  if (!existsSync(reportFile)) {
    console.error(`Cannot build the table: there is no report ${reportFile}`)
    process.exitCode = 1
    return
  }
  /** @type {RunReport} */
  const report = JSON.parse(readFileSync(reportFile, "utf8"))
  const table = caseTable(cases, different, report)
  tell(table)
  const faults = faultsOf(table, different, report)
  console.log(faults.length === 0 ? "\nEvery [core] case is accounted for" : `\n${faults.join("\n")}`)
  process.exitCode = faults.length === 0 ? 0 : 1
}

if (isMain(import.meta.url)) {
  const at = process.argv.indexOf("--report")
  const file = at < 0 ? undefined : process.argv[at + 1]
  if (at >= 0 && file === undefined) {
    console.error("Expected a file after --report")
    process.exit(1)
  }
  await main(file)
}
