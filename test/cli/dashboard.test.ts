// The dashboard: who may look, what they get, and that no page is anything to the run.

import { get, request as httpRequest, type IncomingMessage } from "node:http"
import { connect } from "node:net"
import { afterEach, describe, expect, it } from "vitest"
import { BatchRefusedError, type BatchReport } from "../../src/batch/index.ts"
import { Dashboard } from "../../src/cli/dashboard.ts"
import { run } from "../../src/core/index.ts"
import { browserPath, TestBrowser } from "./browser.ts"
import { malice, sampleReport } from "./sample-report.ts"

let dashboard: Dashboard | null = null
let current: BatchReport = sampleReport()

async function open(report: BatchReport = sampleReport()): Promise<URL> {
  current = report
  dashboard = await Dashboard.open(0, () => current)
  return new URL(dashboard.url)
}

async function end(): Promise<void> {
  const ending = dashboard
  dashboard = null
  if (ending !== null) await run(() => ending.end())
}

afterEach(end)

function ask(
  url: URL,
  options: { method?: string; headers?: Record<string, string> } = {},
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    httpRequest(url, options, resolve).on("error", reject).end()
  })
}

/** Status of an answer that is not read. */
async function statusOf(...asked: Parameters<typeof ask>): Promise<number | undefined> {
  const response = await ask(...asked)
  response.destroy()
  return response.statusCode
}

/** An open stream of events; `events` grows. */
interface Follower {
  readonly events: { readonly name: string; readonly report: BatchReport }[]
  readonly closed: Promise<void>
  leave(): void
}

async function follow(url: URL): Promise<Follower> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get(new URL(`/events${url.search}`, url), resolve).on("error", reject)
  })
  const events: { name: string; report: BatchReport }[] = []
  let text = ""
  response.setEncoding("utf8").on("data", (piece: string) => {
    text += piece
    for (let stop = text.indexOf("\n\n"); stop !== -1; stop = text.indexOf("\n\n")) {
      const [, name = "", data = ""] = /^event: (\w+)\ndata: (.*)$/.exec(text.slice(0, stop)) ?? []
      events.push({ name, report: JSON.parse(data) as BatchReport })
      text = text.slice(stop + 2)
    }
  })
  response.on("error", () => {})
  const closed = new Promise<void>((resolve) => response.on("close", resolve))
  await expect.poll(() => events.length).toBe(1)
  return { events, closed, leave: () => void response.destroy() }
}

describe("the address of a dashboard", () => {
  it("is of this machine only and has a token nobody guesses", async () => {
    const one = await open()
    expect(one.href).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?token=[0-9a-f]{32}$/)
    await end()
    expect((await open()).search).not.toBe(one.search)
  })

  it.each<[string, number, (url: URL) => Parameters<typeof ask>]>([
    ["the link", 200, (url) => [url]],
    [
      "the link by another name of this machine",
      200,
      (url) => [url, { headers: { host: `localhost:${url.port}` } }],
    ],
    ["no token", 403, (url) => [new URL("/", url)]],
    ["another token", 403, (url) => [new URL(`/?token=${"0".repeat(32)}`, url)]],
    ["a beginning of the token", 403, (url) => [new URL(url.href.slice(0, -1))]],
    ["no token for the events", 403, (url) => [new URL("/events", url)]],
    [
      "a name that was made to point here",
      403,
      (url) => [url, { headers: { host: `evil.example:${url.port}` } }],
    ],
    ["another port in the Host header", 403, (url) => [url, { headers: { host: "127.0.0.1:1" } }]],
    ["a POST", 405, (url) => [url, { method: "POST" }]],
    ["another page", 404, (url) => [new URL(`/etc/passwd${url.search}`, url)]],
  ])("given %s answers %d", async (_, status, asked) => {
    expect(await statusOf(...asked(await open()))).toBe(status)
  })

  it("is kept from caches, frames and other origins", async () => {
    const response = await ask(await open())
    // One that is not read sees no end of its connection.
    response.destroy()
    const { headers } = response
    expect(headers).toMatchObject({
      "cache-control": "no-store",
      "referrer-policy": "no-referrer",
      "x-frame-options": "DENY",
      "cross-origin-resource-policy": "same-origin",
    })
    expect(headers["access-control-allow-origin"]).toBeUndefined()
  })

  it("that is taken is refused in words", async () => {
    const { port } = await open()
    const second = Dashboard.open(Number(port), () => current)
    await expect(second).rejects.toThrow(BatchRefusedError)
    await expect(second).rejects.toThrow(`127.0.0.1:${port}: the port is taken`)
  })
})

describe("pages of a dashboard", () => {
  it("get the present figures at once, each frame, and the end", async () => {
    const url = await open()
    const pages = await Promise.all([follow(url), follow(url), follow(url)])
    current = { ...current, inFlight: 7 }
    dashboard?.show()
    for (const { events } of pages) await expect.poll(() => events.length).toBe(2)
    current = { ...current, isRunning: false }
    await end()
    for (const { events, closed } of pages) {
      await closed
      expect(events.map(({ name, report }) => [name, report.inFlight, report.isRunning])).toEqual([
        ["report", 12, true],
        ["report", 7, true],
        ["end", 7, false],
      ])
    }
    await expect(ask(url)).rejects.toThrow(/ECONNREFUSED|hang up/)
  })

  it("that are closed are forgotten, and the others go on", async () => {
    const url = await open()
    const [one, other] = [await follow(url), await follow(url)]
    expect(dashboard?.pages).toBe(2)
    one.leave()
    await expect.poll(() => dashboard?.pages).toBe(1)
    dashboard?.show()
    await expect.poll(() => other.events.length).toBe(2)
  })

  it("that are stuck miss frames, and neither the run nor another page waits for them", async () => {
    const url = await open({ ...sampleReport(), notes: ["n".repeat(200_000)] })
    const stuck = connect(Number(url.port), url.hostname)
    stuck.pause().on("error", () => {})
    stuck.write(`GET /events${url.search} HTTP/1.1\r\nHost: ${url.host}\r\n\r\n`)
    await expect.poll(() => dashboard?.pages).toBe(1)
    const page = await follow(url)
    for (let n = 0; n < 100; n++) {
      const { length } = page.events
      dashboard?.show()
      await expect.poll(() => page.events.length, { interval: 1 }).toBe(length + 1)
    }
    // Twenty megabytes were sent to whoever took them; what waits for the other is no more than some frames.
    await end()
    await page.closed
    expect(page.events.at(-1)?.name).toBe("end")
    let taken = 0
    stuck.on("data", (piece: Buffer) => (taken += piece.length))
    const closed = new Promise((resolve) => stuck.on("close", resolve))
    stuck.resume()
    await closed
    expect(taken).toBeGreaterThan(0)
    expect(taken).toBeLessThan(10_000_000)
  })
})

// A real browser or none: where chromium cannot be had, nothing stands in for it. `.ci/run` installs it.
describe.skipIf(browserPath === null)(
  "a dashboard in a browser (skipped where there is no chromium)",
  { timeout: 60_000 },
  () => {
    it("is drawn anew with each frame, keeps its last state, and says that the run has ended", async () => {
      await using browser = await TestBrowser.start()
      const url = await open(sampleReport(malice))
      const { page, complaints } = await browser.open(url.href)
      const other = await browser.open(url.href)
      expect(await page.textContent(".state")).toBe("Running")
      await expect.poll(() => dashboard?.pages).toBe(2)
      await other.page.close()
      current = { ...current, counts: { ...current.counts, succeeded: 450, open: 42 } }
      dashboard?.show()
      await expect.poll(async () => await page.locator(".sum b").first().textContent()).toBe("450")
      current = {
        ...current,
        isRunning: false,
        inFlight: null,
        counts: { ...current.counts, succeeded: 492, open: 0 },
      }
      await end()
      await expect.poll(async () => await page.textContent(".state")).toBe("Finished")
      expect(await page.locator(".sum b").first().textContent()).toBe("492")
      expect(await page.locator(".plot canvas").count()).toBe(5)
      expect(complaints).toEqual([])
    })
  },
)
