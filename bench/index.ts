// `npm run bench [-- NAME …] [--json FILE]`: every question, ours and the peers' in turn.
//
// Ratios are what counts: absolute figures drift with the machine. "us / peer" above 1 means that
// we are faster.
import { writeFileSync } from "node:fs"
import { gatherHundred, mapBounded } from "./combine/many.js"
import { cancel } from "./core/cancel.js"
import { group } from "./core/group.js"
import { parkedBytes } from "./core/heap.js"
import { spawn } from "./core/spawn.js"
import type { Figure } from "./measure.js"
import { measure, rounds } from "./measure.js"
import { PythonPeer } from "./python-peer.js"
import type { Question } from "./question.js"
import { queueOneToOne, queuePingPong } from "./sync/queue.js"
import { semaphoreContended, semaphoreFree } from "./sync/semaphore.js"
import { sleepers, timeoutUnfired, yieldAlone, yieldAmong } from "./time/sleep.js"

const questions: readonly Question[] = [
  spawn,
  group,
  cancel,
  yieldAlone,
  yieldAmong,
  sleepers,
  timeoutUnfired,
  semaphoreFree,
  semaphoreContended,
  queueOneToOne,
  queuePingPong,
  gatherHundred,
  mapBounded,
]

const args = process.argv.slice(2)
const jsonAt = args.indexOf("--json")
const jsonFile = jsonAt < 0 ? null : args[jsonAt + 1]
const names = args.filter((_, index) => jsonAt < 0 || (index !== jsonAt && index !== jsonAt + 1))
const unknown = names.filter(
  (name) => name !== "heap" && !questions.some((question) => question.name === name),
)
if (unknown.length > 0 || jsonFile === undefined) {
  console.error(
    `Cannot run the benchmark: ${unknown.length > 0 ? `no question is called ${unknown.join(", ")}` : "--json wants a file"}`,
  )
  console.error(`Questions: ${questions.map((question) => question.name).join(", ")}, heap`)
  process.exit(2)
}
const isChosen = (name: string): boolean => names.length === 0 || names.includes(name)

const python = await PythonPeer.open()
console.log(
  `Node ${process.versions.node}, ${python === null ? "no python3 here: asyncio is left out" : python.version}, ${rounds} rounds each, million operations a second\n`,
)
const answers: { name: string; what: string; figures: Figure[] }[] = []
for (const question of questions.filter(({ name }) => isChosen(name))) {
  const figures = await measure(question, python)
  answers.push({ name: question.name, what: question.what, figures })
  console.log(`${question.name}: ${question.what}`)
  const ours = figures[0]?.median ?? Number.NaN
  for (const { program, median, min, max } of figures) {
    const ratio = program === "tsyncio" ? "" : `   us / ${program} ${(ours / median).toFixed(2)}`
    console.log(`  ${program.padEnd(14)} ${millions(median)}  (${millions(min)} to ${millions(max)})${ratio}`)
  }
}
python?.close()
if (isChosen("heap")) {
  const { tsyncio, bare } = await parkedBytes()
  console.log(
    `heap: bytes of one parked task: tsyncio ${Math.round(tsyncio)}, bare async function ${Math.round(bare)}`,
  )
}
if (jsonFile !== null)
  writeFileSync(
    jsonFile,
    `${JSON.stringify({ node: process.versions.node, python: python?.version ?? null, answers }, null, 2)}\n`,
  )

function millions(rate: number): string {
  return (rate / 1e6).toFixed(3).padStart(8)
}
