// What the build server runs (by .ci/run): the README's test command, the other parts of `npm run ok`, the main job.
//
// The last line counts truly: each test, each other part, and the main job is one. A test run that broke off, or
// ran no test, counts as one failure more than the tests that failed.

import { rmSync } from "node:fs"
import { otherParts, runParts, tellOutcomes } from "./parts.mjs"
import { runProgram, testReport } from "./paths.mjs"
import { readTestReport, tellTestReport } from "./test-report.mjs"

rmSync(testReport, { force: true })
const testsPassed = await runNpm(["test"])
const report = readTestReport()
const outcomes = await runParts(otherParts, report !== undefined)
const start = performance.now()
const jobPassed = await runNpm(["start"])
const seconds = (performance.now() - start) / 1000
outcomes.push({ name: "main job", passed: jobPassed, wasRun: true, seconds })

const passedTests = report?.passed ?? 0
const failedTests = report?.failed ?? 0
const brokeOff = failedTests === 0 && (!testsPassed || passedTests === 0) ? 1 : 0
const passed = passedTests + outcomes.filter((outcome) => outcome.passed).length
const failed = failedTests + brokeOff + outcomes.filter((outcome) => !outcome.passed).length

console.log(`\n${tellOutcomes(outcomes)}`)
console.log(tellTestReport(report))
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1

/** @param {string[]} args @returns {Promise<boolean>} whether npm's script passed */
async function runNpm(args) {
  console.log(`\n== npm ${args.join(" ")}`)
  const { code } = await runProgram("npm", args, { shell: process.platform === "win32" })
  return code === 0
}
