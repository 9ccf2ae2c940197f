// A block whose work does not end: `onStuck` of timeouts, groups and runs (P3).
import { expect, it } from "vitest"
import type { CancelScope, Problem } from "../../src/index.ts"
import {
  CancelledError,
  StuckError,
  TaskGroupError,
  TimeoutError,
  allTasks,
  cancelScope,
  createTask,
  joinOnly,
  moveOnAfter,
  run,
  sleep,
  taskGroup,
  timeout,
  timeoutAt,
} from "../../src/index.ts"
import { currentScope } from "../../src/core/lowlevel.ts"
import { now, runVirtual } from "../../src/testing/index.ts"

/** Swallows the first request and goes on for `ms`. */
async function stubborn(ms: number, log: string[] = []): Promise<void> {
  try {
    await sleep(1_000_000)
  } catch {
    log.push("told")
  }
  await sleep(ms)
  log.push("ended")
}

/** A promise that nobody can interrupt, and what settles it in the end. */
function foreign(): { promise: Promise<void>; settle: () => void } {
  let settle!: () => void
  const promise = new Promise<void>((resolve) => {
    settle = resolve
  })
  return { promise, settle }
}

const names = (): string[] => [...allTasks()].map(({ name }) => name)

it('P3: a timeout with onStuck "detach" throws after patience, its body is work of the run', () =>
  runVirtual(async () => {
    const log: string[] = []
    const error = await timeout(100, () => stubborn(500, log), { patience: 50, onStuck: "detach" }).catch(
      (error: unknown) => error,
    )
    expect(error).toBeInstanceOf(TimeoutError)
    expect(now()).toBe(150)
    expect(names()).toEqual(["main", "the rest of a timeout of 100 ms"])
    await sleep(1000)
    expect(log).toEqual(["told", "ended"])
    expect(names()).toEqual(["main"])
  }))

it('P3: a timeout with onStuck "throw" leaves with a StuckError that names the work', () =>
  runVirtual(async () => {
    const log: string[] = []
    const error = (await timeout(100, () => stubborn(500, log), { patience: 50, onStuck: "throw" }).catch(
      (error: unknown) => error,
    )) as StuckError
    expect(error).toBeInstanceOf(StuckError)
    expect(error.code).toBe("E_STUCK")
    expect(error.work).toEqual(['task "main" in a wait for sleep'])
    expect(error.message).toBe(
      'Cannot wait for the end of a timeout of 100 ms: 50 ms after it was cancelled its work goes on\n  task "main" in a wait for sleep',
    )
    expect(error.cause).toBeInstanceOf(CancelledError)
    await sleep(1000)
    expect(log).toEqual(["told", "ended"])
  }))

it("P3: without onStuck a timeout waits for its body, whatever it takes", () =>
  runVirtual(async () => {
    expect(await timeout(100, () => stubborn(500), { patience: 1000 })).toBeUndefined()
    expect(now()).toBe(600)
  }))

it.each([0, 49])("a body that ends within patience, after %d ms, is waited for", (rest) =>
  runVirtual(async () => {
    const log: string[] = []
    await timeout(100, () => stubborn(rest, log), { patience: 50, onStuck: "throw" })
    expect(now()).toBe(100 + rest)
    expect(log).toEqual(["told", "ended"])
  }),
)

it("a body that ends in the turn in which patience does is waited for", () =>
  runVirtual(async () => {
    const log: string[] = []
    await timeout(100, () => stubborn(50, log), { patience: 50, onStuck: "throw" }).catch(() => {})
    expect(now()).toBe(150)
    await sleep(0)
    expect(log).toEqual(["told", "ended"])
    expect(names()).toEqual(["main"])
  }))

it("moveOnAfter, timeoutAt and cancelScope take it as well", () =>
  runVirtual(async () => {
    const options = { patience: 10, onStuck: "detach" } as const
    expect(await moveOnAfter(10, () => stubborn(50), options)).toEqual({ timedOut: true })
    expect(now()).toBe(20)
    await expect(timeoutAt(30, () => stubborn(50), options)).rejects.toBeInstanceOf(TimeoutError)
    expect(now()).toBe(40)
    expect(await cancelScope(() => stubborn(50), { ...options, deadline: 50 })).toBeUndefined()
    expect(now()).toBe(60)
    await sleep(1000)
  }))

it("an outer request leaves a detached block as a CancelledError", () =>
  runVirtual(async () => {
    const log: string[] = []
    const task = createTask(() =>
      timeout(10_000, () => stubborn(500, log), { patience: 50, onStuck: "detach" }),
    )
    await sleep(10)
    task.cancel("enough")
    await expect(joinOnly(task)).rejects.toMatchObject({ reason: "enough" })
    expect(now()).toBe(60)
    expect(task.cancelled()).toBe(true)
    await sleep(1000)
    expect(log).toEqual(["told", "ended"])
  }))

it("an outer request comes at the next wait after a StuckError", () =>
  runVirtual(async () => {
    const seen: unknown[] = []
    const task = createTask(async () => {
      try {
        await timeout(10_000, () => stubborn(500), { patience: 50, onStuck: "throw" })
      } catch (error) {
        seen.push(error)
      }
      await sleep(1000)
    })
    await sleep(10)
    task.cancel("enough")
    await expect(joinOnly(task)).rejects.toMatchObject({ reason: "enough" })
    expect(seen).toMatchObject([{ code: "E_STUCK" }])
    expect(now()).toBe(60)
    await sleep(1000)
  }))

it('P3: a group with onStuck "detach" is left without the child, whose failure is reported', async () => {
  const problems: Problem[] = []
  await runVirtual(
    async () => {
      const before = now()
      await taskGroup(
        async (group) => {
          group.createTask(
            async () => {
              await stubborn(500)
              throw new Error("late")
            },
            { name: "stubborn" },
          )
          await sleep(10)
          group.cancel()
        },
        { patience: 50, onStuck: "detach" },
      )
      expect(now() - before).toBe(60)
      expect(names()).toEqual(["main", "stubborn"])
      await sleep(1000)
      expect(names()).toEqual(["main"])
    },
    { onProblem: (problem) => void problems.push(problem) },
  )
  expect(problems).toMatchObject([{ task: 'task "stubborn"', error: { message: "late" } }])
})

it("P3: a group that fails while a child is stuck throws its errors, or a StuckError with them as cause", () =>
  runVirtual(async () => {
    const failing = (onStuck: "throw" | "detach"): Promise<unknown> =>
      taskGroup(
        (group) => {
          group.createTask(() => stubborn(500), { name: "stubborn" })
          group.createTask(async () => {
            await sleep(10)
            throw new RangeError("broken")
          })
        },
        { patience: 50, onStuck, name: "pair" },
      ).catch((error: unknown) => error)
    const detached = (await failing("detach")) as TaskGroupError
    expect(detached).toBeInstanceOf(TaskGroupError)
    expect(detached.errors).toMatchObject([{ message: "broken" }])
    const thrown = (await failing("throw")) as StuckError
    expect(thrown).toBeInstanceOf(StuckError)
    expect(thrown.work).toEqual(['task "stubborn" in a wait for sleep'])
    expect(thrown.cause).toBeInstanceOf(TaskGroupError)
    await sleep(1000)
  }))

it("P3: a group is left without a body that does not end, and the body's children go on", () =>
  runVirtual(async () => {
    const log: string[] = []
    const result = await taskGroup(
      async (group) => {
        group.createTask(() => stubborn(300, log), { name: "child" })
        await sleep(10)
        group.cancel()
        await stubborn(200, log)
        return "not reached"
      },
      { patience: 50, onStuck: "detach", name: "pair" },
    )
    expect(result).toBeUndefined()
    expect(names().sort()).toEqual(["child", "main", 'the rest of task group "pair"'])
    await sleep(1000)
    expect(log).toEqual(["told", "told", "ended", "ended"])
  }))

it("clean-up under a shield takes its time", () =>
  runVirtual(async () => {
    const log: string[] = []
    const work = async (): Promise<void> => {
      try {
        await sleep(1_000_000)
      } finally {
        await cancelScope(() => sleep(500), { shield: true })
        log.push("clean")
      }
    }
    await expect(timeout(100, work, { patience: 50, onStuck: "throw" })).rejects.toBeInstanceOf(TimeoutError)
    expect(log).toEqual(["clean"])
    expect(now()).toBe(600)
  }))

it("P3: a foreign await that never ends does not hold a timeout that detaches", async () => {
  const hung = foreign()
  const value = await run(
    async () => {
      const result = await moveOnAfter(5, () => hung.promise, { patience: 5, onStuck: "detach" })
      return result.timedOut
    },
    { patience: 5, onStuck: "detach", onProblem: () => {} },
  )
  expect(value).toBe(true)
  hung.settle()
})

it('P3: a run with onStuck "throw" fails with a StuckError when main does not end', async () => {
  const controller = new AbortController()
  const hung = foreign()
  const problems: Problem[] = []
  const main = (): Promise<void> => {
    controller.abort("enough")
    return hung.promise
  }
  const running = run(main, {
    patience: 5,
    onStuck: "throw",
    signal: controller.signal,
    onProblem: (problem) => void problems.push(problem),
  })
  await expect(running).rejects.toMatchObject({
    code: "E_STUCK",
    work: ['task "main" in a foreign await'],
    cause: { reason: "enough" },
  })
  hung.settle()
})

it('P3: a run with onStuck "detach" ends without its leftovers and names them', async () => {
  const problems: string[] = []
  const hung = foreign()
  const value = await run(
    async () => {
      void createTask(() => hung.promise, { name: "hung" })
      await sleep(1)
      return 42
    },
    { patience: 5, onStuck: "detach", onProblem: ({ message }) => void problems.push(message) },
  )
  expect(value).toBe(42)
  hung.settle()
  expect(problems.slice(1)).toEqual([
    'Cannot wait for the end of what main has left: 5 ms after it was cancelled its work goes on\n  task "hung" in a foreign await',
  ])
})

it("main's own error is not replaced by what its leftovers do", async () => {
  const problems: string[] = []
  const hung = foreign()
  const running = run(
    async () => {
      void createTask(() => hung.promise, { name: "hung" })
      await sleep(1)
      throw new RangeError("mine")
    },
    { patience: 5, onStuck: "throw", onProblem: ({ message }) => void problems.push(message) },
  )
  await expect(running).rejects.toThrow("mine")
  hung.settle()
  expect(problems[1]).toContain("Cannot wait for the end of what main has left")
})

it("refuses what is no way of it, and leaves no block behind", async () => {
  await runVirtual(async () => {
    expect(() => taskGroup(() => {}, { onStuck: "leave" as never })).toThrow(RangeError)
    expect(() => taskGroup(() => {}, { onStuck: 1 as never })).toThrow(TypeError)
    expect(currentScope().firstChild).toBeNull()
  })
  await expect(timeout(1, () => {}, { onStuck: "leave" as never })).rejects.toThrow(
    'Expected `onStuck` to be "wait", "throw" or "detach", got `leave`',
  )
})

it("a signal ends a timeout with its reason", () =>
  runVirtual(async () => {
    const controller = new AbortController()
    const reason = new Error("stop")
    await expect(timeout(1000, () => sleep(500), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    const later = createTask(async () => {
      await sleep(10)
      controller.abort(reason)
    })
    await expect(timeout(1000, () => sleep(500), { signal: controller.signal })).rejects.toBe(reason)
    await later
    await expect(moveOnAfter(1000, () => sleep(500), { signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    )
  }))

it("an outer request that a detached body has not met comes at its next wait as well", async () => {
  const hung = foreign()
  const reasons: unknown[] = []
  await run(async () => {
    const body = async (): Promise<void> => {
      await hung.promise
      await sleep(1000).catch((error: unknown) => reasons.push((error as CancelledError).reason))
    }
    const task = createTask(() => timeout(10_000, body, { patience: 5, onStuck: "detach" }))
    await sleep(1)
    task.cancel("enough")
    await expect(joinOnly(task)).rejects.toMatchObject({ reason: "enough" })
    hung.settle()
    await sleep(1)
  })
  expect(reasons).toEqual(["enough"])
})

it("a block that detaches inside a task which is told again and again ends with that request", async () => {
  const hung = foreign()
  const reasons: unknown[] = []
  const options = { patience: 5, onProblem: () => {} }
  await run(async () => {
    const body = async (scope: CancelScope): Promise<void> => {
      scope.cancel("by itself")
      await hung.promise
      await sleep(1000).catch((error: unknown) => reasons.push((error as CancelledError).reason))
    }
    const task = createTask(async () => {
      await sleep(1000).catch(() => {})
      await sleep(1000).catch(() => {})
      await cancelScope(body, { patience: 5, onStuck: "detach" })
    })
    await sleep(1)
    task.cancel("from above")
    await expect(joinOnly(task)).rejects.toMatchObject({ reason: "from above" })
    hung.settle()
    await sleep(1)
  }, options)
  expect(reasons).toEqual(["by itself"])
})

it("a request that is withdrawn when the body was told is thrown by a block that has to go on without it", async () => {
  const hung = foreign()
  await run(async () => {
    const task = createTask(() => timeout(10_000, () => hung.promise, { patience: 5, onStuck: "detach" }))
    await sleep(1)
    task.cancel("withdrawn")
    task.uncancel()
    await expect(joinOnly(task)).rejects.toMatchObject({ reason: "withdrawn" })
    hung.settle()
  })
})

it("what stands beside a body that is handed over goes on, and its own blocks and tasks move along", () =>
  runVirtual(async () => {
    const log: string[] = []
    const body = async (): Promise<void> => {
      await sleep(1_000_000).catch(() => {})
      await taskGroup(async (group) => {
        void group.createTask(() => sleep(100).then(() => log.push(`child ${now()}`)))
        await cancelScope(() => sleep(100))
        log.push(`body ${now()}`)
      })
    }
    const both = await Promise.all([
      moveOnAfter(10, body, { patience: 20, onStuck: "detach" }).finally(() => log.push(`left ${now()}`)),
      sleep(500, "beside"),
    ])
    expect(both).toEqual([{ timedOut: true }, "beside"])
    expect(now()).toBe(500)
    expect(log).toEqual(["left 30", "body 110", "child 110"])
  }))

it("a shielded block is left after its own request as well", () =>
  runVirtual(async () => {
    const body = (scope: CancelScope): Promise<void> => {
      scope.cancel()
      return stubborn(500)
    }
    expect(await cancelScope(body, { shield: true, patience: 10, onStuck: "detach" })).toBeUndefined()
    expect(now()).toBe(10)
    await sleep(1000)
  }))

it("with a patience of Infinity a block waits whatever onStuck says", () =>
  runVirtual(async () => {
    await timeout(100, () => stubborn(500), { patience: Infinity, onStuck: "throw" })
    expect(now()).toBe(600)
  }))

it('P3: a run with onStuck "detach" ends with the request when main does not', async () => {
  const hung = foreign()
  const options = { patience: 5, onStuck: "detach", onProblem: () => {} } as const
  const controller = new AbortController()
  const running = run(() => hung.promise, { ...options, signal: controller.signal })
  await sleep(1)
  controller.abort("enough")
  await expect(running).rejects.toMatchObject({ name: "CancelledError", reason: "enough" })
  hung.settle()
})

it('P3: a run with onStuck "throw" fails with a StuckError when what main has left does not end', async () => {
  const hung = foreign()
  const main = async (): Promise<void> => {
    void createTask(() => hung.promise, { name: "hung" })
    await sleep(1)
  }
  const running = run(main, { patience: 5, onStuck: "throw", onProblem: () => {} })
  await expect(running).rejects.toMatchObject({ code: "E_STUCK", work: ['task "hung" in a foreign await'] })
  hung.settle()
})

it("a group whose body fails is left with that error, not with what does not end", () =>
  runVirtual(async () => {
    const error = new RangeError("body")
    const group = taskGroup(
      async (group) => {
        void group.createTask(() => stubborn(500))
        await sleep(1)
        throw error
      },
      { patience: 10, onStuck: "detach" },
    )
    await expect(group).rejects.toMatchObject({ name: "TaskGroupError", errors: [error] })
    expect(now()).toBe(11)
    await sleep(1000)
  }))

it("a child that fails in the very turn in which its group is left without another one is reported", async () => {
  const problems: Problem[] = []
  await runVirtual(
    async () => {
      const fails = async (): Promise<void> => {
        await stubborn(50)
        throw new RangeError("late")
      }
      await taskGroup(
        async (group) => {
          void group.createTask(() => stubborn(500), { name: "stuck" })
          void group.createTask(fails, { name: "fails" })
          await sleep(1)
          group.cancel()
        },
        { patience: 50, onStuck: "detach" },
      )
      expect([now(), problems]).toEqual([51, []])
      await sleep(1000)
    },
    { onProblem: (problem) => problems.push(problem) },
  )
  expect(problems).toMatchObject([{ task: "fails", error: { message: "late" } }])
  expect(problems[0]?.message).toContain("in the turn in which its group was left without it")
})
