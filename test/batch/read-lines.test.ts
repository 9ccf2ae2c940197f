// Lines of a file, whatever ends them and wherever a chunk is cut.

import { mkdtemp, open, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { countLines } from "../../src/batch/count-lines.ts"
import { fileChunks, readLines, type Line, type ReadLinesOptions } from "../../src/batch/read-lines.ts"

let folder = ""
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tsyncio-lines-"))
})
afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

async function linesOf(content: string | Uint8Array, options?: ReadLinesOptions): Promise<Line[]> {
  const path = join(folder, "lines")
  await writeFile(path, content)
  const file = await open(path, "r")
  try {
    const lines: Line[] = []
    for await (const block of readLines(file, options)) lines.push(...block)
    return lines
  } finally {
    await file.close()
  }
}

async function textsOf(content: string | Uint8Array, options?: ReadLinesOptions): Promise<string[]> {
  return (await linesOf(content, options)).map((line) => line.text)
}

describe("readLines()", () => {
  it("ends a line at \\n and drops one \\r before it", async () => {
    expect(await textsOf("a\nb\r\nc\r\r\n")).toEqual(["a", "b", "c\r"])
  })

  it("gives a last line without a newline, marked as not ended", async () => {
    const lines = await linesOf("a\nb")
    expect(lines.map(({ text, ended }) => [text, ended])).toEqual([
      ["a", true],
      ["b", false],
    ])
  })

  it("gives no line for an empty file and none after a last newline", async () => {
    expect(await textsOf("")).toEqual([])
    expect(await textsOf("a\n")).toEqual(["a"])
  })

  it("drops a BOM from the first line only", async () => {
    expect(await textsOf("\uFEFFa\n\uFEFFb\n")).toEqual(["a", "\uFEFFb"])
  })

  it("keeps blank lines and counts them", async () => {
    const lines = await linesOf("a\n\n  \nb\n")
    expect(lines.map(({ number, text }) => [number, text])).toEqual([
      [1, "a"],
      [2, ""],
      [3, "  "],
      [4, "b"],
    ])
  })

  it("gives the same lines for every chunk size, and offsets that meet", async () => {
    const content = "\uFEFFÄ€😀\r\n\nxyz\n" + "long".repeat(20) + "\nlast ü"
    const whole = await linesOf(content)
    const bytes = Buffer.byteLength(content)
    for (let chunkBytes = 1; chunkBytes <= 40; chunkBytes++) {
      expect(await linesOf(content, { chunkBytes })).toEqual(whole)
    }
    expect(whole[0]?.text).toBe("Ä€😀")
    expect(whole.map((line) => line.end)).toEqual([...whole.slice(1).map((line) => line.start), bytes])
  })

  it("names a line that is not UTF-8, and keeps a replacement character that was written", async () => {
    const lines = await linesOf(Buffer.concat([Buffer.from([0x61, 0xff, 0x0a]), Buffer.from("ok \uFFFD\n")]))
    expect(lines.map(({ text, problem }) => [text, problem])).toEqual([
      ["a\uFFFD", "the line is not valid UTF-8"],
      ["ok \uFFFD", null],
    ])
  })

  it("names a line that is too long and goes on with the next", async () => {
    for (const chunkBytes of [3, 64]) {
      const lines = await linesOf("0123456789\nok\n0123456789", { maxLineBytes: 9, chunkBytes })
      expect(lines.map(({ problem }) => problem !== null)).toEqual([true, false, true])
      expect(lines[0]?.problem).toContain("10 bytes, more than the 9 allowed")
      expect(lines[1]?.text).toBe("ok")
    }
  })
})

describe("countLines()", () => {
  async function count(
    content: string,
    options: { from?: number; maxBytes?: number } = {},
  ): Promise<number | null> {
    const path = join(folder, "count")
    await writeFile(path, content)
    const file = await open(path, "r")
    try {
      return await countLines(fileChunks(file, options.from ?? 0), options.maxBytes ?? 1e9)
    } finally {
      await file.close()
    }
  }

  it.each([
    ["", 0],
    ["\n\n", 0],
    ["a", 1],
    ["a\nb\n", 2],
    ["a\r\n \t\r\n\nb", 2],
  ])("counts in %j the lines that are not blank", async (content, expected) => {
    expect(await count(content)).toBe(expected)
  })

  it("counts from an offset", async () => {
    expect(await count("a\nb\nc\n", { from: 2 })).toBe(2)
  })

  it("agrees with readLines over chunk borders", async () => {
    const content = Array.from({ length: 40_000 }, (_, n) => (n % 7 === 0 ? " " : "x".repeat(n % 23))).join(
      "\n",
    )
    const expected = (await linesOf(content)).filter((line) => line.text.trim() !== "").length
    expect(await count(content)).toBe(expected)
  })

  it("gives up beyond its byte limit", async () => {
    expect(await count("a\n".repeat(100), { maxBytes: 50 })).toBeNull()
  })
})
