// Servers: connections as tasks, handlers that fail, closing with grace, cancelling, paths, TLS.
import { spawn } from "node:child_process"
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeEach, describe, expect, it } from "vitest"
import {
  CancelledError,
  ContextVar,
  InvalidStateError,
  allTasks,
  cancelScope,
  createTask,
  currentTask,
  getRunningLoop,
  run,
  sleep,
  taskGroup,
  timeout,
} from "../../src/index.ts"
import { openConnection, pipe, startServer } from "../../src/net/index.ts"
import type { Connection, Server, StreamReader, StreamWriter } from "../../src/net/index.ts"
import { cert, key } from "./certificate.ts"
import { expectNoSockets, text, until } from "./local-ends.ts"

const folder = mkdtempSync(join(tmpdir(), "tsyncio-net-"))
afterAll(() => rmSync(folder, { recursive: true }))
beforeEach(expectNoSockets)

const host = "127.0.0.1"
const echo = (reader: StreamReader, writer: StreamWriter): Promise<number> => pipe(reader, writer)
const to = (server: Server): Promise<Connection> => openConnection({ host, port: server.port })

/** Whether somebody listens there. */
async function answers(target: { host: string; port: number } | { path: string }): Promise<boolean> {
  try {
    const { writer } = await openConnection(target)
    writer.close()
    await writer.waitClosed()
    return true
  } catch {
    return false
  }
}

describe("connections", () => {
  it("are tasks, many at once, each with its own reader and writer", () =>
    run(async () => {
      const names = new Set<string>()
      await using server = await startServer(
        async (reader, writer) => {
          names.add(currentTask()?.name ?? "")
          await echo(reader, writer)
        },
        { host },
      )
      await taskGroup((group) => {
        for (let i = 0; i < 50; i += 1) {
          group.createTask(async () => {
            await using connection = await to(server)
            connection.writer.write(`number ${i}\n`)
            expect(text(await connection.reader.readLine())).toBe(`number ${i}\n`)
          })
        }
      })
      await until(() => server.statistics().open === 0)
      expect(server.statistics()).toEqual({ open: 0, accepted: 50, failed: 0 })
      expect([...names]).toEqual(["connection"])
    }))

  it("see the context of who started the server", () =>
    run(async () => {
      const variable = new ContextVar<string>("place")
      variable.set("here")
      await using server = await startServer((_, writer) => writer.write(variable.get()), { host })
      variable.set("changed")
      await using connection = await to(server)
      expect(text(await connection.reader.read())).toBe("here")
    }))

  it("one whose handler throws is reported, closed, and harms no other", () =>
    run(async () => {
      const told: { message: string; error?: unknown }[] = []
      getRunningLoop().setExceptionHandler((_, context) => void told.push(context))
      await using server = await startServer(
        async (reader, writer) => {
          const line = text(await reader.readLine())
          writer.write("last words\n")
          if (line === "bad\n") throw new Error("bad line")
          await echo(reader, writer)
        },
        { host },
      )
      await using good = await to(server)
      good.writer.write("good\n")
      expect(text(await good.reader.readLine())).toBe("last words\n")
      await using bad = await to(server)
      bad.writer.write("bad\n")
      expect(text(await bad.reader.read())).toBe("last words\n")
      expect(told).toMatchObject([
        { message: "The handler of a connection failed", error: { message: "bad line" } },
      ])
      good.writer.write("still here\n")
      expect(text(await good.reader.readLine())).toBe("still here\n")
      expect(server.statistics()).toEqual({ open: 1, accepted: 2, failed: 1 })
    }))

  it("one whose handler returns is closed when all it wrote has left", () =>
    run(async () => {
      await using server = await startServer((_, writer) => writer.write(new Uint8Array(5_000_000)), { host })
      await using connection = await openConnection({ host, port: server.port, limit: 1_000 })
      await sleep(20)
      expect(await connection.reader.read()).toHaveLength(5_000_000)
      await until(() => server.statistics().open === 0)
    }))

  it("one whose client goes away ends, and nothing is reported", () =>
    run(async () => {
      const told: unknown[] = []
      getRunningLoop().setExceptionHandler((_, context) => void told.push(context))
      await using server = await startServer(echo, { host })
      const { writer } = await to(server)
      await until(() => server.statistics().open === 1)
      writer.close()
      await until(() => server.statistics().open === 0)
      expect(told).toEqual([])
    }))
})

describe("closing", () => {
  it("close() lets nobody in; handlers may finish; waitClosed() waits for them", () =>
    run(async () => {
      const server = await startServer(
        async (reader, writer) => {
          await reader.readLine()
          await sleep(30)
          writer.write("done\n")
        },
        { host },
      )
      const { port } = server
      await using connection = await to(server)
      connection.writer.write("begin\n")
      await until(() => server.statistics().open === 1)
      server.close()
      server.close()
      expect([server.isServing(), server.sockets, server.port]).toEqual([false, [], 0])
      expect(await answers({ host, port })).toBe(false)
      expect(text(await connection.reader.readLine())).toBe("done\n")
      await server.waitClosed()
      expect(String(server)).toBe("<Server closed open=0>")
      await server.waitClosed()
    }))

  it("who has not finished when the grace is over is cancelled", () =>
    run(async () => {
      const ends: string[] = []
      const server = await startServer(
        async (reader) => {
          try {
            await reader.read()
          } catch (error) {
            ends.push(String(error))
            throw error
          }
        },
        { host, grace: 30 },
      )
      await using connection = await to(server)
      await until(() => server.statistics().open === 1)
      const start = performance.now()
      server.close()
      await server.waitClosed()
      expect(performance.now() - start).toBeGreaterThan(25)
      expect(ends).toEqual(["CancelledError: Cancelled: the server was closed"])
      expect(await connection.reader.read()).toHaveLength(0)
    }))

  it("closeClients() ends all readers, abortClients() breaks all off", () =>
    run(async () => {
      const got: number[] = []
      const server = await startServer(
        async (reader, writer) => {
          writer.write("hello\n")
          got.push((await reader.read()).length)
        },
        { host },
      )
      for (const end of ["closeClients", "abortClients"] as const) {
        await using connection = await to(server)
        expect(text(await connection.reader.readLine())).toBe("hello\n")
        server[end]()
        expect(await connection.reader.read()).toHaveLength(0)
        await until(() => server.statistics().open === 0)
      }
      expect(got).toEqual([0, 0])
      server.close()
      await server.waitClosed()
    }))

  it("STREAM-27: with startServing false nobody can connect before startServing() or serveForever()", () =>
    run(async () => {
      for (const begin of ["startServing", "serveForever"] as const) {
        const server = await startServer(echo, { host, startServing: false })
        expect([server.isServing(), server.port, server.sockets, String(server)]).toEqual([
          false,
          0,
          [],
          "<Server idle open=0>",
        ])
        const serving = createTask(() => server[begin]())
        await until(() => server.isServing())
        expect(server.sockets).toEqual([{ address: host, port: server.port, family: "IPv4" }])
        expect(await answers({ host, port: server.port })).toBe(true)
        await server.startServing()
        server.close()
        await serving
        await server.waitClosed()
        await expect(server.startServing()).rejects.toThrow(InvalidStateError)
      }
      const never = await startServer(echo, { host, startServing: false })
      never.close()
      await never.waitClosed()
    }))

  it("STREAM-27: serveForever() that is cancelled closes the server, then throws", () =>
    run(async () => {
      const server = await startServer(echo, { host, grace: 10 })
      const { port } = server
      await using connection = await to(server)
      const serving = createTask(() => server.serveForever())
      await until(() => server.statistics().open === 1 && serving.waitingOn !== null)
      serving.cancel()
      await expect(Promise.resolve(serving)).rejects.toThrow(CancelledError)
      expect(server.isServing()).toBe(false)
      expect(server.statistics().open).toBe(0)
      expect(await connection.reader.read()).toHaveLength(0)
      expect(await answers({ host, port })).toBe(false)
    }))

  it("STREAM-27: serveForever() on a closed server throws; a scoped one is closed", () =>
    run(async () => {
      let kept: Server
      {
        await using server = await startServer(echo, { host })
        kept = server
        expect(server.isServing()).toBe(true)
      }
      expect(kept.isServing()).toBe(false)
      await expect(kept.serveForever()).rejects.toThrow(InvalidStateError)
    }))

  it("serveForever() and waitClosed() take limits", () =>
    run(async () => {
      const server = await startServer(echo, { host })
      await expect(server.waitClosed({ timeout: 5 })).rejects.toThrow("Timed out")
      await expect(server.serveForever({ timeout: 5 })).rejects.toThrow("Timed out")
      expect(server.isServing()).toBe(false)
    }))
})

describe("cancelling", () => {
  it("the scope that started it cancels all handlers and leaves nothing open", () =>
    run(async () => {
      let cleaned = 0
      let port = 0
      const connections: Connection[] = []
      await cancelScope(async (scope) => {
        const server = await startServer(
          async (reader) => {
            try {
              await reader.read()
            } finally {
              await sleep(1)
              cleaned += 1
            }
          },
          { host },
        )
        port = server.port
        for (let i = 0; i < 20; i += 1) connections.push(await to(server))
        await until(() => server.statistics().open === 20)
        scope.cancel()
        await sleep(60_000)
      })
      await until(() => cleaned === 20)
      for (const { reader, writer } of connections) {
        expect(await reader.read()).toHaveLength(0)
        writer.close()
        await writer.waitClosed()
      }
      expect(await answers({ host, port })).toBe(false)
      await until(() => allTasks().size === 1)
    }))

  it("leaving the block that started it ends the server", () =>
    run(async () => {
      let server!: Server
      await timeout(5_000, async () => {
        server = await startServer(echo, { host })
      })
      await server.waitClosed()
      expect(server.isServing()).toBe(false)
    }))

  it("`await using` left by a cancel cancels the handlers at once", () =>
    run(async () => {
      const start = performance.now()
      const task = createTask(async () => {
        await using server = await startServer((reader) => reader.read(), { host, grace: 60_000 })
        await using _connection = await to(server)
        await until(() => server.statistics().open === 1)
        currentTask()?.cancel()
        await sleep(0)
      })
      await expect(Promise.resolve(task)).rejects.toThrow(CancelledError)
      expect(performance.now() - start).toBeLessThan(5_000)
    }))

  it("starting it, in any turn, leaves nobody listening", () =>
    run(async () => {
      const path = join(folder, "turns.sock")
      for (const options of [{ host: "localhost" }, { path }]) {
        for (let turns = 0; turns < 8; turns += 1) {
          const task = createTask(() => startServer(echo, options))
          for (let turn = 0; turn < turns; turn += 1) await sleep(0)
          task.cancel()
          await task.join().catch(() => {})
          await until(() => allTasks().size === 1)
          expect(existsSync(path)).toBe(false)
        }
      }
      await expect(
        startServer(echo, { host, signal: AbortSignal.abort(new Error("early")) }),
      ).rejects.toThrow("early")
      await using limited = await startServer(echo, { host, timeout: 5_000 })
      expect(limited.isServing()).toBe(true)
    }))
})

describe("Unix paths", () => {
  it("STREAM-29: the path is removed when the server closes", () =>
    run(async () => {
      const path = join(folder, "own.sock")
      const server = await startServer(echo, { path })
      expect([server.sockets, server.port]).toEqual([[path], 0])
      expect(await answers({ path })).toBe(true)
      server.close()
      expect(existsSync(path)).toBe(false)
      await server.waitClosed()
    }))

  it("STREAM-29: unless somebody else has it by then, or it is to stay", () =>
    run(async () => {
      const path = join(folder, "taken.sock")
      const server = await startServer(echo, { path })
      rmSync(path)
      await using next = await startServer(echo, { path })
      server.close()
      await server.waitClosed()
      expect(await answers({ path })).toBe(true)
      next.close()
      await next.waitClosed()
      writeFileSync(path, "mine")
      const staying = await startServer(echo, { path: join(folder, "stays.sock"), cleanupSocket: false })
      staying.close()
      await staying.waitClosed()
      expect(statSync(join(folder, "stays.sock")).isSocket()).toBe(true)
    }))

  it("a path at which somebody listens is refused, and so is one that is no socket", () =>
    run(async () => {
      const path = join(folder, "busy.sock")
      await using server = await startServer(echo, { path })
      await expect(startServer(echo, { path })).rejects.toMatchObject({ code: "EADDRINUSE", path })
      expect(await answers({ path })).toBe(true)
      const file = join(folder, "file")
      writeFileSync(file, "no socket")
      await expect(startServer(echo, { path: file })).rejects.toMatchObject({ code: "EADDRINUSE" })
      expect(statSync(file).isFile()).toBe(true)
      await expect(startServer(echo, { path: join(folder, "nowhere", "x.sock") })).rejects.toMatchObject({
        code: /E/,
      })
      expect(server.isServing()).toBe(true)
    }))

  it("one left by a server that was killed is replaced", () =>
    run(async () => {
      const path = join(folder, "left.sock")
      const program = `require("net").createServer().listen(${JSON.stringify(path)}, () => console.log("up"))`
      const child = spawn(process.execPath, ["--eval", program], { stdio: ["ignore", "pipe", "inherit"] })
      await new Promise((up) => child.stdout.once("data", up))
      await expect(startServer(echo, { path })).rejects.toMatchObject({ code: "EADDRINUSE" })
      child.kill("SIGKILL")
      await new Promise((gone) => child.once("exit", gone))
      expect(existsSync(path)).toBe(true)
      await using server = await startServer(echo, { path })
      expect(await answers({ path })).toBe(true)
      expect(server.sockets).toEqual([path])
    }))
})

describe("TLS", () => {
  it("a client that does not finish its handshake is broken off when the server closes", () =>
    run(async () => {
      await using server = await startServer(echo, { host, tls: { key, cert } })
      const leaver = await to(server)
      leaver.writer.close()
      await leaver.writer.waitClosed()
      const silent = await to(server)
      await using secure = await openConnection({ host, port: server.port, tls: { ca: cert } })
      secure.writer.write("hello\n")
      expect(text(await secure.reader.readLine())).toBe("hello\n")
      expect(server.statistics()).toEqual({ open: 1, accepted: 1, failed: 0 })
      server.close()
      expect(await silent.reader.read()).toHaveLength(0)
      silent.writer.close()
      secure.writer.write("still here\n")
      expect(text(await secure.reader.readLine())).toBe("still here\n")
      secure.writer.close()
      await server.waitClosed()
    }))

  it("a client that speaks no TLS harms nobody", () =>
    run(async () => {
      await using server = await startServer(echo, { host, tls: { key, cert } })
      await using plain = await to(server)
      plain.writer.write("GET / HTTP/1.1\r\n\r\n")
      await plain.reader.read()
      await using secure = await openConnection({ host, port: server.port, tls: { ca: cert } })
      secure.writer.write("x".repeat(1_000_000))
      expect(await secure.reader.readExactly(1_000_000)).toHaveLength(1_000_000)
    }))

  it("a drain over TLS waits and goes on as over TCP", () =>
    run(async () => {
      await using server = await startServer(echo, { host, tls: { key, cert } })
      await using connection = await openConnection({
        host,
        port: server.port,
        tls: { ca: cert },
        limit: 10_000,
      })
      const { reader, writer } = connection
      const sending = createTask(async () => {
        for (let i = 0; i < 100; i += 1) {
          writer.write(new Uint8Array(50_000))
          await writer.drain()
        }
      })
      await sleep(20)
      expect(await reader.readExactly(5_000_000)).toHaveLength(5_000_000)
      await sending
    }))

  it("STREAM-28: startTls() on both sides of a running connection, data before and after", () =>
    run(async () => {
      await using server = await startServer(
        async (reader, writer) => {
          expect(text(await reader.readLine())).toBe("STARTTLS\n")
          writer.write("go ahead\n")
          await writer.startTls({ key, cert })
          expect(writer.getExtraInfo("protocol")).toBe("TLSv1.3")
          await echo(reader, writer)
        },
        { host },
      )
      await using connection = await to(server)
      const { reader, writer } = connection
      writer.write("STARTTLS\n")
      expect(text(await reader.readLine())).toBe("go ahead\n")
      expect(writer.getExtraInfo("cipher")).toBe(undefined)
      await writer.startTls({ ca: cert })
      expect(writer.getExtraInfo("cipher")).toBeDefined()
      expect(writer.canWriteEof()).toBe(false)
      writer.write(`${"x".repeat(300_000)}\n`)
      expect(await reader.readExactly(300_001)).toHaveLength(300_001)
      await expect(writer.startTls({})).rejects.toThrow("it was started before")
    }))

  it("STREAM-28: also with bytes of the handshake buffered already", () =>
    run(async () => {
      await using server = await startServer(
        async (reader, writer) => {
          await reader.readLine()
          // The client begins without waiting: its first bytes are in the reader by now.
          await until(() => reader.statistics().buffered > 100)
          await writer.startTls({ key, cert })
          writer.write("in secret\n")
          await reader.read()
        },
        { host },
      )
      await using connection = await to(server)
      const { reader, writer } = connection
      writer.write("STARTTLS\n")
      await writer.startTls({ ca: cert, servername: "example.test" })
      expect(text(await reader.readLine())).toBe("in secret\n")
      writer.close()
      await server.waitClosed({ timeout: 1 }).catch(() => {})
    }))

  it("startTls() that fails, or is cancelled, breaks the connection off", () =>
    run(async () => {
      const told: unknown[] = []
      getRunningLoop().setExceptionHandler((_, context) => void told.push(context))
      await using server = await startServer(
        async (reader, writer) => {
          await reader.readLine()
          await writer.startTls({ key, cert })
        },
        { host },
      )
      await using distrustful = await to(server)
      distrustful.writer.write("STARTTLS\n")
      await expect(distrustful.writer.startTls({})).rejects.toMatchObject({
        code: "DEPTH_ZERO_SELF_SIGNED_CERT",
      })
      await distrustful.writer.waitClosed()
      await expect(distrustful.reader.read(1)).rejects.toThrow()

      await using silent = await startServer((reader) => reader.read(), { host })
      const given = await to(silent)
      const task = createTask(() => given.writer.startTls({ ca: cert }))
      await sleep(5)
      expect(() => given.writer.write("meanwhile")).toThrow(InvalidStateError)
      task.cancel()
      await expect(Promise.resolve(task)).rejects.toThrow(CancelledError)
      await given.writer.waitClosed()
      expect(await given.reader.read()).toHaveLength(0)
      await until(() => server.statistics().open + silent.statistics().open === 0)

      await using reading = await to(silent)
      const waiting = createTask(() => reading.reader.readLine())
      await sleep(5)
      await expect(reading.writer.startTls({})).rejects.toThrow("another task is reading")
      waiting.cancel()
      await waiting.join().catch(() => {})
      // The handler whose client went away from the handshake.
      expect(told).toHaveLength(1)
    }))
})

describe("misuse", () => {
  it("refuses settings that are none", async () => {
    const wrong = [
      { port: -1 },
      { port: 65_536 },
      { port: "80" },
      { host: 5 },
      { path: "" },
      { path: "/x", port: 80 },
      { tls: true },
      { backlog: 0 },
      { grace: -1 },
      { grace: NaN },
      { limit: 0 },
      { timeout: NaN },
    ]
    for (const options of wrong)
      await expect(startServer(echo, options as never)).rejects.toThrow(/^Expected/)
    await expect(startServer(5 as never)).rejects.toThrow(TypeError)
  })

  it("a port that is taken is refused with the system's word", async () => {
    const other = createServer().listen(0, host)
    await new Promise((listening) => other.once("listening", listening))
    const { port } = other.address() as { port: number }
    await expect(startServer(echo, { host, port })).rejects.toMatchObject({ code: "EADDRINUSE" })
    await new Promise((closed) => other.close(closed))
  })
})
