// One work with a limit: what counts as in time, who waits for whom, and that no request is lost.
import { describe, expect, it } from "vitest"
import { clock, timerCount } from "../../src/core/lowlevel.ts"
import {
  CancelledError,
  Future,
  Queue,
  TimeoutError,
  cancellable,
  createTask,
  currentTask,
  isCancelled,
  joinOnly,
  run,
  shield,
  sleep,
  timeout,
  wait,
  waitFor,
} from "../../src/index.ts"
import { now, runVirtual } from "../../src/testing/index.ts"

const caught = (promise: PromiseLike<unknown>): Promise<unknown> =>
  Promise.resolve(promise).then(
    (value) => {
      throw new Error(`Expected an error, got ${String(value)}`)
    },
    (error: unknown) => error,
  )

function rethrowUnlessTimeout(error: unknown): null {
  if (error instanceof TimeoutError) return null
  throw error
}

/** Ends only after `ms` more when it is cancelled. */
async function slowToEnd(ms: number, log: string[] = []): Promise<never> {
  try {
    await sleep(10_000)
    throw new Error("not reached")
  } finally {
    await sleep(ms)
    log.push("cleaned up")
  }
}

describe("waitFor()", () => {
  it("WAITFOR-01: gives the value, or throws the error, of what ends in time; null is no limit", () =>
    runVirtual(async () => {
      const mine = new Error("mine")
      expect(await waitFor(() => sleep(5, "value"), 10)).toBe("value")
      expect(await waitFor(() => sleep(1e9, "late"), null)).toBe("late")
      expect(await waitFor(() => "no promise", Infinity)).toBe("no promise")
      expect(await caught(waitFor(() => Promise.reject(mine), 10))).toBe(mine)
      expect(await caught(waitFor(() => Promise.reject(mine), null))).toBe(mine)
      expect(timerCount()).toBe(0)
    }))

  it("WAITFOR-02: cancels the task when the time is over, and throws once it has cleaned up", () =>
    runVirtual(async () => {
      const log: string[] = []
      const task = createTask(() => slowToEnd(0, log))
      const error = await caught(waitFor(task, 10))
      expect(error).toBeInstanceOf(TimeoutError)
      expect(error).toMatchObject({ message: "Timed out after 10 ms", code: "E_TIMEOUT" })
      expect((error as TimeoutError).cause).toBeInstanceOf(CancelledError)
      expect(log).toEqual(["cleaned up"])
      expect(task.cancelled()).toBe(true)
      expect(currentTask()?.cancelling()).toBe(0)
      await sleep(1)
    }))

  it("WAITFOR-03: returns later than the limit when the clean-up takes longer", () =>
    runVirtual(async () => {
      expect(await caught(waitFor(() => slowToEnd(50), 10))).toBeInstanceOf(TimeoutError)
      expect(now()).toBe(60)
    }))

  it("WAITFOR-04: what the task throws while the limit cancels it is thrown instead of the TimeoutError", () =>
    runVirtual(async () => {
      const mine = new Error("clean-up failed")
      const task = createTask(() =>
        sleep(1000).catch(() => {
          throw mine
        }),
      )
      expect(await caught(waitFor(task, 10))).toBe(mine)
      await sleep(1)
    }))

  it("WAITFOR-05: a value it ends with all the same is given", () =>
    runVirtual(async () => {
      const work = async (): Promise<number> => {
        await sleep(1000).catch(() => {})
        return 42
      }
      expect(await waitFor(work, 10)).toBe(42)
      expect(currentTask()?.cancelling()).toBe(0)
      await sleep(1)
    }))

  it("WAITFOR-07: with zero or less a running task is cancelled and waited for", () =>
    runVirtual(async () => {
      for (const ms of [0, -1, -Infinity]) {
        const begun = now()
        const task = createTask(() => slowToEnd(5))
        await sleep(0)
        const error = await caught(waitFor(task, ms))
        expect(error).toMatchObject({ message: `Timed out after ${ms} ms` })
        expect((error as TimeoutError).cause).toBeInstanceOf(CancelledError)
        expect(task.cancelled()).toBe(true)
        expect(now() - begun).toBe(5)
      }
      const finished = createTask(async () => "done")
      await finished
      expect(await waitFor(finished, 0)).toBe("done")
      await sleep(1)
    }))

  it("WAITFOR-08: with zero or less a function is not called", () =>
    runVirtual(async () => {
      for (const ms of [0, -1]) {
        const error = await caught(waitFor(() => expect.unreachable("not called"), ms))
        expect(error).toBeInstanceOf(TimeoutError)
      }
      await sleep(1)
    }))

  it("WAITFOR-08: it takes a turn, so that a loop of such calls can be cancelled", () =>
    runVirtual(async () => {
      const loop = createTask(async () => {
        for (;;) {
          const error = await caught(waitFor(() => {}, 0))
          if (isCancelled(error)) throw error
        }
      })
      await sleep(0)
      loop.cancel("out")
      expect(await caught(joinOnly(loop))).toMatchObject({ reason: "out" })
    }))

  it("WAITFOR-11: a work that somebody else cancels throws that CancelledError, and no TimeoutError", () =>
    runVirtual(async () => {
      const inner = createTask(() => sleep(1000))
      const outer = createTask(() => waitFor(inner, 100))
      await sleep(10)
      inner.cancel("q")
      expect(await caught(joinOnly(outer))).toMatchObject({ name: "CancelledError", reason: "q" })
      expect(outer.cancelled()).toBe(true)
      expect(outer.cancelling()).toBe(0)
      expect(timerCount()).toBe(0)
    }))

  it("WAITFOR-13: a future that is set in the turn in which the wait begins gives its value", () =>
    runVirtual(async () => {
      for (const ms of [10, 0]) {
        const future = new Future<string>()
        future.setResult("ok")
        expect(await waitFor(future, ms)).toBe("ok")
      }
      const future = new Future<string>()
      const waiter = createTask(() => waitFor(future, 10))
      const setter = createTask(async () => future.setResult("ok"))
      expect(await waiter).toBe("ok")
      await setter
    }))

  it("WAITFOR-14: a cancel in the turn in which the work ended is not lost, and the work keeps its value", () =>
    runVirtual(async () => {
      const inner = new Future<string>()
      let isThrough = false
      const outer = createTask(async () => {
        await waitFor(inner, 100)
        await sleep(0)
        isThrough = true
      })
      await sleep(0)
      inner.setResult("done")
      outer.cancel("not lost")
      expect(await caught(joinOnly(outer))).toMatchObject({ reason: "not lost" })
      expect(isThrough).toBe(false)
      expect(inner.result()).toBe("done")
    }))

  it("WAITFOR-14: what a function has got in that turn is given, and the cancel comes at the next wait", () =>
    runVirtual(async () => {
      const queue = new Queue<string>()
      const got: string[] = []
      const outer = createTask(async () => {
        for (;;) got.push(await waitFor(() => queue.get(), 100))
      })
      await sleep(0)
      await sleep(0)
      queue.putNowait("item")
      // The getter's turn, in which its task ends; the turn of `outer` comes after the cancel.
      const canceller = createTask(async () => outer.cancel("not lost"))
      expect(await caught(joinOnly(outer))).toMatchObject({ reason: "not lost" })
      await canceller
      expect([...got, ...Array.from({ length: queue.size }, () => queue.getNowait())]).toEqual(["item"])
      expect(got).toEqual(["item"])
    }))

  it("WAITFOR-14: a failure of a function in that turn is thrown, and the cancel comes at the next wait", () =>
    runVirtual(async () => {
      const mine = new Error("mine")
      const gate = new Future<void>()
      const seen: unknown[] = []
      const outer = createTask(async () => {
        const work = (): Promise<never> => gate.join().then(() => Promise.reject(mine))
        seen.push(await caught(waitFor(work, 100)))
        await sleep(1)
        seen.push("not reached")
      })
      await sleep(0)
      await sleep(0)
      gate.setResult()
      const canceller = createTask(async () => outer.cancel())
      expect(await caught(joinOnly(outer))).toBeInstanceOf(CancelledError)
      await canceller
      expect(seen).toEqual([mine])
    }))

  it("a work that is done when the limit fires was in time, although the waiter has not gone on", async () => {
    await run(
      async () => {
        const inner = new Future<string>()
        const waiter = createTask(() => waitFor(inner, 5))
        await sleep(0)
        inner.setResult("in time")
        const end = performance.now() + 20
        while (performance.now() < end);
        // The event loop gets its turn before the waiter does, and the limit is long over.
        await sleep(0)
        expect(await waiter).toBe("in time")
      },
      { handleSignals: false },
    )
  })

  it("WAITFOR-15: around a shield it throws and the work goes on; with zero the shield alone is cancelled", () =>
    runVirtual(async () => {
      const task = createTask(() => sleep(50, "value"))
      expect(await caught(waitFor(shield(task), 10))).toBeInstanceOf(TimeoutError)
      expect(task.done()).toBe(false)
      expect(now()).toBe(10)
      const shielded = shield(task)
      expect(await caught(waitFor(shielded, 0))).toBeInstanceOf(TimeoutError)
      expect(shielded.cancelled()).toBe(true)
      expect(await task).toBe("value")
    }))

  it("WAITFOR-16: an empty queue: no getter stays behind to swallow the next item", () =>
    runVirtual(async () => {
      const queue = new Queue<string>()
      expect(await caught(waitFor(() => queue.get(), 100))).toBeInstanceOf(TimeoutError)
      queue.putNowait("next")
      await sleep(0)
      expect(queue.getNowait()).toBe("next")
    }))

  it("WAITFOR-16: no item is lost when it comes in the very turn of the limit", () =>
    runVirtual(async () => {
      for (let shift = -1; shift <= 1; shift += 1) {
        const queue = new Queue<string>()
        const putter = createTask(async () => {
          await sleep(10 + shift / 1000)
          queue.putNowait("item")
        })
        const got = await waitFor(() => queue.get(), 10).catch((error: unknown) => error)
        await putter
        await sleep(0)
        expect(got === "item" ? [got] : [queue.getNowait()]).toEqual(["item"])
      }
    }))

  it("WAITFOR-16: whatever limits run out and whoever is cancelled, each item comes to somebody once", async () => {
    for (let seed = 1; seed <= 200; seed += 1) {
      await runVirtual(
        async () => {
          const queue = new Queue<number>(3)
          const got: number[] = []
          const consumer = async (): Promise<never> => {
            for (;;) {
              const limit = Math.floor(clock.random() * 4) - 1
              const item = await waitFor(() => queue.get(), limit).catch(rethrowUnlessTimeout)
              if (item !== null) got.push(item)
              else await sleep(0)
            }
          }
          const consumers = Array.from({ length: 4 }, () => createTask(consumer))
          const producer = createTask(async () => {
            for (let item = 0; item < 20; item += 1) {
              await sleep(Math.floor(clock.random() * 3))
              await queue.put(item)
              if (clock.random() < 0.3) {
                const index = Math.floor(clock.random() * consumers.length)
                consumers[index]?.cancel()
                consumers[index] = createTask(consumer)
              }
            }
          })
          await producer
          await sleep(10)
          for (const task of consumers) task.cancel()
          await wait(consumers)
          expect(got.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, item) => item))
        },
        { seed },
      )
    }
  })

  it("WAITFOR-17: does not return before a work that is slow to end, whoever cancels it", () =>
    runVirtual(async () => {
      const limited = createTask(() => waitFor(() => slowToEnd(200), 10))
      expect(await caught(limited)).toBeInstanceOf(TimeoutError)
      expect(now()).toBe(210)

      for (const ms of [1000, null]) {
        const begun = now()
        const log: string[] = []
        const outer = createTask(() => waitFor(() => slowToEnd(200, log), ms))
        await sleep(10)
        outer.cancel("leave")
        expect(await caught(joinOnly(outer))).toMatchObject({ reason: "leave" })
        expect(now() - begun).toBe(210)
        expect(log).toEqual(["cleaned up"])
      }

      const begun = now()
      const inner = createTask(() => slowToEnd(200))
      await sleep(0)
      const outer = createTask(() => waitFor(inner, 0))
      await sleep(10)
      outer.cancel("leave")
      expect(await caught(joinOnly(outer))).toMatchObject({ reason: "leave" })
      expect(inner.done()).toBe(true)
      // The second request interrupts the clean-up, as it does everywhere (C2).
      expect(now() - begun).toBe(10)
    }))

  it("a cancel from above beats the limit, and one that is pending is not lost in waitFor(…, 0)", () =>
    runVirtual(async () => {
      const outer = createTask(() => waitFor(() => slowToEnd(50), 10))
      await sleep(20)
      outer.cancel("above")
      expect(await caught(joinOnly(outer))).toMatchObject({ reason: "above" })

      const pending: unknown[] = []
      const task = createTask(async () => {
        task.cancel("pending")
        pending.push(await caught(waitFor(() => expect.unreachable("not called"), 0)))
        await sleep(0)
      })
      await joinOnly(task).catch(() => {})
      expect(pending).toMatchObject([{ reason: "pending" }])
    }))

  it("an error that the work makes of a cancel from above passes, and the cancel comes at the next wait (C3)", () =>
    runVirtual(async () => {
      const mine = new Error("mine")
      const seen: unknown[] = []
      const task = createTask(async () => {
        const work = (): Promise<void> =>
          sleep(500).catch(async () => {
            await sleep(5)
            throw mine
          })
        seen.push(await caught(waitFor(work, 1000)))
        await sleep(1)
        seen.push("not reached")
      })
      await sleep(1)
      task.cancel("from above")
      expect(await caught(joinOnly(task))).toMatchObject({ reason: "from above" })
      expect(seen).toEqual([mine])
    }))

  it("nests: the limit that is first throws, the outer one still holds", () =>
    runVirtual(async () => {
      const seen: unknown[] = []
      const error = await caught(
        timeout(50, async () => {
          seen.push(await caught(waitFor(() => waitFor(() => sleep(1000), 100), 10)))
          await waitFor(() => sleep(1000), 1000)
        }),
      )
      expect(seen).toMatchObject([{ message: "Timed out after 10 ms" }])
      expect(error).toMatchObject({ message: "Timed out after 50 ms" })
      expect(now()).toBe(50)
    }))

  it("refuses a bare promise with advice, by type and at run time", () =>
    runVirtual(async () => {
      const queue = new Queue<string>()
      const getting = cancellable(queue.get(), { timeout: 1 })
      // @ts-expect-error a promise is no work
      const error = await caught(waitFor(getting, 10))
      expect(error).toBeInstanceOf(TypeError)
      expect((error as Error).message).toMatch(/^Expected a function, got a promise: pass `\(\) => …`/)
      await caught(getting)
      queue.putNowait("swallowed by the getter that stood in line already")
    }))

  it("refuses a limit that is no number, before anything begins", () =>
    runVirtual(async () => {
      const never = (): never => expect.unreachable("not called")
      expect(await caught(waitFor(never, NaN))).toEqual(
        new RangeError("Expected `ms` to be milliseconds, got `NaN` (number)"),
      )
      expect(await caught(waitFor(never, undefined as never))).toBeInstanceOf(TypeError)
      await sleep(1)
    }))

  it("works outside a run", async () => {
    expect(await waitFor(() => sleep(1, "outside"), 1000)).toBe("outside")
    await expect(waitFor(() => sleep(1000), 1)).rejects.toBeInstanceOf(TimeoutError)
  })
})
