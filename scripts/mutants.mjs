// `npm run test:mutants`: plants known bugs, one at a time, and tells which test catches each.
// `npm run test:mutants -- lock` takes those whose name or file contains "lock".
//
// The bugs are the data of test/mutants/. They are planted in a copy of the sources, in .build/mutants, so a run
// that is killed leaves the checkout as it was. First the tests have to pass without any bug. A bug is caught if a
// test that it names fails, or if the run hangs; if none does, the tests have a hole, and the exit code is 1.

import { spawn, spawnSync } from "node:child_process"
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join, relative, sep } from "node:path"
import { baseMutants } from "../test/mutants/base.mjs"
import { combineMutants } from "../test/mutants/combine.mjs"
import { coreMutants } from "../test/mutants/core.mjs"
import { syncMutants } from "../test/mutants/sync.mjs"
import { timeMutants } from "../test/mutants/time.mjs"
import { upperMutants } from "../test/mutants/upper.mjs"
import { buildFolder, isMain, root, toolPath } from "./paths.mjs"
import { setupOrExit } from "./setup.mjs"

/** @typedef {import("./mutants.d.mts").Mutant} Mutant */

/** @type {readonly Mutant[]} */
export const mutants = [
  ...baseMutants,
  ...coreMutants,
  ...timeMutants,
  ...syncMutants,
  ...combineMutants,
  ...upperMutants,
]

const copy = join(buildFolder, "mutants")
const reportFile = join(buildFolder, "mutants-report.json")
/** A planted bug may make a test spin, which no time limit of the test runner ends. */
const mostSeconds = 90

/** @param {readonly Mutant[]} list @param {string} folder @returns {string[]} */
export function faultsOf(list, folder) {
  const names = list.map(({ name }) => name)
  return list.flatMap(({ name, file, find, replace, tests }, index) => {
    const path = join(folder, file)
    const count = existsSync(path) ? readFileSync(path, "utf8").split(find).length - 1 : 0
    const missing = tests.filter((test) => !existsSync(join(folder, test)))
    return [
      ...(names.indexOf(name) === index ? [] : ["this name stands there twice"]),
      ...(count === 1 ? [] : [`what it looks for is ${count} times in ${file}`]),
      ...(find === replace ? ["it changes nothing"] : []),
      ...(tests.length === 0 ? ["it names no test"] : []),
      ...missing.map((test) => `there is no ${test}`),
    ].map((fault) => `${name}: ${fault}`)
  })
}

function makeCopy() {
  rmSync(copy, { recursive: true, force: true })
  mkdirSync(copy, { recursive: true })
  const configs = ["package.json", "tsconfig.json", "tsconfig.build.json", "vitest.config.ts"]
  for (const name of ["src", "test", "scripts", ...configs])
    cpSync(join(root, name), join(copy, name), { recursive: true })
}

/** Ends the tool that is running; called with each way this command can end. */
let stopTool = () => {}

/** Runs a script in the copy, without its output.
 *  @param {string} script @param {readonly string[]} args @param {number} most seconds
 *  @returns {Promise<number | "hung">} its exit code */
async function runScript(script, args, most) {
  const child = spawn(process.execPath, [script, ...args], {
    cwd: copy,
    stdio: "ignore",
    detached: process.platform !== "win32",
  })
  let isHung = false
  stopTool = () => killTree(child.pid)
  const timer = setTimeout(() => {
    isHung = true
    stopTool()
  }, most * 1000)
  /** @type {number} */
  const code = await new Promise((resolve) => child.on("close", (code) => resolve(code ?? 1)))
  clearTimeout(timer)
  stopTool()
  stopTool = () => {}
  return isHung ? "hung" : code
}

/**
 * @typedef {object} Outcome
 * @property {"passed" | "failed" | "hung" | "broken"} state broken: a file could not be loaded
 * @property {string} by the first test that failed, or what else it was
 */

/** @param {readonly string[]} files @param {number} most seconds @param {readonly string[]} [limits]
 *  @returns {Promise<Outcome>} */
async function runTests(files, most, limits = []) {
  // Some tests start programs of their own, which load the build.
  const compiled = await runScript(toolPath("tsc"), ["-p", "tsconfig.build.json", "--noCheck"], mostSeconds)
  const bundled = await runScript(join(copy, "scripts", "bundle.mjs"), [], mostSeconds)
  if (compiled !== 0 || bundled !== 0) return { state: "broken", by: "the sources do not compile" }
  rmSync(reportFile, { force: true })
  const args = ["run", "--bail=1", "--reporter=json", `--outputFile=${reportFile}`, ...limits]
  const code = await runScript(toolPath("vitest"), [...args, ...files], most)
  if (code === "hung") return { state: "hung", by: `the run hung for ${most} s` }
  return code === 0 ? { state: "passed", by: "" } : failureOf()
}

/** A test runner has workers, and one that spins outlives it.
 *  @param {number | undefined} pid */
function killTree(pid) {
  if (pid === undefined) return
  if (process.platform === "win32") {
    spawnSync("taskkill", ["/pid", String(pid), "/T", "/F"])
    return
  }
  try {
    process.kill(-pid, "SIGKILL")
  } catch {
    // Nobody of the group is left.
  }
}

/**
 * @typedef {object} FileResult
 * @property {string} file
 * @property {string} status
 * @property {string} message
 * @property {{ status: string, fullName: string, duration?: number }[]} assertionResults
 */

/** What the last run of the tests came to; empty if it left no report.
 *  @returns {FileResult[]} */
function readReport() {
  if (!existsSync(reportFile)) return []
  /** @type {{ testResults: (FileResult & { name: string })[] }} */
  const { testResults } = JSON.parse(readFileSync(reportFile, "utf8"))
  return testResults.map((result) => ({ ...result, file: relative(copy, result.name).split(sep).join("/") }))
}

/** @returns {{ state: "failed" | "broken", by: string }} */
function failureOf() {
  const report = readReport()
  for (const { file, assertionResults } of report) {
    const failed = assertionResults.find(({ status }) => status === "failed")
    if (failed !== undefined) return { state: "failed", by: `${file} > ${failed.fullName}` }
  }
  const broken = report.find(({ status }) => status === "failed")
  if (broken === undefined) return { state: "failed", by: "an error outside of any test" }
  return { state: "broken", by: `${broken.file}: ${broken.message.split("\n")[0]}` }
}

/** @param {Mutant} mutant @param {number} testTimeout milliseconds @returns {Promise<Outcome>} */
async function tryMutant({ file, find, replace, tests }, testTimeout) {
  const path = join(copy, file)
  const sound = readFileSync(path, "utf8")
  writeFileSync(
    path,
    sound.replace(find, () => replace),
  )
  try {
    return await runTests(tests, mostSeconds, [`--testTimeout=${testTimeout}`])
  } finally {
    writeFileSync(path, sound)
  }
}

/** How long a test of each file may take. A lost wake-up makes a test wait for ever; a sound one that has to share
 *  the machine must not look like that.
 *  @returns {Map<string, number>} milliseconds, from the last run */
function timeLimits() {
  return new Map(
    readReport().map(({ file, assertionResults }) => {
      const longest = Math.max(...assertionResults.map(({ duration }) => duration ?? 0))
      return [file, Math.round(3000 + 5 * longest)]
    }),
  )
}

/** @param {string[]} words */
async function main(words) {
  const wanted = mutants.filter(({ name, file }) => words.every((word) => `${name} ${file}`.includes(word)))
  const faults = faultsOf(mutants, root)
  if (wanted.length === 0) faults.push(`No planted bug is called "${words.join(" ")}"`)
  if (faults.length > 0) {
    console.error(faults.join("\n"))
    process.exit(2)
  }
  await setupOrExit()
  process.on("exit", () => stopTool())
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1))
  makeCopy()
  const tests = [...new Set(wanted.flatMap((mutant) => mutant.tests))]
  const before = await runTests(tests, 20 * mostSeconds)
  console.log(`${tests.length} test files without a bug: ${before.state}\n`)
  if (before.state !== "passed") {
    console.error(`Cannot tell anything about planted bugs: ${before.by}`)
    process.exit(1)
  }
  const limits = timeLimits()
  const width = Math.max(...wanted.map(({ name }) => name.length))
  let missed = 0
  for (const mutant of wanted) {
    const start = performance.now()
    const { state, by } = await tryMutant(
      mutant,
      Math.max(...mutant.tests.map((test) => limits.get(test) ?? 0)),
    )
    const seconds = (performance.now() - start) / 1000
    const isCaught = state === "failed" || state === "hung"
    if (!isCaught) missed += 1
    const what = isCaught ? by : state === "passed" ? `NOT CAUGHT (${mutant.file})` : `DOES NOT LOAD: ${by}`
    console.log(`${mutant.name.padEnd(width)}  ${seconds.toFixed(1).padStart(5)} s  ${what}`)
  }
  console.log(`\n${wanted.length - missed} of ${wanted.length} planted bugs were caught`)
  process.exitCode = missed === 0 ? 0 : 1
}

if (isMain(import.meta.url)) await main(process.argv.slice(2))
