import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { describe, expect, it } from "vitest"
import { run, taskGroup } from "../../src/core/index.ts"
import type { Problem } from "../../src/core/index.ts"
import {
  HttpClient,
  HttpClientClosedError,
  HttpConnectionError,
  HttpStatusError,
} from "../../src/http/index.ts"
import type { HttpClientOptions } from "../../src/http/index.ts"
import { RateLimiter } from "../../src/sync/index.ts"
import { sleep } from "../../src/time/index.ts"
import { bodyOf, serve, until } from "./local-server.ts"

setFlagsFromString("--expose-gc")
const collectGarbage = runInNewContext("gc") as () => void

describe("request()", () => {
  it("resolves for every status, with headers and body", async () => {
    await using server = await serve((request, response) => {
      response.writeHead(Number(request.url?.slice(1)), { "X-Name": "value", "set-cookie": ["a=1", "b=2"] })
      response.end("hello")
    })
    await using client = new HttpClient({ baseUrl: server.url, retries: 0 })
    for (const status of [200, 201, 301, 404, 418, 500, 503]) {
      const response = await client.get(`/${status}`)
      expect(response.status).toBe(status)
      expect(response.ok).toBe(status < 300)
      expect(response.headers.get("x-name")).toBe("value")
      expect(response.headers.get("X-NAME")).toBe("value")
      expect(response.headers.get("constructor")).toBeNull()
      expect(response.headers.getAll("set-cookie")).toEqual(["a=1", "b=2"])
      expect(response.url).toBe(`${server.url}/${status}`)
      expect(response.attempts).toBe(1)
      expect(response.elapsed).toBeGreaterThan(0)
      expect(await response.text()).toBe("hello")
    }
  })

  it("sends each method with its body", async () => {
    await using server = await serve(async (request, response) => {
      const type = request.headers["content-type"] ?? "none"
      response.end(`${request.method} ${type} ${await bodyOf(request)}`)
    })
    await using client = new HttpClient({ baseUrl: server.url })
    const json = { json: { a: [1, "ü"] } }
    expect(await (await client.get("/")).text()).toBe("GET none ")
    expect(await (await client.delete("/")).text()).toBe("DELETE none ")
    expect(await (await client.post("/", json)).text()).toBe(`POST application/json {"a":[1,"ü"]}`)
    expect(await (await client.put("/", json)).text()).toBe(`PUT application/json {"a":[1,"ü"]}`)
    expect(await (await client.patch("/", { body: "text" })).text()).toBe("PATCH none text")
    expect(await (await client.post("/", { body: new Uint8Array([65, 66]) })).text()).toBe("POST none AB")
    expect(await (await client.post("/", { json: null })).text()).toBe("POST application/json null")
    const head = await client.head("/")
    expect([head.status, await head.text()]).toEqual([200, ""])
    expect(await (await client.request("options", "/")).text()).toBe("OPTIONS none ")
  })

  it("streams a body that is an iterable", async () => {
    await using server = await serve(async (request, response) => {
      response.end(`${request.headers["transfer-encoding"]} ${await bodyOf(request)}`)
    })
    await using client = new HttpClient({ baseUrl: server.url })
    async function* pieces(): AsyncGenerator<string> {
      yield "one "
      await new Promise((resolve) => setImmediate(resolve))
      yield "two"
    }
    const response = await client.post("/", { body: pieces() })
    expect(await response.text()).toBe("chunked one two")
  })

  it("reads the body as JSON, bytes, text in its charset, and piece by piece", async () => {
    const large = Buffer.alloc(1_000_000, "abcdefghij")
    await using server = await serve((request, response) => {
      if (request.url === "/json") response.end('\ufeff{"a":1}')
      else if (request.url === "/latin1") {
        response.setHeader("content-type", "text/plain; charset=iso-8859-1").end(Buffer.from("für", "latin1"))
      } else if (request.url === "/empty") response.end()
      else response.end(large)
    })
    await using client = new HttpClient({ baseUrl: server.url })
    expect(await (await client.get("/json")).json()).toEqual({ a: 1 })
    expect(await (await client.get("/latin1")).text()).toBe("für")
    expect(await (await client.get("/empty")).bytes()).toHaveLength(0)
    expect(large.equals(await (await client.get("/large")).bytes())).toBe(true)
    const pieces: Uint8Array[] = []
    for await (const piece of (await client.get("/large")).body) pieces.push(piece)
    expect(pieces.length).toBeGreaterThan(1)
    expect(large.equals(Buffer.concat(pieces))).toBe(true)
    expect(server.opened).toBeLessThanOrEqual(2)
  })

  it("a body that is no JSON is a SyntaxError that names the request", async () => {
    await using server = await serve((_, response) => void response.end("<html>"))
    await using client = new HttpClient({ baseUrl: server.url })
    const error: unknown = await (await client.get("/?key=secret1")).json().catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(SyntaxError)
    expect(String(error)).toContain(`GET ${server.url}/?key=*** (status 200)`)
  })

  it("joins URLs to the base, and queries to both", async () => {
    await using server = await serve((request, response) => void response.end(request.url))
    await using client = new HttpClient({ baseUrl: `${server.url}/v1/?key=1` })
    const url = async (path: string, query?: Record<string, string | number[]>): Promise<string> =>
      (await client.get(path, query === undefined ? {} : { query })).text()
    expect(await url("/chat")).toBe("/v1/chat?key=1")
    expect(await url("chat/a b")).toBe("/v1/chat/a%20b?key=1")
    expect(await url("")).toBe("/v1/?key=1")
    expect(await url("/chat?a=2#part", { b: "x y", c: [1, 2] })).toBe("/v1/chat?key=1&a=2&b=x+y&c=1&c=2")
    expect(await url("//elsewhere.example/a")).toBe("/v1//elsewhere.example/a?key=1")
    expect(await url(`${server.url}/other`)).toBe("/other")
  })

  it("headers of the call win over those of the client, whatever their case", async () => {
    await using server = await serve(
      (request, response) => void response.end(JSON.stringify(request.headers)),
    )
    await using client = new HttpClient({
      baseUrl: server.url,
      headers: { Authorization: "Bearer one", "x-both": "client", "x-client": "yes" },
    })
    const headers = await (
      await client.get("/", { headers: { "X-Both": "call", "x-client": undefined } })
    ).json()
    expect(headers).toMatchObject({ authorization: "Bearer one", "x-both": "call", "user-agent": "tsyncio" })
    expect(headers).not.toHaveProperty("x-client")
  })

  it("keys that belong to the base URL do not go to another host", async () => {
    await using home = await serve((request, response) => void response.end(JSON.stringify(request.headers)))
    await using other = await serve((request, response) => void response.end(JSON.stringify(request.headers)))
    await using client = new HttpClient({
      baseUrl: home.url,
      headers: { authorization: "Bearer one", "x-api-key": "two", "x-plain": "three" },
    })
    expect(await (await client.get("/")).json()).toMatchObject({
      authorization: "Bearer one",
      "x-api-key": "two",
    })
    const foreign = await (await client.get(`${other.url}/`)).json()
    expect(foreign).toMatchObject({ "x-plain": "three" })
    expect(foreign).not.toHaveProperty("authorization")
    expect(foreign).not.toHaveProperty("x-api-key")
  })

  it("name and password in a URL become a header", async () => {
    await using server = await serve((request, response) => void response.end(request.headers.authorization))
    await using client = new HttpClient()
    const response = await client.get(server.url.replace("//", "//me:p%40ss@"))
    expect(response.url).not.toContain("p%40ss")
    expect(await response.text()).toBe(`Basic ${Buffer.from("me:p@ss").toString("base64")}`)
  })

  it("a refused connection is an error that says the server has seen nothing", async () => {
    const server = await serve(() => {})
    const { url } = server
    await server[Symbol.asyncDispose]()
    await using client = new HttpClient({ retries: 0 })
    const error = await client.post(`${url}/a?token=secret1`).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(HttpConnectionError)
    expect(error).toMatchObject({
      name: "HttpConnectionError",
      code: "E_HTTP_CONNECTION",
      phase: "connect",
      requestSent: false,
      reusedSocket: false,
      attempts: 1,
      url: `${url}/a?token=***`,
      cause: { code: "ECONNREFUSED" },
    })
    expect((error as Error).message).toContain("ECONNREFUSED")
  })

  it.each([
    ["before its answer", (): string => "", "headers"],
    ["in its headers", (): string => "HTTP/1.1 200 OK\r\ncontent-le", "headers"],
  ])("a connection that breaks %s is an error of that phase", async (_, answer, phase) => {
    await using server = await serve((request) => {
      request.socket.write(answer())
      request.socket.end()
    })
    await using client = new HttpClient({ baseUrl: server.url, retries: 0 })
    await expect(client.post("/", { json: 1 })).rejects.toMatchObject({
      code: "E_HTTP_CONNECTION",
      phase,
      requestSent: true,
    })
  })

  it.each([
    ["content-length", "content-length: 100\r\n\r\nhalf"],
    ["chunks", "transfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n"],
  ])("a body that is shorter than its %s say is an error of the body", async (_, rest) => {
    await using server = await serve((request) => {
      request.socket.end(`HTTP/1.1 200 OK\r\n${rest}`)
    })
    await using client = new HttpClient({ baseUrl: server.url, retries: 0 })
    const response = await client.get("/")
    expect(response.status).toBe(200)
    await expect(response.text()).rejects.toMatchObject({
      code: "E_HTTP_CONNECTION",
      phase: "body",
      requestSent: true,
    })
  })

  it("an answer that is no HTTP is a connection error", async () => {
    await using server = await serve((request) => void request.socket.end("SSH-2.0\r\n"))
    await using client = new HttpClient({ baseUrl: server.url, retries: 0 })
    await expect(client.get("/")).rejects.toMatchObject({ code: "E_HTTP_CONNECTION", phase: "headers" })
  })
})

describe("orThrow()", () => {
  it("gives the response when the status is 2xx", async () => {
    await using server = await serve((_, response) => void response.end("yes"))
    await using client = new HttpClient({ baseUrl: server.url })
    expect(await (await (await client.get("/")).orThrow()).text()).toBe("yes")
  })

  it("throws status, beginning of the body and time to wait, without keys", async () => {
    await using server = await serve((request, response) => {
      response.writeHead(429, { "retry-after": "3", "set-cookie": "session=secret1" })
      response.end(`no: ${request.headers.authorization} ${"x".repeat(100_000)}`)
    })
    await using client = new HttpClient({
      baseUrl: server.url,
      retries: 0,
      headers: { authorization: "Bearer sk-secret" },
    })
    const response = await client.post("/a?api_key=sk-other")
    const error = await response.orThrow().catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(HttpStatusError)
    expect(error).toMatchObject({
      code: "E_HTTP_STATUS",
      status: 429,
      method: "POST",
      url: `${server.url}/a?api_key=***`,
      attempts: 1,
      retryAfter: 3_000,
      headers: { "set-cookie": "***", "retry-after": "3" },
    })
    const { body, message } = error as HttpStatusError
    expect(body.startsWith("no: *** xxx")).toBe(true)
    expect(body).toHaveLength(4_096)
    expect(message.length).toBeLessThan(400)
    expect(JSON.stringify(error) + message).not.toMatch(/sk-/)
    await until(() => server.sockets.size === 0)
  })
})

describe("the caller's mistakes", () => {
  it.each<[string, HttpClientOptions]>([
    ["baseUrl", { baseUrl: "localhost:8080" }],
    ["baseUrl", { baseUrl: "ftp://host" }],
    ["baseUrl", { baseUrl: "http://" }],
    ["connections", { connections: 0 }],
    ["connections", { connections: 1.5 }],
    ["timeout", { timeout: 0 }],
    ["timeout", { timeout: Number.NaN }],
    ["timeout.headers", { timeout: { headers: -1 } }],
    ["header", { timeout: { header: 5 } as never }],
    ["retries", { retries: -1 }],
    ["retries.delay", { retries: { delay: -5 } }],
    ["retrys", { retrys: 2 } as never],
    ["keepAlive", { keepAlive: 0 }],
    ["x-name", { headers: { "x-name": 5 as never } }],
  ])("a bad option `%s` is named when the client is made", (name, options) => {
    expect(() => new HttpClient(options)).toThrow(`\`${name}\``)
  })

  it("a key in a bad URL is not repeated", () => {
    expect(() => new HttpClient({ baseUrl: "ftp://me:secret1@host?key=secret2" })).toThrow(/^(?!.*secret\d)/)
  })

  it.each([
    ["a URL without a scheme and no base", "/a", {}, /`url`.*`baseUrl`/],
    ["a URL of another kind", "ftp://host/a", {}, /`url`/],
    ["json and body", "http://127.0.0.1:9/", { json: 1, body: "a" }, /`json` or `body`/],
    ["json that JSON cannot hold", "http://127.0.0.1:9/", { json: (): void => {} }, /`json`/],
    ["a header with a line break", "http://127.0.0.1:9/", { headers: { a: "b\r\nc: d" } }, /header/],
    ["a negative limit", "http://127.0.0.1:9/", { timeout: -1 }, /`timeout`/],
  ])("%s is refused", async (_, url, options, message) => {
    await using client = new HttpClient()
    await expect(client.post(url, options)).rejects.toThrow(message)
    expect(client.statistics()).toEqual({ inFlight: 0, waiting: 0, sockets: 0 })
  })
})

describe("close()", () => {
  it("ends what is on its way and what waits, leaves no socket, and later use throws", async () => {
    await using server = await serve(() => {})
    const client = new HttpClient({ baseUrl: server.url, connections: 2 })
    await run(async () => {
      const asked = [1, 2, 3].map((id) => client.get(`/${id}`).catch((error: unknown) => error))
      await until(() => server.opened === 2)
      expect(client.statistics()).toEqual({ inFlight: 2, waiting: 1, sockets: 2 })
      await client.close()
      expect(client.statistics()).toEqual({ inFlight: 0, waiting: 0, sockets: 0 })
      for (const error of await Promise.all(asked)) expect(error).toBeInstanceOf(HttpClientClosedError)
    })
    await until(() => server.sockets.size === 0)
    const error = await client.get("/").catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(HttpClientClosedError)
    expect(error).toMatchObject({
      code: "E_HTTP_CLIENT_CLOSED",
      message: "Cannot GET: the client was closed",
    })
    await client.close()
  })

  it("closes idle connections too", async () => {
    await using server = await serve((_, response) => void response.end("a"))
    const client = new HttpClient({ baseUrl: server.url })
    await (await client.get("/")).text()
    expect(client.statistics().sockets).toBe(1)
    expect(String(client)).toBe("<HttpClient inFlight=0 waiting=0 sockets=1>")
    await client[Symbol.asyncDispose]()
    expect(String(client)).toBe("<HttpClient closed inFlight=0 waiting=0 sockets=0>")
    await until(() => server.sockets.size === 0)
  })
})

describe("a client that is never closed", () => {
  const problems: Problem[] = []
  const onProblem = (problem: Problem): void => void problems.push(problem)
  const named = (open: number): object => ({
    message: `An HTTP client was never closed; it holds ${open} open thing${open === 1 ? "" : "s"}`,
    location: expect.stringContaining("http-client.test.ts"),
  })

  it("M66: is named when its run ends, with the line that opened it", async () => {
    await using server = await serve((_, response) => void response.end("a"))
    problems.length = 0
    const client = await run(
      async () => {
        const kept = new HttpClient({ baseUrl: server.url })
        const responses = await Promise.all([kept.get("/"), kept.get("/")])
        for (const response of responses) await response.text()
        return kept
      },
      { onProblem },
    )
    expect(problems).toMatchObject([named(2)])
    await client.close()
  })

  it("M66: is named when it is collected", async () => {
    await using server = await serve((_, response) => void response.end("a"))
    problems.length = 0
    const leave = async (isClosed: boolean): Promise<void> => {
      const client = new HttpClient({ baseUrl: server.url, keepAlive: 60_000 })
      await (await client.get("/")).text()
      if (isClosed) await client.close()
    }
    await run(
      async () => {
        await leave(true)
        await leave(false)
        for (let round = 0; round < 200 && problems.length === 0; round += 1) {
          await sleep(1)
          collectGarbage()
        }
      },
      { onProblem },
    )
    expect(problems).toMatchObject([named(1)])
  })

  it("is nothing to speak of if it has no connection, or was made outside of the run", async () => {
    await using server = await serve((_, response) => void response.end("a"))
    await using outside = new HttpClient({ baseUrl: server.url })
    problems.length = 0
    await run(
      async () => {
        await (await outside.get("/")).text()
        return String(new HttpClient())
      },
      { onProblem },
    )
    expect(problems).toEqual([])
  })
})

describe("the rate limiter of a client", () => {
  it("admits each attempt, and is paused by a 429 that names a time", async () => {
    const times: number[] = []
    await using server = await serve((_, response) => {
      times.push(performance.now())
      if (times.length === 1) response.writeHead(429, { "retry-after-ms": "60" })
      response.end()
    })
    const rateLimiter = new RateLimiter({
      budgets: { requests: { limit: 1_000, per: 1_000 } },
      concurrency: 5,
    })
    await using client = new HttpClient({ baseUrl: server.url, rateLimiter, retries: { delay: 0 } })
    await run(() =>
      taskGroup(async (group) => {
        const first = group.createTask(async () => (await client.get("/")).attempts)
        await until(() => rateLimiter.statistics().pausedUntil !== null)
        const second = group.createTask(async () => (await client.get("/")).attempts)
        expect([await first, await second]).toEqual([2, 1])
      }),
    )
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(55)
    expect(rateLimiter.statistics().running).toBe(0)
  })
})
