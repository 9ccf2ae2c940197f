// The peers of the benchmark, fetched into .cache, which git ignores: npm packages at the versions that
// bench/peers/peers.json pins, and a Python with uvloop and aiohttp.
//
// Nothing here is a dependency of ours. What cannot be fetched is told once and left out: the benchmark prints such
// a peer as absent. A Python on the machine that has uvloop already is taken as it is.

import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs"
import { homedir } from "node:os"
import { delimiter, join } from "node:path"
import { root, runProgram } from "./paths.mjs"

const npmFolder = join(root, ".cache", "peers")
const venv = join(root, ".cache", "python")

/** @type {{ npm: Record<string, string>, python: string[] }} */
const wanted = JSON.parse(readFileSync(join(root, "bench", "peers", "peers.json"), "utf8"))

/** Fetches the npm packages that are not there at their version. */
export async function fetchPackages() {
  const missing = Object.entries(wanted.npm).filter(([name, version]) => installedVersion(name) !== version)
  if (missing.length === 0) return
  process.stderr.write(`fetching ${missing.map(([name, version]) => `${name}@${version}`).join(", ")}\n`)
  // All of them: npm takes away what is there and is not named.
  const packages = Object.entries(wanted.npm).map(([name, version]) => `${name}@${version}`)
  mkdirSync(npmFolder, { recursive: true })
  writeFileSync(join(npmFolder, "package.json"), `{ "private": true }\n`)
  // Names are looked up from the module that imports them, so this one lives beside the packages.
  writeFileSync(join(npmFolder, "load.mjs"), `export const load = (name) => import(name)\n`)
  const args = ["install", ...packages, "--prefix", npmFolder, "--ignore-scripts", "--no-audit", "--no-fund"]
  const shell = process.platform === "win32"
  const { code, output } = await runProgram("npm", [...args, "--loglevel=error"], { quiet: true, shell })
  if (code !== 0) process.stderr.write(`Cannot fetch the peers, they are left out: npm failed\n${output}`)
}

/** @param {string} name */
function installedVersion(name) {
  const file = join(npmFolder, "node_modules", ...name.split("/"), "package.json")
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).version : null
}

/**
 * @typedef {{ path: string, version: string, uvloop: string | null, aiohttp: string | null }} Interpreter
 * @typedef {{ label: string, path: string, loop: "asyncio" | "uvloop", hasAiohttp: boolean }} Python
 */

/**
 * What Python peers there are: asyncio and uvloop on the first interpreter that has uvloop, and asyncio on the newest.
 *
 * @returns {Promise<Python[]>}
 */
export async function findPythons() {
  let found = await interpreters()
  if (!found.some(({ uvloop }) => uvloop !== null) && (await makeVenv(found))) found = await interpreters()
  const first = found.find(({ uvloop }) => uvloop !== null)
  const newest = [...found].sort((a, b) => compareVersions(b.version, a.version))[0]
  /** @type {Python[]} */
  const pythons = []
  if (newest !== undefined && newest.version !== first?.version) pythons.push(asPeer(newest, "asyncio"))
  if (first !== undefined) pythons.push(asPeer(first, "asyncio"), asPeer(first, "uvloop"))
  return pythons
}

/** @param {Interpreter} interpreter @param {"asyncio" | "uvloop"} loop @returns {Python} */
function asPeer({ path, version, uvloop, aiohttp }, loop) {
  const label = loop === "asyncio" ? `asyncio ${version}` : `uvloop ${uvloop} on ${version}`
  return { label, path, loop, hasAiohttp: aiohttp !== null }
}

/** All interpreters from 3.11 on, where task groups began. @returns {Promise<Interpreter[]>} */
async function interpreters() {
  const onPath = (process.env["PATH"] ?? "").split(delimiter).flatMap((folder) => pythonsIn(folder))
  const versions = join(homedir(), ".pyenv", "versions")
  const managed = existsSync(versions) ? readdirSync(versions).sort(compareVersions).reverse() : []
  const candidates = [
    join(venv, "bin", "python3"),
    ...onPath,
    ...managed.map((version) => join(versions, version, "bin", "python3")),
  ]
  const look = `import sys
def version(name):
    try:
        return __import__(name).__version__
    except Exception:
        return None
import json
assert sys.version_info >= (3, 11)
print(json.dumps({"version": sys.version.split()[0], "uvloop": version("uvloop"), "aiohttp": version("aiohttp")}))`
  const found = []
  for (const path of new Set(candidates.filter((candidate) => existsSync(candidate)))) {
    const { code, output } = await runProgram(path, ["-c", look], { quiet: true })
    if (code === 0) found.push({ path, ...JSON.parse(output) })
  }
  return found
}

/** @param {string} folder */
function pythonsIn(folder) {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((name) => /^python3(?:\.\d+)?$/.test(name))
    .map((name) => join(folder, name))
}

/** Makes an environment with uvloop, by the newest Python for which it can be had; tried once. @param {Interpreter[]} found */
async function makeVenv(found) {
  const tried = join(root, ".cache", "no-uvloop")
  if (existsSync(tried)) return false
  for (const { path, version } of [...found].sort((a, b) => compareVersions(b.version, a.version))) {
    process.stderr.write(`fetching ${wanted.python.join(" and ")} for Python ${version}\n`)
    const made = await runProgram(path, ["-m", "venv", "--clear", venv], { quiet: true })
    if (made.code !== 0) continue
    const pip = [
      "-m",
      "pip",
      "install",
      "--quiet",
      "--only-binary",
      ":all:",
      "--retries",
      "0",
      "--timeout",
      "15",
    ]
    const { code } = await runProgram(join(venv, "bin", "python3"), [...pip, ...wanted.python], {
      quiet: true,
    })
    if (code === 0) return true
  }
  mkdirSync(join(root, ".cache"), { recursive: true })
  writeFileSync(tried, "Delete this file to try again.\n")
  return false
}

/** @param {string} a @param {string} b */
function compareVersions(a, b) {
  const [left, right] = [a, b].map((text) => text.split(".").map(Number))
  for (let i = 0; i < 3; i += 1) {
    const difference = (left?.[i] ?? 0) - (right?.[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

/** The path of nginx, or null. */
export function findNginx() {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"]
  return folders.map((folder) => join(folder, "nginx")).find((path) => existsSync(path)) ?? null
}
