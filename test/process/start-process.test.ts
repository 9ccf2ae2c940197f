import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { afterEach, describe, expect, it } from "vitest"
import type { Problem } from "../../src/index.ts"
import {
  CancelledError,
  TimeoutError,
  collect,
  createTask,
  gather,
  joinOnly,
  run,
  sleep,
  taskGroup,
} from "../../src/index.ts"
import { temporaryDirectory } from "../../src/fs/index.ts"
import type { StartProcessOptions } from "../../src/process/index.ts"
import { Process, ProcessError, startProcess } from "../../src/process/index.ts"
import { ConnectionResetError, pipe } from "../../src/stream/index.ts"
import { isAlive, until, zombies } from "./process-tree.ts"

const sh = (script: string, options?: StartProcessOptions): Promise<Process> =>
  startProcess("sh", ["-c", script], options)

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

afterEach(() => {
  expect(zombies()).toEqual([])
})

describe("startProcess()", () => {
  it("talks with a program, line by line", async () => {
    await using cat = await startProcess("cat")
    for (const word of ["one", "two", "grüße"]) {
      cat.stdin.write(`${word}\n`)
      await cat.stdin.drain()
      expect(text(await cat.stdout.readLine())).toBe(`${word}\n`)
    }
    cat.stdin.close()
    expect(await cat.stdout.read()).toHaveLength(0)
    expect(await cat.wait()).toEqual({ exitCode: 0, signal: null })
    expect(String(cat)).toBe("<Process cat ended 0>")
  })

  it("gives the lines of what it writes, as they come", async () => {
    // The second line is not written before the first one was read.
    await using child = await sh("echo one; read go; printf 'two\\r\\n\\nlast'")
    const found: string[] = []
    for await (const line of child.lines()) {
      found.push(line)
      if (line === "one") child.stdin.write("go\n")
    }
    expect(found).toEqual(["one", "two", "", "last"])
    expect(await child.wait()).toEqual({ exitCode: 0, signal: null })
  })

  it("slows a program down that nobody reads, and loses nothing of it", async () => {
    await using child = await sh("head -c 5000000 /dev/zero; echo done >&2", { stderr: "pipe" })
    await sleep(50)
    expect(child.stderr.statistics().buffered).toBe(0)
    expect(child.stdout.statistics()).toMatchObject({ paused: true })
    expect(child.stdout.statistics().buffered).toBeLessThan(1_000_000)
    expect(await child.stdout.read()).toHaveLength(5_000_000)
    expect(text(await child.stderr.readLine())).toBe("done\n")
  })

  it("keeps what was written for a reader that comes after the end", async () => {
    // More than the reader takes before it pauses, and less than the system holds besides: else the program would wait.
    await using child = await sh("head -c 100000 /dev/zero", { limit: 20_000 })
    expect(await child.wait()).toMatchObject({ exitCode: 0 })
    await sleep(20)
    expect(await child.stdout.read()).toHaveLength(100_000)
  })

  it("makes a writer wait that is faster than the program", async () => {
    await using child = await sh("sleep 0.05; wc -c")
    const [written] = await run(() =>
      gather([
        async () => {
          const piece = "x".repeat(100_000)
          const started = performance.now()
          for (let i = 0; i < 30; i += 1) {
            child.stdin.write(piece)
            await child.stdin.drain()
          }
          child.stdin.close()
          return performance.now() - started
        },
        async () => expect(Number(text(await child.stdout.readLine()))).toBe(3_000_000),
      ]),
    )
    expect(written).toBeGreaterThan(30)
  })

  it("tells a writer that the program does not read any more", async () => {
    await using child = await sh("exec 0<&-; sleep 0.05")
    const writing = async (): Promise<void> => {
      for (;;) {
        child.stdin.write("x".repeat(100_000))
        await child.stdin.drain()
      }
    }
    await expect(writing()).rejects.toBeInstanceOf(ConnectionResetError)
    expect(await child.wait()).toMatchObject({ exitCode: 0 })
  })

  it("joins programs by pipes", async () => {
    await using maker = await sh("printf 'b\\na\\nc\\n'")
    await using sorter = await startProcess("sort")
    const lines = await run(() =>
      taskGroup(async (group) => {
        group.createTask(() => pipe(maker.stdout, sorter.stdin))
        return await collect.array(sorter.lines())
      }),
    )
    expect(lines).toEqual(["a", "b", "c"])
  })

  it("sends signals to all of it, and says whether anybody was there", async () => {
    await using child = await sh('trap "echo hup" HUP; echo ready; while :; do sleep 0.01; done', {
      stderr: "ignore",
    })
    expect(text(await child.stdout.readLine())).toBe("ready\n")
    expect(child.exitCode).toBeNull()
    expect(child.pid).toBeGreaterThan(0)
    expect(child.kill("SIGHUP")).toBe(true)
    await until(() => child.stdout.statistics().buffered > 0)
    expect(child.kill()).toBe(true)
    expect(await child.wait()).toEqual({ exitCode: null, signal: "SIGTERM" })
    expect(child.signal).toBe("SIGTERM")
    await child.stop()
    expect(child.kill()).toBe(false)
  })

  it("leaving its scope ends it and all that it has started", async () => {
    await using folder = await temporaryDirectory()
    const file = join(folder.path, "pid")
    let pid = 0
    {
      await using child = await sh(`sleep 100 & echo $! > ${file}; wait`)
      pid = child.pid
      await until(() => existsSync(file) && readFileSync(file, "utf8") !== "")
    }
    expect([pid, Number(readFileSync(file, "utf8"))].map(isAlive)).toEqual([false, false])
  })

  it("a cancelled task leaves none running", async () => {
    const seen: Process[] = []
    await run(async () => {
      const task = createTask(async () => {
        await using child = await sh("sleep 100", { grace: 100 })
        seen.push(child)
        for await (const _ of child.lines());
      })
      while (seen.length === 0) await sleep(1)
      task.cancel()
      await expect(task).rejects.toBeInstanceOf(CancelledError)
    })
    expect(isAlive(seen[0]?.pid ?? 0)).toBe(false)
  })

  it("a cancelled wait leaves it running, a wait has limits of its own", async () => {
    await using child = await sh("sleep 100")
    await expect(child.wait({ timeout: 5 })).rejects.toBeInstanceOf(TimeoutError)
    await expect(child.wait({ signal: AbortSignal.abort("no") })).rejects.toBe("no")
    await run(async () => {
      const task = createTask(() => child.wait())
      await sleep(1)
      task.cancel()
      await expect(task).rejects.toBeInstanceOf(CancelledError)
    })
    expect(isAlive(child.pid)).toBe(true)
  })

  it("may be waited for by several, also after its end", async () => {
    await using child = await sh("exit 7")
    const ends = await gather([() => child.wait(), () => child.wait()])
    expect(ends).toEqual([
      { exitCode: 7, signal: null },
      { exitCode: 7, signal: null },
    ])
    expect(await child.wait()).toEqual({ exitCode: 7, signal: null })
  })

  it("says what it could not start, and starts nothing for who is cancelled", async () => {
    await expect(startProcess("no-such-program")).rejects.toBeInstanceOf(ProcessError)
    await expect(startProcess("sh", [], { cwd: "/no/such/folder" })).rejects.toThrow("working directory")
    await using folder = await temporaryDirectory()
    const mark = join(folder.path, "mark")
    for (let turns = 0; turns < 6; turns += 1) {
      await run(async () => {
        const task = createTask(() => sh(`sleep 0.2; touch ${mark}`))
        for (let i = 0; i < turns; i += 1) await (i % 2 === 0 ? sleep(0) : new Promise(setImmediate))
        task.cancel()
        const got = await joinOnly(task).catch((error: unknown) => error)
        if (got instanceof Process) await got.stop()
      })
    }
    expect(existsSync(mark)).toBe(false)
  })

  it("refuses what it has no pipe for", async () => {
    await using child = await sh("true", { stdin: "ignore", stdout: "ignore" })
    expect(() => child.stdin).toThrow('Cannot use stdin: the process was started without `stdin: "pipe"`')
    expect(() => child.lines()).toThrow("Cannot use stdout")
    expect(() => child.stderr).toThrow("Cannot use stderr")
    await child.wait()
    await expect(sh("true", { stdin: "capture" as "pipe" })).rejects.toThrow(RangeError)
    await expect(sh("true", { limit: -1 })).rejects.toThrow(RangeError)
  })

  it("is named when its run ends and nobody has ended it", async () => {
    const problems: Problem[] = []
    const [left] = await run(async () => [await startProcess("sleep", ["100"])], {
      onProblem: (problem) => void problems.push(problem),
    })
    expect(problems.map(({ message }) => message)).toEqual([
      "The process sleep 100 was never closed; it holds 1 open thing",
    ])
    await left?.stop()
    const quiet: Problem[] = []
    await run(
      async () => {
        const child = await sh("true")
        await child.wait()
        await child.stdout.read()
        await sleep(20)
      },
      { onProblem: (problem) => void quiet.push(problem) },
    )
    expect(quiet).toEqual([])
  })

  it("waits at a line that is too long for nobody", async () => {
    await using child = await sh("head -c 100000 /dev/zero; echo; echo next", { limit: 1_000 })
    await expect(child.stdout.readLine()).rejects.toBeInstanceOf(RangeError)
    await child.stop()
  })
})
