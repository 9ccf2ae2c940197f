// A file of prompts to a file of answers: to several models, within limits, repeated, continued, with a report.
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { run } from "tsyncio"
import { runBatch } from "tsyncio/batch"

// A small server in place of a real one; each seventh request fails in passing.
let requests = 0
const server = createServer((request, response) => {
  request.resume().on("end", () => {
    requests += 1
    response.statusCode = requests % 7 === 0 ? 500 : 200
    if (response.statusCode === 500) response.setHeader("retry-after-ms", "20")
    const usage = { prompt_tokens: 5, completion_tokens: 7 }
    response.end(JSON.stringify({ choices: [{ message: { role: "assistant", content: "yes" } }], usage }))
  })
})
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

const folder = await mkdtemp(join(tmpdir(), "batch-"))
const input = join(folder, "prompts.jsonl")
const output = join(folder, "answers.jsonl")
const prompts = Array.from({ length: 60 }, (_, n) => ({
  prompt: `question ${n + 1}`,
  model: n % 2 === 0 ? "small" : "large",
}))
await writeFile(input, prompts.map((line) => `${JSON.stringify(line)}\n`).join(""))

// The second run is the same as the first: it finds everything answered.
for (const name of ["first", "second"]) {
  const batch = runBatch({
    input,
    output,
    baseUrl,
    concurrency: 8,
    ordered: true,
    models: { small: { rpm: 6000 }, large: { rpm: 6000, outputTpm: 60_000 } },
  })
  const { succeeded, failed, skipped, retries, tokens, latency } = await run(() => batch.finish())
  const isMeasured = latency !== null && latency.p99 >= latency.p50 && latency.mean > 0
  console.log(`${name}: ${succeeded} answered, ${failed} failed, ${skipped} skipped`)
  console.log(`  repeated: ${retries > 0}, tokens: ${tokens.total}, latency measured: ${isMeasured}`)
}
const lines = (await readFile(output, "utf8")).trimEnd().split("\n")
const ids = lines.map((line) => (JSON.parse(line) as { custom_id: string }).custom_id)
console.log(`${ids.length} answers, from ${ids[0]} to ${ids.at(-1)}`)

server.close()
await rm(folder, { recursive: true })

// prints:
// first: 60 answered, 0 failed, 0 skipped
//   repeated: true, tokens: 720, latency measured: true
// second: 0 answered, 0 failed, 60 skipped
//   repeated: false, tokens: 0, latency measured: false
// 60 answers, from line-1 to line-60
