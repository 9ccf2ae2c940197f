// Doing it again: how often, when, and that a cancel is never taken for a failure.
import { getEventListeners } from "node:events"
import { describe, expect, it } from "vitest"
import { timerCount } from "../../src/core/lowlevel.ts"
import {
  CancelledError,
  TimeoutError,
  attemptsOf,
  createTask,
  currentSignal,
  joinOnly,
  retry,
  sleep,
  timeout,
} from "../../src/index.ts"
import { now, runVirtual } from "../../src/testing/index.ts"

/** Fails `times` times with errors that are numbered, then gives the number of the attempt. */
function flaky(times: number): ((attempt: number) => Promise<number>) & { calls: number[] } {
  const calls: number[] = []
  const work = async (attempt: number): Promise<number> => {
    calls.push(attempt)
    if (calls.length <= times) throw new Error(`failure ${calls.length}`)
    return attempt
  }
  return Object.assign(work, { calls })
}

describe("retry()", () => {
  it("tries again until it succeeds, and tells each attempt its number", () =>
    runVirtual(async () => {
      const work = flaky(2)
      expect(await retry(work, { attempts: 5, delay: 10 })).toBe(3)
      expect(work.calls).toEqual([1, 2, 3])
    }))

  it("gives what the first attempt gives without waiting, a synchronous value as well", () =>
    runVirtual(async () => {
      expect(await retry(() => "value", { attempts: 3, delay: 10 })).toBe("value")
      expect(now()).toBe(0)
    }))

  it("throws the last error itself and tells how often it was tried", () =>
    runVirtual(async () => {
      const work = flaky(10)
      const error: unknown = await retry(work, { attempts: 3, delay: 10 }).catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({ message: "failure 3" })
      expect(attemptsOf(error)).toBe(3)
      expect(work.calls).toEqual([1, 2, 3])
      expect(attemptsOf(new Error("another"))).toBe(undefined)
      expect(attemptsOf("text")).toBe(undefined)
    }))

  it("one attempt is one attempt", () =>
    runVirtual(async () => {
      const work = flaky(1)
      await expect(retry(work, { attempts: 1, delay: 10 })).rejects.toThrow("failure 1")
      expect(now()).toBe(0)
    }))

  it("tells the attempts of errors that cannot be written to, and throws what is no error as it is", () =>
    runVirtual(async () => {
      const frozen = Object.freeze(new Error("frozen"))
      const fail = (thrown: unknown): Promise<never> => Promise.reject(thrown)
      await expect(retry(() => fail(frozen), { attempts: 2, delay: 0 })).rejects.toBe(frozen)
      expect(attemptsOf(frozen)).toBe(2)
      await expect(retry(() => fail("text"), { attempts: 2, delay: 0 })).rejects.toBe("text")
    }))

  it("waits longer each time, up to a bound", () =>
    runVirtual(async () => {
      const times: number[] = []
      const work = async (): Promise<never> => {
        times.push(now())
        throw new Error("no")
      }
      await expect(retry(work, { attempts: 5, delay: 100, jitter: false, maxDelay: 300 })).rejects.toThrow(
        "no",
      )
      expect(times).toEqual([0, 100, 300, 600, 900])
    }))

  it("waits between zero and the step when it draws", async () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      await runVirtual(
        async () => {
          const times: number[] = []
          const work = async (): Promise<never> => {
            times.push(now())
            throw new Error("no")
          }
          await retry(work, { attempts: 6, delay: 100, maxDelay: 500 }).catch(() => {})
          const pauses = times.slice(1).map((time, i) => time - (times[i] as number))
          for (const [i, pause] of pauses.entries()) {
            expect(pause).toBeGreaterThanOrEqual(0)
            expect(pause).toBeLessThanOrEqual(Math.min(100 * 2 ** i, 500))
          }
        },
        { seed },
      )
    }
  })

  it("a function as delay decides alone, by error and attempt", () =>
    runVirtual(async () => {
      const asked: unknown[] = []
      const delay = (error: unknown, attempt: number): number => {
        asked.push([(error as Error).message, attempt])
        return attempt * 7
      }
      expect(await retry(flaky(2), { attempts: 5, delay, maxDelay: 1, factor: 100 })).toBe(3)
      expect(asked).toEqual([
        ["failure 1", 1],
        ["failure 2", 2],
      ])
      expect(now()).toBe(21)
    }))

  it("`when` decides whether to go on; the error it stops at is thrown with its number", () =>
    runVirtual(async () => {
      const asked: unknown[] = []
      const error: unknown = await retry(flaky(10), {
        attempts: 5,
        delay: 1,
        when: (thrown, attempt) => {
          asked.push([(thrown as Error).message, attempt])
          return attempt < 2
        },
      }).catch((thrown: unknown) => thrown)
      expect(asked).toEqual([
        ["failure 1", 1],
        ["failure 2", 2],
      ])
      expect(attemptsOf(error)).toBe(2)
    }))

  it("is not asked `when` after the last attempt, and throws what `when` throws", () =>
    runVirtual(async () => {
      let asked = 0
      const when = (): boolean => {
        asked += 1
        throw new Error("when")
      }
      await expect(retry(flaky(9), { attempts: 1, delay: 1, when })).rejects.toThrow("failure 1")
      expect(asked).toBe(0)
      await expect(retry(flaky(9), { attempts: 2, delay: 1, when })).rejects.toThrow("when")
    }))

  it("goes on for ever if it may, with a delay of zero as well, and lets others run", () =>
    runVirtual(async () => {
      let calls = 0
      let others = 0
      const other = createTask(async () => {
        for (;;) {
          others += 1
          await sleep(0)
        }
      })
      const value = await retry(
        async () => {
          calls += 1
          if (calls < 1500) throw new Error("no")
          return calls
        },
        { attempts: Infinity, delay: 0 },
      )
      other.cancel()
      expect(value).toBe(1500)
      expect(others).toBeGreaterThan(1000)
    }))

  it("refuses numbers that make no sense before the first attempt", async () => {
    const work = flaky(0)
    await expect(retry(work, { attempts: 0, delay: 1 })).rejects.toThrow(
      new RangeError("Expected `attempts` to be an integer from 1 up, got `0` (number)"),
    )
    await expect(retry(work, { attempts: NaN, delay: 1 })).rejects.toThrow(RangeError)
    await expect(retry(work, { attempts: "3" as unknown as number, delay: 1 })).rejects.toThrow(TypeError)
    await expect(retry(work, { attempts: 2, delay: -1 })).rejects.toThrow(RangeError)
    await expect(retry(work, { attempts: 2, delay: 1, factor: NaN })).rejects.toThrow(RangeError)
    await expect(retry(5 as unknown as typeof work, { attempts: 2, delay: 1 })).rejects.toThrow(TypeError)
    expect(work.calls).toEqual([])
  })

  it("a delay function that gives no number is named, with the error as the cause", () =>
    runVirtual(async () => {
      const error: unknown = await retry(flaky(5), { attempts: 5, delay: () => NaN }).catch(
        (thrown: unknown) => thrown,
      )
      expect(error).toBeInstanceOf(RangeError)
      expect(error).toMatchObject({
        message: "Expected `delay` to give milliseconds, got `NaN` (number)",
        cause: { message: "failure 1" },
      })
    }))
})

describe("retry() and cancelling", () => {
  it("never retries a CancelledError, wherever it comes from", () =>
    runVirtual(async () => {
      let calls = 0
      const mine = new CancelledError("mine")
      await expect(
        retry(
          async () => {
            calls += 1
            throw mine
          },
          { attempts: 5, delay: 1 },
        ),
      ).rejects.toBe(mine)
      expect(calls).toBe(1)
    }))

  it("a cancel during an attempt ends it and is not retried", () =>
    runVirtual(async () => {
      let calls = 0
      const task = createTask(() =>
        retry(
          () => {
            calls += 1
            return sleep(1000)
          },
          { attempts: 5, delay: 1 },
        ),
      )
      await sleep(10)
      task.cancel("stop")
      await expect(joinOnly(task)).rejects.toMatchObject({ reason: "stop" })
      expect(calls).toBe(1)
    }))

  it("a cancel between two attempts ends the wait, and no timer stays", () =>
    runVirtual(async () => {
      const work = flaky(9)
      const task = createTask(() => retry(work, { attempts: 5, delay: () => 1000 }))
      await sleep(10)
      task.cancel("stop")
      await expect(joinOnly(task)).rejects.toMatchObject({ reason: "stop" })
      expect(work.calls).toEqual([1])
      expect(now()).toBe(10)
      expect(timerCount()).toBe(0)
    }))

  it("an attempt that makes another error of its cancel does not escape it: it comes at the next wait (C3)", () =>
    runVirtual(async () => {
      let calls = 0
      const task = createTask(() =>
        retry(
          async () => {
            calls += 1
            try {
              await sleep(1000)
            } catch {
              throw new Error("turned into something else")
            }
          },
          { attempts: 5, delay: 1 },
        ),
      )
      await sleep(10)
      task.cancel("stop")
      await expect(joinOnly(task)).rejects.toMatchObject({ reason: "stop" })
      expect(calls).toBe(1)
    }))

  it("the last attempt's error passes then, and the cancel comes at the next wait of the caller", () =>
    runVirtual(async () => {
      const log: string[] = []
      const task = createTask(async () => {
        await retry(
          () =>
            sleep(1000).catch(() => {
              throw new Error("turned")
            }),
          { attempts: 1, delay: 1 },
        ).catch((error: unknown) => log.push((error as Error).message))
        await sleep(1)
        log.push("not reached")
      })
      await sleep(10)
      task.cancel("stop")
      await expect(joinOnly(task)).rejects.toMatchObject({ reason: "stop" })
      expect(log).toEqual(["turned"])
    }))

  it("a time limit inside an attempt is a failure like any other", () =>
    runVirtual(async () => {
      let calls = 0
      const value = await retry(
        () => {
          calls += 1
          return timeout(10, () => sleep(calls < 3 ? 1000 : 1, calls))
        },
        { attempts: 5, delay: 1, when: (error) => error instanceof TimeoutError },
      )
      expect(value).toBe(3)
    }))

  it("a time limit around it all ends it", () =>
    runVirtual(async () => {
      await expect(
        timeout(50, () => retry(flaky(1e6), { attempts: Infinity, delay: () => 10 })),
      ).rejects.toBeInstanceOf(TimeoutError)
      expect(now()).toBe(50)
    }))

  it("each attempt has a signal of its own", () =>
    runVirtual(async () => {
      const signals = new Set<AbortSignal>()
      await retry(
        async (attempt) => {
          signals.add(currentSignal())
          if (attempt < 3) throw new Error("no")
        },
        { attempts: 3, delay: 1 },
      )
      expect(signals.size).toBe(3)
    }))
})

describe("retry() with a signal", () => {
  it("does not begin when it has aborted already", () =>
    runVirtual(async () => {
      const reason = new Error("gone")
      const work = flaky(0)
      await expect(retry(work, { attempts: 2, delay: 1, signal: AbortSignal.abort(reason) })).rejects.toBe(
        reason,
      )
      expect(work.calls).toEqual([])
    }))

  it("ends the wait between two attempts with its reason", () =>
    runVirtual(async () => {
      const controller = new AbortController()
      const reason = new Error("aborted")
      const work = flaky(9)
      const task = createTask(() =>
        retry(work, { attempts: 5, delay: () => 1000, signal: controller.signal }),
      )
      await sleep(10)
      controller.abort(reason)
      await expect(joinOnly(task)).rejects.toBe(reason)
      expect([work.calls, now()]).toEqual([[1], 10])
    }))

  it("cancels the attempt that runs and throws its reason, once its clean-up is through", () =>
    runVirtual(async () => {
      const controller = new AbortController()
      const reason = new Error("aborted")
      const seen: unknown[] = []
      const task = createTask(() =>
        retry(
          () =>
            sleep(1000).catch(async (error: unknown) => {
              seen.push(error)
              await sleep(5)
              throw error
            }),
          { attempts: 5, delay: 1, signal: controller.signal },
        ),
      )
      await sleep(10)
      controller.abort(reason)
      await expect(joinOnly(task)).rejects.toBe(reason)
      expect(seen).toEqual([expect.any(CancelledError)])
      expect(now()).toBe(15)
    }))

  it("leaves no listener behind", () =>
    runVirtual(async () => {
      const { signal } = new AbortController()
      await retry(flaky(3), { attempts: 5, delay: 1, signal })
      await retry(flaky(9), { attempts: 2, delay: 1, signal }).catch(() => {})
      expect(getEventListeners(signal, "abort")).toHaveLength(0)
    }))
})
