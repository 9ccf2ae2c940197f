// What does a request cost beside undici's own?
import { once } from "node:events"
import type { Socket } from "node:net"
import { connect } from "node:net"
import { taskGroup } from "tsyncio"
import { HttpClient } from "tsyncio/http"
import { Agent, request } from "undici"
import type { Preparation, RateQuestion } from "../question.js"
import { expectResult } from "../question.js"
import { body, startServer } from "./server.js"

const connections = 50
const each = 20
const count = connections * each

let url = ""
let client: HttpClient
let agent: Agent
let sockets: Socket[] = []

export const httpGet: RateQuestion = {
  kind: "rate",
  name: "http-get",
  what: "50 tasks make 20 GET requests each over 50 kept connections, status and text of 230 bytes checked; the server is in other processes (bare sockets: the same bytes written and counted, what the server can do)",
  count,
  asyncio: "http_get",
  needsAiohttp: true,
  slices: 5,
  bareName: "undici.request",
  prepare,
  async tsyncio() {
    let received = 0
    await taskGroup((group) => {
      for (let i = 0; i < connections; i += 1) {
        group.createTask(async () => {
          for (let turn = 0; turn < each; turn += 1) {
            const response = await client.get(url)
            expectResult(response.status, 200)
            const text = await response.text()
            received += text.length
          }
        })
      }
    })
    expectResult(received, count * body.length)
  },
  async bare() {
    let received = 0
    const work = async (): Promise<void> => {
      for (let turn = 0; turn < each; turn += 1) {
        const response = await request(url, { dispatcher: agent })
        expectResult(response.statusCode, 200)
        const text = await response.body.text()
        received += text.length
      }
    }
    await Promise.all(Array.from({ length: connections }, work))
    expectResult(received, count * body.length)
  },
}

async function prepare(): Promise<Preparation> {
  const server = await startServer()
  url = `http://127.0.0.1:${server.port}/answer`
  client = new HttpClient({ connections, connectionsPerOrigin: connections, timeout: 60_000 })
  agent = new Agent({ connections })
  sockets = await Promise.all(
    Array.from({ length: connections }, async () => {
      const socket = connect(server.port, "127.0.0.1")
      await once(socket, "connect")
      return socket
    }),
  )
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy()
    await Promise.all([client.close(), agent.close()])
    await server.close()
  }
  const env = { BENCH_URL: url, BENCH_BODY: String(body.length) }
  return { others: { "bare sockets": overBareSockets }, env, close }
}

/** One request at a time on each socket; an answer is known by the length of what has come. */
async function overBareSockets(): Promise<void> {
  const head = "GET /answer HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
  const received = await Promise.all(
    sockets.map(async (socket) => {
      let total = 0
      for (let turn = 0; turn < each; turn += 1) {
        socket.write(head)
        for (let text = ""; !text.endsWith(body);) {
          const [chunk] = (await once(socket, "data")) as [Buffer]
          text += chunk.toString("latin1")
        }
        total += body.length
      }
      return total
    }),
  )
  expectResult(
    received.reduce((sum, bytes) => sum + bytes, 0),
    count * body.length,
  )
}
