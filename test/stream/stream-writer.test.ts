// The writing end over a pair in memory: when drain waits, what a loss does, and how it closes.
import { describe, expect, it } from "vitest"
import {
  CancelledError,
  InvalidStateError,
  TimeoutError,
  cancelScope,
  createTask,
  gather,
  run,
  sleep,
} from "../../src/index.ts"
import { ConnectionResetError, memoryPair } from "../../src/stream/index.ts"
import type { StreamEnd } from "../../src/stream/index.ts"
import { now, runVirtual } from "../../src/testing/index.ts"
import { bytes, text } from "./bytes-text.ts"

const much = new Uint8Array(100_000)

/** A pair of which the first end has written more than the second takes without being read. */
function stuffed(): [StreamEnd, StreamEnd] {
  const [here, there] = memoryPair({ limit: 1_000 })
  for (let i = 0; i < 3; i += 1) here.writer.write(much)
  expect(here.writer.statistics().paused).toBe(true)
  return [here, there]
}

describe("write", () => {
  it("takes bytes, text and several pieces", () =>
    runVirtual(async () => {
      const [here, there] = memoryPair()
      here.writer.write(bytes("bytes "))
      here.writer.write("text äöü ")
      here.writer.writeLines(["one\n", bytes("two\n")])
      here.writer.write("")
      here.writer.writeEof()
      expect(text(await there.reader.read())).toBe("bytes text äöü one\ntwo\n")
    }))

  it("refuses what is neither bytes nor text", () => {
    const [{ writer }] = memoryPair()
    expect(() => writer.write(5 as never)).toThrow(TypeError)
    expect(() => writer.write(new ArrayBuffer(5) as never)).toThrow(TypeError)
  })

  it("what was written does not change when its bytes are used again", () =>
    runVirtual(async () => {
      const [here, there] = memoryPair()
      const piece = bytes("before")
      here.writer.write(piece)
      piece.fill(0)
      expect(text(await there.reader.readExactly(6))).toBe("before")
    }))
})

describe("drain", () => {
  it("STREAM-21: ten that wait go on together when there is room; without back-pressure it returns at once", () =>
    runVirtual(async () => {
      const [here, there] = stuffed()
      const drains = Array.from({ length: 10 }, () => createTask(() => here.writer.drain()))
      await sleep(1)
      expect(here.writer.statistics()).toEqual({ paused: true, waiting: 10, closing: false })
      expect(drains.some((task) => task.done())).toBe(false)
      await there.reader.readExactly(300_000)
      await gather(drains)
      const before = now()
      await here.writer.drain()
      expect(now()).toBe(before)
      expect(here.writer.statistics()).toEqual({ paused: false, waiting: 0, closing: false })
    }))

  it("STREAM-22: after a loss it throws; one that waits ends with what broke the connection", () =>
    runVirtual(async () => {
      const [here, there] = stuffed()
      const waiting = createTask(() => here.writer.drain())
      await sleep(1)
      there.writer.abort()
      await expect(Promise.resolve(waiting)).rejects.toThrow("The other side has broken the connection off")
      const later: unknown = await here.writer.drain().catch((error: unknown) => error)
      expect(later).toBeInstanceOf(ConnectionResetError)
      expect(later).toMatchObject({ code: "ECONNRESET", cause: { name: "ConnectionResetError" } })
      await expect(here.reader.read()).rejects.toThrow(ConnectionResetError)
    }))

  it("STREAM-22: one that waits goes on when the connection is closed in order", () =>
    runVirtual(async () => {
      const [here, there] = stuffed()
      const waiting = createTask(() => here.writer.drain())
      await sleep(1)
      here.writer.abort()
      await waiting
      expect(await there.reader.read().catch((error: unknown) => error)).toBeInstanceOf(ConnectionResetError)
    }))

  it("STREAM-22: a loop that writes to a side that has closed ends, and lets others run", () =>
    run(async () => {
      const [here, there] = memoryPair()
      let turns = 0
      const other = createTask(async () => {
        for (;;) {
          await sleep(0)
          turns += 1
          if (turns === 3) there.writer.close()
        }
      })
      const loop = async (): Promise<void> => {
        for (;;) {
          here.writer.write("more")
          await here.writer.drain()
          if (there.reader.statistics().buffered > 0) await there.reader.read(100)
        }
      }
      await expect(loop()).rejects.toThrow(ConnectionResetError)
      expect(turns).toBeGreaterThanOrEqual(3)
      other.cancel()
      await other.join().catch(() => {})
    }))

  it("cancelled, also in the turn in which there is room, it has lost nothing", () =>
    runVirtual(async () => {
      const [here, there] = stuffed()
      const early = createTask(() => here.writer.drain())
      const late = createTask(() => here.writer.drain())
      await sleep(1)
      early.cancel()
      await expect(Promise.resolve(early)).rejects.toThrow(CancelledError)
      expect(await there.reader.readExactly(300_000)).toHaveLength(300_000)
      late.cancel()
      await late.join().catch(() => {})
      here.writer.write("after")
      expect(text(await there.reader.readExactly(5))).toBe("after")
    }))

  it("takes a time limit and a signal", () =>
    runVirtual(async () => {
      const [here] = stuffed()
      await expect(here.writer.drain({ timeout: 10 })).rejects.toThrow(TimeoutError)
      await expect(here.writer.drain({ signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow(
        "enough",
      )
      expect(here.writer.statistics().waiting).toBe(0)
    }))
})

describe("the end", () => {
  it("STREAM-23: after writeEof() the other side is at its end, and this side still reads", () =>
    runVirtual(async () => {
      const [here, there] = memoryPair()
      expect(here.writer.canWriteEof()).toBe(true)
      here.writer.write("question")
      here.writer.writeEof()
      expect(text(await there.reader.read())).toBe("question")
      there.writer.write("answer")
      there.writer.close()
      expect(text(await here.reader.read())).toBe("answer")
      expect(() => here.writer.write("more")).toThrow(InvalidStateError)
    }))

  it("writeEof() comes after what is still on its way", () =>
    runVirtual(async () => {
      const [here, there] = stuffed()
      here.writer.writeEof()
      expect(await there.reader.read()).toHaveLength(300_000)
    }))

  it("STREAM-24: close() is told at once, the own reader is at its end, and waitClosed() waits for what was written", () =>
    runVirtual(async () => {
      const [here, there] = stuffed()
      const reading = createTask(() => here.reader.read(1))
      const closed = createTask(() => here.writer.waitClosed())
      await sleep(1)
      expect(here.writer.isClosing()).toBe(false)
      here.writer.close()
      here.writer.close()
      expect(here.writer.isClosing()).toBe(true)
      expect(await reading).toHaveLength(0)
      await sleep(1)
      expect(closed.done()).toBe(false)
      expect(await there.reader.read()).toHaveLength(300_000)
      await closed
      expect(String(here.writer)).toBe("<StreamWriter closed>")
    }))

  it("STREAM-24: write() after close() is dropped, and drain() throws", () =>
    runVirtual(async () => {
      const [here, there] = memoryPair()
      here.writer.write("before")
      here.writer.close()
      here.writer.write("after")
      await expect(here.writer.drain()).rejects.toThrow(ConnectionResetError)
      expect(text(await there.reader.read())).toBe("before")
    }))

  it("what the other side sent before it closed is read, whatever is written to it afterwards", () =>
    runVirtual(async () => {
      const [here, there] = memoryPair()
      there.writer.write("last words")
      there.writer.close()
      here.writer.write("too late")
      await expect(here.writer.drain()).rejects.toThrow(ConnectionResetError)
      expect(text(await here.reader.read())).toBe("last words")
    }))

  it("waitClosed() throws if something that was written was lost, and nobody was told", () =>
    runVirtual(async () => {
      const [here, there] = stuffed()
      here.writer.close()
      there.writer.abort()
      await expect(here.writer.waitClosed()).rejects.toThrow(ConnectionResetError)
      await here.writer.waitClosed()
      const [other, far] = memoryPair()
      far.writer.abort()
      await other.writer.waitClosed()
    }))

  it("waitClosed() takes limits, and a cancelled one leaves the closing alone", () =>
    runVirtual(async () => {
      const [here, there] = stuffed()
      here.writer.close()
      await expect(here.writer.waitClosed({ timeout: 5 })).rejects.toThrow(TimeoutError)
      const task = createTask(() => here.writer.waitClosed())
      await sleep(1)
      task.cancel()
      await expect(Promise.resolve(task)).rejects.toThrow(CancelledError)
      await there.reader.read()
      await here.writer.waitClosed()
    }))

  it("`await using` closes and waits; left by a cancel, it breaks off after a second", () =>
    runVirtual(async () => {
      const [here, there] = memoryPair()
      {
        await using writer = here.writer
        writer.write("all of it")
      }
      expect(text(await there.reader.read())).toBe("all of it")

      const [slow, silent] = stuffed()
      const before = now()
      await cancelScope(async (scope) => {
        await using _writer = slow.writer
        scope.cancel()
        await sleep(10)
      })
      expect(now() - before).toBe(1_000)
      await expect(silent.reader.read()).rejects.toThrow(ConnectionResetError)
    }))

  it("has nothing to start TLS on, and nothing to tell", async () => {
    const [{ writer }] = memoryPair()
    await expect(writer.startTls()).rejects.toThrow(InvalidStateError)
    expect(writer.getExtraInfo("peername")).toBe(undefined)
    expect(writer.getExtraInfo("peername", "nobody")).toBe("nobody")
  })
})
