import { AsyncLocalStorage } from "node:async_hooks"
import { inspect } from "node:util"
import { describe, expect, it } from "vitest"
import type { Problem, TaskGroup } from "../../src/core/index.ts"
import {
  CancelledError,
  Future,
  InvalidStateError,
  NoRunningLoopError,
  Task,
  allTasks,
  cancelScope,
  cancellable,
  createTask,
  currentTask,
  isCancelled,
  run,
  taskGroup,
} from "../../src/core/index.ts"
import { afterPoll } from "../../src/core/lowlevel.ts"
import { sleep } from "../../src/time/index.ts"
import { now, runVirtual, steps } from "../../src/testing/index.ts"
import { isCollected } from "./is-collected.ts"
import { errorOf, thenable } from "./outcomes.ts"

const settled = async (work: PromiseLike<unknown>): Promise<void> => void (await errorOf(work))

const thrownBy = (call: () => unknown): unknown => {
  try {
    call()
  } catch (error) {
    return error
  }
  throw new Error("Expected a throw")
}

describe("a task's result and identity", () => {
  it("TASK-02: gives what its function returns", () =>
    runVirtual(async () => {
      const task = createTask(async () => 42)
      expect(await task).toBe(42)
      expect([task.done(), task.cancelled(), task.result(), task.exception()]).toEqual([
        true,
        false,
        42,
        null,
      ])
    }))

  it("TASK-03: throws the very error of its function at each await", () =>
    runVirtual(async () => {
      const error = new Error("E")
      const task = createTask(async () => {
        throw error
      })
      expect(await errorOf(task)).toBe(error)
      expect(await errorOf(task)).toBe(error)
      expect(task.exception()).toBe(error)
      expect(task.cancelled()).toBe(false)
    }))

  it("TASK-03: keeps a thrown value that is no error, and wraps a class that cannot be one", () =>
    runVirtual(async () => {
      for (const value of [undefined, null, 0, "text", { code: 1 }]) {
        const task = createTask(() => Promise.reject(value as unknown as Error))
        expect(await errorOf(task)).toBe(value)
      }
      const task = createTask(() => Promise.reject(RangeError))
      expect(await errorOf(task)).toMatchObject({ cause: RangeError })
    }))

  it("TASK-04: is the same current task a hundred calls deep", () =>
    runVirtual(async () => {
      const task: Task<number> = createTask(async () => {
        const before = allTasks().size
        const dive = async (depth: number): Promise<number> => {
          expect(currentTask()).toBe(task)
          expect(allTasks().size).toBe(before)
          return depth === 0 ? 0 : 1 + (await dive(depth - 1))
        }
        return dive(100)
      })
      expect(await task).toBe(100)
    }))

  it("TASK-05: refuses what is no function, and registers nothing", () =>
    runVirtual(async () => {
      const before = allTasks().size
      for (const work of [123, null, undefined, {}, "text"]) {
        expect(() => createTask(work as never)).toThrow(TypeError)
      }
      expect(() => createTask(Promise.resolve(1) as never)).toThrow("pass `() => …`")
      expect(() => createTask(new Future() as never)).toThrow(TypeError)
      expect(allTasks().size).toBe(before)
    }))

  it("TASK-08: refuses a result or exception from outside, and ends with its own value", () =>
    runVirtual(async () => {
      const task = createTask(async () => sleep(1, "own"))
      expect(() => task.setResult("other")).toThrow(InvalidStateError)
      expect(() => task.setException(new Error("E"))).toThrow(InvalidStateError)
      expect(await task).toBe("own")
      expect(() => task.setResult("other")).toThrow(InvalidStateError)
    }))

  it("TASK-09: is named by an increasing number unless it is given a name", () =>
    runVirtual(async () => {
      const tasks = [createTask(() => 1), createTask(() => 2), createTask(() => 3, { name: "three" })]
      const [first, second, third] = tasks.map((task) => task.name)
      const number = (name: string | undefined): number => Number(/^Task-(\d+)$/.exec(name ?? "")?.[1])
      expect(number(second)).toBe(number(first) + 1)
      expect(third).toBe("three")
      expect(createTask(() => 4, { name: 5 as never }).name).toBe("5")
      const [renamed] = tasks
      if (renamed !== undefined) renamed.name = 6 as never
      expect(renamed?.name).toBe("6")
    }))

  it("TASK-10: fails where it awaits itself", () =>
    runVirtual(async () => {
      const task: Task<unknown> = createTask(async () => {
        await sleep(0)
        return task
      })
      expect(await errorOf(task)).toBeInstanceOf(InvalidStateError)
      const direct: Task<unknown> = createTask(async () => direct, { name: "loop" })
      expect(await errorOf(direct)).toMatchObject({
        message: 'Cannot await task "loop": it would wait for itself',
      })
      const inBlock: Task<unknown> = createTask(() => cancelScope(() => inBlock.join()))
      expect(await errorOf(inBlock)).toBeInstanceOf(InvalidStateError)
    }))

  it("TASK-12: adopts the value of a future that its function gives (a thenable melts in JavaScript)", () =>
    runVirtual(async () => {
      const future = new Future<number>()
      const plain = createTask(() => future)
      const asynchronous = createTask(async () => future)
      void createTask(() => future.setResult(7))
      expect([await plain, await asynchronous]).toEqual([7, 7])
    }))

  it("TASK-14: currentTask() is itself after any await, and refused outside of a run", async () => {
    expect(() => currentTask()).toThrow(NoRunningLoopError)
    await runVirtual(async () => {
      const seen = async (task: () => Task<unknown>): Promise<void> => {
        for (let i = 0; i < 3; i += 1) {
          await sleep(1)
          expect(currentTask()).toBe(task())
          await Promise.resolve()
          expect(currentTask()).toBe(task())
        }
      }
      const a: Task<void> = createTask(() => seen(() => a))
      const b: Task<void> = createTask(() => seen(() => b))
      await Promise.all([a, b])
      expect(currentTask()?.name).toBe("main")
    })
    expect(() => currentTask()).toThrow("wrap the program in `run(main)`")
    const named = async (group: TaskGroup): Promise<unknown> =>
      group.createTask(() => currentTask()?.name, { name: "child" })
    expect(await taskGroup(named)).toBe("child")
  })

  it("TASK-18: tells which task or future it waits for, and in debug mode where it was made", () =>
    runVirtual(
      async () => {
        const inner = createTask(() => sleep(1), { name: "inner" })
        const outer = createTask(async () => inner, { name: "outer" })
        await sleep(0)
        expect(String(outer)).toContain('"outer" pending waiting on task "inner", made at ')
        expect(String(outer)).toContain("task.test.ts")
        expect(String(new Future())).toContain("<Future pending, made at ")
        await outer
      },
      { debug: true },
    ))

  it("is printed by console.log as its text", () =>
    runVirtual(async () => {
      const task = createTask(() => 1)
      expect(inspect([task, new Future()])).toBe(`[ ${String(task)}, <Future pending> ]`)
      await task
    }))

  it("TASK-18: tells its state, name and wait as text", () =>
    runVirtual(async () => {
      const task = createTask(async () => sleep(10, { a: 1 }), { name: "t" })
      const text = (): string => String(task).replace(/\d+/, "N")
      expect(text()).toBe('<Task N "t" pending>')
      await sleep(0)
      expect(text()).toBe('<Task N "t" pending waiting on sleep>')
      expect(task.waitingOn).toMatchObject({ kind: "sleep" })
      task.cancel()
      expect(text()).toBe('<Task N "t" cancelling waiting on sleep>')
      await settled(task)
      expect(text()).toBe('<Task N "t" cancelled>')
      const loop: unknown[] = []
      loop.push(loop)
      const done = createTask(() => loop, { name: "d" })
      await done
      expect(String(done)).toContain('"d" finished result=')
      const failed = createTask(() => {
        throw Object.create(null)
      })
      await settled(failed)
      expect(String(failed)).toContain("finished error=")
    }))

  it("TASK-19: sleep(0, v) lets what stood before it run, not what that adds", () =>
    runVirtual(async () => {
      const { step, finish } = steps()
      const box = new Future<void>()
      box.setResult()
      box.addDoneCallback(() => {
        step(1)
        box.addDoneCallback(() => finish(3))
      })
      expect(await sleep(0, "v")).toBe("v")
      step(2)
      await sleep(0)
    }))

  it("TASK-20: sleep(d, v) gives v not before d; below zero is zero", () =>
    runVirtual(async () => {
      const start = now()
      expect(await sleep(25, "v")).toBe("v")
      expect(now() - start).toBe(25)
      expect(await sleep(-5, "w")).toBe("w")
      expect(now() - start).toBe(25)
    }))

  it("TASK-20: real time is not cut short either", () =>
    run(
      async () => {
        for (const ms of [1, 3, 7.5]) {
          const start = now()
          await sleep(ms)
          expect(now() - start).toBeGreaterThanOrEqual(ms)
        }
      },
      { handleSignals: false },
    ))

  it("TASK-22: a cancelled sleep takes its timer back", () =>
    runVirtual(async () => {
      const task = createTask(() => sleep(1_000_000))
      await sleep(0)
      task.cancel()
      await settled(task)
      expect(now()).toBe(0)
    }))
})

describe("cancelling a task", () => {
  it("TASK-23: throws at the await, one turn later", () =>
    runVirtual(async () => {
      let caught: unknown = null
      const task = createTask(async () => {
        try {
          await sleep(10_000)
        } catch (error) {
          caught = error
          throw error
        }
      })
      await sleep(0)
      expect(task.cancel()).toBe(true)
      expect([task.cancelled(), task.done(), caught]).toEqual([false, false, null])
      await sleep(0)
      expect(caught).toBeInstanceOf(CancelledError)
      expect([task.cancelled(), task.done(), task.cancel()]).toEqual([true, true, false])
    }))

  it("TASK-25: cancels the future it is parked on before any turn", () =>
    runVirtual(async () => {
      const future = new Future<void>()
      const task = createTask(() => future)
      await sleep(0)
      task.cancel()
      expect(future.cancelled()).toBe(true)
      expect(task.done()).toBe(false)
      await settled(task)
    }))

  it("TASK-26: goes down through a child to the future that it awaits", () =>
    runVirtual(async () => {
      const future = new Future<void>()
      const child = createTask(() => future)
      const parent = createTask(() => child)
      await sleep(0)
      await sleep(0)
      parent.cancel()
      await settled(parent)
      expect([future.cancelled(), child.cancelled(), parent.cancelled()]).toEqual([true, true, true])
    }))

  it("C7: the error tells who asked, for what, and through whom it came", () =>
    runVirtual(async () => {
      const future = new Future<void>()
      const child = createTask(() => future, { name: "child" })
      const parent = createTask(() => child, { name: "parent" })
      await sleep(0)
      await sleep(0)
      parent.cancel("why")
      const error = (await errorOf(parent)) as CancelledError
      expect(error.reason).toBe("why")
      expect(error.origin).toEqual({
        scope: 'task "parent"',
        requestedBy: "main",
        through: ['task "child"', "a future"],
      })
    }))

  it("C7: one error serves all that a request reaches, and its chain stays short", () =>
    runVirtual(async () => {
      const children: Task<unknown>[] = []
      const parent = createTask(() =>
        taskGroup(async (group) => {
          for (let i = 0; i < 100; i += 1) children.push(group.createTask(() => new Future<void>()))
          await sleep(10)
        }),
      )
      await sleep(1)
      parent.cancel()
      const error = (await errorOf(parent)) as CancelledError
      for (const child of children) expect(await errorOf(child)).toBe(error)
      expect(error.origin?.through).toHaveLength(10)
    }))

  it("TASK-27: a body that swallows the error ends with its value; cancelling() stays 1", () =>
    runVirtual(async () => {
      const task = createTask(async () => {
        await sleep(10).catch(() => {})
        return 42
      })
      await sleep(0)
      task.cancel()
      expect(await task).toBe(42)
      expect([task.cancelled(), task.cancelling()]).toEqual([false, 1])
    }))

  it("TASK-29: an error thrown in clean-up replaces the CancelledError", () =>
    runVirtual(async () => {
      const error = new Error("E")
      const task = createTask(async () => {
        try {
          await sleep(10)
        } finally {
          await Promise.reject(error)
        }
      })
      await sleep(0)
      task.cancel()
      expect(await errorOf(task)).toBe(error)
      expect(task.cancelled()).toBe(false)
    }))

  it("TASK-30: clean-up may wait; a second request interrupts it", () =>
    runVirtual(async () => {
      const log: string[] = []
      const work = async (): Promise<void> => {
        try {
          await sleep(1000)
        } finally {
          try {
            await sleep(50)
            log.push("cleaned")
          } finally {
            log.push("left")
          }
        }
      }
      const once = createTask(work)
      await sleep(0)
      once.cancel()
      await settled(once)
      expect(log).toEqual(["cleaned", "left"])
      expect([now(), once.cancelled()]).toEqual([50, true])
      log.length = 0
      const twice = createTask(work)
      await sleep(0)
      twice.cancel()
      await sleep(10)
      twice.cancel()
      await settled(twice)
      expect(log).toEqual(["left"])
      expect([twice.cancelling(), twice.cancelled(), now()]).toEqual([2, true, 60])
    }))

  it("TASK-31: ends cancelled when a third party cancels its future", () =>
    runVirtual(async () => {
      const future = new Future<void>()
      const task = createTask(() => future)
      await sleep(0)
      future.cancel("third party")
      expect(await errorOf(task)).toMatchObject({ reason: "third party" })
      expect([task.cancelled(), task.cancelling()]).toEqual([true, 0])
    }))

  it("TASK-32: future and task cancelled in one turn give one CancelledError", () =>
    runVirtual(async () => {
      for (const order of ["future first", "task first"]) {
        const future = new Future<void>()
        let caught = 0
        const task = createTask(async () => {
          try {
            await future
          } catch (error) {
            caught += 1
            await sleep(1)
            throw error
          }
        })
        await sleep(0)
        if (order === "future first") future.cancel()
        task.cancel()
        future.cancel()
        await settled(task)
        expect([caught, task.cancelled()]).toEqual([1, true])
      }
    }))

  it("TASK-33: a cancel beats a value that was set and not yet delivered", () =>
    runVirtual(async () => {
      const future = new Future<number>()
      const task = createTask(() => future)
      await sleep(0)
      future.setResult(7)
      task.cancel()
      await settled(task)
      expect([task.cancelled(), future.result()]).toEqual([true, 7])
    }))

  it("E1: a failure that a cancel in the same turn keeps from its awaiter is reported", async () => {
    const problems: Problem[] = []
    await run(
      async () => {
        const failing = createTask(
          async () => {
            await sleep(1)
            throw new Error("lost?")
          },
          { name: "failing" },
        )
        const awaiter = createTask(() => failing)
        failing.addDoneCallback(() => {})
        await sleep(0)
        const other = new Future<void>()
        failing.addListener({ futureDone: () => awaiter.cancel() })
        await settled(awaiter)
        other.cancel()
      },
      { handleSignals: false, onProblem: (problem) => problems.push(problem) },
    )
    expect(problems).toMatchObject([{ task: 'task "failing"', error: { message: "lost?" } }])
  })

  it("E1: a failure that one of two awaiters got is read", () =>
    runVirtual(async () => {
      const failing = createTask(async () => {
        await sleep(1)
        throw new Error("seen")
      })
      const cancelled = createTask(() => failing)
      const reader = createTask(() => failing)
      await sleep(0)
      failing.addListener({ futureDone: () => cancelled.cancel() })
      expect(await errorOf(reader)).toMatchObject({ message: "seen" })
      expect(cancelled.cancelled()).toBe(true)
    }))

  it("TASK-34: one that cancels itself gets the error at its next wait", () =>
    runVirtual(async () => {
      const { step, finish } = steps()
      const task: Task<void> = createTask(async () => {
        step(1)
        expect(task.cancel()).toBe(true)
        step(2)
        await sleep(0).finally(() => finish(3))
        throw new Error("not reached")
      })
      await settled(task)
      expect(task.cancelled()).toBe(true)
    }))

  it("TASK-35: one that cancels itself and returns is cancelled, its value dropped", () =>
    runVirtual(async () => {
      for (const isAsync of [true, false]) {
        const task: Task<number> = createTask(() => {
          task.cancel("self")
          return isAsync ? Promise.resolve(1) : 1
        })
        expect(await errorOf(task)).toMatchObject({ reason: "self" })
        expect(task.cancelled()).toBe(true)
      }
    }))

  it("TASK-36: one that cancels itself and throws fails with its error", () =>
    runVirtual(async () => {
      const task: Task<void> = createTask(async () => {
        task.cancel()
        throw new Error("E")
      })
      expect(await errorOf(task)).toMatchObject({ message: "E" })
      expect(task.cancelled()).toBe(false)
    }))

  it("TASK-37: calls that never wait still run after cancelling oneself", () =>
    runVirtual(async () => {
      const { step, finish } = steps()
      const task: Task<void> = createTask(async () => {
        task.cancel()
        await (async () => step(1))()
        step(2)
        await new Promise<void>((resolve) => afterPoll(resolve))
        step(3)
        await sleep(0).finally(() => finish(4))
      })
      await settled(task)
      expect(task.cancelled()).toBe(true)
    }))

  it("TASK-38: a body that throws a CancelledError by itself ends cancelled", () =>
    runVirtual(async () => {
      const error = new CancelledError("own")
      const task = createTask(async () => {
        throw error
      })
      expect(await errorOf(task)).toBe(error)
      expect([task.cancelled(), task.cancelling()]).toEqual([true, 0])
    }))

  it("TASK-39: cancel() after the end changes nothing", () =>
    runVirtual(async () => {
      const task = createTask(async () => 1)
      await task
      expect(task.cancel()).toBe(false)
      expect([task.result(), task.cancelled(), task.cancelling()]).toEqual([1, false, 0])
    }))

  it("TASK-40: two requests before it runs are one error", () =>
    runVirtual(async () => {
      let caught = 0
      const task = createTask(async () => {
        try {
          await sleep(10)
        } catch {
          caught += 1
        }
        await sleep(10)
      })
      await sleep(0)
      expect([task.cancel(), task.cancel(), task.cancelling()]).toEqual([true, true, 2])
      await task
      expect([caught, task.cancelled()]).toEqual([1, false])
    }))

  it("TASK-41: the reason arrives with the error, wherever it is read", () =>
    runVirtual(async () => {
      for (const [reason, expected, message] of [
        [undefined, undefined, "Cancelled"],
        [null, null, "Cancelled"],
        ["m", "m", "Cancelled: m"],
        [5, 5, "Cancelled: 5"],
      ] as const) {
        const task = createTask(() => sleep(10))
        await sleep(0)
        task.cancel(reason)
        expect(await errorOf(task)).toMatchObject({ reason: expected, message })
        expect(thrownBy(() => task.result())).toMatchObject({ reason: expected })
        expect(thrownBy(() => task.exception())).toMatchObject({ reason: expected })
      }
    }))

  it("TASK-42: of two reasons the first counts for a parked task, the last for one not started", () =>
    runVirtual(async () => {
      const parked = createTask(() => sleep(10))
      await sleep(0)
      const fresh = createTask(() => sleep(10))
      for (const task of [parked, fresh]) {
        task.cancel("a")
        task.cancel("b")
      }
      expect(await errorOf(parked)).toMatchObject({ reason: "a" })
      expect(await errorOf(fresh)).toMatchObject({ reason: "b" })
    }))

  it("TASK-43: awaiters get the very object that was thrown inside", () =>
    runVirtual(async () => {
      let inside: unknown
      const task = createTask(async () => {
        try {
          await sleep(10)
        } catch (error) {
          inside = error
          throw error
        }
      })
      await sleep(0)
      task.cancel()
      expect(await errorOf(task)).toBe(inside)
    }))

  it("TASK-44: result() and exception() of a cancelled task throw", () =>
    runVirtual(async () => {
      const task = createTask(() => sleep(10))
      task.cancel()
      await settled(task)
      expect(() => task.result()).toThrow(CancelledError)
      expect(() => task.exception()).toThrow(CancelledError)
    }))

  it("T5: cancelled before its turn, its function never runs", () =>
    runVirtual(async () => {
      let isCalled = false
      const task = createTask(async () => (isCalled = true))
      task.cancel("early")
      expect(task.done()).toBe(false)
      expect(await errorOf(task)).toMatchObject({ reason: "early" })
      expect([isCalled, task.cancelled()]).toEqual([false, true])
    }))

  it("ends a task from a done callback and from an abort listener", () =>
    runVirtual(async () => {
      const future = new Future<void>()
      const first = createTask(() => sleep(100))
      const second = createTask(() => sleep(100))
      future.addDoneCallback(() => first.cancel("callback"))
      await sleep(0)
      first.signal.addEventListener("abort", () => second.cancel("listener"))
      future.setResult()
      expect(await errorOf(first)).toMatchObject({ reason: "callback" })
      expect(await errorOf(second)).toMatchObject({ reason: "listener" })
      expect(now()).toBe(0)
    }))

  it("ends cancelled when it is told in the turn in which its body ends", () =>
    runVirtual(async () => {
      // The wait is served, its entry stands in the queue, and the body would end by it.
      const future = new Future<number>()
      const task = createTask(() => future)
      void createTask(async () => {
        await sleep(5)
        future.setResult(1)
      })
      void createTask(async () => {
        await sleep(5)
        task.cancel()
      })
      await settled(task)
      expect([task.cancelled(), future.result()]).toEqual([true, 1])
    }))

  it("JSX-01: a request waits out a foreign await and comes at the next wait of ours", () =>
    runVirtual(async () => {
      const { step, finish } = steps()
      const task = createTask(async () => {
        await new Promise<void>((resolve) => afterPoll(resolve))
        step(2)
        await sleep(0).finally(() => finish(3))
      })
      await sleep(0)
      task.cancel()
      step(1)
      await settled(task)
    }))

  it("JSX-03: options.signal cancels it with the signal's reason", () =>
    runVirtual(async () => {
      const controller = new AbortController()
      const task = createTask(() => sleep(100), { signal: controller.signal })
      await sleep(0)
      controller.abort("from outside")
      expect(await errorOf(task)).toMatchObject({ reason: "from outside" })
      const late = createTask(() => sleep(100), { signal: controller.signal })
      expect(await errorOf(late)).toMatchObject({ reason: "from outside" })
    }))

  it("JSX-03: its signal is aborted with it, with the error as reason", () =>
    runVirtual(async () => {
      const task: Task<AbortSignal> = createTask(async () => {
        const { signal } = task
        await sleep(10).catch(() => {})
        return signal
      })
      await sleep(0)
      task.cancel("why")
      const signal = await task
      expect(signal.aborted).toBe(true)
      expect(isCancelled(signal.reason)).toBe(true)
    }))

  it("C7: a copy of the error made by another copy of the package counts as one", () =>
    runVirtual(async () => {
      const foreign = Object.assign(new Error("theirs"), { [Symbol.for("tsyncio.CancelledError")]: true })
      const task = createTask(() => {
        throw foreign
      })
      expect(await errorOf(task)).toBe(foreign)
      expect(task.cancelled()).toBe(true)
      const future = new Future<void>()
      future.setException(foreign)
      expect(future.cancelled()).toBe(true)
    }))
})

describe("clean-up of a cancelled task", () => {
  it("TASK-47: an error made of a child's CancelledError keeps it as cause, once", () =>
    runVirtual(async () => {
      const task = createTask(async () => {
        const child = createTask(() => sleep(10))
        child.cancel("msg")
        try {
          await child
        } catch (cause) {
          throw new Error("E", { cause })
        }
      })
      const error = (await errorOf(task)) as Error
      expect(error.cause).toMatchObject({ reason: "msg" })
      expect((error.cause as Error).cause).toBeUndefined()
    }))

  it("JSX-08: `await using` disposes on the way out, and an error of its own replaces or joins", () =>
    runVirtual(async () => {
      const log: string[] = []
      const resource = (name: string, failure?: Error): AsyncDisposable => ({
        async [Symbol.asyncDispose]() {
          await sleep(5)
          log.push(name)
          if (failure !== undefined) throw failure
        },
      })
      const task = createTask(async () => {
        await using a = resource("a")
        await using b = resource("b")
        await sleep(1000, [a, b])
      })
      await sleep(1)
      task.cancel()
      await settled(task)
      expect([log, task.cancelled(), now()]).toEqual([["b", "a"], true, 11])
      const failing = createTask(async () => {
        await using a = resource("c", new Error("disposal"))
        await sleep(1000, a)
      })
      await sleep(1)
      failing.cancel()
      const error = (await errorOf(failing)) as { error?: unknown; suppressed?: unknown }
      expect(error).toMatchObject({ error: { message: "disposal" } })
      expect(isCancelled(error.suppressed)).toBe(true)
      expect(failing.cancelled()).toBe(false)
    }))
})

describe("uncancel()", () => {
  it("TASK-48: counts down and never below zero", () =>
    runVirtual(async () => {
      const task = createTask(() => sleep(1))
      for (let i = 0; i < 3; i += 1) task.cancel()
      const counts = [1, 2, 3, 4].map(() => [task.uncancel(), task.cancelling()])
      expect(counts).toEqual([
        [2, 2],
        [1, 1],
        [0, 0],
        [0, 0],
      ])
      await task
    }))

  it("TASK-49: withdraws a request that was not delivered", () =>
    runVirtual(async () => {
      const task: Task<number> = createTask(async () => {
        task.cancel()
        expect(task.uncancel()).toBe(0)
        return sleep(1, 5)
      })
      expect(await task).toBe(5)
      const still: Task<void> = createTask(async () => {
        still.cancel()
        still.cancel()
        expect(still.uncancel()).toBe(1)
        await sleep(1)
      })
      await settled(still)
      expect(still.cancelled()).toBe(true)
    }))

  it("TASK-49: a request from above stays when one's own is withdrawn", () =>
    runVirtual(async () => {
      const log: unknown[] = []
      await taskGroup(async (group) => {
        const child = group.createTask(async () => {
          await new Promise<void>((resolve) => afterPoll(resolve))
          await sleep(1).catch((error: unknown) => log.push((error as CancelledError).reason))
        })
        await sleep(0)
        group.cancel("from above")
        child.cancel("own")
        expect(child.uncancel()).toBe(0)
      })
      expect(log).toEqual(["from above"])
    }))

  it("TASK-49: a request from above stays when one's own came before the start and is withdrawn", () =>
    runVirtual(async () => {
      let isCalled = false
      await taskGroup(async (group) => {
        const child = group.createTask(async () => (isCalled = true))
        group.cancel("from above")
        child.cancel("own")
        child.uncancel()
      })
      expect(isCalled).toBe(false)
    }))

  it("TASK-50: one who caught the error and withdrew the request is left in peace, beyond patience", () =>
    runVirtual(
      async () => {
        const task: Task<string> = createTask(async () => {
          await sleep(1000).catch(() => task.uncancel())
          await sleep(60_000)
          return "slept"
        })
        await sleep(0)
        task.cancel()
        await sleep(1)
        expect([task.cancelling(), task.cancelled()]).toEqual([0, false])
        expect(await task).toBe("slept")
        expect(task.uncancel()).toBe(0)
        const again: Task<void> = createTask(async () => {
          await sleep(1000).catch(() => again.uncancel())
          await sleep(60_000)
        })
        await sleep(0)
        again.cancel()
        await sleep(1)
        again.cancel("second")
        expect(await errorOf(again)).toMatchObject({ reason: "second" })
      },
      { patience: 100 },
    ))

  it("TASK-51: a deadline written by hand leaves nothing behind", () =>
    runVirtual(async () => {
      const limited = async (ms: number, work: () => Promise<unknown>): Promise<unknown> => {
        const task = currentTask()
        if (task === null) throw new Error("no task")
        let isOver = false
        const alarm = createTask(async () => {
          await sleep(ms)
          isOver = true
          task.cancel()
        })
        try {
          return await work()
        } catch (error) {
          if (isOver && task.uncancel() === 0) return "too late"
          throw error
        } finally {
          alarm.cancel()
        }
      }
      expect(await limited(5, () => sleep(50))).toBe("too late")
      expect(currentTask()?.cancelling()).toBe(0)
      await sleep(10)
      expect(await limited(50, () => sleep(5, "in time"))).toBe("in time")
      expect(currentTask()?.cancelling()).toBe(0)
    }))
})

describe("what a task holds", () => {
  const made = (gate: Future<void>): { readonly task: Task<void>; readonly work: WeakRef<object> } => {
    const work = (): Future<void> => gate
    return { task: createTask(work), work: new WeakRef(work) }
  }

  it("L3: its function is let go of when it is called", () =>
    runVirtual(async () => {
      const gate = new Future<void>()
      const { task, work } = made(gate)
      await sleep(0)
      expect(await isCollected(work)).toBe(true)
      expect(task.done()).toBe(false)
      gate.setResult()
      await task
    }))

  it("L3: its function is let go of when it never will be called", () =>
    runVirtual(async () => {
      const { task, work } = made(new Future<void>())
      task.cancel()
      await settled(task)
      expect(await isCollected(work)).toBe(true)
      expect(task.cancelled()).toBe(true)
    }))
})

describe("an error nobody looks at", () => {
  const problemsOf = async (main: () => Promise<void>): Promise<Problem[]> => {
    const problems: Problem[] = []
    await runVirtual(main, { onProblem: (problem) => problems.push(problem) })
    return problems
  }

  it("TASK-52: is reported when the run ends, once, with the task's name", async () => {
    const error = new Error("E")
    const problems = await problemsOf(async () => {
      void createTask(
        async () => {
          throw error
        },
        { name: "lonely" },
      )
      await sleep(1)
    })
    expect(problems).toEqual([
      { message: "An error was never looked at", task: 'task "lonely"', future: expect.any(Task), error },
    ])
  })

  it("TASK-53: is not reported once it was read, or the task cancelled after it failed", async () => {
    const failing = (): Task<never> =>
      createTask(async () => {
        throw new Error("E")
      })
    const problems = await problemsOf(async () => {
      const tasks = [failing(), failing(), failing(), failing(), failing()]
      await sleep(1)
      const [awaited, result, exception, cancelled, joined] = tasks
      await settled(awaited as Task<never>)
      expect(() => result?.result()).toThrow("E")
      expect(exception?.exception()).toBeInstanceOf(Error)
      expect(cancelled?.cancel()).toBe(false)
      await settled((joined as Task<never>).join())
    })
    expect(problems).toEqual([])
  })

  it("TASK-54: a task nobody holds runs to its end", () =>
    runVirtual(async () => {
      const done = new Future<string>()
      void createTask(async () => {
        await sleep(1000)
        done.setResult("alive")
      })
      expect(await done).toBe("alive")
    }))
})

describe("eager start", () => {
  it("TASK-56: a body that gives a plain value is done on return; one that is async, a microtask later", () =>
    runVirtual(async () => {
      const plain = createTask(() => 5, { eager: true })
      expect([plain.done(), plain.result()]).toEqual([true, 5])
      expect(allTasks().has(plain)).toBe(false)
      // An async function's promise cannot be looked into, so done() waits for the microtask.
      const asynchronous = createTask(
        async () => {
          expect([...allTasks()].at(-1)).toBe(currentTask())
          return 6
        },
        { eager: true },
      )
      expect(asynchronous.done()).toBe(false)
      await Promise.resolve()
      await Promise.resolve()
      expect(asynchronous.result()).toBe(6)
      expect(allTasks().has(asynchronous)).toBe(false)
    }))

  it("TASK-57: runs up to its first wait before the creator goes on", () =>
    runVirtual(async () => {
      const log: string[] = []
      const task = createTask(
        async () => {
          log.push("f1")
          await sleep(0)
          log.push("f2")
        },
        { eager: true },
      )
      log.push("main")
      expect(task.done()).toBe(false)
      await task
      expect(log).toEqual(["f1", "main", "f2"])
    }))

  it("TASK-58: is the current task in its step, and the creator is again afterwards", () =>
    runVirtual(async () => {
      const seen: (string | undefined)[] = []
      const outer = createTask(
        async () => {
          void createTask(async () => void seen.push(currentTask()?.name), { eager: true, name: "inner" })
          seen.push(currentTask()?.name)
          await sleep(0)
          seen.push(currentTask()?.name)
        },
        { name: "outer" },
      )
      await outer
      expect(seen).toEqual(["inner", "outer", "outer"])
    }))

  it("TASK-59: an error before the first wait comes at the await", () =>
    runVirtual(async () => {
      const error = new Error("E")
      const task = createTask(
        () => {
          throw error
        },
        { eager: true },
      )
      expect(await errorOf(task)).toBe(error)
    }))

  it("TASK-60: one that has ended cannot be cancelled, one that is parked can", () =>
    runVirtual(async () => {
      const ended = createTask(() => 1, { eager: true })
      expect([ended.cancel(), ended.result()]).toEqual([false, 1])
      const parked = createTask(() => sleep(10), { eager: true })
      parked.cancel("m")
      expect(await errorOf(parked)).toMatchObject({ reason: "m" })
    }))

  it("TASK-61: one that cancels itself and returns is cancelled on return", () =>
    runVirtual(async () => {
      const task = createTask(
        () => {
          currentTask()?.cancel()
          return 1
        },
        { eager: true },
      )
      expect([task.done(), task.cancelled()]).toEqual([true, true])
      await settled(task)
    }))

  it("TASK-62: what it enters in its context does not reach the creator", () =>
    runVirtual(async () => {
      const storage = new AsyncLocalStorage<string>()
      await storage.run("creator", async () => {
        const task = createTask(() => storage.run("inner", () => sleep(1, storage.getStore())), {
          eager: true,
        })
        expect(storage.getStore()).toBe("creator")
        expect(await task).toBe("inner")
        expect(storage.getStore()).toBe("creator")
      })
    }))

  it("TASK-64: each task decides for itself; lazy is the default", () =>
    runVirtual(async () => {
      const log: string[] = []
      void createTask(() => log.push("lazy"))
      void createTask(() => log.push("eager"), { eager: true })
      void createTask(() => log.push("lazy too"), { eager: false })
      log.push("main")
      await sleep(0)
      expect(log).toEqual(["eager", "main", "lazy", "lazy too"])
    }))

  it("TASK-65: a recursion of width 5 and depth 4 starts 781 tasks, lazy or eager", () =>
    runVirtual(async () => {
      for (const eager of [false, true]) {
        let count = 0
        const dive = async (depth: number): Promise<void> => {
          count += 1
          if (depth === 0) return
          await taskGroup(async (group) => {
            for (let i = 0; i < 5; i += 1) void group.createTask(() => dive(depth - 1), { eager })
          })
        }
        const top = createTask(() => dive(4), { eager })
        expect(top.done()).toBe(false)
        await top
        expect(count).toBe(781)
      }
    }))
})

describe("the context of tasks", () => {
  it("TASK-68: a hundred tasks each read their own value after each wait", () =>
    runVirtual(async () => {
      const storage = new AsyncLocalStorage<number>()
      await taskGroup(async (group) => {
        for (let i = 0; i < 100; i += 1) {
          void group.createTask(() =>
            storage.run(i, async () => {
              for (let round = 0; round < 3; round += 1) {
                await sleep((i * 7) % 5)
                expect(storage.getStore()).toBe(i)
              }
            }),
          )
        }
      })
      expect(storage.getStore()).toBeUndefined()
    }))

  it("TASK-69: a done callback sees the value of when it was added, and leaves others' alone", () =>
    runVirtual(async () => {
      const storage = new AsyncLocalStorage<string>()
      const seen: (string | undefined)[] = []
      const future = new Future<void>()
      storage.run("a", () =>
        future.addDoneCallback(() => {
          seen.push(storage.getStore())
          storage.enterWith("changed")
        }),
      )
      const awaiter = storage.run("b", () =>
        createTask(async () => {
          await future
          return storage.getStore()
        }),
      )
      await sleep(0)
      storage.run("c", () => future.setResult())
      expect(await awaiter).toBe("b")
      expect(seen).toEqual(["a"])
    }))

  it("JSX-06: foreign microtasks, timers and immediates see the right task or none", () =>
    run(
      async () => {
        const seen = new Set<string | undefined>()
        const note = (): void => void seen.add(currentTask()?.name)
        const task = createTask(
          async () => {
            setTimeout(note, 1)
            setImmediate(note)
            queueMicrotask(note)
            process.nextTick(note)
            await sleep(5)
            await Promise.race([new Promise<void>((resolve) => setTimeout(resolve, 2)), sleep(3)])
            note()
            for await (const value of (async function* () {
              yield sleep(1, 1)
              note()
            })())
              expect(value).toBe(1)
            await thenable((resolve) => void setImmediate(resolve))
            note()
            await cancellable(new Promise<void>((resolve) => setImmediate(resolve)))
            note()
          },
          { name: "watched" },
        )
        const other = createTask(() => sleep(8), { name: "other" })
        await Promise.all([task, other])
        expect([...seen]).toEqual(["watched"])
      },
      { handleSignals: false },
    ))
})

describe("odd things that are thrown", () => {
  it("C3: a task that was cancelled, and again while `await using` cleaned up, is cancelled", () =>
    runVirtual(async () => {
      const task = createTask(async () => {
        await using _closing = { [Symbol.asyncDispose]: () => sleep(10) }
        await sleep(10)
      })
      await sleep(1)
      task.cancel("first")
      await sleep(1)
      task.cancel("second")
      expect(await errorOf(task)).toMatchObject({ reason: "second" })
      expect(task.cancelled()).toBe(true)
    }))

  it("E1: null is a failure like any other: a group that a child leaves with it fails", () =>
    runVirtual(async () => {
      const task = createTask(() => Promise.reject(null))
      expect(await errorOf(task)).toBe(null)
      expect(task.failure()).toEqual({ error: null })
      const group = await errorOf(taskGroup((group) => void group.createTask(() => Promise.reject(null))))
      expect(group).toMatchObject({ errors: [null] })
    }))

  it("E1: an error whose stack cannot be read reaches the handler", async () => {
    const problems: Problem[] = []
    const error = new Error("hidden")
    Object.defineProperty(error, "stack", {
      get: () => {
        throw new Error("do not look")
      },
    })
    await runVirtual(
      async () => {
        void createTask(() => Promise.reject(error))
        await sleep(1)
      },
      { onProblem: (problem) => void problems.push(problem) },
    )
    expect(problems.map((problem) => problem.error)).toEqual([error])
  })

  it("a function that gives what cannot be looked at fails its task alone", () =>
    runVirtual(async () => {
      const { proxy, revoke } = Proxy.revocable({}, {})
      revoke()
      const task = createTask(() => proxy)
      expect(await errorOf(task)).toBeInstanceOf(TypeError)
    }))

  it("refuses a `signal` that is none, such as the controller, and leaves nothing in the tree", () =>
    runVirtual(async () => {
      const before = allTasks().size
      const signal = new AbortController() as unknown as AbortSignal
      expect(thrownBy(() => createTask(() => sleep(1), { signal }))).toBeInstanceOf(TypeError)
      expect(allTasks().size).toBe(before)
    }))

  it("a request by another way, when it has ended, counts as a look at its failure", () =>
    runVirtual(async () => {
      const task = createTask(() => Promise.reject(new Error("nobody awaits it")))
      await sleep(0)
      expect(task.cancelWith(new CancelledError())).toBe(false)
      expect(task.cancelling()).toBe(0)
    }))
})
