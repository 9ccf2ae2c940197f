// `npm test`: makes the checkout ready, then runs the whole test suite and says how it went.
//
// Arguments go to vitest: `npm test -- test/sync`. Vitest's own JSON report is left in .build for .ci/run.

import { rmSync } from "node:fs"
import { runNode, testReport, toolPath } from "./paths.mjs"
import { setupOrExit } from "./setup.mjs"
import { readTestReport, tellTestReport } from "./test-report.mjs"

rmSync(testReport, { force: true })
await setupOrExit()
const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${testReport}`]
const { code } = await runNode([toolPath("vitest"), "run", ...reporters, ...process.argv.slice(2)])
const report = readTestReport()
console.log(tellTestReport(report))
process.exitCode = code
