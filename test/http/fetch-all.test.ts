import type { IncomingMessage, ServerResponse } from "node:http"
import { describe, expect, it } from "vitest"
import { collect } from "../../src/combine/index.ts"
import { TimeoutError, isCancelled, run, taskGroup } from "../../src/core/index.ts"
import {
  HttpClient,
  HttpConnectionError,
  HttpResponse,
  HttpStatusError,
  HttpTimeoutError,
  fetchAll,
} from "../../src/http/index.ts"
import type { FetchRequest } from "../../src/http/index.ts"
import { bodyOf, serve, until } from "./local-server.ts"

/** `/wait/<ms>` answers late, `/status/<n>` with that status, `/hang` and `/half` never to the end. */
function handle(request: IncomingMessage, response: ServerResponse): void {
  const [, what = "", detail = ""] = (request.url ?? "").split(/[/?]/)
  if (what === "wait") setTimeout(() => response.end(detail), Number(detail))
  else if (what === "status") response.writeHead(Number(detail)).end(`status ${detail}`)
  else if (what === "drop") request.socket.destroy()
  else if (what === "half") response.writeHead(200, { "content-length": 100 }).write("half")
  else if (what !== "hang") response.end(`page ${what}`)
}

const each = { retries: 0 }
const read = (response: HttpResponse): Promise<string> => response.text()

describe("fetchAll()", () => {
  it("gives one outcome for each request, in order; a failing one ends no other", async () => {
    await using server = await serve(handle)
    const urls = [
      `${server.url}/one`,
      `${server.url}/status/500`,
      `${server.url}/drop`,
      `${server.url}/hang`,
      `${server.url}/half`,
      "no url",
      `${server.url}/two`,
    ]
    const outcomes = await collect.array(fetchAll(urls, { each: { retries: 0, timeout: 400 }, read }))
    expect(outcomes.map(({ request }) => request)).toEqual(urls)
    expect(outcomes.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5, 6])
    const [one, status, drop, hang, half, bad, two] = outcomes
    expect([one, two]).toMatchObject([
      { ok: true, value: "page one" },
      { ok: true, value: "page two" },
    ])
    expect(status).toMatchObject({ ok: false, error: { status: 500, body: "status 500" } })
    expect(status?.ok === false && status.error instanceof HttpStatusError).toBe(true)
    expect(drop?.ok === false && drop.error instanceof HttpConnectionError).toBe(true)
    for (const late of [hang, half]) {
      expect(late).toMatchObject({ ok: false, error: { phase: "total", limit: 400 } })
      expect(late?.elapsed).toBeGreaterThan(395)
    }
    expect(bad).toMatchObject({ ok: false, error: { name: "TypeError" } })
    await until(() => server.sockets.size === 0)
  })

  it("gives responses that can be read later, in another task", async () => {
    await using server = await serve((_, response) => void response.end(Buffer.alloc(500_000, "a")))
    const outcomes = await run(() => collect.array(fetchAll([server.url, new URL(server.url)])))
    for (const outcome of outcomes) {
      if (!outcome.ok) throw outcome.error
      expect(outcome.value).toBeInstanceOf(HttpResponse)
      expect([outcome.value.status, await outcome.value.text()]).toEqual([200, "a".repeat(500_000)])
    }
  })

  it("gives outcomes as they come with `ordered: false`", async () => {
    await using server = await serve(handle)
    const urls = [400, 20, 200].map((ms) => `${server.url}/wait/${ms}`)
    const values = []
    for await (const outcome of fetchAll(urls, { ordered: false, read })) {
      values.push([outcome.index, outcome.ok && outcome.value])
    }
    expect(values).toEqual([
      [1, "20"],
      [2, "200"],
      [0, "400"],
    ])
  })

  it("cuts off what is not done when the time for all is up, and gives the rest", async () => {
    await using server = await serve(handle)
    const urls = ["fast", "hang", "half", "wait/5"].map((path) => `${server.url}/${path}?key=sk-123456`)
    const started = performance.now()
    const outcomes = await collect.array(fetchAll(urls, { concurrency: 3, timeout: 400, each, read }))
    expect(performance.now() - started).toBeLessThan(3_000)
    expect(outcomes.map(({ ok }) => ok)).toEqual([true, false, false, true])
    for (const outcome of outcomes) {
      if (outcome.ok) continue
      expect(outcome.error).toBeInstanceOf(TimeoutError)
      expect(outcome.error).not.toBeInstanceOf(HttpTimeoutError)
      expect((outcome.error as Error).message).toBe(
        `Cannot GET ${server.url}/${outcome.index === 1 ? "hang" : "half"}?key=***: all requests together took longer than 400 ms`,
      )
    }
    await until(() => server.sockets.size === 0)
  })

  it("does not begin what had no place before the time was up", async () => {
    let asked = 0
    await using server = await serve(() => (asked += 1))
    const urls = Array.from({ length: 6 }, (_, index) => `${server.url}/${index}`)
    const outcomes = await collect.array(fetchAll(urls, { concurrency: 2, timeout: 200 }))
    expect(outcomes.map(({ ok }) => ok)).toEqual(urls.map(() => false))
    expect(asked).toBe(2)
    expect(outcomes[5]).toMatchObject({ error: { name: "TimeoutError" } })
    expect(outcomes[5]?.elapsed).toBeLessThan(150)
  })

  it("begins no pause that the time for all has no room for: the error is there at once", async () => {
    await using server = await serve(handle)
    const started = performance.now()
    const [outcome] = await collect.array(
      fetchAll([`${server.url}/drop`], {
        timeout: 10_000,
        each: { retries: { delay: 20_000, jitter: false }, timeout: Infinity },
      }),
    )
    expect(performance.now() - started).toBeLessThan(5_000)
    expect(outcome).toMatchObject({ ok: false, error: { code: "E_HTTP_CONNECTION" } })
    expect(outcome?.ok === false && String(outcome.error)).toContain(
      "not sent again, as a pause of 20000 ms would pass a fetchAll of 10000 ms",
    )
  })

  it("keeps `concurrency`, and `perOrigin` without holding up other origins", async () => {
    let most = 0
    let running = 0
    const slow = (_: IncomingMessage, response: ServerResponse): void => {
      running += 1
      most = Math.max(most, running)
      setTimeout(() => {
        running -= 1
        response.end("slow")
      }, 100)
    }
    await using busy = await serve(slow)
    await using free = await serve(handle)
    const urls = [...Array.from({ length: 8 }, () => busy.url), `${free.url}/a`, `${free.url}/b`]
    const order: number[] = []
    for await (const outcome of fetchAll(urls, { concurrency: 4, perOrigin: 2, ordered: false, read })) {
      expect(outcome.ok).toBe(true)
      expect(outcome.elapsed).toBeLessThan(350)
      order.push(outcome.index)
    }
    expect(most).toBe(2)
    expect(order.slice(0, 2).toSorted((a, b) => a - b)).toEqual([8, 9])
    most = 0
    await collect.array(fetchAll(urls.slice(0, 8), { concurrency: 3 }))
    expect(most).toBe(3)
  })

  it("sends each request as it is told, and gives it back with its outcome", async () => {
    await using server = await serve(async (request, response) => {
      response.end(
        `${request.method} ${String(request.headers["x-all"])} ${String(request.headers["x-one"])} ${await bodyOf(request)}`,
      )
    })
    const client = new HttpClient({ baseUrl: server.url })
    const requests: (FetchRequest & { id: string })[] = [
      { id: "a", url: "/a" },
      { id: "b", url: "/b", method: "post", json: [1], headers: { "x-one": "1", "X-All": "own" } },
    ]
    const outcomes = fetchAll(requests, { client, each: { headers: { "x-all": "all" } }, read })
    const seen: string[] = []
    for await (const { request, ...outcome } of outcomes) {
      seen.push(`${request.id}: ${outcome.ok ? outcome.value : ""}`)
    }
    expect(seen).toEqual(["a: GET all undefined ", "b: POST own 1 [1]"])
    expect((await client.get("/")).status).toBe(200)
    await client.close()
  })

  it("takes requests from an endless source no faster than they are asked for", async () => {
    await using server = await serve(handle)
    let made = 0
    let isClosed = false
    async function* source(): AsyncGenerator<string> {
      try {
        for (;;) yield `${server.url}/${++made}`
      } finally {
        isClosed = true
      }
    }
    let count = 0
    for await (const outcome of fetchAll(source(), { concurrency: 3, each, read })) {
      expect(outcome).toMatchObject({ ok: true, value: `page ${++count}` })
      if (count === 20) break
    }
    expect(made).toBeLessThanOrEqual(26)
    expect(isClosed).toBe(true)
    await until(() => server.sockets.size === 0)
  })

  it("a failure of `read` is the outcome, and its response is closed", async () => {
    await using server = await serve((_, response) => void response.writeHead(200).write("never ends"))
    const broken = new Error("mine")
    const [outcome] = await collect.array(
      fetchAll([server.url], {
        read: () => {
          throw broken
        },
      }),
    )
    expect(outcome).toMatchObject({ ok: false, error: broken })
    await until(() => server.sockets.size === 0)
  })

  it("a cancel ends the requests on their way and closes their sockets before it is thrown", async () => {
    await using server = await serve(handle)
    const client = new HttpClient({ baseUrl: server.url })
    await run(() =>
      taskGroup(async (group) => {
        const task = group.createTask(() => collect.array(fetchAll(["/hang", "/half", "/hang"], { client })))
        await until(() => server.opened === 3)
        task.cancel()
        await expect(task).rejects.toSatisfy(isCancelled)
        expect(client.statistics()).toEqual({ inFlight: 0, waiting: 0, sockets: 0 })
      }),
    )
    await client.close()
  })

  it("a signal ends the whole with its reason; that of one request ends that one", async () => {
    await using server = await serve(handle)
    const abort = new AbortController()
    const reason = new Error("mine")
    const all = collect.array(fetchAll([`${server.url}/hang`], { signal: abort.signal }))
    const refused = expect(all).rejects.toBe(reason)
    await until(() => server.opened === 1)
    abort.abort(reason)
    await refused
    const outcomes = fetchAll([{ url: `${server.url}/one`, signal: abort.signal }, `${server.url}/two`])
    expect(await collect.array(outcomes)).toMatchObject([{ ok: false, error: reason }, { ok: true }])
    await until(() => server.sockets.size === 0)
  })

  it("of nothing is nothing, and closing it unused closes the source", async () => {
    expect(await collect.array(fetchAll([]))).toEqual([])
    await fetchAll([])[Symbol.asyncDispose]()
  })

  it.each<[string, Parameters<typeof fetchAll>[1]]>([
    ["concurrency", { concurrency: 0 }],
    ["perOrigin", { perOrigin: 1.5 }],
    ["timeout", { timeout: Number.NaN }],
    ["timeout", { each: { timeout: -1 } }],
    ["retries", { each: { retries: -1 } }],
    ["redirect", { each: { redirect: "no" as never } }],
  ])("a bad `%s` is refused at once", (name, options) => {
    expect(() => fetchAll([], options)).toThrow(`\`${name}\``)
  })

  it("requests that cannot be iterated are refused", () => {
    expect(() => fetchAll(5 as never)).toThrow("`items`")
  })
})
