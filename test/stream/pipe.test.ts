// From a reader to a writer: all of it, as fast as it is taken, and nothing lost by a cancel.
import { describe, expect, it } from "vitest"
import { CancelledError, InvalidStateError, TimeoutError, createTask, sleep } from "../../src/index.ts"
import { ConnectionResetError, memoryPair, pipe } from "../../src/stream/index.ts"
import { runVirtual } from "../../src/testing/index.ts"
import { text } from "./bytes-text.ts"

describe("pipe", () => {
  it("copies to the end, counts, and passes the end on", () =>
    runVirtual(async () => {
      const [source, from] = memoryPair()
      const [to, sink] = memoryPair()
      const copying = createTask(() => pipe(from.reader, to.writer))
      for (const piece of ["one ", "two ", "three"]) {
        source.writer.write(piece)
        await sleep(1)
      }
      source.writer.writeEof()
      expect(await copying).toBe(13)
      expect(text(await sink.reader.read())).toBe("one two three")
      expect(to.writer.isClosing()).toBe(false)
    }))

  it("closes, or does nothing, if told so", () =>
    runVirtual(async () => {
      for (const end of ["close", "nothing"] as const) {
        const [source, from] = memoryPair()
        const [to, sink] = memoryPair()
        source.writer.write("x")
        source.writer.close()
        await pipe(from.reader, to.writer, { end })
        expect(to.writer.isClosing()).toBe(end === "close")
        expect(text(await sink.reader.readExactly(1))).toBe("x")
        expect(sink.reader.atEof()).toBe(end === "close")
      }
    }))

  it("slows the source down when nobody reads at the far end", () =>
    runVirtual(async () => {
      const [source, from] = memoryPair({ limit: 1_000 })
      const [to, sink] = memoryPair({ limit: 1_000 })
      const copying = createTask(() => pipe(from.reader, to.writer))
      let written = 0
      const writing = createTask(async () => {
        while (written < 10_000_000) {
          source.writer.write(new Uint8Array(10_000))
          written += 10_000
          await source.writer.drain()
        }
        source.writer.writeEof()
      })
      await sleep(1)
      expect(written).toBeLessThan(500_000)
      expect(await sink.reader.read()).toHaveLength(10_000_000)
      await writing
      expect(await copying).toBe(10_000_000)
    }))

  it("cancelled at any moment, each byte is either with the writer or still in the reader", () =>
    runVirtual(async () => {
      for (let moment = 0; moment < 20; moment += 1) {
        const [source, from] = memoryPair({ limit: 10 })
        const [to, sink] = memoryPair({ limit: 10 })
        const feeding = createTask(async () => {
          for (let i = 0; i < 10; i += 1) {
            source.writer.write(String(i))
            await sleep(1)
          }
          source.writer.writeEof()
        })
        const copying = createTask(() => pipe(from.reader, to.writer))
        await sleep(moment / 2)
        copying.cancel()
        await copying.join().catch(() => {})
        await feeding
        await pipe(from.reader, to.writer)
        expect(text(await sink.reader.read())).toBe("0123456789")
      }
    }))

  it("its time limit is for all of it, and its signal ends it", () =>
    runVirtual(async () => {
      const [source, from] = memoryPair()
      const [to] = memoryPair()
      const feeding = createTask(async () => {
        for (;;) {
          source.writer.write("x")
          await sleep(10)
        }
      })
      await expect(pipe(from.reader, to.writer, { timeout: 35 })).rejects.toThrow(TimeoutError)
      const abort = new AbortController()
      const copying = pipe(from.reader, to.writer, { signal: abort.signal })
      abort.abort(new Error("enough"))
      await expect(copying).rejects.toThrow("enough")
      feeding.cancel()
      await expect(Promise.resolve(feeding)).rejects.toThrow(CancelledError)
    }))

  it("throws what either side throws", () =>
    runVirtual(async () => {
      const [source, from] = memoryPair()
      const [to, sink] = memoryPair()
      source.writer.write("x")
      sink.writer.abort()
      await expect(pipe(from.reader, to.writer)).rejects.toThrow(ConnectionResetError)
      const reading = createTask(() => from.reader.readExactly(5))
      await sleep(1)
      await expect(pipe(from.reader, to.writer)).rejects.toThrow(InvalidStateError)
      source.writer.abort()
      await expect(Promise.resolve(reading)).rejects.toThrow(ConnectionResetError)
    }))
})
