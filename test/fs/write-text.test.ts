import { execFileSync } from "node:child_process"
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { createTask, isCancelled, joinOnly, run, sleep, taskGroup } from "../../src/index.ts"
import {
  FileError,
  appendText,
  readText,
  temporaryDirectory,
  writeBytes,
  writeText,
} from "../../src/fs/index.ts"
import { openFiles } from "./open-files.ts"

const isRoot = process.getuid?.() === 0

function rethrowUncancelled(error: unknown): void {
  if (!isCancelled(error)) throw error
}

describe("writeText()", () => {
  it("writes a file that is new, and replaces one that is there", async () => {
    await using folder = await temporaryDirectory()
    const path = join(folder.path, "file")
    await writeText(path, "grüße")
    expect(readFileSync(path, "utf8")).toBe("grüße")
    const before = statSync(path).ino
    await writeText(path, "two", { sync: true })
    expect(readFileSync(path, "utf8")).toBe("two")
    expect(statSync(path).ino).not.toBe(before)
    await writeBytes(path, new Uint8Array([1, 2]))
    expect([...readFileSync(path)]).toEqual([1, 2])
    expect(readdirSync(folder.path)).toEqual(["file"])
  })

  it("gives a new file the mode it is told, and leaves an old one its own", async () => {
    if (process.platform === "win32") return
    await using folder = await temporaryDirectory()
    const path = join(folder.path, "file")
    await writeText(path, "secret", { mode: 0o600 })
    expect(statSync(path).mode & 0o7777).toBe(0o600)
    chmodSync(path, 0o4766)
    await writeText(path, "other", { mode: 0o600 })
    expect(statSync(path).mode & 0o7777).toBe(0o4766)
  })

  it("never shows a reader a half", async () => {
    await using folder = await temporaryDirectory()
    const path = join(folder.path, "file")
    const texts = ["a".repeat(3_000_000), "b".repeat(2_000_000)]
    await writeText(path, texts[0] as string)
    await run(() =>
      taskGroup(async (group) => {
        const writing = group.createTask(async () => {
          for (let i = 0; i < 6; i += 1) await writeText(path, texts[i % 2] as string)
        })
        const seen = new Set<string>()
        while (!writing.done()) seen.add(await readText(path))
        expect([...seen].every((text) => texts.includes(text))).toBe(true)
      }),
    )
  })

  it("replaces what a symbolic link leads to, and leaves the link", async () => {
    await using folder = await temporaryDirectory()
    mkdirSync(join(folder.path, "real"))
    writeFileSync(join(folder.path, "real", "file"), "old")
    symlinkSync(join("real", "file"), join(folder.path, "link"))
    symlinkSync("link", join(folder.path, "second"))
    await writeText(join(folder.path, "second"), "new")
    expect(readFileSync(join(folder.path, "real", "file"), "utf8")).toBe("new")
    expect(readlinkSync(join(folder.path, "link"))).toBe(join("real", "file"))
    expect(readdirSync(join(folder.path, "real"))).toEqual(["file"])
  })

  it("writes what a link leads to that is not there yet", async () => {
    await using folder = await temporaryDirectory()
    mkdirSync(join(folder.path, "real"))
    symlinkSync(join("real", "file"), join(folder.path, "link"))
    symlinkSync("link", join(folder.path, "second"))
    await writeText(join(folder.path, "second"), "new")
    expect(readFileSync(join(folder.path, "real", "file"), "utf8")).toBe("new")
    expect(lstatSync(join(folder.path, "second")).isSymbolicLink()).toBe(true)
    symlinkSync("circle", join(folder.path, "circle"))
    await expect(writeText(join(folder.path, "circle"), "x")).rejects.toMatchObject({ code: "ELOOP" })
  })

  it("puts no file where a device or a FIFO is", async () => {
    if (process.platform === "win32") return
    await writeText("/dev/null", "nothing")
    expect(statSync("/dev/null").isCharacterDevice()).toBe(true)
    await using folder = await temporaryDirectory()
    const path = join(folder.path, "fifo")
    execFileSync("mkfifo", [path])
    const [text] = await run(() =>
      taskGroup(async (group) => {
        const read = group.createTask(() => readText(path))
        await writeText(path, "through")
        return [await read]
      }),
    )
    expect(text).toBe("through")
    expect(statSync(path).isFIFO()).toBe(true)
  })

  it("in place: keeps hard links, and needs no room beside it", async () => {
    await using folder = await temporaryDirectory()
    const [one, two] = [join(folder.path, "one"), join(folder.path, "two")]
    writeFileSync(one, "old and long")
    linkSync(one, two)
    await writeText(one, "new", { atomic: false })
    expect(readFileSync(two, "utf8")).toBe("new")
    await writeText(one, "third")
    expect(readFileSync(two, "utf8")).toBe("new")
  })

  it("says what is wrong with the place, and leaves nothing", async () => {
    await using folder = await temporaryDirectory()
    mkdirSync(join(folder.path, "below"))
    await expect(writeText(join(folder.path, "below"), "")).rejects.toThrow(/below: it is a directory/)
    await expect(writeText(join(folder.path, "absent", "file"), "")).rejects.toThrow(
      /absent\/file: the directory it is to stand in does not exist \(ENOENT\)/,
    )
    expect(readdirSync(folder.path)).toEqual(["below"])
  })

  // The system lets root write everywhere.
  it.skipIf(isRoot)("says that no file may be made in the directory", async () => {
    await using folder = await temporaryDirectory()
    chmodSync(folder.path, 0o500)
    await expect(writeText(join(folder.path, "file"), "")).rejects.toMatchObject({ code: "EACCES" })
    chmodSync(folder.path, 0o700)
  })

  it("leaves the old file whole when the disk is full", async () => {
    if (!existsSync("/dev/full")) return
    await expect(writeText("/dev/full", "text")).rejects.toThrow(/no space is left on the disk \(ENOSPC\)/)
  })

  it("refuses what is no text, and what is no mode, before it touches anything", async () => {
    await using folder = await temporaryDirectory()
    const path = join(folder.path, "file")
    await expect(writeText(path, new Uint8Array() as unknown as string)).rejects.toThrow(TypeError)
    await expect(writeBytes(path, "text" as unknown as Uint8Array)).rejects.toThrow(TypeError)
    await expect(writeText(path, "", { mode: -1 })).rejects.toThrow(RangeError)
    await expect(appendText(path, 7 as unknown as string)).rejects.toThrow(TypeError)
    expect(readdirSync(folder.path)).toEqual([])
  })

  it("takes a name as long as the system allows", async () => {
    await using folder = await temporaryDirectory()
    const path = join(folder.path, "ü".repeat(120))
    await writeText(path, "one")
    await writeText(path, "two")
    expect(readdirSync(folder.path)).toHaveLength(1)
  })
})

describe("a cancel while a large file is written", () => {
  it("leaves the old one whole and nothing beside it, at whatever moment", async () => {
    await using folder = await temporaryDirectory()
    const path = join(folder.path, "file")
    writeFileSync(path, "old")
    const bytes = new Uint8Array(20_000_000).fill(97)
    let cut = 0
    for (const delay of [0, 1, 2, 4, 8, 16]) {
      await run(async () => {
        const task = createTask(async () => await writeBytes(path, bytes))
        await sleep(delay)
        task.cancel()
        const outcome = await joinOnly(task).then(
          () => "written",
          (thrown: unknown) => (isCancelled(thrown) ? "cancelled" : thrown),
        )
        expect(["written", "cancelled"]).toContain(outcome)
        cut += outcome === "cancelled" ? 1 : 0
        expect(openFiles(folder.path)).toEqual([])
        expect(readdirSync(folder.path)).toEqual(["file"])
        const now = readFileSync(path)
        expect(["old", "all a"]).toContain(now.length === 3 ? now.toString() : now.equals(bytes) && "all a")
      })
      if (statSync(path).size > 3) writeFileSync(path, "old")
    }
    expect(cut).toBeGreaterThan(0)
  })
})

describe("appendText()", () => {
  it("makes the file, and puts text at its end", async () => {
    await using folder = await temporaryDirectory()
    const path = join(folder.path, "log")
    await appendText(path, "one\n")
    await appendText(path, "two\n")
    expect(readFileSync(path, "utf8")).toBe("one\ntwo\n")
  })

  it("mixes no lines of tasks that append at once", async () => {
    await using folder = await temporaryDirectory()
    const path = join(folder.path, "log")
    await run(() =>
      taskGroup((group) => {
        for (let i = 0; i < 40; i += 1) group.createTask(() => appendText(path, `${`${i}`.repeat(500)}\n`))
      }),
    )
    const found = readFileSync(path, "utf8").trimEnd().split("\n")
    const expected = Array.from({ length: 40 }, (_, i) => `${i}`.repeat(500))
    expect(found.toSorted()).toEqual(expected.toSorted())
  })

  it("finishes what it has begun when it is cancelled", async () => {
    await using folder = await temporaryDirectory()
    const path = join(folder.path, "log")
    const text = "x".repeat(30_000_000)
    await run(async () => {
      const task = createTask(async () => await appendText(path, text))
      while (!existsSync(path)) await sleep(0)
      task.cancel()
      await joinOnly(task).catch((error: unknown) => rethrowUncancelled(error))
    })
    expect(statSync(path).size).toBe(text.length)
  })

  it("says what is wrong with the place", async () => {
    await using folder = await temporaryDirectory()
    const error = await appendText(join(folder.path, "absent", "log"), "x").catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(FileError)
    expect(String(error)).toContain("Cannot append to")
    expect(String(error)).toContain("the directory it is to stand in does not exist")
  })
})
