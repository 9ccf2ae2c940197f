// `npm run package:check`: is what npm would publish sound? publint reads package.json against the packed files,
// attw resolves every door the way TypeScript and Node do. The package is ESM only, so CommonJS is not asked for.

import { runNode, toolPath } from "./paths.mjs"
import { setupOrExit } from "./setup.mjs"

await setupOrExit()
const publint = await runNode([toolPath("publint"), "run", "--strict", "."])
const attw = await runNode([
  toolPath("attw"),
  "--pack",
  ".",
  "--profile",
  "esm-only",
  "--no-emoji",
  "--no-color",
])
process.exitCode = publint.code === 0 && attw.code === 0 ? 0 : 1
