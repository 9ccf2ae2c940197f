// Processes: the same contract without shared memory, and nothing left when anybody dies.
import { spawn } from "node:child_process"
import { mkdtempSync, writeFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import type { Future } from "../../src/index.ts"
import { TimeoutError, createTask, gather, isCancelled, run, sleep } from "../../src/index.ts"
import { ProcessExecutor, WorkerLostError, inline } from "../../src/executor/index.ts"
import {
  add,
  block,
  echo,
  exit,
  fail,
  kill,
  nap,
  readUser,
  stubborn,
  token,
  user,
  where,
} from "./functions.mjs"
import { expectNoLivingWorkers } from "./living-workers.ts"

expectNoLivingWorkers()

const root = join(import.meta.dirname, "..", "..")

async function endOf(future: Future<unknown>): Promise<unknown> {
  return future.join().then(
    (value) => value,
    (error: unknown) => error,
  )
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

describe("a process", () => {
  it("runs functions and gives values, errors and what is no JSON", () =>
    run(async () => {
      await using executor = new ProcessExecutor({ maxWorkers: 1 })
      const place = await executor.submit(where)
      expect(place.isMainThread).toBe(true)
      expect(place.pid).not.toBe(process.pid)
      expect(await gather([executor.submit(add, 1, 2), executor.submit(nap, 1)])).toEqual([3, "slept"])
      const value = new Map<string, unknown>([
        ["when", new Date(0)],
        ["bytes", new Uint8Array([1])],
        ["none", undefined],
      ])
      expect(await executor.submit(echo, value)).toEqual(value)
      const error = (await endOf(executor.submit(fail, "bad"))) as RangeError
      expect(error).toBeInstanceOf(RangeError)
      expect(error.cause).toBeInstanceOf(TimeoutError)
      expect(error.stack).toMatch(/--- in process \d+, called from ---/)
      const unsent = await endOf(executor.submit(echo, () => 1))
      expect(String(unsent)).toMatch(/TypeError: Cannot send the arguments of "echo"/)
      const shared = new SharedArrayBuffer(4)
      expect(String(await endOf(executor.submit(echo, shared)))).toMatch(/Cannot send the arguments/)
      expect(() => executor.submit(echo, 1, { transfer: [] })).toThrow(/Cannot transfer to a process/)
      expect(await executor.submit(add, 1, 1)).toBe(2)
    }))

  it("sees the caller's context variables, as far as they can be sent", () =>
    run(async () => {
      await using executor = new ProcessExecutor({ maxWorkers: 1 })
      await createTask(async () => {
        user.set("ada")
        token.set(() => "secret")
        expect(await executor.submit(readUser)).toEqual(["ada", null])
        expect(user.get()).toBe("ada")
      })
    }))

  it("is told to end by a message, and ended after `grace` if it does not listen", () =>
    run(async () => {
      await using executor = new ProcessExecutor({ maxWorkers: 1, grace: 100 })
      await executor.warmUp(nap)
      const { pid } = await executor.submit(where)
      const napping = executor.submit(nap, 60_000)
      await sleep(20)
      napping.cancel("wake up")
      expect(await endOf(napping)).toMatchObject({ name: "CancelledError", reason: "wake up" })
      expect((await executor.submit(where)).pid).toBe(pid)
      for (const submit of [() => executor.submit(block, 60_000), () => executor.submit(stubborn)]) {
        const job = submit()
        const behind = executor.submit(add, 1, 1)
        await sleep(50)
        job.cancel()
        expect(isCancelled(await endOf(job))).toBe(true)
        expect(await behind).toBe(2)
      }
      expect(isAlive(pid)).toBe(false)
      expect(executor.statistics()).toMatchObject({ lost: 0 })
    }))

  it("that dies is told with its code or signal, and replaced", () =>
    run(async () => {
      await using executor = new ProcessExecutor({ maxWorkers: 1 })
      const lost = (await endOf(executor.submit(exit, 4))) as WorkerLostError
      expect(lost).toBeInstanceOf(WorkerLostError)
      expect(lost).toMatchObject({ job: "exit", exitCode: 4, signal: null })
      const killed = (await endOf(executor.submit(kill, "SIGKILL"))) as WorkerLostError
      expect(killed).toMatchObject({ job: "kill", exitCode: null, signal: "SIGKILL" })
      expect(await executor.submit(add, 1, 1)).toBe(2)
    }))

  it("has its own environment and folder, and takes output along", () =>
    run(async () => {
      const folder = mkdtempSync(join(tmpdir(), "tsyncio-"))
      try {
        await using executor = new ProcessExecutor({ maxWorkers: 1, env: { WHO: "ada" }, cwd: folder })
        const seen = await executor.submit(inline(() => [process.env["WHO"], process.cwd()]))
        expect(seen).toEqual(["ada", folder])
      } finally {
        rmSync(folder, { recursive: true })
      }
    }))

  it("does not outlive a program that was killed, whatever it does", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tsyncio-"))
    try {
      const path = join(folder, "program.mjs")
      writeFileSync(
        path,
        `import { run } from ${JSON.stringify(`file://${root}/dist/index.js`)}
         import { ProcessExecutor, inline } from ${JSON.stringify(`file://${root}/dist/executor/index.js`)}
         await run(async () => {
           const executor = new ProcessExecutor({ maxWorkers: 2 })
           const pid = inline(async () => { await new Promise((resolve) => setTimeout(resolve, 100)); return process.pid })
           const pids = await Promise.all([executor.submit(pid), executor.submit(pid)])
           void executor.submit(inline(() => { for (;;); }))
           void executor.submit(inline(() => new Promise(() => setTimeout(() => {}, 60_000))))
           console.log(JSON.stringify(pids))
           await new Promise((resolve) => setTimeout(resolve, 60_000))
         })`,
      )
      const program = spawn(process.execPath, [path], { stdio: ["ignore", "pipe", "inherit"] })
      const line = await new Promise<string>((resolve) =>
        program.stdout.once("data", (data) => resolve(String(data))),
      )
      const pids = JSON.parse(line) as number[]
      expect(pids.map(isAlive)).toEqual([true, true])
      await new Promise((resolve) => setTimeout(resolve, 100))
      program.kill("SIGKILL")
      const end = performance.now() + 10_000
      while (pids.some(isAlive) && performance.now() < end)
        await new Promise((resolve) => setTimeout(resolve, 50))
      expect(pids.map(isAlive)).toEqual([false, false])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
