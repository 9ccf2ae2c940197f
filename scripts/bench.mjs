// `npm run bench [-- NAME …]`: compiles bench/ into .build/bench and measures on Node 24, with the peers, and on 26.
//
//   --json FILE     writes the answers down for machines
//   --quick         short rounds, Node 24 alone; for a look while developing
//   --no-peers      only we and the same by hand
//   --cpu           time of the processor instead of the wall clock: for a machine that others use at the same time
//   --node 22,24    other versions of Node; the peers run on the first
//   --profile       what our program of each line spends its time on, in place of measuring; into .cache/profiles
//
// What the benchmark needs is found and fetched here, into .cache: versions of Node, packages, a Python with uvloop.

import { existsSync } from "node:fs"
import { join } from "node:path"
import { nodePath, versionOf } from "./node-versions.mjs"
import { buildFolder, isMain, root, runNode, runProgram, toolPath } from "./paths.mjs"
import { fetchPackages, findNginx, findPythons } from "./peers.mjs"
import { setupOrExit } from "./setup.mjs"

/**
 * Runs the benchmark.
 *
 * @param {{ args: string[], nodes: number[], peers: boolean, quick: boolean, cpu: boolean, profile?: boolean }} options
 * @returns {Promise<number>} its exit code
 */
export async function bench({ args, nodes, peers, quick, cpu, profile = false }) {
  await setupOrExit()
  if (!existsSync(join(root, "bench", "index.ts"))) {
    console.error("Cannot run the benchmarks: bench/index.ts is not there")
    return 1
  }
  const compiled = await runNode([toolPath("tsc"), "-p", "tsconfig.bench.json"])
  if (compiled.code !== 0) return 1
  await fetchPackages()
  const versions = []
  for (const major of nodes) {
    const path = await nodePath(major)
    versions.push({ version: await versionOf(path), path })
  }
  const settings = {
    nodes: versions,
    pythons: peers ? await findPythons() : [],
    peers,
    nginx: findNginx(),
    slice: quick ? 25 : 50,
    rounds: quick ? 3 : 5,
    clock: cpu ? "cpu" : "wall",
    profiles: profile ? join(root, ".cache", "profiles") : null,
  }
  const env = { ...process.env, TSYNCIO_BENCH: JSON.stringify(settings) }
  const first = versions[0]?.path ?? process.execPath
  const entry = join(buildFolder, "bench", "index.js")
  return (await runProgram(first, [entry, ...args], { env })).code
}

if (isMain(import.meta.url)) {
  const args = process.argv.slice(2)
  const profile = takeFlag(args, "--profile")
  const peers = !takeFlag(args, "--no-peers") && !profile
  const quick = takeFlag(args, "--quick") || profile
  const cpu = takeFlag(args, "--cpu")
  const nodes = takeNodes(args) ?? (quick ? [24] : [24, 26])
  process.exitCode = await bench({ args, nodes, peers, quick, cpu, profile })
}

/** @param {string[]} args @param {string} flag */
function takeFlag(args, flag) {
  const at = args.indexOf(flag)
  if (at >= 0) args.splice(at, 1)
  return at >= 0
}

/** @param {string[]} args @returns {number[] | null} */
function takeNodes(args) {
  const at = args.indexOf("--node")
  if (at < 0) return null
  const [, list = ""] = args.splice(at, 2)
  const majors = list.split(",").map(Number)
  if (majors.every((major) => Number.isInteger(major) && major >= 20)) return majors
  console.error(`Expected majors of Node like 22,24 after --node, got "${list}"`)
  process.exit(2)
}
