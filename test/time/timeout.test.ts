// Time limits on a block: who cancels whom, what is thrown, and what is left behind.
import { getEventListeners } from "node:events"
import { describe, expect, it } from "vitest"
import { timerCount } from "../../src/core/lowlevel.ts"
import type { TimeoutScope } from "../../src/index.ts"
import {
  CancelledError,
  Future,
  InvalidStateError,
  TaskGroupError,
  TimeoutError,
  cancelScope,
  createTask,
  currentTask,
  gather,
  isCancelled,
  joinOnly,
  moveOnAfter,
  sleep,
  taskGroup,
  timeout,
} from "../../src/index.ts"
import { now, runVirtual } from "../../src/testing/index.ts"

const caught = (promise: PromiseLike<unknown>): Promise<unknown> =>
  Promise.resolve(promise).then(
    (value) => {
      throw new Error(`Expected an error, got ${String(value)}`)
    },
    (error: unknown) => error,
  )

describe("timeout()", () => {
  it("TIMEOUT-01: throws a TimeoutError caused by the cancel, and the task is as before", () =>
    runVirtual(async () => {
      let scope: TimeoutScope | undefined
      const error = await caught(
        timeout(10, (handle) => {
          scope = handle
          return sleep(10_000)
        }),
      )
      expect(error).toBeInstanceOf(TimeoutError)
      expect(error).toMatchObject({
        name: "TimeoutError",
        code: "E_TIMEOUT",
        message: "Timed out after 10 ms",
      })
      expect((error as TimeoutError).cause).toBeInstanceOf(CancelledError)
      expect(scope?.expired()).toBe(true)
      expect(currentTask()?.cancelling()).toBe(0)
      expect(now()).toBe(10)
      await sleep(1)
    }))

  it("TIMEOUT-02: when() is the time of the clock at which it runs out", () =>
    runVirtual(async () => {
      await sleep(7)
      await timeout(10, async (scope) => {
        expect(scope.when()).toBe(17)
      })
    }))

  it("TIMEOUT-03: a block that is in time gives its value and takes the timer back", () =>
    runVirtual(async () => {
      let scope: TimeoutScope | undefined
      const value = await timeout(10, async (handle) => {
        scope = handle
        return sleep(5, "in time")
      })
      expect(value).toBe("in time")
      expect(scope?.expired()).toBe(false)
      expect(timerCount()).toBe(0)
    }))

  it("TIMEOUT-04: null and Infinity never run out", () =>
    runVirtual(async () => {
      for (const limit of [null, Infinity]) {
        const value = await timeout(limit, async (scope) => {
          expect(scope.when()).toBe(null)
          return sleep(1e9, "late")
        })
        expect(value).toBe("late")
      }
    }))

  it("TIMEOUT-05: zero and less end the block at its first wait, sleep(0) as well", () =>
    runVirtual(async () => {
      for (const limit of [0, -1, -Infinity]) {
        let reached = false
        const error = await caught(
          timeout(limit, async () => {
            await sleep(0)
            reached = true
          }),
        )
        expect(error).toBeInstanceOf(TimeoutError)
        expect(reached).toBe(false)
      }
      expect(now()).toBe(0)
    }))

  it("TIMEOUT-06: zero does nothing to a block that never waits", () =>
    runVirtual(async () => {
      let scope: TimeoutScope | undefined
      const value = await timeout(0, async (handle) => {
        scope = handle
        await Promise.resolve()
        return 5
      })
      expect(value).toBe(5)
      expect(scope?.expired()).toBe(false)
      await sleep(0)
      expect(scope?.expired()).toBe(false)
    }))

  it("TIMEOUT-08: an error of the body passes unchanged", () =>
    runVirtual(async () => {
      const mine = new RangeError("mine")
      let scope: TimeoutScope | undefined
      const error = await caught(
        timeout(10, async (handle) => {
          scope = handle
          await sleep(1)
          throw mine
        }),
      )
      expect(error).toBe(mine)
      expect(scope?.expired()).toBe(false)
      expect(timerCount()).toBe(0)
    }))

  it("TIMEOUT-09: an error thrown because of the limit passes instead of the TimeoutError", () =>
    runVirtual(async () => {
      const mine = new Error("clean-up failed")
      let scope: TimeoutScope | undefined
      const error = await caught(
        timeout(10, async (handle) => {
          scope = handle
          await sleep(1000).catch(() => Promise.reject(mine))
        }),
      )
      expect(error).toBe(mine)
      expect(scope?.expired()).toBe(true)
      expect(currentTask()?.cancelling()).toBe(0)
      await sleep(1)
    }))

  it("TIMEOUT-10: a body that swallows the cancel leaves with its value", () =>
    runVirtual(async () => {
      let scope: TimeoutScope | undefined
      const value = await timeout(10, async (handle) => {
        scope = handle
        await sleep(1000).catch(() => {})
        return "swallowed"
      })
      expect(value).toBe("swallowed")
      expect(scope?.expired()).toBe(true)
      await sleep(1)
    }))

  it("waits for the clean-up inside, however long it takes", () =>
    runVirtual(async () => {
      const log: string[] = []
      const error = await caught(
        timeout(10, async () => {
          try {
            await sleep(1000)
          } finally {
            await sleep(50)
            log.push("cleaned")
          }
        }),
      )
      expect(error).toBeInstanceOf(TimeoutError)
      expect(log).toEqual(["cleaned"])
      expect(now()).toBe(60)
    }))

  it("a value that is ready in the turn of the deadline is lost to a limit that fires first", () =>
    runVirtual(async () => {
      const error = await caught(timeout(10, () => sleep(10, "ready")))
      expect(error).toBeInstanceOf(TimeoutError)
    }))

  it("a body that ends in the turn of the deadline, before it, is in time", () =>
    runVirtual(async () => {
      const future = new Future<string>()
      const setter = createTask(async () => {
        await sleep(10)
        future.setResult("in time")
      })
      await sleep(0)
      const waiter = createTask(() => timeout(10.5, () => joinOnly(future)))
      expect(await waiter).toBe("in time")
      await setter
    }))
})

describe("timeout() and requests from above", () => {
  it("TIMEOUT-12: a cancel from above beats the limit for the same unwinding", () =>
    runVirtual(async () => {
      let scope: TimeoutScope | undefined
      const task = createTask(() =>
        timeout(10, async (handle) => {
          scope = handle
          try {
            await sleep(1000)
          } finally {
            await sleep(50)
          }
        }),
      )
      await sleep(20)
      task.cancel("from above")
      const error = await caught(joinOnly(task))
      expect(error).toMatchObject({ reason: "from above" })
      expect(scope?.expired()).toBe(true)
      expect(task.cancelling()).toBe(1)
      expect(task.cancelled()).toBe(true)
    }))

  it("TIMEOUT-12: also when both come in the same turn, in either order", () =>
    runVirtual(async () => {
      for (const isCancelFirst of [true, false]) {
        const body = createTask(() => (isCancelFirst ? sleep(10) : sleep(0)).then(() => task.cancel("above")))
        await (isCancelFirst ? sleep(0) : undefined)
        const task = createTask(() => timeout(10, () => sleep(1000)))
        if (!isCancelFirst) {
          await sleep(10)
          task.cancel("above")
        }
        expect(await caught(joinOnly(task))).toMatchObject({ reason: "above" })
        await body
      }
    }))

  it("TIMEOUT-15: the inner limit throws first, and the outer one still holds", () =>
    runVirtual(async () => {
      const log: unknown[] = []
      const outer = caught(
        timeout(50, async () => {
          log.push(await caught(timeout(10, () => sleep(1000))))
          await sleep(1000)
        }),
      )
      expect(await outer).toMatchObject({ message: "Timed out after 50 ms" })
      expect(log).toMatchObject([{ message: "Timed out after 10 ms" }])
      expect(now()).toBe(50)
    }))

  it("TIMEOUT-16: when the outer limit runs out the inner block sees a cancel", () =>
    runVirtual(async () => {
      let inner: TimeoutScope | undefined
      const seen: unknown[] = []
      const error = await caught(
        timeout(10, () =>
          timeout(500, async (handle) => {
            inner = handle
            await sleep(1000)
          }).catch((thrown: unknown) => {
            seen.push(thrown)
            throw thrown
          }),
        ),
      )
      expect(error).toMatchObject({ message: "Timed out after 10 ms" })
      expect(seen).toHaveLength(1)
      expect(isCancelled(seen[0])).toBe(true)
      expect(inner?.expired()).toBe(false)
    }))

  it("both limits at the same time: the outer one throws", () =>
    runVirtual(async () => {
      const seen: unknown[] = []
      const error = await caught(
        timeout(10, () =>
          timeout(10, () => sleep(1000)).catch((thrown: unknown) => {
            seen.push(thrown)
            throw thrown
          }),
        ),
      )
      expect(error).toBeInstanceOf(TimeoutError)
      expect(isCancelled(seen[0])).toBe(true)
    }))

  it("TIMEOUT-21: a limit in the clean-up of a cancelled task still throws its own error", () =>
    runVirtual(async () => {
      const seen: unknown[] = []
      const task = createTask(async () => {
        try {
          await sleep(1000)
        } catch {
          seen.push(await caught(timeout(10, () => sleep(1000))))
          seen.push(currentTask()?.cancelling())
        }
      })
      await sleep(0)
      task.cancel()
      await joinOnly(task)
      expect(seen).toEqual([expect.any(TimeoutError), 1])
    }))

  it("TIMEOUT-22: and a new cancel during it beats it", () =>
    runVirtual(async () => {
      const seen: unknown[] = []
      const task = createTask(async () => {
        try {
          await sleep(1000)
        } catch {
          seen.push(await caught(timeout(10, () => sleep(1000))))
        }
      })
      await sleep(0)
      task.cancel("first")
      await sleep(5)
      task.cancel("second")
      await joinOnly(task)
      expect(seen).toMatchObject([{ reason: "second" }])
    }))

  it("TIMEOUT-23: a pending cancel is not lost in timeout(0)", () =>
    runVirtual(async () => {
      const seen: unknown[] = []
      const task = createTask(async () => {
        task.cancel("pending")
        try {
          await timeout(0, () => sleep(0))
        } catch (error) {
          seen.push(error)
          throw error
        }
      })
      await caught(joinOnly(task))
      expect(seen).toMatchObject([{ reason: "pending" }])
      expect(task.cancelled()).toBe(true)
    }))

  it("TIMEOUT-24: a limit in the clean-up of a limit throws its own error", () =>
    runVirtual(async () => {
      const seen: unknown[] = []
      const error = await caught(
        timeout(10, async () => {
          try {
            await sleep(1000)
          } finally {
            seen.push(await caught(timeout(20, () => sleep(1000))))
          }
        }),
      )
      expect(seen).toMatchObject([{ message: "Timed out after 20 ms" }])
      expect(error).toMatchObject({ message: "Timed out after 10 ms" })
      expect(now()).toBe(30)
    }))

  it("an error the body makes of a cancel from above passes, and the cancel comes at the next wait (C3)", () =>
    runVirtual(async () => {
      const mine = new Error("mine")
      const seen: unknown[] = []
      const task = createTask(async () => {
        seen.push(
          await caught(
            timeout(1000, () =>
              sleep(500).catch(() => {
                throw mine
              }),
            ),
          ),
        )
        await sleep(1)
        seen.push("not reached")
      })
      await sleep(0)
      task.cancel("from above")
      expect(await caught(joinOnly(task))).toMatchObject({ reason: "from above" })
      expect(seen).toEqual([mine])
    }))
})

describe("timeout() around tasks and promises", () => {
  it("TIMEOUT-25: cancels the children of a group inside and waits for them", () =>
    runVirtual(async () => {
      const log: string[] = []
      const child = async (name: string): Promise<void> => {
        try {
          await sleep(1000)
        } finally {
          await sleep(5)
          log.push(name)
        }
      }
      const error = await caught(
        timeout(10, () =>
          taskGroup(async (group) => {
            group.createTask(() => child("a"))
            group.createTask(() => child("b"))
          }),
        ),
      )
      expect(error).toBeInstanceOf(TimeoutError)
      expect(log).toEqual(["a", "b"])
      expect(currentTask()?.cancelling()).toBe(0)
    }))

  it("a group that fails while the limit cancels it throws its errors", () =>
    runVirtual(async () => {
      const error = await caught(
        timeout(10, () =>
          taskGroup(async (group) => {
            group.createTask(() =>
              sleep(1000).catch(() => {
                throw new Error("child")
              }),
            )
          }),
        ),
      )
      expect(error).toBeInstanceOf(TaskGroupError)
      await sleep(1)
    }))

  it("in one branch of a Promise.all it touches that branch alone (C4)", () =>
    runVirtual(async () => {
      const results = await Promise.all([
        timeout(10, () => sleep(1000)).catch((error: Error) => error.name),
        sleep(20, "other"),
      ])
      expect(results).toEqual(["TimeoutError", "other"])
    }))

  it("passes through gather and cancels what it started", () =>
    runVirtual(async () => {
      let cancelled = 0
      const work = (): Promise<void> =>
        sleep(1000).catch((error: unknown) => {
          cancelled += 1
          throw error
        })
      expect(await caught(timeout(10, () => gather([() => work(), () => work()])))).toBeInstanceOf(
        TimeoutError,
      )
      expect(cancelled).toBe(2)
    }))

  it("cannot interrupt a foreign await; its signal aborts with the CancelledError", () =>
    runVirtual(async () => {
      const reasons: unknown[] = []
      const error = await caught(
        timeout(
          10,
          ({ signal }) =>
            new Promise((_, reject) => {
              void createTask(() => sleep(10))
              signal.addEventListener("abort", () => {
                reasons.push(signal.reason)
                reject(signal.reason as Error)
              })
              void sleep(1000).catch(() => {})
            }),
        ),
      )
      expect(error).toBeInstanceOf(TimeoutError)
      expect(isCancelled(reasons[0])).toBe(true)
      expect((error as TimeoutError).cause).toBe(reasons[0])
    }))

  it("a foreign await that ends late lets the block end with its value", async () => {
    const value = await runVirtual(() =>
      timeout(0, async ({ signal }) => {
        await new Promise((resolve) => setTimeout(resolve, 5))
        return signal.aborted
      }),
    )
    expect(value).toBe(true)
  })

  it("works outside a run", async () => {
    const error = await caught(timeout(5, () => sleep(1000)))
    expect(error).toBeInstanceOf(TimeoutError)
  })
})

describe("the handle of a limit", () => {
  it("TIMEOUT-18: can be moved later, to the past, and taken off", () =>
    runVirtual(async () => {
      await timeout(10, async (scope) => {
        scope.reschedule(now() + 30)
        expect(scope.when()).toBe(30)
        await sleep(20)
        scope.reschedule(null)
        expect(scope.when()).toBe(null)
        await sleep(100)
      })
      const error = await caught(
        timeout(1000, async (scope) => {
          scope.reschedule(now() - 1)
          await sleep(0)
        }),
      )
      expect(error).toBeInstanceOf(TimeoutError)
    }))

  it("a limit that was moved tells in its error how long it was in the end", () =>
    runVirtual(async () => {
      const error = await caught(
        timeout(10, async (scope) => {
          scope.reschedule(now() + 30)
          await sleep(100)
        }),
      )
      expect(error).toMatchObject({ message: "Timed out after 30 ms" })
    }))

  it("TIMEOUT-19: cannot be moved once it has run out or the block was left", () =>
    runVirtual(async () => {
      let scope: TimeoutScope | undefined
      await timeout(10, async (handle) => {
        scope = handle
      })
      expect(() => scope?.reschedule(100)).toThrow(
        new InvalidStateError("Cannot change the deadline: the block was left"),
      )
      await caught(
        timeout(10, async (handle) => {
          try {
            await sleep(100)
          } finally {
            expect(() => handle.reschedule(100)).toThrow(
              new InvalidStateError("Cannot change the deadline: it has passed"),
            )
          }
        }),
      )
    }))

  it("a time that is no number is refused and changes nothing", () =>
    runVirtual(async () => {
      const error = await caught(
        timeout(10, async (scope) => {
          expect(() => scope.reschedule(NaN)).toThrow(RangeError)
          expect(scope.when()).toBe(10)
          await sleep(100)
        }),
      )
      expect(error).toBeInstanceOf(TimeoutError)
    }))

  it("cancel() leaves the block without an error, as its limit did not run out", () =>
    runVirtual(async () => {
      const value = await timeout(1000, async (scope) => {
        scope.cancel("enough")
        await sleep(1)
        return "not reached"
      })
      expect(value).toBe(undefined)
      expect(timerCount()).toBe(0)
    }))

  it("refuses limits that are no numbers", async () => {
    await expect(timeout(NaN, () => 1)).rejects.toThrow(
      new RangeError("Expected `ms` to be milliseconds or null, got `NaN` (number)"),
    )
    await expect(timeout("5" as unknown as number, () => 1)).rejects.toThrow(
      new TypeError("Expected `ms` to be milliseconds or null, got `5` (string)"),
    )
    await expect(moveOnAfter(undefined as unknown as number, () => 1)).rejects.toThrow(TypeError)
    await expect(timeout(5, 7 as unknown as () => number)).rejects.toThrow(TypeError)
  })

  it("a body that throws at once passes its error and leaves no timer", () =>
    runVirtual(async () => {
      const mine = new Error("at once")
      const error = await caught(
        timeout(10, () => {
          throw mine
        }),
      )
      expect(error).toBe(mine)
      expect(timerCount()).toBe(0)
    }))
})

describe("moveOnAfter()", () => {
  it("gives the value of a block that is in time", () =>
    runVirtual(async () => {
      expect(await moveOnAfter(10, () => sleep(5, "v"))).toEqual({ timedOut: false, value: "v" })
      expect(await moveOnAfter(10, async () => undefined)).toEqual({ timedOut: false, value: undefined })
    }))

  it("leaves a block that is not, after its clean-up", () =>
    runVirtual(async () => {
      const log: string[] = []
      const end = await moveOnAfter(10, async () => {
        try {
          await sleep(1000)
        } finally {
          await sleep(5)
          log.push("cleaned")
        }
      })
      expect(end).toEqual({ timedOut: true })
      expect(log).toEqual(["cleaned"])
      expect(now()).toBe(15)
    }))

  it("errors of the body pass", () =>
    runVirtual(async () => {
      await expect(
        moveOnAfter(10, async () => {
          throw new Error("mine")
        }),
      ).rejects.toThrow("mine")
    }))

  it("a cancel from above passes through and beats the limit", () =>
    runVirtual(async () => {
      const task = createTask(async () => {
        await moveOnAfter(10, () =>
          sleep(1000).catch((error: unknown) => sleep(20).then(() => Promise.reject(error as Error))),
        )
        return "not reached"
      })
      await sleep(15)
      task.cancel("above")
      expect(await caught(joinOnly(task))).toMatchObject({ reason: "above" })
    }))

  it("a shield keeps the limit out until it is left", () =>
    runVirtual(async () => {
      const end = await moveOnAfter(10, async () => {
        await cancelScope(() => sleep(50), { shield: true })
        await sleep(1)
        return "not reached"
      })
      expect(end).toEqual({ timedOut: true })
      expect(now()).toBe(50)
    }))

  it("null is no limit", () =>
    runVirtual(async () => {
      expect(await moveOnAfter(null, () => sleep(1e6, 1))).toEqual({ timedOut: false, value: 1 })
    }))
})

it("TIMEOUT-27: as text, a limit tells its state", () =>
  runVirtual(async () => {
    let handle!: TimeoutScope
    await timeout(100, async (scope) => {
      handle = scope
      expect(String(scope)).toBe("<TimeoutScope active deadline=100>")
      scope.reschedule(null)
      expect(String(scope)).toBe("<TimeoutScope active>")
      await sleep(1)
    })
    expect(String(handle)).toBe("<TimeoutScope finished>")
    await moveOnAfter(10, async (scope) => {
      handle = scope
      try {
        await sleep(1000)
      } finally {
        expect(String(scope)).toBe("<TimeoutScope expiring>")
      }
    })
    expect(String(handle)).toBe("<TimeoutScope expired>")
    await cancelScope(async (scope) => {
      scope.cancel()
      expect(String(scope)).toBe("<CancelScope cancelled>")
      await sleep(1)
    })
  }))

describe("the signal of a limit", () => {
  const limits = [
    ["timeout()", (signal: AbortSignal) => timeout(1000, () => sleep(500), { signal })],
    ["moveOnAfter()", (signal: AbortSignal) => moveOnAfter(1000, () => sleep(500), { signal })],
  ] as const

  it.each(limits)("%s throws its reason, unchanged, when it aborts", (_, limit) =>
    runVirtual(async () => {
      const controller = new AbortController()
      const reason = { my: "reason" }
      const ended = caught(limit(controller.signal))
      await sleep(5)
      controller.abort(reason)
      expect(await ended).toBe(reason)
      expect(now()).toBe(5)
      expect(timerCount()).toBe(0)
    }),
  )

  it.each(limits)("%s leaves no listener on one that does not abort", (_, limit) =>
    runVirtual(async () => {
      const { signal } = new AbortController()
      await limit(signal)
      expect(getEventListeners(signal, "abort")).toEqual([])
    }),
  )

  it("a limit that runs out before it aborts is a TimeoutError", () =>
    runVirtual(async () => {
      const controller = new AbortController()
      const slow = async (): Promise<void> => {
        try {
          await sleep(1000)
        } finally {
          await sleep(20)
        }
      }
      const late = createTask(() => sleep(15).then(() => controller.abort("late")))
      expect(await caught(timeout(10, slow, { signal: controller.signal }))).toBeInstanceOf(TimeoutError)
      await late
    }))
})
