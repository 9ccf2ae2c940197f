// `npm run bench`: compiles bench/ into .build/bench and runs its index.js on Node 24, the version all figures
// are told for. Arguments go to the benchmark. `node --expose-gc` is on: heap figures need it.

import { existsSync } from "node:fs"
import { join } from "node:path"
import { nodePath } from "./node-versions.mjs"
import { buildFolder, root, runNode, runProgram, toolPath } from "./paths.mjs"
import { setupOrExit } from "./setup.mjs"

await setupOrExit()
if (!existsSync(join(root, "bench", "index.ts"))) {
  console.error("Cannot run the benchmarks: bench/index.ts is not there")
  process.exit(1)
}
const compiled = await runNode([toolPath("tsc"), "-p", "tsconfig.bench.json"])
if (compiled.code !== 0) process.exit(1)
const entry = join(buildFolder, "bench", "index.js")
const { code } = await runProgram(await nodePath(24), ["--expose-gc", entry, ...process.argv.slice(2)], {
  input: "inherit",
})
process.exitCode = code
