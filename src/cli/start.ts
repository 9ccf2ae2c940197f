// The demonstration behind `npm start`: a whole batch against a server that misbehaves, in a few seconds.
//
// The project's own questions go to the embedded mock server, which is slow, refuses what is above its limit, and
// spoils some of the answers; the run is bounded, keeps to the limit, and asks again where that helps. Each start
// begins with a fresh output in `out/`, so it always shows a whole run.

import { mkdir, readFile, rm } from "node:fs/promises"
import { relative } from "node:path"
import { fileURLToPath } from "node:url"
import { isCancelled, run } from "../core/index.ts"
import { executeBatch } from "./execute-batch.ts"
import { startMockServer, type MockServer } from "./mock-server.ts"

const root = fileURLToPath(new URL("../../", import.meta.url))
const input = `${root}examples/questions.jsonl`
const output = `${root}out/answers.jsonl`
const beside = ["errors", "metrics"].map((name) => `${root}out/answers.${name}.jsonl`)

/** Requests a minute that the server allows and the batch keeps to. */
const rpm = 4200

try {
  await run(start)
} catch (error) {
  // Ctrl-C: the summary is printed, and the exit code says the rest.
  if (!isCancelled(error)) throw error
}

/** Runs the demonstration; importing this file does. */
export async function start(): Promise<void> {
  await freshFolder()
  await using server = await startMockServer({ latency: 120, rpm, failRate: 0.06, retryAfter: 300, seed: 7 })
  const shown = relative(process.cwd(), input)
  process.stderr.write(
    `asking the questions of ${shown} at an embedded server that limits, delays and fails\n`,
  )
  const given = new Set(["concurrency", "rpm", "timeout"])
  const options = {
    input,
    output,
    baseUrl: server.url,
    model: "mock-1",
    maxOutputTokens: 200,
    concurrency: 16,
    rpm,
    timeout: 5e3,
    // Made up, as the model is.
    prices: [{ model: "mock-1", input: 1, output: 4 }],
  }
  await executeBatch(options, { given, key: { source: "OPENAI_API_KEY", advice: "set it" }, json: false })
  await showResults(server)
}

async function freshFolder(): Promise<void> {
  await mkdir(`${root}out`, { recursive: true })
  for (const path of [output, ...beside]) {
    for (const old of [path, `${path}.torn`]) await rm(old, { force: true })
  }
}

async function showResults(server: MockServer): Promise<void> {
  const first = (await readFile(output, "utf8")).split("\n", 1)[0] ?? ""
  const shown = first.length > 160 ? `${first.slice(0, 160)}…` : first
  const { requests, peakConcurrency, violations, injected } = server.stats()
  const spoiled = Object.entries(injected).map(([kind, count]) => `${count} ${kind}`)
  const lines = [
    "",
    `The server saw ${requests} requests, at most ${peakConcurrency} at once, ${violations.count} over its limit`,
    `It spoiled on purpose: ${spoiled.join(", ")}`,
    `First answer: ${shown}`,
    `Results are in ${output}`,
  ]
  process.stdout.write(`${lines.join("\n")}\n`)
}
