import { isDeepStrictEqual } from "node:util"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { LlmDelta } from "../../src/llm/index.ts"
import { LlmAnswerError, LlmClient } from "../../src/llm/index.ts"
import type { RecordedStream } from "./recorded-streams.ts"
import { recordedStreams } from "./recorded-streams.ts"
import type { ScriptedServer } from "./stream-server.ts"
import { collect, cut, serveStreams } from "./stream-server.ts"

function clientOf(server: ScriptedServer, { path }: RecordedStream): LlmClient {
  const isAnthropic = path === "/v1/messages"
  return new LlmClient({
    api: isAnthropic ? "anthropic" : "openai",
    baseUrl: server.url,
    apiKey: "sk-test",
    model: "some-model",
    connections: 1,
  })
}

interface Read {
  readonly deltas: readonly LlmDelta[]
  readonly body: unknown
}

async function read(client: LlmClient, recorded: RecordedStream): Promise<Read> {
  const n = (recorded.body as { choices?: unknown[] }).choices?.length ?? 1
  const stream = client.stream({ prompt: "?", body: n > 1 ? { n } : {} })
  const deltas = await collect(stream.deltas())
  return { deltas, body: (await stream.completion()).body }
}

/** All that may be missing behind the end of the content is the server's count of it. */
function uncounted({ deltas, body }: Read): unknown {
  return { deltas, body: { ...(body as object), usage: null } }
}

describe.each(recordedStreams)("$name", (recorded) => {
  it("becomes the ordinary body", async () => {
    await using server = await serveStreams({ pieces: [recorded.bytes] })
    await using client = clientOf(server, recorded)
    const { deltas, body } = await read(client, recorded)
    expect(body).toEqual(recorded.body)
    const texts = deltas.filter(({ kind, choice }) => kind === "text" && choice === 0)
    expect(texts.map(({ text }) => text).join("")).toBe(recorded.content)
  })

  it("gives the same deltas and the same body wherever the bytes are cut in two", async () => {
    await using server = await serveStreams({ pieces: [recorded.bytes] })
    await using client = clientOf(server, recorded)
    const whole = await read(client, recorded)
    for (let place = 1; place < recorded.bytes.length; place += 1) {
      server.answers = [{ pieces: cut(recorded.bytes, [place]) }]
      expect(await read(client, recorded), `cut at ${place}`).toEqual(whole)
    }
    // Each stream was read to its end, so one connection served them all.
    expect(server.opened).toBe(1)
  })

  it("gives the same however often it is cut, byte by byte at last", async () => {
    await using server = await serveStreams({ pieces: [recorded.bytes] })
    await using client = clientOf(server, recorded)
    const whole = await read(client, recorded)
    server.answers = [{ pieces: Array.from(recorded.bytes, (byte) => Buffer.of(byte)) }]
    expect(await read(client, recorded)).toEqual(whole)
    const places = fc.array(fc.integer({ min: 1, max: recorded.bytes.length - 1 }), { maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(places, async (chosen) => {
        server.answers = [{ pieces: cut(recorded.bytes, chosen) }]
        expect(await read(client, recorded)).toEqual(whole)
      }),
      { numRuns: 60 },
    )
  })

  it("is whole or a failure wherever the body ends, and never a shorter answer", async () => {
    await using server = await serveStreams({ pieces: [recorded.bytes] })
    await using client = clientOf(server, recorded)
    const whole = await read(client, recorded)
    const faults: string[] = []
    let failures = 0
    for (let length = 0; length < recorded.bytes.length; length += 1) {
      server.answers = [{ pieces: cut(recorded.bytes.subarray(0, length), []) }]
      const outcome = await read(client, recorded).catch((error: unknown) => error)
      if (outcome instanceof LlmAnswerError) {
        failures += 1
        if (!recorded.content.startsWith(outcome.content)) faults.push(`cut at ${length}: ${outcome.content}`)
      } else if (!isDeepStrictEqual(uncounted(outcome as Read), uncounted(whole)))
        faults.push(`cut at ${length}`)
    }
    expect(faults).toEqual([])
    expect(failures).toBeGreaterThan(recorded.bytes.length / 2)
  })
})
