// The side that connects: by name, address and path, in secret, in vain, and given up.
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { beforeEach, describe, expect, it } from "vitest"
import {
  CancelledError,
  TaskGroupError,
  TimeoutError,
  createTask,
  getRunningLoop,
  run,
  sleep,
} from "../../src/index.ts"
import { ConnectionResetError, openConnection, pipe, startServer } from "../../src/net/index.ts"
import { connectHost, interleave } from "../../src/net/connect-host.ts"
import { cert, key } from "./certificate.ts"
import { expectNoSockets, openHandles, standstill, text, until } from "./local-ends.ts"

beforeEach(expectNoSockets)

const echo = (reader: Parameters<typeof pipe>[0], writer: Parameters<typeof pipe>[1]): Promise<number> =>
  pipe(reader, writer)

/** A port at which nobody listens. */
async function deadPort(): Promise<number> {
  const server = await startServer(() => {}, { host: "127.0.0.1" })
  const { port } = server
  server.close()
  await server.waitClosed()
  return port
}

describe("openConnection", () => {
  it("connects to an address, a name and a path, and gives what is known of each", () =>
    run(async () => {
      const path = join(tmpdir(), `tsyncio-open-${process.pid}.sock`)
      await using tcp = await startServer(echo, { host: "127.0.0.1" })
      await using unix = await startServer(echo, { path })
      const targets = [{ host: "127.0.0.1", port: tcp.port }, { host: "localhost", port: tcp.port }, { path }]
      for (const target of targets) {
        await using connection = await openConnection(target)
        const { reader, writer } = connection
        writer.write("hello\n")
        expect(text(await reader.readLine())).toBe("hello\n")
        const isPath = "path" in target
        const peer = isPath ? path : { address: "127.0.0.1", port: tcp.port, family: "IPv4" }
        expect(writer.getExtraInfo("peername")).toEqual(peer)
        expect(writer.getExtraInfo("socket")).toBeDefined()
        expect(writer.getExtraInfo("tls", null)).toBe(null)
      }
      expect(unix.sockets).toEqual([path])
    }))

  it("speaks TLS, and checks whom it speaks to", () =>
    run(async () => {
      await using server = await startServer(echo, { host: "127.0.0.1", tls: { key, cert } })
      const { port } = server
      await using connection = await openConnection(
        { host: "localhost", port, family: 4 },
        { tls: { ca: cert } },
      )
      const { reader, writer } = connection
      writer.write("secret\n")
      expect(text(await reader.readLine())).toBe("secret\n")
      expect(writer.getExtraInfo("protocol")).toBe("TLSv1.3")
      expect(writer.getExtraInfo<{ subject: object }>("peercert")?.subject).toEqual({ CN: "localhost" })
      expect(writer.canWriteEof()).toBe(false)

      const unknown = openConnection({ host: "localhost", port, family: 4, tls: true })
      await expect(unknown).rejects.toMatchObject({ code: "DEPTH_ZERO_SELF_SIGNED_CERT" })
      const wrongName = openConnection(
        { host: "127.0.0.1", port },
        { tls: { ca: cert, servername: "elsewhere.test" } },
      )
      await expect(wrongName).rejects.toMatchObject({ code: "ERR_TLS_CERT_ALTNAME_INVALID" })
      await using plain = await startServer((_, answer) => answer.write("220 hello\r\n"), {
        host: "127.0.0.1",
      })
      await expect(openConnection({ host: "localhost", port: plain.port, tls: true })).rejects.toThrow()
    }))

  it("STREAM-31: where nobody listens, is refused with the system's word", () =>
    run(async () => {
      const port = await deadPort()
      await expect(openConnection({ host: "127.0.0.1", port })).rejects.toMatchObject({
        code: "ECONNREFUSED",
        address: "127.0.0.1",
        port,
      })
      await expect(openConnection({ path: "/nowhere/to/be.found" })).rejects.toMatchObject({ code: "ENOENT" })
      await expect(openConnection({ host: "no-such-name.invalid", port })).rejects.toMatchObject({
        syscall: "getaddrinfo",
      })
    }))

  it("STREAM-31: with several addresses that fail, one error tells all; with allErrors, a group of them", () =>
    run(async () => {
      const port = await deadPort()
      const to = { host: "two.test", port, family: 0, localAddress: undefined, delay: 1_000 } as const
      const resolve = async () => [
        { address: "127.0.0.2", family: 4 },
        { address: "127.0.0.1", family: 4 },
      ]
      const one: unknown = await connectHost({ ...to, allErrors: false }, resolve).catch(
        (error: unknown) => error,
      )
      expect(one).toBeInstanceOf(AggregateError)
      expect(one).toMatchObject({
        code: "ECONNREFUSED",
        message: `Cannot connect to two.test:${port}: ECONNREFUSED 127.0.0.2, ECONNREFUSED 127.0.0.1`,
      })
      const all: unknown = await connectHost({ ...to, allErrors: true }, resolve).catch(
        (error: unknown) => error,
      )
      expect(all).toBeInstanceOf(TaskGroupError)
      const codes = (all as TaskGroupError).errors.map((error) => (error as NodeJS.ErrnoException).code)
      expect(codes).toEqual(["ECONNREFUSED", "ECONNREFUSED"])
      const single = openConnection({ host: "127.0.0.1", port }, { allErrors: true })
      await expect(single).rejects.toThrow(TaskGroupError)
    }))

  it("takes families in turn, beginning with the first", () => {
    const found = ["a6", "b6", "c6", "d4", "e4"].map((address) => ({ address, family: Number(address[1]) }))
    expect(interleave(found).map(({ address }) => address)).toEqual(["a6", "d4", "b6", "e4", "c6"])
    expect(interleave(found.toReversed()).map(({ address }) => address)).toEqual([
      "e4",
      "c6",
      "d4",
      "b6",
      "a6",
    ])
    expect(interleave([])).toEqual([])
  })

  it("goes on to the next address after a failure at once, and after a silence when the delay is over", () =>
    run(async () => {
      const dead = await deadPort()
      await using server = await startServer(echo, { host: "127.0.0.1" })
      const { port } = server
      const to = { host: "two.test", family: 0, localAddress: undefined, allErrors: false } as const
      const start = performance.now()
      // 127.0.0.2 refuses at this port.
      const refused = await connectHost({ ...to, port, delay: 10_000 }, async () => [
        { address: "127.0.0.2", family: 4 },
        { address: "127.0.0.1", family: 4 },
      ])
      expect(performance.now() - start).toBeLessThan(5_000)
      refused.destroy()
      // A socket that is bound elsewhere cannot connect from there: EADDRNOTAVAIL or silence, never an answer.
      const silent = await connectHost({ ...to, port, delay: 20 }, async () => [
        { address: "192.0.2.1", family: 4 },
        { address: "127.0.0.1", family: 4 },
      ])
      expect(silent.remoteAddress).toBe("127.0.0.1")
      silent.destroy()
      expect(dead).toBeGreaterThan(0)
      await until(() => server.statistics().open === 0)
    }))

  it("cancelled, limited or aborted while it connects, leaves no socket", () =>
    run(async () => {
      const before = openHandles().length
      const attempt = (options = {}): Promise<unknown> =>
        openConnection({ host: "192.0.2.1", port: 9 }, options)
      const task = createTask(() => attempt())
      await sleep(20)
      task.cancel()
      const ended: unknown = await task.join().catch((error: unknown) => error)
      // Where there is no way out of the machine at all, the system says so at once.
      if (!(ended instanceof CancelledError)) return
      await expect(attempt({ timeout: 20 })).rejects.toThrow(TimeoutError)
      const abort = new AbortController()
      const aborted = attempt({ signal: abort.signal })
      abort.abort(new Error("enough"))
      await expect(aborted).rejects.toThrow("enough")
      await expect(attempt({ signal: abort.signal })).rejects.toThrow("enough")
      await until(() => openHandles().length === before)
    }))

  it("cancelled during a TLS handshake, leaves no socket", () =>
    run(async () => {
      const seen: string[] = []
      await using server = await startServer(
        async (reader) => {
          for await (const _ of reader) seen.push("bytes")
          seen.push("end")
        },
        { host: "127.0.0.1" },
      )
      const task = createTask(() => openConnection({ host: "127.0.0.1", port: server.port, tls: true }))
      await until(() => server.statistics().open === 1)
      task.cancel()
      await expect(Promise.resolve(task)).rejects.toThrow(CancelledError)
      await until(() => server.statistics().open === 0)
      expect(seen.at(-1)).toBe("end")
      await expect(
        openConnection({ host: "127.0.0.1", port: server.port, tls: true, timeout: 30 }),
      ).rejects.toThrow(TimeoutError)
    }))

  it("cancelled in any turn of connecting, leaves no socket", () =>
    run(async () => {
      await using server = await startServer(echo, { host: "127.0.0.1" })
      for (let turns = 0; turns < 12; turns += 1) {
        const task = createTask(() => openConnection({ host: "localhost", port: server.port }))
        for (let turn = 0; turn < turns; turn += 1) await sleep(0)
        task.cancel()
        const outcome = await task.join().then(
          (connection) => connection,
          () => null,
        )
        outcome?.writer.close()
        await until(() => server.statistics().open === 0)
      }
    }))

  it("refuses targets and settings that are none", async () => {
    for (const port of [0, -1, 65_536, 1.5])
      await expect(openConnection({ port })).rejects.toThrow(RangeError)
    const wrong = [
      {},
      { port: "80" },
      { port: 80, host: 5 },
      { path: "" },
      { path: "/x", port: 80 },
      { port: 80, tls: 5 },
      { port: 80, happyEyeballsDelay: -1 },
      { port: 80, timeout: NaN },
      { port: 80, limit: 0 },
    ]
    for (const target of wrong) await expect(openConnection(target as never)).rejects.toThrow(/^Expected/)
    await expect(
      openConnection({ port: 80 }, { signal: AbortSignal.abort(new Error("early")) }),
    ).rejects.toThrow("early")
  })
})

describe("a connection", () => {
  it("STREAM-22, STREAM-24: ends when the other side resets it, and says so", () =>
    run(async () => {
      await using server = await startServer(
        async (reader, writer) => {
          await reader.readLine()
          writer.getExtraInfo<{ resetAndDestroy(): void }>("socket")?.resetAndDestroy()
        },
        { host: "127.0.0.1" },
      )
      await using connection = await openConnection({ host: "127.0.0.1", port: server.port })
      const { reader, writer } = connection
      writer.write("reset me\n")
      const reading: unknown = await reader.read(10).catch((error: unknown) => error)
      expect(reading).toBeInstanceOf(ConnectionResetError)
      expect(reading).toMatchObject({ code: "ECONNRESET" })
      expect(writer.isClosing()).toBe(true)
      await expect(writer.drain()).rejects.toThrow(ConnectionResetError)
      await writer.waitClosed()
    }))

  it("STREAM-22: a loop that writes to a side that has gone ends", () =>
    run(async () => {
      await using server = await startServer((reader) => reader.readLine(), { host: "127.0.0.1" })
      await using connection = await openConnection({ host: "127.0.0.1", port: server.port })
      const { writer } = connection
      writer.write("that is all\n")
      const loop = async (): Promise<never> => {
        for (;;) {
          writer.write("more\n")
          await writer.drain()
        }
      }
      const error: unknown = await loop().catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(ConnectionResetError)
    }))

  it("STREAM-21: drain() waits while the other side does not read, ten waiters go on together", () =>
    run(async () => {
      let go!: () => void
      const going = new Promise<void>((resolve) => (go = resolve))
      let got = 0
      await using server = await startServer(
        async (reader) => {
          await going
          for (;;) {
            const piece = await reader.read(1_000_000)
            if (piece.length === 0) return
            got += piece.length
          }
        },
        { host: "127.0.0.1", limit: 1_000 },
      )
      await using connection = await openConnection({ host: "127.0.0.1", port: server.port })
      const { writer } = connection
      let written = 0
      const piece = new Uint8Array(1_000_000)
      while (!writer.statistics().paused) {
        writer.write(piece)
        written += piece.length
        await sleep(1)
      }
      const drains = Array.from({ length: 10 }, () => createTask(() => writer.drain()))
      await sleep(20)
      expect(drains.some((task) => task.done())).toBe(false)
      go()
      for (const drain of drains) await drain
      writer.writeEof()
      await until(() => got === written)
    }))

  it("a slow reader stops the sender", () =>
    run(async () => {
      let sent = 0
      await using server = await startServer(
        async (_, writer) => {
          for (;;) {
            writer.write(new Uint8Array(100_000))
            await writer.drain()
            sent += 100_000
          }
        },
        { host: "127.0.0.1", grace: 0 },
      )
      await using connection = await openConnection({ host: "127.0.0.1", port: server.port, limit: 1_000 })
      await until(() => connection.reader.statistics().paused)
      await standstill(() => sent)
      expect(connection.reader.statistics().paused).toBe(true)
      expect(connection.reader.statistics().buffered).toBeLessThan(200_000)
      const more = sent + 200_000
      expect(await connection.reader.readExactly(more)).toHaveLength(more)
    }))

  it("STREAM-23: writeEof() ends one way, the other goes on", () =>
    run(async () => {
      await using server = await startServer(
        async (reader, writer) => {
          const all = await reader.read()
          writer.write(`got ${all.length}`)
        },
        { host: "127.0.0.1" },
      )
      await using connection = await openConnection({ host: "127.0.0.1", port: server.port })
      const { reader, writer } = connection
      expect(writer.canWriteEof()).toBe(true)
      writer.write(new Uint8Array(500_000))
      writer.writeEof()
      await writer.drain()
      expect(text(await reader.read())).toBe("got 500000")
    }))

  it("STREAM-24: close() sends what was written, ends the own reader, and waitClosed() waits for it", () =>
    run(async () => {
      let got = 0
      await using server = await startServer(
        async (reader) => {
          got = (await reader.read()).length
        },
        { host: "127.0.0.1" },
      )
      const { reader, writer } = await openConnection({ host: "127.0.0.1", port: server.port })
      const reading = createTask(() => reader.read(1))
      await sleep(0)
      writer.write(new Uint8Array(3_000_000))
      writer.close()
      expect(writer.isClosing()).toBe(true)
      expect(await reading).toHaveLength(0)
      await writer.waitClosed()
      await until(() => got === 3_000_000)
      writer.write("late")
      await expect(writer.drain()).rejects.toThrow(ConnectionResetError)
    }))

  it("STREAM-30: one that is never closed is named when its run ends, with the line that opened it", async () => {
    const told: { message: string; location?: string }[] = []
    const kept: { abort(): void }[] = []
    const server = createServer().listen(0, "127.0.0.1")
    await new Promise((listening) => server.once("listening", listening))
    const { port } = server.address() as { port: number }
    await run(async () => {
      getRunningLoop().setExceptionHandler((_, context) => void told.push(context))
      kept.push((await openConnection({ host: "127.0.0.1", port })).writer)
      const closed = await openConnection({ host: "127.0.0.1", port })
      closed.writer.close()
      await closed.writer.waitClosed()
    })
    expect(told.map(({ message }) => message)).toEqual([
      "A connection was never closed; it holds 1 open thing",
    ])
    expect(told[0]?.location).toMatch(/open-connection\.test\.ts/)
    for (const writer of kept) writer.abort()
    await new Promise((closed) => server.close(closed))
  })
})
