// `npm run check`: the type check of everything there is: sources and tests, the script of the report's page, these
// scripts, the examples that stand in doc comments (written out as files first), the benchmarks, and examples/, which setup compiles.

import { existsSync } from "node:fs"
import { join } from "node:path"
import { exampleProject, writeExamples } from "./doc-examples.mjs"
import { root, runNode, toolPath } from "./paths.mjs"

writeExamples()
/** @type {[string, string[]][]} */
const checks = ["tsconfig.json", "src/cli/page/tsconfig.json", "tsconfig.scripts.json", exampleProject].map(
  (project) => {
    return [project, [toolPath("tsc"), "-p", project, "--noEmit"]]
  },
)
if (existsSync(join(root, "examples"))) checks.push(["tsconfig.examples.json", ["scripts/setup.mjs"]])

let failed = 0
for (const [project, args] of checks) {
  const { code } = await runNode(args)
  if (code !== 0) failed += 1
  console.log(`${code === 0 ? "ok    " : "FAILED"}  ${project}`)
}
process.exitCode = failed === 0 ? 0 : 1
