import { getEventListeners } from "node:events"
import type { Socket } from "node:net"
import { describe, expect, it } from "vitest"
import { TimeoutError, isCancelled, run, taskGroup } from "../../src/core/index.ts"
import type { Task } from "../../src/core/index.ts"
import { Wait, addInstrument } from "../../src/core/lowlevel.ts"
import { HttpClient, HttpTimeoutError } from "../../src/http/index.ts"
import type { HttpPhase, HttpTimeoutPhase, TimeLimits } from "../../src/http/index.ts"
import { sleep, timeout } from "../../src/time/index.ts"
import { serve, serveSockets, until } from "./local-server.ts"

const HEAD = "HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n"

/** A client that asks `url` and reads, and the point it is stuck at. */
async function askAndRead(client: HttpClient, url: string): Promise<string> {
  const response = await client.get(url)
  return response.text()
}

describe("cancel closes the socket before the await returns", () => {
  it.each<[HttpPhase, (socket: Socket) => void]>([
    ["headers", () => {}],
    ["body", (socket) => void socket.write(`${HEAD}half`)],
  ])("while waiting for the %s", async (_, handler) => {
    let closed = 0
    await using server = await serveSockets((socket) => {
      socket.once("data", () => handler(socket))
      socket.once("close", () => (closed += 1))
    })
    await using client = new HttpClient({ baseUrl: server.url, retries: 5 })
    const order: string[] = []
    await run(async () => {
      await taskGroup(async (group) => {
        const task = group.createTask(async () => {
          try {
            await askAndRead(client, "/")
          } catch (error) {
            order.push(
              isCancelled(error) ? "cancelled" : String(error),
              `sockets ${client.statistics().sockets}`,
            )
            throw error
          }
        })
        await until(() => server.opened === 1 && client.statistics().inFlight === 1)
        await sleep(20)
        task.cancel("enough")
        await expect(task).rejects.toMatchObject({ name: "CancelledError", reason: "enough" })
      })
    })
    expect(order).toEqual(["cancelled", "sockets 0"])
    expect(client.statistics()).toEqual({ inFlight: 0, waiting: 0, sockets: 0 })
    await until(() => closed === 1)
    expect(server.opened).toBe(1)
  })

  it("while connecting", async () => {
    await using server = await serveSockets(() => {})
    await using client = new HttpClient()
    await run(() =>
      taskGroup(async (group) => {
        // A server that never shakes hands.
        const task = group.createTask(() => client.get(`https://127.0.0.1:${server.port}/`))
        await until(() => server.opened === 1)
        task.cancel()
        await expect(task).rejects.toSatisfy(isCancelled)
        expect(client.statistics()).toEqual({ inFlight: 0, waiting: 0, sockets: 0 })
      }),
    )
    await until(() => server.sockets.size === 0)
    expect(server.opened).toBe(1)
  })

  it("while waiting in line, where nothing is closed", async () => {
    await using server = await serve(() => {})
    await using client = new HttpClient({ baseUrl: server.url, connections: 1 })
    await run(() =>
      taskGroup(async (group) => {
        const first = group.createTask(() => client.get("/"))
        await until(() => server.opened === 1)
        const second = group.createTask(() => client.get("/"))
        await until(() => client.statistics().waiting === 1)
        second.cancel()
        await expect(second).rejects.toSatisfy(isCancelled)
        expect(client.statistics()).toEqual({ inFlight: 1, waiting: 0, sockets: 1 })
        first.cancel()
      }),
    )
    expect(client.statistics().sockets).toBe(0)
  })

  it("in the turn in which the headers came: nobody gets the response, and the connection is closed", async () => {
    await using server = await serve((_, response) => void response.writeHead(200).write("a"))
    await using client = new HttpClient({ baseUrl: server.url })
    await run(() =>
      taskGroup(async (group) => {
        const task = group.createTask(() => client.get("/"), { name: "asking" })
        // Cancelled between the wake-up and the turn of the task: the wait was served by then.
        const stop = addInstrument({
          waitParked: (wait) => {
            if (!(wait instanceof Wait) || wait.kind !== "http headers") return
            const wake = wait.wake.bind(wait)
            wait.wake = (value) => {
              wake(value)
              task.cancel()
            }
          },
        })
        await expect(task).rejects.toSatisfy(isCancelled)
        stop()
      }),
    )
    expect(client.statistics()).toEqual({ inFlight: 0, waiting: 0, sockets: 0 })
    await until(() => server.sockets.size === 0)
  })

  it("a timeout around a request does the same", async () => {
    await using server = await serve(() => {})
    await using client = new HttpClient({ baseUrl: server.url })
    await expect(timeout(20, () => client.get("/"))).rejects.toBeInstanceOf(TimeoutError)
    expect(client.statistics().sockets).toBe(0)
    await until(() => server.sockets.size === 0)
  })
})

describe("a signal", () => {
  it("that has aborted already sends nothing", async () => {
    await using server = await serve((_, response) => void response.end())
    await using client = new HttpClient({ baseUrl: server.url })
    const reason = new Error("mine")
    await expect(client.get("/", { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(server.opened).toBe(0)
  })

  it.each(["headers", "body"])("ends a call that waits for its %s with its own reason", async (phase) => {
    await using server = await serve((_, response) => {
      if (phase === "body") response.writeHead(200).write("a")
    })
    await using client = new HttpClient({ baseUrl: server.url, retries: 5 })
    const abort = new AbortController()
    const reason = new Error("mine")
    const asked = client.get("/", { signal: abort.signal }).then((response) => response.text())
    const refused = expect(asked).rejects.toBe(reason)
    await until(() => server.opened === 1)
    await sleep(20)
    expect(getEventListeners(abort.signal, "abort")).toHaveLength(1)
    abort.abort(reason)
    await refused
    expect(client.statistics().sockets).toBe(0)
    expect(getEventListeners(abort.signal, "abort")).toHaveLength(0)
  })

  it("that is shared by many calls has one listener, and none afterwards", async () => {
    let most = 0
    const abort = new AbortController()
    await using server = await serve((_, response) => {
      most = Math.max(most, getEventListeners(abort.signal, "abort").length)
      response.end("a")
    })
    await using client = new HttpClient({ baseUrl: server.url, connections: 20 })
    const { signal } = abort
    await Promise.all(Array.from({ length: 100 }, async () => (await client.get("/", { signal })).text()))
    expect(most).toBe(1)
    expect(getEventListeners(signal, "abort")).toHaveLength(0)
  })
})

describe("time limits", () => {
  it.each<[HttpTimeoutPhase, TimeLimits, (socket: Socket) => void]>([
    ["headers", { headers: 40 }, () => {}],
    ["attempt", { attempt: 40 }, () => {}],
    ["total", { total: 40 }, () => {}],
    ["body", { body: 40, headers: 1_000 }, (socket) => void socket.write(`${HEAD}half`)],
    ["attempt", { attempt: 40, headers: 1_000 }, (socket) => void socket.write(`${HEAD}half`)],
    ["total", { total: 40, body: 1_000 }, (socket) => void socket.write(`${HEAD}half`)],
  ])("%s: %j", async (phase, limits, handler) => {
    await using server = await serveSockets((socket) => void socket.once("data", () => handler(socket)))
    await using client = new HttpClient({ baseUrl: server.url, retries: 0, timeout: limits })
    const started = performance.now()
    const error = await askAndRead(client, "/?key=secret1").catch((thrown: unknown) => thrown)
    const took = performance.now() - started
    expect(error).toBeInstanceOf(HttpTimeoutError)
    expect(error).toBeInstanceOf(TimeoutError)
    expect(error).toMatchObject({
      name: "HttpTimeoutError",
      code: "E_HTTP_TIMEOUT",
      phase,
      limit: 40,
      requestSent: true,
      attempts: 1,
      url: `${server.url}/?key=***`,
    })
    expect(took).toBeGreaterThan(38)
    expect(took).toBeLessThan(400)
    expect(client.statistics().sockets).toBe(0)
    await until(() => server.sockets.size === 0)
  })

  it("connect: a server that does not shake hands", async () => {
    await using server = await serveSockets(() => {})
    await using client = new HttpClient({ retries: 0, timeout: { connect: 40 } })
    const started = performance.now()
    const error = await client.get(`https://127.0.0.1:${server.port}/`).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: "E_HTTP_TIMEOUT", phase: "connect", limit: 40, requestSent: false })
    expect(performance.now() - started).toBeLessThan(400)
    expect(client.statistics().sockets).toBe(0)
    await until(() => server.sockets.size === 0)
  })

  it("total: counts waiting in line as well", async () => {
    await using server = await serve(() => {})
    await using client = new HttpClient({ baseUrl: server.url, connections: 1, retries: 0 })
    const first = client.get("/", { timeout: 200 }).catch((error: unknown) => error)
    await until(() => server.opened === 1)
    const error = await client.get("/", { timeout: 40 }).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ phase: "total", requestSent: false, attempts: 0 })
    expect(await first).toMatchObject({ phase: "total", requestSent: true, attempts: 1 })
  })

  it("body: is a limit on silence, not on the whole body", async () => {
    await using server = await serve(async (_, response) => {
      for (let index = 0; index < 8; index += 1) {
        response.write("a")
        await new Promise((resolve) => setTimeout(resolve, 15))
      }
      response.end()
    })
    await using client = new HttpClient({ baseUrl: server.url, timeout: { body: 80 } })
    expect(await askAndRead(client, "/")).toBe("aaaaaaaa")
  })

  it("body: a reader who is slow is not a server that is silent", async () => {
    await using server = await serve((_, response) => void response.end(Buffer.alloc(1_000_000)))
    await using client = new HttpClient({ baseUrl: server.url, timeout: { body: 40 } })
    let length = 0
    for await (const piece of (await client.get("/")).body) {
      if (length === 0) await sleep(100)
      length += piece.length
    }
    expect(length).toBe(1_000_000)
  })

  it("Infinity takes a limit off", async () => {
    await using server = await serve((_, response) => void response.end("a"))
    await using client = new HttpClient({
      baseUrl: server.url,
      timeout: { total: Infinity, connect: Infinity },
    })
    expect(await askAndRead(client, "/")).toBe("a")
  })
})

describe("a body that is not read", () => {
  const large = Buffer.alloc(4_000_000)

  it("stops coming, and is closed with the task that asked for it", async () => {
    await using server = await serve((_, response) => void response.end(large))
    await using client = new HttpClient({ baseUrl: server.url, connections: 1 })
    await run(async () => {
      let kept: Awaited<ReturnType<HttpClient["get"]>> | null = null
      await taskGroup(async (group) => {
        const task: Task<void> = group.createTask(async () => {
          kept = await client.get("/")
          await sleep(20)
          expect(client.statistics().inFlight).toBe(1)
        })
        await task
      })
      expect(client.statistics().inFlight).toBe(0)
      await expect((kept as unknown as { text(): Promise<string> }).text()).rejects.toThrow("its task ended")
      expect((await client.get("/", { timeout: 1_000 })).status).toBe(200)
    })
    expect(client.statistics().inFlight).toBe(0)
  })

  it("is closed by close(), by `await using`, and by leaving the loop", async () => {
    await using server = await serve((_, response) => void response.end(large))
    await using client = new HttpClient({ baseUrl: server.url, connections: 1 })
    const response = await client.get("/")
    response.close()
    await expect(response.bytes()).rejects.toThrow("the response was closed")
    {
      await using held = await client.get("/")
      expect(held.ok).toBe(true)
    }
    expect(client.statistics()).toMatchObject({ inFlight: 0, sockets: 0 })
    for await (const piece of (await client.get("/")).body) {
      expect(piece.length).toBeGreaterThan(0)
      break
    }
    expect(client.statistics()).toMatchObject({ inFlight: 0, sockets: 0 })
  })

  it("that is small has come whole, and frees its connection", async () => {
    await using server = await serve((_, response) => void response.end("small"))
    await using client = new HttpClient({ baseUrl: server.url, connections: 1 })
    const first = await client.get("/")
    const second = await client.get("/")
    expect([await first.text(), await second.text()]).toEqual(["small", "small"])
    await expect(first.text()).rejects.toThrow("it was read already")
  })
})

it("keeps no more of a body than it must while nobody reads", async () => {
  let sent = 0
  await using server = await serve((_, response) => {
    const piece = Buffer.alloc(64 * 1024)
    const more = (): void => {
      while (sent < 50_000_000 && response.write(piece)) sent += piece.length
      response.once("drain", more)
    }
    more()
  })
  await using client = new HttpClient({ baseUrl: server.url })
  await using response = await client.get("/")
  await sleep(100)
  expect(response.status).toBe(200)
  expect(sent).toBeLessThan(20_000_000)
})
