import { AsyncLocalStorage } from "node:async_hooks"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { describe, expect, it } from "vitest"
import { run, taskGroup } from "../../src/core/index.ts"
import { HttpClient } from "../../src/http/index.ts"
import { sleep } from "../../src/time/index.ts"
import { serve, until } from "./local-server.ts"

setFlagsFromString("--expose-gc")
const collectGarbage = runInNewContext("gc") as () => void

describe("the connections of a client", () => {
  it("are never more than the cap, and served in order of arrival", async () => {
    let active = 0
    let most = 0
    const order: string[] = []
    await using server = await serve((request, response) => {
      active += 1
      most = Math.max(most, active)
      order.push(request.url ?? "")
      setTimeout(() => {
        active -= 1
        response.end()
      }, 2)
    })
    await using client = new HttpClient({ baseUrl: server.url, connections: 4 })
    const paths = Array.from({ length: 40 }, (_, index) => `/${index}`)
    await run(() =>
      taskGroup(async (group) => {
        for (const path of paths) void group.createTask(async () => (await client.get(path)).text())
      }),
    )
    expect(most).toBe(4)
    expect(server.peak).toBeLessThanOrEqual(4)
    expect(order).toHaveLength(40)
    for (const [index, path] of order.entries()) {
      expect(Math.abs(index - Number(path.slice(1)))).toBeLessThan(4)
    }
  })

  it("are used again, and closed when they are idle for the time given", async () => {
    await using server = await serve((_, response) => void response.end("a"))
    await using client = new HttpClient({ baseUrl: server.url, connections: 1, keepAlive: 50 })
    for (let index = 0; index < 20; index += 1) await (await client.get("/")).text()
    expect(server.opened).toBe(1)
    await until(() => server.sockets.size === 0)
    expect(client.statistics().sockets).toBe(0)
    expect(await (await client.get("/")).text()).toBe("a")
    expect(server.opened).toBe(2)
  })

  it("go to several hosts under one cap", async () => {
    let active = 0
    let most = 0
    const handler = (_: unknown, response: { end(): void }): void => {
      active += 1
      most = Math.max(most, active)
      setTimeout(() => {
        active -= 1
        response.end()
      }, 2)
    }
    await using one = await serve(handler)
    await using two = await serve(handler)
    await using client = new HttpClient({ connections: 3 })
    const urls = Array.from({ length: 30 }, (_, index) => (index % 2 === 0 ? one.url : two.url))
    await Promise.all(urls.map(async (url) => (await client.get(url)).text()))
    expect(most).toBe(3)
  })

  it("are found again after a server that was gone has come back", async () => {
    const first = await serve((_, response) => void response.end("a"))
    await using client = new HttpClient({ baseUrl: first.url, retries: 0 })
    expect(await (await client.get("/")).text()).toBe("a")
    await first[Symbol.asyncDispose]()
    await until(() => client.statistics().sockets === 0)
    await expect(client.get("/")).rejects.toMatchObject({ phase: "connect" })
    await expect(client.get("/")).rejects.toMatchObject({ phase: "connect" })
    expect(client.statistics()).toEqual({ inFlight: 0, waiting: 0, sockets: 0 })
  })

  it("belong to no task: a socket that lives on keeps no context alive", async () => {
    await using server = await serve((_, response) => void response.end("a"))
    await using client = new HttpClient({ baseUrl: server.url })
    const storage = new AsyncLocalStorage<object>()
    const ask = async (): Promise<WeakRef<object>> => {
      const store = { of: "the task" }
      await run(() => storage.run(store, async () => (await client.get("/")).text()))
      return new WeakRef(store)
    }
    const store = await ask()
    // What ran last may still be held by the platform; let something else be that.
    await run(() => sleep(1))
    for (let round = 0; round < 10 && store.deref() !== undefined; round += 1) {
      await new Promise((resolve) => setImmediate(resolve))
      collectGarbage()
    }
    expect(client.statistics().sockets).toBe(1)
    expect(store.deref()).toBeUndefined()
  })

  it("hundreds of cancelled and failed requests leave nothing behind", async () => {
    let turn = 0
    await using server = await serve((request, response) => {
      turn += 1
      if (turn % 3 === 0) request.socket.destroy()
      else if (turn % 3 === 1) response.end("a")
    })
    await using client = new HttpClient({
      baseUrl: server.url,
      connections: 20,
      retries: 0,
      timeout: { headers: 100 },
    })
    const outcomes = new Map<string, number>()
    await run(() =>
      taskGroup(async (group) => {
        for (let index = 0; index < 300; index += 1) {
          const task = group.createTask(async () => {
            try {
              await (await client.get("/")).text()
              return "answered"
            } catch (error) {
              return (error as { code: string }).code
            }
          })
          task.addDoneCallback((done) => {
            const outcome = done.cancelled() ? "cancelled" : done.result()
            outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
          })
          if (index % 10 === 0) setTimeout(() => task.cancel(), index % 30)
        }
      }),
    )
    expect([...outcomes.values()].reduce((sum, count) => sum + count, 0)).toBe(300)
    expect(outcomes.get("answered")).toBeGreaterThan(0)
    expect(outcomes.get("E_HTTP_TIMEOUT")).toBeGreaterThan(0)
    expect(outcomes.get("E_HTTP_CONNECTION")).toBeGreaterThan(0)
    expect(client.statistics()).toMatchObject({ inFlight: 0, waiting: 0 })
    expect(client.statistics().sockets).toBeLessThanOrEqual(20)
  })
})
