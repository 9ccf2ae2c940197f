import { getEventListeners } from "node:events"
import { describe, expect, it } from "vitest"
import type { CancelScope, CancelScopeOptions, Task } from "../../src/core/index.ts"
import {
  CancelledError,
  Future,
  InvalidStateError,
  TaskGroupError,
  TimeoutError,
  cancelScope,
  createTask,
  currentSignal,
  currentTask,
  getRunningLoop,
  taskGroup,
} from "../../src/core/index.ts"
import { afterPoll, timerCount } from "../../src/core/lowlevel.ts"
import { moveOnAfter, sleep, timeout } from "../../src/time/index.ts"
import { now, runVirtual } from "../../src/testing/index.ts"
import { cleaned, errorOf } from "./outcomes.ts"

const self = (): Task<unknown> => currentTask() as Task<unknown>
const poll = (): Promise<void> => new Promise((resolve) => afterPoll(resolve))
const swallow = (): void => {}

describe("a cancel scope", () => {
  it("C3: absorbs its own request, and nothing else", () =>
    runVirtual(async () => {
      const result = await cancelScope(async (scope) => {
        expect(scope.cancelled).toBe(false)
        scope.cancel("why")
        expect(scope.cancelled).toBe(true)
        expect(await errorOf(sleep(10))).toMatchObject({
          reason: "why",
          origin: { scope: "a cancel scope", requestedBy: "main" },
        })
        await sleep(1)
        throw new CancelledError("own")
      })
      expect(result).toBeUndefined()
      expect(await errorOf(cancelScope(() => Promise.reject(new CancelledError("foreign"))))).toMatchObject({
        reason: "foreign",
      })
      expect(await errorOf(cancelScope(() => Promise.reject(new Error("E"))))).toEqual(new Error("E"))
    }))

  it("C2: ends every wait in it and below, and none beside it", () =>
    runVirtual(async () => {
      const log: string[] = []
      const wait = (name: string): Promise<void> => sleep(1000).finally(() => log.push(name))
      await taskGroup(async (group) => {
        const beside = group.createTask(() => sleep(20).finally(() => log.push("beside")))
        await cancelScope(async (scope) => {
          void group.createTask(async () => {
            await sleep(5)
            scope.cancel()
          })
          await Promise.allSettled([
            wait("branch"),
            wait("branch"),
            timeout(500, () => wait("in a timeout")),
            taskGroup(async (inner) => {
              void inner.createTask(() => wait("child"))
              void inner.createTask(() => cancelScope(() => wait("deep")))
            }),
          ])
        })
        expect(now()).toBe(5)
        await beside
      })
      expect(log.toSorted()).toEqual(["beside", "branch", "branch", "child", "deep", "in a timeout"])
    }))

  it("C2: with no wait parked, the next one gets the request; afterwards waits are let through", () =>
    runVirtual(async () => {
      const log: unknown[] = []
      await cancelScope(async (scope) => {
        scope.cancel()
        await Promise.resolve()
        log.push("not yet")
        log.push(await errorOf(sleep(10)))
        await sleep(10)
        log.push(now())
      })
      expect(log).toEqual(["not yet", expect.any(CancelledError), 10])
    }))

  it("C2: requests before the first is delivered are one; a later one interrupts again", () =>
    runVirtual(async () => {
      let count = 0
      const handles: CancelScope[] = []
      const task = createTask(() =>
        cancelScope(async (scope) => {
          handles.push(scope)
          for (;;) {
            try {
              await sleep(1000)
              return "slept"
            } catch {
              count += 1
            }
          }
        }),
      )
      await sleep(5)
      const cancel = (): void => void handles[0]?.cancel()
      cancel()
      cancel()
      await sleep(5)
      expect(count).toBe(1)
      cancel()
      await sleep(5)
      expect(count).toBe(2)
      expect(await task).toBe("slept")
    }))

  it("C2: of several pending requests the outermost is delivered, in every order", () =>
    runVirtual(async () => {
      for (const order of [
        [0, 1, 2],
        [2, 1, 0],
        [1, 0, 2],
        [1, 2, 0],
      ]) {
        for (const isParked of [false, true]) {
          const log: string[] = []
          const scopes: CancelScope[] = []
          const cancelAll = (): void => order.forEach((n) => scopes[n]?.cancel(n))
          const open = (body: () => Promise<void>): Promise<void> =>
            cancelScope(async (scope) => {
              scopes.push(scope)
              await body()
              log.push("body went on")
            }).then(() => void log.push(`left`))
          if (isParked) void createTask(() => sleep(5).then(cancelAll))
          await open(() =>
            open(() =>
              open(async () => {
                if (!isParked) cancelAll()
                const error = await errorOf(sleep(1000))
                log.push(`got ${String((error as CancelledError).reason)}`)
                throw error
              }),
            ),
          )
          expect(log).toEqual(["got 0", "left"])
        }
      }
    }))

  it("C3: an outer request that was delivered inside is armed again when another error leaves the block", () =>
    runVirtual(async () => {
      const log: unknown[] = []
      const task = createTask(async () => {
        try {
          await cancelScope(() =>
            cancelScope(async () => {
              await sleep(1000).catch(() => Promise.reject(new Error("E")))
            }),
          )
        } catch (error) {
          log.push(error)
        }
        await sleep(1000).finally(() => log.push("told again"))
      })
      await sleep(5)
      task.cancel("m")
      expect(await errorOf(task)).toMatchObject({ reason: "m" })
      expect(log).toEqual([new Error("E"), "told again"])
    }))

  it("C3: of two requests that were delivered inside, the outermost is armed again", () =>
    runVirtual(async () => {
      const log: unknown[] = []
      const task = createTask(() =>
        cancelScope(async (middle) => {
          const inner = cancelScope(async () => {
            await sleep(1000).catch(swallow)
            void createTask(async () => middle.cancel("middle"))
            log.push(await errorOf(sleep(1000)))
            throw new Error("E")
          })
          log.push(await errorOf(inner), await errorOf(sleep(1000)))
        }),
      )
      await sleep(5)
      task.cancel("task")
      await task
      expect(log).toMatchObject([{ reason: "middle" }, { message: "E" }, { reason: "task" }])
    }))

  it("C3: one that its body swallowed and that ends with a value is over", () =>
    runVirtual(async () => {
      const task = createTask(async () => {
        await cancelScope(() => sleep(1000).catch(swallow))
        return sleep(10, "went on")
      })
      await sleep(5)
      task.cancel()
      expect(await task).toBe("went on")
    }))

  it("does nothing once it was left, and starts no timer", () =>
    runVirtual(async () => {
      const scope = await cancelScope((scope) => scope)
      expect([scope?.cancel(), scope?.cancelled]).toEqual([false, false])
      expect(await sleep(1, "in peace")).toBe("in peace")
    }))

  it("options.signal cancels it, also one that has aborted already", () =>
    runVirtual(async () => {
      const controller = new AbortController()
      void createTask(() => sleep(5).then(() => controller.abort("signal")))
      const wait = (): Promise<unknown> =>
        cancelScope(
          async () => {
            expect(await errorOf(sleep(1000))).toMatchObject({ reason: "signal" })
            return now()
          },
          { signal: controller.signal },
        )
      expect(await wait()).toBe(5)
      expect(await wait()).toBe(5)
    }))

  it("listens to options.signal until it is left, however that is", () =>
    runVirtual(async () => {
      const { signal } = new AbortController()
      const listeners = (): number => getEventListeners(signal, "abort").length
      const bodies = [
        async (): Promise<void> => sleep(1),
        (): void => {},
        (): Promise<never> => Promise.reject(new Error("E")),
        async (scope: CancelScope): Promise<void> => {
          scope.cancel()
          await sleep(10)
        },
      ]
      for (const body of bodies) {
        const end = cancelScope(
          (scope) => {
            expect(listeners()).toBe(1)
            return body(scope)
          },
          { signal },
        )
        await end.catch(swallow)
        expect(listeners()).toBe(0)
      }
    }))

  it("C9: its signal is aborted with it and with each scope above, up to a shield", () =>
    runVirtual(async () => {
      const signals: AbortSignal[] = []
      const task = createTask(async () => {
        signals.push(currentSignal())
        await cancelScope(async (outer) => {
          signals.push(outer.signal)
          await cancelScope(
            async (shield) => {
              signals.push(shield.signal)
              await cancelScope(async (inner) => {
                signals.push(inner.signal)
                expect(currentSignal()).toBe(inner.signal)
                await sleep(10)
              })
            },
            { shield: true },
          )
        })
      })
      await sleep(5)
      task.cancel("why")
      expect(signals.map((signal) => signal.aborted)).toEqual([true, true, false, false])
      expect(signals[0]?.reason).toBe(signals[1]?.reason)
      expect(signals[0]?.reason).toMatchObject({ reason: "why" })
      await errorOf(task)
    }))

  it("C9: a signal that is read after the request is aborted already", () =>
    runVirtual(async () => {
      await cancelScope(async (scope) => {
        scope.cancel("why")
        expect(scope.signal.reason).toMatchObject({ reason: "why" })
        await cancelScope(async () => expect(currentSignal().aborted).toBe(true))
        await cancelScope(async () => expect(currentSignal().aborted).toBe(false), { shield: true })
      })
    }))

  it("C7: an abort listener may cancel again, and throws nothing into the canceller", () =>
    runVirtual(async () => {
      const log: string[] = []
      await cancelScope(async (scope) => {
        scope.signal.addEventListener("abort", () => {
          log.push("listener")
          scope.cancel("again")
        })
        void createTask(() => sleep(5).then(() => scope.cancel("first")))
        expect(await errorOf(sleep(1000))).toMatchObject({ reason: "first" })
      })
      expect(log).toEqual(["listener"])
    }))
})

describe("the deadline of a scope", () => {
  it("TIMEOUT-01: throws a TimeoutError with the CancelledError as cause", () =>
    runVirtual(async () => {
      const handles: CancelScope[] = []
      const error = await errorOf(
        timeout(10, (scope) => {
          handles.push(scope)
          return sleep(10_000)
        }),
      )
      expect(error).toBeInstanceOf(TimeoutError)
      expect((error as TimeoutError).cause).toBeInstanceOf(CancelledError)
      expect([handles[0]?.expired(), self().cancelling(), now()]).toEqual([true, 0, 10])
    }))

  it("TIMEOUT-02: is a time of the clock, and cancels the block then", () =>
    runVirtual(async () => {
      await sleep(3)
      await cancelScope(
        async (scope) => {
          expect(scope.deadline).toBe(13)
          await errorOf(sleep(1000))
          expect([now(), scope.expired(), scope.cancelled]).toEqual([13, true, true])
        },
        { deadline: 13 },
      )
    }))

  it("TIMEOUT-03, TIMEOUT-04: a block that ends in time, or has no limit, is left alone", () =>
    runVirtual(async () => {
      const seen: unknown[] = []
      expect(await timeout(10, (scope) => sleep(5, scope))).toSatisfy(
        (scope: CancelScope) => !scope.expired(),
      )
      await timeout(null, async (scope) => {
        seen.push(scope.when())
        await sleep(100_000)
      })
      await cancelScope(() => sleep(100_000), { deadline: null })
      await cancelScope(() => sleep(100_000), { deadline: Infinity })
      expect(seen).toEqual([null])
    }))

  it("TIMEOUT-05: one that has passed ends the first wait, even sleep(0)", () =>
    runVirtual(async () => {
      await sleep(100)
      for (const ms of [0, -5])
        expect(await errorOf(timeout(ms, () => sleep(0)))).toBeInstanceOf(TimeoutError)
      const left = await cancelScope(() => sleep(0).then(() => "not reached"), { deadline: 20 })
      expect([left, now()]).toEqual([undefined, 100])
    }))

  it("TIMEOUT-06, TIMEOUT-07: a block without a wait is not ended, however long it computes", () =>
    runVirtual(async () => {
      const handles: CancelScope[] = []
      const value = await timeout(0, async (scope) => {
        handles.push(scope)
        await Promise.resolve()
        return 1
      })
      await sleep(0)
      expect([value, handles[0]?.expired()]).toEqual([1, false])
    }))

  it("TIMEOUT-08: an error before it passes unchanged", () =>
    runVirtual(async () => {
      expect(await errorOf(timeout(10, () => Promise.reject(new Error("E"))))).toEqual(new Error("E"))
    }))

  it("TIMEOUT-09: clean-up that throws because of it is what leaves", () =>
    runVirtual(async () => {
      const handles: CancelScope[] = []
      const error = await errorOf(
        timeout(10, async (scope) => {
          handles.push(scope)
          await cleaned(sleep(1000), () => Promise.reject(new Error("E")))
        }),
      )
      expect([error, handles[0]?.expired(), self().cancelling()]).toEqual([new Error("E"), true, 0])
      expect(await sleep(5, "no stray request")).toBe("no stray request")
    }))

  it("TIMEOUT-10: a block that swallows it ends with its value", () =>
    runVirtual(async () => {
      const value = await timeout(10, async (scope) => {
        await sleep(1000).catch(swallow)
        return scope.expired()
      })
      expect([value, self().cancelling()]).toEqual([true, 0])
    }))

  it("TIMEOUT-12: a request from above beats it, in one turn, pending together, or in its clean-up", () =>
    runVirtual(async () => {
      for (const [place, cancelAfter] of [
        ["parked", 10],
        ["foreign", 10],
        ["cleaning", 30],
      ] as const) {
        const handles: CancelScope[] = []
        void createTask(async () => {
          await sleep(cancelAfter)
          task.cancel("m")
        })
        const task: Task<void> = createTask(() =>
          timeout(10, async (scope) => {
            handles.push(scope)
            if (place === "foreign") while (!scope.cancelled || task.cancelling() === 0) await poll()
            try {
              await sleep(1000)
            } finally {
              if (place === "cleaning") await sleep(50)
            }
          }),
        )
        if (place === "foreign") {
          // The virtual clock stands while the task sits in a foreign await.
          await sleep(0)
          handles[0]?.fire()
          task.cancel("m")
        }
        expect(await errorOf(task)).toMatchObject({ reason: "m" })
        expect([handles[0]?.expired(), task.cancelling()]).toEqual([true, 1])
      }
    }))

  it("TIMEOUT-15: an inner limit that is shorter throws first, the outer still holds", () =>
    runVirtual(async () => {
      const log: unknown[] = []
      const error = await errorOf(
        timeout(50, async () => {
          log.push(await errorOf(timeout(10, () => sleep(1000))), now())
          await sleep(1000)
        }),
      )
      expect([log, now(), error]).toEqual([[expect.any(TimeoutError), 10], 50, expect.any(TimeoutError)])
    }))

  it("TIMEOUT-16: an outer limit that is shorter passes through the inner block", () =>
    runVirtual(async () => {
      let inner: unknown = null
      const handles: CancelScope[] = []
      const error = await errorOf(
        timeout(10, async () => {
          inner = await errorOf(
            timeout(500, async (scope) => {
              handles.push(scope)
              await sleep(1000)
            }),
          )
          throw inner
        }),
      )
      expect([error, inner]).toEqual([expect.any(TimeoutError), expect.any(CancelledError)])
      expect(handles[0]?.expired()).toBe(false)
    }))

  it("TIMEOUT-16: with both due in one pass the outer one throws, and the inner error stays inside", () =>
    runVirtual(async () => {
      const log: string[] = []
      const result = await moveOnAfter(10, async () => {
        const inner = await errorOf(timeout(10, () => sleep(1000)))
        log.push((inner as Error).name)
        throw inner
      })
      expect([result, log]).toEqual([{ timedOut: true }, ["CancelledError"]])
    }))

  it("TIMEOUT-18: can be moved later, into the past, and taken off", () =>
    runVirtual(async () => {
      await timeout(10, async (scope) => {
        scope.deadline = 100
        await sleep(50)
        expect([scope.expired(), scope.deadline]).toEqual([false, 100])
        expect(timerCount()).toBe(1)
        scope.deadline = null
        expect(timerCount()).toBe(0)
        await sleep(500)
        expect([scope.expired(), scope.deadline]).toEqual([false, null])
      })
      const error = await errorOf(
        timeout(1000, async (scope) => {
          scope.deadline = 5
          expect(scope.expired()).toBe(false)
          await sleep(0)
        }),
      )
      expect([error, now()]).toEqual([expect.any(TimeoutError), 550])
      await timeout(1000, async (scope) => {
        scope.deadline = 5
        scope.deadline = 5
        scope.deadline = now() + 10
        await sleep(5)
        expect(scope.expired()).toBe(false)
      })
    }))

  it("TIMEOUT-19: cannot be moved once it has passed or the block was left, and must be a time", () =>
    runVirtual(async () => {
      const scope = await cancelScope(
        async (scope) => {
          expect(() => (scope.deadline = NaN)).toThrow(RangeError)
          await errorOf(sleep(1000))
          expect(() => (scope.deadline = 50)).toThrow(InvalidStateError)
          return scope
        },
        { deadline: 5 },
      )
      expect(() => {
        if (scope !== undefined) scope.deadline = 50
      }).toThrow("the block was left")
    }))

  it("TIMEOUT-21, TIMEOUT-22: limits work in the clean-up of a cancelled task; a new request beats them", () =>
    runVirtual(async () => {
      const log: unknown[] = []
      const task = createTask(async () => {
        try {
          await sleep(1000)
        } finally {
          log.push(await errorOf(timeout(10, () => sleep(1000))), now(), self().cancelling())
          log.push(await errorOf(timeout(10, () => sleep(1000))))
        }
      })
      await sleep(5)
      task.cancel("first")
      await sleep(15)
      task.cancel("second")
      await errorOf(task)
      expect(log).toEqual([expect.any(TimeoutError), 15, 1, expect.objectContaining({ reason: "second" })])
    }))

  it("TIMEOUT-23: a request that is pending when timeout(0) begins is not lost (asyncio loses it)", () =>
    runVirtual(async () => {
      const task: Task<void> = createTask(async () => {
        task.cancel("m")
        await timeout(0, () => sleep(10))
      })
      expect(await errorOf(task)).toMatchObject({ reason: "m" })
    }))

  it("TIMEOUT-24: a limit in the clean-up of another that has run out throws for itself", () =>
    runVirtual(async () => {
      const log: unknown[] = []
      const error = await errorOf(
        timeout(10, () =>
          cleaned(sleep(1000), async () => {
            log.push(await errorOf(timeout(20, () => sleep(1000))))
          }),
        ),
      )
      expect([log, error, now()]).toEqual([[expect.any(TimeoutError)], expect.any(TimeoutError), 30])
      expect(log[0]).not.toBe(error)
    }))

  it("TIMEOUT-25: around a group, the children are cancelled and awaited first", () =>
    runVirtual(async () => {
      const log: string[] = []
      const error = await errorOf(
        timeout(10, () =>
          taskGroup(async (group) => {
            void group.createTask(() => cleaned(sleep(1000), () => sleep(20).then(() => log.push("cleaned"))))
          }),
        ),
      )
      expect([error, log, now(), self().cancelling()]).toEqual([expect.any(TimeoutError), ["cleaned"], 30, 0])
    }))

  it("TIMEOUT-25: with a child that fails in clean-up, the group's error leaves both", () =>
    runVirtual(async () => {
      const error = await errorOf(
        timeout(10, () =>
          taskGroup(async (group) => {
            void group.createTask(() => cleaned(sleep(1000), () => Promise.reject(new Error("E"))))
          }),
        ),
      )
      expect(error).toBeInstanceOf(TaskGroupError)
      expect(await sleep(5, "no stray request")).toBe("no stray request")
    }))
})

describe("a shielded scope", () => {
  it("C10: keeps requests out, and the first wait after it gets them", () =>
    runVirtual(async () => {
      const log: unknown[] = []
      const task = createTask(async () => {
        await cancelScope(
          async () => {
            await sleep(50)
            await taskGroup((group) => void group.createTask(() => sleep(50)))
            log.push(now())
          },
          { shield: true },
        )
        log.push("left")
        await sleep(1000).finally(() => log.push(now()))
      })
      await sleep(5)
      task.cancel("m")
      expect(await errorOf(task)).toMatchObject({ reason: "m" })
      expect(log).toEqual([100, "left", 100])
    }))

  it("C10: can be cancelled itself, and has deadlines inside", () =>
    runVirtual(async () => {
      const log: unknown[] = []
      const task = createTask(async () => {
        await cancelScope(
          async () => {
            log.push(await errorOf(timeout(30, () => sleep(1000))))
            await sleep(1000)
          },
          { shield: true, deadline: 60 },
        )
        log.push(now())
        await sleep(1000)
      })
      await sleep(5)
      task.cancel("m")
      expect(await errorOf(task)).toMatchObject({ reason: "m" })
      expect(log).toEqual([expect.any(TimeoutError), 60])
    }))

  it("C10: keeps children of a group below it whole, and those beside it not", () =>
    runVirtual(async () => {
      const log: string[] = []
      const task = createTask(() =>
        taskGroup(async (group) => {
          void group.createTask(() => sleep(100).then(() => log.push("beside went on")))
          await cancelScope(
            () =>
              taskGroup(
                (inner) => void inner.createTask(() => sleep(100).then(() => log.push("below went on"))),
              ),
            { shield: true },
          )
        }),
      )
      await sleep(5)
      task.cancel()
      await errorOf(task)
      expect(log).toEqual(["below went on"])
    }))

  it("C10: a task that ends without a wait after the shield is cancelled all the same", () =>
    runVirtual(async () => {
      const task = createTask(() => cancelScope(() => sleep(20, "value"), { shield: true }))
      await sleep(5)
      task.cancel()
      await errorOf(task)
      expect(task.cancelled()).toBe(true)
    }))

  it("C8: is left alone by patience, unreported, and its task is told when it is left", () =>
    runVirtual(
      async () => {
        const task = createTask(() =>
          cancelScope(() => sleep(500, "cleaned"), { shield: true }).then(() => sleep(1)),
        )
        await sleep(5)
        task.cancel("m")
        expect(await errorOf(task)).toMatchObject({ reason: "m" })
        expect(now()).toBe(500)
      },
      { patience: 50 },
    ))
})

describe("a persistent scope", () => {
  it("C6: every wait in it throws until it is left", () =>
    runVirtual(async () => {
      let thrown = 0
      const result = await cancelScope(
        async (scope) => {
          scope.cancel()
          for (let i = 0; i < 3; i += 1) await sleep(10).catch(() => (thrown += 1))
          await cancelScope(() => sleep(10, "shielded"), { shield: true }).then(() => (thrown += 10))
          return "left"
        },
        { persistent: true },
      )
      expect([result, thrown, now()]).toEqual(["left", 13, 10])
      expect(await sleep(5, "after")).toBe("after")
    }))

  it("C6: twelve thousand swallowed waits do not make the runtime give it up", () =>
    runVirtual(async () => {
      let thrown = 0
      await cancelScope(
        async (scope) => {
          scope.cancel()
          for (let i = 0; i < 12_000; i += 1) await new Future<void>().join().catch(() => (thrown += 1))
        },
        { persistent: true },
      )
      expect(thrown).toBe(12_000)
    }))
})

describe("options that are none", () => {
  it("are refused before the block is opened", () =>
    runVirtual(async () => {
      const bad = [
        { deadline: "10" },
        { signal: new AbortController() },
        { patience: -1 },
      ] as unknown as CancelScopeOptions[]
      for (const options of bad) {
        const { scope } = self()
        const before = scope.lastChild
        expect(await errorOf(cancelScope(() => sleep(1), options))).toBeInstanceOf(Error)
        expect(scope.lastChild).toBe(before)
      }
      await sleep(20)
    }))

  it("tells who asked for it, and that it was nobody's task", () =>
    runVirtual(async () => {
      const askers: unknown[] = []
      for (const ask of [
        (call: () => unknown) => call(),
        (call: () => unknown) => getRunningLoop().callSoon(call),
      ]) {
        await cancelScope(async (scope) => {
          ask(() => scope.cancel())
          await sleep(1000).catch((error: unknown) =>
            askers.push((error as CancelledError).origin?.requestedBy),
          )
        })
      }
      expect(askers).toEqual(["main", null])
    }))
})
