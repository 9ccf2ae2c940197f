// Streams of bytes, cancelled at each of their waits: what was written is read once, by the victim or by who comes after.
import { expect } from "vitest"
import { sleep } from "../../src/index.ts"
import type { WaitOptions } from "../../src/index.ts"
import type { StreamReader } from "../../src/stream/index.ts"
import { WriteFlow, memoryPair, pipe } from "../../src/stream/index.ts"
import { bytes, text } from "../stream/bytes-text.ts"
import type { Scenario } from "./cancel-rig.ts"

/** The victim reads once; what it did not read must all be there afterwards. */
function reading(
  method: string,
  read: (reader: StreamReader, limits: WaitOptions) => Promise<Uint8Array>,
): Scenario {
  return {
    title: `StreamReader: ${method}`,
    names: [`StreamReader.${method}`],
    onSignal: "reason",
    stage: () => {
      const [here, there] = memoryPair({ limit: 8 })
      let got = ""
      return {
        victim: async (limits) => (got = text(await read(there.reader, limits))),
        beside: [
          async () => {
            for (const piece of ["one ", "two\n", "three; ", "four"]) {
              here.writer.write(piece)
              await sleep(1)
            }
            here.writer.writeEof()
          },
        ],
        after: async () => {
          expect(there.reader.statistics().waiting).toBe(0)
          expect(got + text(await there.reader.read())).toBe("one two\nthree; four")
        },
      }
    },
  }
}

export const cancelInStream: readonly Scenario[] = [
  reading("read", (reader, limits) => reader.read(100, limits)),
  reading("readLine", (reader, limits) => reader.readLine(limits)),
  reading("readExactly", (reader, limits) => reader.readExactly(10, limits)),
  reading("readUntil", (reader, limits) => reader.readUntil(["o\n", "never"], limits)),
  {
    ...reading("read", (reader, limits) => reader.read(-1, limits)),
    title: "StreamReader: read to the end",
  },
  {
    title: "StreamReader: lines",
    names: ["StreamReader.[Symbol.asyncIterator]"],
    stage: () => {
      const [here, there] = memoryPair()
      const got: string[] = []
      return {
        victim: async () => {
          for await (const line of there.reader) got.push(text(line))
          return got.length
        },
        beside: [
          async () => {
            for (const piece of ["one\n", "two\nthr", "ee\n", "four"]) {
              here.writer.write(piece)
              await sleep(1)
            }
            here.writer.close()
          },
        ],
        after: async () => {
          for await (const line of there.reader) got.push(text(line))
          expect(got).toEqual(["one\n", "two\n", "three\n", "four"])
        },
      }
    },
  },
  {
    title: "StreamWriter: drain",
    names: ["StreamWriter.drain"],
    onSignal: "reason",
    stage: () => {
      const [here, there] = memoryPair({ limit: 100 })
      let written = 0
      const write = async (limits: WaitOptions): Promise<void> => {
        here.writer.write(new Uint8Array(50_000))
        written += 50_000
        await here.writer.drain(limits)
      }
      return {
        victim: async (limits) => {
          for (let i = 0; i < 3; i += 1) await write(limits)
          return "written"
        },
        beside: [
          async () => {
            await sleep(2)
            while (there.reader.statistics().buffered > 0) {
              await there.reader.read(40_000)
              await sleep(1)
            }
          },
          () => write({}),
        ],
        after: async () => {
          here.writer.close()
          const rest = await there.reader.read()
          expect(rest.length).toBeLessThanOrEqual(written)
          expect(here.writer.statistics().waiting).toBe(0)
          await here.writer.waitClosed()
        },
      }
    },
  },
  {
    title: "StreamWriter: waitClosed",
    names: ["StreamWriter.waitClosed"],
    onSignal: "reason",
    stage: () => {
      const [here, there] = memoryPair({ limit: 100 })
      here.writer.write(new Uint8Array(1_000))
      here.writer.write(new Uint8Array(1_000))
      return {
        victim: async (limits) => {
          here.writer.close()
          await here.writer.waitClosed(limits)
          return "closed"
        },
        beside: [() => sleep(3).then(() => there.reader.read(5_000))],
        after: async () => {
          here.writer.close()
          await there.reader.read()
          await here.writer.waitClosed()
        },
      }
    },
  },
  {
    title: "StreamWriter: await using",
    names: ["StreamWriter.[Symbol.asyncDispose]"],
    stage: () => {
      const [here, there] = memoryPair()
      return {
        victim: async () => {
          await using writer = here.writer
          writer.write("hello")
          await sleep(2)
          return "left"
        },
        after: async () => {
          here.writer.close()
          await here.writer.waitClosed()
          expect(["", "hello"]).toContain(text(await there.reader.read()))
        },
      }
    },
  },
  {
    title: "pipe",
    names: ["pipe"],
    onSignal: "reason",
    stage: () => {
      const [source, from] = memoryPair({ limit: 4 })
      const [to, sink] = memoryPair({ limit: 4 })
      let got = ""
      return {
        victim: (limits) => pipe(from.reader, to.writer, { ...limits, end: "nothing" }),
        beside: [
          async () => {
            for (const piece of ["one ", "two ", "three "]) {
              source.writer.write(piece)
              await sleep(1)
            }
            source.writer.writeEof()
          },
          async () => {
            await sleep(2)
            got += text(await sink.reader.read(5, { timeout: 1 }).catch(() => bytes("")))
          },
        ],
        after: async () => {
          await pipe(from.reader, to.writer)
          expect(got + text(await sink.reader.read())).toBe("one two three ")
        },
      }
    },
  },
  {
    title: "WriteFlow: drain and the end",
    names: ["WriteFlow.drain", "WriteFlow.untilLost"],
    onSignal: "reason",
    stage: () => {
      const flow = new WriteFlow()
      flow.pause()
      return {
        victim: async (limits) => {
          await flow.drain(false, limits)
          await flow.untilLost(limits)
          return "lost"
        },
        beside: [
          () => flow.drain(false),
          async () => {
            await sleep(2)
            flow.resume()
            await sleep(2)
            flow.lose(null, false)
          },
        ],
        after: () => expect([flow.waiting, flow.isLost]).toEqual([0, true]),
      }
    },
  },
]
