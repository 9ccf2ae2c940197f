// Programs as users write them, which must come out right.
import { AsyncLocalStorage } from "node:async_hooks"
import { execFile } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import type { Server } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { describe, expect, it } from "vitest"
import type { TimeoutScope } from "../../src/index.ts"
import {
  Barrier,
  CapacityLimiter,
  Condition,
  Event,
  Future,
  Lock,
  Queue,
  RateLimiter,
  Semaphore,
  createTask,
  gather,
  map,
  rethrowCancelled,
  run,
  shield,
  sleep,
  taskGroup,
  timeout,
  waitFor,
} from "../../src/index.ts"
import { runVirtual } from "../../src/testing/index.ts"

const root = join(import.meta.dirname, "..", "..")
const execute = promisify(execFile)

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve))
  return (server.address() as AddressInfo).port
}

describe("a program", () => {
  it("a poll loop around a catch ends when it is cancelled: its pause is told as well", () =>
    runVirtual(async () => {
      let polls = 0
      const task = createTask(async () => {
        for (;;) {
          try {
            await sleep(5)
            polls += 1
          } catch {
            // A loop that logs and goes on.
          }
          await sleep(100)
        }
      })
      await sleep(302)
      task.cancel()
      await task.join().catch(() => {})
      expect([polls, task.cancelled()]).toEqual([3, true])
    }))

  it("a catch that lets a cancel pass ends at once", () =>
    runVirtual(async () => {
      const task = createTask(async () => {
        for (;;) {
          try {
            await sleep(5)
          } catch (error) {
            rethrowCancelled(error)
          }
        }
      })
      await sleep(12)
      task.cancel()
      await expect(task.join()).rejects.toThrow("Cancelled")
    }))

  it("Promise.all in a task: every branch that is parked is ended, and nothing surfaces", () =>
    runVirtual(async () => {
      const ended: string[] = []
      const branch = async (name: string, ms: number): Promise<void> => {
        try {
          await sleep(ms)
        } finally {
          ended.push(name)
        }
      }
      const task = createTask(() => Promise.all([branch("a", 100), branch("b", 200), branch("c", 1)]))
      await sleep(10)
      task.cancel()
      await task.join().catch(() => {})
      expect(ended).toEqual(["c", "a", "b"])
    }))

  it("a call that is awaited later is cancelled with its task", () =>
    runVirtual(async () => {
      const log: string[] = []
      const load = async (): Promise<string> => {
        try {
          return await sleep(100, "loaded")
        } finally {
          log.push("load ended")
        }
      }
      const task = createTask(async () => {
        const promise = load()
        await sleep(10)
        return promise
      })
      await sleep(50)
      task.cancel()
      await expect(task.join()).rejects.toThrow("Cancelled")
      expect(log).toEqual(["load ended"])
    }))

  it("waitFor of a bare promise is refused with advice", () =>
    runVirtual(async () => {
      const promise = Promise.resolve(1)
      await expect(waitFor(promise as never, 10)).rejects.toThrow("got a promise: pass `() => …`")
    }))

  it("somebody's own AsyncLocalStorage survives every primitive", () =>
    runVirtual(async () => {
      const storage = new AsyncLocalStorage<string>()
      const lock = new Lock()
      const gate = new Semaphore(1)
      const queue = new Queue<number>(1)
      const event = new Event()
      const barrier = new Barrier(2)
      const condition = new Condition()
      const limiter = new RateLimiter({ budgets: { calls: { limit: 1, per: 10 } }, burst: 1 })
      const capacity = new CapacityLimiter(1)
      const seen = new Set<string>()
      const use = (name: string): Promise<void> =>
        storage.run(name, async () => {
          const check = (where: string): void => {
            if (storage.getStore() !== name) seen.add(`${where}: ${storage.getStore()} in ${name}`)
          }
          await lock.run(() => sleep(1)).then(() => check("lock"))
          await gate.run(() => sleep(1)).then(() => check("semaphore"))
          await capacity.run(() => sleep(1)).then(() => check("capacity"))
          await limiter.run(() => check("limiter"))
          await barrier.wait().then(() => check("barrier"))
          if (name === "a") for (const item of [1, 2, 3]) await queue.put(item)
          else for (let i = 0; i < 3; i += 1) await queue.get()
          check("queue")
          if (name === "a") event.set()
          await event.wait().then(() => check("event"))
          await condition.run(async () => {
            if (name === "b") await condition.wait()
          })
          if (name === "a") await sleep(50).then(() => condition.run(() => condition.notifyAll()))
          check("condition")
          await gather([async () => check("gather"), () => sleep(1).then(() => check("gather"))])
          for await (const _ of map([1, 2], () => sleep(1), { concurrency: 2 })) check("map")
          await shield(() => sleep(1).then(() => check("shield")))
          await timeout(100, () => sleep(1)).then(() => check("timeout"))
          const future = new Future<void>()
          future.addDoneCallback(() => check("done callback"))
          future.setResult()
          await future
          await sleep(1)
        })
      await taskGroup((group) => {
        group.createTask(() => use("a"))
        group.createTask(() => use("b"))
      })
      expect([...seen]).toEqual([])
    }))

  it("timeout around fetch with the scope's signal closes the socket", async () => {
    const server = createServer(() => {})
    const port = await listen(server)
    const closed = new Promise<void>((resolve) => {
      server.once("request", (request) => request.socket.once("close", () => resolve()))
    })
    // The limit passes once the request is there: on a busy machine a fixed one may come before.
    const body = (scope: TimeoutScope): Promise<Response> => {
      server.once("request", () => {
        scope.deadline = 0
      })
      return fetch(`http://127.0.0.1:${port}/`, { signal: scope.signal })
    }
    const error = await run(() => timeout(60_000, body).catch((thrown: unknown) => thrown), {
      handleSignals: false,
    })
    expect(error).toMatchObject({ name: "TimeoutError", code: "E_TIMEOUT" })
    await closed
    await new Promise<void>((resolve) => void server.close(() => resolve()))
  })

  it("a semaphore, a queue and a group work without run in somebody's handlers", async () => {
    const gate = new Semaphore(2)
    const queue = new Queue<number>()
    let most = 0
    let inside = 0
    const server = createServer((_, response) => {
      void gate.run(async () => {
        inside += 1
        most = Math.max(most, inside)
        const sum = await taskGroup(async (group) => {
          const one = group.createTask(() => sleep(2, 1))
          const two = group.createTask(() => sleep(1, 2))
          return (await one) + (await two)
        })
        await queue.put(sum)
        inside -= 1
        response.end(String(sum))
      })
    })
    const port = await listen(server)
    const texts = await Promise.all(
      Array.from({ length: 6 }, () => fetch(`http://127.0.0.1:${port}/`).then((response) => response.text())),
    )
    expect(texts).toEqual(Array.from({ length: 6 }, () => "3"))
    expect([most, queue.size]).toEqual([2, 6])
    server.closeAllConnections()
    await new Promise<void>((resolve) => void server.close(() => resolve()))
  })
})

describe("installed packages", () => {
  // A copy is links to this checkout; kept as such by the program that loads them, so that they are two.
  const program = (files: Readonly<Record<string, string>>, copies: readonly string[]): string => {
    const folder = mkdtempSync(join(tmpdir(), "tsyncio-program-"))
    for (const copy of copies) {
      mkdirSync(join(folder, copy), { recursive: true })
      for (const part of ["dist", "package.json", "node_modules"]) {
        symlinkSync(join(root, part), join(folder, copy, part))
      }
    }
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
    return folder
  }

  it("two copies in one process see each other's tasks, limits and cancels", async () => {
    const folder = program(
      {
        "main.mjs": `
          import * as one from "./one/dist/index.js"
          import * as two from "./two/dist/index.js"
          await one.run(async () => {
            const error = await one.timeout(20, () => two.sleep(10_000)).catch((thrown) => thrown)
            console.log(error.name, one.isCancelled(error.cause), two.isCancelled(error.cause))
            const task = one.createTask(async () => {
              try { await two.sleep(10_000) } finally { console.log("cleaned up") }
            })
            await one.sleep(1)
            task.cancel()
            await one.joinOnly(task).catch((thrown) => console.log(two.isCancelled(thrown)))
          })`,
      },
      ["one", "two"],
    )
    try {
      const { stdout, stderr } = await execute(process.execPath, [
        "--preserve-symlinks",
        join(folder, "main.mjs"),
      ])
      expect([stdout.trim().split("\n"), stderr]).toEqual([
        ["TimeoutError true true", "cleaned up", "true"],
        "",
      ])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it("tests on the virtual clock are green under node:test", async () => {
    const folder = program(
      {
        "clock.test.mjs": `
          import assert from "node:assert/strict"
          import { test } from "node:test"
          import { sleep, taskGroup } from "./one/dist/index.js"
          import { LeakError, now, runVirtual, steps } from "./one/dist/testing/index.js"
          test("an hour", () => runVirtual(async () => {
            await sleep(3_600_000)
            assert.equal(now(), 3_600_000)
          }))
          test("order", () => runVirtual(async () => {
            const { step, finish } = steps()
            await taskGroup((group) => {
              group.createTask(async () => { await sleep(2); finish(3) })
              group.createTask(async () => { await sleep(1); step(2) })
              step(1)
            })
          }))
          test("a failing test fails", () => assert.rejects(runVirtual(() => Promise.reject(new Error("no"))), /no/))
          test("leaks are found", () => assert.equal(typeof LeakError, "function"))`,
      },
      ["one"],
    )
    try {
      const { stdout } = await execute(process.execPath, [
        "--test",
        "--test-reporter=tap",
        join(folder, "clock.test.mjs"),
      ])
      expect(stdout).toMatch(/# pass 4/)
      expect(stdout).toMatch(/# fail 0/)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
