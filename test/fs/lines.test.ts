import { createWriteStream, existsSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { Problem } from "../../src/index.ts"
import { collect, createTask, isCancelled, joinOnly, map, run, sleep, taskGroup } from "../../src/index.ts"
import { FileError, lines, temporaryDirectory } from "../../src/fs/index.ts"
import type { Wait } from "../../src/core/lowlevel.ts"
import { addInstrument } from "../../src/core/lowlevel.ts"
import { LineSplitter } from "../../src/fs/line-splitter.ts"
import { openFiles } from "./open-files.ts"

describe("lines()", () => {
  it.each([
    ["", []],
    ["\n", [""]],
    ["one", ["one"]],
    ["one\n", ["one"]],
    ["one\ntwo", ["one", "two"]],
    ["one\r\n\r\ntwo\r\n", ["one", "", "two"]],
    ["a\rb\nc\r\r\n", ["a\rb", "c\r"]],
    ["\uFEFFone\n\uFEFFtwo\n", ["one", "\uFEFFtwo"]],
    ["\uFEFF", [""]],
    ["grüße\n日本\n\u{1F600}", ["grüße", "日本", "\u{1F600}"]],
    ["a\u2028b\n", ["a\u2028b"]],
  ])("of %j", async (text, expected) => {
    await using folder = await temporaryDirectory()
    const path = join(folder.path, "file")
    writeFileSync(path, text)
    expect(await collect.array(lines(path))).toEqual(expected)
    expect(openFiles(folder.path)).toEqual([])
  })

  it("of a file of many chunks, with characters across their edges", async () => {
    await using folder = await temporaryDirectory()
    const path = join(folder.path, "file")
    const expected = Array.from({ length: 20_000 }, (_, i) => `${i} ${"é日\u{1F600}".repeat(i % 7)}`)
    expected[300] = "\u{1F600}".repeat(60_000)
    writeFileSync(path, expected.join("\n"))
    expect(await collect.array(lines(path))).toEqual(expected)
  })

  it("reads no more of the file than is asked for, and closes it when the loop is left", async () => {
    await using folder = await temporaryDirectory()
    const path = join(folder.path, "file")
    writeFileSync(path, "line\n".repeat(100_000))
    let count = 0
    for await (const line of lines(path)) {
      expect(line).toBe("line")
      count += 1
      if (count === 20_000) break
    }
    expect(openFiles(folder.path)).toEqual([])
    const thrown = new Error("thrown by the body")
    const reading = async (): Promise<void> => {
      for await (const _ of lines(path)) throw thrown
    }
    await expect(reading()).rejects.toBe(thrown)
    expect(openFiles(folder.path)).toEqual([])
  })

  it("gives as many as there are at a time, and the rest of them after single ones", async () => {
    await using folder = await temporaryDirectory()
    const path = join(folder.path, "file")
    const expected = Array.from({ length: 50_000 }, (_, i) => `line ${i}`)
    writeFileSync(path, expected.join("\r\n"))
    const batches = await collect.array(lines(path).batches())
    expect(batches.length).toBeLessThan(50)
    expect(batches.flat()).toEqual(expected)
    const mixed = lines(path)
    expect((await mixed.next()).value).toBe("line 0")
    for await (const batch of mixed.batches()) {
      expect(batch[0]).toBe("line 1")
      break
    }
    expect(openFiles(folder.path)).toEqual([])
    expect(await mixed.next()).toEqual({ done: true, value: undefined })
    await expect(collect.array(lines("/no/such/file").batches())).rejects.toMatchObject({ code: "ENOENT" })
  })

  it("opens nothing before the first line is asked for", async () => {
    const unread = lines("/no/such/file")
    await unread.return?.()
    expect(await unread.next()).toEqual({ done: true, value: undefined })
  })

  it("is over after an error, which says what could not be read", async () => {
    await using folder = await temporaryDirectory()
    mkdirSync(join(folder.path, "below"))
    const reader = lines(join(folder.path, "below"))
    await expect(reader.next()).rejects.toThrow(/below: it is a directory/)
    expect(await reader.next()).toEqual({ done: true, value: undefined })
    await expect(collect.array(lines(join(folder.path, "absent")))).rejects.toMatchObject({ code: "ENOENT" })
    expect(openFiles(folder.path)).toEqual([])
  })

  it("gives each line once, in the order of asking, to those who share them", async () => {
    await using folder = await temporaryDirectory()
    const path = join(folder.path, "file")
    const expected = Array.from({ length: 30_000 }, (_, i) => `line ${i}`)
    writeFileSync(path, expected.join("\n"))
    const reader = lines(path)
    const asked = Array.from({ length: 30_002 }, () => reader.next())
    const steps = await Promise.all(asked)
    expect(steps.slice(0, 30_000).map(({ value }) => value as string)).toEqual(expected)
    expect(steps.slice(30_000).map(({ done }) => done)).toEqual([true, true])
    expect(openFiles(folder.path)).toEqual([])
  })

  it("can be left by one task while another asks, also in the turn in which the file is open", async () => {
    await using folder = await temporaryDirectory()
    const path = join(folder.path, "file")
    writeFileSync(path, "line\n".repeat(100_000))
    for (const nth of [1, 2]) {
      const reader = lines(path)
      let [parked, left] = [0, Promise.resolve() as Promise<unknown>]
      const unwatch = addInstrument({
        waitParked: (parking) => {
          const wait = parking as Wait
          parked += 1
          if (wait.kind !== "disk" || parked !== nth) return
          const { wake } = wait
          wait.wake = (value) => {
            wake.call(wait, value)
            left = reader.return?.() ?? left
          }
        },
      })
      await reader.next()
      unwatch()
      await left
      expect(openFiles(folder.path)).toEqual([])
      expect(await reader.next()).toEqual({ done: true, value: undefined })
    }
  })

  it("closes the file, whenever between opening it and the first line it is left", async () => {
    await using folder = await temporaryDirectory()
    const path = join(folder.path, "file")
    writeFileSync(path, "line\n")
    for (let round = 0; round < 200; round += 1) {
      const reader = lines(path)
      const asked = reader.next()
      for (let i = 0; i < round % 20; i += 1) await sleep(0)
      await reader.return?.()
      await asked
      expect(openFiles(folder.path)).toEqual([])
    }
  })

  it("ends with a line that is too long, after those before it", async () => {
    await using folder = await temporaryDirectory()
    const path = join(folder.path, "file")
    for (const length of [11, 70_000, 300_000]) {
      writeFileSync(path, `one\ntwo\n${"x".repeat(length)}\nfour\n`)
      const found: string[] = []
      const reading = async (): Promise<void> => {
        for await (const line of lines(path, { maxLineBytes: 10 })) found.push(line)
      }
      const error = await reading().catch((thrown: unknown) => thrown)
      expect(error).toBeInstanceOf(FileError)
      expect(error).toMatchObject({
        code: "E_FS_LINE_TOO_LONG",
        message: `Cannot read ${path}: line 3 is longer than 10 bytes (\`maxLineBytes\`)`,
      })
      expect(found).toEqual(["one", "two"])
      expect(openFiles(folder.path)).toEqual([])
    }
    writeFileSync(path, `${"x".repeat(10)}\n${"é".repeat(5)}`)
    expect(await collect.array(lines(path, { maxLineBytes: 10 }))).toHaveLength(2)
    writeFileSync(path, `é${"x".repeat(9)}`)
    await expect(collect.array(lines(path, { maxLineBytes: 10 }))).rejects.toThrow("line 1 is longer")
  })

  it.each([0, 1.5, Number.NaN, "1"])("refuses a longest line of %j", (maxLineBytes) => {
    expect(() => lines("x", { maxLineBytes: maxLineBytes as number })).toThrow(/maxLineBytes/)
  })

  it("refuses wrong limits where it is made", () => {
    expect(() => lines("x", { timeout: Number.NaN })).toThrow(RangeError)
    expect(() => lines("x", { signal: {} as AbortSignal })).toThrow(TypeError)
    expect(() => lines(7 as unknown as string)).toThrow(TypeError)
  })

  it("keeps to a limit of time for the whole, its consumer's included", async () => {
    await using folder = await temporaryDirectory()
    const path = join(folder.path, "file")
    writeFileSync(path, "line\n".repeat(100_000))
    let count = 0
    const reading = async (): Promise<void> => {
      for await (const _ of lines(path, { timeout: 30 })) {
        count += 1
        if (count % 10_000 === 0) await sleep(20)
      }
    }
    await expect(reading()).rejects.toThrow(`Cannot read ${path}: it took longer than 30 ms`)
    expect(openFiles(folder.path)).toEqual([])
  })

  it("can be cancelled between two chunks, also by a signal", async () => {
    await using folder = await temporaryDirectory()
    const path = join(folder.path, "file")
    writeFileSync(path, "line\n".repeat(100_000))
    await run(async () => {
      let count = 0
      const task = createTask(async () => {
        for await (const _ of lines(path)) if (++count === 100) task.cancel("enough")
      })
      await expect(task).rejects.toMatchObject({ reason: "enough" })
      expect(count).toBeLessThan(30_000)
      expect(openFiles(folder.path)).toEqual([])
    })
    const controller = new AbortController()
    const reading = async (): Promise<void> => {
      for await (const _ of lines(path, { signal: controller.signal })) controller.abort("no more")
    }
    await expect(reading()).rejects.toBe("no more")
    expect(openFiles(folder.path)).toEqual([])
  })

  it("lets others run while a file is read", async () => {
    await using folder = await temporaryDirectory()
    const path = join(folder.path, "file")
    writeFileSync(path, "line\n".repeat(300_000))
    await run(async () => {
      let turns = 0
      await taskGroup(async (group) => {
        const reading = group.createTask(async () => {
          for await (const _ of lines(path));
        })
        while (!reading.done()) {
          await sleep(0)
          turns += 1
        }
      })
      expect(turns).toBeGreaterThan(10)
    })
  })

  it("feeds map, with a consumer that is slower than the disk", async () => {
    await using folder = await temporaryDirectory()
    const path = join(folder.path, "file")
    writeFileSync(path, Array.from({ length: 50 }, (_, i) => i).join("\n"))
    await run(async () => {
      const doubled = map(lines(path), async (line) => sleep(1, Number(line) * 2), { concurrency: 4 })
      expect(await collect.array(doubled)).toEqual(Array.from({ length: 50 }, (_, i) => i * 2))
    })
  })

  it("is named when its run ends before it was closed", async () => {
    await using folder = await temporaryDirectory()
    const path = join(folder.path, "file")
    writeFileSync(path, "line\n".repeat(100_000))
    const problems: Problem[] = []
    const reader = await run(
      async () => {
        const open = lines(path)
        await open.next()
        return [open]
      },
      { onProblem: (problem) => void problems.push(problem) },
    )
    expect(problems.map(({ message }) => message)).toEqual([
      `The iteration over the lines of ${path} was never closed; it holds 1 open thing`,
    ])
    await reader[0]?.return?.()
  })

  it("reads what is still being written, through a FIFO, and the standard input", async () => {
    if (process.platform === "win32") return
    await using folder = await temporaryDirectory()
    const path = join(folder.path, "fifo")
    const { execFileSync } = await import("node:child_process")
    execFileSync("mkfifo", [path])
    expect(existsSync(path)).toBe(true)
    const [found] = await run(() =>
      taskGroup(async (group) => {
        const reading = group.createTask(() => collect.array(lines(path)))
        const writer = createWriteStream(path)
        writer.write("on")
        await sleep(5)
        writer.write("e\ntw")
        await sleep(5)
        writer.end("o\n")
        return [await reading]
      }),
    )
    expect(found).toEqual(["one", "two"])
  })

  it("a cancel of a reader of a FIFO is not lost", async () => {
    if (process.platform === "win32") return
    await using folder = await temporaryDirectory()
    const path = join(folder.path, "fifo")
    const { execFileSync } = await import("node:child_process")
    execFileSync("mkfifo", [path])
    await run(
      async () => {
        const task = createTask(() => collect.array(lines(path)))
        await sleep(5)
        task.cancel()
        const error = await joinOnly(task).catch((thrown: unknown) => thrown)
        expect(isCancelled(error)).toBe(true)
      },
      { patience: 40, onProblem: () => {} },
    )
    writeFileSync(path, "")
    while (openFiles(path).length > 0) await sleep(1)
  })
})

describe("LineSplitter", () => {
  it("gives the lines of a text, wherever it is cut into chunks", () => {
    const text = fc
      .array(fc.constantFrom("\n", "\r\n", "a", "é", "日", "\u{1F600}", "\uFEFF", ""))
      .map((parts) => parts.join(""))
    fc.assert(
      fc.property(text, fc.array(fc.nat(20)), (whole, cuts) => {
        const bytes = Buffer.from(whole)
        const splitter = new LineSplitter(1_000_000)
        const found: string[] = []
        let from = 0
        for (const length of cuts) {
          found.push(...splitter.feed(bytes.subarray(from, from + length)))
          from += length
        }
        found.push(...splitter.feed(bytes.subarray(from)), ...splitter.end())
        const expected = whole.replace(/^\uFEFF/, "").split("\n")
        if (expected.at(-1) === "" && !(expected.length === 1 && whole !== "")) expected.pop()
        expect(found).toEqual(expected.map((line) => line.replace(/\r$/, "")))
      }),
    )
  })
})
