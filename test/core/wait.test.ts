import { getEventListeners } from "node:events"
import { describe, expect, it } from "vitest"
import type { CancelledError, Problem, Task } from "../../src/core/index.ts"
import {
  Future,
  ScopeEndedError,
  TimeoutError,
  cancelScope,
  cancellable,
  createTask,
  currentTask,
  isCancelled,
  run,
  taskGroup,
} from "../../src/core/index.ts"
import type { Scope } from "../../src/core/lowlevel.ts"
import { Wait, busyTasks, currentScope, park } from "../../src/core/lowlevel.ts"
import { sleep, timeout } from "../../src/time/index.ts"
import { now, runVirtual } from "../../src/testing/index.ts"
import { errorOf, microtasks } from "./outcomes.ts"

/** A wait that notes what is done to it. */
class Probe extends Wait<string> {
  readonly log: string[] = []
  readonly #canGoBack: boolean

  constructor(canGoBack = true) {
    super("probe")
    this.#canGoBack = canGoBack
  }

  protected override leave(): void {
    this.log.push("left")
  }

  protected override handBack(value: string): boolean {
    this.log.push(`handed back ${value}`)
    return this.#canGoBack
  }
}

describe("a wait", () => {
  it("gives what it is woken with, once, on a later turn", () =>
    runVirtual(async () => {
      const probe = new Probe()
      const task = createTask(() => park(probe))
      await sleep(0)
      probe.wake("v")
      probe.wake("w")
      probe.fail(new Error("too late"))
      expect(task.done()).toBe(false)
      expect(await task).toBe("v")
      probe.wake("x")
      expect(probe.log).toEqual([])
    }))

  it("throws what it is failed with, without leaving its line by itself", () =>
    runVirtual(async () => {
      const probe = new Probe()
      const task = createTask(() => park(probe))
      await sleep(0)
      probe.fail(new Error("E"))
      expect(await errorOf(task)).toEqual(new Error("E"))
      expect(probe.log).toEqual([])
    }))

  it("may be served before it parks", () =>
    runVirtual(async () => {
      const probe = new Probe()
      probe.wake("early")
      expect(await park(probe)).toBe("early")
    }))

  it("leaves its line when it is interrupted while it is parked", () =>
    runVirtual(async () => {
      const probe = new Probe()
      const task = createTask(() => park(probe))
      await sleep(0)
      task.cancel()
      expect(probe.log).toEqual(["left"])
      await errorOf(task)
      task.cancel()
      expect(probe.log).toEqual(["left"])
    }))

  it("T2: hands back what it was served when it is cancelled before it runs", () =>
    runVirtual(async () => {
      const probe = new Probe()
      const task = createTask(() => park(probe))
      await sleep(0)
      probe.wake("v")
      task.cancel()
      task.cancel()
      await errorOf(task)
      expect([probe.log, task.cancelled()]).toEqual([["handed back v"], true])
    }))

  it("T2: keeps what cannot be handed back, and the request comes at the next wait", () =>
    runVirtual(async () => {
      const probe = new Probe(false)
      const log: unknown[] = []
      const task = createTask(async () => {
        log.push(await park(probe))
        log.push(await errorOf(sleep(10)))
      })
      await sleep(0)
      probe.wake("v")
      task.cancel("m")
      await task
      expect(log).toEqual(["v", expect.objectContaining({ reason: "m" })])
    }))

  it("T2: a request that is pending when a served wait parks is not lost either", () =>
    runVirtual(async () => {
      const probe = new Probe(false)
      const log: unknown[] = []
      const task: Task<void> = createTask(async () => {
        task.cancel("m")
        probe.wake("v")
        log.push(await park(probe))
        log.push(await errorOf(sleep(10)))
      })
      await task
      expect(log).toEqual(["v", expect.objectContaining({ reason: "m" })])
    }))

  it("is counted: a task is busy unless one of its waits is parked", () =>
    runVirtual(async () => {
      expect(busyTasks()).toBe(1)
      const probe = new Probe()
      const task = createTask(async () => {
        await Promise.all([park(probe), sleep(100)])
      })
      expect(busyTasks()).toBe(2)
      await sleep(0)
      expect(busyTasks()).toBe(1)
      probe.wake("v")
      await sleep(0)
      expect(busyTasks()).toBe(1)
      await task
      expect(busyTasks()).toBe(1)
    }))

  it("tells its task what it waits for", () =>
    runVirtual(async () => {
      const task = createTask(() => cancelScope(() => cancelScope(() => park(new Probe()))))
      expect(task.waitingOn).toBe(null)
      await sleep(0)
      expect(task.waitingOn).toMatchObject({ kind: "probe" })
      task.cancel()
      await errorOf(task)
      expect(task.waitingOn).toBe(null)
    }))
})

describe("the limits of one wait", () => {
  it("timeout ends it alone, with a TimeoutError that names it", () =>
    runVirtual(async () => {
      const probe = new Probe()
      const error = await errorOf(park(probe, { timeout: 20 }))
      expect(error).toBeInstanceOf(TimeoutError)
      expect([(error as Error).message, now(), probe.log]).toEqual([
        "Timed out after 20 ms waiting for probe",
        20,
        ["left"],
      ])
    }))

  it("signal ends it with its reason, unchanged", () =>
    runVirtual(async () => {
      const controller = new AbortController()
      const reason = { my: "reason" }
      const probe = new Probe()
      void createTask(() => sleep(5).then(() => controller.abort(reason)))
      expect(await errorOf(park(probe, { signal: controller.signal }))).toBe(reason)
      expect([now(), probe.log]).toEqual([5, ["left"]])
    }))

  it("one that was served keeps what it got, whatever its limits say in that turn", () =>
    runVirtual(async () => {
      const controller = new AbortController()
      const probe = new Probe()
      const waiting = park(probe, { signal: controller.signal, timeout: 10 })
      probe.wake("v")
      controller.abort()
      expect(await waiting).toBe("v")
    }))

  it("limits are gone when it ends, and a served one starts none", () =>
    runVirtual(async () => {
      const controller = new AbortController()
      for (const early of [true, false]) {
        const probe = new Probe()
        if (early) probe.wake("v")
        const waiting = park(probe, { signal: controller.signal, timeout: 1000 })
        expect(getEventListeners(controller.signal, "abort").length).toBe(early ? 0 : 1)
        probe.wake("v")
        await waiting
        expect(getEventListeners(controller.signal, "abort")).toEqual([])
      }
      await sleep(0)
    }))
})

describe("branches of one task", () => {
  it("C4: parked branches are ended together, one in a foreign await is not", () =>
    runVirtual(async () => {
      const log: string[] = []
      let open = (): void => {}
      const foreign = new Promise<void>((resolve) => (open = resolve))
      const task = createTask(() =>
        Promise.allSettled([
          sleep(1000).catch(() => log.push("a told")),
          (async () => {
            await foreign
            log.push("foreign went on")
            await sleep(5)
            log.push("and waited")
          })(),
          cancelScope(() => sleep(1000)).catch(() => log.push("b told")),
        ]),
      )
      await sleep(0)
      task.cancel()
      open()
      await task
      expect(log.toSorted()).toEqual(["a told", "and waited", "b told", "foreign went on"])
    }))

  it("C4: a timeout inside one branch touches that branch alone", () =>
    runVirtual(async () => {
      const results = await Promise.allSettled([
        timeout(10, () => sleep(1000)),
        sleep(20, "whole"),
        timeout(50, () => sleep(20, "whole too")),
      ])
      expect(results).toMatchObject([{ status: "rejected" }, { value: "whole" }, { value: "whole too" }])
    }))

  it("C4: waits still parked when the body ends are ended", () =>
    runVirtual(async () => {
      let error: unknown
      const value = await timeout(1000, () =>
        Promise.race([
          sleep(5, "first"),
          sleep(500).catch((thrown: unknown) => {
            error = thrown
          }),
        ]),
      )
      expect([value, now()]).toEqual(["first", 5])
      await sleep(0)
      expect(error).toBeInstanceOf(ScopeEndedError)
      expect((error as Error).message).toBe("Cannot go on waiting: a timeout of 1000 ms has ended")
    }))

  it("C4: a task that the abandoned branch awaits is not cancelled by that", () =>
    runVirtual(async () => {
      const task = createTask(() => sleep(50, "whole"))
      await cancelScope(() => Promise.race([sleep(5), Promise.resolve(task).catch(() => {})]))
      expect(await task).toBe("whole")
    }))

  it("C4: waits begun in a scope that was cancelled or failed are refused, with its error as cause", () =>
    runVirtual(async () => {
      const log: unknown[] = []
      const late = async (): Promise<void> => {
        await microtasks(5)
        log.push(await errorOf(sleep(1)), await errorOf(sleep(0)))
      }
      const error = new Error("E")
      const branches: Promise<void>[] = []
      await errorOf(
        cancelScope(async () => {
          branches.push(late())
          throw error
        }),
      )
      await Promise.all(branches)
      expect(log).toEqual([expect.any(ScopeEndedError), expect.any(ScopeEndedError)])
      expect(log[0]).toMatchObject({
        cause: error,
        message: "Cannot wait (sleep): a cancel scope was stopped",
      })
      expect(isCancelled(log[0])).toBe(true)
    }))

  it("C4: such a wait for a task is refused, and the task left alone", () =>
    runVirtual(async () => {
      const shared = createTask(() => sleep(50, "whole"))
      const branches: Promise<unknown>[] = []
      await errorOf(
        cancelScope(async () => {
          branches.push(
            (async () => {
              await microtasks(5)
              return errorOf(shared)
            })(),
          )
          throw new Error("E")
        }),
      )
      expect(await branches[0]).toBeInstanceOf(ScopeEndedError)
      expect(now()).toBe(0)
      expect(await shared).toBe("whole")
    }))

  it("C4: what a refusal ends of `cancellable` is cleaned up", () =>
    runVirtual(async () => {
      let isClosed = false
      const branches: Promise<unknown>[] = []
      await errorOf(
        cancelScope(async () => {
          branches.push(
            (async () => {
              await microtasks(5)
              return errorOf(cancellable(new Promise(() => {}), { onCancel: () => void (isClosed = true) }))
            })(),
          )
          throw new Error("E")
        }),
      )
      expect([await branches[0], isClosed]).toEqual([expect.any(ScopeEndedError), true])
    }))
})

describe("calls that nobody awaited", () => {
  const problems: Problem[] = []
  const note = (problem: Problem): void => void problems.push(problem)

  it("P4: a wait begun after its block has ended well belongs to the nearest living scope above", async () => {
    problems.length = 0
    await runVirtual(
      async () => {
        const branches: Promise<unknown>[] = []
        await timeout(100, () =>
          cancelScope(async () => {
            branches.push(
              (async () => {
                await microtasks(20)
                for (let i = 0; i < 3; i += 1) await sleep(200)
                return currentScope().state
              })(),
            )
          }),
        )
        expect(await branches[0]).toBe("ended")
        expect(now()).toBe(600)
      },
      { onProblem: note },
    )
    expect(problems).toHaveLength(1)
    expect(problems[0]?.message).toBe(
      'A call that nobody awaited waits (sleep) after a cancel scope has ended; task "main" takes it over',
    )
    expect(problems[0]?.location).toContain("wait.test.ts")
  })

  it("P4: a request for the living scope reaches it", async () => {
    problems.length = 0
    await runVirtual(
      async () => {
        let error: unknown
        const task = createTask(async () => {
          await cancelScope(async () => {
            void (async () => {
              await microtasks(20)
              error = await errorOf(sleep(1000))
            })()
          })
          await sleep(1000)
        })
        await sleep(5)
        task.cancel("m")
        await errorOf(task)
        expect(error).toMatchObject({ reason: "m" })
      },
      { onProblem: note },
    )
    expect(problems).toHaveLength(1)
  })

  it("P4: of an ended task it belongs to the run, and is ended with it", async () => {
    problems.length = 0
    let error: unknown
    await run(
      async () => {
        await createTask(async () => {
          setTimeout(() => {
            sleep(10_000).catch((thrown: unknown) => {
              error = thrown
            })
          }, 1)
        })
        await sleep(10)
        expect(currentTask()?.name).toBe("main")
      },
      { handleSignals: false, onProblem: note },
    )
    expect(error).toBeInstanceOf(ScopeEndedError)
    expect(problems.map(({ message }) => message)).toEqual([
      "A call that nobody awaited waits (sleep) after an ended task has ended; the run takes it over",
    ])
  })
})

describe("the chain of blocks at a wait", () => {
  it("C3: an inner request replaced by an outer one before its turn is the outer one's", () =>
    runVirtual(async () => {
      const scopes: { cancel(reason: unknown): boolean; scope: Scope }[] = []
      const task = createTask(() =>
        cancelScope(async (outer) => {
          scopes.push(outer)
          await cancelScope(async (inner) => {
            scopes.push(inner)
            await sleep(1000)
          })
          return "inner absorbed it"
        }),
      )
      await sleep(5)
      scopes[1]?.cancel("inner")
      scopes[0]?.cancel("outer")
      scopes[1]?.cancel("inner again")
      expect(await task).toBeUndefined()
    }))

  it("C3: one that is pending for an outer scope is not replaced by an inner one that comes in that turn", () =>
    runVirtual(async () => {
      const log: unknown[] = []
      const task: Task<unknown> = createTask(async () => {
        let inner: { cancel(reason: unknown): boolean } | undefined
        task.cancel("outer")
        await cancelScope(async () => {
          await cancelScope(async (scope) => {
            inner = scope
            const waiting = new Future<void>().join()
            inner.cancel("inner")
            log.push(((await errorOf(waiting)) as CancelledError).reason)
            await waiting
          })
        })
      })
      expect(await errorOf(task)).toMatchObject({ reason: "outer" })
      expect(log).toEqual(["outer"])
    }))

  it("C2: the end of a group, an awaited task and a lock's line all pass on or end at once", () =>
    runVirtual(async () => {
      const child = createTask(() => sleep(1000))
      const task = createTask(() => taskGroup(() => child))
      await sleep(5)
      task.cancel("m")
      expect(await errorOf(task)).toMatchObject({ reason: "m" })
      expect([child.cancelled(), now()]).toEqual([true, 5])
    }))
})

describe("a call that nobody awaited and that is parked when its block ends", () => {
  const floating = (options: { readonly debug?: boolean; readonly strict?: boolean }): Promise<Problem[]> => {
    const problems: Problem[] = []
    const program = async (): Promise<void> => {
      await cancelScope(async () => {
        void sleep(1000)
        await sleep(1)
      })
      await sleep(1)
    }
    return runVirtual(program, { ...options, onProblem: (problem) => problems.push(problem) }).then(
      () => problems,
    )
  }

  it("P4: is named with its line in debug mode, fails a strict run, and is ended without a word otherwise", async () => {
    expect(await floating({})).toEqual([])
    const [problem] = await floating({ debug: true })
    expect(problem?.message).toBe(
      "A call that nobody awaited was waiting (sleep) when a cancel scope ended; it was ended with it",
    )
    expect(problem?.location).toContain("wait.test.ts")
    await expect(floating({ strict: true })).rejects.toThrow("it was ended with it")
  })
})

describe("a `signal` that is none", () => {
  it("is refused before the wait stands in line: who comes next is served", () =>
    runVirtual(async () => {
      const future = new Future<string>()
      const signal = new AbortController() as unknown as AbortSignal
      expect(await errorOf(sleep(1, undefined, { signal }))).toBeInstanceOf(TypeError)
      expect(await errorOf(cancellable(future.join(), { signal }))).toBeInstanceOf(TypeError)
      future.setResult("set")
      expect(await future).toBe("set")
    }))

  it("only one that was served can be revoked: it throws instead", () =>
    runVirtual(async () => {
      const probes = [new Probe(), new Probe()] as const
      const tasks = probes.map((probe) => createTask(() => park(probe)))
      await sleep(0)
      for (const probe of probes) probe.revoke(new Error("too early"))
      for (const probe of probes) probe.wake("value")
      probes[0].revoke(new Error("revoked"))
      expect(await errorOf(tasks[0] as Task<string>)).toMatchObject({ message: "revoked" })
      expect(await tasks[1]).toBe("value")
    }))
})
