import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { afterEach, describe, expect, it } from "vitest"
import {
  CancelledError,
  TimeoutError,
  createTask,
  gather,
  isCancelled,
  joinOnly,
  run,
  sleep,
  timeout,
} from "../../src/index.ts"
import { temporaryDirectory } from "../../src/fs/index.ts"
import type { RunProcessOptions } from "../../src/process/index.ts"
import { ProcessError, runProcess } from "../../src/process/index.ts"
import { runVirtual } from "../../src/testing/index.ts"
import { isAlive, until, zombies } from "./process-tree.ts"

const sh = (script: string, options?: RunProcessOptions): ReturnType<typeof runProcess> =>
  runProcess("sh", ["-c", script], options)

afterEach(() => {
  expect(zombies()).toEqual([])
})

describe("runProcess()", () => {
  it("gives what a program wrote and what it ended with", async () => {
    const result = await sh("echo out; echo err >&2; exit 3")
    expect(result).toMatchObject({ stdout: "out\n", stderr: "err\n", exitCode: 3, signal: null })
    expect(result.command).toBe('sh -c "echo out; echo err >&2; exit 3"')
    expect(result.elapsed).toBeGreaterThan(0)
    expect(await sh("kill -9 $$")).toMatchObject({ exitCode: null, signal: "SIGKILL" })
  })

  it("hands arguments over as they are", async () => {
    const args = ["a b", "$HOME", "*", '"', "", "ü"]
    const { stdout } = await runProcess("printf", ["%s|", ...args])
    expect(stdout).toBe(args.map((arg) => `${arg}|`).join(""))
  })

  it("asks a shell only where it is told, and takes no arguments then", async () => {
    expect((await runProcess("echo $((1 + 2)) | cat", [], { shell: true })).stdout).toBe("3\n")
    expect((await runProcess("echo $0", [], { shell: "/bin/sh" })).stdout).toContain("sh")
    await expect(runProcess("echo", ["a"], { shell: true })).rejects.toThrow(
      /Expected no `args` with `shell`/,
    )
  })

  it("gives a program what it is to read: text, bytes, or pieces at its own pace", async () => {
    expect((await runProcess("cat", [], { input: "grüße" })).stdout).toBe("grüße")
    expect((await runProcess("cat", [], { input: new Uint8Array([65, 66]) })).stdout).toBe("AB")
    expect((await runProcess("cat", [], { input: ["one ", Buffer.from("two")] })).stdout).toBe("one two")
    let made = 0
    async function* pieces(): AsyncGenerator<string> {
      for (; made < 40; made += 1) {
        yield "x".repeat(65_536)
        await sleep(0)
      }
    }
    const { stdout } = await runProcess("wc", ["-c"], { input: pieces() })
    expect(Number(stdout)).toBe(40 * 65_536)
    expect((await runProcess("cat")).stdout).toBe("")
  })

  it("does not mind a program that reads only the beginning", async () => {
    const input = "line\n".repeat(500_000)
    expect((await runProcess("head", ["-n", "1"], { input })).stdout).toBe("line\n")
    const endless = function* (): Generator<string> {
      for (;;) yield input
    }
    expect((await runProcess("head", ["-n", "1"], { input: endless() })).stdout).toBe("line\n")
  })

  it("fails with what its input fails with, and ends the program", async () => {
    const boom = new Error("boom")
    const broken = async function* (): AsyncGenerator<string> {
      yield "one"
      throw boom
    }
    await expect(runProcess("cat", [], { input: broken() })).rejects.toBe(boom)
  })

  it("reads both outputs at once, however much there is", async () => {
    const { stdout, stderr } = await sh("head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2")
    expect([stdout.length, stderr.length]).toEqual([3_000_000, 3_000_000])
  })

  it("gives bytes if it is told", async () => {
    const { stdout, stderr } = await runProcess("printf", ["\\377\\0"], { encoding: "bytes" })
    expect([...stdout]).toEqual([255, 0])
    expect(stderr).toBeInstanceOf(Uint8Array)
  })

  it("leaves outputs alone that are not to be captured", async () => {
    expect(await sh("echo out; echo err >&2", { stdout: "ignore" })).toMatchObject({
      stdout: "",
      stderr: "err\n",
    })
  })

  it("runs where it is told, with the variables it is told", async () => {
    await using folder = await temporaryDirectory()
    const env = { TSYNCIO_ONE: "1", HOME: undefined }
    const { stdout } = await sh('pwd; echo "$TSYNCIO_ONE $HOME."', { cwd: folder.path, env })
    expect(stdout).toBe(`${folder.path}\n1 .\n`)
    const url = pathToFileURL(folder.path)
    expect((await sh("pwd", { cwd: url })).stdout).toBe(`${folder.path}\n`)
    const bare = await runProcess("/bin/sh", ["-c", "echo $HOME."], { inheritEnv: false, env: {} })
    expect(bare.stdout).toBe(".\n")
  })

  it("ends a program that writes too much, and says what to do", async () => {
    const error = await sh("yes", { maxOutput: 1_000 }).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(ProcessError)
    expect(error).toMatchObject({
      code: "E_PROCESS_OUTPUT_LIMIT",
      message:
        "Cannot run sh -c yes: it wrote more than 1000 bytes to stdout (`maxOutput`); read it as it comes by startProcess()",
    })
    expect((await sh("printf 12345", { maxOutput: 5 })).stdout).toBe("12345")
    await expect(sh("printf 123456 >&2", { maxOutput: 5 })).rejects.toThrow("to stderr")
  })

  it("makes an error of a failure if it is told to check", async () => {
    const error = await sh("echo bad thing >&2; exit 4", { check: true }).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      name: "ProcessError",
      code: "E_PROCESS_EXIT",
      exitCode: 4,
      signal: null,
      stderr: "bad thing",
      message: 'Cannot run sh -c "echo bad thing >&2; exit 4": it ended with exit code 4: bad thing',
    })
    await expect(sh("kill -TERM $$", { check: true })).rejects.toThrow("SIGTERM ended it")
    expect((await sh("exit 0", { check: true })).exitCode).toBe(0)
    const long = await sh("yes 0123456789 | head -n 1000 >&2; exit 1", { check: true }).catch(
      (e: unknown) => e,
    )
    expect((long as ProcessError).stderr.length).toBeLessThan(600)
  })

  it("says which program is not there, and where it was looked for", async () => {
    const error = await runProcess("no-such-program", ["x"], { env: { PATH: "/a:/b" } }).catch(
      (e: unknown) => e,
    )
    expect(error).toMatchObject({
      code: "ENOENT",
      command: "no-such-program x",
      message: "Cannot start no-such-program x: no program of that name is in PATH (/a:/b) (ENOENT)",
    })
    await expect(runProcess("./no/such")).rejects.toThrow("there is no such file (ENOENT)")
    await expect(sh("true", { cwd: "/no/such/folder" })).rejects.toThrow(
      "its working directory /no/such/folder does not exist (ENOENT)",
    )
    await expect(runProcess(import.meta.filename)).rejects.toMatchObject({ code: "EACCES" })
    await expect(runProcess("cat", ["x".repeat(3_000_000)])).rejects.toMatchObject({ code: "E2BIG" })
    await expect(runProcess("true", [], { shell: "/no/shell" })).rejects.toThrow(
      "there is no shell /no/shell",
    )
    await expect(runProcess("no-such-program", [], { input: "text" })).rejects.toMatchObject({
      code: "ENOENT",
    })
  })

  it.each([
    ["", [], {}, RangeError],
    ["a\0", [], {}, RangeError],
    [7, [], {}, TypeError],
    ["a", "b", {}, TypeError],
    ["a", [1], {}, TypeError],
    ["a", [], { grace: -1 }, RangeError],
    ["a", [], { input: 7 }, TypeError],
    ["a", [], { stdout: "pipe" }, RangeError],
    ["a", [], { encoding: "latin1" }, RangeError],
    ["a", [], { maxOutput: Number.NaN }, RangeError],
    ["a", [], { timeout: Number.NaN }, RangeError],
    ["a", [], { signal: 1 }, TypeError],
  ])("refuses %j %j %j", async (command, args, options, kind) => {
    const call = runProcess(command as string, args as string[], options as RunProcessOptions)
    await expect(call).rejects.toThrow(kind)
  })

  it("starts nothing if it is cancelled before, or its signal has aborted", async () => {
    await using folder = await temporaryDirectory()
    const mark = join(folder.path, "mark")
    await expect(sh(`touch ${mark}`, { signal: AbortSignal.abort("no") })).rejects.toBe("no")
    await run(async () => {
      const task = createTask(async () => {
        task.cancel()
        await sh(`touch ${mark}`)
      })
      await expect(task).rejects.toBeInstanceOf(CancelledError)
    })
    expect(existsSync(mark)).toBe(false)
  })

  it("runs many at once", async () => {
    const results = await run(() => gather(Array.from({ length: 20 }, (_, i) => () => sh(`echo ${i}`))))
    expect(results.map(({ stdout }) => Number(stdout))).toEqual(Array.from({ length: 20 }, (_, i) => i))
  })

  it("waits in real time on the virtual clock", () =>
    runVirtual(async () => {
      const { stdout } = await sh("sleep 0.05; echo late")
      expect(stdout).toBe("late\n")
    }))
})

describe("the end of a program", () => {
  it("is a cancel's: it and all that it has started are gone when the error comes", async () => {
    await using folder = await temporaryDirectory()
    const file = join(folder.path, "pids")
    const script = `sleep 100 & echo $! >> ${file}; (sleep 100 & echo $! >> ${file}; wait) & echo $$ >> ${file}; wait`
    await run(async () => {
      const task = createTask(() => sh(script))
      await until(() => existsSync(file) && readFileSync(file, "utf8").split("\n").length === 4)
      const pids = readFileSync(file, "utf8").trim().split("\n").map(Number)
      expect(pids.map(isAlive)).toEqual([true, true, true])
      task.cancel("enough")
      const error = await joinOnly(task).catch((thrown: unknown) => thrown)
      expect(isCancelled(error) && error.reason).toBe("enough")
      expect(pids.map(isAlive)).toEqual([false, false, false])
    })
  })

  it("comes by force after the grace for those that ignore SIGTERM, the leader or what it has started", async () => {
    await using folder = await temporaryDirectory()
    const file = join(folder.path, "pid")
    const stubborn = `trap "" TERM; echo $$ > ${file}; while :; do sleep 0.01; done`
    for (const script of [stubborn, `sh -c '${stubborn}' & wait`]) {
      await run(async () => {
        const task = createTask(() => sh(script, { grace: 60 }))
        await until(() => existsSync(file) && readFileSync(file, "utf8") !== "")
        const pid = Number(readFileSync(file, "utf8"))
        await sleep(10)
        const asked = performance.now()
        task.cancel()
        await joinOnly(task).catch(() => {})
        const took = performance.now() - asked
        expect(took).toBeGreaterThan(55)
        expect(took).toBeLessThan(3_000)
        expect(isAlive(pid)).toBe(false)
      })
      await runProcess("rm", [file])
    }
  })

  it("may be a clean one: it has the time of the grace", async () => {
    await using folder = await temporaryDirectory()
    const [ready, done] = [join(folder.path, "ready"), join(folder.path, "done")]
    const script = `trap 'sleep 0.05; touch ${done}; exit 0' TERM; touch ${ready}; while :; do sleep 0.01; done`
    await expect(
      timeout(5_000, async ({ signal }) => {
        const running = sh(script, { signal: AbortSignal.any([signal, whenThere(ready)]) })
        await running
      }),
    ).rejects.toBe("it is there")
    expect(existsSync(done)).toBe(true)
  })

  it("is by force at the second request", async () => {
    await run(async () => {
      const task = createTask(() => sh('trap "" TERM; while :; do sleep 0.01; done', { grace: 60_000 }))
      await sleep(50)
      task.cancel()
      await sleep(20)
      expect(task.done()).toBe(false)
      const asked = performance.now()
      task.cancel()
      await expect(task).rejects.toBeInstanceOf(CancelledError)
      expect(performance.now() - asked).toBeLessThan(3_000)
    })
  })

  it("comes with a TimeoutError that names it", async () => {
    const error = await sh("sleep 100", { timeout: 30 }).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(TimeoutError)
    expect(String(error)).toBe('TimeoutError: Cannot run sh -c "sleep 100": it took longer than 30 ms')
  })

  it("takes along what it left running, and waits for no output that others hold open", async () => {
    await using folder = await temporaryDirectory()
    const file = join(folder.path, "pid")
    const held = await sh(`sleep 100 & echo $! > ${file}; echo started`, { grace: 50 })
    expect(held).toMatchObject({ stdout: "started\n", exitCode: 0 })
    expect(isAlive(Number(readFileSync(file, "utf8")))).toBe(false)
    const quiet = await sh(`sleep 100 > /dev/null 2>&1 & echo $! > ${file}; echo started`)
    expect(quiet.stdout).toBe("started\n")
    expect(isAlive(Number(readFileSync(file, "utf8")))).toBe(false)
  })

  it("is not held up by a daemon that has left the group and holds the output open", async () => {
    await using folder = await temporaryDirectory()
    const file = join(folder.path, "pid")
    const script = `setsid sh -c 'echo $$ > ${file}; exec sleep 5' & while ! [ -s ${file} ]; do sleep 0.01; done; echo on`
    const asked = performance.now()
    const result = await sh(script, { grace: 50 })
    expect(result.stdout).toBe("on\n")
    expect(performance.now() - asked).toBeLessThan(4_000)
    await run(async () => {
      await runProcess("rm", [file])
      const task = createTask(() => sh(`${script}; sleep 100`, { grace: 50 }))
      await until(() => existsSync(file) && readFileSync(file, "utf8") !== "")
      task.cancel()
      await expect(task).rejects.toBeInstanceOf(CancelledError)
    })
    process.kill(Number(readFileSync(file, "utf8")))
  })

  it("signals the program alone that has no group of its own", async () => {
    await run(async () => {
      const task = createTask(() => runProcess("sleep", ["100"], { ownGroup: false }))
      await sleep(20)
      task.cancel()
      await expect(task).rejects.toBeInstanceOf(CancelledError)
    })
    expect((await sh("exit 2", { ownGroup: false })).exitCode).toBe(2)
  })

  it("a cancel at whatever moment leaves nothing", async () => {
    for (let delay = 0; delay < 12; delay += 1) {
      await run(async () => {
        const task = createTask(() => sh("echo one; sleep 0.005; echo two"))
        await sleep(delay)
        task.cancel()
        const outcome = await joinOnly(task).then(
          ({ stdout }) => stdout,
          (error: unknown) => (isCancelled(error) ? "cancelled" : error),
        )
        expect(["cancelled", "one\ntwo\n"]).toContain(outcome)
      })
      expect(zombies()).toEqual([])
    }
  })
})

/** Aborts when a file is there. */
function whenThere(file: string): AbortSignal {
  const controller = new AbortController()
  void until(() => existsSync(file)).then(() => controller.abort("it is there"))
  return controller.signal
}

describe("when this process ends", () => {
  it.each([
    ["in order", "setTimeout(() => process.exit(), 50)", 0],
    ["by an error", 'setTimeout(() => { throw new Error("boom") }, 50)', 1],
    ["by SIGTERM", 'setTimeout(() => process.kill(process.pid, "SIGTERM"), 50)', 143],
  ])("%s, its children go with it", async (_, end, code) => {
    await using folder = await temporaryDirectory()
    const file = join(folder.path, "pid")
    const dist = pathToFileURL(join(import.meta.dirname, "..", "..", "dist")).href
    const program = `
      import { existsSync } from "node:fs"
      import { run } from "${dist}/index.js"
      import { runProcess } from "${dist}/process/index.js"
      const look = () => { if (existsSync(${JSON.stringify(file)})) { ${end} } else setTimeout(look, 5) }
      look()
      await run(() => runProcess("sh", ["-c", "sleep 100 & echo $! > ${file}; wait"]))
    `
    const { exitCode } = await runProcess(process.execPath, ["--input-type=module", "-e", program], {
      timeout: 15_000,
    })
    expect(exitCode).toBe(code)
    const pid = Number(readFileSync(file, "utf8"))
    await until(() => !isAlive(pid))
  })
})
