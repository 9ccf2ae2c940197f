import { getEventListeners } from "node:events"
import { describe, expect, it } from "vitest"
import type { Problem } from "../../src/core/index.ts"
import {
  CancelledError,
  Future,
  InvalidStateError,
  NoRunningLoopError,
  ScopeEndedError,
  allTasks,
  createTask,
  currentTask,
  run,
  taskGroup,
} from "../../src/core/index.ts"
import { afterPoll } from "../../src/core/lowlevel.ts"
import { sleep, timeout } from "../../src/time/index.ts"
import { runVirtual } from "../../src/testing/index.ts"
import { runProgram } from "./child.ts"
import { cleaned, errorOf, microtasks } from "./outcomes.ts"

const quiet = { handleSignals: false } as const
const poll = (): Promise<void> => new Promise((resolve) => afterPoll(resolve))

describe("run", () => {
  it("RUN-01: gives what main gives, and throws what it throws", async () => {
    expect(await run(() => 42, quiet)).toBe(42)
    expect(await run(async () => sleep(1, "v"), quiet)).toBe("v")
    const error = new Error("E")
    expect(await errorOf(run(() => Promise.reject(error), quiet))).toBe(error)
  })

  it("RUN-02: takes a future for main", async () => {
    const future = new Future<string>()
    const result = run(future, quiet)
    future.setResult("v")
    expect(await result).toBe("v")
  })

  it("refuses what is no work, and patience that is none", async () => {
    expect(await errorOf(run(5 as never))).toBeInstanceOf(TypeError)
    expect(await errorOf(run(Promise.resolve() as never))).toBeInstanceOf(TypeError)
    expect(await errorOf(run(() => 1, { patience: -1 }))).toBeInstanceOf(RangeError)
    expect(await errorOf(run(() => 1, { patience: NaN }))).toBeInstanceOf(RangeError)
    expect(await errorOf(run(() => 1, { patience: "1" as never }))).toBeInstanceOf(TypeError)
    expect(await errorOf(run(() => 1, { onProblem: 1 as never }))).toBeInstanceOf(TypeError)
  })

  it("main is a task by that name", () =>
    runVirtual(async () => {
      expect(currentTask()?.name).toBe("main")
      expect([...allTasks()].map((task) => task.name)).toEqual(["main"])
    }))

  it("L6: inside a run is refused, with advice", () =>
    runVirtual(async () => {
      const error = await errorOf(run(() => 1))
      expect(error).toBeInstanceOf(InvalidStateError)
      expect((error as Error).message).toContain("call `taskGroup`")
    }))

  it("L6: several may go on side by side, each with its own tasks", async () => {
    const seen: string[][] = []
    const main = (name: string) => async (): Promise<void> => {
      void createTask(() => sleep(20), { name })
      await sleep(5)
      seen.push([...allTasks()].map((task) => task.name))
    }
    await Promise.all([run(main("a"), quiet), run(main("b"), quiet)])
    expect(seen).toEqual([
      ["main", "a"],
      ["main", "b"],
    ])
  })

  it("L6: thirty side by side add no listeners to the process beyond one each", async () => {
    const warnings: Error[] = []
    const note = (warning: Error): void => void warnings.push(warning)
    process.on("warning", note)
    const before = ["SIGINT", "beforeExit", "unhandledRejection"].map((event) => process.listenerCount(event))
    await Promise.all(
      Array.from({ length: 30 }, () =>
        run(
          async () => {
            await sleep(5)
            const during = ["SIGINT", "beforeExit", "unhandledRejection"].map((event) =>
              process.listenerCount(event),
            )
            expect(during.map((count, i) => count - (before[i] ?? 0))).toEqual([1, 1, 1])
          },
          { handleSignals: true },
        ),
      ),
    )
    await poll()
    process.off("warning", note)
    expect(warnings).toEqual([])
  })

  it("L6: a timer that a run left behind counts as outside, where `run` works and createTask does not", async () => {
    const late = new Future<unknown[]>()
    await run(async () => {
      setTimeout(() => {
        const seen: unknown[] = []
        for (const call of [currentTask, () => createTask(() => {})]) {
          try {
            void call()
          } catch (error) {
            seen.push(error)
          }
        }
        void run(() => sleep(1, "ran"), quiet).then((value) => late.setResult([...seen, value]))
      }, 10)
    }, quiet)
    expect(await late).toEqual([expect.any(NoRunningLoopError), expect.any(NoRunningLoopError), "ran"])
  })

  it("L6: waits and groups in a timer that a run left behind still work, and are reported once", async () => {
    const problems: Problem[] = []
    const late = new Future<unknown>()
    await run(
      async () => {
        setTimeout(() => {
          const work = async (): Promise<string> => {
            await sleep(1)
            return taskGroup((group) => group.createTask(() => sleep(1, "worked")))
          }
          void work().then((value) => late.setResult(value))
        }, 10)
      },
      { ...quiet, onProblem: (problem) => problems.push(problem) },
    )
    expect(await late).toBe("worked")
    const message = (kind: string): string =>
      `A call that nobody awaited waits (${kind}) after an ended task has ended; code outside a run takes it over`
    expect(problems.map((problem) => problem.message)).toEqual([message("sleep"), message("task group")])
  })

  it("L6: tasks, groups and waits work without a run, createTask names the cure", async () => {
    const values = await taskGroup(async (group) => {
      const children = [group.createTask(() => sleep(2, "a")), group.createTask(() => sleep(1, "b"))]
      return [await children[0], await children[1]]
    })
    expect(values).toEqual(["a", "b"])
    expect(await errorOf(timeout(5, () => sleep(1000)))).toMatchObject({ name: "TimeoutError" })
    expect(() => createTask(() => 1)).toThrow(NoRunningLoopError)
    expect(() => createTask(() => 1)).toThrow("run(main)")
    expect([...allTasks()]).toEqual([])
  })
})

describe("the end of a run", () => {
  it("RUN-05, RUN-17: (L4) cancels leftovers, awaits their clean-up, and those that they start", async () => {
    const log: string[] = []
    const spawning = (left: number) => async (): Promise<void> => {
      try {
        await sleep(10_000)
      } finally {
        await sleep(2)
        log.push(`cleaned ${left}`)
        if (left > 0) void createTask(spawning(left - 1))
      }
    }
    const value = await run(async () => {
      void createTask(spawning(3))
      await sleep(1)
      log.push("main ends")
      return "value"
    }, quiet)
    expect(value).toBe("value")
    expect(log).toEqual(["main ends", "cleaned 3", "cleaned 2", "cleaned 1", "cleaned 0"])
  })

  it("L4: those that are started eagerly in clean-up are cancelled in the next round", async () => {
    const log: string[] = []
    const spawning = (left: number) => async (): Promise<void> => {
      try {
        await sleep(10_000)
      } finally {
        log.push(`cleaned ${left}`)
        if (left > 0) void createTask(spawning(left - 1), { eager: true })
      }
    }
    await run(async () => {
      void createTask(spawning(4))
      await sleep(1)
    }, quiet)
    expect(log).toEqual(["cleaned 4", "cleaned 3", "cleaned 2", "cleaned 1", "cleaned 0"])
  })

  it("L4: tasks that start tasks for ever are left behind after ten rounds, and reported", async () => {
    const problems: Problem[] = []
    let rounds = 0
    let isOver = false
    const endless = async (): Promise<void> => {
      try {
        await sleep(10_000)
      } finally {
        rounds += 1
        if (!isOver) void createTask(endless, { eager: true })
      }
    }
    await run(
      async () => {
        void createTask(endless)
        await sleep(1)
      },
      { ...quiet, onProblem: (problem) => problems.push(problem) },
    )
    isOver = true
    expect(rounds).toBeLessThanOrEqual(12)
    expect(problems[0]?.message).toContain("for 10 rounds after the run had ended")
    await poll()
    await poll()
  })

  it("a leftover's own failure is reported, and main's value still given", async () => {
    const problems: Problem[] = []
    const value = await run(
      async () => {
        void createTask(() => cleaned(sleep(1000), () => Promise.reject(new Error("clean-up"))), {
          name: "left",
        })
        await sleep(1)
        return "value"
      },
      { ...quiet, onProblem: (problem) => problems.push(problem) },
    )
    expect(value).toBe("value")
    expect(problems).toMatchObject([{ task: 'task "left"', error: { message: "clean-up" } }])
  })

  it("C4: waits that main left floating are ended, and their rejections surface nowhere", async () => {
    const seen: unknown[] = []
    const note = (reason: unknown): void => void seen.push(reason)
    let caught: unknown = null
    process.on("unhandledRejection", note)
    try {
      await run(async () => {
        void sleep(10_000)
        void sleep(10_000).catch((error: unknown) => (caught = error))
        void (async () => {
          await timeout(5000, () => sleep(10_000))
        })()
      }, quiet)
      await poll()
    } finally {
      process.off("unhandledRejection", note)
    }
    expect(caught).toBeInstanceOf(ScopeEndedError)
    // A listener of the program's own is told, all of them are ours.
    expect(seen.every((reason) => reason instanceof CancelledError)).toBe(true)
  })

  it("L5: a failed task of the run harms nobody else", async () => {
    const problems: Problem[] = []
    const value = await run(
      async () => {
        void createTask(() => Promise.reject(new Error("E")))
        return sleep(5, "in peace")
      },
      { ...quiet, onProblem: (problem) => problems.push(problem) },
    )
    expect([value, problems.length]).toEqual(["in peace", 1])
  })

  it("options.signal cancels main; the error carries its reason", async () => {
    const controller = new AbortController()
    const log: string[] = []
    const result = run(() => sleep(10_000).finally(() => log.push("cleaned")), {
      ...quiet,
      signal: controller.signal,
    })
    await poll()
    controller.abort("enough")
    expect(await errorOf(result)).toMatchObject({ name: "CancelledError", reason: "enough" })
    expect(log).toEqual(["cleaned"])
    let isCalled = false
    const late = run(() => void (isCalled = true), { ...quiet, signal: controller.signal })
    expect(await errorOf(late)).toMatchObject({ reason: "enough" })
    expect(isCalled).toBe(false)
  })

  it("handles that listen to a task's scope go with it", async () => {
    const controller = new AbortController()
    await run(
      async () => {
        for (let i = 0; i < 50; i += 1) void createTask(() => sleep(1000), { signal: controller.signal })
        await taskGroup((group) => group.createTask(() => sleep(1)), { signal: controller.signal })
        await sleep(1)
      },
      { ...quiet, signal: controller.signal },
    )
    expect(getEventListeners(controller.signal, "abort")).toEqual([])
  })
})

describe("strict runs", () => {
  const floating = async (strict: boolean): Promise<{ result: unknown; problems: Problem[] }> => {
    const problems: Problem[] = []
    const result = await run(
      async () => {
        await timeout(50, async () => {
          void (async () => {
            await Promise.resolve()
            await Promise.resolve()
            await Promise.resolve()
            await sleep(5)
          })()
        })
        await sleep(20)
        return "value"
      },
      { ...quiet, strict, onProblem: (problem) => problems.push(problem) },
    ).catch((error: unknown) => error)
    return { result, problems }
  }

  it("P4: a wait that outlives its block is adopted and reported once, with its line", async () => {
    const { result, problems } = await floating(false)
    expect(result).toBe("value")
    expect(problems).toHaveLength(1)
    expect(problems[0]?.message).toContain('after a timeout of 50 ms has ended; task "main" takes it over')
    expect(problems[0]?.location).toContain("run.test.ts")
  })

  it("P4: fails the run instead, when it is strict", async () => {
    const { result, problems } = await floating(true)
    expect(result).toBeInstanceOf(ScopeEndedError)
    expect((result as Error).message).toContain("run.test.ts")
    expect(problems).toEqual([])
  })
})

describe("the failure of a strict run", () => {
  it("P4: is that of the first of two that come in one turn", async () => {
    const float = async (wait: () => Promise<unknown>): Promise<void> => {
      await microtasks(5)
      await wait().catch(() => {})
    }
    const result = run(
      async () => {
        await timeout(50, () => {
          void float(() => sleep(1))
          void float(() => new Future().join())
        })
        await sleep(20)
      },
      { ...quiet, strict: true },
    )
    expect(await errorOf(result)).toMatchObject({
      name: "ScopeEndedError",
      message: expect.stringContaining("waits (sleep)"),
    })
  })

  it("P4: is the first; those that follow while it ends cut no clean-up short", async () => {
    let isCleaned = false
    const float = (ms: number): Promise<void> =>
      timeout(50, () => {
        void (async () => {
          await microtasks(5)
          await sleep(ms)
        })()
      })
    const result = run(
      async () => {
        try {
          await float(1)
          await sleep(1000)
        } finally {
          await timeout(50, () => {
            void (async () => {
              await microtasks(5)
              await taskGroup(() => sleep(1))
            })()
          })
          await sleep(10)
          isCleaned = true
        }
      },
      { ...quiet, strict: true },
    )
    expect(await errorOf(result)).toBeInstanceOf(ScopeEndedError)
    expect(isCleaned).toBe(true)
  })
})

describe("a program", () => {
  it("ends when its run ends, with code 0, and prints nothing of its own", async () => {
    const end = await runProgram(`
      await run(async () => {
        void createTask(() => sleep(100_000))
        await taskGroup((group) => void group.createTask(() => sleep(10)))
        console.log("done")
      })
    `)
    expect(end).toEqual({ code: 0, signal: null, stdout: "done\n", stderr: "" })
  })

  it("L1: is kept alive by timers of tasks, and by nothing of the run itself", async () => {
    const end = await runProgram(`
      void run(async () => {
        await sleep(50)
        console.log("slept")
      })
    `)
    expect([end.code, end.stdout]).toEqual([0, "slept\n"])
  })

  it("TASK-52: an error nobody looked at is written to stderr, with task and line, and the code stays 0", async () => {
    const end = await runProgram(`
      await run(async () => {
        void createTask(async () => { throw new Error("lost") }, { name: "lonely" })
        await sleep(1)
      })
    `)
    expect(end.code).toBe(0)
    expect(end.stderr).toContain(
      'tsyncio: An error was never looked at in task "lonely"\nError: lost\n    at ',
    )
  })

  it("an error of main's ends it with code 1, printed by Node", async () => {
    const end = await runProgram(`await run(async () => { throw new Error("E") })`)
    expect(end.code).toBe(1)
    expect(end.stderr).toContain("Error: E")
  })

  it("TASK-52: a failed task is reported when its handle is collected, long before the run ends", async () => {
    const end = await runProgram(
      `
      await run(async () => {
        void createTask(async () => { throw new Error("lost") })
        for (let i = 0; i < 50 && !seen; i += 1) { await sleep(5); globalThis.gc() }
        console.log("main ends")
      }, { onProblem: ({ message }) => { console.log(message); seen = true } })
    `.replace("await run", "let seen = false\nawait run"),
      undefined,
      ["--expose-gc"],
    )
    expect(end.stdout).toBe("An error was never looked at\nmain ends\n")
  })

  it("L3: a task that has ended keeps neither result, function nor error alive", async () => {
    const end = await runProgram(
      `
      let count = 0
      const registry = new FinalizationRegistry(() => { count += 1 })
      const big = (name) => { const object = { name }; registry.register(object, name); return object }
      await run(async () => {
        const contexts = []
        const start = (name) => {
          const captured = big("function " + name)
          void createTask(async () => {
            contexts.push(lowlevel.captureContext("kept"))
            void captured.name
            await sleep(1)
            return big("result " + name)
          })
        }
        for (const name of ["a", "b", "c"]) start(name)
        await sleep(10)
        for (let i = 0; i < 20 && count < 6; i += 1) { globalThis.gc(); await sleep(5) }
        console.log(count, contexts.length)
      })
    `,
      undefined,
      ["--expose-gc"],
    )
    expect(end.stdout).toBe("6 3\n")
  })
})
