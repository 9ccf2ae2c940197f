// Whole programs that hold their functions and their main in one file, as people write them.
import { execFile } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { afterAll, describe, expect, it } from "vitest"

const dist = `file://${join(import.meta.dirname, "..", "..", "dist")}`
const folder = mkdtempSync(join(tmpdir(), "tsyncio-"))
afterAll(() => rmSync(folder, { recursive: true }))

/** What a program prints, run as a process of its own. */
async function output(name: string, body: string): Promise<string> {
  const path = join(folder, name)
  const head = `
    import { createTask, run, sleep, gather } from "${dist}/index.js"
    import { InlineExecutor, ProcessExecutor, ThreadExecutor, inline, portable, toThread } from "${dist}/executor/index.js"
  `
  writeFileSync(path, head + body)
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [path], { timeout: 15_000 })
  return stdout + stderr
}

describe("a file with a function and a program", () => {
  it.each(["ThreadExecutor", "ProcessExecutor"])("runs main once, whoever imports it: %s", async (name) => {
    const program = `
      let greeting = "hello"
      export const greet = portable(import.meta, "greet", (who) => greeting + " " + who)
      await run(async () => {
        const executor = new ${name}({ maxWorkers: 2 })
        console.log(await gather(["a", "b", "c"].map((who) => executor.submit(greet, who))))
        await executor.close()
      })
      console.log("end")
    `
    expect(await output(`${name}.mjs`, program)).toBe("[ 'hello a', 'hello b', 'hello c' ]\nend\n")
  })

  it("may leave run() to itself, or have none", async () => {
    const floating = `
      run(async () => console.log(await toThread(late, 1)))
      const late = portable(import.meta, "late", (n) => n + table[0])
      const table = [41]
    `
    expect(await output("floating.mjs", floating)).toBe("42\n")
    const without = `
      const double = portable(import.meta, "double", (n) => 2 * n)
      const executor = new ThreadExecutor({ maxWorkers: 1 })
      await executor.warmUp(double)
      console.log(await executor.submit(double, 1), await toThread(double, 2))
      await executor.close()
    `
    expect(await output("without.mjs", without)).toBe("2 4\n")
  })

  it("that throws while it is imported fails the job, and says what it threw", async () => {
    const program = `
      import { isMainThread } from "node:worker_threads"
      export const f = portable(import.meta, "f", () => 1)
      if (!isMainThread) throw new Error("not in a thread")
      await run(async () => {
        try {
          await toThread(f)
        } catch (error) {
          console.log(error.name, error.cause.message)
        }
      })
    `
    expect(await output("throws.mjs", program)).toBe("TypeError not in a thread\n")
  })

  it("ends when it has nothing to do, although its executor is open, and not before its jobs", async () => {
    const program = `
      const executor = new ThreadExecutor({ maxWorkers: 1 })
      executor.submit(inline(async () => {
        await new Promise((resolve) => setTimeout(resolve, 200))
        return "there"
      })).addDoneCallback((job) => console.log(job.result()))
    `
    expect(await output("idle.mjs", program)).toBe("there\n")
  })

  // Node 20 and older releases of 22 run no TypeScript, so there is nothing to try in them.
  it.skipIf(!("typescript" in process.features && process.features.typescript))(
    "may be TypeScript, where Node runs that",
    async () => {
      const program = `
        export const twice = portable(import.meta, "twice", (n: number): number => 2 * n)
        await run(async () => console.log(await toThread(twice, 21)))
      `
      expect(await output("typed.mts", program)).toBe("42\n")
    },
  )
})
