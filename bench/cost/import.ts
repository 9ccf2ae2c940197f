// What does it cost to import the package?
import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import type { CostQuestion } from "../question.js"

const execute = promisify(execFile)
const cache = fileURLToPath(new URL("../../../.cache/peers", import.meta.url))
const checkout = fileURLToPath(new URL("../../..", import.meta.url))

/** Milliseconds of an import, and how many modules it brings, each in a process of its own. */
async function importing(name: string, cwd: string): Promise<number[]> {
  const timing = `const start = performance.now(); await import("${name}"); console.log(performance.now() - start)`
  const counting = `import { registerHooks } from "node:module"
    let modules = 0
    registerHooks({ load: (url, context, next) => (modules += url.startsWith("file:") ? 1 : 0, next(url, context)) })
    await import("${name}")
    console.log(modules)`
  const answers = []
  for (const source of [timing, counting]) {
    const { stdout } = await execute(process.execPath, ["--input-type=module", "--eval", source], { cwd })
    answers.push(Number(stdout))
  }
  return answers
}

export const importCost: CostQuestion = {
  kind: "cost",
  name: "import",
  what: "the package is imported in a fresh process: milliseconds, and modules loaded",
  parts: [
    { name: "import-time", unit: "ms" },
    { name: "import-modules", unit: "modules" },
  ],
  programs: { tsyncio: () => importing("tsyncio", checkout) },
  peers: {
    effect: () => importing("effect", cache),
    effection: () => importing("effection", cache),
    "p-queue": () => importing("p-queue", cache),
  },
}
