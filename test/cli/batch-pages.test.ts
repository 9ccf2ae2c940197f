// `--report`, `--dashboard` and `tsyncio batch report`, as users meet them.

import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import type { BatchReport } from "../../src/batch/index.ts"
import { reply, ScriptedServer, send, type Script } from "../batch/scripted-server.ts"
import { command, start } from "./command.ts"
import { until } from "./mock-client.ts"

let folder = ""
const at = (name: string): string => join(folder, name)

beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), "tsyncio pages "))))
afterEach(async () => await rm(folder, { recursive: true, force: true }))

async function writeInput(count: number): Promise<void> {
  const lines = Array.from({ length: count }, (_, n) => `${JSON.stringify({ prompt: `p${n}` })}\n`)
  await writeFile(at("in.jsonl"), lines.join(""))
}

function words(server: ScriptedServer, ...more: string[]): string[] {
  return ["batch", at("in.jsonl"), "-o", at("out.jsonl"), "--base-url", server.url, ...more]
}

/** What stands in a page. */
function reportIn(page: string): BatchReport {
  const [, data = ""] = /<script id="data" type="application\/json">(.*?)<\/script>/.exec(page) ?? []
  return (JSON.parse(data) as { report: BatchReport }).report
}

/** Every fifth request is refused. */
const someRefused: Script = (request, response) => {
  if (request.prompt.endsWith("4")) send(response, 400, { error: { message: `no ${request.prompt}` } })
  else reply(request, response)
}

async function ranBatch(count: number): Promise<void> {
  await writeInput(count)
  await using server = await ScriptedServer.start(someRefused)
  expect((await command(words(server))).code).toBe(1)
}

describe("tsyncio batch report", () => {
  it("makes a page beside the output, for its owner alone, and says what is in it", async () => {
    await ranBatch(20)
    const ended = await command(["batch", "report", at("out.jsonl"), "--input", at("in.jsonl")])
    expect(ended).toMatchObject({ code: 0, stderr: "" })
    expect(ended.stdout).toBe(`18 answered, 2 failed, 0 open of 20\nreport: ${at("out.report.html")}\n`)
    const { counts, name } = reportIn(await readFile(at("out.report.html"), "utf8"))
    expect([name, counts]).toEqual([
      "out.jsonl",
      { succeeded: 18, failed: 2, invalid: 0, open: 0, total: 20 },
    ])
    expect((await stat(at("out.report.html"))).mode & 0o777).toBe(0o600)
  })

  it("may be asked again, for another place, and for the figures themselves", async () => {
    await ranBatch(5)
    for (let time = 0; time < 2; time++) {
      const ended = await command(["batch", "report", at("out.jsonl"), at("page.html")])
      expect(ended).toMatchObject({ code: 0, stderr: "" })
    }
    const { code, stdout } = await command(["batch", "report", at("out.jsonl"), "--json"])
    expect(code).toBe(0)
    expect((JSON.parse(stdout) as BatchReport).counts).toMatchObject({ succeeded: 4, failed: 1, total: null })
  })

  it("writes over nothing that is no report", async () => {
    await ranBatch(5)
    const before = await readFile(at("out.jsonl"), "utf8")
    const ended = await command(["batch", "report", at("out.jsonl"), at("out.jsonl")])
    expect(ended.code).toBe(2)
    expect(ended.stderr).toContain("it is there and is no report; name another file")
    expect(await readFile(at("out.jsonl"), "utf8")).toBe(before)
  })

  it.each([
    [["nothing.jsonl"], "nothing.jsonl: there is no such file"],
    [["out.jsonl", "nowhere/page.html"], "there is no such folder"],
  ])("refuses %j in words", async (names, why) => {
    await ranBatch(5)
    const ended = await command(["batch", "report", ...names.map(at)])
    expect(ended).toMatchObject({ code: 2, stdout: "" })
    expect(ended.stderr).toContain(why)
    expect(ended.stderr).not.toContain("    at ")
  })
})

describe("--report", () => {
  it("makes the page that the command makes, at the end of the run", async () => {
    await writeInput(20)
    await using server = await ScriptedServer.start(someRefused)
    const ended = await command(words(server, "--report", at("page.html"), "--json"))
    expect(ended.code).toBe(1)
    expect(JSON.parse(ended.stdout)).toMatchObject({ succeeded: 18, failed: 2 })
    expect(ended.stderr).toContain(`report: ${at("page.html")}\n`)
    const atEnd = reportIn(await readFile(at("page.html"), "utf8"))
    await command(["batch", "report", at("out.jsonl"), at("page.html"), "--input", at("in.jsonl")])
    const afterwards = reportIn(await readFile(at("page.html"), "utf8"))
    expect({ ...afterwards, madeAt: "" }).toEqual({ ...atEnd, madeAt: "" })
  })

  it("has no key in it, also where the server repeats the key", async () => {
    await writeInput(5)
    await using server = await ScriptedServer.start((request, response) => {
      const message = `the key ${request.headers.authorization ?? ""} may not ask ${request.prompt}`
      if (request.prompt === "p3") send(response, 400, { error: { message } })
      else reply(request, response)
    })
    const env = { OPENAI_API_KEY: "sk-secret-0123456789" }
    const ended = await command(words(server, "--report", at("page.html")), { env })
    expect(ended.code).toBe(1)
    const page = await readFile(at("page.html"), "utf8")
    expect(page).toContain("the key Bearer *** may not ask p3")
    expect(page).not.toContain("sk-secret")
  })

  it("is made of what passed by, where answers go to standard output", async () => {
    await writeInput(20)
    await using server = await ScriptedServer.start(someRefused)
    const stream = ["batch", at("in.jsonl"), "-o", "-", "--base-url", server.url]
    const ended = await command([...stream, "--report", at("page.html")])
    expect(ended.stdout.trimEnd().split("\n")).toHaveLength(20)
    const { name, counts, latency } = reportIn(await readFile(at("page.html"), "utf8"))
    expect(name).toBe("standard output")
    expect(counts).toEqual({ succeeded: 18, failed: 2, invalid: 0, open: 0, total: 20 })
    expect(latency?.count).toBe(18)
  })

  it("that cannot be written is told before anything is sent", async () => {
    await writeInput(3)
    await using server = await ScriptedServer.start(reply)
    for (const [path, why] of [
      [at("nowhere/page.html"), "there is no such folder"],
      [folder, "it is a folder"],
      [at("in.jsonl"), "it is there and is no report"],
    ] as const) {
      const ended = await command(words(server, "--report", path))
      expect(ended.code).toBe(2)
      expect(ended.stderr).toContain(why)
    }
    expect(server.seen).toEqual([])
  })

  it("does not hold up who presses Ctrl-C, and says how to get it", async () => {
    await writeInput(3)
    await using server = await ScriptedServer.start((request, response) => {
      if (request.prompt === "p0") reply(request, response)
    })
    const { child, ended } = start(words(server, "--report", at("page.html"), "--dashboard"))
    await until(() => server.seen.length === 3)
    await expect.poll(() => readFile(at("out.jsonl"), "utf8").catch(() => "")).not.toBe("")
    child.kill("SIGINT")
    const { code, stderr } = await ended
    expect(code).toBe(130)
    expect(stderr).toContain(`for a report of what is there: tsyncio batch report ${at("out.jsonl")}`)
  })
})

describe("--dashboard", () => {
  it("shows the run at an address that is printed, and ends with it", async () => {
    await writeInput(10)
    const waiting: (() => void)[] = []
    await using server = await ScriptedServer.start((request, response) => {
      if (request.prompt === "p7") waiting.push(() => reply(request, response))
      else reply(request, response)
    })
    const { child, ended } = start(words(server, "--dashboard"))
    let stderr = ""
    child.stderr?.on("data", (text: string) => (stderr += text))
    await until(() => /^dashboard: http:\S+$/m.test(stderr))
    const [, url = ""] = /^dashboard: (\S+)$/m.exec(stderr) ?? []
    const events = await fetch(url.replace("/?", "/events?"))
    const reader = events.body?.pipeThrough(new TextDecoderStream()).getReader()
    let text = ""
    const closed = (async () => {
      for (let step = await reader?.read(); step?.done === false; step = await reader?.read())
        text += step.value
    })()
    // A frame a second, each a report: at last nine of ten lines are answered and one is on its way.
    await until(() => text.includes('"succeeded":9,') && text.includes('"inFlight":1,'))
    const page = await (await fetch(url)).text()
    expect(reportIn(page)).toMatchObject({ name: "out.jsonl", isRunning: true, counts: { open: 1 } })
    for (const answer of waiting) answer()
    await closed
    const { code } = await ended
    expect(code).toBe(0)
    const last = /event: end\ndata: (.*)\n\n$/.exec(text)?.[1] ?? "{}"
    expect(JSON.parse(last)).toMatchObject({
      isRunning: false,
      counts: { succeeded: 10, open: 0 },
      inFlight: null,
    })
  })

  it("takes no word behind it that is no port", async () => {
    const ended = await command([
      "batch",
      "--dashboard",
      at("in.jsonl"),
      "-o",
      at("out.jsonl"),
      "--base-url",
      "http://localhost:1",
    ])
    expect(ended.code).toBe(2)
    expect(ended.stderr).toContain("Put --dashboard behind the input")
  })
})
