// Makes the program `tsyncio` of the compiled sources: one file, and one for each command that a run may not need.
//
// Node needs a third of a millisecond to find, read and link a module, and the command has some two hundred; as one
// file it starts in half the time. Dependencies stay outside, where npm keeps them up to date. Of undici, which brings
// fetch, WebSockets and mocks along, the program takes the three classes that the library uses; where a version has
// them elsewhere, it takes all. `scripts/setup.mjs` runs this after the compiler.

import { readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { rolldown } from "rolldown"
import { root } from "./paths.mjs"

/** Names that the sources import from undici, and where it defines them. */
const undiciParts = { Agent: "agent", Client: "client", Pool: "pool" }
const undiciId = "\0undici-parts"

/** @type {{ dependencies: Record<string, string> }} */
const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
const folder = join(root, "dist", "bin")

rmSync(folder, { recursive: true, force: true })
const bundle = await rolldown({
  input: { tsyncio: join(root, "dist", "cli", "main.js") },
  platform: "node",
  external: Object.keys(dependencies).filter((name) => name !== "undici"),
  plugins: [
    {
      name: "undici-parts",
      resolveId: (id) => (id === "undici" ? undiciId : null),
      load: (id) => (id === undiciId ? undiciText() : null),
    },
  ],
})
await bundle.write({
  dir: folder,
  entryFileNames: "[name].js",
  chunkFileNames: "[name].js",
  comments: false,
})
await bundle.close()

/** @returns {string} a module with the parts of undici that are used */
function undiciText() {
  const lines = Object.entries(undiciParts).map(
    ([name, file]) => `export const ${name} = part("${name}", "undici/lib/dispatcher/${file}.js")`,
  )
  return `
    import { createRequire } from "node:module"
    const require = createRequire(import.meta.url)
    function part(name, path) {
      try {
        return require(path)
      } catch {
        return require("undici")[name]
      }
    }
    ${lines.join("\n")}
  `
}
