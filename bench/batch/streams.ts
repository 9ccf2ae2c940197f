// A thousand streams at once, thirty events a second each: do the tokens come as they are sent?
//
// `npx tsc -p tsconfig.bench.json && node .build/bench/batch/streams.js [STREAMS] [EVENTS_A_SECOND] [SECONDS]`. The server
// is a process of its own, and sends an event to every stream at each beat; it tells the longest time between two of
// its own beats. A gap is what the runner notes between two tokens of a stream. Before it undici alone reads the same
// streams and does nothing with them: what it sees is the machine and the server. Asked for: every stream whole, and no
// gap longer than two beats beyond the server's own; otherwise the exit code is 1.

import { fork } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { createServer, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { runBatch } from "tsyncio/batch"
import { Agent, request } from "undici"

const numbers = process.argv.slice(2).filter((word) => word !== "serve")
const [streams = 1000, rate = 30, seconds = 10] = numbers.map(Number)
const beat = 1000 / rate
const tokens = rate * seconds

if (process.argv.includes("serve")) serve()
else await measure()

async function measure(): Promise<void> {
  const server = fork(fileURLToPath(import.meta.url), [...numbers, "serve"])
  const folder = await mkdtemp(join(tmpdir(), "tsyncio-streams-"))
  try {
    const [port] = (await once(server, "message")) as [number]
    const url = `http://127.0.0.1:${port}`
    console.log(`undici alone:  ${gapText(await bareGaps(url))}`)
    const input = join(folder, "in.jsonl")
    const lines = Array.from({ length: streams }, (_, number) =>
      JSON.stringify({ prompt: `stream ${number}` }),
    )
    await writeFile(input, `${lines.join("\n")}\n`)
    const run = runBatch({
      input,
      output: join(folder, "out.jsonl"),
      baseUrl: url,
      concurrency: streams,
      stream: true,
    })
    const { succeeded, attempts, elapsed, betweenTokens, tokens: counted } = await run.finish()
    server.send("tell")
    const [longest] = (await once(server, "message")) as [number]
    const gaps = betweenTokens ?? { p50: NaN, p99: NaN, max: NaN }
    const each = Math.round((counted.output / elapsed) * 1000)
    console.log(`${succeeded} of ${streams} streams whole, ${attempts} requests, ${each} tokens a second`)
    console.log(`sent every ${beat.toFixed(1)} ms, the longest beat took ${longest.toFixed(1)} ms`)
    console.log(`the runner:    ${gapText(gaps)}`)
    process.exitCode = succeeded === streams && gaps.max <= longest + 2 * beat ? 0 : 1
  } finally {
    server.kill()
    await rm(folder, { recursive: true, force: true })
  }
}

interface Gaps {
  readonly p50: number
  readonly p99: number
  readonly max: number
}

/** Between the pieces of the same streams, read by undici. */
async function bareGaps(url: string): Promise<Gaps> {
  const agent = new Agent({ connections: streams })
  const gaps: number[] = []
  const read = async (): Promise<void> => {
    const { body } = await request(url, { method: "POST", body: "{}", dispatcher: agent })
    let last = NaN
    for await (const _ of body) {
      const now = performance.now()
      if (!Number.isNaN(last)) gaps.push(now - last)
      last = now
    }
  }
  await Promise.all(Array.from({ length: streams }, read))
  await agent.close()
  gaps.sort((one, other) => one - other)
  const at = (share: number): number => gaps[Math.floor(share * (gaps.length - 1))] ?? NaN
  return { p50: at(0.5), p99: at(0.99), max: at(1) }
}

function gapText({ p50, p99, max }: Gaps): string {
  return `${p50.toFixed(1)} ms apart (p50), ${p99.toFixed(1)} ms (p99), ${max.toFixed(1)} ms (longest)`
}

function serve(): void {
  const open = new Map<ServerResponse, number>()
  let last = performance.now()
  let longest = 0
  const chunk = (delta: string, reason: string): string =>
    `data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":${delta},"finish_reason":${reason}}]}\n\n`
  const token = chunk('{"content":"word "}', "null")
  const usage = `data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[],"usage":{"prompt_tokens":5,"completion_tokens":${tokens},"total_tokens":${tokens + 5}}}\n\n`
  const end = `${chunk("{}", '"stop"')}${usage}data: [DONE]\n\n`
  const server = createServer((request, response) => {
    request.resume().on("end", () => {
      response.writeHead(200, { "content-type": "text/event-stream" })
      response.write(chunk('{"role":"assistant","content":""}', "null"))
      open.set(response, 0)
    })
  })
  const send = (): void => {
    const now = performance.now()
    if (open.size > 0) longest = Math.max(longest, now - last)
    last = now
    for (const [response, sent] of open) {
      if (sent < tokens) {
        response.write(token)
        open.set(response, sent + 1)
      } else {
        response.end(end)
        open.delete(response)
      }
    }
    setTimeout(send, Math.max(0, beat - (performance.now() - now)))
  }
  server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port))
  process.on("message", () => process.send?.(longest))
  process.once("disconnect", () => process.exit())
  send()
}
