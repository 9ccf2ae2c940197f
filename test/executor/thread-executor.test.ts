// Threads: results and errors, every state a cancel can come in, limits, what dies, and how it all ends.
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import type { Problem } from "../../src/index.ts"
import {
  InvalidStateError,
  QueueFullError,
  TimeoutError,
  allTasks,
  callGraph,
  cancelScope,
  collect,
  createTask,
  gather,
  isCancelled,
  moveOnAfter,
  run,
  sleep,
  taskGroup,
  timeout,
} from "../../src/index.ts"
import type { Future, Task } from "../../src/index.ts"
import { ThreadExecutor, WorkerLostError, inline } from "../../src/executor/index.ts"
import * as functions from "./functions.mjs"
import { expectNoLivingWorkers } from "./living-workers.ts"

expectNoLivingWorkers()

const { add, append, block, count, echo, fail, nap, untilSet, untilTold, where } = functions

/** Resolves when a function in a thread has said that it is there. */
async function untilThere(shared: SharedArrayBuffer, there = 1): Promise<void> {
  const words = new Int32Array(shared)
  while (Atomics.load(words, 0) < there) await sleep(1)
}

function words(): SharedArrayBuffer {
  return new SharedArrayBuffer(16)
}

/** Lets jobs of `untilSet` go on. */
function set(shared: SharedArrayBuffer): void {
  const view = new Int32Array(shared)
  Atomics.store(view, 1, 1)
  Atomics.notify(view, 1)
}

/** What a future comes to. */
async function endOf(future: Future<unknown>): Promise<unknown> {
  return future.join().then(
    (value) => value,
    (error: unknown) => error,
  )
}

describe("submit()", () => {
  it("calls a function in a thread and gives its value", () =>
    run(async () => {
      await using executor = new ThreadExecutor({ maxWorkers: 1 })
      const place = await executor.submit(where)
      expect(place).toMatchObject({ isMainThread: false, pid: process.pid })
      expect(await executor.submit(add, 1, 2)).toBe(3)
      expect(await executor.submit(add, 1)).toBe(11)
      expect(await executor.submit(nap, 1)).toBe("slept")
      expect(
        await executor.submit(
          inline((n: number) => [n, { n: BigInt(n) }]),
          3,
        ),
      ).toEqual([3, { n: 3n }])
    }))

  it("gives several values in order, from as many threads as there may be", () =>
    run(async () => {
      await using executor = new ThreadExecutor({ maxWorkers: 2 })
      const shared = words()
      const jobs = [0, 1].map(() => executor.submit(untilSet, shared))
      await untilThere(shared, 2)
      expect(executor.statistics()).toMatchObject({ workers: 2, busy: 2, queued: 0 })
      set(shared)
      expect((await gather(jobs)).toSorted((a, b) => a - b)).toEqual([1, 2])
      const numbers = Array.from({ length: 1000 }, (_, index) => index)
      expect(await gather(numbers.map((n) => executor.submit(echo, n)))).toEqual(numbers)
    }))

  it("throws what the function throws: class, fields, cause, and the stack of both sides", () =>
    run(async () => {
      await using executor = new ThreadExecutor({ maxWorkers: 1 })
      const error = (await endOf(executor.submit(fail, "too far"))) as RangeError & { order: number }
      expect(error).toBeInstanceOf(RangeError)
      expect(error).toMatchObject({ message: "too far", order: 7 })
      expect(error.cause).toBeInstanceOf(TimeoutError)
      expect(error.stack).toMatch(
        /functions\.mjs:\d+[\s\S]*--- in thread \d+, called from ---[\s\S]*thread-executor\.test\.ts/,
      )
      expect(error.stack).not.toContain("job-server")
      expect(await endOf(executor.submit(functions.throwValue, null))).toBe(null)
      expect(await executor.submit(add, 1, 1)).toBe(2)
    }))

  it("refuses a function that has no way to travel, and says both", () =>
    run(async () => {
      await using executor = new ThreadExecutor()
      expect(() => executor.submit(() => 1)).toThrow(/portable\(import\.meta, .*inline\(…\)/)
      expect(() => executor.submit(3 as never)).toThrow(TypeError)
      expect(() => executor.map([1], (n: number) => n)).toThrow(TypeError)
      expect(executor.statistics().workers).toBe(0)
    }))

  it("tells one job of a function that is not there, or is there twice, and the next one goes on", () =>
    run(async () => {
      await using executor = new ThreadExecutor({ maxWorkers: 1 })
      const missing = await endOf(executor.submit(functions.makeLocal(1)))
      expect(String(missing)).toMatch(
        /Cannot find portable function "local" in file:.*functions\.mjs: call .* at its top level/,
      )
      expect(String(await endOf(executor.submit(functions.twice)))).toMatch(
        /two portable functions of .* are called "twice"/,
      )
      expect(await executor.submit(add, 1, 1)).toBe(2)
    }))

  it("fails one job whose arguments or value cannot be sent", () =>
    run(async () => {
      await using executor = new ThreadExecutor({ maxWorkers: 1 })
      const ends = [1, () => {}, 2].map((value) => endOf(executor.submit(echo, value)))
      const [first, second, third] = await gather(ends.map((end) => () => end))
      expect([first, third]).toEqual([1, 2])
      expect(String(second)).toMatch(/TypeError: Cannot send the arguments of "echo": .* could not be cloned/)
      expect(String(await endOf(executor.submit(functions.giveFunction)))).toMatch(
        /Cannot send the result back/,
      )
    }))

  it("does not let two jobs share the copy of an object that both were given", () =>
    run(async () => {
      await using executor = new ThreadExecutor({ maxWorkers: 1 })
      const list: number[] = []
      expect(await gather([1, 2, 3].map((n) => executor.submit(append, list, n)))).toEqual([1, 1, 1])
    }))

  it("hands over what stands in the transfer list, and what the job hands back", () =>
    run(async () => {
      await using executor = new ThreadExecutor({ maxWorkers: 1 })
      const bytes = new Uint8Array(4)
      const filled = await executor.submit(functions.fillBytes, bytes, 7, { transfer: [bytes.buffer] })
      expect(bytes.byteLength).toBe(0)
      expect([...filled]).toEqual([7, 7, 7, 7])
      const shared = words()
      await gather(Array.from({ length: 100 }, () => executor.submit(functions.increment, shared)))
      expect(new Int32Array(shared)[0]).toBe(100)
    }))

  it("takes the bag behind all parameters for options, and nothing else", () =>
    run(async () => {
      await using executor = new ThreadExecutor({ maxWorkers: 1 })
      expect(await executor.submit(echo, { timeout: 5 })).toEqual({ timeout: 5 })
      expect(await executor.submit(functions.nameOfTask, { name: "ada", timeout: 1000 })).toBe("ada")
      expect(await executor.with({ name: "eve" }).submit(functions.nameOfTask)).toBe("eve")
      expect(await executor.submit(functions.nameOfTask)).toBe("nameOfTask")
      expect(() => executor.submit(echo, 1, { timeout: "soon" } as never)).toThrow(TypeError)
      expect(() => executor.with({ timeOut: 1 } as never)).toThrow(/`timeOut`/)
    }))
})

describe("a job in the tree of tasks", () => {
  it("has a name, a place where it waits, and awaiters", () =>
    run(async () => {
      await using executor = new ThreadExecutor({ maxWorkers: 1 })
      const shared = words()
      const job = executor.submit(untilSet, shared) as Task<number>
      expect(job.name).toBe("untilSet")
      expect(job.waitingOn).toMatchObject({ kind: "executor", label: 'job "untilSet"' })
      expect(allTasks().has(job)).toBe(true)
      const waiting = createTask(async () => job, { name: "waiting" })
      await untilThere(shared)
      expect(callGraph(job)?.awaitedBy.map(({ future }) => (future as Task<unknown>).name)).toEqual([
        "waiting",
      ])
      set(shared)
      expect(await waiting).toBe(1)
    }))

  it("calls done callbacks", () =>
    run(async () => {
      await using executor = new ThreadExecutor({ maxWorkers: 1 })
      const seen: number[] = []
      const job = executor.submit(add, 2, 3)
      job.addDoneCallback((future) => seen.push(future.result()))
      await job
      await sleep(0)
      expect(seen).toEqual([5])
    }))

  it("that failed and that nobody looks at is reported", async () => {
    const problems: Problem[] = []
    await run(
      async () => {
        await using executor = new ThreadExecutor({ maxWorkers: 1 })
        const job = executor.submit(fail, "unseen")
        await sleep(1)
        while (!job.done()) await sleep(1)
      },
      { onProblem: (problem) => problems.push(problem) },
    )
    expect(problems).toMatchObject([{ message: "An error was never looked at", task: 'task "fail"' }])
  })

  it("is seen by context variables, and what it sets stays there", () =>
    run(async () => {
      await using executor = new ThreadExecutor({ maxWorkers: 1 })
      expect(await executor.submit(functions.readUser)).toEqual(["nobody", null])
    }))
})

describe("a cancel", () => {
  it("takes a job out of the line at once", () =>
    run(async () => {
      await using executor = new ThreadExecutor({ maxWorkers: 1 })
      const shared = words()
      const busy = executor.submit(untilSet, shared)
      await untilThere(shared)
      const waiting = [1, 2, 3].map((n) => executor.submit(echo, n))
      waiting[1]?.cancel("not wanted")
      expect(isCancelled(await endOf(waiting[1] as Future<number>))).toBe(true)
      expect(executor.statistics()).toMatchObject({ queued: 2, cancelled: 1 })
      set(shared)
      expect(await gather([busy, waiting[0], waiting[2]] as Future<number>[])).toEqual([1, 1, 3])
    }))

  it("before the first turn of anything means that the function is never called", () =>
    run(async () => {
      await using executor = new ThreadExecutor({ maxWorkers: 1 })
      await executor.warmUp(count)
      const before = await executor.submit(count)
      const job = executor.submit(count)
      const jobs = Array.from({ length: 50 }, () => executor.submit(count))
      for (const one of jobs) one.cancel()
      await job
      expect(await executor.submit(count)).toBe(before + 2)
    }))

  it("takes back what was sent ahead to a thread that is busy", () =>
    run(async () => {
      await using executor = new ThreadExecutor({ maxWorkers: 1 })
      await gather(Array.from({ length: 200 }, (_, n) => executor.submit(echo, n)))
      const shared = words()
      const jobs = Array.from({ length: 20 }, () => executor.submit(count))
      const busy = executor.submit(untilSet, shared)
      const behind = Array.from({ length: 20 }, () => executor.submit(count))
      await untilThere(shared)
      for (const job of behind) job.cancel()
      const ends = await gather(behind.map((job) => () => endOf(job)))
      expect(ends.every(isCancelled)).toBe(true)
      const last = (await gather(jobs)).at(-1) as number
      set(shared)
      await busy
      expect(await executor.submit(count)).toBe(last + 1)
    }))

  it("is seen by a loop that looks, whose value is kept", () =>
    run(async () => {
      await using executor = new ThreadExecutor({ maxWorkers: 1 })
      const shared = words()
      const job = executor.submit(untilTold, shared)
      await untilThere(shared)
      job.cancel("enough")
      expect(await endOf(job)).toBe("told")
      expect(executor.statistics()).toMatchObject({ completed: 1, workers: 1, lost: 0 })
    }))

  it("ends a loop that throws when it is told, with the reason", () =>
    run(async () => {
      await using executor = new ThreadExecutor({ maxWorkers: 1 })
      const shared = words()
      const job = executor.submit(functions.untilThrown, shared)
      await untilThere(shared)
      job.cancel("enough")
      expect(await endOf(job)).toMatchObject({ name: "CancelledError", reason: "enough" })
      expect(executor.statistics()).toMatchObject({ cancelled: 1, workers: 1 })
    }))

  it("ends the wait that an async function stands in, and its clean-up may wait", () =>
    run(async () => {
      const folder = mkdtempSync(join(tmpdir(), "tsyncio-"))
      try {
        await using executor = new ThreadExecutor({ maxWorkers: 1 })
        await executor.warmUp(nap)
        const path = join(folder, "end")
        const job = executor.submit(nap, 60_000, path)
        await sleep(50)
        job.cancel("go home")
        expect(await endOf(job)).toMatchObject({ name: "CancelledError", reason: "go home" })
        expect(readFileSync(path, "utf8")).toBe("CancelledError: go home")
        expect(executor.statistics()).toMatchObject({ workers: 1, lost: 0 })
      } finally {
        rmSync(folder, { recursive: true })
      }
    }))

  it("ends a thread that does not listen after `grace`, and no other", () =>
    run(async () => {
      await using executor = new ThreadExecutor({ maxWorkers: 2, grace: 50 })
      const shared = words()
      const neighbour = executor.submit(untilSet, shared)
      await untilThere(shared)
      const job = executor.submit(block, 60_000)
      const behind = executor.submit(add, 1, 1)
      await sleep(100)
      job.cancel("too long")
      expect(await endOf(job)).toMatchObject({ name: "CancelledError", reason: "too long" })
      expect(await behind).toBe(2)
      set(shared)
      expect(await neighbour).toBe(1)
      expect(executor.statistics()).toMatchObject({ completed: 2, cancelled: 1, failed: 0, lost: 0 })
    }))

  it("that comes a second time does not wait for the grace", () =>
    run(async () => {
      await using executor = new ThreadExecutor({ maxWorkers: 1, grace: 600_000 })
      await executor.warmUp(functions.stubborn)
      const job = executor.submit(functions.stubborn)
      await sleep(50)
      job.cancel("please")
      await sleep(50)
      expect(job.done()).toBe(false)
      job.cancel("now")
      expect(isCancelled(await endOf(job))).toBe(true)
      expect(await executor.submit(add, 1, 1)).toBe(2)
    }))

  it("in the turn in which the job has ended loses neither the request nor the thread", () =>
    run(async () => {
      await using executor = new ThreadExecutor({ maxWorkers: 1 })
      await executor.warmUp(echo)
      for (let turn = 0; turn < 30; turn += 1) {
        const job = executor.submit(echo, turn)
        for (let wait = 0; wait < turn % 6; wait += 1) await sleep(0)
        const isTaken = job.cancel()
        const end = await endOf(job)
        expect(isTaken ? isCancelled(end) : end === turn).toBe(true)
      }
      expect(await executor.submit(echo, "still there")).toBe("still there")
      expect(executor.statistics()).toMatchObject({ lost: 0, queued: 0, busy: 0 })
    }))

  it("of a scope above reaches the job: a timeout, a group, a block", () =>
    run(async () => {
      await using executor = new ThreadExecutor({ maxWorkers: 2, grace: 20 })
      await expect(timeout(30, () => executor.submit(block, 60_000))).rejects.toBeInstanceOf(TimeoutError)
      expect(await moveOnAfter(30, () => executor.submit(nap, 60_000))).toEqual({ timedOut: true })
      const bad = taskGroup(async (group) => {
        group.createTask(() => executor.submit(nap, 60_000))
        await sleep(30)
        throw new Error("bad")
      })
      await expect(bad).rejects.toThrow("bad")
      let left: Future<string> | undefined
      await cancelScope(async () => {
        left = executor.submit(nap, 60_000)
        await sleep(5)
      })
      expect(isCancelled(await endOf(left as Future<string>))).toBe(true)
      expect(executor.statistics().busy).toBe(0)
    }))

  it("by a signal has the signal's reason", () =>
    run(async () => {
      await using executor = new ThreadExecutor({ maxWorkers: 1 })
      const controller = new AbortController()
      const job = executor.with({ signal: controller.signal }).submit(nap, 60_000)
      await sleep(5)
      controller.abort("stop")
      expect(await endOf(job)).toMatchObject({ name: "CancelledError", reason: "stop" })
      const never = executor.submit(count, { signal: controller.signal })
      expect(await endOf(never)).toMatchObject({ reason: "stop" })
    }))

  it("with `abandon` ends the task at once, and the function runs on", () =>
    run(async () => {
      await using executor = new ThreadExecutor({ maxWorkers: 1 })
      const shared = words()
      const job = executor.submit(untilSet, shared, { abandon: true })
      await untilThere(shared)
      job.cancel()
      expect(isCancelled(await endOf(job))).toBe(true)
      expect(executor.statistics()).toMatchObject({ busy: 1, cancelled: 1 })
      set(shared)
      expect(await executor.submit(add, 1, 1)).toBe(2)
      expect(new Int32Array(shared)[2]).toBe(1)
    }))
})

describe("limits", () => {
  it("`timeout` counts from the begin of the job", () =>
    run(async () => {
      await using executor = new ThreadExecutor({ maxWorkers: 1, grace: 0 })
      const shared = words()
      const busy = executor.submit(untilSet, shared)
      await untilThere(shared)
      const job = executor.submit(add, 1, 2, { timeout: 40 })
      const late = executor.submit(block, 60_000, { timeout: 40 })
      await sleep(80)
      set(shared)
      expect(await gather([busy, job])).toEqual([1, 3])
      const error = (await endOf(late)) as TimeoutError
      expect(error).toBeInstanceOf(TimeoutError)
      expect(error.message).toBe("Timed out after 40 ms running block")
      expect(executor.statistics()).toMatchObject({ completed: 2, failed: 1, cancelled: 0 })
    }))

  it("`queueTimeout` counts until then", () =>
    run(async () => {
      await using executor = new ThreadExecutor({ maxWorkers: 1 })
      const shared = words()
      const busy = executor.submit(untilSet, shared)
      await untilThere(shared)
      const error = await endOf(executor.submit(add, 1, 2, { queueTimeout: 20 }))
      expect(String(error)).toBe("TimeoutError: Timed out after 20 ms waiting for a worker")
      set(shared)
      expect(await gather([busy, executor.submit(add, 1, 2, { queueTimeout: 10_000 })])).toEqual([1, 3])
    }))

  it("`maxQueue` refuses one job too many, and waitForRoom() waits for a place", () =>
    run(async () => {
      await using executor = new ThreadExecutor({ maxWorkers: 1, maxQueue: 1 })
      const shared = words()
      const busy = executor.submit(untilSet, shared)
      const next = executor.submit(echo, 1)
      const refused = await endOf(executor.submit(echo, 2))
      expect(refused).toBeInstanceOf(QueueFullError)
      expect(String(refused)).toMatch(
        /Cannot submit: 1 jobs? waits? already; call `await executor\.waitForRoom\(\)`/,
      )
      await expect(executor.waitForRoom({ timeout: 10 })).rejects.toBeInstanceOf(TimeoutError)
      const later = createTask(async () => {
        await executor.waitForRoom()
        return executor.submit(echo, 3)
      })
      await untilThere(shared)
      expect(executor.statistics().waiting).toBe(1)
      set(shared)
      expect(await gather([busy, next, later])).toEqual([1, 1, 3])
    }))
})

describe("map()", () => {
  it("gives results in order of the items, so many at a time, from any iterable", () =>
    run(async () => {
      await using executor = new ThreadExecutor({ maxWorkers: 2 })
      const taken: number[] = []
      async function* source(): AsyncGenerator<number> {
        for (let n = 0; n < 100; n += 1) {
          taken.push(n)
          yield n
        }
      }
      const results: number[] = []
      for await (const value of executor.map(source(), echo<number>, { concurrency: 3 })) {
        results.push(value)
        expect(taken.length - results.length).toBeLessThanOrEqual(6)
        if (results.length === 10) break
      }
      expect(results).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
      expect(taken.length).toBeLessThan(20)
      expect(executor.statistics()).toMatchObject({ queued: 0, busy: 0 })
      expect(
        (await collect.array(executor.map([3, 1, 2], echo<number>, { ordered: false }))).toSorted(
          (a, b) => a - b,
        ),
      ).toEqual([1, 2, 3])
    }))
})

describe("a worker that dies", () => {
  it("takes its one job along, and those behind it go to another", () =>
    run(async () => {
      await using executor = new ThreadExecutor({ maxWorkers: 1 })
      await gather(Array.from({ length: 200 }, (_, n) => executor.submit(echo, n)))
      const job = executor.submit(functions.exit, 3)
      const behind = Array.from({ length: 20 }, (_, n) => executor.submit(echo, n))
      const error = (await endOf(job)) as WorkerLostError
      expect(error).toBeInstanceOf(WorkerLostError)
      expect(error).toMatchObject({ job: "exit", exitCode: 3, signal: null, code: "E_EXECUTOR_WORKER_LOST" })
      expect((await gather(behind)).length).toBe(20)
      expect(executor.statistics()).toMatchObject({ lost: 1, failed: 1 })
    }))

  it("of an error that nobody caught is told with that as its cause", () =>
    run(async () => {
      await using executor = new ThreadExecutor({ maxWorkers: 1 })
      const error = (await endOf(executor.submit(functions.killAll))) as WorkerLostError
      expect(error).toBeInstanceOf(WorkerLostError)
      expect(String(error.cause)).toContain("nobody saw this coming")
      expect(await executor.submit(add, 1, 1)).toBe(2)
    }))

  it("at its start, again and again, does not go on for ever", () =>
    run(async () => {
      await using executor = new ThreadExecutor({
        maxWorkers: 2,
        execArgv: ["--require", "/nowhere/at-all.cjs"],
      })
      const error = await endOf(executor.submit(add, 1, 1))
      expect(error).toBeInstanceOf(WorkerLostError)
      expect(String(error)).toMatch(
        /Cannot run "add": 3 workers in a row died before they were ready: Cannot find module/,
      )
      await expect(executor.warmUp()).rejects.toBeInstanceOf(WorkerLostError)
    }))

  it("cannot be started with flags that Node refuses, and says so", () =>
    run(async () => {
      await using executor = new ThreadExecutor({ maxWorkers: 1, execArgv: ["--no-such-flag"] })
      const error = await endOf(executor.submit(add, 1, 1))
      expect(String(error)).toMatch(/no worker can be started: .*--no-such-flag/)
    }))

  it("for lack of memory is replaced", () =>
    run(async () => {
      await using executor = new ThreadExecutor({
        maxWorkers: 1,
        resourceLimits: { maxOldGenerationSizeMb: 16 },
      })
      const hog = inline(() => {
        const all: number[][] = []
        for (;;) all.push(Array.from({ length: 10_000 }, (_, index) => index))
      })
      const error = (await endOf(executor.submit(hog))) as WorkerLostError
      expect(error).toBeInstanceOf(WorkerLostError)
      expect(error.cause).toMatchObject({ code: "ERR_WORKER_OUT_OF_MEMORY" })
      expect(await executor.submit(add, 1, 1)).toBe(2)
    }))
})

describe("the end", () => {
  it("close() lets the jobs come to their end and takes no more", () =>
    run(async () => {
      const executor = new ThreadExecutor({ maxWorkers: 1 })
      const jobs = [1, 2, 3].map((n) => executor.submit(echo, n))
      const closing = createTask(() => executor.close())
      await sleep(0)
      expect(() => executor.submit(echo, 4)).toThrow(InvalidStateError)
      expect(await gather(jobs)).toEqual([1, 2, 3])
      await closing
      expect(executor.statistics()).toMatchObject({ workers: 0, completed: 3 })
      await executor.close()
      expect(String(executor)).toBe("<ThreadExecutor workers=0/1 busy=0 queued=0 closed>")
    }))

  it("terminate() ends what waits and what runs", () =>
    run(async () => {
      const executor = new ThreadExecutor({ maxWorkers: 1 })
      const shared = words()
      const busy = executor.submit(untilSet, shared)
      const waiting = executor.submit(echo, 1)
      await untilThere(shared)
      await executor.terminate("no more")
      expect(await endOf(busy)).toMatchObject({ name: "CancelledError", reason: "no more" })
      expect(await endOf(waiting)).toMatchObject({ reason: "no more" })
      expect(executor.statistics()).toMatchObject({ workers: 0, cancelled: 2 })
    }))

  it("of what a job has started comes before its answer", () =>
    run(async () => {
      await using executor = new ThreadExecutor({ maxWorkers: 1 })
      const shared = words()
      await executor.submit(functions.leaveTasks, shared)
      expect(new Int32Array(shared)[0]).toBe(1)
    }))

  it("of threads that nobody uses comes after `idle`", () =>
    run(async () => {
      await using executor = new ThreadExecutor({ maxWorkers: 1, idle: 100 })
      await executor.warmUp()
      expect(executor.statistics().workers).toBe(1)
      while (executor.statistics().workers > 0) await sleep(5)
      expect(await executor.submit(add, 1, 1)).toBe(2)
    }))

  it("is missed where an executor was never closed", async () => {
    const problems: Problem[] = []
    let left: ThreadExecutor | undefined
    await run(
      async () => {
        left = new ThreadExecutor({ maxWorkers: 1 })
        await left.submit(add, 1, 1)
      },
      { onProblem: (problem) => problems.push(problem) },
    )
    expect(problems).toMatchObject([{ message: "A ThreadExecutor was never closed; it holds 1 open thing" }])
    await left?.close()
  })
})

describe("figures", () => {
  it("count each job once, and tell times in line and in the worker", () =>
    run(async () => {
      await using executor = new ThreadExecutor({ maxWorkers: 1 })
      await executor.warmUp(block)
      await gather([executor.submit(block, 20), executor.submit(block, 20)])
      const { completed, runTime, queueTime } = executor.statistics()
      expect(completed).toBe(2)
      expect(runTime.p50).toBeGreaterThanOrEqual(19)
      expect(queueTime.max).toBeGreaterThanOrEqual(19)
    }))

  it("refuse settings that make no sense", () => {
    expect(() => new ThreadExecutor({ maxWorkers: 0 })).toThrow(RangeError)
    expect(() => new ThreadExecutor({ maxQueue: -1 })).toThrow(RangeError)
    expect(() => new ThreadExecutor({ grace: "1" as never })).toThrow(TypeError)
    expect(() => new ThreadExecutor(3 as never)).toThrow(TypeError)
  })
})
