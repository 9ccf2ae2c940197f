// `npm run test:long`: what does not fit into the normal run. Some hours.
//
//   proof    the explorations, faults and sizes of test/proof, fifty times as large, with fresh seeds
//   crash    10,000 batches that are killed, 10,000 that lose the power, and damage at every byte of their last records
//   soak     an hour of mixed load
//   repeat   the whole suite ten times, tests and files in random order
//
// `npm run test:long -- proof` runs one of them. The seed is printed; TSYNCIO_PROOF_SEED=… repeats it. Everything is
// run, whatever the first came to; the exit code is 1 if anything failed.

import { runNode, toolPath } from "./paths.mjs"
import { setupOrExit } from "./setup.mjs"

const hour = 3_600_000
const seed = process.env["TSYNCIO_PROOF_SEED"] ?? String(Date.now() % 1_000_000_000)

const crashTests = ["crash", "disk-faults", "torn-tails"].map((name) => `test/batch/${name}.test.ts`)

/** @type {Record<string, () => Promise<boolean>>} */
const parts = {
  proof: () => vitest(["test/proof"], { TSYNCIO_PROOF_FACTOR: "50", TSYNCIO_PROOF_SEED: seed }),
  crash: () =>
    vitest(crashTests, { TSYNCIO_PROOF_FACTOR: "30", TSYNCIO_PROOF_SEED: String(Number(seed) % 10_000) }),
  soak: () => vitest(["test/proof/scale.test.ts"], { TSYNCIO_SOAK_MS: String(hour) }),
  repeat: async () => {
    let passed = true
    for (let round = 0; round < 10; round += 1) {
      const shuffle = ["--sequence.shuffle.files", "--sequence.shuffle.tests"]
      console.log(`\n== round ${round + 1} of 10`)
      passed = (await vitest([...shuffle, `--sequence.seed=${Number(seed) + round}`], {})) && passed
    }
    return passed
  },
}

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !(name in parts))
if (unknown.length > 0) {
  console.error(`Expected ${Object.keys(parts).join(", ")}, got "${unknown.join('", "')}"`)
  process.exit(2)
}

await setupOrExit()
console.log(`seed ${seed}`)
/** @type {string[]} */
const lines = []
for (const [name, part] of Object.entries(parts)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  const start = performance.now()
  const passed = await part()
  if (!passed) process.exitCode = 1
  lines.push(
    `  ${name.padEnd(8)} ${passed ? "ok    " : "FAILED"} ${((performance.now() - start) / 1000).toFixed(0)} s`,
  )
}
console.log(`\n${lines.join("\n")}`)

/** @param {string[]} args @param {Record<string, string>} env @returns {Promise<boolean>} */
async function vitest(args, env) {
  const given = [toolPath("vitest"), "run", "--reporter=default", ...args]
  const { code } = await runNode(given, { env: { ...process.env, ...env } })
  return code === 0
}
