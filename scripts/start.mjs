// `npm start`: makes the checkout ready, then runs the main job: the questions of examples/ as a batch against the
// embedded mock server. The job itself is src/cli/start.ts; it runs in this process, so Ctrl-C is its own affair.

import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { root } from "./paths.mjs"
import { setupOrExit } from "./setup.mjs"

await setupOrExit()
await import(pathToFileURL(join(root, "dist", "cli", "start.js")).href)
