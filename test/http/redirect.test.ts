import type { IncomingMessage, ServerResponse } from "node:http"
import { describe, expect, it } from "vitest"
import { isCancelled, run, taskGroup } from "../../src/core/index.ts"
import { HttpClient, HttpRedirectError } from "../../src/http/index.ts"
import { bodyOf, serve, until } from "./local-server.ts"
import type { LocalServer } from "./local-server.ts"

/** Says what it was sent. */
async function echo(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, url, headers } = request
  response.end(JSON.stringify({ method, url, headers, body: await bodyOf(request) }))
}

interface Echo {
  readonly method: string
  readonly url: string
  readonly headers: Record<string, string>
  readonly body: string
}

/** `/<status>?to=<location>` sends there; everything else is echoed. */
function redirecting(): Promise<LocalServer> {
  return serve((request, response) => {
    const url = new URL(request.url ?? "/", "http://host")
    const to = url.searchParams.get("to")
    if (to === null) return echo(request, response)
    return response.writeHead(Number(url.pathname.slice(1)), { location: to }).end("moved")
  })
}

const keys = {
  authorization: "Bearer sk-123456",
  cookie: "session=sk-123456",
  "x-api-key": "sk-123456",
  "proxy-authorization": "Basic sk-123456",
  "x-goog-api-key": "sk-123456",
  "x-plain": "kept",
}

describe("a redirect is followed", () => {
  it("to the answer at its end, which says where it came from", async () => {
    await using server = await redirecting()
    await using client = new HttpClient({ baseUrl: server.url, connections: 1 })
    const response = await client.get("/302", { query: { to: "/301?to=deep/end" } })
    expect([response.status, response.url, response.redirected]).toEqual([
      200,
      `${server.url}/deep/end`,
      true,
    ])
    expect(response.attempts).toBe(1)
    expect((await response.json<Echo>()).url).toBe("/deep/end")
    expect((await client.get("/")).redirected).toBe(false)
    expect(server.opened).toBe(1)
  })

  it.each([
    [301, "POST", "GET", ""],
    [302, "POST", "GET", ""],
    [303, "POST", "GET", ""],
    [303, "PUT", "GET", ""],
    [301, "PUT", "PUT", "body"],
    [302, "DELETE", "DELETE", "body"],
    [307, "POST", "POST", "body"],
    [308, "PATCH", "PATCH", "body"],
    [303, "HEAD", "HEAD", undefined],
  ])("status %i makes of %s a %s", async (status, method, then, body) => {
    await using server = await serve(async (request, response) => {
      if (request.url === "/start") response.writeHead(status, { location: "/end" }).end()
      else {
        const { "content-type": type, "content-language": language } = request.headers
        response.setHeader("x-seen", `${request.method} ${type} ${language}`).end(await bodyOf(request))
      }
    })
    await using client = new HttpClient({ baseUrl: server.url })
    const response = await client.request(method, "/start", {
      ...(body === undefined ? {} : { body: "body" }),
      headers: { "content-type": "text/plain", "content-language": "de" },
    })
    const kept = then === method ? "text/plain de" : "undefined undefined"
    expect(response.headers.get("x-seen")).toBe(`${then} ${kept}`)
    expect(await response.text()).toBe(body ?? "")
  })

  it("with all headers at the same origin, and without keys to another one, on the way back too", async () => {
    await using home = await redirecting()
    await using other = await redirecting()
    await using client = new HttpClient({ baseUrl: home.url, headers: keys })
    const own = await (await client.get("/307", { query: { to: "/end" } })).json<Echo>()
    expect(own.headers).toMatchObject(keys)
    const away = await client.post("/307", { query: { to: `${other.url}/end` }, json: 1 })
    const { headers, body } = await away.json<Echo>()
    expect([headers["x-plain"], headers["host"], body]).toEqual(["kept", other.url.slice(7), "1"])
    expect(JSON.stringify(headers)).not.toContain("sk-123456")
    const back = `${other.url}/302?to=${encodeURIComponent(`${home.url}/end`)}`
    const returned = await (await client.get("/302", { query: { to: back } })).json<Echo>()
    expect(JSON.stringify(returned.headers)).not.toContain("sk-123456")
  })

  it("without keys when a call brought them, in any case, or they stood in the URL", async () => {
    await using home = await redirecting()
    await using other = await redirecting()
    await using client = new HttpClient()
    const url = `${home.url.replace("//", "//me:sk-123456@")}/302?to=${other.url}/end`
    const upper = Object.fromEntries(Object.entries(keys).map(([name, value]) => [name.toUpperCase(), value]))
    for (const headers of [{}, { ...upper, authorization: undefined, host: "home.example" }]) {
      const seen = await (await client.get(url, { headers })).json<Echo>()
      expect(JSON.stringify(seen)).not.toMatch(/sk-123456|Basic|home\.example/)
      expect(seen.headers["host"]).toBe(other.url.slice(7))
    }
  })

  it("without the name and password that a location holds", async () => {
    await using server = await redirecting()
    await using client = new HttpClient({ baseUrl: server.url })
    const to = `${server.url.replace("//", "//you:theirs@")}/end`
    const seen = await (await client.get("/302", { query: { to } })).json<Echo>()
    expect(seen.headers).not.toHaveProperty("authorization")
  })

  it("in the time that the call has left, all hops together", async () => {
    await using server = await serve((_, response) => {
      setTimeout(() => response.writeHead(302, { location: "/" }).end(), 20)
    })
    await using client = new HttpClient({ baseUrl: server.url, connections: 1, timeout: 200 })
    const started = performance.now()
    await expect(client.get("/")).rejects.toMatchObject({
      code: "E_HTTP_TIMEOUT",
      phase: "total",
      limit: 200,
    })
    expect(performance.now() - started).toBeLessThan(2_000)
    expect(client.statistics()).toEqual({ inFlight: 0, waiting: 0, sockets: 0 })
  })

  it("until its task is cancelled, which closes the socket of the hop", async () => {
    let isThere = false
    await using server = await serve((request, response) => {
      if (request.url === "/") response.writeHead(302, { location: "/hangs" }).end()
      else isThere = true
    })
    await using client = new HttpClient({ baseUrl: server.url, connections: 1 })
    await run(() =>
      taskGroup(async (group) => {
        const task = group.createTask(() => client.get("/"))
        await until(() => isThere)
        task.cancel()
        await expect(task).rejects.toSatisfy(isCancelled)
        expect(client.statistics()).toEqual({ inFlight: 0, waiting: 0, sockets: 0 })
      }),
    )
  })

  it("with one budget of repetitions for all hops", async () => {
    let asked = 0
    await using server = await serve((_, response) => {
      asked += 1
      if (asked % 2 === 1) response.writeHead(503).end()
      else response.writeHead(302, { location: `/${asked}` }).end()
    })
    await using client = new HttpClient({ baseUrl: server.url, retries: { retries: 2, delay: 0 } })
    const response = await client.get("/")
    expect([response.status, response.attempts, asked]).toEqual([503, 3, 5])
  })
})

describe("a redirect is not followed", () => {
  it.each([300, 304, 305])("with status %i", async (status) => {
    await using server = await redirecting()
    await using client = new HttpClient({ baseUrl: server.url })
    expect((await client.get(`/${status}`, { query: { to: "/end" } })).status).toBe(status)
  })

  it("without a location", async () => {
    await using server = await serve((_, response) => void response.writeHead(302).end("nowhere"))
    await using client = new HttpClient({ baseUrl: server.url })
    const response = await client.get("/")
    expect([response.status, await response.text(), response.redirected]).toEqual([302, "nowhere", false])
  })

  it("with `manual`, for a client or a call: the answer is the redirect", async () => {
    await using server = await redirecting()
    await using client = new HttpClient({ baseUrl: server.url, redirect: "manual" })
    const response = await client.get("/301", { query: { to: "/end" } })
    expect([response.status, response.headers.get("location"), await response.text()]).toEqual([
      301,
      "/end",
      "moved",
    ])
    expect((await client.get("/301", { query: { to: "/end" }, redirect: "follow" })).status).toBe(200)
  })

  const error = (asked: Promise<unknown>): Promise<unknown> => asked.catch((thrown: unknown) => thrown)

  it("with `error`", async () => {
    await using server = await redirecting()
    await using client = new HttpClient({ baseUrl: server.url, redirect: "error" })
    const thrown = await error(client.get("/301", { query: { to: "/end?token=sk-123456" } }))
    expect(thrown).toBeInstanceOf(HttpRedirectError)
    expect(thrown).toMatchObject({
      name: "HttpRedirectError",
      code: "E_HTTP_REDIRECT",
      reason: "refused",
      status: 301,
      method: "GET",
      location: "/end?token=***",
    })
    expect(String(thrown)).toContain("(status 301, to /end?token=***)")
    expect(String(thrown) + JSON.stringify(thrown)).not.toContain("sk-123456")
    expect(client.statistics().inFlight).toBe(0)
  })

  it("more than twenty times in a row", async () => {
    let asked = 0
    await using server = await serve((_, response) => {
      asked += 1
      response.writeHead(302, { location: "/" }).end()
    })
    await using client = new HttpClient({ baseUrl: server.url })
    expect(await error(client.get("/"))).toMatchObject({ reason: "too-many", location: "/" })
    expect(asked).toBe(21)
  })

  it.each(["file:///etc/passwd", "javascript:alert(1)", "http://", "ftp://host/"])("to %s", async (to) => {
    await using server = await redirecting()
    await using client = new HttpClient({ baseUrl: server.url })
    expect(await error(client.get("/302", { query: { to } }))).toMatchObject({ reason: "location" })
  })

  it("when the body was streamed and would have to go along", async () => {
    await using server = await redirecting()
    await using client = new HttpClient({ baseUrl: server.url })
    async function* body(): AsyncGenerator<string> {
      yield "once"
    }
    const query = { to: "/end" }
    expect(await error(client.post("/307", { query, body: body() }))).toMatchObject({ reason: "body" })
    expect((await client.post("/303", { query, body: body() })).status).toBe(200)
  })

  it("and a mode that is none is refused", async () => {
    expect(() => new HttpClient({ redirect: "no" as never })).toThrow("`redirect`")
    await using client = new HttpClient()
    await expect(client.get("http://127.0.0.1:9/", { redirect: true as never })).rejects.toThrow("`redirect`")
  })
})
