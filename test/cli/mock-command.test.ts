// The command as a process of its own, from the build that `npm test` makes first.
import type { ChildProcess } from "node:child_process"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "vitest"
import { startMockServer } from "../../src/cli/mock-server.ts"
import { ask, chatBody, post } from "./mock-client.ts"

const program = fileURLToPath(new URL("../../dist/bin/tsyncio.js", import.meta.url))

interface Started {
  readonly child: ChildProcess
  readonly output: { out: string; error: string }
  readonly ended: Promise<number | null>
}

function start(...words: string[]): Started {
  const child = spawn(process.execPath, [program, "mock", ...words], { stdio: ["ignore", "pipe", "pipe"] })
  const output = { out: "", error: "" }
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output.out += text))
  child.stderr.setEncoding("utf8").on("data", (text: string) => (output.error += text))
  const ended = once(child, "close").then(([code]) => code as number | null)
  return { child, output, ended }
}

async function startedAt({ child, output, ended }: Started): Promise<string> {
  const stdout = child.stdout as NonNullable<typeof child.stdout>
  const isOver = ended.then(() => true)
  for (;;) {
    const url = /http:\/\/\S+(?=\n)/.exec(output.out)?.[0]
    if (url !== undefined) return url
    if ((await Promise.race([isOver, once(stdout, "data")])) === true)
      throw new Error(`It ended: ${output.error}`)
  }
}

describe("tsyncio mock", () => {
  it("prints its URL, serves, and Ctrl-C closes it although a request hangs", async () => {
    const started = start("--port", "0", "--hang-rate", "1")
    const url = await startedAt(started)
    expect((await ask(url, "/v1/models")).status).toBe(200)
    const asked = expect(post(url, "/v1/chat/completions", chatBody("a"))).rejects.toThrow()
    while (((await ask(url, "/stats")).json as { inFlight: number }).inFlight === 0);
    started.child.kill("SIGINT")
    await asked
    expect(await started.ended).toBe(130)
    expect(started.output.error).toBe("")
  })

  it("takes its options from the command line", async () => {
    const started = start(
      "--port",
      "0",
      "--rpm",
      "60",
      "--burst",
      "1000",
      "--api-key",
      "sk-1",
      "--models",
      "a,b",
    )
    const url = await startedAt(started)
    const headers = { authorization: "Bearer sk-1" }
    expect((await post(url, "/v1/chat/completions", chatBody("x", { model: "a" }), headers)).status).toBe(200)
    expect((await post(url, "/v1/chat/completions", chatBody("x", { model: "b" }), headers)).status).toBe(429)
    expect((await post(url, "/v1/chat/completions", chatBody("x", { model: "c" }), headers)).status).toBe(404)
    expect((await post(url, "/v1/chat/completions", chatBody("x"))).status).toBe(401)
    started.child.kill("SIGTERM")
    expect(await started.ended).toBe(143)
  })

  it("takes the failures of a stream from the command line", async () => {
    const words = "--port 0 --fail-rate 1 --failures stream-error --latency 30 --keep-alive 5 --chunk-delay 1"
    const started = start(...words.split(" "))
    const url = await startedAt(started)
    const body = JSON.stringify(chatBody("x", { stream: true }))
    const text = await (await fetch(`${url}/v1/chat/completions`, { method: "POST", body })).text()
    expect(text.split("\n\n")[0]).toBe(": keep-alive")
    expect(text).toContain('data: {"error":')
    expect(text).not.toContain("[DONE]")
    started.child.kill("SIGINT")
    expect(await started.ended).toBe(130)
  })

  it("a port that is taken ends it with a message and code 1", async () => {
    await using taken = await startMockServer()
    const { ended, output } = start("--port", String(taken.port))
    expect(await ended).toBe(1)
    expect(output.error).toBe(`tsyncio mock: Cannot listen on 127.0.0.1:${taken.port}: the port is taken\n`)
    expect(output.out).toBe("")
  })

  it.each([
    [["--rpm", "0"], "`--rpm`"],
    [["--fail-rate", "2"], "`--fail-rate`"],
    [["--failures", "fire"], "`--failures`"],
    [["--keep-alive", "0"], "`--keep-alive`"],
    [["--port", "eighty"], "--port"],
    [["--nonsense"], "--nonsense"],
  ])("bad use (%j) ends it with a message that names the option and code 2", async (words, name) => {
    const { ended, output } = start("--port", "0", ...words)
    expect(await ended).toBe(2)
    expect(output.error).toContain(name)
    expect(output.out).toBe("")
  })
})
