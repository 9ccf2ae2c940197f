// Batches that are killed at random moments and continued to their end.
//
// The command is the built one in a process of its own, the kill is SIGKILL, and the witness is the mock's own log of
// what it was sent. Everything a run draws comes from its seed; the moments are the machine's.

import { subscribe } from "node:diagnostics_channel"
import { mkdtemp, open, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { get } from "node:http"
import type { Socket } from "node:net"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import { fileURLToPath } from "node:url"
import { seededRandom } from "../../src/base/seeded-random.ts"
import { gzipMembers } from "../../src/batch/gzip-members.ts"
import { runBatch, type BatchOptions, type BatchSummary } from "../../src/batch/index.ts"
import { promptHash } from "../../src/cli/hash-text.ts"
import { startMockServer, type MockServer } from "../../src/cli/mock-server.ts"
import { command, start, type RunningCommand } from "../cli/command.ts"
import { until } from "../cli/mock-client.ts"

/** What a batch of the rig came to; `faults` is what must be empty. */
export interface CrashReport {
  readonly kills: number
  /** Requests that were sent again because a kill took their answer. */
  readonly repeated: number
  readonly faults: readonly string[]
}

interface Record {
  readonly id: string
  readonly file: string
}

/** Half the time of a process, and no other behaviour. */
const quickly = { node: ["--require", fileURLToPath(new URL("quick-start.cjs", import.meta.url))] }

/** Open connections of the servers of this process, by port. */
const connections = new Map<number, number>()
subscribe("net.server.socket", (message) => {
  const { socket } = message as { readonly socket: Socket }
  const port = socket.localPort ?? 0
  connections.set(port, (connections.get(port) ?? 0) + 1)
  socket.on("close", () => connections.set(port, (connections.get(port) ?? 0) - 1))
})

/** Waits until a server has read what processes sent that are no more: the last requests may still be on their way. */
async function allIsRead(mock: MockServer): Promise<void> {
  // Connections are accepted in the order in which they came: those of the dead before this one.
  await new Promise<void>((resolve, reject) => {
    get(`${mock.url}/stats`, { agent: false }, (response) => response.resume().on("end", resolve)).on(
      "error",
      reject,
    )
  })
  await until(() => connections.get(mock.port) === 0 && mock.stats().inFlight === 0)
}

/** Runs one batch with one to five kills; few are more frequent than many. */
export async function crashBatch(seed: number): Promise<CrashReport> {
  const folder = await mkdtemp(join(tmpdir(), "tsyncio-crash-"))
  const random = seededRandom(seed)
  const latency = Math.floor(random() * 8)
  const mock = await startMockServer({ latency, models: ["mock"], seed })
  try {
    return await new CrashRun(folder, mock, random).run()
  } finally {
    await mock.close()
    await rm(folder, { recursive: true, force: true })
  }
}

/** Options of all runs of a batch. */
type Plan = BatchOptions & { readonly input: string; readonly output: string }

/** What a run says it came to. */
type Counts = Pick<BatchSummary, "succeeded" | "failed" | "invalid" | "skipped" | "notAttempted" | "total">

class CrashRun {
  readonly #folder: string
  readonly #mock: MockServer
  readonly #random: () => number
  readonly #ids: string[]
  readonly #output: string
  readonly #options: Plan
  /** How often a line had been sent when it was first seen in a file: it must never be sent again. */
  readonly #sentWhenSafe: Map<string, number> = new Map()
  readonly #faults: string[] = []
  /** How long a run of this batch took to its first request, in ms: first a guess, then as seen. */
  #startTime = 200
  /** With a journal, and told to send nothing twice: then no kill may make it. */
  readonly #isAtMostOnce: boolean

  constructor(folder: string, mock: MockServer, random: () => number) {
    this.#folder = folder
    this.#mock = mock
    this.#random = random
    const below = (limit: number): number => Math.floor(random() * limit)
    this.#ids = Array.from({ length: 6 + below(26) }, (_, number) => `id-${number}`)
    this.#output = join(folder, random() < 0.2 ? "out.jsonl.gz" : "out.jsonl")
    const isAtMostOnce = random() < 0.2
    this.#options = {
      input: join(folder, "in.jsonl"),
      output: this.#output,
      baseUrl: mock.url,
      concurrency: 1 + below(16),
      durability: (["fsync", "flush", "none"] as const)[below(3)],
      ordered: random() < 0.3,
      stream: random() < 0.3,
      metrics: random() < 0.2 ? "inline" : undefined,
      journalSent: isAtMostOnce,
      retryAfterSend: !isAtMostOnce,
    }
    this.#isAtMostOnce = isAtMostOnce
  }

  async run(): Promise<CrashReport> {
    await this.#writeInput()
    const kills = 1 + Math.floor(this.#random() ** 4 * 5)
    for (let kill = 0; kill < kills; kill++) await this.#killOne()
    const before = this.#sentWhenSafe.size
    const requests = this.#mock.stats().requests
    const summary = await this.#finish()
    const sent = this.#mock.stats().requests - requests
    await this.#lookAtFiles()
    const { prompts } = this.#mock.stats()
    const twice = Object.values(prompts).filter((tally) => tally.sent > 1).length
    if (this.#isAtMostOnce && twice > 0) this.#fault(`${twice} requests were sent twice`)
    if (!this.#isAtMostOnce && sent !== this.#ids.length - before)
      this.#fault(`the last run sent ${sent} requests, ${this.#ids.length - before} were open`)
    await this.#checkEnd(summary)
    const repeated = Object.values(prompts).reduce((sum, { sent: times }) => sum + times - 1, 0)
    return { kills, repeated, faults: this.#faults }
  }

  /** The last run, which nobody kills: it needs a process of its own only now and then. */
  async #finish(): Promise<Counts> {
    if (this.#random() >= 0.1) return await runBatch(this.#options).finish()
    const { code, stdout, stderr } = await command(wordsOf(this.#options), quickly)
    if (code !== 0 && code !== 1) this.#fault(`the last run ended with ${code}: ${stderr}`)
    return JSON.parse(stdout) as Counts
  }

  /** A tenth of the lines names a model that is not there: a failure for good, in the errors file. */
  async #writeInput(): Promise<void> {
    const lines = this.#ids.map((custom_id) => {
      const model = this.#random() < 0.1 ? "absent" : "mock"
      return JSON.stringify({ custom_id, prompt: custom_id, model })
    })
    await writeFile(join(this.#folder, "in.jsonl"), `${lines.join("\n")}\n`)
  }

  /** Kills a run at its moment; a run that was quicker is fine as well. */
  async #killOne(): Promise<void> {
    const { child, ended } = start(wordsOf(this.#options), quickly)
    await this.#moment({ child, ended })
    child.kill("SIGKILL")
    const { signal, code, stderr } = await ended
    if (signal === null && code !== 0 && code !== 1) this.#fault(`a run ended with ${code}: ${stderr}`)
    await allIsRead(this.#mock)
    await this.#lookAtFiles()
  }

  /** Some time around the first request, when a run reads what is there; or some requests or some time after it. */
  async #moment({ ended }: RunningCommand): Promise<void> {
    const mock = this.#mock
    let isOver = false
    void ended.then(() => (isOver = true))
    const begun = performance.now()
    const reached = (requests: number): Promise<void> =>
      until(() => isOver || mock.stats().requests >= requests)
    const passed = (time: number): Promise<void> => until(() => isOver || performance.now() >= time)
    const before = mock.stats().requests
    const open = this.#ids.length - this.#sentWhenSafe.size
    const kind = this.#random()
    const share = this.#random()
    if (kind < 0.25) return await passed(begun + this.#startTime * (0.5 + share))
    await reached(before + 1)
    this.#startTime = performance.now() - begun
    if (kind < 0.65) await reached(before + Math.floor(open * share))
    else await passed(performance.now() + open * 3 * share)
  }

  /** Everything that stands whole in a file is safe, and was not sent since it was first seen there. */
  async #lookAtFiles(): Promise<void> {
    const { prompts } = this.#mock.stats()
    const found = await this.#records()
    for (const { id } of found) {
      const sent = prompts[promptHash(id)]?.sent ?? 0
      const before = this.#sentWhenSafe.get(id)
      if (before !== undefined && before !== sent)
        this.#fault(`${id} was sent again although its line was safe`)
      this.#sentWhenSafe.set(id, sent)
    }
    const present = new Set(found.map(({ id }) => id))
    for (const id of this.#sentWhenSafe.keys())
      if (!present.has(id)) this.#fault(`the line of ${id} was lost`)
  }

  async #checkEnd(counts: Counts): Promise<void> {
    const records = await this.#records()
    const ids = records.map(({ id }) => id)
    const twice = ids.filter((id, index) => ids.indexOf(id) !== index)
    if (twice.length > 0) this.#fault(`more than one record: ${twice.join(", ")}`)
    const missing = this.#ids.filter((id) => !ids.includes(id))
    if (missing.length > 0) this.#fault(`no record: ${missing.join(", ")}`)
    const left = (await readdir(this.#folder)).filter((name) =>
      /\.(lock|tmp)|early-|takeover|sent/.test(name),
    )
    if (left.length > 0) this.#fault(`left behind: ${left.join(", ")}`)
    const { succeeded, failed, invalid, skipped, notAttempted, total } = counts
    const sum = succeeded + failed + invalid + skipped + (notAttempted ?? 0)
    if (sum !== total || total !== this.#ids.length)
      this.#fault(`the counts do not add up: ${JSON.stringify(counts)}`)
    if (this.#options.ordered !== true) return
    const answered = records
      .filter(({ file }) => file === basename(this.#output))
      .map(({ id }) => this.#ids.indexOf(id))
    if (answered.some((place, index) => index > 0 && place < (answered[index - 1] ?? 0)))
      this.#fault("the answers are not in the order of the input")
  }

  /** Whole records in all files of the batch. */
  async #records(): Promise<Record[]> {
    const names = (await readdir(this.#folder)).filter((name) =>
      /^out\.(jsonl|errors)|early-\d+\.jsonl$/.test(name),
    )
    const found: Record[] = []
    for (const file of names.filter((name) => !name.includes("torn") && !name.includes("lock"))) {
      const text = await wholeLines(join(this.#folder, file))
      for (const line of text) found.push({ id: (JSON.parse(line) as { custom_id: string }).custom_id, file })
    }
    // What waits for its turn may stand in the output already, if the kill came before it was removed.
    const inOutput = new Set(found.filter(({ file }) => !file.includes("early-")).map(({ id }) => id))
    return found.filter(({ id, file }) => !file.includes("early-") || !inOutput.has(id))
  }

  #fault(text: string): void {
    this.#faults.push(text)
  }
}

/** The command that does what the options say. */
function wordsOf(options: Plan): string[] {
  const { input, output, baseUrl, concurrency, durability, ordered, stream, metrics, journalSent } = options
  const flag = (isSet: boolean | undefined, word: string): string[] => (isSet === true ? [word] : [])
  const files = ["batch", input, "-o", output, "--base-url", baseUrl, "--json"]
  const numbers = ["--concurrency", String(concurrency), "--durability", String(durability)]
  return [
    ...files,
    ...numbers,
    ...flag(ordered, "--ordered"),
    ...flag(stream, "--stream"),
    ...flag(metrics === "inline", "--inline-metrics"),
    ...flag(journalSent, "--journal-sent"),
    ...flag(options.retryAfterSend === false, "--no-retry-after-send"),
  ]
}

/** Lines that end with a newline and are JSON; of a compressed file, those of whole members. */
async function wholeLines(path: string): Promise<string[]> {
  let text = ""
  if (path.endsWith(".gz")) {
    const file = await open(path, "r")
    try {
      for await (const member of gzipMembers(file, 0)) text += member.text.toString("utf8")
    } finally {
      await file.close()
    }
  } else text = await readFile(path, "utf8")
  return text
    .slice(0, text.lastIndexOf("\n") + 1)
    .split("\n")
    .filter((line) => line !== "" && isJson(line))
}

function isJson(line: string): boolean {
  try {
    JSON.parse(line)
    return true
  } catch {
    return false
  }
}
