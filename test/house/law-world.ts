// Law 3: time and chance come in through one window, and `process` has home rooms.
//
// Names are looked up among the tokens of the code, so comments and strings may speak of them. A property or a
// parameter of that name is no use of the world, `globalThis.setTimeout` is.

import type { Token } from "../../scripts/lexer.mjs"
import type { Law } from "./source-tree.ts"
import { livesIn } from "./source-tree.ts"

/** Globals that are time or chance themselves. */
const globals = new Set([
  "setTimeout",
  "setInterval",
  "setImmediate",
  "clearTimeout",
  "clearInterval",
  "clearImmediate",
  "queueMicrotask",
  "performance",
  "requestIdleCallback",
])

/** Members of globals that are. One may have home rooms of its own: where threads wait for threads, no virtual clock helps. */
const members = new Set([
  "Date.now",
  "Math.random",
  "AbortSignal.timeout",
  "process.nextTick",
  "process.hrtime",
  "process.uptime",
  "crypto.randomUUID",
  "crypto.getRandomValues",
  "Atomics.wait",
  "Atomics.waitAsync",
])

/** Node's own ways around the globals. */
const modules = new Set(["node:timers", "node:timers/promises", "node:perf_hooks"])

export const world: Law = (files, house) => {
  const faults: string[] = []
  const processHomes = house.homes["process"] ?? []
  for (const file of files) {
    const code = file.module.tokens.filter((token) => token.kind !== "comment")
    const isWindow = file.path === house.window
    for (const [at, token] of code.entries()) {
      if (token.kind !== "name" || !isGlobal(code, at)) continue
      const use = nameOfUse(code, at)
      const fault = (why: string): unknown => faults.push(`${file.path}:${token.line}: ${why}`)
      const isHome = use !== undefined && livesIn(file, house.homes[use] ?? [])
      if (use !== undefined && !isWindow && !isHome) fault(`${use} belongs to ${house.window}: ask the clock`)
      if (token.text === "process" && !isWindow && !livesIn(file, processHomes)) {
        fault(`process lives in ${processHomes.join(", ")}`)
      }
    }
    for (const { specifier, line } of file.module.imports) {
      if (modules.has(specifier) && !isWindow)
        faults.push(`${file.path}:${line}: ${specifier} belongs to ${house.window}`)
    }
  }
  return faults
}

/** What of the world the name at this place is, if any. */
function nameOfUse(code: readonly Token[], at: number): string | undefined {
  const name = code[at]?.text ?? ""
  if (globals.has(name)) return name
  const next = code[at + 1]?.text
  if (next === "." || next === "?.") {
    const member = `${name}.${code[at + 2]?.text}`
    return members.has(member) ? member : undefined
  }
  if (name !== "Date") return undefined
  const before = code[at - 1]?.text
  const isNow = before === "new" && (next !== "(" || code[at + 2]?.text === ")")
  const isCall = before !== "new" && next === "("
  return isNow || isCall ? "new Date()" : undefined
}

/** Whether a name stands for the global: no property, no key, no declaration of its own. */
function isGlobal(code: readonly Token[], at: number): boolean {
  const before = code[at - 1]?.text
  if (before === "." || before === "?.") {
    const owner = code[at - 2]?.text
    return owner === "globalThis" || owner === "global"
  }
  const next = code[at + 1]?.text
  const isKey = (before === "{" || before === "," || before === ";") && next === ":"
  const isDeclared = before === "const" || before === "let" || before === "function" || before === "interface"
  return !isKey && !isDeclared
}
