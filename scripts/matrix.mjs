// `npm run test:matrix`: the whole test suite on Node 22, 24 and 26. `npm run test:matrix -- 24` takes one of them,
// and what follows `--` a second time goes to vitest: `npm run test:matrix -- 24 -- test/core`.
//
// All versions are run, whatever the first came to; then a table tells. Exit code 1 if any failed.

import { mkdirSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { majors, nodePath, versionOf } from "./node-versions.mjs"
import { buildFolder, runProgram, toolPath } from "./paths.mjs"
import { setupOrExit } from "./setup.mjs"

const given = process.argv.slice(2)
const split = given.includes("--") ? given.indexOf("--") : given.length
const wanted = given.slice(0, split)
const unknown = wanted.filter((word) => !/^\d+$/.test(word))
if (unknown.length > 0) {
  console.error(`Expected Node majors like 24, got "${unknown.join('", "')}"`)
  process.exit(2)
}

await setupOrExit()
mkdirSync(buildFolder, { recursive: true })
const rows = []
for (const major of wanted.length > 0 ? wanted.map(Number) : majors) {
  rows.push(await runOn(major, given.slice(split + 1)))
}
console.log(`\n  node       result   passed  failed      time`)
for (const { version, code, passed, failed, seconds } of rows) {
  const figures = [
    String(passed).padStart(6),
    String(failed).padStart(6),
    `${seconds.toFixed(1)} s`.padStart(8),
  ]
  console.log(`  ${version.padEnd(9)}  ${code === 0 ? "ok    " : "FAILED"}   ${figures.join("  ")}`)
}
process.exitCode = rows.every(({ code }) => code === 0) ? 0 : 1

/** @param {number} major @param {string[]} args */
async function runOn(major, args) {
  const start = performance.now()
  const report = join(buildFolder, `test-report-${major}.json`)
  rmSync(report, { force: true })
  let version = String(major)
  let code = 1
  try {
    const node = await nodePath(major)
    version = await versionOf(node)
    console.log(`\n== Node ${version}`)
    const reporters = ["--reporter=dot", "--reporter=json", `--outputFile.json=${report}`]
    code = (await runProgram(node, [toolPath("vitest"), "run", ...reporters, ...args])).code
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
  }
  return { version, code, ...countsOf(report), seconds: (performance.now() - start) / 1000 }
}

/** @param {string} path @returns {{ passed: number, failed: number }} */
function countsOf(path) {
  try {
    /** @type {{ numPassedTests: number, numFailedTests: number }} */
    const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(path, "utf8"))
    return { passed: numPassedTests, failed: numFailedTests }
  } catch {
    return { passed: 0, failed: 0 }
  }
}
