import type { IncomingMessage, ServerResponse } from "node:http"
import { describe, expect, it } from "vitest"
import { isCancelled, run, taskGroup } from "../../src/core/index.ts"
import { clock } from "../../src/core/lowlevel.ts"
import { HttpClient, HttpConnectionError } from "../../src/http/index.ts"
import type { HttpRetryPolicy } from "../../src/http/index.ts"
import { serve, serveSockets, until } from "./local-server.ts"

const quick: HttpRetryPolicy = { delay: 1, maxDelay: 1 }
const slow: HttpRetryPolicy = { delay: 100_000, jitter: false }

/** A server whose answers are given one after the other, the last one for ever. */
function inTurn(
  ...answers: ((request: IncomingMessage, response: ServerResponse) => void)[]
): (request: IncomingMessage, response: ServerResponse) => void {
  let turn = 0
  return (request, response) => {
    const answer = answers[Math.min(turn, answers.length - 1)]
    turn += 1
    answer?.(request, response)
  }
}

const status =
  (code: number, headers: Record<string, string> = {}) =>
  (_: IncomingMessage, response: ServerResponse): void =>
    void response.writeHead(code, headers).end(String(code))
const drop = (request: IncomingMessage): void => void request.socket.destroy()

describe("what is sent again", () => {
  it.each([408, 409, 425, 429, 500, 502, 503, 504, 520, 524, 529])(
    "any method after status %i",
    async (code) => {
      await using server = await serve(inTurn(status(code), status(code), status(200)))
      await using client = new HttpClient({ baseUrl: server.url, retries: quick })
      const response = await client.post("/", { json: 1 })
      expect([response.status, response.attempts, await response.text()]).toEqual([200, 3, "200"])
    },
  )

  it.each([400, 401, 403, 404, 405, 413, 422, 501, 505])("nothing after status %i", async (code) => {
    await using server = await serve(status(code))
    await using client = new HttpClient({ baseUrl: server.url, retries: quick })
    const response = await client.get("/")
    expect([response.status, response.attempts]).toEqual([code, 1])
  })

  it("the last answer stands when the repetitions are used up", async () => {
    await using server = await serve(status(503))
    await using client = new HttpClient({ baseUrl: server.url, retries: quick })
    const response = await client.get("/")
    expect([response.status, response.attempts, await response.text()]).toEqual([503, 3, "503"])
  })

  it("an idempotent request after its connection broke; the last error says how many attempts", async () => {
    let asked = 0
    await using server = await serve((request) => {
      asked += 1
      drop(request)
    })
    await using client = new HttpClient({ baseUrl: server.url, retries: quick })
    const error = await client.put("/", { json: 1 }).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(HttpConnectionError)
    expect(error).toMatchObject({ attempts: 3, requestSent: true })
    expect(String(error)).toContain("(3 attempts)")
    expect(asked).toBe(3)
  })

  it("a POST not after its connection broke, since the server can have acted", async () => {
    let asked = 0
    await using server = await serve((request) => {
      asked += 1
      drop(request)
    })
    await using client = new HttpClient({ baseUrl: server.url, retries: quick })
    await expect(client.post("/", { json: 1 })).rejects.toMatchObject({ attempts: 1, requestSent: true })
    expect(asked).toBe(1)
  })

  it("a POST after a connection that was never made", async () => {
    const server = await serve(() => {})
    const { url } = server
    await server[Symbol.asyncDispose]()
    await using client = new HttpClient({ retries: quick })
    await expect(client.post(url, { json: 1 })).rejects.toMatchObject({ attempts: 3, requestSent: false })
  })

  it("a limit of an attempt, for an idempotent request; the total ends the call", async () => {
    await using server = await serve(inTurn(() => {}, status(200)))
    await using client = new HttpClient({ baseUrl: server.url, retries: quick, timeout: { headers: 30 } })
    expect((await client.get("/")).attempts).toBe(2)
    await using other = await serve(() => {})
    await expect(client.get(other.url, { timeout: { total: 30, headers: Infinity } })).rejects.toMatchObject({
      phase: "total",
      attempts: 1,
    })
  })

  it("not a body that was streamed", async () => {
    await using server = await serve(status(503))
    await using client = new HttpClient({ baseUrl: server.url, retries: quick })
    const response = await client.put("/", {
      body: (async function* () {
        yield "a"
      })(),
    })
    expect([response.status, response.attempts]).toEqual([503, 1])
  })

  it("x-should-retry overrides the status, both ways", async () => {
    await using server = await serve(
      inTurn(status(400, { "x-should-retry": "true" }), status(503, { "x-should-retry": "false" })),
    )
    await using client = new HttpClient({ baseUrl: server.url, retries: quick })
    const response = await client.get("/")
    expect([response.status, response.attempts]).toEqual([503, 2])
  })

  it("retries: 0 repeats nothing, for a client or a call", async () => {
    await using server = await serve(status(503))
    await using client = new HttpClient({ baseUrl: server.url, retries: 0 })
    expect((await client.get("/")).attempts).toBe(1)
    await using other = new HttpClient({ baseUrl: server.url, retries: quick })
    expect((await other.get("/", { retries: 0 })).attempts).toBe(1)
    expect((await other.get("/", { retries: { statuses: [404] } })).attempts).toBe(1)
  })
})

describe("a policy that looks at the answer", () => {
  it("is shown status and beginning of the body, and what it does not want repeated stands, whole", async () => {
    const long = `quota ${"x".repeat(10_000)}`
    await using server = await serve((_, response) => void response.writeHead(429).end(long))
    const shown: unknown[] = []
    const when: HttpRetryPolicy["when"] = (answer) => {
      shown.push({ ...answer, body: answer.body.length })
      return !answer.body.startsWith("quota")
    }
    await using client = new HttpClient({ baseUrl: server.url, retries: { ...quick, when } })
    const response = await client.post("/", { json: 1 })
    expect([response.attempts, await response.text()]).toEqual([1, long])
    expect(shown).toEqual([{ status: 429, body: 4_096 }])
  })

  it("decides by the status alone where the body breaks off, and is not asked about other answers", async () => {
    const broken = (_: IncomingMessage, response: ServerResponse): void => {
      response.writeHead(500, { "content-length": "100" }).write("ab")
      setImmediate(() => response.destroy())
    }
    const bodies: string[] = []
    const when: HttpRetryPolicy["when"] = ({ body }) => bodies.push(body) > 0
    await using server = await serve(inTurn(broken, status(404)))
    await using client = new HttpClient({ baseUrl: server.url, retries: { ...quick, when } })
    expect((await client.post("/", { json: 1 })).status).toBe(404)
    expect(bodies).toEqual([""])
  })

  it("leaves no connection behind when it throws", async () => {
    await using server = await serve((_, response) => void response.writeHead(429).write("x"))
    const when = (): boolean => {
      throw new RangeError("mine")
    }
    await using client = new HttpClient({
      baseUrl: server.url,
      retries: { ...quick, when },
      timeout: { attempt: 50 },
    })
    await expect(client.get("/")).rejects.toThrow("mine")
    expect(client.statistics()).toMatchObject({ inFlight: 0, sockets: 0 })
    expect(() => new HttpClient({ retries: { when: 1 as never } })).toThrow(/`retries.when` to be a function/)
  })
})

describe("when it is sent again", () => {
  it("tells when the attempt that was answered was sent", async () => {
    await using server = await serve(inTurn(status(503, { "retry-after": "0.08" }), status(200)))
    await using client = new HttpClient({ baseUrl: server.url, retries: quick })
    const called = clock.now()
    const { sentAt } = await client.get("/")
    expect(sentAt - called).toBeGreaterThanOrEqual(79)
    expect(sentAt).toBeLessThanOrEqual(clock.now())
  })

  it("not before the server asked for it", async () => {
    await using server = await serve(inTurn(status(429, { "retry-after": "0.08" }), status(200)))
    await using client = new HttpClient({ baseUrl: server.url, retries: quick })
    const response = await client.get("/")
    expect(response.attempts).toBe(2)
    expect(response.elapsed).toBeGreaterThanOrEqual(79)
  })

  it("not at all when the server asks for more than the policy allows, or the call has time for", async () => {
    await using server = await serve(status(429, { "retry-after": "60" }))
    await using client = new HttpClient({ baseUrl: server.url, retries: { maxRetryAfter: 5_000 } })
    const response = await client.get("/")
    expect([response.status, response.attempts]).toEqual([429, 1])
    await using patient = new HttpClient({ baseUrl: server.url })
    const late = await patient.get("/")
    expect([late.status, late.attempts]).toEqual([429, 1])
    expect(late.elapsed).toBeLessThan(5_000)
  })

  it("an error stands at once when the pause would be longer than the call may last", async () => {
    await using server = await serve((request) => drop(request))
    await using client = new HttpClient({ baseUrl: server.url, retries: slow, timeout: 1_000 })
    await expect(client.get("/")).rejects.toMatchObject({ code: "E_HTTP_CONNECTION", attempts: 1 })
  })

  it("a cancel ends the pause, and the answer that did not stand is closed", async () => {
    await using server = await serve((_, response) => void response.writeHead(503).write("never ends"))
    await using client = new HttpClient({ baseUrl: server.url, retries: slow, timeout: Infinity })
    await run(() =>
      taskGroup(async (group) => {
        const task = group.createTask(() => client.get("/"))
        await until(() => server.opened === 1)
        while (!task.done()) {
          await new Promise((resolve) => setTimeout(resolve, 20))
          task.cancel()
        }
        await expect(task).rejects.toSatisfy(isCancelled)
      }),
    )
    expect(client.statistics()).toEqual({ inFlight: 0, waiting: 0, sockets: 0 })
  })

  it("a signal ends the pause with its own reason", async () => {
    await using server = await serve(status(503))
    await using client = new HttpClient({ baseUrl: server.url, retries: slow, timeout: Infinity })
    const abort = new AbortController()
    const reason = new Error("mine")
    const refused = expect(client.get("/", { signal: abort.signal })).rejects.toBe(reason)
    await until(() => server.opened === 1 && client.statistics().inFlight === 0)
    abort.abort(reason)
    await refused
  })
})

describe("connections under repetition", () => {
  it("an answer that did not stand is read away, so that its connection is used again", async () => {
    const refuse = (_: IncomingMessage, response: ServerResponse): void =>
      void response.writeHead(503).end(Buffer.alloc(100_000))
    await using server = await serve(inTurn(refuse, refuse, status(200)))
    await using client = new HttpClient({
      baseUrl: server.url,
      connections: 1,
      retries: { delay: 30, jitter: false },
    })
    expect((await client.get("/")).attempts).toBe(3)
    expect(server.opened).toBe(1)
  })

  it("an answer that is too long to read away is closed", async () => {
    const refuse = (_: IncomingMessage, response: ServerResponse): void =>
      void response.writeHead(503).end(Buffer.alloc(10_000_000))
    await using server = await serve(inTurn(refuse, status(200)))
    await using client = new HttpClient({
      baseUrl: server.url,
      connections: 1,
      retries: { delay: 30, jitter: false },
    })
    expect((await client.get("/")).attempts).toBe(2)
    expect(server.opened).toBe(2)
  })

  it("a keep-alive race is repeated once, at once, also for a POST", async () => {
    const seen: string[] = []
    await using server = await serveSockets((socket) => {
      let count = 0
      socket.on("data", (data) => {
        count += 1
        seen.push(`${data.toString().split(" ")[0]} ${count}`)
        if (count === 1) socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
        else socket.resetAndDestroy()
      })
    })
    await using client = new HttpClient({ baseUrl: server.url, connections: 1, retries: slow })
    expect(await (await client.get("/")).text()).toBe("ok")
    await new Promise((resolve) => setTimeout(resolve, 10))
    const response = await client.post("/", { json: 1 })
    expect([response.status, response.attempts]).toEqual([200, 2])
    expect(seen).toEqual(["GET 1", "POST 2", "POST 1"])
  })

  it("and not by a client that was told to repeat nothing", async () => {
    await using server = await serveSockets((socket) => {
      let count = 0
      socket.on("data", () => {
        count += 1
        if (count === 1) socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
        else socket.resetAndDestroy()
      })
    })
    await using client = new HttpClient({ baseUrl: server.url, connections: 1, retries: 0 })
    expect(await (await client.get("/")).text()).toBe("ok")
    await new Promise((resolve) => setTimeout(resolve, 10))
    await expect(client.post("/", { json: 1 })).rejects.toMatchObject({
      phase: "headers",
      requestSent: true,
      reusedSocket: true,
      attempts: 1,
    })
  })
})
