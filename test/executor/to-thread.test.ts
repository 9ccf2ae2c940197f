// The executor that a run has of its own: made when it is needed, waited for at the end, and ended where it hangs.
import { describe, expect, it } from "vitest"
import type { Future, Problem } from "../../src/index.ts"
import {
  EventLoop,
  InvalidStateError,
  cancellable,
  createTask,
  gather,
  getRunningLoop,
  isCancelled,
  run,
  sleep,
} from "../../src/index.ts"
import {
  InlineExecutor,
  ProcessExecutor,
  SharedChannel,
  SharedMutex,
  SharedSemaphore,
  ThreadExecutor,
  inline,
  toThread,
} from "../../src/executor/index.ts"
import { defaultExecutorOutside } from "../../src/executor/default-executor.ts"
import { runVirtual } from "../../src/testing/index.ts"
import { add, block, readUser, untilSet, user } from "./functions.mjs"
import { MessageChannel } from "node:worker_threads"
import { expectNoLivingWorkers } from "./living-workers.ts"

expectNoLivingWorkers()

function words(): SharedArrayBuffer {
  return new SharedArrayBuffer(16)
}

async function untilThere(shared: SharedArrayBuffer): Promise<void> {
  while (Atomics.load(new Int32Array(shared), 0) === 0) await sleep(1)
}

function set(shared: SharedArrayBuffer): void {
  const view = new Int32Array(shared)
  Atomics.store(view, 1, 1)
  Atomics.notify(view, 1)
}

async function endOf(future: Future<unknown>): Promise<unknown> {
  return future.join().then(
    (value) => value,
    (error: unknown) => error,
  )
}

describe("what threads share", () => {
  it("arrives as what it is, wherever it stands in the arguments, and comes back so", () =>
    run(async () => {
      const [mutex, permits] = [new SharedMutex(), new SharedSemaphore(2)]
      const log = new SharedChannel<string>({ capacity: 4 })
      const work = inline(
        (lock: SharedMutex, { inner }: { inner: [SharedSemaphore, SharedChannel<string>] }) => {
          const [room, out] = inner
          lock.acquireSync()
          room.acquireSync()
          out.sendSync(`${lock.locked()} ${room.statistics().free}`)
          return { lock, again: [lock, room] }
        },
      )
      const back = await toThread(work, mutex, { inner: [permits, log] })
      expect(await log.receive()).toBe("true 1")
      expect(back.lock).toBeInstanceOf(SharedMutex)
      expect(back.again[0]).toBe(back.lock)
      expect(mutex.locked()).toBe(true)
      back.lock.forceRelease()
      expect([mutex.locked(), permits.statistics().free]).toEqual([false, 1])
    }))

  it("is refused by a process, which shares no memory", () =>
    run(async () => {
      await using processes = new ProcessExecutor({ maxWorkers: 1 })
      const work = inline((lock: SharedMutex) => lock.locked())
      await expect(processes.submit(work, new SharedMutex()).join()).rejects.toThrow("could not be cloned")
    }))
})

describe("toThread()", () => {
  it("calls a function in a thread while the loop goes on", () =>
    run(async () => {
      const shared = words()
      const job = toThread(untilSet, shared)
      await untilThere(shared)
      let turns = 0
      while (turns < 100) {
        turns += 1
        await sleep(0)
      }
      expect(job.done()).toBe(false)
      set(shared)
      expect(await job).toBe(1)
    }))

  it("THREAD-03: the function sees the caller's context variables; what it sets does not come back", () =>
    run(async () => {
      expect(await toThread(readUser)).toEqual(["nobody", null])
      await createTask(async () => {
        user.set("ada")
        expect(await toThread(readUser)).toEqual(["ada", null])
        expect(user.get()).toBe("ada")
      })
      expect(await toThread(readUser)).toEqual(["nobody", null])
    }))

  it("THREAD-04: with `abandon` a cancel ends the task at once, and the thread runs on to its end", () =>
    run(async () => {
      const shared = words()
      const job = toThread(untilSet, shared, { abandon: true })
      await untilThere(shared)
      job.cancel("enough")
      expect(await endOf(job)).toMatchObject({ name: "CancelledError", reason: "enough" })
      expect(new Int32Array(shared)[2]).toBe(0)
      set(shared)
      while (new Int32Array(shared)[2] === 0) await sleep(1)
    }))

  it("works outside of every run", async () => {
    expect(await toThread(add, 1, 2)).toBe(3)
    expect(defaultExecutorOutside().statistics().completed).toBe(1)
    await defaultExecutorOutside().terminate()
  })
})

describe("the default executor", () => {
  it("THREAD-05: is made when it is first needed; after its shutdown nothing can be run in it", () =>
    run(async () => {
      const loop = getRunningLoop()
      expect(loop.hasExecutor).toBe(false)
      expect(await loop.runInExecutor(null, add, 1, 2)).toBe(3)
      expect(loop.hasExecutor).toBe(true)
      await loop.shutdownDefaultExecutor()
      expect(() => loop.runInExecutor(null, add, 1, 2)).toThrow(InvalidStateError)
      expect(() => toThread(add, 1, 2)).toThrow("Cannot run in the default executor: it was shut down")
      await loop.shutdownDefaultExecutor()
    }))

  it("THREAD-06: a job that ends when its loop is closed touches the loop no more", async () => {
    const shared = words()
    const problems: Problem[] = []
    const executor = new ThreadExecutor({ maxWorkers: 1 })
    const loop = new EventLoop({ onProblem: (problem) => problems.push(problem) })
    const job = await loop.runUntilComplete(async () => {
      const future = loop.runInExecutor(executor.with({ abandon: true }), untilSet, shared)
      await untilThere(shared)
      return [future]
    })
    loop.close()
    set(shared)
    await executor.close()
    expect(isCancelled(await endOf(job[0] as Future<number>))).toBe(true)
    expect(problems).toEqual([])
  })

  it("THREAD-07: a shutdown with a time limit warns about a job that hangs, and ends it", async () => {
    const problems: Problem[] = []
    await run(
      async () => {
        const shared = words()
        const job = toThread(untilSet, shared, { abandon: true })
        await untilThere(shared)
        job.cancel()
        await endOf(job)
        await getRunningLoop().shutdownDefaultExecutor({ timeout: 30 })
      },
      { onProblem: (problem) => problems.push(problem) },
    )
    expect(problems.map(({ message }) => message)).toEqual([
      expect.stringMatching(
        /^<ThreadExecutor .*closed> did not come to an end within 30 ms; its jobs were ended$/,
      ),
    ])
  })

  it("THREAD-07: what is no executor is refused", () =>
    runVirtual(async () => {
      expect(() => getRunningLoop().setDefaultExecutor({} as never)).toThrow(TypeError)
      getRunningLoop().setDefaultExecutor(new InlineExecutor())
      expect(await toThread((a: number) => a + 1, 1)).toBe(2)
    }))

  it("RUN-18: the run waits at its end for threads that are busy", async () => {
    const shared = words()
    let isOver = false
    const running = run(async () => {
      const job = toThread(untilSet, shared, { abandon: true })
      await untilThere(shared)
      job.cancel()
      await endOf(job)
    }).finally(() => (isOver = true))
    await untilThere(shared)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(isOver).toBe(false)
    set(shared)
    await running
    expect(new Int32Array(shared)[2]).toBe(1)
  })

  it("RUN-18: a signal ends threads that hang while the run waits for them", async () => {
    const shared = words()
    const running = run(async () => {
      const job = toThread(untilSet, shared, { abandon: true })
      await untilThere(shared)
      job.cancel()
      await endOf(job)
    })
    await untilThere(shared)
    await new Promise((resolve) => setTimeout(resolve, 50))
    process.emit("SIGINT")
    await running
    expect(new Int32Array(shared)[2]).toBe(0)
  })
})

describe("runCoroutineThreadsafe()", () => {
  // A thread cannot reach a loop but by a message; its handler belongs to no task, as a thread's call does.
  async function fromElsewhere<T>(call: () => T): Promise<T> {
    const { port1, port2 } = new MessageChannel()
    const called = new Promise<T>((resolve, reject) => {
      port1.once("message", () => {
        try {
          resolve(call())
        } catch (error) {
          reject(error)
        } finally {
          port1.close()
        }
      })
    })
    port2.postMessage("please")
    return cancellable(called)
  }

  it("THREAD-08: value, error and cancel of the task reach the future, and a cancel of the future the task", () =>
    run(async () => {
      const loop = getRunningLoop()
      const start = (work: () => unknown): Promise<{ future: Future<unknown> }> =>
        fromElsewhere(() => ({ future: loop.runCoroutineThreadsafe(work) }))
      expect(await (await start(() => sleep(1, "value"))).future).toBe("value")
      const bad = await start(() => Promise.reject(new RangeError("bad")))
      expect(await endOf(bad.future)).toMatchObject({ message: "bad" })
      let ended = ""
      const long = await start(async () => {
        try {
          await sleep(60_000)
        } catch (error) {
          ended = String(error)
          throw error
        }
      })
      await sleep(1)
      long.future.cancel("no")
      expect(isCancelled(await endOf(long.future))).toBe(true)
      expect(ended).toBe("CancelledError: Cancelled: no")
    }))

  it("THREAD-08: an error of the task factory reaches the future and the handler of problems", async () => {
    const problems: Problem[] = []
    await run(
      async () => {
        const loop = getRunningLoop()
        loop.setTaskFactory(() => {
          throw new RangeError("no tasks today")
        })
        const { future } = await fromElsewhere(() => ({ future: loop.runCoroutineThreadsafe(() => 1) }))
        loop.setTaskFactory(null)
        expect(await endOf(future)).toMatchObject({ message: "no tasks today" })
      },
      { onProblem: (problem) => problems.push(problem) },
    )
    expect(problems).toMatchObject([
      { message: "A task could not be made", error: { message: "no tasks today" } },
    ])
  })
})

describe("several cores", () => {
  it("compute at the same time: two threads do the work of one in less than 1 / 1.3 of its time", () =>
    run(async () => {
      await using executor = new ThreadExecutor({ maxWorkers: 2 })
      const burn = inline((rounds: number) => {
        let sum = 0
        for (let n = 0; n < rounds; n += 1) sum += Math.sqrt(n)
        return sum
      })
      await executor.warmUp(burn)
      const rounds = 60_000_000
      await executor.submit(burn, rounds)
      let best = 0
      for (let attempt = 0; attempt < 5 && best < 1.3; attempt += 1) {
        const start = performance.now()
        for (let job = 0; job < 4; job += 1) await executor.submit(burn, rounds)
        const between = performance.now()
        await gather([1, 2, 3, 4].map(() => executor.submit(burn, rounds)))
        best = Math.max(best, (between - start) / (performance.now() - between))
      }
      expect(best).toBeGreaterThan(1.3)
    }))

  it("leave the loop free", () =>
    run(async () => {
      const job = toThread(block, 50)
      let turns = 0
      while (!job.done()) {
        await sleep(1)
        turns += 1
      }
      expect(turns).toBeGreaterThan(5)
    }))
})
