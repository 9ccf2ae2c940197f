import type { IncomingMessage } from "node:http"
import { describe, expect, it } from "vitest"
import { TimeoutError, cancelScope, run, taskGroup } from "../../src/core/index.ts"
import { HttpClient, HttpConnectionError, HttpTimeoutError } from "../../src/http/index.ts"
import { limitAround } from "../../src/http/limit-around.ts"
import { clock } from "../../src/core/lowlevel.ts"
import { RateLimiter } from "../../src/sync/index.ts"
import { runVirtual } from "../../src/testing/index.ts"
import { timeout } from "../../src/time/index.ts"
import { serve, until } from "./local-server.ts"

const drop = (request: IncomingMessage): void => void request.socket.destroy()
const slow = { delay: 20_000, jitter: false }

async function failure(asked: Promise<unknown>): Promise<{ error: Error; took: number }> {
  const started = performance.now()
  const error = await asked.then(
    () => new Error("it succeeded"),
    (thrown: unknown) => thrown as Error,
  )
  return { error, took: performance.now() - started }
}

describe("limitAround()", () => {
  it("names the innermost limit that has run out by then, over tasks and groups", async () => {
    await runVirtual(async () => {
      const at = (ms: number): string | null => limitAround(clock.now() + ms)
      expect(at(1_000)).toBeNull()
      await timeout(100, () =>
        taskGroup(async (group) => {
          await group.createTask(() =>
            timeout(500, async () => {
              expect(at(99)).toBeNull()
              expect(at(100)).toBe("a timeout of 100 ms")
              expect(at(500)).toBe("a timeout of 500 ms")
            }),
          )
        }),
      )
    })
  })

  it("sees no limit above a shield, and one that was moved where it is now", async () => {
    await runVirtual(async () => {
      await timeout(100, async (scope) => {
        await cancelScope(async () => expect(limitAround(1e9)).toBeNull(), { shield: true })
        scope.reschedule(clock.now() + 300)
        expect(limitAround(clock.now() + 299)).toBeNull()
        scope.reschedule(null)
        expect(limitAround(clock.now() + 1_000)).toBeNull()
      })
    })
  })
})

describe("a pause that would pass a limit is not begun", () => {
  it("after an error: it is thrown at once, and says why nothing was sent again", async () => {
    await using server = await serve(drop)
    await using client = new HttpClient({ baseUrl: server.url, retries: slow, timeout: 5_000 })
    const { error, took } = await failure(client.get("/"))
    expect(error).toBeInstanceOf(HttpConnectionError)
    expect(error).toMatchObject({
      attempts: 1,
      phase: "headers",
      requestSent: true,
      cause: { name: "SocketError" },
    })
    expect(error.message).toBe(
      `Cannot GET ${server.url}/: other side closed (not sent again, as a pause of 20000 ms would pass the limit of 5000 ms)`,
    )
    expect(took).toBeLessThan(3_000)
  })

  it("after several attempts, whose number it says as well", async () => {
    await using server = await serve(drop)
    const retries = { retries: 5, delay: 1, factor: 50, maxDelay: 100_000, jitter: false }
    await using client = new HttpClient({ baseUrl: server.url, retries, timeout: 2_000 })
    const { error } = await failure(client.get("/"))
    expect(error.message).toContain("(3 attempts; not sent again, as a pause of 2500 ms would pass the limit")
  })

  it("nor one that would pass a timeout around the call", async () => {
    await using server = await serve(drop)
    await using client = new HttpClient({ baseUrl: server.url, retries: slow, timeout: Infinity })
    const { error, took } = await failure(run(() => timeout(10_000, () => client.get("/"))))
    expect(error).toBeInstanceOf(HttpConnectionError)
    expect(error.message).toContain("would pass a timeout of 10000 ms")
    expect(took).toBeLessThan(5_000)
  })

  it("after a limit of the attempt", async () => {
    await using server = await serve(() => {})
    await using client = new HttpClient({
      baseUrl: server.url,
      retries: slow,
      timeout: { headers: 20, total: 10_000 },
    })
    const { error, took } = await failure(client.get("/"))
    expect(error).toBeInstanceOf(HttpTimeoutError)
    expect(error).toMatchObject({ phase: "headers", limit: 20, attempts: 1 })
    expect(error.message).toContain("took longer than 20 ms (not sent again, as a pause of 20000 ms")
    expect(took).toBeLessThan(5_000)
  })

  it("after an answer: it stands, and orThrow() says why", async () => {
    await using server = await serve((_, response) => {
      response.writeHead(503, { "retry-after": "60" }).end("busy")
    })
    await using client = new HttpClient({ baseUrl: server.url, timeout: 5_000 })
    const response = await client.get("/")
    expect([response.status, response.attempts]).toEqual([503, 1])
    await expect(response.orThrow()).rejects.toThrow(
      "status 503 (not sent again, as a pause of 60000 ms would pass the limit of 5000 ms): busy",
    )
  })
})

describe("one limit for all phases: each gets what is left", () => {
  it("the headers, after a wait in line", async () => {
    await using server = await serve(() => {})
    await using client = new HttpClient({ baseUrl: server.url, connections: 1, retries: 0 })
    const first = failure(client.get("/", { timeout: 300 }))
    const { error, took } = await failure(client.get("/", { timeout: 500 }))
    expect(error).toMatchObject({ phase: "total", limit: 500, requestSent: true, attempts: 1 })
    expect(took).toBeGreaterThan(495)
    expect(took).toBeLessThan(750)
    await first
  })

  it("the body, after the headers and a repetition", async () => {
    let asked = 0
    await using server = await serve((_, response) => {
      asked += 1
      if (asked === 1) setTimeout(() => response.writeHead(503).end(), 40)
      else response.writeHead(200).write("half")
    })
    await using client = new HttpClient({
      baseUrl: server.url,
      timeout: 400,
      retries: { delay: 30, jitter: false },
    })
    const { error, took } = await failure(client.get("/").then((response) => response.text()))
    expect(error).toMatchObject({ phase: "total", limit: 400, attempts: 2 })
    expect(took).toBeGreaterThan(395)
    expect(took).toBeLessThan(3_000)
    expect(client.statistics().sockets).toBe(0)
  })

  it("the wait for a rate", async () => {
    await using server = await serve((_, response) => void response.end("a"))
    const rateLimiter = new RateLimiter({ budgets: { requests: { limit: 1, per: 60_000 } }, burst: 1 })
    await using client = new HttpClient({ baseUrl: server.url, rateLimiter })
    expect(await (await client.get("/")).text()).toBe("a")
    const { error, took } = await failure(client.get("/", { timeout: 50 }))
    expect(error).toMatchObject({ phase: "total", attempts: 0, requestSent: false })
    expect(took).toBeLessThan(3_000)
    expect(client.statistics()).toMatchObject({ inFlight: 0, waiting: 0 })
  })

  it("a timeout around several calls ends the one it meets, whatever its phase", async () => {
    await using server = await serve((request, response) => {
      if (request.url === "/last") response.writeHead(200).write("half")
      else setTimeout(() => response.end("a"), 20)
    })
    await using client = new HttpClient({ baseUrl: server.url })
    const { error, took } = await failure(
      run(() =>
        timeout(500, async () => {
          for (const path of ["/1", "/2", "/last"]) await (await client.get(path)).text()
        }),
      ),
    )
    expect(error).toBeInstanceOf(TimeoutError)
    expect(took).toBeLessThan(3_000)
    expect(client.statistics()).toEqual({ inFlight: 0, waiting: 0, sockets: client.statistics().sockets })
    await until(() => client.statistics().sockets <= 2)
  })
})
