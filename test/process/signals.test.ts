import { describe, expect, it } from "vitest"
import { CancelledError, TimeoutError, createTask, gather, run, sleep, taskGroup } from "../../src/index.ts"
import { runProcess, signals } from "../../src/process/index.ts"

const listeners = (): number[] =>
  (["SIGHUP", "SIGUSR2", "SIGWINCH"] as const).map((name) => process.listenerCount(name))

describe("signals()", () => {
  it("gives the signals that it was asked for, as they come, until the loop is left", async () => {
    const before = listeners()
    await run(() =>
      taskGroup(async (group) => {
        const loop = group.createTask(async () => {
          const got: string[] = []
          for await (const name of signals("SIGHUP", "SIGUSR2")) {
            got.push(name)
            if (got.length === 3) return got
          }
          return got
        })
        for (const name of ["SIGHUP", "SIGUSR2", "SIGHUP"] as const) {
          while (loop.waitingOn?.kind !== "signal") await sleep(1)
          process.kill(process.pid, name)
          await sleep(20)
        }
        expect(await loop).toEqual(["SIGHUP", "SIGUSR2", "SIGHUP"])
      }),
    )
    expect(listeners()).toEqual(before)
  })

  it("keeps what comes while the body is busy, each once", async () => {
    await run(async () => {
      const reader = signals("SIGHUP", "SIGUSR2")
      const first = createTask(() => reader.next())
      await sleep(1)
      process.emit("SIGHUP")
      expect((await first).value).toBe("SIGHUP")
      for (const name of ["SIGUSR2", "SIGHUP", "SIGUSR2"] as const) process.emit(name)
      expect((await reader.next()).value).toBe("SIGUSR2")
      expect((await reader.next()).value).toBe("SIGHUP")
      await expect(signals("SIGHUP", { timeout: 5 }).next()).rejects.toBeInstanceOf(TimeoutError)
      await reader.return?.()
      expect(await reader.next()).toEqual({ done: true, value: undefined })
    })
  })

  it("gives each signal to each loop, with one listener", async () => {
    const before = listeners()
    await run(async () => {
      const readers = [signals("SIGHUP"), signals("SIGHUP")]
      const asked = gather(readers.map((reader) => async () => (await reader.next()).value as string))
      await sleep(1)
      expect(process.listenerCount("SIGHUP")).toBe((before[0] ?? 0) + 1)
      process.emit("SIGHUP")
      expect(await asked).toEqual(["SIGHUP", "SIGHUP"])
      for (const reader of readers) await reader.return?.()
    })
    expect(listeners()).toEqual(before)
  })

  it("a cancelled loop takes its listener off, also in the turn of a signal", async () => {
    const before = listeners()
    await run(async () => {
      for (const isRung of [false, true]) {
        const task = createTask(async () => {
          for await (const _ of signals("SIGHUP")) await sleep(1)
        })
        await sleep(1)
        if (isRung) process.emit("SIGHUP")
        task.cancel()
        await expect(task).rejects.toBeInstanceOf(CancelledError)
        expect(listeners()).toEqual(before)
      }
    })
  })

  it("ends by its signal, and by being closed while somebody waits", async () => {
    const before = listeners()
    const controller = new AbortController()
    const aborted = signals("SIGHUP", { signal: controller.signal }).next()
    controller.abort("over")
    await expect(aborted).rejects.toBe("over")
    const reader = signals("SIGHUP")
    const asked = reader.next()
    await reader[Symbol.asyncDispose]()
    expect(await asked).toEqual({ done: true, value: undefined })
    expect(listeners()).toEqual(before)
  })

  it("listens to nothing before it is asked", () => {
    const before = listeners()
    signals("SIGHUP")
    expect(listeners()).toEqual(before)
  })

  it.each([[[]], [["SIGKILL"]], [["SIGSTOP"]], [["SIGNONE"]], [["sighup"]], [[{}]]])(
    "refuses %j",
    (names) => {
      expect(() => signals(...(names as NodeJS.Signals[]))).toThrow(RangeError)
    },
  )

  it("keeps a program alive that only waits for one; Ctrl-C as an event where the run leaves it alone", async () => {
    const { pathToFileURL } = await import("node:url")
    const { join } = await import("node:path")
    const dist = pathToFileURL(join(import.meta.dirname, "..", "..", "dist")).href
    const program = `
      import { run } from "${dist}/index.js"
      import { signals } from "${dist}/process/index.js"
      await run(async () => {
        setTimeout(() => process.kill(process.pid, "SIGINT"), 100).unref()
        const keep = setTimeout(() => {}, 150)
        for await (const name of signals("SIGINT")) { console.log("got", name); break }
      }, { handleSignals: false })
      await run(async () => {
        console.log("alive")
        await Promise.race([signals("SIGUSR2").next(), new Promise((resolve) => setTimeout(resolve, 200).unref())])
      })
    `
    const result = await runProcess(process.execPath, ["--input-type=module", "-e", program], {
      timeout: 15_000,
    })
    expect(result).toMatchObject({ stdout: "got SIGINT\nalive\n", exitCode: 0, stderr: "" })
  })
})
