// What does a batch cost beside the requests alone?
//
// The runner reads lines, sends, judges and writes records that are safe on the disk; undici alone sends the same
// bodies and reads the answers. The loop of one millisecond is how the well-known cookbook script hands requests
// out: it looks every millisecond whether the next one may go, so it starts a thousand a second at most.
import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { runBatch } from "tsyncio/batch"
import { Agent, request } from "undici"
import { startServer } from "../http/server.js"
import type { Preparation, RateQuestion } from "../question.js"
import { expectResult } from "../question.js"

const connections = 64
const count = 10_000
const path = "/v1/chat/completions"
const answer = JSON.stringify({
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 1_760_000_000,
  model: "m",
  choices: [
    {
      index: 0,
      message: { role: "assistant", content: "x".repeat(200) },
      finish_reason: "stop",
      logprobs: null,
    },
  ],
  usage: { prompt_tokens: 20, completion_tokens: 50, total_tokens: 70 },
})

let folder = ""
let input = ""
let baseUrl = ""
let agent: Agent
let runs = 0

export const batch: RateQuestion = {
  kind: "rate",
  name: "batch",
  what: "10,000 lines of a file are sent by POST over 64 connections and the answers (420 bytes) written to another file, a record each; a record is on the disk (fsync) before its line counts; undici.request sends the same bodies and writes nothing; the loop of 1 ms starts a request each millisecond and appends each answer; the server is in other processes",
  count,
  asyncio: "batch",
  needsAiohttp: true,
  bareName: "undici.request",
  prepare,
  tsyncio: () => runOnce("fsync"),
  async bare() {
    const bodies = await readBodies()
    await Promise.all(
      Array.from({ length: connections }, async () => {
        for (let body = bodies.pop(); body !== undefined; body = bodies.pop()) await post(body)
      }),
    )
  },
}

async function prepare(): Promise<Preparation> {
  const server = await startServer(answer)
  baseUrl = `http://127.0.0.1:${server.port}`
  agent = new Agent({ connections })
  folder = await mkdtemp(join(tmpdir(), "bench-batch-"))
  input = join(folder, "in.jsonl")
  const lines = Array.from({ length: count }, (_, number) =>
    JSON.stringify({
      custom_id: `line-${number}`,
      method: "POST",
      url: path,
      body: { model: "m", messages: [{ role: "user", content: `question ${number} ${"word ".repeat(20)}` }] },
    }),
  )
  await writeFile(input, `${lines.join("\n")}\n`)
  const close = async (): Promise<void> => {
    await agent.close()
    await server.close()
    await rm(folder, { recursive: true, force: true })
  }
  const others = {
    "tsyncio, flush": () => runOnce("flush"),
    "tsyncio, none": () => runOnce("none"),
    "loop of 1 ms": loopOfOneMs,
  }
  return { others, env: { BENCH_URL: `${baseUrl}${path}`, BENCH_INPUT: input }, close }
}

async function runOnce(durability: "fsync" | "flush" | "none"): Promise<void> {
  const output = join(folder, `out-${runs++}.jsonl`)
  const run = runBatch({ input, output, metrics: false, baseUrl, concurrency: connections, durability })
  const { succeeded } = await run.finish()
  expectResult(succeeded, count)
  const text = await readFile(output, "utf8")
  expectResult(text.split("\n").length - 1, count)
  await rm(output)
}

/** Its own output, and nothing that a failure would need. */
async function loopOfOneMs(): Promise<void> {
  const output = join(folder, `loop-${runs++}.jsonl`)
  const bodies = await readBodies()
  const running = new Set<Promise<void>>()
  for (let body = bodies.pop(); body !== undefined; body = bodies.pop()) {
    const work: Promise<void> = post(body).then(async (text) => {
      await appendFile(output, `${JSON.stringify(JSON.parse(text))}\n`)
      running.delete(work)
    })
    running.add(work)
    while (running.size >= connections) await sleep(1)
    await sleep(1)
  }
  await Promise.all(running)
  await rm(output)
}

async function readBodies(): Promise<string[]> {
  const lines = (await readFile(input, "utf8")).trimEnd().split("\n")
  return lines.map((line) => JSON.stringify((JSON.parse(line) as { readonly body: object }).body))
}

async function post(body: string): Promise<string> {
  const headers = { "content-type": "application/json" }
  const response = await request(`${baseUrl}${path}`, { method: "POST", headers, body, dispatcher: agent })
  expectResult(response.statusCode, 200)
  const text = await response.body.text()
  expectResult(text.length, answer.length)
  return text
}
