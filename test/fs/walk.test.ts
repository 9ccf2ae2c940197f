import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { collect, createTask, joinOnly, run, sleep } from "../../src/index.ts"
import type { FileError, WalkEntry, WalkOptions } from "../../src/fs/index.ts"
import { list, temporaryDirectory, walk } from "../../src/fs/index.ts"
import { openFiles } from "./open-files.ts"

/** A tree of files with two directories. */
function plant(folder: string): void {
  for (const dir of ["b", join("b", "deep"), "a"]) mkdirSync(join(folder, dir))
  for (const file of ["z", join("b", "y"), join("b", "deep", "x"), join("a", "w")])
    writeFileSync(join(folder, file), "")
}

async function names(folder: string, options: WalkOptions = {}): Promise<string[]> {
  const found = await collect.array(walk(folder, { sorted: true, ...options }))
  return found.map(({ path }) => path.slice(folder.length + 1))
}

describe("list()", () => {
  it("gives all names, sorted", async () => {
    await using folder = await temporaryDirectory()
    plant(folder.path)
    writeFileSync(join(folder.path, ".hidden"), "")
    expect(await list(folder.path)).toEqual([".hidden", "a", "b", "z"])
    expect(await list(join(folder.path, "b", "deep"))).toEqual(["x"])
  })

  it("says that there is no such directory, or that it is a file", async () => {
    await using folder = await temporaryDirectory()
    plant(folder.path)
    await expect(list(join(folder.path, "q"))).rejects.toThrow(/q: there is no such directory \(ENOENT\)$/)
    await expect(list(join(folder.path, "z"))).rejects.toThrow(/z: it is not a directory \(ENOTDIR\)$/)
    await expect(list("q")).rejects.toThrow(`looked for as ${join(process.cwd(), "q")}`)
  })
})

describe("walk()", () => {
  it("finds everything, a directory's own before what is below it", async () => {
    await using folder = await temporaryDirectory()
    plant(folder.path)
    expect(await names(folder.path)).toEqual(["a", "b", "z", "a/w", "b/deep", "b/y", "b/deep/x"])
    const unsorted = await collect.array(walk(folder.path))
    expect(unsorted.map(({ path }) => path.slice(folder.path.length + 1)).toSorted()).toEqual(
      (await names(folder.path)).toSorted(),
    )
    expect(unsorted.find(({ name }) => name === "x")).toEqual({
      path: join(folder.path, "b", "deep", "x"),
      name: "x",
      kind: "file",
      isLink: false,
      depth: 3,
    })
  })

  it("goes no deeper than it is told, and into no directory it is told to leave out", async () => {
    await using folder = await temporaryDirectory()
    plant(folder.path)
    expect(await names(folder.path, { maxDepth: 1 })).toEqual(["a", "b", "z"])
    expect(await names(folder.path, { enter: ({ name }) => name !== "b" })).toEqual(["a", "b", "z", "a/w"])
  })

  it("tells what a link leads to, and enters it only if told, and never twice", async () => {
    if (process.platform === "win32") return
    await using folder = await temporaryDirectory()
    plant(folder.path)
    symlinkSync("b", join(folder.path, "to-b"))
    symlinkSync("z", join(folder.path, "to-z"))
    symlinkSync("nothing", join(folder.path, "to-nothing"))
    symlinkSync("..", join(folder.path, "a", "up"))
    const found = await collect.array(walk(folder.path))
    const links = found.filter(({ isLink }) => isLink).map(({ name, kind }) => `${name} ${kind}`)
    expect(links.toSorted()).toEqual(["to-b directory", "to-nothing other", "to-z file", "up directory"])
    expect(found).toHaveLength(11)
    const followed = await names(folder.path, { followLinks: true })
    expect(followed).toEqual([
      "a",
      "b",
      "to-b",
      "to-nothing",
      "to-z",
      "z",
      "a/up",
      "a/w",
      "b/deep",
      "b/y",
      "b/deep/x",
    ])
  })

  it("knows a socket for something else", async () => {
    if (process.platform === "win32") return
    await using folder = await temporaryDirectory()
    const server = createServer()
    await new Promise<void>((resolve) => void server.listen(join(folder.path, "socket"), resolve))
    expect(await collect.array(walk(folder.path))).toMatchObject([{ name: "socket", kind: "other" }])
    await new Promise((resolve) => void server.close(resolve))
  })

  it("gives more entries than are read at once, and keeps one directory open", async () => {
    await using folder = await temporaryDirectory()
    for (let i = 0; i < 1_000; i += 1) writeFileSync(join(folder.path, `${i}`), "")
    mkdirSync(join(folder.path, "dir"))
    const seen = new Set<string>()
    for await (const { name } of walk(folder.path)) {
      expect(openFiles(folder.path).length).toBeLessThanOrEqual(1)
      seen.add(name)
    }
    expect(seen.size).toBe(1_001)
    expect(openFiles(folder.path)).toEqual([])
  })

  it("closes the directory when the loop is left", async () => {
    await using folder = await temporaryDirectory()
    for (let i = 0; i < 600; i += 1) writeFileSync(join(folder.path, `${i}`), "")
    for await (const _ of walk(folder.path)) break
    expect(openFiles(folder.path)).toEqual([])
  })

  it("closes the directory before a cancel comes out", async () => {
    await using folder = await temporaryDirectory()
    for (let i = 0; i < 600; i += 1) writeFileSync(join(folder.path, `${i}`), "")
    for (let at = 0; at < 8; at += 1) {
      await run(async () => {
        const task = createTask(() => collect.array(walk(folder.path)))
        for (let i = 0; i < at; i += 1) await sleep(0)
        task.cancel()
        await joinOnly(task).catch(() => {})
        expect(openFiles(folder.path)).toEqual([])
      })
    }
  })

  it("throws for a directory that cannot be read, unless it is told what to do", async () => {
    await using folder = await temporaryDirectory()
    plant(folder.path)
    await expect(names(join(folder.path, "q"))).rejects.toMatchObject({ code: "ENOENT" })
    await expect(names(join(folder.path, "z"))).rejects.toMatchObject({ code: "ENOTDIR" })
    const found: WalkEntry[] = []
    const errors: FileError[] = []
    // What was a directory when it was found is a file when it is entered.
    const options: WalkOptions = { sorted: true, onError: (error) => void errors.push(error) }
    for await (const entry of walk(folder.path, options)) {
      if (entry.name === "a") {
        rmSync(entry.path, { recursive: true })
        writeFileSync(entry.path, "")
      }
      found.push(entry)
    }
    expect(errors).toMatchObject([{ code: "ENOTDIR", path: join(folder.path, "a") }])
    expect(found.map(({ name }) => name)).toEqual(["a", "b", "z", "deep", "y", "x"])
  })

  // The system lets root read everything.
  it.skipIf(process.getuid?.() === 0)("throws for a directory that may not be read", async () => {
    await using folder = await temporaryDirectory()
    plant(folder.path)
    chmodSync(join(folder.path, "b"), 0)
    await expect(names(folder.path)).rejects.toMatchObject({ code: "EACCES" })
    chmodSync(join(folder.path, "b"), 0o700)
  })

  it("passes over a directory that has vanished meanwhile", async () => {
    await using folder = await temporaryDirectory()
    plant(folder.path)
    const found: string[] = []
    for await (const { name, path } of walk(folder.path, { sorted: true })) {
      found.push(name)
      if (name === "a") rmSync(path, { recursive: true })
    }
    expect(found).toEqual(["a", "b", "z", "deep", "y", "x"])
  })

  it.each([
    [{ maxDepth: 0 }, RangeError],
    [{ maxDepth: "1" }, TypeError],
    [{ enter: true }, TypeError],
    [{ onError: 1 }, TypeError],
    [{ timeout: Number.NaN }, RangeError],
  ])("refuses %j where it is made", (options, kind) => {
    expect(() => walk(".", options as unknown as WalkOptions)).toThrow(kind)
  })
})
