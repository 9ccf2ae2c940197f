import { describe, expect, it } from "vitest"
import type { Problem, Task } from "../../src/core/index.ts"
import {
  CancelledError,
  TimeoutError,
  cancelScope,
  cancellable,
  createTask,
  currentTask,
} from "../../src/core/index.ts"
import { afterPoll } from "../../src/core/lowlevel.ts"
import { moveOnAfter, sleep, timeout } from "../../src/time/index.ts"
import { now, runVirtual } from "../../src/testing/index.ts"
import { errorOf, thenable } from "./outcomes.ts"

const never = (): Promise<never> => new Promise(() => {})
const poll = (): Promise<void> => new Promise((resolve) => afterPoll(resolve))

interface Deferred {
  readonly promise: Promise<string>
  resolve(value: string): void
  reject(error: unknown): void
}

function deferred(): Deferred {
  let both: Pick<Deferred, "resolve" | "reject"> | null = null
  const promise = new Promise<string>((resolve, reject) => (both = { resolve, reject }))
  return { promise, ...(both as unknown as Pick<Deferred, "resolve" | "reject">) }
}

describe("cancellable", () => {
  it("gives or throws what the promise comes to, also a thenable of any kind", () =>
    runVirtual(async () => {
      expect(await cancellable(Promise.resolve("v"))).toBe("v")
      expect(await errorOf(cancellable(Promise.reject(new Error("E"))))).toEqual(new Error("E"))
      expect(await cancellable(thenable((resolve) => resolve("thenable")))).toBe("thenable")
    }))

  it("JSX-01: makes the await on a foreign promise a point of cancellation", () =>
    runVirtual(async () => {
      const task = createTask(() => cancellable(never()))
      await sleep(0)
      task.cancel("m")
      expect(await errorOf(task)).toMatchObject({ reason: "m" })
      expect(await moveOnAfter(10, () => cancellable(never()))).toEqual({ timedOut: true })
    }))

  it("P2: calls onCancel with the error, and waits for what that gives", () =>
    runVirtual(async () => {
      const log: unknown[] = []
      const task = createTask(() =>
        cancellable(never(), {
          onCancel: async (error) => {
            log.push(error)
            await sleep(30)
            log.push("ended")
          },
        }),
      )
      await sleep(5)
      task.cancel("m")
      const error = await errorOf(task)
      expect(log).toEqual([error, "ended"])
      expect([error, now()]).toEqual([expect.any(CancelledError), 35])
    }))

  it("P2: onCancel runs in the scope of the waiter, whoever cancels", () =>
    runVirtual(async () => {
      const names: unknown[] = []
      const victim = createTask(
        () =>
          cancellable(never(), {
            onCancel: async () => {
              names.push(currentTask()?.name)
              await sleep(20)
              names.push(currentTask()?.name)
            },
          }),
        { name: "victim" },
      )
      const canceller = createTask(
        async () => {
          victim.cancel()
        },
        { name: "canceller" },
      )
      await canceller
      await errorOf(victim)
      expect([names, now()]).toEqual([["victim", "victim"], 20])
    }))

  it("P2: onCancel is called for a limit and a signal as well", () =>
    runVirtual(async () => {
      const log: unknown[] = []
      const onCancel = async (error: unknown): Promise<void> => {
        await sleep(5)
        log.push(error)
      }
      const controller = new AbortController()
      void createTask(() => sleep(20).then(() => controller.abort("signal")))
      expect(await errorOf(cancellable(never(), { onCancel, timeout: 10 }))).toBeInstanceOf(TimeoutError)
      expect(now()).toBe(15)
      expect(await errorOf(cancellable(never(), { onCancel, signal: controller.signal }))).toBe("signal")
      expect(log).toEqual([expect.any(TimeoutError), "signal"])
    }))

  it("what onCancel throws takes the place of the request, which is armed again by the block around", () =>
    runVirtual(async () => {
      for (const isAsync of [false, true]) {
        const log: unknown[] = []
        const task = createTask(async () => {
          log.push(
            await errorOf(
              cancelScope(() =>
                cancellable(never(), {
                  onCancel: () => {
                    if (isAsync) return Promise.reject(new Error("clean-up"))
                    throw new Error("clean-up")
                  },
                }),
              ),
            ),
          )
          await sleep(1000)
        })
        await sleep(0)
        task.cancel("m")
        expect(await errorOf(task)).toMatchObject({ reason: "m" })
        expect(log).toEqual([new Error("clean-up")])
      }
    }))

  it("a second request ends it although onCancel is not through; what that comes to is reported", async () => {
    const problems: Problem[] = []
    await runVirtual(
      async () => {
        const task = createTask(() =>
          cancellable(never(), {
            onCancel: async () => {
              await poll()
              throw new Error("late")
            },
          }),
        )
        await sleep(0)
        task.cancel("first")
        task.cancel("second")
        expect(await errorOf(task)).toMatchObject({ reason: "second" })
        await poll()
        await poll()
      },
      { onProblem: (problem) => problems.push(problem) },
    )
    expect(problems).toMatchObject([
      { message: "`onCancel` failed when its wait was over", error: { message: "late" } },
    ])
  })

  it("drops what the promise comes to afterwards, also a rejection", () =>
    runVirtual(async () => {
      const late = deferred()
      const task = createTask(() => cancellable(late.promise))
      await sleep(0)
      task.cancel()
      await errorOf(task)
      late.reject(new Error("nobody minds"))
      await poll()
    }))

  it("while onCancel is awaited, the promise's own end does not matter", () =>
    runVirtual(async () => {
      const late = deferred()
      const task = createTask(() =>
        cancellable(late.promise, {
          onCancel: async () => {
            late.resolve("too late")
            await sleep(5)
          },
        }),
      )
      await sleep(0)
      task.cancel("m")
      expect(await errorOf(task)).toMatchObject({ reason: "m" })
    }))

  it("T2: a value that has come is dropped by a cancel in that turn", () =>
    runVirtual(async () => {
      const late = deferred()
      const task = createTask(() => cancellable(late.promise))
      await sleep(0)
      late.resolve("v")
      await Promise.resolve()
      await Promise.resolve()
      task.cancel("m")
      expect(await errorOf(task)).toMatchObject({ reason: "m" })
    }))

  it("T2: with onCancel it is given instead, and the request comes at the next wait: it may be a connection", () =>
    runVirtual(async () => {
      const late = deferred()
      const log: unknown[] = []
      const task = createTask(async () => {
        log.push(await cancellable(late.promise, { onCancel: () => void log.push("not called") }))
        await sleep(10).finally(() => log.push("closed"))
      })
      await sleep(0)
      late.resolve("connection")
      await Promise.resolve()
      await Promise.resolve()
      task.cancel("m")
      expect(await errorOf(task)).toMatchObject({ reason: "m" })
      expect(log).toEqual(["connection", "closed"])
    }))

  it("refuses at once when the signal has aborted, and takes care of the promise", () =>
    runVirtual(async () => {
      const signal = AbortSignal.abort("gone")
      expect(await errorOf((async () => cancellable(Promise.reject(new Error("E")), { signal }))())).toBe(
        "gone",
      )
      await poll()
    }))

  it("gives way to a request that is pending when it begins", () =>
    runVirtual(async () => {
      const log: string[] = []
      const task: Task<never> = createTask(async () => {
        task.cancel("m")
        return cancellable(never(), { onCancel: () => void log.push("ended") })
      })
      expect(await errorOf(task)).toMatchObject({ reason: "m" })
      expect(log).toEqual(["ended"])
    }))

  it("in a timeout, the block ends once the clean-up has", () =>
    runVirtual(async () => {
      const error = await errorOf(timeout(10, () => cancellable(never(), { onCancel: () => sleep(15) })))
      expect([error, now()]).toEqual([expect.any(TimeoutError), 25])
    }))
})

describe("cancellable and thenables that break their word", () => {
  const speaking = (then: (...callbacks: ((value: unknown) => void)[]) => void): PromiseLike<unknown> =>
    thenable(then as never)

  it("takes the first word, and an error that is thrown only if there was none", () =>
    runVirtual(async () => {
      const error = new Error("E")
      const twice = speaking((resolve, reject) => {
        resolve?.("first")
        resolve?.("second")
        reject?.(error)
        throw error
      })
      expect(await cancellable(twice)).toBe("first")
      const throwing = speaking(() => {
        throw error
      })
      expect(await errorOf(cancellable(throwing))).toBe(error)
    }))

  it("refuses what is no promise, by a rejection", () =>
    runVirtual(async () => {
      expect(await errorOf(cancellable(42 as unknown as Promise<number>))).toBeInstanceOf(TypeError)
    }))

  it("`onCancel` may give back something that is no promise", () =>
    runVirtual(async () => {
      const onCancel = (() => 42) as unknown as () => void
      expect(await errorOf(timeout(1, () => cancellable(never(), { onCancel })))).toBeInstanceOf(TimeoutError)
    }))

  it("what `onCancel` gives may break its word as well", () =>
    runVirtual(async () => {
      const error = new Error("E")
      const onCancel = (): PromiseLike<void> =>
        speaking(() => {
          throw error
        }) as PromiseLike<void>
      expect(await errorOf(timeout(1, () => cancellable(never(), { onCancel })))).toBe(error)
    }))

  it("takes a task or a future as well, and passes a request on to it", () =>
    runVirtual(async () => {
      expect(await cancellable(createTask(() => sleep(1, "value")))).toBe("value")
      const inner = createTask(() => sleep(1000))
      const outer = createTask(() => cancellable(inner))
      await sleep(1)
      outer.cancel("stop")
      expect(await errorOf(outer)).toMatchObject({ reason: "stop" })
      expect(inner.cancelled()).toBe(true)
    }))

  it.each([
    ["is through", () => {}],
    ["was cancelled itself", () => Promise.reject(new CancelledError("its own"))],
  ] as const)(
    "a second request ends it although onCancel is not through; nothing is reported when that %s",
    (_, end) =>
      runVirtual(async () => {
        const onCancel = async (): Promise<void> => {
          await poll()
          await end()
        }
        const task = createTask(() => cancellable(never(), { onCancel }))
        await sleep(0)
        task.cancel("first")
        task.cancel("second")
        expect(await errorOf(task)).toMatchObject({ reason: "second" })
        await poll()
        await poll()
      }),
  )
})
