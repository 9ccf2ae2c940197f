// What a signal that lives long is left with: nothing, however many requests it has seen.
import { getEventListeners } from "node:events"
import type { Socket } from "node:net"
import { expect, it } from "vitest"
import { ConnectionLine } from "../../src/http/connection-line.ts"
import type { ConnectionPool } from "../../src/http/connection-pool.ts"
import { HttpClient } from "../../src/http/index.ts"
import { checkPolicy } from "../../src/http/retry-policy.ts"
import { Sender } from "../../src/http/sender.ts"
import { resolveTarget } from "../../src/http/target.ts"
import { checkLimits } from "../../src/http/time-limits.ts"
import { serveSockets, until } from "./local-server.ts"

const ANSWER = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"

/** Counts the listeners that are put on and taken off. */
function counting(signal: AbortSignal): { added: number; removed: number; most: number } {
  const count = { added: 0, removed: 0, most: 0 }
  const { addEventListener, removeEventListener } = signal
  signal.addEventListener = (...given: Parameters<typeof addEventListener>) => {
    count.added += 1
    addEventListener.apply(signal, given)
    count.most = Math.max(count.most, getEventListeners(signal, "abort").length)
  }
  signal.removeEventListener = (...given: Parameters<typeof removeEventListener>) => {
    count.removed += 1
    removeEventListener.apply(signal, given)
  }
  return count
}

/** Answers each request as its number says: most well, some never, some by hanging up, some in halves. */
function answering(socket: Socket): void {
  socket.setNoDelay(true)
  socket.on("data", (data) => {
    const fate = Number(/^GET \/(\d+)/.exec(data.toString("latin1"))?.[1]) % 500
    if (fate === 1) socket.resetAndDestroy()
    else if (fate === 2) socket.write(ANSWER.slice(0, -1))
    else if (fate !== 3) socket.write(ANSWER)
  })
}

it("100,000 requests on one signal: as many listeners are taken off as were put on, one at a time", async () => {
  await using server = await serveSockets(answering)
  const abort = new AbortController()
  const { signal } = abort
  const count = counting(signal)
  await using client = new HttpClient({ baseUrl: server.url, connections: 64, retries: 0, timeout: 5_000 })
  const ended = { well: 0, badly: 0 }
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < 100_000) {
      const number = next++
      const limit = number % 500 === 3 || number % 500 === 2 ? { timeout: 10 } : {}
      try {
        await (await client.get(`/${number}`, { signal, ...limit })).text()
        ended.well += 1
      } catch {
        ended.badly += 1
      }
    }
  }
  await Promise.all(Array.from({ length: 64 }, worker))
  expect(ended).toEqual({ well: 99_400, badly: 600 })
  expect(count.added).toBeGreaterThan(0)
  expect(count.removed).toBe(count.added)
  expect(count.most).toBe(1)
  expect(getEventListeners(signal, "abort")).toHaveLength(0)
  const held = client.get("/3", { signal }).catch((error: unknown) => error)
  await until(() => client.statistics().inFlight === 1)
  abort.abort(new Error("enough"))
  expect(await held).toMatchObject({ message: "enough" })
  expect(client.statistics().inFlight).toBe(0)
}, 120_000)

/** A pool without a network: answers in the next turn of the loop, or breaks off. */
function pretendPool(): ConnectionPool {
  const line = new ConnectionLine(64, 64)
  let sent = 0
  const controller = { aborted: false, paused: false, abort() {}, pause() {}, resume() {} } as never
  const send: ConnectionPool["send"] = (exchange, permit, onDone) => {
    const number = (sent += 1)
    exchange.onDone = () => {
      permit.release()
      onDone()
    }
    void Promise.resolve().then(() => {
      exchange.onRequestStart(controller)
      if (number % 10 === 0) return exchange.onResponseError(controller, new Error("broken"))
      exchange.onResponseStart(controller, number % 7 === 0 ? 503 : 200, {})
      exchange.onResponseEnd()
    })
  }
  return { line, send } as unknown as ConnectionPool
}

it("100,000 calls without a network, with repetitions and waits in line, leave nothing either", async () => {
  const { signal } = new AbortController()
  const count = counting(signal)
  const sender = new Sender(pretendPool(), null)
  const call = {
    method: "GET",
    target: resolveTarget(null, "http://127.0.0.1/", undefined),
    headers: [],
    body: null,
    limits: checkLimits(Infinity),
    deadline: Infinity,
    policy: checkPolicy({ retries: 2, delay: 0 }),
    redirect: "follow" as const,
    signal,
    started: 0,
  }
  let next = 0
  let repeated = 0
  const worker = async (): Promise<void> => {
    while (next++ < 100_000) {
      const response = await sender.send(call).catch(() => null)
      if (response === null || response.attempts > 1) repeated += 1
    }
  }
  await Promise.all(Array.from({ length: 100 }, worker))
  expect(repeated).toBeGreaterThan(10_000)
  expect(count.added).toBeGreaterThan(0)
  expect(count.removed).toBe(count.added)
  expect(count.most).toBe(1)
  expect(getEventListeners(signal, "abort")).toHaveLength(0)
}, 120_000)
