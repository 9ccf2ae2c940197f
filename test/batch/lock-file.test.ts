// One writer for one output.

import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { stopTimer } from "../../src/core/lowlevel.ts"
import { LockFile } from "../../src/batch/lock-file.ts"

let folder = ""
let output = ""
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tsyncio-lock-"))
  output = join(folder, "out.jsonl")
})
afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

async function deadProcess(): Promise<number> {
  const child = spawn(process.execPath, ["-e", ""], { stdio: "ignore" })
  await once(child, "exit")
  return child.pid ?? 0
}

describe("LockFile", () => {
  it("refuses a second writer and names the first", async () => {
    const lock = await LockFile.acquire(output)
    await expect(LockFile.acquire(output)).rejects.toMatchObject({
      reason: "locked",
      message: expect.stringContaining(`process ${process.pid}`),
    })
    await lock.release()
    await (await LockFile.acquire(output)).release()
    expect(await readdir(folder)).toEqual([])
  })

  it("takes the lock of a dead process over", async () => {
    await writeFile(`${output}.lock`, JSON.stringify({ pid: await deadProcess(), start: "1" }))
    const lock = await LockFile.acquire(output)
    expect(JSON.parse(await readFile(lock.path, "utf8"))).toMatchObject({ pid: process.pid })
    await lock.release()
    expect(await readdir(folder)).toEqual([])
  })

  // When a process began stands in /proc, which is Linux's.
  it.runIf(process.platform === "linux")(
    "takes over where the process number was given out again",
    async () => {
      await writeFile(`${output}.lock`, JSON.stringify({ pid: process.pid, start: "1" }))
      await (await LockFile.acquire(output)).release()
    },
  )

  it("removes what a process left that was killed on its way to the lock", async () => {
    const dead = await deadProcess()
    for (const name of [`lock.${dead}.0`, `lock.takeover.${dead}.1`]) await writeFile(`${output}.${name}`, "")
    await writeFile(`${output}.lock.${process.pid}.999`, "")
    await (await LockFile.acquire(output)).release()
    expect(await readdir(folder)).toEqual([`out.jsonl.lock.${process.pid}.999`])
  })

  it("takes over a lock that holds nothing readable", async () => {
    await writeFile(`${output}.lock`, "")
    await (await LockFile.acquire(output)).release()
  })

  it("lets exactly one of many have a dead process's lock", async () => {
    const stale = JSON.stringify({ pid: await deadProcess(), start: "1" })
    for (let round = 0; round < 20; round++) {
      await writeFile(`${output}.lock`, stale)
      const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => LockFile.acquire(output)))
      const held = outcomes.filter((outcome) => outcome.status === "fulfilled")
      expect(held.length).toBe(1)
      for (const { value } of held) await value.release()
      expect(await readdir(folder)).toEqual([])
    }
  })

  it("does not remove a lock that is no longer its own", async () => {
    const lock = await LockFile.acquire(output)
    await writeFile(lock.path, "somebody else")
    await lock.release()
    expect(await readFile(lock.path, "utf8")).toBe("somebody else")
  })

  it("takes the lock of a dead process over that another start of the machine had", async () => {
    const lock = await LockFile.acquire(output)
    const { start, ...holder } = JSON.parse(await readFile(lock.path, "utf8")) as { start: string | null }
    await lock.release()
    if (start === null) return
    await writeFile(
      `${output}.lock`,
      JSON.stringify({ ...holder, start: start.replace(/^\S+/, "another-start") }),
    )
    await (await LockFile.acquire(output)).release()
  })

  it("refuses the lock of another machine while it is renewed, and names the machine", async () => {
    await writeFile(`${output}.lock`, JSON.stringify({ host: "elsewhere", pid: 1, start: "1" }))
    await expect(LockFile.acquire(output)).rejects.toThrow("process 1 on elsewhere is writing to it")
    const old = Date.now() / 1000 - 120
    await utimes(`${output}.lock`, old, old)
    await (await LockFile.acquire(output)).release()
    expect(await readdir(folder)).toEqual([])
  })

  it("renews its lock, and leaves alone what is no longer its own", async () => {
    const lock = await LockFile.acquire(output)
    const old = Date.now() / 1000 - 120
    await utimes(lock.path, old, old)
    stopTimer(lock)
    lock.fire()
    await expect.poll(async () => (await stat(lock.path)).mtimeMs).toBeGreaterThan(old * 1000 + 60_000)
    await writeFile(lock.path, "somebody else")
    stopTimer(lock)
    lock.fire()
    await lock.release()
    expect(await readFile(lock.path, "utf8")).toBe("somebody else")
  })
})
