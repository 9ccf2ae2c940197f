// How fast are the lines of a large file?
//
// The file is made on the spot: 128 MB, or as many MB as TSYNCIO_BENCH_FILE says (1024 for a gigabyte), of lines of 20 to
// 180 characters. Every program reads it once and counts lines and characters.
import { createReadStream, createWriteStream } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { once } from "node:events"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { lines } from "tsyncio/fs"
import type { Preparation, RateQuestion } from "../question.js"
import { expectResult } from "../question.js"

const megabytes = Number(process.env["TSYNCIO_BENCH_FILE"] ?? 128)
/** A thousand lines, 100 kB. */
const block = Array.from({ length: 1000 }, (_, n) => "x".repeat(20 + ((n * 37) % 159))).join("\n") + "\n"
const blocks = Math.ceil((megabytes * 1_000_000) / block.length)
const count = blocks * 1000

let file = ""

export const fileLines: RateQuestion = {
  kind: "rate",
  name: "lines",
  what: `the lines of a file of ${megabytes} MB (${count.toLocaleString("en")} lines of 20 to 178 characters) are counted, and their characters; a line is an operation (batches: some hundred lines for each step of the loop; readline, events: a call for each line, and nothing waits for it)`,
  count,
  bareName: "node:readline",
  prepare,
  async tsyncio() {
    const seen = new Tally()
    for await (const line of lines(file)) seen.add(line)
    seen.check()
  },
  async bare() {
    const seen = new Tally()
    for await (const line of readline()) seen.add(line)
    seen.check()
  },
}

async function prepare(): Promise<Preparation> {
  const folder = await mkdtemp(join(tmpdir(), "bench-lines-"))
  file = join(folder, "lines.txt")
  const output = createWriteStream(file, { flush: true })
  for (let i = 0; i < blocks; i += 1) if (!output.write(block)) await once(output, "drain")
  output.end()
  await once(output, "finish")
  const others = {
    async "tsyncio, batches"() {
      const seen = new Tally()
      for await (const batch of lines(file).batches()) for (const line of batch) seen.add(line)
      seen.check()
    },
    async "readline, events"() {
      const seen = new Tally()
      const reader = readline().on("line", (line) => seen.add(line))
      await once(reader, "close")
      seen.check()
    },
  }
  return { others, close: () => rm(folder, { recursive: true, force: true }) }
}

function readline(): ReturnType<typeof createInterface> {
  return createInterface({ input: createReadStream(file), crlfDelay: Infinity })
}

/** Lines and characters that a program has seen. */
class Tally {
  #lines = 0
  #characters = 0

  add(line: string): void {
    this.#lines += 1
    this.#characters += line.length
  }

  check(): void {
    expectResult(this.#lines, count)
    expectResult(this.#characters, blocks * (block.length - 1000))
  }
}
