import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { beforeAll, describe, expect, it } from "vitest"
import { InvalidStateError, TimeoutError, run } from "../../src/index.ts"
import { SharedMutex, WorkerLostError, inline, runSync } from "../../src/executor/index.ts"
import { repository } from "../house/source-tree.ts"
import { inThread } from "./in-thread.ts"

const door = pathToFileURL(join(repository, "dist", "executor", "index.js")).href
const double = inline(async (n: number) => {
  await new Promise((resolve) => setTimeout(resolve, 1))
  return n * 2
})

/** Runs a program, with everything of `tsyncio/executor` in it; gives what it printed. */
function program(body: string): {
  stdout: string
  stderr: string
  signal: string | null
  status: number | null
} {
  const source = `import * as tsyncio from ${JSON.stringify(door)}\nconst { inline, runSync } = tsyncio\n${body}`
  const { stdout, stderr, signal, status } = spawnSync(
    process.execPath,
    ["--input-type=module", "-e", source],
    {
      encoding: "utf8",
      timeout: 15_000,
    },
  )
  return { stdout, stderr, signal, status }
}

// The thread is kept for the next call: it is there, and Node has told of it, before the first test, whichever that is.
beforeAll(async () => {
  runSync(double, 1)
  await new Promise(setImmediate)
})

describe("runSync", () => {
  it("gives the value of an async function, or throws its error with both stacks", () => {
    expect(runSync(double, 4)).toBe(8)
    expect(
      runSync(
        inline((list: readonly number[]) => new Set(list)),
        [1, 1, 2],
      ),
    ).toEqual(new Set([1, 2]))
    const failing = inline(async function deep(text: string) {
      await Promise.resolve()
      throw new RangeError(text, { cause: "why" })
    })
    let error: unknown
    try {
      runSync(failing, "no")
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(RangeError)
    expect(error).toMatchObject({ message: "no", cause: "why" })
    expect((error as Error).stack).toMatch(
      /deep[^]*in the thread of runSync, called from[^]*run-sync.test.ts/,
    )
  })

  it("keeps its thread from call to call", () => {
    const visit = inline(() => {
      const here = globalThis as { visits?: number }
      return (here.visits = (here.visits ?? 0) + 1)
    })
    const first = runSync(visit)
    expect(runSync(visit)).toBe(first + 1)
  })

  it("a limit ends the thread, in the middle of a loop as well, and the next call has another", () => {
    const loop = inline(function loop() {
      for (;;);
    })
    expect(() => runSync(loop, { timeout: 200 })).toThrow(
      new TimeoutError('Timed out after 200 ms waiting for function "loop"'),
    )
    expect(() => runSync(double, 1, { timeout: -1 })).toThrow(RangeError)
    expect(runSync(double, 5, { timeout: 10_000 })).toBe(10)
  })

  it("a thread that dies is told, and the next call has another", () => {
    const leave = inline(() => process.exit(3))
    expect(() => runSync(leave)).toThrow(WorkerLostError)
    expect(() => runSync(leave)).toThrow(/the thread it ran in is gone, it left by `process.exit\(3\)`/)
    expect(runSync(double, 6)).toBe(12)
  })

  it("refuses under a run, with what to write in its place; and what cannot be sent", async () => {
    await run(
      () => {
        expect(() => runSync(double, 1)).toThrow(InvalidStateError)
        expect(() => runSync(double, 1)).toThrow(/use `await toThread\(fn, …\)`, or `await fn\(…\)`/)
      },
      { handleSignals: false },
    )
    expect(() => runSync(() => 1)).toThrow(/travels by reference/)
    expect(() => runSync(inline(() => () => 1))).toThrow(/Cannot send the result back/)
    expect(runSync(double, 7)).toBe(14)
  })

  it("shares what lives in shared memory", async () => {
    const mutex = new SharedMutex()
    const permit = await mutex.acquire()
    expect(
      runSync(
        inline((shared: { locked(): boolean }) => shared.locked()),
        mutex,
      ),
    ).toBe(true)
    permit.release()
  })

  it("works in a thread", async () => {
    const { result } = inThread<number>(
      "const double = tsyncio.inline(async (n) => n * 2); return tsyncio.runSync(double, tsyncio.runSync(double, 4))",
      {},
    )
    expect(await result).toBe(16)
  })

  it("works in a job of an executor", () => {
    const { stdout } = program(`
      const nested = inline(async (door) => {
        const { inline, runSync } = await import(door)
        return runSync(inline(async (n) => n + 1), 1)
      })
      const threads = new tsyncio.ThreadExecutor({ maxWorkers: 1 })
      console.log(await threads.submit(nested, ${JSON.stringify(door)}))
      await threads[Symbol.asyncDispose]()`)
    expect(stdout).toBe("2\n")
  })

  it("a program without a run may hold the functions that it calls", () => {
    const folder = mkdtempSync(join(tmpdir(), "tsyncio-"))
    try {
      const file = join(folder, "program.mjs")
      writeFileSync(
        file,
        `import { portable, runSync } from ${JSON.stringify(door)}
        const square = portable(import.meta, "square", async (n) => n * n)
        console.log(runSync(square, 7))`,
      )
      const { stdout, stderr } = spawnSync(process.execPath, [file], { encoding: "utf8", timeout: 15_000 })
      expect([stdout, stderr]).toEqual(["49\n", ""])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it("what the function prints appears at once, though the thread that would print it is blocked", () => {
    const { stdout, stderr, signal } = program(`
      runSync(inline(async () => { console.log("inside"); console.error("beside"); process.stdout.write("x".repeat(200_000)) }))
      process.kill(process.pid, "SIGKILL")`)
    expect(signal).toBe("SIGKILL")
    expect(stdout).toBe(`inside\n${"x".repeat(200_000)}`)
    expect(stderr).toBe("beside\n")
  })

  it("its thread does not hold the program", () => {
    const { stdout, status } = program(`console.log(runSync(inline(async () => "value")))`)
    expect([stdout, status]).toEqual(["value\n", 0])
  })
})
