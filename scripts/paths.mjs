// Where things are in this repository, and how its tools are started.
//
// Tools are started as `node <their entry>` and not through node_modules/.bin: that works in a folder with a
// space in its name, on Windows, and with another Node than the one on the PATH.

import { spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

/** The folder of package.json. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** What git ignores and may be thrown away: compiled examples, reports, stamps. */
export const buildFolder = join(root, ".build")

/** Where `npm test` leaves vitest's JSON report. */
export const testReport = join(buildFolder, "test-report.json")

/** Command names and the package that brings each. */
const tools = {
  attw: "@arethetypeswrong/cli",
  oxlint: "oxlint",
  prettier: "prettier",
  publint: "publint",
  tsc: "typescript",
  vitest: "vitest",
}

/**
 * The script that a tool's command name stands for.
 *
 * @param {keyof typeof tools} tool
 * @returns {string}
 */
export function toolPath(tool) {
  const folder = join(root, "node_modules", ...tools[tool].split("/"))
  /** @type {{ bin: string | Record<string, string> }} */
  const { bin } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))
  const entry = typeof bin === "string" ? bin : bin[tool]
  if (entry === undefined) throw new Error(`Cannot start ${tool}: ${tools[tool]} has no such command`)
  return join(folder, entry)
}

/**
 * Runs a program to its end with our output and no input.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, quiet?: boolean, shell?: boolean, input?: "inherit" }} [options] `quiet`
 *   keeps its output and gives it back; `input` lets it read ours
 * @returns {Promise<{ code: number, output: string }>} code 127 if it could not be started
 */
export function runProgram(program, args, { env = process.env, quiet = false, shell = false, input } = {}) {
  const out = quiet ? "pipe" : "inherit"
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, env, shell, stdio: [input ?? "ignore", out, out] })
    let output = ""
    child.stdout?.setEncoding("utf8").on("data", (/** @type {string} */ text) => (output += text))
    child.stderr?.setEncoding("utf8").on("data", (/** @type {string} */ text) => (output += text))
    child.on("error", (error) => resolve({ code: 127, output: `${output}${error.message}\n` }))
    child.on("close", (code, signal) => resolve({ code: code ?? (signal === null ? 1 : 128), output }))
  })
}

/**
 * Runs a script on this Node.
 *
 * @param {string[]} args the script and what it is given
 * @param {{ env?: NodeJS.ProcessEnv, quiet?: boolean, input?: "inherit" }} [options]
 * @returns {Promise<{ code: number, output: string }>}
 */
export function runNode(args, options) {
  return runProgram(process.execPath, args, options)
}

/** @param {string} fileUrl @returns {boolean} whether this module is the program that was started */
export function isMain(fileUrl) {
  return process.argv[1] !== undefined && fileURLToPath(fileUrl) === process.argv[1]
}
