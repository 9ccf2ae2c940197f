// The output file: whole lines, durable before `append` resolves, private.

import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { OutputFile, type Durability } from "../../src/batch/output-file.ts"

let folder = ""
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tsyncio-output-"))
})
afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

describe("OutputFile", () => {
  it("has a line on the disk when append() resolves", async () => {
    const file = new OutputFile(join(folder, "out"))
    await file.append("one\n")
    expect(await readFile(file.path, "utf8")).toBe("one\n")
    await file.close()
  })

  it("commits lines that come together in groups, in their order", async () => {
    const file = new OutputFile(join(folder, "out"))
    const lines = Array.from({ length: 1000 }, (_, n) => `line ${n} ${"x".repeat(n)}\n`)
    await Promise.all(lines.map((line) => file.append(line)))
    expect(await readFile(file.path, "utf8")).toBe(lines.join(""))
    expect(file.statistics()).toEqual({ lines: 1000, commits: 2 })
    await file.close()
  })

  it("makes the file with mode 0600, and not before it is needed", async () => {
    const file = new OutputFile(join(folder, "out"))
    await expect(stat(file.path)).rejects.toThrow("ENOENT")
    await file.append("x\n")
    expect((await stat(file.path)).mode & 0o777).toBe(0o600)
    await file.close()
  })

  it("adds to what is there", async () => {
    const path = join(folder, "out")
    await writeFile(path, "old\n")
    const file = new OutputFile(path)
    await file.open()
    await file.append("new\n")
    await file.close()
    expect(await readFile(path, "utf8")).toBe("old\nnew\n")
  })

  it("writes what was appended before close() resolves, and refuses lines after it", async () => {
    const file = new OutputFile(join(folder, "out"))
    const appended = file.append("one\n")
    await file.close()
    await appended
    expect(await readFile(file.path, "utf8")).toBe("one\n")
    await expect(file.append("two\n")).rejects.toThrow("it is closed")
    await file.close()
  })

  it("rejects every line after a failed write, naming the file", async () => {
    const file = new OutputFile(join(folder, "missing", "out"))
    await expect(file.append("one\n")).rejects.toThrow(/Cannot write to .*out: ENOENT/)
    await expect(file.append("two\n")).rejects.toThrow(/Cannot write to .*out: ENOENT/)
    await file.close()
  })

  // Only Linux has /dev/full.
  it.runIf(process.platform === "linux")("rejects what waits when the disk is full", async () => {
    const file = new OutputFile("/dev/full")
    await file.open()
    const outcomes = await Promise.allSettled(["one\n", "two\n", "three\n"].map((line) => file.append(line)))
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"])
    await expect(file.append("four\n")).rejects.toThrow("ENOSPC")
    await file.close()
  })

  // Three are gathered still when the file is closed, 5,000 are being written.
  it.each<[Durability, number]>([
    ["flush", 3],
    ["flush", 5000],
    ["none", 3],
    ["none", 5000],
  ])("with %s has every one of %s lines in its file after close()", async (durability, count) => {
    const file = new OutputFile(join(folder, "out"), { durability })
    const lines = Array.from({ length: count }, (_, n) => `line ${n}\n`)
    for (const line of lines) await file.append(line)
    await file.close()
    expect(await readFile(file.path, "utf8")).toBe(lines.join(""))
  })

  // Only Linux has /dev/full.
  it.runIf(process.platform === "linux")(
    "with none says at the next line, and at close(), that the disk is full",
    async () => {
      const file = new OutputFile("/dev/full", { durability: "none" })
      await file.append("one\n")
      await expect.poll(() => file.append("two\n").catch((error: Error) => error.message)).toContain("ENOSPC")
      await expect(file.close()).rejects.toThrow("ENOSPC")
    },
  )
})
