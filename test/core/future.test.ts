import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { describe, expect, it } from "vitest"
import type { Problem, Task } from "../../src/core/index.ts"
import {
  CancelledError,
  Future,
  Handle,
  InvalidStateError,
  createTask,
  currentSignal,
  currentTask,
  run,
  taskGroup,
} from "../../src/core/index.ts"
import { joinOnly } from "../../src/combine/index.ts"
import { sleep, timeout } from "../../src/time/index.ts"
import { runVirtual, steps } from "../../src/testing/index.ts"
import { isCollected } from "./is-collected.ts"
import { errorOf } from "./outcomes.ts"

describe("a future", () => {
  it("FUT-01: is pending at first", () => {
    const future = new Future()
    expect([future.done(), future.cancelled()]).toEqual([false, false])
    expect(() => future.result()).toThrow(InvalidStateError)
    expect(() => future.exception()).toThrow(InvalidStateError)
  })

  it("FUT-02: has a value once it is set", () => {
    const future = new Future<number>()
    future.setResult(42)
    expect([future.done(), future.result(), future.exception(), future.cancel()]).toEqual([
      true,
      42,
      null,
      false,
    ])
  })

  it("FUT-03: throws and tells the error that was set", () => {
    const error = new Error("E")
    const future = new Future<number>()
    future.setException(error)
    expect(() => future.result()).toThrow(error)
    expect([future.exception(), future.cancel(), future.cancelled()]).toEqual([error, false, false])
  })

  it("FUT-03: refuses a class in the place of an error", () => {
    const future = new Future<number>()
    expect(() => future.setException(RangeError)).toThrow(TypeError)
    expect(future.done()).toBe(false)
  })

  it("FUT-04: cannot be finished twice", () => {
    const error = new Error("E")
    const finished: Future<number>[] = [new Future(), new Future(), new Future()]
    finished[0]?.setResult(1)
    finished[1]?.setException(error)
    finished[2]?.cancel()
    for (const future of finished) {
      const before = String(future)
      expect(() => future.setResult(2)).toThrow(InvalidStateError)
      expect(() => future.setException(new Error("other"))).toThrow(InvalidStateError)
      expect(String(future)).toBe(before)
    }
    expect(finished[1]?.exception()).toBe(error)
  })

  it("FUT-05: is cancelled at once", () => {
    const future = new Future()
    expect(future.cancel()).toBe(true)
    expect([future.done(), future.cancelled()]).toEqual([true, true])
    expect(() => future.result()).toThrow(CancelledError)
    expect(() => future.exception()).toThrow(CancelledError)
    expect(future.cancel()).toBe(false)
  })

  it("FUT-06: hands the reason on", () => {
    const future = new Future()
    future.cancel("m")
    expect(() => future.result()).toThrow(expect.objectContaining({ reason: "m" }))
  })
})

describe("done callbacks", () => {
  it("FUT-08: run once each, in order, on a later turn, with the future", () =>
    runVirtual(async () => {
      const finish = [
        (future: Future<number>): void => future.setResult(1),
        (future: Future<number>): void => future.setException(new Error("E")),
        (future: Future<number>): void => void future.cancel(),
      ]
      for (const end of finish) {
        const future = new Future<number>()
        const log: unknown[] = []
        future.addDoneCallback((given) => log.push(1, given === future))
        future.addDoneCallback((given) => log.push(2, given === future))
        end(future)
        expect(log).toEqual([])
        await sleep(0)
        expect(log).toEqual([1, true, 2, true])
        await sleep(0)
        expect(log).toHaveLength(4)
        if (!future.cancelled()) future.exception()
      }
    }))

  it("FUT-09: on a future that is done run on a later turn", () =>
    runVirtual(async () => {
      const future = new Future<void>()
      future.setResult()
      let isCalled = false
      future.addDoneCallback(() => (isCalled = true))
      expect(isCalled).toBe(false)
      await sleep(0)
      expect(isCalled).toBe(true)
    }))

  it("FUT-10: are taken out however often they stand there", () =>
    runVirtual(async () => {
      const future = new Future<void>()
      const log: string[] = []
      const first = (): void => void log.push("c1")
      const second = (): void => void log.push("c2")
      for (let i = 0; i < 3; i += 1) future.addDoneCallback(first)
      future.addDoneCallback(second)
      for (let i = 0; i < 3; i += 1) future.addDoneCallback(first)
      expect(future.removeDoneCallback(first)).toBe(6)
      expect(future.removeDoneCallback(first)).toBe(0)
      expect(new Future<void>().removeDoneCallback(first)).toBe(0)
      future.setResult()
      await sleep(0)
      expect(log).toEqual(["c2"])
    }))

  it("FUT-11: one that removes another comes too late; one that is added then runs a turn later", () =>
    runVirtual(async () => {
      const { step, finish } = steps()
      const future = new Future<void>()
      const b = (): void => step(3)
      future.addDoneCallback(() => {
        step(1)
        expect(future.removeDoneCallback(b)).toBe(0)
        future.addDoneCallback(() => finish(4))
      })
      future.addDoneCallback(() => step(2))
      future.addDoneCallback(b)
      future.setResult()
      await sleep(0)
      await sleep(0)
    }))

  it("are functions", () => {
    expect(() => new Future().addDoneCallback(3 as never)).toThrow(
      "Expected `callback` to be a function, got `3` (number)",
    )
  })

  it("FUT-12: one that throws is reported once, and the others run", async () => {
    const problems: Problem[] = []
    const error = new Error("bad")
    await run(
      async () => {
        const future = new Future<void>()
        let isCalled = false
        future.addDoneCallback(() => {
          throw error
        })
        future.addDoneCallback(() => (isCalled = true))
        future.setResult()
        await sleep(0)
        expect(isCalled).toBe(true)
      },
      { handleSignals: false, onProblem: (problem) => problems.push(problem) },
    )
    expect(problems).toEqual([{ message: "A done callback threw", error, handle: expect.any(Handle) }])
  })

  it("FUT-14: an await on a done future goes on before a callback in the queue", () =>
    runVirtual(async () => {
      const { step, finish } = steps()
      const future = new Future<void>()
      future.setResult()
      future.addDoneCallback(() => finish(2))
      await future
      step(1)
      await sleep(0)
    }))

  it("P4: run in the scope in which they were added", () =>
    runVirtual(async () => {
      const future = new Future<void>()
      let seen: string | undefined
      void createTask(
        async () => {
          future.addDoneCallback(() => (seen = currentTask()?.name))
          await sleep(10)
        },
        { name: "adder" },
      )
      await sleep(0)
      future.setResult()
      await sleep(20)
      expect(seen).toBe("adder")
    }))

  it("FUT-21: stand in its text, the middle of many counted", () =>
    runVirtual(async () => {
      const named = (name: string): (() => void) => ({ [name]: () => {} })[name] as () => void
      const textWith = (count: number): string => {
        const future = new Future<void>()
        for (let i = 1; i <= count; i += 1) future.addDoneCallback(named(`c${i}`))
        const text = String(future)
        future.cancel()
        return text
      }
      expect([0, 1, 2, 10].map(textWith)).toEqual([
        "<Future pending>",
        "<Future pending, calls c1>",
        "<Future pending, calls c1, c2>",
        "<Future pending, calls c1, <8 more>, c10>",
      ])
      const resolved = new Future<string>()
      resolved.addDoneCallback(named("c1"))
      resolved.setResult("v")
      expect(String(resolved)).toBe("<Future finished result=v>")
      const failed = new Future<string>()
      failed.setException(new Error("E"))
      expect(String(failed)).toBe("<Future finished error=E>")
      failed.exception()
      await sleep(0)
    }))
})

describe("awaiting a future", () => {
  it("`then` belongs to who reads it: Promise.all, race and resolve, and return from async functions", () =>
    runVirtual(async () => {
      const make = (): Future<string> => {
        const future = new Future<string>()
        void createTask(async () => {
          await sleep(1)
          future.setResult("v")
        })
        return future
      }
      expect(await Promise.all([make(), make()])).toEqual(["v", "v"])
      expect(await Promise.race([make(), sleep(100)])).toBe("v")
      expect(await Promise.resolve(make())).toBe("v")
      expect(await (async () => make())()).toBe("v")
      expect(await make().then((value) => value + "!")).toBe("v!")
      expect(await Promise.allSettled([make()])).toEqual([{ status: "fulfilled", value: "v" }])
    }))

  it("is cancelled with its awaiter's block, whatever promise it is wrapped in", () =>
    runVirtual(async () => {
      const wraps: ((future: Future<void>) => PromiseLike<unknown>)[] = [
        (future) => future,
        (future) => Promise.all([future, Promise.resolve()]),
        (future) => Promise.race([future, new Promise(() => {})]),
        (future) => Promise.resolve(future),
        (future) => (async () => future)(),
        async (future) => await future,
        (future) => future.then(() => {}),
        async (future) => {
          await Promise.resolve()
          return future
        },
      ]
      for (const wrap of wraps) {
        const future = new Future<void>()
        expect(await errorOf(timeout(5, () => wrap(future)))).toMatchObject({ name: "TimeoutError" })
        expect(future.cancelled()).toBe(true)
      }
    }))

  it("gives each of many awaiters the value, in the order in which they came", () =>
    runVirtual(async () => {
      const future = new Future<string>()
      const log: number[] = []
      const tasks = [1, 2, 3].map((n) =>
        createTask(async () => {
          expect(await future).toBe("v")
          log.push(n)
        }),
      )
      await sleep(0)
      future.setResult("v")
      await Promise.all(tasks)
      expect(log).toEqual([1, 2, 3])
    }))

  it("joinOnly leaves it alone, and thirty thousand leave its line in no time", () =>
    runVirtual(async () => {
      const future = new Future<void>()
      const waiters = Array.from({ length: 30_000 }, () => createTask(() => joinOnly(future)))
      await sleep(0)
      const start = performance.now()
      for (const waiter of waiters) waiter.cancel()
      expect(performance.now() - start).toBeLessThan(5000)
      await sleep(0)
      expect(waiters.every((waiter) => waiter.cancelled())).toBe(true)
      expect(future.done()).toBe(false)
    }))

  it("an awaiter that is cancelled leaves nothing on it", () =>
    runVirtual(async () => {
      const future = new Future<void>()
      const waiters = [1, 2].map(() => createTask(() => joinOnly(future)))
      await sleep(0)
      expect([...future.awaiters()].length).toBe(2)
      for (const waiter of waiters) {
        waiter.cancel()
        await errorOf(waiter)
      }
      expect([...future.awaiters()]).toEqual([])
    }))

  it("C2: a request goes down a chain of ten thousand tasks that await each other, told once each", () =>
    runVirtual(async () => {
      const end = new Future<void>()
      let told = 0
      const tasks = [createTask(() => end)]
      for (let i = 1; i < 10_000; i += 1) {
        const before = tasks[i - 1] as PromiseLike<void>
        tasks.push(
          createTask(async () => {
            try {
              await before
            } catch (error) {
              told += 1
              throw error
            }
          }),
        )
      }
      await sleep(0)
      await sleep(0)
      tasks.at(-1)?.cancel("m")
      expect(end.cancelled()).toBe(true)
      expect(await errorOf(tasks.at(-1) as PromiseLike<void>)).toMatchObject({ reason: "m" })
      expect(told).toBe(9999)
    }))

  it("C2: two tasks that await each other both end", () =>
    runVirtual(async () => {
      const pair: PromiseLike<void>[] = []
      for (const other of [1, 0]) {
        pair.push(
          createTask(async () => {
            await sleep(1)
            await pair[other]
          }),
        )
      }
      await sleep(5)
      ;(pair[0] as Future<void>).cancel("m")
      expect(await errorOf(pair[1] as PromiseLike<void>)).toMatchObject({ reason: "m" })
      expect(await errorOf(pair[0] as PromiseLike<void>)).toMatchObject({ reason: "m" })
    }))

  it("C2: a group of tasks that await each other is cancelled in no time", () =>
    runVirtual(async () => {
      let last: PromiseLike<void> = new Future<void>()
      await taskGroup(async (group) => {
        for (let i = 0; i < 10_000; i += 1) {
          const before = last
          last = group.createTask(() => before)
        }
        await sleep(1)
        const start = performance.now()
        group.cancel()
        expect(performance.now() - start).toBeLessThan(2000)
      })
    }))

  it("L6: works outside every run", async () => {
    const future = new Future<string>()
    const waiting = (async () => future)()
    future.setResult("outside")
    expect(await waiting).toBe("outside")
  })
})

describe("a failure nobody looks at", () => {
  const problemsOf = async (main: () => Promise<void>): Promise<Problem[]> => {
    const problems: Problem[] = []
    await runVirtual(main, { onProblem: (problem) => problems.push(problem) })
    return problems
  }
  const failed = (): Future<void> => {
    const future = new Future<void>()
    future.setException(new Error("E"))
    return future
  }

  it("FUT-16: is reported once when the run ends", async () => {
    const problems = await problemsOf(async () => {
      void failed()
      await sleep(0)
    })
    expect(problems).toMatchObject([{ message: "An error was never looked at", task: "a future" }])
  })

  it("FUT-16: is not reported again when it is collected after that", async () => {
    const kept: Future<void>[] = []
    const problems = await problemsOf(async () => void kept.push(failed()))
    expect(problems.splice(0)).toMatchObject([{ future: kept[0] }])
    const [reference] = kept.splice(0).map((future) => new WeakRef(future))
    expect(await isCollected(reference as WeakRef<object>)).toBe(true)
    // What is called for collected objects comes some turns later; a second object tells when.
    await isCollected(new WeakRef({}))
    expect(problems).toEqual([])
  })

  it("FUT-16: is not reported once it was read, and a value never is", async () => {
    const problems = await problemsOf(async () => {
      expect(() => failed().result()).toThrow("E")
      failed().exception()
      await errorOf(failed())
      new Future<number>().setResult(1)
      new Future<number>().cancel()
    })
    expect(problems).toEqual([])
  })

  it("FUT-17: is not reported after cancel() was tried on it", async () => {
    const problems = await problemsOf(async () => {
      expect(failed().cancel()).toBe(false)
    })
    expect(problems).toEqual([])
  })

  it("goes to the handler of the run it was made in, not of another one beside it", async () => {
    const seen: string[] = []
    const one = (name: string, main: () => Promise<void>): Promise<void> =>
      run(main, {
        handleSignals: false,
        onProblem: ({ error }) => seen.push(`${name}: ${(error as Error).message}`),
      })
    await Promise.all([
      one("a", async () => {
        await sleep(2)
        void failed()
      }),
      one("b", () => sleep(5)),
    ])
    expect(seen).toEqual(["a: E"])
  })

  it("a handler that throws does not stop the others", async () => {
    let calls = 0
    const original = process.stderr.write
    let written = ""
    process.stderr.write = (text: string) => {
      written += text
      return true
    }
    await run(
      async () => {
        void failed()
        void failed()
      },
      {
        handleSignals: false,
        onProblem: () => {
          calls += 1
          if (calls === 1) throw new Error("the handler itself")
        },
      },
    )
    process.stderr.write = original
    expect(calls).toBe(2)
    expect(written).toContain("The problem handler itself threw")
  })
})

describe("a future whose end is just coming", () => {
  it("a callback without a name stands in its text as one", () => {
    const future = new Future<void>()
    future.addDoneCallback(() => {})
    expect(String(future)).toBe("<Future pending, calls a callback>")
  })

  it("C2: who awaits a task that is just ending, and is cancelled in that turn, gets the request", () =>
    runVirtual(async () => {
      const child = createTask(async () => {
        const rest = taskGroup((group) => {
          void group.createTask(async () => {
            currentSignal().addEventListener("abort", () => awaiter.cancel("late"))
            await sleep(1000)
          })
        })
        rest.catch(() => {})
        return await sleep(1, "value")
      })
      const awaiter: Task<string> = createTask(async () => child)
      expect(await errorOf(awaiter)).toMatchObject({ reason: "late" })
      expect(await child).toBe("value")
    }))
})

describe("a failure whose future is collected", () => {
  setFlagsFromString("--expose-gc")
  const collect = runInNewContext("gc") as () => void

  it("FUT-16: is reported long before the run ends", async () => {
    const problems: Problem[] = []
    await run(
      async () => {
        await createTask(() => new Future<void>().setException(new Error("unseen")))
        for (let i = 0; i < 100 && problems.length === 0; i += 1) {
          await sleep(1)
          collect()
        }
        expect(problems).toMatchObject([{ task: "a future", error: { message: "unseen" } }])
      },
      { handleSignals: false, onProblem: (problem) => problems.push(problem) },
    )
  })
})
