// `npm start`: makes the checkout ready and shows the main job. A mock server with some failures is started, the
// batch command asks it every question of examples/questions.jsonl, and the last lines say where the answers are.
//
// Both are the commands that users type, run from dist/; nothing here knows their insides. Running it again
// continues the output that is there; `npm start -- --fresh` begins anew, other arguments go to `tsyncio batch`.

import { spawn } from "node:child_process"
import { existsSync, mkdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { root } from "./paths.mjs"
import { setupOrExit } from "./setup.mjs"

const cli = join("dist", "cli", "main.js")
const input = join("examples", "questions.jsonl")
const output = join("out", "answers.jsonl")
const mockOptions = ["--port", "0", "--latency", "40", "--fail-rate", "0.05", "--rpm", "6000"]
const batchOptions = ["--concurrency", "16", "--rpm", "3000", "--retries", "4", "--timeout", "10000"]

await setupOrExit()
if (!existsSync(join(root, input))) {
  console.error(`Cannot start: ${input} is not there`)
  process.exit(1)
}
const given = process.argv.slice(2)
const more = given.filter((word) => word !== "--fresh")
if (more.length < given.length) rmSync(join(root, "out"), { recursive: true, force: true })
mkdirSync(join(root, "out"), { recursive: true })

const mock = run([cli, "mock", ...mockOptions], "pipe")
// Ctrl-C reaches the whole group: the batch tidies up and ends by itself, and this process after it.
process.on("SIGINT", () => {})
const url = await firstUrl(mock)
if (url === undefined) {
  console.error("Cannot start: the mock server ended before it told its address")
  process.exit(1)
}
const args = ["batch", input, "-o", output, "--base-url", url, ...batchOptions, ...more]
console.log(`$ tsyncio mock ${mockOptions.join(" ")}\n$ tsyncio ${args.join(" ")}\n`)
const batch = run([cli, ...args], "inherit")
process.on("SIGTERM", () => batch.kill("SIGTERM"))
const code = await ended(batch)
mock.kill("SIGTERM")
await ended(mock)
if (code === 0)
  console.log(`\nThe answers are in ${output}, one line each. Again from the start: npm start -- --fresh`)
process.exitCode = code

/** @param {string[]} words @param {"pipe" | "inherit"} out */
function run(words, out) {
  return spawn(process.execPath, words, { cwd: root, stdio: ["ignore", out, "inherit"] })
}

/** The address in the first lines that the server prints.
 *  @param {import("node:child_process").ChildProcess} child @returns {Promise<string | undefined>} */
async function firstUrl(child) {
  if (child.stdout === null) return undefined
  const lines = createInterface({ input: child.stdout })
  const url = await new Promise((resolve) => {
    lines.on("line", (line) => {
      const match = /https?:\/\/[^\s;,]+/.exec(line)
      if (match !== null) resolve(match[0])
    })
    lines.on("close", () => resolve(undefined))
  })
  return url
}

/** @param {import("node:child_process").ChildProcess} child @returns {Promise<number>} */
function ended(child) {
  if (child.exitCode !== null) return Promise.resolve(child.exitCode)
  return new Promise((resolve) => child.on("close", (code) => resolve(code ?? 130)))
}
