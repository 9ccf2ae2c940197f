// Servers that break every promise, and keys that must not be seen in what is said of it.
import type { Socket } from "node:net"
import { inspect } from "node:util"
import { describe, expect, it } from "vitest"
import { isCancelled, run, taskGroup } from "../../src/core/index.ts"
import { HttpClient } from "../../src/http/index.ts"
import type { HttpRequestOptions } from "../../src/http/index.ts"
import { RateLimiter } from "../../src/sync/index.ts"
import { sleep } from "../../src/time/index.ts"
import { serve, serveSockets, until } from "./local-server.ts"

const HEAD = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n"
const nothing = { inFlight: 0, waiting: 0, sockets: 0 }

async function drip(socket: Socket, text: string, every: number): Promise<void> {
  for (const character of text) {
    if (socket.destroyed) return
    socket.write(character)
    await new Promise((resolve) => setTimeout(resolve, every))
  }
}

describe("a server that", () => {
  it.each<[string, (socket: Socket) => unknown, object]>([
    ["resets before its answer", (s) => s.resetAndDestroy(), { code: "E_HTTP_CONNECTION", phase: "headers" }],
    [
      "resets in its headers",
      (s) => s.write("HTTP/1.1 200 OK\r\ncont", () => s.resetAndDestroy()),
      { code: "E_HTTP_CONNECTION", phase: "headers" },
    ],
    [
      "resets in its body",
      (s) => s.write(`${HEAD}content-length: 9\r\n\r\nhalf`, () => setTimeout(() => s.resetAndDestroy(), 20)),
      { code: "E_HTTP_CONNECTION", phase: "body", requestSent: true },
    ],
    [
      "ends in a chunk",
      (s) => s.end(`${HEAD}transfer-encoding: chunked\r\n\r\nff\r\nhalf`),
      { code: "E_HTTP_CONNECTION", phase: "body" },
    ],
    [
      "has two lengths",
      (s) => s.write(`${HEAD}content-length: 4\r\ncontent-length: 5\r\n\r\nhalf`),
      { code: "E_HTTP_CONNECTION", phase: "headers" },
    ],
    [
      "has a length that is none",
      (s) => s.write(`${HEAD}content-length: many\r\n\r\nhalf`),
      { code: "E_HTTP_CONNECTION", phase: "headers" },
    ],
    [
      "has endless headers",
      (s) => s.write(`${HEAD}x-long: ${"x".repeat(200_000)}`),
      { code: "E_HTTP_CONNECTION", phase: "headers" },
    ],
    ["never answers", () => {}, { code: "E_HTTP_TIMEOUT", phase: "total" }],
    [
      "answers headers a byte at a time",
      (s) => drip(s, `${HEAD}x-slow: ${"x".repeat(1_000)}`, 10),
      { code: "E_HTTP_TIMEOUT", phase: "total" },
    ],
    [
      "answers a body a byte at a time",
      (s) => drip(s, `${HEAD}content-length: 1000\r\n\r\n${"x".repeat(1_000)}`, 2),
      { code: "E_HTTP_TIMEOUT", phase: "total" },
    ],
    [
      "only ever says that it goes on",
      (s) => drip(s, "HTTP/1.1 102 Processing\r\n\r\n".repeat(100), 1),
      { code: "E_HTTP_TIMEOUT", phase: "total" },
    ],
  ])("%s", async (_, answer, expected) => {
    await using server = await serveSockets((socket) => void socket.once("data", () => answer(socket)))
    await using client = new HttpClient({
      baseUrl: server.url,
      retries: 0,
      timeout: { body: 150, total: 200 },
    })
    const started = performance.now()
    const asked = client.get("/").then((response) => response.text())
    await expect(asked).rejects.toMatchObject({ ...expected, attempts: 1 })
    expect(performance.now() - started).toBeLessThan(3_000)
    expect(client.statistics()).toEqual(nothing)
    await until(() => server.sockets.size === 0)
  })

  it("sends more than it said spoils nothing: what was said counts, and its connection is not used again", async () => {
    await using server = await serveSockets((socket) => {
      socket.on("data", () => void socket.write(`${HEAD}content-length: 4\r\n\r\nhalf and more`))
    })
    await using client = new HttpClient({ baseUrl: server.url, connections: 1, retries: 0 })
    for (let count = 1; count <= 3; count += 1) {
      expect(await (await client.get("/")).text()).toBe("half")
      await until(() => server.sockets.size === 0)
      expect(server.opened).toBe(count)
    }
  })

  it("closes idle connections at any time costs a repetition at most", async () => {
    let served = 0
    await using server = await serve(
      (request, response) => {
        served += 1
        response.end("ok")
        if (served % 3 === 0) setTimeout(() => request.socket.destroy(), served % 5)
      },
      { keepAliveTimeout: 5 },
    )
    await using client = new HttpClient({ baseUrl: server.url, connections: 4, retries: { delay: 1 } })
    const asked = Array.from({ length: 4 }, async () => {
      for (let index = 0; index < 50; index += 1) {
        expect(await (await client.get("/")).text()).toBe("ok")
        await new Promise((resolve) => setTimeout(resolve, index % 7))
      }
    })
    await Promise.all(asked)
  })
})

describe("a cancel", () => {
  it("while a body is sent closes the socket and the source of the body", async () => {
    let isClosed = false
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) {
          yield Buffer.alloc(64 * 1024)
          await new Promise((resolve) => setImmediate(resolve))
        }
      } finally {
        isClosed = true
      }
    }
    await using server = await serve((request) => void request.pause())
    await using client = new HttpClient({ baseUrl: server.url })
    await run(() =>
      taskGroup(async (group) => {
        const task = group.createTask(() => client.post("/", { body: endless() }))
        await until(() => server.opened === 1)
        await sleep(20)
        task.cancel()
        await expect(task).rejects.toSatisfy(isCancelled)
        expect(client.statistics()).toEqual(nothing)
      }),
    )
    await until(() => isClosed)
  })

  it("while a name is looked up leaves no socket", async () => {
    await using client = new HttpClient()
    await run(() =>
      taskGroup(async (group) => {
        const task = group.createTask(() => client.get("http://no-such-name.invalid/"))
        await until(() => client.statistics().sockets === 1)
        task.cancel()
        await expect(task).rejects.toSatisfy(isCancelled)
        expect(client.statistics()).toEqual(nothing)
      }),
    )
  })

  it("while waiting for a rate takes nothing", async () => {
    await using server = await serve((_, response) => void response.end())
    const rateLimiter = new RateLimiter({
      budgets: { requests: { limit: 1, per: 60_000 } },
      burst: 1,
      concurrency: 5,
    })
    await using client = new HttpClient({ baseUrl: server.url, rateLimiter })
    await run(() =>
      taskGroup(async (group) => {
        await (await client.get("/")).text()
        const task = group.createTask(() => client.get("/"))
        await until(() => rateLimiter.statistics().waiting === 1)
        task.cancel()
        await expect(task).rejects.toSatisfy(isCancelled)
        expect(rateLimiter.statistics()).toMatchObject({ waiting: 0, running: 0 })
      }),
    )
    expect(client.statistics()).toMatchObject({ inFlight: 0, waiting: 0 })
  })
})

describe("no key is seen in an error, its causes and its fields", () => {
  const SECRET = "sk-abcdef-123456"
  const headers = { authorization: `Bearer ${SECRET}`, "x-api-key": SECRET, cookie: `session=${SECRET}` }
  const query = { api_key: SECRET }

  /** Repeats all it was sent, in a way that is wrong. */
  const echoing = (before: string): ((socket: Socket) => void) => {
    return (socket) => void socket.once("data", (data) => socket.end(`${before}${String(data)}`))
  }

  async function fails(url: string, options: HttpRequestOptions = {}): Promise<void> {
    await using client = new HttpClient({ retries: 0, timeout: 200, headers })
    const asked = client.get(url, { query, ...options })
    const error = await asked
      .then((response) => response.orThrow())
      .then((response) => response.json())
      .catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(Error)
    const shown = inspect(error, { depth: 10, showHidden: true }) + JSON.stringify(error) + String(error)
    expect(shown).not.toContain(SECRET)
    expect(shown).not.toContain(encodeURIComponent(SECRET))
  }

  it.each<[string, string]>([
    ["an answer that is no HTTP", ""],
    ["a bad header", "HTTP/1.1 200 OK\r\nbad "],
    [
      "a bad status",
      "HTTP/1.1 500 Oh\r\nlocation: /?token=sk-abcdef-123456\r\nx-echo: sk-abcdef-123456\r\n\r\n",
    ],
    ["a body that is no JSON", "HTTP/1.1 200 OK\r\n\r\n{"],
    ["a bad length", "HTTP/1.1 200 OK\r\ncontent-length: 10000\r\n\r\n"],
    ["a redirect to nowhere", "HTTP/1.1 302 Found\r\nlocation: ftp://me:sk-abcdef-123456@host/\r\n\r\n"],
  ])("%s", async (_, before) => {
    await using server = await serveSockets(echoing(before))
    await fails(server.url.replace("//", `//me:${SECRET}@`))
    await fails(server.url)
  })

  it("a server that is not there, a name that is none, a limit, a closed client", async () => {
    const gone = await serve(() => {})
    await gone[Symbol.asyncDispose]()
    await fails(`http://me:${SECRET}@127.0.0.1:${gone.port}/`)
    await fails(`http://me:${SECRET}@no-such-name.invalid/`)
    await using hung = await serve(() => {})
    await fails(`http://me:${SECRET}@127.0.0.1:${hung.port}/`)
    const client = new HttpClient()
    await client.close()
    const error = await client
      .get(`http://me:${SECRET}@host/`, { headers })
      .catch((thrown: unknown) => thrown)
    expect(inspect(error)).not.toContain(SECRET)
  })

  it.each([
    ["a URL of another kind", `ftp://me:${SECRET}@host/?key=${SECRET}`],
    ["a URL object of another kind", new URL(`ftp://me:${SECRET}@host/?key=${SECRET}`)],
    ["a URL that cannot be read", `http://me:${SECRET}@ho st/`],
    ["a URL without a scheme", `me:${SECRET}@host/?api_key=${SECRET}`],
    ["a half escape in a password", `http://me:${SECRET}%@127.0.0.1:9/`],
  ])("%s", async (_, url) => {
    await fails(String(url), { query: undefined })
    await using client = new HttpClient({ retries: 0 })
    const error = await client.get(url).catch((thrown: unknown) => thrown)
    expect(inspect(error)).not.toContain(SECRET)
  })

  it("a header that cannot be sent", async () => {
    for (const value of [`${SECRET}\r\n`, `${SECRET}\u0100`, `${SECRET}\0`]) {
      await fails("http://127.0.0.1:9/", { headers: { "x-api-key": value } })
    }
    await fails("http://127.0.0.1:9/", { headers: { "x api key": SECRET } })
  })

  it("what shows a client or a response", async () => {
    await using server = await serve((_, response) => void response.end("a"))
    await using client = new HttpClient({ baseUrl: server.url, headers })
    const response = await client.get("/", { query })
    const shown = inspect([client, response, response.headers], { depth: 10, showHidden: true })
    expect(shown + String(client) + JSON.stringify([client, response])).not.toContain(SECRET)
  })
})
