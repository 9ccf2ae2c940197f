// The command as users meet it: a process with arguments, an exit code, two streams and some files.

import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import type { MockOptions } from "../../src/cli/mock-options.ts"
import { promptHash } from "../../src/cli/hash-text.ts"
import { startMockServer, type MockServer } from "../../src/cli/mock-server.ts"
import { ScriptedServer, send } from "../batch/scripted-server.ts"
import { command, start, type Ended } from "./command.ts"
import { until } from "./mock-client.ts"

let folder = ""
let input = ""
let output = ""
let server: MockServer | null = null

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tsyncio command "))
  input = join(folder, "in.jsonl")
  output = join(folder, "out.jsonl")
})
afterEach(async () => {
  await server?.close()
  server = null
  await rm(folder, { recursive: true, force: true })
})

async function serve(options: MockOptions = {}): Promise<MockServer> {
  server = await startMockServer(options)
  return server
}

const questions = (count: number): string[] => Array.from({ length: count }, (_, n) => `question ${n + 1}`)

async function writeQuestions(count: number): Promise<void> {
  await writeFile(
    input,
    questions(count)
      .map((question) => `${JSON.stringify({ question })}\n`)
      .join(""),
  )
}

function words(url: string, ...more: string[]): string[] {
  return ["batch", input, "-o", output, "--base-url", url, "--prompt", "{{question}}", ...more]
}

async function idsIn(path: string): Promise<string[]> {
  const text = await readFile(path, "utf8").catch(() => "")
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => (JSON.parse(line) as { custom_id: string }).custom_id)
}

/** A line that the kill cut in two is not on the disk; the next run sets it aside itself. */
async function cutTornTail(path: string): Promise<void> {
  const text = await readFile(path, "utf8")
  await writeFile(path, text.slice(0, text.lastIndexOf("\n") + 1))
}

/** The counts of the closing report, by name. */
function counts({ stdout }: Ended): Record<string, number> {
  const rows = [
    ...stdout.matchAll(/^(succeeded|failed|invalid|skipped|not attempted|input lines) +([\d,]+)/gm),
  ]
  return Object.fromEntries(
    rows.map(([, name = "", count = ""]) => [name, Number(count.replaceAll(",", ""))]),
  )
}

describe("tsyncio batch", () => {
  it("answers every line in spite of failures, and its counts add up", async () => {
    await writeQuestions(300)
    const { url } = await serve({ latency: 2, failRate: 0.1 })
    const ended = await command(words(url, "--concurrency", "50", "--rpm", "100000", "--timeout", "5000"))
    expect(ended).toMatchObject({ code: 0, signal: null })
    expect(counts(ended)).toEqual({
      succeeded: 300,
      failed: 0,
      invalid: 0,
      skipped: 0,
      "not attempted": 0,
      "input lines": 300,
    })
    expect(new Set(await idsIn(output)).size).toBe(300)
    expect((await idsIn(output)).length).toBe(300)
    expect(ended.stdout).toMatch(/^latency +p50 .*, p90 .*, p99 .*s$/m)
    expect(ended.stdout).toMatch(/^tokens +[\d,]+ in, [\d,]+ out$/m)
    expect(ended.stdout).toContain(output)
    expect(ended.stderr.split("\n")[0]).toBe(
      "limits: 50 at once, 100,000 requests per minute, 5 retries (default), 5,000 ms per attempt, no key",
    )
  })

  it("exits with 1 when something failed, and says what", async () => {
    await writeFile(input, '{"question":"good"}\n{"other":1}\n{"question":"bad"}\n')
    await using scripted = await ScriptedServer.start((request, response) =>
      send(response, request.prompt === "bad" ? 422 : 200, {
        error: request.prompt === "bad" ? { message: "unwise" } : null,
      }),
    )
    const ended = await command(words(scripted.url))
    expect(ended.code).toBe(1)
    expect(counts(ended)).toMatchObject({ succeeded: 1, failed: 1, invalid: 1, "input lines": 3 })
    expect(ended.stdout).toContain("HTTP 422: 1, first at line 3: unwise")
    expect(ended.stdout).toMatch(/^errors +.*out\.errors\.jsonl$/m)
    expect((await idsIn(join(folder, "out.errors.jsonl"))).sort()).toEqual(["line-2", "line-3"])
  })

  it("has every id exactly once after three kill -9, and sends no request again whose line was on the disk", async () => {
    await writeQuestions(400)
    const { url, stats } = await serve({ latency: 5 })
    const isSent = (question: string): number => stats().prompts[promptHash(question)]?.sent ?? 0
    // How often each line had been sent when it was first seen on the disk: once, or more where an earlier run
    // was killed with it on its way. It must never be sent again.
    const sentUntilDurable = new Map<string, number>()
    const checkDurable = async (): Promise<void> => {
      for (const id of await idsIn(output)) {
        const sent = isSent(`question ${id.slice("line-".length)}`)
        expect(sent, id).toBe(sentUntilDurable.get(id) ?? sent)
        sentUntilDurable.set(id, sent)
      }
    }
    for (const enough of [40, 150, 300]) {
      const { child, ended } = start(words(url, "--concurrency", "10"))
      await until(() => stats().answered >= enough)
      child.kill("SIGKILL")
      expect(await ended).toMatchObject({ signal: "SIGKILL" })
      await until(() => stats().inFlight === 0)
      await cutTornTail(output)
      await checkDurable()
      expect(sentUntilDurable.size).toBeGreaterThan(0)
    }
    const before = new Set(await idsIn(output))
    const sentBefore = stats().requests
    const ended = await command(words(url, "--concurrency", "10"))
    expect(ended.code).toBe(0)
    const ids = await idsIn(output)
    expect(ids).toHaveLength(400)
    expect(new Set(ids).size).toBe(400)
    await checkDurable()
    expect(stats().requests - sentBefore).toBe(400 - before.size)
    expect(counts(ended)).toMatchObject({ succeeded: 400 - before.size, skipped: before.size })
    expect((await readdir(folder)).filter((name) => name.endsWith(".lock"))).toEqual([])
  })

  it("by Ctrl-C stops at once, leaves the files whole, prints its report, and exits with 130", async () => {
    await writeQuestions(500)
    const mock = await serve({ latency: 30 })
    const { child, ended } = start(words(mock.url, "--concurrency", "8"))
    await until(() => mock.stats().answered >= 30)
    const begun = performance.now()
    child.kill("SIGINT")
    const end = await ended
    expect(performance.now() - begun).toBeLessThan(1000)
    expect(end).toMatchObject({ code: 130, signal: null })
    const found = counts(end)
    expect(found["succeeded"]).toBe((await idsIn(output)).length)
    expect((found["succeeded"] ?? 0) + (found["not attempted"] ?? 0)).toBe(500)
    expect(end.stdout).toContain("Interrupted")
    await until(() => mock.stats().inFlight === 0)
    expect((await readdir(folder)).sort()).toEqual(["in.jsonl", "out.jsonl", "out.metrics.jsonl"])
    const next = await command(words(mock.url, "--concurrency", "100"))
    expect(next.code).toBe(0)
    expect(new Set(await idsIn(output)).size).toBe(500)
  })

  it("leaves at once at the second Ctrl-C, and with 143 by SIGTERM", async () => {
    await writeQuestions(50)
    const mock = await serve({ hangRate: 1 })
    const twice = start(words(mock.url))
    await until(() => mock.stats().inFlight > 0)
    twice.child.kill("SIGINT")
    twice.child.kill("SIGINT")
    expect((await twice.ended).code).toBe(130)
    await until(() => mock.stats().inFlight === 0)
    const once = start(words(mock.url))
    await until(() => mock.stats().inFlight > 0)
    once.child.kill("SIGTERM")
    expect((await once.ended).code).toBe(143)
  })

  it("stops with 3 when the server wants another key, and names the variable to set", async () => {
    await writeQuestions(100)
    const mock = await serve({ apiKey: "sk-right" })
    const bare = await command(words(mock.url))
    expect(bare.code).toBe(3)
    expect(bare.stderr).toContain("the server wants a key: set the environment variable OPENAI_API_KEY")
    const env = { MY_KEY: "sk-wrong-secret" }
    const wrong = await command(words(mock.url, "--api-key-env", "MY_KEY"), { env })
    expect(wrong.code).toBe(3)
    expect(wrong.stderr).toContain("key from MY_KEY")
    expect(wrong.stderr).toContain("the server refused the key in MY_KEY")
    expect(wrong.stdout + wrong.stderr).not.toContain("sk-wrong-secret")
    expect(counts(wrong)["not attempted"]).toBeGreaterThan(0)
    const right = await command(words(mock.url), { env: { OPENAI_API_KEY: "sk-right" } })
    expect(right.code).toBe(0)
    expect(await idsIn(output)).toHaveLength(100)
    expect(await readdir(folder)).not.toContain("out.errors.jsonl")
  })

  it("stops with 4 when the account has no credit left", async () => {
    await writeQuestions(100)
    await using scripted = await ScriptedServer.start((_, response) =>
      send(response, 429, { error: { type: "insufficient_quota", message: "quota" } }),
    )
    const ended = await command(words(scripted.url))
    expect(ended.code).toBe(4)
    expect(ended.stderr).toContain("top the account up")
  })

  it("with --dry-run prints the first request, hides the key, sends nothing and makes no file", async () => {
    await writeFile(input, '\n{oops\n{"question":"why?"}\n')
    const mock = await serve()
    const env = { OPENAI_API_KEY: "sk-secret" }
    const ended = await command(words(`${mock.url}/v1`, "--dry-run", "--model", "m"), { env })
    expect(ended.code).toBe(0)
    expect(ended.stdout).toContain('# line 3, custom_id "line-3"; nothing is sent')
    expect(ended.stdout).toContain(`POST ${mock.url}/v1/chat/completions\n`)
    expect(ended.stdout).toContain("authorization: ***")
    expect(ended.stdout).toContain('"content": "why?"')
    expect(ended.stdout + ended.stderr).not.toContain("sk-secret")
    expect(mock.stats().requests).toBe(0)
    expect(await readdir(folder)).toEqual(["in.jsonl"])
  })

  it("with --json prints one line for machines on standard output, and the rest on the other", async () => {
    await writeQuestions(20)
    const { url } = await serve()
    const ended = await command(words(url, "--json"))
    expect(ended.stdout.trimEnd().split("\n")).toHaveLength(1)
    expect(JSON.parse(ended.stdout)).toMatchObject({
      total: 20,
      succeeded: 20,
      failed: 0,
      invalid: 0,
      skipped: 0,
      notAttempted: 0,
      exitCode: 0,
      latency: { p50: expect.any(Number) },
      files: {
        output,
        errors: null,
      },
      stopped: null,
      interrupted: false,
    })
    expect(ended.stderr).toContain("limits:")
  })

  it("with --stream tells the times of tokens, and what a stalled server did", async () => {
    await writeQuestions(5)
    const mock = await serve({ chunkDelay: 2, latency: 10 })
    const ended = await command(words(mock.url, "--stream", "--durability", "flush"))
    expect(ended.code).toBe(0)
    expect(ended.stdout).toMatch(/^first token +p50 .*, p90 .*, p99 .*s$/m)
    expect(ended.stdout).toMatch(/^between tokens +p50 .*, p90 .*, p99 .*s$/m)
    await mock.close()
    const stalled = await serve({ failRate: 1, failures: ["stalled"], keepAlive: 5 })
    output = join(folder, "other.jsonl")
    const flags = ["--stream", "--idle-timeout", "60", "--retries", "0"]
    const failed = await command(words(stalled.url, ...flags))
    expect(failed.code).toBe(1)
    expect(failed.stdout).toContain("no further token: 5")
    expect(failed.stdout).toContain("5 without an answer may be billed")
    expect((await command(words(stalled.url, "--idle-timeout", "0"))).stderr).toContain("above 0")
    expect((await command(words(stalled.url, "--durability", "some"))).code).toBe(2)
  })

  it("goes on when nobody reads its output any more", async () => {
    await writeQuestions(50)
    const { url } = await serve({ latency: 100 })
    const { child, ended } = start(words(url))
    child.stdout?.destroy()
    child.stderr?.destroy()
    expect((await ended).code).toBe(0)
    expect(await idsIn(output)).toHaveLength(50)
  })

  it("refuses an input that changed, with 2", async () => {
    await writeQuestions(5)
    const { url } = await serve()
    await command(words(url))
    const ended = await command(words(url, "--model", "another"))
    expect(ended.code).toBe(2)
    expect(ended.stderr).toMatch(
      /^tsyncio: Cannot continue: line \d \(custom_id "line-\d"\) was answered in an earlier run/m,
    )
  })
})

describe("bad use ends with a clear message and 2", () => {
  const base = ["--base-url", "http://127.0.0.1:9"]

  it.each<[string, () => string[], string]>([
    [
      "a missing input",
      () => ["batch", join(folder, "no.jsonl"), "-o", output, ...base],
      "there is no such file",
    ],
    ["an input that is a folder", () => ["batch", folder, "-o", output, ...base], "it is a folder"],
    [
      "a missing output folder",
      () => ["batch", input, "-o", join(folder, "no", "out.jsonl"), ...base],
      "there is no folder",
    ],
    ["an output that is the input", () => ["batch", input, "-o", input, ...base], "it is the input"],
    [
      "an unknown option",
      () => ["batch", input, "-o", output, ...base, "--frobnicate"],
      "unknown option '--frobnicate'",
    ],
    ["--rpm 0", () => ["batch", input, "-o", output, ...base, "--rpm", "0"], "It must be a number above 0"],
    [
      "--concurrency none",
      () => ["batch", input, "-o", output, ...base, "--concurrency", "none"],
      "integer from 1 up",
    ],
    ["--retries -1", () => ["batch", input, "-o", output, ...base, "--retries", "-1"], "integer from 0 up"],
    [
      "a base URL without scheme",
      () => ["batch", input, "-o", output, "--base-url", "localhost:80"],
      "http://",
    ],
    ["no base URL", () => ["batch", input, "-o", output], "--base-url"],
    ["no output", () => ["batch", input, ...base], "--output"],
    ["no input", () => ["batch", "-o", output, ...base], "missing required argument 'input'"],
    ["a broken template", () => ["batch", input, "-o", output, ...base, "--prompt", "{{a"], "template"],
    ["an unknown command", () => ["bach"], "unknown command 'bach'"],
    ["a dry run without a request", () => ["batch", input, "-o", output, ...base, "--dry-run"], "--prompt"],
  ])("%s", async (_, commandWords, message) => {
    await writeQuestions(1)
    const ended = await command(commandWords())
    expect(ended.stderr).toContain(message)
    expect(ended).toMatchObject({ code: 2, stdout: "" })
    expect(ended.stderr).not.toMatch(/^ +at /m)
    expect(await readdir(folder)).toEqual(["in.jsonl"])
  })

  // Root may read every file, so there is nothing to see then.
  it.skipIf(process.getuid?.() === 0)("a file that cannot be read", async () => {
    await writeQuestions(1)
    await chmod(input, 0o000)
    expect(await command(words("http://127.0.0.1:9"))).toMatchObject({ code: 2, stderr: /no permission/ })
  })
})

describe("tsyncio", () => {
  it("tells its version and its help", async () => {
    const { version } = JSON.parse(
      await readFile(new URL("../../package.json", import.meta.url), "utf8"),
    ) as { version: string }
    expect(await command(["--version"])).toMatchObject({ code: 0, stdout: `${version}\n` })
    const help = await command(["batch", "--help"])
    expect(help.code).toBe(0)
    for (const text of ["Examples:", "Exit codes:", "--retry-failed", "OPENAI_API_KEY"])
      expect(help.stdout).toContain(text)
    expect((await command(["--help"])).stdout).toMatch(/batch .*\n[^]*mock /)
  })
})
