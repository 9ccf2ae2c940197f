// Many calls to a model, so many at a time: prompt in, { prompt, content, error, latency } out, failures as values.
import { spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { gather, run, Semaphore } from "tsyncio"
import { LlmClient } from "tsyncio/llm"
import type { LlmOutcome } from "tsyncio/llm"

// The server of `npx tsyncio mock`; a real one needs its `baseUrl`, and its key in OPENAI_API_KEY.
const command = join(import.meta.dirname, "../../dist/bin/tsyncio.js")
const server = spawn(process.execPath, [command, "mock", "--port", "0", "--models", "mock-small"])
const [line] = (await once(server.stdout, "data")) as [Buffer]
const baseUrl = /http:\/\/[\d.:]+/.exec(line.toString())?.[0]

await run(async () => {
  await using client = new LlmClient({ baseUrl, model: "mock-small", apiKey: null })
  const semaphore = new Semaphore(2)

  async function callLlm(prompt: string): Promise<LlmOutcome> {
    using _permit = await semaphore.acquire()
    const model = prompt.includes("future") ? "mock-oracle" : "mock-small"
    return await client.tryComplete({ prompt, model, maxTokens: 4, timeout: 5000 })
  }

  const prompts = ["What is a coroutine?", "What is a semaphore?", "What is the future?", "What is a task?"]
  const outcomes = await gather(prompts.map((prompt) => () => callLlm(prompt)))
  for (const { prompt, content, error, latency } of outcomes) {
    const result =
      error === null ? content : `${error.name}, ${error.message.split("status ")[1]?.slice(0, 3)}`
    console.log(`${prompt} -> ${result} (${latency > 0 ? "took some ms" : "took no time?"})`)
  }
})
server.kill()

// prints:
// What is a coroutine? -> ocean engine forest morning (took some ms)
// What is a semaphore? -> time village light mountain (took some ms)
// What is the future? -> HttpStatusError, 404 (took some ms)
// What is a task? -> summer ocean water cloud (took some ms)
