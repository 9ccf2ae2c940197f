import { execFileSync } from "node:child_process"
import { chmodSync, mkdirSync, truncateSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { describe, expect, it } from "vitest"
import {
  CancelledError,
  TimeoutError,
  createTask,
  isCancelled,
  joinOnly,
  moveOnAfter,
  run,
  sleep,
  timeout,
} from "../../src/index.ts"
import { FileError, readBytes, readText, temporaryDirectory } from "../../src/fs/index.ts"
import { now, runVirtual } from "../../src/testing/index.ts"
import { openFiles } from "./open-files.ts"

describe("readText()", () => {
  it("gives the text of a file, without its byte order mark", async () => {
    await using folder = await temporaryDirectory()
    const path = join(folder.path, "text")
    writeFileSync(path, "\uFEFFgrüße\n")
    expect(await readText(path)).toBe("grüße\n")
    expect(await readText(pathToFileURL(path))).toBe("grüße\n")
    writeFileSync(path, "")
    expect(await readText(path)).toBe("")
  })

  it("reads a file whose size the system does not tell", async () => {
    if (process.platform !== "linux") return
    expect(await readText("/proc/self/status")).toContain(`Pid:\t${process.pid}\n`)
  })

  it("says which file is not there, and keeps the system's code", async () => {
    await using folder = await temporaryDirectory()
    const path = join(folder.path, "absent")
    const error = await readText(path).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(FileError)
    expect(error).toMatchObject({
      name: "FileError",
      code: "ENOENT",
      path,
      message: `Cannot read ${path}: there is no such file (ENOENT)`,
      cause: { code: "ENOENT", syscall: "open" },
    })
  })

  it("says where a relative path was looked for", async () => {
    const error = (await readText("no/such/file").catch((thrown: unknown) => thrown)) as FileError
    expect(error.message).toBe(
      `Cannot read no/such/file: there is no such file, looked for as ${join(process.cwd(), "no/such/file")} (ENOENT)`,
    )
  })

  it("says that a directory is one, and that a part of the path is none", async () => {
    await using folder = await temporaryDirectory()
    mkdirSync(join(folder.path, "below"))
    writeFileSync(join(folder.path, "file"), "")
    await expect(readText(join(folder.path, "below"))).rejects.toThrow(/below: it is a directory \(EISDIR\)$/)
    await expect(readText(join(folder.path, "file", "x"))).rejects.toThrow(
      /a part of the path is not a directory/,
    )
  })

  it("says that it may not read", async () => {
    if (process.getuid?.() === 0) return
    await using folder = await temporaryDirectory()
    const path = join(folder.path, "secret")
    writeFileSync(path, "")
    chmodSync(path, 0)
    await expect(readText(path)).rejects.toMatchObject({ code: "EACCES", message: /permission denied/ })
  })

  it("tells in the stack who called", async () => {
    async function loadSettings(): Promise<string> {
      return await readText("/no/such/file")
    }
    const error = (await run(async () => await loadSettings().catch((thrown: unknown) => thrown))) as Error
    expect(error.stack).toContain("loadSettings")
  })

  it.each([
    ["", RangeError],
    ["a\0b", RangeError],
    [7, TypeError],
    [undefined, TypeError],
    [new URL("https://example.com/"), TypeError],
  ])("refuses the path %j", async (path, kind) => {
    await expect(readText(path as string)).rejects.toThrow(kind)
  })

  it("does nothing with a signal that is aborted, or with a limit that is none", async () => {
    const reason = new Error("over")
    await expect(readText("/no/such/file", { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    await expect(readText("/no/such/file", { timeout: Number.NaN })).rejects.toThrow(RangeError)
  })
})

/** A file of so many bytes, most of which are nowhere on the disk. */
function largeFile(folder: string, bytes: number): string {
  const path = join(folder, "large")
  writeFileSync(path, "")
  truncateSync(path, bytes)
  return path
}

describe("a cancel while a large file is read", () => {
  it("comes when the file is closed, long before its end", async () => {
    await using folder = await temporaryDirectory()
    const path = largeFile(folder.path, 2 ** 30)
    await run(async () => {
      const reading = createTask(async () => await readBytes(path))
      const other = createTask(async () => {
        while (openFiles(path).length === 0 && process.platform === "linux") await sleep(0)
        await sleep(1)
        const asked = performance.now()
        reading.cancel("enough")
        await sleep(0)
        return asked
      })
      const error = await joinOnly(reading).catch((thrown: unknown) => thrown)
      expect(isCancelled(error) && error.reason).toBe("enough")
      expect(performance.now() - (await other)).toBeLessThan(1_000)
      expect(openFiles(path)).toEqual([])
    })
  })

  it("ends by its own limit and signal in the same way", async () => {
    await using folder = await temporaryDirectory()
    const path = largeFile(folder.path, 2 ** 30)
    const error = await readBytes(path, { timeout: 5 }).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(TimeoutError)
    expect(String(error)).toBe(`TimeoutError: Cannot read ${path}: it took longer than 5 ms`)
    expect(openFiles(path)).toEqual([])
    const controller = new AbortController()
    const reading = readBytes(path, { signal: controller.signal })
    await sleep(2)
    controller.abort("no more")
    expect(await reading.catch((thrown: unknown) => thrown)).toBe("no more")
    expect(openFiles(path)).toEqual([])
    await expect(timeout(5, () => readBytes(path))).rejects.toThrow("Timed out after 5 ms")
    expect(openFiles(path)).toEqual([])
  })

  it("begins nothing if it came before", async () => {
    await using folder = await temporaryDirectory()
    const path = largeFile(folder.path, 2 ** 30)
    await run(async () => {
      const task = createTask(async () => await readBytes(path), { eager: true })
      task.cancel()
      const second = createTask(
        async () => {
          second.cancel()
          await readBytes(path)
        },
        { eager: false },
      )
      expect(await Promise.allSettled([task, second])).toMatchObject([
        { reason: { code: "E_CANCELLED" } },
        { reason: { code: "E_CANCELLED" } },
      ])
      expect(openFiles(path)).toEqual([])
    })
  })

  it("in the turn in which the text is there: it is given, and the request comes at the next wait", async () => {
    await using folder = await temporaryDirectory()
    const path = join(folder.path, "text")
    writeFileSync(path, "text")
    await runVirtual(async () => {
      let got = ""
      const task = createTask(async () => {
        got = await readText(path)
        await sleep(1)
        got = "went on"
      })
      while (task.waitingOn?.kind !== "disk") await sleep(0)
      // By the time the clock may jump, the disk has answered.
      await sleep(0)
      while (got === "" && !task.done()) await new Promise(setImmediate)
      task.cancel()
      await expect(task).rejects.toBeInstanceOf(CancelledError)
      expect(got).toBe("text")
    })
  })
})

describe("a FIFO that nobody writes to", () => {
  it("holds a cancelled task for a second, or until it is told again", async () => {
    if (process.platform === "win32") return
    await using folder = await temporaryDirectory()
    const path = join(folder.path, "fifo")
    execFileSync("mkfifo", [path])
    await run(
      async () => {
        const reading = createTask(async () => await readText(path), { name: "reader" })
        await sleep(5)
        reading.cancel()
        await expect(reading).rejects.toBeInstanceOf(CancelledError)
        const asked = performance.now()
        await expect(readText(path, { timeout: 5 })).rejects.toBeInstanceOf(TimeoutError)
        expect(performance.now() - asked).toBeGreaterThan(900)
      },
      { patience: 50, onProblem: () => {} },
    )
    // Lets the threads go that wait for a writer.
    writeFileSync(path, "")
    while (openFiles(path).length > 0) await sleep(1)
  })
})

describe("on the virtual clock", () => {
  it("time stands still while the disk works", () =>
    runVirtual(async () => {
      await using folder = await temporaryDirectory()
      const path = largeFile(folder.path, 50_000_000)
      const result = await moveOnAfter(10, () => readBytes(path))
      expect(result.timedOut === false && result.value.length).toBe(50_000_000)
      expect(now()).toBe(0)
      await sleep(3)
      expect(now()).toBe(3)
    }))
})

describe("the task tree", () => {
  it("tells the path a task waits for", async () => {
    await using folder = await temporaryDirectory()
    const path = largeFile(folder.path, 10_000_000)
    await run(async () => {
      const task = createTask(async () => await readBytes(path))
      while (task.waitingOn === null) await sleep(0)
      expect(task.waitingOn).toMatchObject({ kind: "disk", label: path })
      await task
    })
  })
})
