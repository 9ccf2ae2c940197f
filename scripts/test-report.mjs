// What vitest's JSON report says, in the few numbers that the scripts tell people.
//
// A run that failed without a failed test (a file that does not load, an error outside any test) is no green
// run: files that could not be run are counted beside the tests.

import { existsSync, readFileSync } from "node:fs"
import { testReport } from "./paths.mjs"

/**
 * @typedef {object} TestReport
 * @property {number} passed tests
 * @property {number} failed tests, and files that could not be run
 * @property {number} skipped tests
 * @property {number} files
 * @property {number} seconds
 */

/** @returns {TestReport | undefined} nothing if vitest left no report */
export function readTestReport() {
  if (!existsSync(testReport)) return undefined
  /** @type {{ numPassedTests: number, numFailedTests: number, numPendingTests: number, numTodoTests: number,
   *   startTime: number, testResults: { status: string, endTime: number, assertionResults: { status: string }[] }[] }} */
  const report = JSON.parse(readFileSync(testReport, "utf8"))
  const broken = report.testResults.filter(
    (file) => file.status === "failed" && file.assertionResults.every((test) => test.status !== "failed"),
  )
  const end = Math.max(report.startTime, ...report.testResults.map((file) => file.endTime))
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + broken.length,
    skipped: report.numPendingTests + report.numTodoTests,
    files: report.testResults.length,
    seconds: (end - report.startTime) / 1000,
  }
}

/** @param {TestReport | undefined} report @returns {string} one line for people */
export function tellTestReport(report) {
  if (report === undefined) return "Tests: the run broke off and left no report"
  const { passed, failed, skipped, files, seconds } = report
  const parts = [
    `${passed} passed`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
  ]
  return `Tests: ${parts.join(", ")}, in ${files} files, ${seconds.toFixed(1)} s, Node ${process.versions.node}`
}
