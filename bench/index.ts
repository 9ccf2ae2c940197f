// The benchmark: asks the questions that are named, or all, tells each answer at once, and writes
// them down for machines. `npm run bench` starts it with what it needs, by scripts/bench.mjs.
import { execFile } from "node:child_process"
import type { Profiler } from "node:inspector"
import { mkdirSync, writeFileSync } from "node:fs"
import { cpus, totalmem } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import type { Answer } from "./answer.js"
import { barOf, ratioOf } from "./answer.js"
import { measureCost } from "./measure-cost.js"
import { selfShares } from "./profile-rate.js"
import type { Question } from "./question.js"
import { questions } from "./questions.js"
import { settings } from "./settings.js"
import { missedBars, tellAnswer } from "./tell-answer.js"

const execute = promisify(execFile)
const entry = fileURLToPath(new URL("line.js", import.meta.url))

/** A question that takes longer than this many ms hangs; the others are asked all the same. */
const timeout = 300_000

const args = process.argv.slice(2)
const jsonAt = args.indexOf("--json")
const jsonFile = jsonAt < 0 ? null : args[jsonAt + 1]
const names = args.filter((_, index) => jsonAt < 0 || (index !== jsonAt && index !== jsonAt + 1))
const isNamed = (question: Question, name: string): boolean =>
  question.name === name || question.name.startsWith(`${name}-`)
const unknown = names.filter((name) => !questions.some((question) => isNamed(question, name)))
if (unknown.length > 0 || jsonFile === undefined) {
  const why = unknown.length > 0 ? `no question is called ${unknown.join(", ")}` : "--json wants a file"
  console.error(`Cannot run the benchmark: ${why}`)
  console.error(`Questions: ${questions.map((question) => question.name).join(", ")}`)
  process.exit(2)
}

const answers: Answer[] = []
for (const question of questions) {
  if (names.length > 0 && !names.some((name) => isNamed(question, name))) continue
  if (settings.profiles !== null) {
    if (question.kind === "rate") await profile(question.name, settings.profiles)
    continue
  }
  const isEverywhere = question.kind === "rate" || question.onEachNode === true
  for (const [index, node] of settings.nodes.entries()) {
    if (index > 0 && !isEverywhere) continue
    try {
      for (const answer of await ask(question, node, index === 0)) {
        answers.push(answer)
        console.log(tellAnswer(answer, index === 0))
      }
    } catch (error) {
      // The other questions are asked all the same.
      process.exitCode = 1
      const { stderr } = error as { stderr?: string }
      console.error(`\n${question.name} failed on Node ${node.version}:\n${stderr ?? String(error)}`)
    }
  }
}
const missed = missedBars(answers)
if (missed.length > 0) console.log(`\nBelow the bar:\n  ${missed.join("\n  ")}`)
const machine = {
  cores: cpus().length,
  processor: cpus()[0]?.model ?? "unknown",
  memory: Math.round(totalmem() / 2 ** 30),
  platform: `${process.platform} ${process.arch}`,
}
if (jsonFile !== null) writeFileSync(jsonFile, `${JSON.stringify(record(), null, 2)}\n`)

/** The whole run for machines, with the ratio and the bar beside each figure. */
function record(): object {
  const { slice, rounds, clock, nginx } = settings
  const server = nginx === null ? "node cluster" : "nginx"
  const told = answers.map((answer) => ({
    ...answer,
    figures: answer.figures.map((figure) => {
      return { ...figure, ratio: ratioOf(answer, figure), bar: barOf(answer, figure.program) }
    }),
  }))
  return { machine, slice, rounds, clock, server, answers: told }
}

/** Profiles our program of a question on the first Node: the whole in a file, the largest shares on the screen. */
async function profile(name: string, folder: string): Promise<void> {
  const [node] = settings.nodes
  if (node === undefined) return
  const { stdout } = await execute(node.path, [entry, "--profile", name], { timeout, maxBuffer: 2 ** 30 })
  const file = join(folder, `${name}.cpuprofile`)
  mkdirSync(folder, { recursive: true })
  writeFileSync(file, stdout)
  console.log(`\n${name} on Node ${node.version}, all in ${file}`)
  for (const [place, share] of selfShares(JSON.parse(stdout) as Profiler.Profile).slice(0, 16))
    console.log(`  ${(100 * share).toFixed(1).padStart(5)} %  ${place}`)
}

/** The answers of one question on one Node; the peers are asked on the first only. */
async function ask(
  question: Question,
  node: { readonly version: string; readonly path: string },
  isFirst: boolean,
): Promise<Answer[]> {
  if (question.kind === "cost") {
    const found = await measureCost(isFirst ? question : withoutPeers(question), node.path, entry)
    return found.map((answer) => ({ ...answer, node: node.version }))
  }
  const env = isFirst
    ? process.env
    : { ...process.env, TSYNCIO_BENCH: JSON.stringify({ ...settings, peers: false }) }
  const { stdout, stderr } = await execute(node.path, ["--expose-gc", entry, question.name], { env, timeout })
  process.stderr.write(stderr)
  return [{ ...(JSON.parse(stdout) as Omit<Answer, "node">), node: node.version }]
}

function withoutPeers<Q extends Question>(question: Q): Q {
  const { peers: _, asyncio: __, ...rest } = question
  return rest as Q
}
