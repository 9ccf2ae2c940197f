// `npm run ok`: the one gate before a commit. Type check, lint, format, packaging, api dump and all tests.
//
// Nothing stops half-way: everything is run, then a table tells what passed. The exit code is 1 if anything failed.

import { otherParts, runParts, setupPart, tellOutcomes, testPart } from "./parts.mjs"

const outcomes = await runParts([setupPart], false)
const isBuilt = outcomes.every(({ passed }) => passed)
outcomes.push(...(await runParts([...otherParts, testPart], isBuilt)))
console.log(`\n${tellOutcomes(outcomes)}`)
const failed = outcomes.filter(({ passed }) => !passed).length
console.log(
  failed === 0 ? "All is well" : `Not ready to commit: ${failed} of ${outcomes.length} parts failed`,
)
process.exitCode = failed === 0 ? 0 : 1
