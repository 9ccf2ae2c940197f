import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, dirname, join } from "node:path"
import { describe, expect, it } from "vitest"
import type { Problem } from "../../src/index.ts"
import { cancelScope, createTask, isCancelled, joinOnly, run, sleep } from "../../src/index.ts"
import type { TemporaryPlace } from "../../src/fs/index.ts"
import { temporaryDirectory, temporaryFile } from "../../src/fs/index.ts"

describe("temporaryDirectory()", () => {
  it("is there within its scope, and gone with all that is in it afterwards", async () => {
    let path = ""
    {
      await using folder = await temporaryDirectory()
      path = folder.path
      expect(dirname(path)).toBe(tmpdir())
      expect(basename(path)).toMatch(/^tsyncio-\w{6}$/)
      expect(statSync(path).mode & 0o777).toBe(0o700)
      mkdirSync(join(path, "below"))
      writeFileSync(join(path, "below", "file"), "")
    }
    expect(existsSync(path)).toBe(false)
  })

  it("is gone when the scope is left by an error or by a cancel", async () => {
    const paths: string[] = []
    const work = async (): Promise<void> => {
      await using folder = await temporaryDirectory()
      paths.push(folder.path)
      if (paths.length === 1) throw new Error("boom")
      await sleep(10_000)
    }
    await expect(work()).rejects.toThrow("boom")
    await run(async () => {
      const task = createTask(work)
      while (paths.length < 2) await sleep(1)
      task.cancel()
      await expect(task).rejects.toMatchObject({ code: "E_CANCELLED" })
    })
    expect(paths.map((path) => existsSync(path))).toEqual([false, false])
  })

  it("is made where and as it is told", async () => {
    await using outer = await temporaryDirectory()
    await using inner = await temporaryDirectory({ parent: outer.path, prefix: "work-" })
    expect(dirname(inner.path)).toBe(outer.path)
    expect(basename(inner.path)).toMatch(/^work-/)
    expect(String(inner)).toBe(inner.path)
    await expect(temporaryDirectory({ parent: join(outer.path, "absent") })).rejects.toMatchObject({
      code: "ENOENT",
      message: /^Cannot make a temporary directory .*the directory it is to stand in does not exist/,
    })
    await expect(temporaryDirectory({ prefix: "a/b" })).rejects.toThrow(RangeError)
    await expect(temporaryFile({ suffix: 7 as unknown as string })).rejects.toThrow(TypeError)
  })

  it("can be removed twice, and before its scope ends, by somebody else too", async () => {
    await using folder = await temporaryDirectory()
    await folder.remove()
    await folder.remove()
    await using other = await temporaryDirectory()
    const { rmSync } = await import("node:fs")
    rmSync(other.path, { recursive: true })
  })

  it("removing it is not cut short by a cancel", async () => {
    let path = ""
    await run(async () => {
      await cancelScope(
        async (scope) => {
          await using folder = await temporaryDirectory()
          path = folder.path
          for (let i = 0; i < 200; i += 1) writeFileSync(join(path, `${i}`), "")
          scope.cancel()
        },
        { persistent: true },
      )
    })
    expect(existsSync(path)).toBe(false)
  })

  it("a cancel while it is made leaves none behind", async () => {
    await using parent = await temporaryDirectory()
    for (const make of [temporaryDirectory, temporaryFile]) {
      for (let turns = 0; turns < 12; turns += 1) {
        await run(async () => {
          const task = createTask(() => make({ parent: parent.path }))
          for (let i = 0; i < turns; i += 1) await (i % 2 === 0 ? sleep(0) : new Promise(setImmediate))
          task.cancel()
          const got = await joinOnly(task).catch((error: unknown) => error)
          if (!isCancelled(got)) await (got as TemporaryPlace).remove()
        })
        expect(readdirSync(parent.path)).toEqual([])
      }
    }
  })

  it("is named when its run ends and nobody has removed it", async () => {
    const problems: Problem[] = []
    const [left] = await run(async () => [await temporaryDirectory()], {
      onProblem: (problem) => void problems.push(problem),
    })
    expect(problems.map(({ message }) => message)).toEqual([
      `The temporary directory ${left?.path} was never closed; it holds 1 open thing`,
    ])
    await left?.remove()
  })
})

describe("temporaryFile()", () => {
  it("is an empty file for its owner alone, and goes with its scope", async () => {
    let path = ""
    {
      await using file = await temporaryFile({ suffix: ".json" })
      path = file.path
      expect(basename(path)).toMatch(/^tsyncio-\w+\.json$/)
      expect(statSync(path).size).toBe(0)
      expect(statSync(path).mode & 0o777).toBe(0o600)
    }
    expect(existsSync(path)).toBe(false)
  })

  it("has a name of its own each time, also by a clock that repeats itself", async () => {
    const { runVirtual } = await import("../../src/testing/index.ts")
    await using parent = await temporaryDirectory()
    const made: TemporaryPlace[] = []
    for (let i = 0; i < 3; i += 1)
      await runVirtual(async () => void made.push(await temporaryFile({ parent: parent.path })), {
        onProblem: () => {},
      })
    expect(new Set(made.map(({ path }) => path)).size).toBe(3)
    for (const file of made) await file.remove()
  })
})
