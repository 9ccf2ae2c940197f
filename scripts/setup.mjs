// Makes a checkout ready to run: packages from the lock file, dist/ from src/, examples into .build/.
//
// `npm start` and `npm test` call it first, so that one command is all a newcomer needs. Nothing is done twice:
// packages are compared with the lock file, compiled output with a hash of what it was compiled from. It uses
// nothing but Node itself, for it runs before anything is installed. `--check` only tells whether dist/ is fresh.

import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { buildFolder, isMain, root, runNode, runProgram, toolPath } from "./paths.mjs"

/** What the compiled output depends on, beside the lock file. */
const distInputs = ["src", "tsconfig.json", "tsconfig.build.json", "scripts/bundle.mjs"]
const programPath = join("dist", "bin", "tsyncio.js")
const exampleInputs = [...distInputs, "examples", "tsconfig.examples.json"]

/** What setup cannot go on from; the message says what to do. */
export class SetupError extends Error {}

/**
 * Installs and builds what is missing or stale, and says in one line each what it does.
 *
 * @returns {Promise<void>}
 * @throws {SetupError} If Node is too old, npm fails, or the sources do not compile.
 */
export async function setup() {
  checkNode()
  if (!packagesAreFresh()) await install()
  await build("dist", "tsconfig.build.json", distInputs, "dist")
  await build("examples", "tsconfig.examples.json", exampleInputs, join(".build", "examples"))
}

/** Whether dist/ was built from the sources as they are now. */
function distIsFresh() {
  return isBuilt("dist", hashOf(distInputs), "dist", "src")
}

function checkNode() {
  /** @type {{ engines: { node: string } }} */
  const { engines } = readJson(join(root, "package.json"))
  const [needMajor = 0, needMinor = 0] = (engines.node.match(/\d+/g) ?? []).map(Number)
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)
  if (major > needMajor || (major === needMajor && minor >= needMinor)) return
  throw new SetupError(
    `Node ${engines.node.replace(">=", "")} or newer is needed, this is ${process.versions.node}`,
  )
}

// --- packages

/** Whether node_modules holds what the lock file says. npm leaves a lock file of what it installed inside. */
function packagesAreFresh() {
  const installedLock = join(root, "node_modules", ".package-lock.json")
  if (!existsSync(installedLock)) return false
  const wanted = readLock(join(root, "package-lock.json"))
  const installed = readLock(installedLock)
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === "") return true
    const there = installed[path]
    if (there === undefined) return entry.optional === true || entry.peer === true
    return there.version === entry.version && there.integrity === entry.integrity
  })
}

async function install() {
  const why = existsSync(join(root, "node_modules")) ? "differ from the lock file" : "are missing"
  say(`installing packages (they ${why})`)
  const { program, args, shell } = npmCommand([
    "ci",
    "--include=dev",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
  ])
  const { code, output } = await runProgram(program, args, { quiet: true, shell })
  if (code === 0) return
  // npm follows the cause with the usage of its command, which helps nobody here.
  process.stderr.write(output.replace(/^npm error Clean install a project\n[\s\S]*?(?=^npm error Run )/m, ""))
  throw new SetupError(
    `"npm ci" failed with exit code ${code}: is the network there, does the lock file fit package.json?`,
  )
}

/** npm tells its scripts where it is; started by hand, the one on the PATH has to do.
 *  @param {string[]} args */
function npmCommand(args) {
  const npm = process.env["npm_execpath"]
  if (npm !== undefined && /npm-cli\.[cm]?js$/.test(npm)) {
    return { program: process.execPath, args: [npm, ...args], shell: false }
  }
  return { program: "npm", args, shell: process.platform === "win32" }
}

// --- compiled output

/**
 * @param {string} title
 * @param {string} project the tsconfig to compile
 * @param {string[]} inputs files and folders the output depends on
 * @param {string} output
 */
async function build(title, project, inputs, output) {
  const source = title === "dist" ? "src" : title
  if (sourcesIn(source).length === 0) return
  const hash = hashOf(inputs)
  if (isBuilt(title, hash, output, source)) return
  say(`building ${title}`)
  const { code, output: errors } = await runNode([toolPath("tsc"), "-p", project, "--pretty", "false"], {
    quiet: true,
  })
  if (code !== 0) {
    process.stderr.write(errors)
    throw new SetupError(`Cannot build ${title}: the compiler found the errors above`)
  }
  dropLeftovers(source, output)
  if (title === "dist") await bundleProgram()
  mkdirSync(buildFolder, { recursive: true })
  writeFileSync(stampPath(title), hash)
}

/** The command as one file, which starts faster. It needs packages, so it is a process of its own. */
async function bundleProgram() {
  const { code, output } = await runNode([join(root, "scripts", "bundle.mjs")], { quiet: true })
  if (code === 0) return
  process.stderr.write(output)
  throw new SetupError("Cannot make the command of the compiled sources: see above")
}

/** @param {string} title */
function stampPath(title) {
  return join(buildFolder, `${title}.stamp`)
}

/** @param {string} title @param {string} hash @param {string} output @param {string} source */
function isBuilt(title, hash, output, source) {
  const stamp = stampPath(title)
  if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== hash) return false
  if (title === "dist" && !existsSync(join(root, programPath))) return false
  return sourcesIn(source).every((path) => existsSync(join(root, output, path.replace(/ts$/, "js"))))
}

/** Removes what was compiled from sources that are gone, so that no check and no package finds it.
 *  @param {string} source @param {string} output */
function dropLeftovers(source, output) {
  const stems = new Set(sourcesIn(source).map((path) => path.replace(/\.m?ts$/, "")))
  for (const path of filesUnder(join(root, output))) {
    if (!stems.has(path.replace(/(\.d)?\.m?(ts|js)(\.map)?$/, ""))) rmSync(join(root, output, path))
  }
}

/** @param {string} folder @returns {string[]} */
function sourcesIn(folder) {
  return filesUnder(join(root, folder)).filter((path) => /\.m?ts$/.test(path))
}

/** @param {string} folder @returns {string[]} paths of all files below, relative to the folder, in order */
function filesUnder(folder) {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => statSync(join(folder, path)).isFile())
    .sort()
}

/** @param {string[]} inputs @returns {string} */
function hashOf(inputs) {
  const hash = createHash("sha256")
  hash.update(readFileSync(join(root, "package-lock.json")))
  for (const input of inputs) {
    const path = join(root, input)
    if (!existsSync(path)) continue
    const files = statSync(path).isFile() ? [""] : filesUnder(path)
    for (const file of files) hash.update(`\n${input}/${file}\n`).update(readFileSync(join(path, file)))
  }
  return hash.digest("hex")
}

// --- small things

/** @typedef {{ version?: string, integrity?: string, optional?: boolean, peer?: boolean }} LockEntry */

/** @param {string} path @returns {Record<string, LockEntry>} */
function readLock(path) {
  /** @type {{ packages?: Record<string, LockEntry> }} */
  const lock = readJson(path)
  return lock.packages ?? {}
}

/** @param {string} path */
function readJson(path) {
  return JSON.parse(readFileSync(path, "utf8"))
}

/** @param {string} text */
function say(text) {
  process.stderr.write(`setup: ${text}\n`)
}

/**
 * Runs setup for a script; a failure is told in one line and ends the process.
 *
 * @returns {Promise<void>}
 */
export async function setupOrExit() {
  try {
    await setup()
  } catch (error) {
    if (!(error instanceof SetupError)) throw error
    process.stderr.write(`setup: ${error.message}\n`)
    process.exit(1)
  }
}

if (isMain(import.meta.url)) {
  if (process.argv.includes("--check")) {
    if (!distIsFresh()) say("dist/ is older than the sources")
    process.exitCode = distIsFresh() ? 0 : 1
  } else {
    await setupOrExit()
    say(`ready, on Node ${process.versions.node}`)
  }
}
