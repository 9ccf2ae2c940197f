// The command between pipes, with compressed files, with keys from several places, and `batch validate`.

import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { gunzipSync, gzipSync } from "node:zlib"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { reply, ScriptedServer, send } from "../batch/scripted-server.ts"
import { command, start, type Ended } from "./command.ts"

let folder = ""
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tsyncio-streams-"))
})
afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

const at = (name: string): string => join(folder, name)
const lines = (count: number): string =>
  Array.from({ length: count }, (_, n) => `${JSON.stringify({ prompt: `p${n + 1}` })}\n`).join("")
const ids = (text: string): string[] =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => (JSON.parse(line) as { custom_id: string }).custom_id)
const firstIds = (count: number): string[] => Array.from({ length: count }, (_, n) => `line-${n + 1}`)

async function piped(words: readonly string[], input: string | Buffer): Promise<Ended> {
  const { child, ended } = start(words, { stdin: "pipe" })
  child.stdin?.end(input)
  return await ended
}

describe("tsyncio batch between pipes", () => {
  it("reads standard input and writes answers to standard output; everything else goes to standard error", async () => {
    await using server = await ScriptedServer.start(reply)
    const words = ["batch", "-", "-o", "-", "--base-url", server.url, "--ordered"]
    const ended = await piped(words, gzipSync(lines(30)))
    expect(ended.code).toBe(0)
    expect(ids(ended.stdout)).toEqual(firstIds(30))
    expect(ended.stderr).toContain("answers go to standard output: this run cannot be continued")
    expect(ended.stderr).toMatch(/^succeeded +30$/m)
    const json = await piped([...words, "--json"], lines(3))
    expect(ids(json.stdout)).toHaveLength(3)
    expect(JSON.parse(json.stderr.trimEnd().split("\n").at(-1) ?? "")).toMatchObject({
      succeeded: 3,
      exitCode: 0,
    })
    expect(await readdir(folder)).toEqual([])
  })

  it("stops by Ctrl-C while its input is silent, with 130", async () => {
    await using server = await ScriptedServer.start(reply)
    const { child, ended } = start(["batch", "-", "-o", at("out.jsonl"), "--base-url", server.url], {
      stdin: "pipe",
    })
    child.stdin?.write(lines(2))
    while (server.seen.length < 2) await new Promise((resolve) => setTimeout(resolve, 10))
    child.kill("SIGINT")
    expect(await ended).toMatchObject({ code: 130 })
    expect(ids(await readFile(at("out.jsonl"), "utf8"))).toHaveLength(2)
  })

  it("ends with 1 when nobody takes its answers any more", async () => {
    await using server = await ScriptedServer.start((request, response) =>
      setTimeout(() => reply(request, response), 50),
    )
    await writeFile(at("in.jsonl"), lines(500))
    const { child, ended } = start(["batch", at("in.jsonl"), "-o", "-", "--base-url", server.url])
    child.stdout?.destroy()
    const { code, stderr } = await ended
    expect(code).toBe(1)
    expect(stderr).toContain("Cannot write the answers")
    expect(server.seen.length).toBeLessThan(500)
  })

  it("compresses what ends in .gz", async () => {
    await using server = await ScriptedServer.start(reply)
    await writeFile(at("in.jsonl.gz"), gzipSync(lines(10)))
    const words = ["batch", at("in.jsonl.gz"), "-o", at("out.jsonl.gz"), "--base-url", server.url]
    expect((await command(words)).code).toBe(0)
    expect(ids(gunzipSync(await readFile(at("out.jsonl.gz"))).toString()).sort()).toEqual(firstIds(10).sort())
    expect((await command(words)).stdout).toMatch(/^skipped +10$/m)
  })
})

describe("the key of tsyncio batch", () => {
  const seenKey = (server: ScriptedServer): unknown => server.seen.at(-1)?.headers.authorization

  it("comes from a variable, a file, or with a warning from the command line", async () => {
    await using server = await ScriptedServer.start(reply)
    await writeFile(at("in.jsonl"), lines(1))
    await writeFile(at("key"), "sk-file\n")
    const words = ["batch", at("in.jsonl"), "-o", "-", "--base-url", server.url]
    const file = await command([...words, "--api-key-file", at("key")])
    expect(seenKey(server)).toBe("Bearer sk-file")
    expect(file.stderr).toContain(`key from ${at("key")}`)
    const word = await command([...words, "--api-key", "sk-word"])
    expect(seenKey(server)).toBe("Bearer sk-word")
    expect(word.stderr).toContain("can be seen by others")
    expect(word.stderr).not.toContain("sk-word")
    const absent = await command([...words, "--api-key-env", "NO_SUCH_KEY"])
    expect(absent.stderr).toContain(
      "the environment variable NO_SUCH_KEY is not set: requests go out without a key",
    )
    expect(seenKey(server)).toBeUndefined()
    const anthropic = await command([...words, "--format", "anthropic", "--auth", "bearer"], {
      env: { ANTHROPIC_API_KEY: "sk-ant" },
    })
    expect(anthropic.stderr).toContain("key from ANTHROPIC_API_KEY")
    expect(seenKey(server)).toBe("Bearer sk-ant")
  })

  it("may come from one place only, and a file must have one", async () => {
    await writeFile(at("in.jsonl"), lines(1))
    await writeFile(at("empty"), "\n")
    const words = ["batch", at("in.jsonl"), "-o", "-", "--base-url", "http://127.0.0.1:9"]
    const both = await command([...words, "--api-key-file", at("empty"), "--api-key-env", "X"])
    expect(both).toMatchObject({ code: 2, stderr: expect.stringContaining("from several places") })
    const empty = await command([...words, "--api-key-file", at("empty")])
    expect(empty).toMatchObject({ code: 2, stderr: expect.stringContaining("it is empty") })
    const missing = await command([...words, "--api-key-file", at("none")])
    expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining("ENOENT") })
  })
})

describe("tsyncio batch --dry-run", () => {
  it("needs no output, looks at one that is given, and prints JSON if asked", async () => {
    await writeFile(at("in.jsonl"), lines(1))
    const words = ["batch", at("in.jsonl"), "--base-url", "http://h/v1", "--dry-run"]
    expect(await command(words)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("POST http://h/v1/chat"),
    })
    const json = await command([...words, "--json"], { env: { OPENAI_API_KEY: "sk-1" } })
    expect(JSON.parse(json.stdout)).toMatchObject({
      line: 1,
      customId: "line-1",
      method: "POST",
      headers: { authorization: "***" },
      body: { model: "default" },
    })
    const bad = await command([...words, "-o", join(folder, "no", "out.jsonl")])
    expect(bad).toMatchObject({ code: 2, stderr: expect.stringContaining("there is no folder") })
  })
})

describe("tsyncio batch", () => {
  it("leaves lines open for a server that asks for a long wait, and says when to go on", async () => {
    await using server = await ScriptedServer.start((_, response) =>
      send(response, 429, {}, { "retry-after": "86400" }),
    )
    await writeFile(at("in.jsonl"), lines(20))
    const ended = await command(["batch", at("in.jsonl"), "-o", at("out.jsonl"), "--base-url", server.url])
    expect(ended.code).toBe(1)
    expect(ended.stdout).toMatch(/The server wants no requests until \d{4}-\d\d-\d\dT/)
    expect(ended.stdout).toMatch(/^not attempted +20$/m)
    expect(ended.stderr).toContain("run the same command again then to continue")
  })

  it("takes limits of single models, and refuses what it cannot read", async () => {
    await using server = await ScriptedServer.start(reply)
    await writeFile(at("in.jsonl"), lines(1))
    const words = ["batch", at("in.jsonl"), "-o", "-", "--base-url", server.url, "--model-limits"]
    const good = await command([...words, "gpt-4o:rpm=500,tpm=30000", "--model-limits", "a:b:output-tpm=7"])
    expect(good.code).toBe(0)
    expect(good.stderr.split("\n")[0]).toContain(
      "gpt-4o: 500 requests per minute and 30,000 tokens per minute, a:b: 7 output tokens per minute",
    )
    for (const wrong of ["gpt-4o", "rpm=5", "m:rps=5", "m:rpm=x", ":rpm=1"])
      expect(await command([...words, wrong]), wrong).toMatchObject({ code: 2 })
  })
})

describe("tsyncio batch validate", () => {
  const good = (id: string, more: object = {}): string =>
    `${JSON.stringify({ custom_id: id, method: "POST", url: "/v1/chat/completions", body: { model: "m", messages: [] }, ...more })}\n`

  it("tells every fault by its line, and exits with 1", async () => {
    const long = "x".repeat(65)
    await writeFile(
      at("in.jsonl"),
      `${good("a")}\n{oops\n${good("a")}${good(long)}{"url":"/v1/x","body":{}}\n`,
    )
    const ended = await command(["batch", "validate", at("in.jsonl")])
    expect(ended.code).toBe(1)
    expect(ended.stdout).toMatch(/^fault: line 3: the line is not JSON/m)
    expect(ended.stdout).toMatch(/^fault: line 4: `custom_id` "a" came before in this file$/m)
    expect(ended.stdout).toMatch(/^fault: line 6: `custom_id` is missing$/m)
    expect(ended.stdout).toMatch(/^warning: line 5: `custom_id` is longer than 64/m)
    expect(ended.stdout).toContain("5 lines, 2 requests, 1 blank, 3 faults, 1 warnings\nmodels: m 2\n")
  })

  it("is content with what a run would send, compressed or piped, and exits with 0", async () => {
    const text = `${good("a")}${lines(2)}`
    expect(await piped(["batch", "validate", "-", "--json"], gzipSync(text))).toMatchObject({ code: 0 })
    const ended = await piped(["batch", "validate", "-", "--json"], text)
    expect(JSON.parse(ended.stdout)).toMatchObject({
      lines: 3,
      requests: 3,
      faults: 0,
      models: { m: 1, default: 2 },
    })
    const data = await piped(["batch", "validate", "-", "--prompt", "{{a.b}}"], '{"a":{"b":1}}\n{"a":1}\n')
    expect(data).toMatchObject({
      code: 1,
      stdout: expect.stringContaining("fault: line 2: the template names {{a.b}}"),
    })
    expect(await command(["batch", "validate", at("none")])).toMatchObject({ code: 2 })
  })

  it("knows the rules of hosted batches", async () => {
    const strict = async (text: string): Promise<string> =>
      (await piped(["batch", "validate", "-", "--strict-openai"], text)).stdout
    expect(await strict(good("a") + good("b"))).toContain("2 requests, 0 blank, 0 faults")
    expect(await strict(`${good("a")}\n${good("b")}`)).toContain("fault: line 2: a blank line")
    expect(await strict(good("a", { method: "GET" }))).toContain("`method` must be POST")
    expect(await strict(good("a", { extra: 1 }))).toContain("there is no field `extra`")
    expect(await strict(good("a", { url: "/v1/messages" }))).toContain("`url` must be one of /v1/responses")
    expect(await strict(good("a", { body: { model: "m", stream: true } }))).toContain(
      "`body.stream` must not be true",
    )
    expect(await strict(good("a", { body: {} }))).toContain("`body.model` is missing")
    expect(await strict(good("a") + good("b", { body: { model: "n" } }))).toContain(
      "fault: line 2: `body.model` differs from m of the first request",
    )
    expect(await strict(lines(1))).toContain("`custom_id`, `method`, `url` and `body` are needed")
    const inputs = {
      url: "/v1/embeddings",
      body: { model: "e", input: Array.from({ length: 50_001 }, () => "x") },
    }
    expect(await strict(good("a", inputs))).toContain("at most 50000 inputs of embeddings")
    const many = Array.from({ length: 50_001 }, (_, n) => good(`id-${n}`)).join("")
    expect(await strict(many)).toContain("fault: line 50,001: a file may have at most 50000 requests")
  })
})
