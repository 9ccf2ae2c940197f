// Tokens as an async iterable, printed as they come; after the last, the whole answer with its usage.
import { spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { run } from "tsyncio"
import { LlmClient } from "tsyncio/llm"

// The server of `npx tsyncio mock`, with a pause between tokens.
const command = join(import.meta.dirname, "../../dist/bin/tsyncio.js")
const server = spawn(process.execPath, [command, "mock", "--port", "0", "--chunk-delay", "2"])
const [line] = (await once(server.stdout, "data")) as [Buffer]
const baseUrl = /http:\/\/[\d.:]+/.exec(line.toString())?.[0]

await run(async () => {
  await using client = new LlmClient({ baseUrl, model: "mock-small", apiKey: null })

  const stream = client.stream({ prompt: "Why is the sky blue?", maxTokens: 8, timeout: { idle: 5000 } })
  for await (const token of stream) process.stdout.write(`${token}|`)
  const { finishReason, usage, timing } = await stream.completion()
  console.log(`\n${finishReason}, ${usage?.output} tokens, ${timing.gaps.length} gaps between them`)

  // Leaving the loop closes the connection: the server stops working for nobody.
  let count = 0
  for await (const _ of client.stream({ prompt: "Tell me a story" })) {
    count += 1
    if (count === 3) break
  }
  console.log(`left after ${count} tokens, ${client.statistics().inFlight} in flight`)

  // The same with Anthropic's language.
  await using other = new LlmClient({ api: "anthropic", baseUrl, model: "mock-small", apiKey: null })
  for await (const token of other.stream({ prompt: "Why is the sky blue?", maxTokens: 8 })) {
    process.stdout.write(`${token}|`)
  }
  console.log()
})
server.kill()

// prints:
// forest| harbor| answer| circle| garden| market| engine| stone|
// length, 8 tokens, 7 gaps between them
// left after 3 tokens, 0 in flight
// forest| harbor| answer| circle| garden| market| engine| stone|
