import { describe, expect, it } from "vitest"
import { InvalidStateError, TimeoutError, createTask, joinOnly, run, sleep } from "../../src/index.ts"
import { SharedChannel, SharedMutex, SharedSemaphore } from "../../src/executor/index.ts"
import { inThread, until } from "./in-thread.ts"

const quiet = { handleSignals: false }

describe("SharedMutex in one thread", () => {
  it("lets one in at a time, in order of arrival, through every object that has its buffer", () =>
    run(async () => {
      const mutex = new SharedMutex()
      const other = new SharedMutex(mutex.buffer)
      const order: number[] = []
      const first = await mutex.acquire()
      const tasks = [1, 2, 3, 4].map((id) =>
        createTask(() => (id % 2 === 0 ? mutex : other).run(() => void order.push(id))),
      )
      await sleep(0)
      expect(mutex.statistics()).toEqual({ locked: true, owner: 0, waiting: 2, threads: 2 })
      expect(other.tryAcquire()).toBeNull()
      first.release()
      for (const task of tasks) await task
      expect(order).toEqual([1, 2, 3, 4])
      expect(mutex.statistics()).toEqual({ locked: false, owner: null, waiting: 0, threads: 0 })
      expect(String(mutex)).toBe("<SharedMutex unlocked waiting=0 threads=0>")
    }, quiet))

  it("a task that is cancelled in the turn it is called leaves the mutex to the next", () =>
    run(async () => {
      const mutex = new SharedMutex()
      const permit = await mutex.acquire()
      const victim = createTask(() => mutex.acquire())
      const next = createTask(() => mutex.run(() => "in"))
      await sleep(0)
      permit.release()
      victim.cancel()
      await expect(joinOnly(victim)).rejects.toThrow("Cancelled")
      expect(await next).toBe("in")
      expect(mutex.locked()).toBe(false)
    }, quiet))

  it("a permit gives back once, and nothing that is somebody else's by then", async () => {
    const mutex = new SharedMutex()
    const first = await mutex.acquire()
    mutex.release()
    const second = await mutex.acquire()
    first.release()
    expect(mutex.locked()).toBe(true)
    second.release()
    second.release()
    expect(mutex.locked()).toBe(false)
    expect(() => mutex.release()).toThrow(
      new InvalidStateError("Cannot release shared mutex: it is not held"),
    )
  })

  it("a limit ends the wait, and the mutex is none the worse", async () => {
    const mutex = new SharedMutex()
    const permit = await mutex.acquire()
    await expect(mutex.acquire({ timeout: 5 })).rejects.toThrow(TimeoutError)
    await expect(mutex.acquire({ signal: AbortSignal.abort("no") })).rejects.toBe("no")
    permit.release()
    await mutex.run(() => {}, { timeout: 5 })
  })

  it("blocks no main thread under a run, and no thread that holds it", async () => {
    const mutex = new SharedMutex()
    await run(() => {
      expect(() => mutex.acquireSync()).toThrow(/await mutex.acquire\(\)/)
    }, quiet)
    expect(mutex.runSync(() => mutex.locked())).toBe(true)
    mutex.acquireSync()
    expect(() => mutex.acquireSync({ timeout: 5 })).toThrow(/this thread holds it/)
    mutex.release()
  })

  it.each([
    ["no buffer", {}, /got `\[object Object\]` \(object\)/],
    ["a number", 3, /got `3` \(number\)/],
    ["memory of somebody else's", new SharedArrayBuffer(4096), /holds nothing of tsyncio's/],
    ["memory that is too small", new SharedArrayBuffer(4), /holds nothing of tsyncio's/],
    ["a semaphore", new SharedSemaphore(1).buffer, /got that of a semaphore/],
    ["a channel", new SharedChannel().buffer, /got that of a channel: make it with `new SharedMutex/],
  ])("refuses %s", (_, buffer, message) => {
    expect(() => new SharedMutex(buffer as SharedArrayBuffer)).toThrow(message)
  })
})

describe("SharedMutex between threads", () => {
  it("no count is lost, whether threads block or wait, and tasks are cancelled in between", async () => {
    const mutex = new SharedMutex()
    const counter = new Int32Array(new SharedArrayBuffer(4))
    const data = { buffer: mutex.buffer, counter, rounds: 1500 }
    const blocking = `
      const mutex = new tsyncio.SharedMutex(data.buffer)
      for (let i = 0; i < data.rounds; i++) mutex.runSync(() => { data.counter[0] = data.counter[0] + 1 })
      return data.rounds`
    const waiting = `
      const mutex = new tsyncio.SharedMutex(data.buffer)
      for (let i = 0; i < data.rounds; i++) await mutex.run(() => { data.counter[0] = data.counter[0] + 1 })
      return data.rounds`
    const threads = [inThread<number>(blocking, data), inThread<number>(waiting, data)]
    let mine = 0
    await run(async () => {
      await until(() => (counter[0] ?? 0) > 0)
      for (let i = 0; i < 150; i += 1) {
        const tasks = [0, 1, 2].map(() =>
          createTask(() =>
            mutex.run(() => {
              counter[0] = (counter[0] ?? 0) + 1
              mine += 1
            }),
          ),
        )
        await sleep(i % 3 === 0 ? 1 : 0)
        tasks[i % 3]?.cancel()
        for (const task of tasks) await joinOnly(task).catch(() => {})
      }
    }, quiet)
    const done = await Promise.all(threads.map(({ result }) => result))
    expect(mine).toBeGreaterThan(300)
    expect(counter[0]).toBe(mine + (done[0] ?? 0) + (done[1] ?? 0))
    expect(mutex.statistics()).toEqual({ locked: false, owner: null, waiting: 0, threads: 0 })
  })

  it("a thread that is ended while it waits, blocked or not, holds nobody up", async () => {
    const mutex = new SharedMutex()
    const permit = await mutex.acquire()
    const threads = [
      inThread("new tsyncio.SharedMutex(data.buffer).acquireSync()", { buffer: mutex.buffer }),
      inThread("await new tsyncio.SharedMutex(data.buffer).acquire()", { buffer: mutex.buffer }),
    ]
    await until(() => mutex.statistics().threads === 2)
    const waiting = mutex.acquire()
    await Promise.all(threads.map(({ worker }) => worker.terminate()))
    permit.release()
    const start = performance.now()
    const mine = await waiting
    expect(performance.now() - start).toBeLessThan(900)
    mine.release()
    await mutex.run(() => {}, { timeout: 5000 })
    expect(mutex.statistics()).toMatchObject({ locked: false, threads: 0 })
  })

  it("who only tries is not kept out by a thread that has ended", async () => {
    const mutex = new SharedMutex()
    const permit = await mutex.acquire()
    const { worker } = inThread("new tsyncio.SharedMutex(data.buffer).acquireSync()", {
      buffer: mutex.buffer,
    })
    await until(() => mutex.statistics().threads === 1)
    await worker.terminate()
    permit.release()
    expect(mutex.tryAcquire()).toBeNull()
    let mine = mutex.tryAcquire()
    await until(() => (mine ??= mutex.tryAcquire()) !== null)
    mine?.release()
    expect(mutex.locked()).toBe(false)
  })

  it("a thread that ends inside leaves it locked; who it was can be asked, and the mutex freed", async () => {
    const mutex = new SharedMutex()
    const { result, worker } = inThread<string>(
      "const mutex = new tsyncio.SharedMutex(data.buffer); await mutex.acquire(); return 'in'",
      { buffer: mutex.buffer },
    )
    const { threadId } = worker
    expect(await result).toBe("in")
    await expect(mutex.acquire({ timeout: 20 })).rejects.toThrow(
      "Timed out after 20 ms waiting for shared mutex",
    )
    expect(mutex.statistics().owner).toBe(threadId)
    expect(() => mutex.release()).toThrow(`it is held by thread ${threadId}`)
    const waiting = mutex.acquire()
    mutex.forceRelease()
    const permit = await waiting
    expect(mutex.statistics().owner).toBe(0)
    permit.release()
  })

  it("a thread whose only work is to wait lives until it is served", async () => {
    const mutex = new SharedMutex()
    const permit = await mutex.acquire()
    const { result } = inThread<string>(
      "return await new tsyncio.SharedMutex(data.buffer).run(() => 'served')",
      { buffer: mutex.buffer },
    )
    await until(() => mutex.statistics().threads === 1)
    await new Promise((resolve) => setTimeout(resolve, 30))
    permit.release()
    expect(await result).toBe("served")
  })
})
