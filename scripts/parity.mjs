// `node scripts/parity.mjs`: runs the programs of test/parity on Python and writes what they print as their traces.
//
// Names as arguments take only those. The Python is the one named by the variable PYTHON, or the first of
// `python3.14`, `python3.13`, `python3` on the PATH that is 3.13 or newer: older ones behave otherwise. Its asyncio is
// as it came, but for the clock: time jumps to the next timer when nothing is ready, so a busy machine changes no
// trace. `--check` writes nothing and fails if a trace is another. Nothing of `npm test` needs Python.

import { spawnSync } from "node:child_process"
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { root } from "./paths.mjs"

const folder = join(root, "test", "parity")
const checkOnly = process.argv.includes("--check")
const asked = process.argv.slice(2).filter((argument) => !argument.startsWith("--"))

/** Runs a program with a clock that jumps: what the loop would sleep is added to its time instead. */
const onJumpingClock = `
import asyncio, runpy, selectors, sys

now = 1000.0

class JumpingSelector(selectors.DefaultSelector):
    def select(self, timeout=None):
        global now
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        now += timeout
        return super().select(0)

selectors.DefaultSelector = JumpingSelector
asyncio.BaseEventLoop.time = lambda loop: now
runpy.run_path(sys.argv[1], run_name="__main__")
`

const python = findPython()
if (python === undefined) {
  console.error(
    "Cannot write the traces: no Python of version 3.13 or newer was found (set PYTHON to its path)",
  )
  process.exit(1)
}
const all = readdirSync(folder)
  .filter((file) => file.endsWith(".py"))
  .map((file) => file.slice(0, -3))
const unknown = asked.filter((name) => !all.includes(name))
if (unknown.length > 0) {
  console.error(`Cannot write the traces: there is no program ${unknown.join(", ")}`)
  process.exit(1)
}

let changed = 0
let failed = 0
for (const name of asked.length > 0 ? asked : all) {
  const trace = traceOf(name)
  if (trace === undefined) {
    failed += 1
    continue
  }
  const path = join(folder, `${name}.trace`)
  if (existsSync(path) && bodyOf(readFileSync(path, "utf8")) === bodyOf(trace)) continue
  changed += 1
  console.log(`${name}: ${checkOnly ? "prints something else" : "written"}`)
  if (!checkOnly) writeFileSync(path, trace)
}
console.log(`CPython ${python.version}: ${changed} traces changed, ${failed} programs failed`)
process.exitCode = failed > 0 || (checkOnly && changed > 0) ? 1 : 0

/** @param {string} name @returns {string | undefined} */
function traceOf(name) {
  const { program, version } = /** @type {{ program: string, version: string }} */ (python)
  const options = { cwd: folder, encoding: /** @type {const} */ ("utf8"), timeout: 30_000 }
  const { status, stdout, stderr } = spawnSync(
    program,
    ["-B", "-I", "-c", onJumpingClock, `${name}.py`],
    options,
  )
  if (status === 0 && stderr === "") return `# CPython ${version}\n${stdout.replaceAll("\r\n", "\n")}`
  console.error(`${name}.py failed (exit code ${status}):\n${stderr}`)
  return undefined
}

/** A trace without the version in its first line.
 *  @param {string} trace */
function bodyOf(trace) {
  return trace.replaceAll("\r\n", "\n").slice(trace.indexOf("\n") + 1)
}

/** @returns {{ program: string, version: string } | undefined} */
function findPython() {
  const named = process.env["PYTHON"]
  for (const program of named === undefined ? ["python3.14", "python3.13", "python3"] : [named]) {
    const script = "import platform, sys; print(sys.version_info >= (3, 13), platform.python_version())"
    const { status, stdout } = spawnSync(program, ["-I", "-c", script], { encoding: "utf8" })
    const [isNew, version] = (stdout ?? "").trim().split(" ")
    if (status === 0 && isNew === "True" && version !== undefined) return { program, version }
  }
  return undefined
}
