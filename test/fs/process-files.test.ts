import { mkdirSync, readdirSync, writeFileSync } from "node:fs"
import { basename, join } from "node:path"
import { describe, expect, it } from "vitest"
import { collect, createTask, gather, run, sleep } from "../../src/index.ts"
import type { ProcessFilesOptions } from "../../src/fs/index.ts"
import { FileError, processFiles, readText, temporaryDirectory } from "../../src/fs/index.ts"
import { now, runVirtual } from "../../src/testing/index.ts"
import { openFiles } from "./open-files.ts"

/** Files `0.txt` to `29.txt`, a note, and a directory with one more. */
function plant(folder: string): void {
  for (let i = 0; i < 30; i += 1) writeFileSync(join(folder, `${i}.txt`.padStart(6, "0")), `${i}`)
  writeFileSync(join(folder, "note.md"), "note")
  mkdirSync(join(folder, "below"))
  writeFileSync(join(folder, "below", "inner.txt"), "100")
}

const texts = { filter: ({ name }: { readonly name: string }) => name.endsWith(".txt") }

describe("processFiles()", () => {
  it("gives the results of all files of a folder in the order of their names, ten at a time", () =>
    runVirtual(async () => {
      await using folder = await temporaryDirectory()
      plant(folder.path)
      let [inside, most] = [0, 0]
      const results = await processFiles(
        folder.path,
        async (path, index) => {
          inside += 1
          most = Math.max(most, inside)
          await sleep(100 - index)
          inside -= 1
          return `${index} ${await readText(path)}`
        },
        texts,
      )
      expect(results).toEqual(Array.from({ length: 30 }, (_, i) => `${i} ${i}`))
      expect(most).toBe(10)
      expect(now()).toBeGreaterThan(200)
    }))

  it("can be iterated over, and a slow consumer holds it up", () =>
    runVirtual(async () => {
      await using folder = await temporaryDirectory()
      plant(folder.path)
      const begun: string[] = []
      const found: string[] = []
      const results = processFiles(folder.path, (path) => void begun.push(path), { concurrency: 2 })
      expect(begun).toEqual([])
      for await (const _ of results) {
        await sleep(10)
        found.push("one")
        expect(begun.length).toBeLessThanOrEqual(found.length + 4)
      }
      expect(found).toHaveLength(31)
    }))

  it("goes into directories if it is told", async () => {
    await using folder = await temporaryDirectory()
    plant(folder.path)
    const flat = await processFiles(folder.path, (path) => basename(path))
    expect(flat).toHaveLength(31)
    const all = await processFiles(folder.path, (path) => basename(path), { recursive: true })
    expect(all).toEqual([...flat, "inner.txt"])
    const some = await processFiles(folder.path, (path) => path, {
      recursive: true,
      enter: () => false,
      filter: ({ name }) => name === "note.md",
    })
    expect(some).toEqual([join(folder.path, "note.md")])
  })

  it("ends with the first error, the other calls cancelled", () =>
    runVirtual(async () => {
      await using folder = await temporaryDirectory()
      plant(folder.path)
      let cleaned = 0
      const failing = processFiles(folder.path, async (path) => {
        if (path.endsWith("05.txt")) {
          await sleep(5)
          throw new Error("five")
        }
        try {
          await sleep(100)
        } finally {
          cleaned += 1
        }
      })
      await expect(Promise.resolve(failing)).rejects.toThrow("five")
      expect(cleaned).toBe(9)
    }))

  it("passes over a file that fails if it is told, and counts no cancel among failures", async () => {
    await using folder = await temporaryDirectory()
    plant(folder.path)
    const failed: string[] = []
    const work = async (path: string): Promise<number> => {
      const value = Number(await readText(path))
      if (value % 10 === 5) throw new Error(`bad ${value}`)
      return value
    }
    const onError = (error: unknown, path: string): void => {
      failed.push(`${basename(path)}: ${String(error)}`)
    }
    const results = await processFiles(folder.path, work, { ...texts, onError })
    expect(results).toHaveLength(27)
    expect(results.slice(4, 6)).toEqual([4, 6])
    expect(failed.toSorted()).toEqual([
      "05.txt: Error: bad 5",
      "15.txt: Error: bad 15",
      "25.txt: Error: bad 25",
    ])
    failed.length = 0
    await run(async () => {
      const task = createTask(async () => {
        await processFiles(folder.path, () => sleep(1_000), { onError })
      })
      await sleep(10)
      task.cancel()
      await expect(task).rejects.toMatchObject({ code: "E_CANCELLED" })
    })
    expect(failed).toEqual([])
  })

  it("keeps results that are undefined or lists", async () => {
    await using folder = await temporaryDirectory()
    for (const name of ["a", "b"]) writeFileSync(join(folder.path, name), "")
    expect(await processFiles(folder.path, () => undefined)).toEqual([undefined, undefined])
    expect(await processFiles(folder.path, () => [1, 2])).toEqual([
      [1, 2],
      [1, 2],
    ])
    expect(await collect.array(processFiles(folder.path, () => [1, 2]))).toEqual([
      [1, 2],
      [1, 2],
    ])
  })

  it("a cancel ends the calls, waits for them, and leaves nothing open", () =>
    runVirtual(async () => {
      await using folder = await temporaryDirectory()
      plant(folder.path)
      let [begun, ended] = [0, 0]
      const task = createTask(async () => {
        await processFiles(folder.path, async () => {
          begun += 1
          try {
            await sleep(100)
          } finally {
            await sleep(5)
            ended += 1
          }
        })
      })
      await sleep(50)
      task.cancel()
      await expect(task).rejects.toMatchObject({ code: "E_CANCELLED" })
      expect([begun, ended]).toEqual([10, 10])
      expect(openFiles(folder.path)).toEqual([])
    }))

  it("leaving the loop ends the calls", () =>
    runVirtual(async () => {
      await using folder = await temporaryDirectory()
      plant(folder.path)
      let [begun, ended] = [0, 0]
      const results = processFiles(folder.path, async (_, index) => {
        begun += 1
        try {
          await sleep(index === 0 ? 1 : 1_000)
        } finally {
          ended += 1
        }
      })
      for await (const _ of results) break
      expect(ended).toBe(begun)
      await using again = processFiles(folder.path, () => sleep(1_000))
      void again
    }))

  it("can be awaited by several, and is either awaited or iterated over", async () => {
    await using folder = await temporaryDirectory()
    plant(folder.path)
    let calls = 0
    const results = processFiles(folder.path, () => (calls += 1))
    const both = await gather([async () => await results, async () => await results])
    expect(both.map((one) => one.length)).toEqual([31, 31])
    expect(calls).toBe(31)
    await expect(results.next()).rejects.toThrow("they are awaited")
    const other = processFiles(folder.path, () => 1)
    await other.next()
    await expect(Promise.resolve(other)).rejects.toThrow("they are iterated over")
    await other.return?.()
  })

  it("ends by its own limit and signal", () =>
    runVirtual(async () => {
      await using folder = await temporaryDirectory()
      plant(folder.path)
      const slow = (): Promise<void> => sleep(1_000)
      await expect(Promise.resolve(processFiles(folder.path, slow, { timeout: 20 }))).rejects.toThrow(
        "Timed out after 20 ms",
      )
      const signal = AbortSignal.abort("no")
      await expect(Promise.resolve(processFiles(folder.path, slow, { signal }))).rejects.toBe("no")
    }))

  it("says that there is no such folder", async () => {
    const missing = processFiles("/no/such/folder", () => 1)
    await expect(Promise.resolve(missing)).rejects.toBeInstanceOf(FileError)
  })

  it.each([
    [{ concurrency: 0 }, RangeError],
    [{ filter: "*.txt" }, TypeError],
    [{ onError: true }, TypeError],
    [{ enter: 1 }, TypeError],
  ])("refuses %j", (options, kind) => {
    expect(() => processFiles(".", () => 1, options as unknown as ProcessFilesOptions)).toThrow(kind)
  })

  it("leaves the folder as it is", async () => {
    await using folder = await temporaryDirectory()
    plant(folder.path)
    const before = readdirSync(folder.path)
    await processFiles(folder.path, (path) => path)
    expect(readdirSync(folder.path)).toEqual(before)
  })
})
