// A million lines of a kilobyte: how fast, in how much memory, how soon a second run sees that all is done; and how fast
// Ctrl-C is.
//
// `npx tsc -p tsconfig.bench.json && node .build/bench/batch/million.js [LINES] [CONCURRENCY] [BYTES]`, some minutes, and
// two gigabytes of temporary files on the disk. The command and `tsyncio mock` are processes of their own. Asked for: below
// 200 MB at the most (Linux tells), ten seconds for a run that finds all lines answered, 100 ms from SIGINT until the
// sockets are closed, one second until the end. Otherwise the exit code is 1.

import { spawn, type ChildProcess } from "node:child_process"
import { once } from "node:events"
import { createWriteStream } from "node:fs"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const [lines = 1_000_000, concurrency = 64, bytes = 1000] = process.argv.slice(2).map(Number)
const asked = { memory: 200, resume: 10_000, sockets: 100, exit: 1000 }

/** What one run of the command came to. */
interface Ran {
  readonly code: number
  readonly time: number
  /** Most memory in MB; NaN where the system does not tell. */
  readonly memory: number
  readonly summary: { readonly succeeded: number; readonly skipped: number }
}

const program = fileURLToPath(new URL("../../../dist/bin/tsyncio.js", import.meta.url))
const folder = await mkdtemp(join(tmpdir(), "tsyncio-million-"))
const words = (url: string, output: string): string[] => {
  const files = [join(folder, "in.jsonl"), "-o", join(folder, output)]
  return ["batch", ...files, "--base-url", url, "--json", "--concurrency", String(concurrency)]
}
const faults: string[] = []
try {
  await writeInput()
  const mock = spawn(process.execPath, [program, "mock", "--port", "0"], {
    stdio: ["ignore", "pipe", "inherit"],
  })
  try {
    const [text] = (await once(mock.stdout.setEncoding("utf8"), "data")) as [string]
    const url = /http:\S+/.exec(text)?.[0] ?? ""
    const first = await ran(words(url, "out.jsonl"))
    const rate = (first.summary.succeeded / first.time) * 1000
    say(`${count(first.summary.succeeded)} answers in ${seconds(first.time)}, ${rate.toFixed(0)} a second`)
    say(`most memory: ${first.memory.toFixed(0)} MB`)
    expect(first.code === 0 && first.summary.succeeded === lines, "not every line has its answer")
    expect(!(first.memory > asked.memory), `more than ${asked.memory} MB`)
    const second = await ran(words(url, "out.jsonl"))
    say(`a second run found ${count(second.summary.skipped)} of them in ${seconds(second.time)}`)
    say(`most memory: ${second.memory.toFixed(0)} MB`)
    expect(second.summary.skipped === lines, "the second run does not know every line")
    expect(second.time <= asked.resume, `the second run took more than ${seconds(asked.resume)}`)
  } finally {
    mock.kill()
  }
  const { sockets, exit, code } = await interrupted()
  say(`SIGINT with ${concurrency} requests on their way: sockets closed after ${sockets.toFixed(0)} ms,`)
  say(`the process ended after ${exit.toFixed(0)} ms with exit code ${code}`)
  expect(sockets <= asked.sockets, `sockets were open for more than ${asked.sockets} ms`)
  expect(exit <= asked.exit && code === 130, `no end within ${asked.exit} ms with exit code 130`)
} finally {
  await rm(folder, { recursive: true, force: true })
}
for (const fault of faults) say(`FAILED: ${fault}`)
process.exitCode = faults.length === 0 ? 0 : 1

async function writeInput(): Promise<void> {
  const file = createWriteStream(join(folder, "in.jsonl"))
  for (let from = 0; from < lines; from += 10_000) {
    const block = Array.from({ length: Math.min(10_000, lines - from) }, (_, n) => lineOf(from + n))
    if (!file.write(`${block.join("\n")}\n`)) await once(file, "drain")
  }
  file.end()
  await once(file, "finish")
}

/** A line of `bytes` bytes, the newline included, or as few as it takes. */
function lineOf(number: number): string {
  const fields = { custom_id: `request-${number}`, prompt: `question ${number}`, model: "mock" }
  const missing = Math.max(0, bytes - 1 - JSON.stringify(fields).length)
  return JSON.stringify({
    ...fields,
    prompt: fields.prompt + " word".repeat(missing / 5 + 1).slice(0, missing),
  })
}

/** Runs the command to its end, and looks at its memory twice a second. */
async function ran(given: readonly string[]): Promise<Ran> {
  const begun = performance.now()
  const child = spawn(process.execPath, [program, ...given], { stdio: ["ignore", "pipe", "ignore"] })
  let stdout = ""
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text))
  let memory = NaN
  const timer = setInterval(() => void peakOf(child).then((found) => (memory = found ?? memory)), 500)
  const [code] = (await once(child, "close")) as [number]
  clearInterval(timer)
  return { code, time: performance.now() - begun, memory, summary: JSON.parse(stdout) as Ran["summary"] }
}

/** Most memory of a process so far, in MB. */
async function peakOf({ pid }: ChildProcess): Promise<number | null> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "")
  const found = /VmHWM:\s+(\d+) kB/.exec(status)?.[1]
  return found === undefined ? null : Number(found) / 1000
}

/** Interrupts a run whose requests are never answered. */
async function interrupted(): Promise<{ sockets: number; exit: number; code: number }> {
  const server = createServer()
  let open = 0
  let wanted = 0
  let requests = 0
  let toldFull: () => void = () => {}
  let toldEmpty: () => void = () => {}
  const full = new Promise<void>((resolve) => (toldFull = resolve))
  const empty = new Promise<void>((resolve) => (toldEmpty = resolve))
  server.on("connection", (socket) => {
    open++
    socket.on("error", () => {})
    socket.on("close", () => {
      if (--open === 0 && wanted > 0) toldEmpty()
    })
  })
  server.on("request", () => {
    if (++requests === concurrency) toldFull()
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  const given = words(`http://127.0.0.1:${port}`, "interrupted.jsonl")
  const child = spawn(process.execPath, [program, ...given], { stdio: "ignore" })
  const closed = once(child, "close")
  await full
  wanted = performance.now()
  child.kill("SIGINT")
  await empty
  const sockets = performance.now() - wanted
  const [code] = (await closed) as [number]
  const exit = performance.now() - wanted
  server.close()
  return { sockets, exit, code }
}

function expect(holds: boolean, fault: string): void {
  if (!holds) faults.push(fault)
}

function say(text: string): void {
  console.log(text)
}

function count(value: number): string {
  return value.toLocaleString("en-US")
}

function seconds(time: number): string {
  return `${(time / 1000).toFixed(1)} s`
}
