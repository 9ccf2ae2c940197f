// The reading end: what each read gives, waits for, refuses and leaves behind.
import { describe, expect, it } from "vitest"
import { CancelledError, InvalidStateError, TimeoutError, createTask, run, sleep } from "../../src/index.ts"
import { IncompleteReadError, LimitOverrunError, StreamReader } from "../../src/stream/index.ts"
import { runVirtual } from "../../src/testing/index.ts"
import { bytes, text } from "./bytes-text.ts"

/** A reader into which `pieces` were fed, and the end as well. */
function fed(...pieces: string[]): StreamReader {
  const reader = new StreamReader()
  for (const piece of pieces) reader.feedData(bytes(piece))
  reader.feedEof()
  return reader
}

describe("read", () => {
  it("STREAM-01: gives at most n of what is there, without waiting, and leaves the rest", () =>
    runVirtual(async () => {
      const reader = new StreamReader()
      reader.feedData(bytes("hello "))
      reader.feedData(bytes("world"))
      expect(text(await reader.read(3))).toBe("hel")
      expect(text(await reader.read(5))).toBe("lo wo")
      expect(text(await reader.read(100))).toBe("rld")
      expect(await reader.read(0)).toEqual(new Uint8Array(0))
    }))

  it("STREAM-03: waits for data or the end that comes later", () =>
    runVirtual(async () => {
      const reader = new StreamReader()
      const first = createTask(() => reader.read(100))
      await sleep(1)
      expect(first.done()).toBe(false)
      expect(first.waitingOn?.kind).toBe("stream read")
      reader.feedData(bytes("data"))
      expect(text(await first)).toBe("data")
      const second = createTask(() => reader.read(100))
      await sleep(1)
      reader.feedEof()
      expect(await second).toHaveLength(0)
    }))

  it("without a number, or with -1, gives everything up to the end", () =>
    runVirtual(async () => {
      const reader = new StreamReader({ limit: 2 })
      const all = createTask(() => reader.read())
      for (const piece of ["one ", "two ", "three"]) {
        await sleep(1)
        reader.feedData(bytes(piece))
      }
      reader.feedEof()
      expect(text(await all)).toBe("one two three")
      expect(await reader.read(-1)).toHaveLength(0)
    }))

  it("refuses a number that is none of bytes", async () => {
    const reader = fed("data")
    for (const n of [-2, 1.5, NaN, Infinity]) await expect(reader.read(n)).rejects.toThrow(RangeError)
    await expect(reader.read("3" as never)).rejects.toThrow(TypeError)
    expect(text(await reader.read())).toBe("data")
  })

  it("gives plain Uint8Arrays, whatever was fed in", async () => {
    const reader = new StreamReader()
    reader.feedData(Buffer.from("a line\nand more of the same\n"))
    reader.feedData(Buffer.from("x".repeat(10_000)))
    reader.feedEof()
    const given = [
      await reader.readLine(),
      await reader.read(4),
      await reader.readExactly(9_000),
      await reader.read(),
    ]
    expect(given.map((one) => one.constructor)).toEqual(given.map(() => Uint8Array))
  })

  it("a short line that is kept does not keep the chunk it came in", async () => {
    const reader = new StreamReader()
    reader.feedData(bytes(`short\n${"x".repeat(60_000)}`))
    expect((await reader.readLine()).buffer.byteLength).toBe(6)
  })
})

describe("readLine", () => {
  it("STREAM-04: gives up to and including the newline, assembled from chunks, and the rest at the end", () =>
    runVirtual(async () => {
      const reader = new StreamReader()
      const line = createTask(() => reader.readLine())
      for (const piece of ["chunk1 ", "chunk2 ", "chunk3 \nchunk4"]) {
        await sleep(1)
        reader.feedData(bytes(piece))
      }
      expect(text(await line)).toBe("chunk1 chunk2 chunk3 \n")
      reader.feedEof()
      expect(text(await reader.readLine())).toBe("chunk4")
      expect(await reader.readLine()).toHaveLength(0)
    }))

  it("STREAM-09: of a line that is too long, drops it if its newline is there, and else all", async () => {
    const withNewline = new StreamReader({ limit: 3 })
    withNewline.feedData(bytes("li"))
    withNewline.feedData(bytes("ne1\nline2\n"))
    await expect(withNewline.readLine()).rejects.toThrow(RangeError)
    expect(text(await withNewline.readExactly(6))).toBe("line2\n")

    const without = new StreamReader({ limit: 3 })
    without.feedData(bytes("line1 and more"))
    const error: unknown = await without.readLine().catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(RangeError)
    expect((error as Error).cause).toBeInstanceOf(LimitOverrunError)
    without.feedData(bytes("x\n"))
    expect(text(await without.readLine())).toBe("x\n")
  })

  it("STREAM-09: the limit is for the line without its newline: 7 bytes pass a limit of 7, 8 do not", async () => {
    const reader = new StreamReader({ limit: 7 })
    reader.feedData(bytes("1234567\n12345678\n"))
    expect(text(await reader.readLine())).toBe("1234567\n")
    await expect(reader.readLine()).rejects.toThrow(
      "Cannot read a line: the newline comes after 8 bytes, the limit is 7; it was dropped: give the reader a larger `limit`",
    )
  })
})

describe("readExactly", () => {
  it("STREAM-05: gives n bytes, waiting for them, and none for 0", () =>
    runVirtual(async () => {
      const reader = new StreamReader({ limit: 3 })
      const eight = createTask(() => reader.readExactly(8))
      for (const piece of ["one", "two", "three"]) {
        await sleep(1)
        reader.feedData(bytes(piece))
      }
      expect(text(await eight)).toBe("onetwoth")
      expect(await reader.readExactly(0)).toHaveLength(0)
      expect(text(await reader.read(9))).toBe("ree")
    }))

  it("STREAM-05: at the end throws with what came, and the buffer is empty", async () => {
    const reader = fed("part")
    const error: unknown = await reader.readExactly(10).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(IncompleteReadError)
    const { partial, expected, message } = error as IncompleteReadError
    expect([text(partial), expected]).toEqual(["part", 10])
    expect(message).toBe("Cannot read 10 bytes: the stream ended after 4 bytes")
    expect(reader.atEof()).toBe(true)
    expect(await reader.readExactly(0)).toHaveLength(0)
  })

  it("STREAM-05: a number below 0 is refused, and the buffer kept", async () => {
    const reader = fed("data")
    await expect(reader.readExactly(-1)).rejects.toThrow(RangeError)
    expect(text(await reader.read())).toBe("data")
  })
})

describe("readUntil", () => {
  it("STREAM-06: gives data with the separator, also one that lies across chunks", () =>
    runVirtual(async () => {
      const reader = new StreamReader()
      const part = createTask(() => reader.readUntil(bytes("aaa")))
      for (const piece of ["data", "xa", "a", "abc"]) {
        await sleep(1)
        reader.feedData(bytes(piece))
      }
      expect(text(await part)).toBe("dataxaaa")
      expect(text(await reader.read(10))).toBe("bc")
    }))

  it("STREAM-07: at the end without a separator throws with all that came, and the buffer is empty", async () => {
    const reader = fed("some data")
    const error: unknown = await reader.readUntil("\n").catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(IncompleteReadError)
    expect([text((error as IncompleteReadError).partial), (error as IncompleteReadError).expected]).toEqual([
      "some data",
      null,
    ])
    expect(reader.atEof()).toBe(true)
  })

  it("STREAM-08: throws beyond the limit, found or not, and keeps the data; read and readExactly know no limit", async () => {
    const reader = new StreamReader({ limit: 5 })
    reader.feedData(bytes("1234567"))
    const notFound: unknown = await reader.readUntil("AA").catch((thrown: unknown) => thrown)
    expect(notFound).toBeInstanceOf(LimitOverrunError)
    expect((notFound as LimitOverrunError).consumed).toBe(6)
    reader.feedData(bytes("AA89"))
    const found: unknown = await reader.readUntil("AA").catch((thrown: unknown) => thrown)
    expect((found as LimitOverrunError).consumed).toBe(7)
    expect((found as LimitOverrunError).message).toBe(
      "Cannot read until a separator: the separator comes after 7 bytes, the limit is 5",
    )
    expect(text(await reader.readExactly(8))).toBe("1234567A")
    expect(text(await reader.read(100))).toBe("A89")
  })

  it("STREAM-08: a wait that goes beyond the limit ends with the error", () =>
    runVirtual(async () => {
      const reader = new StreamReader({ limit: 5 })
      const part = createTask(() => reader.readUntil("!"))
      await sleep(1)
      reader.feedData(bytes("12345"))
      await sleep(1)
      expect(part.done()).toBe(false)
      reader.feedData(bytes("6"))
      await expect(Promise.resolve(part)).rejects.toThrow(LimitOverrunError)
      expect(text(await reader.read(10))).toBe("123456")
    }))

  it("STREAM-10: of several separators the match that ends first counts, even if it is longer", async () => {
    const reader = fed("some data 123xyz rest")
    expect(text(await reader.readUntil(["z rest", "123xy"]))).toBe("some data 123xy")
    expect(text(await reader.readUntil([bytes("st"), " re"]))).toBe("z re")
    const crossing = new StreamReader()
    for (const piece of ["..a", "b", "cd.."]) crossing.feedData(bytes(piece))
    expect(text(await crossing.readUntil(["bcd", "abc"]))).toBe("..abc")
  })

  it("STREAM-10: of two matches that end together the shorter counts, also across chunks", async () => {
    for (const pieces of [["aab"], ["a", "a", "b"]]) {
      const reader = new StreamReader({ limit: 1 })
      for (const piece of pieces) reader.feedData(bytes(piece))
      const error: unknown = await reader.readUntil(["ab", "b"]).catch((thrown: unknown) => thrown)
      expect((error as LimitOverrunError).consumed).toBe(2)
    }
  })

  it("STREAM-10: no separator, an empty one, and what is none are refused", async () => {
    const reader = fed("data")
    await expect(reader.readUntil([])).rejects.toThrow(RangeError)
    await expect(reader.readUntil("")).rejects.toThrow(RangeError)
    await expect(reader.readUntil(["x", new Uint8Array(0)])).rejects.toThrow(RangeError)
    await expect(reader.readUntil(10 as never)).rejects.toThrow(TypeError)
  })
})

describe("the end and errors", () => {
  it("STREAM-12: atEof() is true only when the end was fed in and all was read", async () => {
    const reader = new StreamReader()
    expect(reader.atEof()).toBe(false)
    reader.feedData(bytes("data\n"))
    expect(reader.atEof()).toBe(false)
    reader.feedEof()
    expect(reader.atEof()).toBe(false)
    await reader.readLine()
    expect(reader.atEof()).toBe(true)
  })

  it("STREAM-13: an exception ends the pending read and all later ones, also with data buffered", () =>
    runVirtual(async () => {
      const reader = new StreamReader()
      expect(reader.exception()).toBe(null)
      const pending = createTask(() => reader.readExactly(100))
      await sleep(1)
      reader.feedData(bytes("line\n"))
      const error = new Error("broken")
      reader.setException(error)
      await expect(Promise.resolve(pending)).rejects.toBe(error)
      expect(reader.exception()).toBe(error)
      const reads = [
        () => reader.read(1),
        () => reader.readLine(),
        () => reader.readExactly(1),
        () => reader.readUntil(),
      ]
      for (const read of reads) await expect(read()).rejects.toBe(error)
    }))

  it("STREAM-13: an exception in the turn in which the data came wins", () =>
    runVirtual(async () => {
      const reader = new StreamReader()
      const pending = createTask(() => reader.read(10))
      await sleep(1)
      reader.feedData(bytes("data"))
      reader.setException(new Error("broken"))
      await expect(Promise.resolve(pending)).rejects.toThrow("broken")
    }))

  it("STREAM-14: while one task reads, a second read is refused", () =>
    runVirtual(async () => {
      const reader = new StreamReader()
      const first = createTask(() => reader.readLine())
      await sleep(1)
      for (const read of [
        () => reader.read(1),
        () => reader.read(),
        () => reader.readLine(),
        () => reader.readUntil("x"),
      ])
        await expect(read()).rejects.toThrow(InvalidStateError)
      reader.feedData(bytes("line\n"))
      await expect(reader.read(1)).rejects.toThrow("another task is reading")
      expect(text(await first)).toBe("line\n")
    }))

  it("STREAM-18: data after the end is refused, no data is nothing", () => {
    const reader = new StreamReader()
    reader.feedData(new Uint8Array(0))
    expect(reader.statistics().buffered).toBe(0)
    reader.feedEof()
    reader.feedEof()
    expect(() => reader.feedData(bytes("late"))).toThrow(InvalidStateError)
    expect(() => reader.feedData("text" as never)).toThrow(TypeError)
  })

  it("STREAM-19: as text tells bytes, end, a limit of its own, who waits, exception and transport", () =>
    runVirtual(async () => {
      expect(String(new StreamReader())).toBe("<StreamReader>")
      const reader = new StreamReader({ limit: 123 })
      expect(String(reader)).toBe("<StreamReader limit=123>")
      const tube = { pauseReading() {}, resumeReading() {}, toString: () => "<tube>" }
      reader.setTransport(tube)
      const waiting = createTask(() => reader.readExactly(9))
      await sleep(1)
      reader.feedData(bytes("data"))
      expect(String(reader)).toBe("<StreamReader 4 bytes limit=123 waiter transport=<tube>>")
      reader.feedEof()
      await waiting.join().catch(() => {})
      reader.setException(new Error("broken"))
      expect(String(reader)).toBe("<StreamReader eof limit=123 exception=Error: broken transport=<tube>>")
    }))

  it("refuses a limit that is none, and a second transport", () => {
    for (const limit of [0, -1, NaN]) expect(() => new StreamReader({ limit })).toThrow(RangeError)
    expect(() => new StreamReader({ limit: "1" as never })).toThrow(TypeError)
    const reader = new StreamReader()
    const transport = { pauseReading: () => {}, resumeReading: () => {} }
    reader.setTransport(transport)
    expect(() => reader.setTransport(transport)).toThrow(InvalidStateError)
  })
})

describe("cancelled and limited", () => {
  it("STREAM-15: a cancelled read has taken nothing, and a later exception does no harm", () =>
    runVirtual(async () => {
      const reader = new StreamReader()
      const reads = [
        () => reader.readExactly(9),
        () => reader.readLine(),
        () => reader.readUntil("xyz"),
        () => reader.read(),
      ]
      for (const read of reads) {
        const task = createTask(read)
        await sleep(1)
        reader.feedData(bytes("ab"))
        await sleep(1)
        task.cancel()
        await expect(Promise.resolve(task)).rejects.toThrow(CancelledError)
      }
      expect(text(await reader.read(100))).toBe("abababab")
      reader.setException(new Error("broken"))
      await expect(reader.read(1)).rejects.toThrow("broken")
    }))

  it("STREAM-15: so has one that is cancelled in the turn in which its data came", () =>
    runVirtual(async () => {
      const reader = new StreamReader()
      const task = createTask(() => reader.readLine())
      await sleep(1)
      reader.feedData(bytes("line\n"))
      task.cancel()
      await expect(Promise.resolve(task)).rejects.toThrow(CancelledError)
      expect(text(await reader.readLine())).toBe("line\n")
    }))

  it("each read takes a time limit and a signal, and takes nothing if they end it", () =>
    runVirtual(async () => {
      const reader = new StreamReader()
      reader.feedData(bytes("ab"))
      const reads = [
        (limits: object) => reader.read(-1, limits),
        (limits: object) => reader.readLine(limits),
        (limits: object) => reader.readExactly(9, limits),
        (limits: object) => reader.readUntil("xyz", limits),
      ]
      for (const read of reads) {
        await expect(read({ timeout: 10 })).rejects.toThrow(TimeoutError)
        const abort = new AbortController()
        const waiting = read({ signal: abort.signal })
        abort.abort(new Error("enough"))
        await expect(waiting).rejects.toThrow("enough")
        await expect(read({ signal: abort.signal })).rejects.toThrow("enough")
        await expect(read({ timeout: NaN })).rejects.toThrow(RangeError)
      }
      expect(text(await reader.read(100))).toBe("ab")
    }))
})

describe("iteration", () => {
  it("STREAM-16: gives lines until the end, the last one without a newline", async () => {
    const lines: string[] = []
    for await (const line of fed("one\ntw", "o\n", "\nlast")) lines.push(text(line))
    expect(lines).toEqual(["one\n", "two\n", "\n", "last"])
  })

  it("leaving the loop leaves the rest in the reader", async () => {
    const reader = fed("one\ntwo\nthree\n")
    for await (const line of reader) if (text(line) === "one\n") break
    expect(text(await reader.read())).toBe("two\nthree\n")
  })
})

describe("back-pressure", () => {
  /** A reader whose transport notes what it was asked. */
  function watched(limit: number): { reader: StreamReader; asked: string[] } {
    const reader = new StreamReader({ limit })
    const asked: string[] = []
    reader.setTransport({
      pauseReading: () => asked.push("pause"),
      resumeReading: () => asked.push("resume"),
    })
    return { reader, asked }
  }

  it("pauses when more than twice the limit is buffered, and goes on once it is read down to the limit", async () => {
    const { reader, asked } = watched(4)
    reader.feedData(bytes("12345678"))
    expect(asked).toEqual([])
    reader.feedData(bytes("9"))
    expect([asked, reader.statistics().paused]).toEqual([["pause"], true])
    reader.feedData(bytes("more"))
    expect(asked).toEqual(["pause"])
    await reader.read(8)
    expect(asked).toEqual(["pause"])
    await reader.read(1)
    expect([asked, reader.statistics().paused]).toEqual([["pause", "resume"], false])
  })

  it("does not pause while somebody waits for more, and does when that one leaves", () =>
    runVirtual(async () => {
      const { reader, asked } = watched(2)
      const large = createTask(() => reader.readExactly(100))
      await sleep(1)
      reader.feedData(bytes("x".repeat(50)))
      expect(asked).toEqual([])
      large.cancel()
      expect(asked).toEqual(["pause"])
      await large.join().catch(() => {})
      const again = createTask(() => reader.readExactly(100))
      await sleep(1)
      expect(asked).toEqual(["pause", "resume"])
      reader.feedData(bytes("x".repeat(50)))
      expect(await again).toHaveLength(100)
    }))

  it("pauses if a read is cancelled after its data came", () =>
    runVirtual(async () => {
      const { reader, asked } = watched(2)
      const large = createTask(() => reader.readExactly(100))
      await sleep(1)
      reader.feedData(bytes("x".repeat(100)))
      large.cancel()
      await large.join().catch(() => {})
      expect(asked).toEqual(["pause"])
    }))

  it("pauses a transport that comes after the data", () => {
    const reader = new StreamReader({ limit: 1 })
    reader.feedData(bytes("123"))
    const asked: string[] = []
    reader.setTransport({ pauseReading: () => asked.push("pause"), resumeReading() {} })
    expect(asked).toEqual(["pause"])
  })
})

describe("fairness", () => {
  it("a loop over lines that are there lets others run", () =>
    run(async () => {
      const reader = new StreamReader()
      let turns = 0
      const other = createTask(async () => {
        for (;;) {
          await sleep(0)
          turns += 1
        }
      })
      reader.feedData(bytes("line\n".repeat(50_000)))
      reader.feedEof()
      let count = 0
      for await (const _ of reader) count += 1
      expect(count).toBe(50_000)
      expect(turns).toBeGreaterThan(0)
      other.cancel()
      await other.join().catch(() => {})
    }))
})
