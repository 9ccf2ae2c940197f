// WebSockets, both sides: messages, back-pressure, pings, closing in order and not, and many at once.
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { spawnSync } from "node:child_process"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { createServer as createTcpServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { beforeEach, describe, expect, it } from "vitest"
import {
  CancelledError,
  Event,
  TimeoutError,
  createTask,
  currentTask,
  getRunningLoop,
  run,
  sleep,
  taskGroup,
} from "../../src/index.ts"
import {
  WebSocketClosedError,
  WebSocketHandshakeError,
  connectWebSocket,
  startWebSocketServer,
} from "../../src/net/index.ts"
import type {
  Server,
  StartWebSocketServerOptions,
  WebSocketConnection,
  WebSocketHandler,
} from "../../src/net/index.ts"
import { repository } from "../house/source-tree.ts"
import { cert, key } from "./certificate.ts"
import { bytes, expectNoSockets, standstill, until } from "./local-ends.ts"

beforeEach(expectNoSockets)

const host = "127.0.0.1"
const echo: WebSocketHandler = async (socket) => {
  for await (const message of socket) await socket.send(message)
}
const start = (handler: WebSocketHandler, options: StartWebSocketServerOptions = {}): Promise<Server> =>
  startWebSocketServer(handler, { host, ...options })
const url = (server: Server, path = "/"): string => `ws://${host}:${server.port}${path}`

/** What a promise was rejected with. */
const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => null,
    (error: unknown) => error,
  )

describe("messages", () => {
  it("come as they were sent: text as text, bytes as bytes, in order, large ones whole", () =>
    run(async () => {
      await using server = await start(echo)
      await using socket = await connectWebSocket(url(server))
      const large = new Uint8Array(3_000_000).fill(7)
      const sent = ["hello", "", bytes("bytes"), "äöü".repeat(10_000), large, new Uint8Array(0)]
      const sending = createTask(async () => {
        for (const message of sent) await socket.send(message)
      })
      for (const message of sent) {
        const got = await socket.receive()
        expect(got.constructor).toBe(message.constructor)
        expect(got.length).toBe(message.length)
        expect(Buffer.from(got as string).equals(Buffer.from(message as string))).toBe(true)
      }
      await sending
    }))

  it("end with the loop when the other side closes in order, and with an error when it does not", () =>
    run(async () => {
      await using server = await start(async (socket, request) => {
        await socket.send("one")
        await socket.send("two")
        if (request.url === "/breaks") socket.terminate()
        else if (request.url === "/own") await socket.close(4_001, "my reasons")
      })
      const heard: unknown[] = []
      await using good = await connectWebSocket(url(server))
      for await (const message of good) heard.push(message)
      expect([heard, good.closeCode, good.closeReason]).toEqual([["one", "two"], 1000, ""])
      expect(await failure(good.receive())).toBeInstanceOf(WebSocketClosedError)

      await using own = await connectWebSocket(url(server, "/own"))
      const collect = async (socket: WebSocketConnection): Promise<void> => {
        for await (const _ of socket);
      }
      const odd = await failure(collect(own))
      expect(odd).toBeInstanceOf(WebSocketClosedError)
      expect(odd).toMatchObject({
        closeCode: 4_001,
        reason: "my reasons",
        message: "Cannot receive: the WebSocket was closed with code 4001 (my reasons)",
      })
      await using broken = await connectWebSocket(url(server, "/breaks"))
      expect(await failure(collect(broken))).toMatchObject({ closeCode: 1006 })
      expect(await failure(broken.send("late"))).toBeInstanceOf(WebSocketClosedError)
    }))

  it("a cancelled receive takes none, also in the turn in which one came", () =>
    run(async () => {
      await using server = await start(echo)
      await using socket = await connectWebSocket(url(server))
      const early = createTask(() => socket.receive())
      await sleep(1)
      early.cancel()
      await expect(Promise.resolve(early)).rejects.toThrow(CancelledError)
      await expect(socket.receive({ timeout: 5 })).rejects.toThrow(TimeoutError)
      await socket.send("kept")
      await until(() => socket.statistics().queued === 1)
      const late = createTask(() => socket.receive())
      late.cancel()
      await expect(Promise.resolve(late)).rejects.toThrow(CancelledError)
      expect(await socket.receive()).toBe("kept")
    }))

  it("what came before the end is received after it", () =>
    run(async () => {
      await using server = await start(async (socket) => {
        for (let i = 0; i < 5; i += 1) await socket.send(`number ${i}`)
      })
      await using socket = await connectWebSocket(url(server))
      await socket.waitClosed()
      expect(socket.statistics().queued).toBe(5)
      let count = 0
      for await (const message of socket) expect(message).toBe(`number ${count++}`)
      expect(count).toBe(5)
    }))

  it("too large a one closes the connection with 1009", () =>
    run(async () => {
      getRunningLoop().setExceptionHandler(() => {})
      await using server = await start(echo, { maxMessageSize: 1_000 })
      await using socket = await connectWebSocket(url(server))
      await socket.send("x".repeat(1_001))
      expect(await failure(socket.receive())).toMatchObject({ closeCode: 1009 })
    }))

  it("are refused if they are neither text nor bytes", () =>
    run(async () => {
      await using server = await start(echo)
      await using socket = await connectWebSocket(url(server))
      await expect(socket.send({ json: true } as never)).rejects.toThrow("for others use JSON.stringify")
    }))

  it("can be compressed", () =>
    run(async () => {
      await using server = await start(echo, { compress: true })
      await using socket = await connectWebSocket(url(server), { compress: true })
      await socket.send("x".repeat(100_000))
      expect(await socket.receive()).toHaveLength(100_000)
    }))
})

describe("back-pressure", () => {
  it("a slow receiver makes the sender wait, and nothing is lost", () =>
    run(async () => {
      let sent = 0
      const piece = new Uint8Array(50_000)
      await using server = await start(
        async (socket) => {
          for (; sent < 600; sent += 1) await socket.send(piece)
        },
        { grace: 0 },
      )
      await using socket = await connectWebSocket(url(server), { maxQueue: 4 })
      await until(() => socket.statistics().paused)
      await standstill(() => sent)
      expect(sent).toBeLessThan(600)
      expect(socket.statistics()).toMatchObject({ paused: true })
      expect(socket.statistics().queued).toBeLessThan(10)
      let got = 0
      for await (const message of socket) got += message.length
      expect([sent, got]).toEqual([600, 600 * piece.length])
    }))

  it("a cancelled send has sent nothing; those that wait go in order", () =>
    run(async () => {
      const got: string[] = []
      const going = new Event()
      await using server = await start(
        async (socket) => {
          await going.wait()
          for await (const message of socket) if (typeof message === "string") got.push(message)
        },
        { maxQueue: 1 },
      )
      await using socket = await connectWebSocket(url(server))
      const filler = new Uint8Array(1_000_000)
      let sent = -1
      const filling = createTask(async () => {
        for (sent = 0; sent < 40; sent += 1) await socket.send(filler)
      })
      await until(() => socket.statistics().sending === 1)
      await standstill(() => sent)
      const sends = ["a", "b", "c", "d"].map((message) => createTask(() => socket.send(message)))
      await until(() => socket.statistics().sending === 5)
      sends[1]?.cancel()
      await expect(socket.send("limited", { timeout: 5 })).rejects.toThrow(TimeoutError)
      going.set()
      for (const [index, task] of sends.entries()) if (index !== 1) await task
      await expect(Promise.resolve(sends[1])).rejects.toThrow(CancelledError)
      await filling
      await until(() => got.length === 3)
      expect(got).toEqual(["a", "c", "d"])
    }))
})

describe("pings", () => {
  it("find a peer that is gone without a word", () =>
    run(async () => {
      // Says yes to the handshake, and then nothing ever.
      const { createHash } = await import("node:crypto")
      const silent = createTcpServer((raw) => {
        raw.on("error", () => {})
        raw.once("data", (head) => {
          const asked = /sec-websocket-key: (.*)\r\n/i.exec(head.toString())?.[1] ?? ""
          const answer = createHash("sha1")
            .update(`${asked}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
            .digest("base64")
          raw.write(
            `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${answer}\r\n\r\n`,
          )
        })
      }).listen(0, host)
      await new Promise((listening) => silent.once("listening", listening))
      const { port } = silent.address() as AddressInfo
      await using socket = await connectWebSocket(`ws://${host}:${port}`, { ping: 20, closeTimeout: 30 })
      const error = await failure(socket.receive())
      expect(error).toMatchObject({ closeCode: 1006, cause: { name: "TimeoutError" } })
      await using other = await connectWebSocket(`ws://${host}:${port}`, { ping: Infinity, closeTimeout: 30 })
      const begin = performance.now()
      await other.close()
      expect(performance.now() - begin).toBeGreaterThan(25)
      expect(other.closeCode).toBe(1006)
      await new Promise((closed) => silent.close(closed))
    }))

  it("keep a connection that has nothing to say, and one that reads slowly", () =>
    run(async () => {
      await using server = await start(
        async (socket) => {
          for (let i = 0; i < 20; i += 1) await socket.send(`${i}`)
          await socket.waitClosed()
        },
        { ping: Infinity },
      )
      await using idle = await connectWebSocket(url(server), { ping: 10, maxQueue: 100 })
      await using slow = await connectWebSocket(url(server), { ping: 10, maxQueue: 1 })
      await sleep(100)
      expect([idle.closeCode, slow.closeCode, slow.statistics().paused]).toEqual([null, null, true])
      for (let i = 0; i < 20; i += 1) expect(await slow.receive()).toBe(`${i}`)
    }))
})

describe("closing", () => {
  it("close() sends what was sent before, says goodbye, and ends every wait", () =>
    run(async () => {
      const got: unknown[] = []
      let code: number | null = null
      await using server = await start(async (socket) => {
        for await (const message of socket) got.push(message)
        code = socket.closeCode
      })
      const socket = await connectWebSocket(url(server))
      const receiving = createTask(() => failure(socket.receive()))
      await sleep(1)
      for (let i = 0; i < 100; i += 1) await socket.send("x".repeat(1_000))
      expect(socket.isClosing()).toBe(false)
      await Promise.all([socket.close(1000, "done"), socket.close()])
      expect([socket.isClosing(), socket.closeCode, String(socket)]).toEqual([
        true,
        1000,
        "<WebSocketConnection closed 1000 queued=0>",
      ])
      expect(await receiving).toBeInstanceOf(WebSocketClosedError)
      await until(() => code !== null)
      expect([got.length, code]).toEqual([100, 1000])
      await socket.close()
      await expect(socket.send("late")).rejects.toThrow(WebSocketClosedError)
    }))

  it("refuses codes that are none", () =>
    run(async () => {
      await using server = await start(echo)
      await using socket = await connectWebSocket(url(server))
      await expect(socket.close(999)).rejects.toThrow(TypeError)
      await expect(socket.close(1000, "x".repeat(200))).rejects.toThrow(RangeError)
      expect(socket.isClosing()).toBe(false)
    }))

  it("a cancel closes with a handshake, and breaks off if that takes too long", () =>
    run(async () => {
      const codes: (number | null)[] = []
      await using server = await start(async (socket) => {
        await socket.waitClosed()
        codes.push(socket.closeCode)
      })
      const task = createTask(async () => {
        await using socket = await connectWebSocket(url(server))
        await socket.receive()
      })
      await until(() => task.waitingOn?.kind === "queue get")
      task.cancel()
      await expect(Promise.resolve(task)).rejects.toThrow(CancelledError)
      await until(() => codes.length === 1)
      expect(codes).toEqual([1000])
    }))

  it("a server tells its clients why: ended, failed, cancelled, sent away", () =>
    run(async () => {
      const told: unknown[] = []
      getRunningLoop().setExceptionHandler((_, context) => void told.push(context))
      const server = await start(
        async (socket, request) => {
          if (request.url === "/ends") return
          if (request.url === "/fails") throw new Error("no")
          if (request.url === "/cancels") currentTask()?.cancel()
          await socket.waitClosed()
        },
        { grace: 10 },
      )
      const codes: (number | null)[] = []
      for (const path of ["/ends", "/fails", "/cancels"]) {
        await using socket = await connectWebSocket(url(server, path))
        await socket.waitClosed()
        codes.push(socket.closeCode)
      }
      expect(codes).toEqual([1000, 1011, 1001])
      expect(told).toMatchObject([
        { message: "The handler of a connection failed", error: { message: "no" } },
      ])
      for (const way of ["closeClients", "abortClients", "close"] as const) {
        await using socket = await connectWebSocket(url(server))
        await until(() => server.statistics().open === 1)
        server[way]()
        await socket.waitClosed()
        expect(socket.closeCode).toBe(way === "abortClients" ? 1006 : 1001)
      }
      await server.waitClosed()
    }))
})

describe("connecting", () => {
  it("agrees on a subprotocol, sends headers, and works over TLS", () =>
    run(async () => {
      await using server = await start(
        async (socket, request) => {
          await socket.send(`${socket.protocol} ${String(request.headers["x-who"])}`)
        },
        { tls: { key, cert }, chooseProtocol: (offered) => (offered.has("second") ? "second" : false) },
      )
      await using socket = await connectWebSocket(`wss://localhost:${server.port}`, {
        protocols: ["first", "second"],
        headers: { "x-who": "me" },
        tls: { ca: cert },
      })
      expect([socket.protocol, await socket.receive()]).toEqual(["second", "second me"])
    }))

  it("tells a server that refuses from one that is not there", () =>
    run(async () => {
      await using server = await start(echo, { admit: (request) => (request.url === "/in" ? true : 401) })
      await using admitted = await connectWebSocket(url(server, "/in"))
      await admitted.send("hello")
      expect(await admitted.receive()).toBe("hello")
      const refused = await failure(connectWebSocket(url(server, "/out")))
      expect(refused).toBeInstanceOf(WebSocketHandshakeError)
      expect(refused).toMatchObject({ status: 401 })
      const { port } = server
      server.close()
      await admitted.close()
      await server.waitClosed()
      expect(await failure(connectWebSocket(`ws://${host}:${port}`))).toMatchObject({ code: "ECONNREFUSED" })
    }))

  it("answers a plain request of HTTP with 426", () =>
    run(async () => {
      await using server = await start(echo)
      const response = await fetch(`http://${host}:${server.port}/`)
      expect([response.status, response.headers.get("upgrade")]).toEqual([426, "websocket"])
      await response.text()
    }))

  it("shares a server of HTTP that is there already, and leaves it when it closes", () =>
    run(async () => {
      const http = createServer((_, response) => response.end("page")).listen(0, host)
      await new Promise((listening) => http.once("listening", listening))
      const { port } = http.address() as AddressInfo
      const server = await startWebSocketServer(echo, { server: http })
      expect([server.port, server.isServing()]).toEqual([port, true])
      await using socket = await connectWebSocket(`ws://${host}:${port}/any`)
      await socket.send("hello")
      expect(await socket.receive()).toBe("hello")
      expect(await (await fetch(`http://${host}:${port}`)).text()).toBe("page")
      await socket.close()
      server.close()
      await server.waitClosed()
      expect(await (await fetch(`http://${host}:${port}`)).text()).toBe("page")
      http.closeAllConnections()
      await new Promise((closed) => http.close(closed))
    }))

  it("cancelled, limited or aborted, leaves nothing open", () =>
    run(async () => {
      const silent = createTcpServer((raw) => raw.on("error", () => {}).resume()).listen(0, host)
      await new Promise((listening) => silent.once("listening", listening))
      const target = `ws://${host}:${(silent.address() as AddressInfo).port}`
      const task = createTask(() => connectWebSocket(target))
      await sleep(10)
      task.cancel()
      await expect(Promise.resolve(task)).rejects.toThrow(CancelledError)
      await expect(connectWebSocket(target, { timeout: 10 })).rejects.toThrow(TimeoutError)
      const abort = new AbortController()
      const aborted = connectWebSocket(target, { signal: abort.signal })
      abort.abort(new Error("enough"))
      await expect(aborted).rejects.toThrow("enough")
      await new Promise((closed) => silent.close(closed))
    }))

  it("refuses what is no URL, and settings that are none", async () => {
    for (const wrong of ["http://localhost", "nowhere", 5, undefined])
      await expect(connectWebSocket(wrong as never)).rejects.toThrow(TypeError)
    const settings = [
      { ping: 0 },
      { maxQueue: 0 },
      { maxMessageSize: 0 },
      { closeTimeout: -1 },
      { timeout: NaN },
    ]
    for (const options of settings) {
      await expect(connectWebSocket("ws://localhost", options)).rejects.toThrow(RangeError)
      await expect(startWebSocketServer(echo, options)).rejects.toThrow(RangeError)
    }
    await expect(startWebSocketServer(echo, { server: createServer(), port: 80 })).rejects.toThrow("not both")
    await expect(startWebSocketServer(echo, { server: {} as never })).rejects.toThrow(TypeError)
    await expect(startWebSocketServer(5 as never)).rejects.toThrow(TypeError)
  })

  it("one that is never closed is named when its run ends", async () => {
    const told: { message: string; location?: string }[] = []
    const kept: WebSocketConnection[] = []
    const http = createServer().listen(0, host)
    await new Promise((listening) => http.once("listening", listening))
    const { port } = http.address() as AddressInfo
    await run(async () => {
      getRunningLoop().setExceptionHandler((_, context) => void told.push(context))
      await startWebSocketServer(echo, { server: http })
      kept.push(await connectWebSocket(`ws://${host}:${port}`, { closeTimeout: 10 }))
    })
    expect(told.map(({ message }) => message)).toEqual([
      "A WebSocket was never closed; it holds 1 open thing",
    ])
    for (const socket of kept) await socket.close()
    http.closeAllConnections()
    await new Promise((closed) => http.close(closed))
  })

  it("where `ws` is not installed, says what to do; the rest of the door works without", () => {
    const folder = mkdtempSync(join(tmpdir(), "tsyncio-no-ws-"))
    try {
      mkdirSync(join(folder, "dist"))
      for (const room of ["base", "core", "time", "sync", "combine", "stream", "net"])
        cpSync(join(repository, "dist", room), join(folder, "dist", room), { recursive: true })
      writeFileSync(join(folder, "package.json"), `{ "type": "module" }`)
      const program = `
        const { connectWebSocket, startServer, startWebSocketServer } = await import("./dist/net/index.js")
        const server = await startServer(() => {}, { host: "127.0.0.1" })
        server.close()
        for (const use of [() => connectWebSocket("ws://localhost"), () => startWebSocketServer(() => {})])
          await use().catch((error) => console.log(error.name, error.package, error.message))`
      writeFileSync(join(folder, "main.js"), program)
      const { stdout, stderr } = spawnSync(process.execPath, [join(folder, "main.js")], { encoding: "utf8" })
      const line =
        "MissingPackageError ws Cannot use WebSockets: the package `ws` is not installed; run `npm install ws`\n"
      expect([stdout, stderr]).toEqual([line.repeat(2), ""])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

it("M42: two hundred at once, each in its task, all cancelled together, leave nothing open", () =>
  run(async () => {
    await using server = await start(echo)
    let ready = 0
    const group = createTask(() =>
      taskGroup((clients) => {
        for (let i = 0; i < 200; i += 1) {
          clients.createTask(async () => {
            await using socket = await connectWebSocket(url(server))
            await socket.send(`hello ${i}`)
            expect(await socket.receive()).toBe(`hello ${i}`)
            ready += 1
            for await (const _ of socket);
          })
        }
      }),
    )
    await until(() => ready === 200)
    group.cancel()
    await expect(Promise.resolve(group)).rejects.toThrow(CancelledError)
    await until(() => server.statistics().open === 0)
    expect(server.statistics()).toEqual({ open: 0, accepted: 200, failed: 0 })
  }))
