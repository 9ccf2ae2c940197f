// How long is the command at work before its first request goes out? The median of so many starts (20).
//
// `npx tsc -p tsconfig.bench.json && node .build/bench/batch/first-request.js [STARTS]`. Each start is a fresh process
// with a small input; the clock runs from the spawn to the first bytes of a request at a server here. Bare starts of
// Node that fetch once stand between them, so that a busy machine shows. Beyond 300 ms the exit code is 1.

import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const [starts = 20] = process.argv.slice(2).map(Number)
const most = 300

const program = fileURLToPath(new URL("../../../dist/bin/tsyncio.js", import.meta.url))
const folder = await mkdtemp(join(tmpdir(), "tsyncio-first-"))
const input = join(folder, "in.jsonl")
await writeFile(input, `${'{"prompt":"hello"}\n'.repeat(100)}`)

let arrived: () => void = () => {}
const answer = JSON.stringify({
  object: "chat.completion",
  choices: [{ index: 0, message: { role: "assistant", content: "hello" }, finish_reason: "stop" }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
})
const server = createServer((request, response) => {
  arrived()
  request.resume().on("end", () => response.setHeader("content-type", "application/json").end(answer))
})
server.listen(0, "127.0.0.1")
await once(server, "listening")
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

const times: { readonly command: number[]; readonly bare: number[] } = { command: [], bare: [] }
for (let start = 0; start < starts; start++) {
  times.bare.push(await timed(["-e", `fetch("${url}")`]))
  const output = join(folder, `out-${start}.jsonl`)
  times.command.push(await timed([program, "batch", input, "-o", output, "--base-url", url]))
}
server.close()
await rm(folder, { recursive: true })

const found = median(times.command)
console.log(`node ${process.versions.node}, ${starts} starts`)
console.log(`first request after ${found.toFixed(0)} ms (least ${Math.min(...times.command).toFixed(0)} ms)`)
console.log(
  `bare node with one fetch: ${median(times.bare).toFixed(0)} ms (least ${Math.min(...times.bare).toFixed(0)} ms)`,
)
process.exitCode = found <= most ? 0 : 1

/** Milliseconds from the start of a process to its first request; waits for its end. */
async function timed(words: readonly string[]): Promise<number> {
  const begun = performance.now()
  const first = new Promise<number>((resolve) => (arrived = () => resolve(performance.now() - begun)))
  const child = spawn(process.execPath, words, { stdio: "ignore" })
  const [time] = await Promise.all([first, once(child, "exit")])
  return time
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? NaN
}
