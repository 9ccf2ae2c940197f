import { describe, expect, it } from "vitest"
import type { CancelScope, Problem } from "../../src/core/index.ts"
import {
  CancelledError,
  cancelScope,
  cancellable,
  createTask,
  currentTask,
  run,
  taskGroup,
} from "../../src/core/index.ts"
import { afterPoll } from "../../src/core/lowlevel.ts"
import { sleep, timeout } from "../../src/time/index.ts"
import { now, runVirtual } from "../../src/testing/index.ts"
import { runProgram } from "./child.ts"
import { cleaned, errorOf } from "./outcomes.ts"

const swallow = (): void => {}

/** Runs `main` on the virtual clock; gives what was reported. */
async function problemsOf(main: () => Promise<void>, patience = 100): Promise<Problem[]> {
  const problems: Problem[] = []
  await runVirtual(main, { patience, onProblem: (problem) => problems.push(problem) })
  return problems
}

describe("patience", () => {
  it("C8: a task that swallows the request is reported once, by name and wait, and told again", async () => {
    const problems = await problemsOf(async () => {
      const task = createTask(
        async () => {
          let attempts = 0
          while (attempts < 5) {
            try {
              await sleep(1000)
            } catch {
              attempts += 1
            }
          }
          return now()
        },
        { name: "stubborn" },
      )
      await sleep(0)
      task.cancel("why")
      expect(await task).toBe(100)
    })
    expect(problems).toEqual([
      {
        message:
          'task "stubborn" is still alive 0.1 s after it was cancelled; each of its waits will throw from now on',
        location: "a wait for sleep",
        error: expect.any(CancelledError),
      },
    ])
  })

  it("C8: nothing is reported of who ends in time, whatever it catches", async () => {
    const problems = await problemsOf(async () => {
      const task = createTask(() => sleep(1000).catch(() => sleep(99)))
      await sleep(0)
      task.cancel()
      await task
      await timeout(10, () => cleaned(sleep(1000), () => sleep(80))).catch(swallow)
      await sleep(1000)
    })
    expect(problems).toEqual([])
  })

  it("C8: counts from the first request; a second one does not start it anew", async () => {
    const problems = await problemsOf(async () => {
      const task = createTask(async () => {
        await sleep(1000).catch(swallow)
        await sleep(1000).catch(swallow)
        await sleep(1000).catch(swallow)
        return now()
      })
      await sleep(0)
      task.cancel()
      await sleep(80)
      task.cancel()
      expect(await task).toBe(100)
    })
    expect(problems).toHaveLength(1)
  })

  it("C8: of a cancelled group every living task is named, and not the one that only waits for them", async () => {
    const problems = await problemsOf(async () => {
      await taskGroup(async (group) => {
        for (const name of ["a", "b"]) {
          void group.createTask(() => sleep(1000).catch(() => sleep(1000).catch(swallow)), { name })
        }
        void group.createTask(() => sleep(1000), { name: "obedient" })
        await sleep(1)
        group.cancel()
      })
    })
    expect(problems.map(({ message }) => message.slice(0, 8))).toEqual(['task "a"', 'task "b"'])
  })

  it("C8: the children of a group under a shield are neither told nor reported", async () => {
    const problems = await problemsOf(async () => {
      const twice = (): Promise<void> => sleep(200).then(() => sleep(200))
      const children = (): Promise<unknown> => taskGroup((group) => group.createTask(twice))
      const task = createTask(() => cancelScope(children, { shield: true }))
      await sleep(0)
      task.cancel("m")
      expect(await errorOf(task)).toMatchObject({ reason: "m" })
      expect(now()).toBe(400)
    })
    expect(problems).toEqual([])
  })

  it("C8: a loop around a catch is given up where it waits, and its awaiter goes on", async () => {
    let rounds = 0
    const problems = await problemsOf(async () => {
      const task = createTask(
        async () => {
          for (;;) {
            try {
              await sleep(10)
            } catch {
              rounds += 1
            }
          }
        },
        { name: "for ever" },
      )
      await sleep(0)
      task.cancel("enough")
      expect(await errorOf(task)).toMatchObject({ reason: "enough" })
      expect(task.cancelled()).toBe(true)
      const then = rounds
      await sleep(1000)
      expect(rounds).toBe(then)
    })
    expect(rounds).toBeGreaterThan(10)
    expect(problems.map(({ message }) => message)).toEqual([
      expect.stringContaining('task "for ever" is still alive 0.1 s after it was cancelled'),
      'task "for ever" swallowed 10000 requests to end and was given up',
    ])
  })

  it("C8: a loop with blocks and children inside is given up with all of them", async () => {
    const problems = await problemsOf(async () => {
      const task = createTask(
        async () => {
          for (;;) {
            try {
              await taskGroup(async (group) => {
                void group.createTask(() => sleep(50))
                await cancelScope(() => timeout(10, () => cancellable(new Promise(() => {}))))
              })
            } catch {}
          }
        },
        { name: "for ever" },
      )
      await sleep(0)
      task.cancel()
      await errorOf(task)
      await sleep(1000)
    })
    expect(problems.at(-1)?.message).toContain("was given up")
  })

  it("C8: Infinity never loses it", async () => {
    const problems = await problemsOf(async () => {
      const task = createTask(() => sleep(1).catch(() => sleep(1_000_000, "slept")))
      await sleep(0)
      task.cancel()
      expect(await task).toBe("slept")
    }, Infinity)
    expect(problems).toEqual([])
  })

  it("C8: a scope has a patience of its own", async () => {
    const problems = await problemsOf(async () => {
      await cancelScope(
        async (scope) => {
          scope.cancel()
          await sleep(1000).catch(swallow)
          await sleep(1000)
        },
        { patience: 5 },
      )
      expect(now()).toBe(5)
    })
    expect(problems.map(({ message }) => message)).toEqual([expect.stringContaining("0.005 s")])
    await expect(cancelScope(swallow, { patience: -1 })).rejects.toThrow(RangeError)
  })

  it("C8: one that sits in a foreign await is reported as such", async () => {
    const problems: Problem[] = []
    await run(
      async () => {
        let isOpen = false
        const task = createTask(
          async () => {
            while (!isOpen) await new Promise<void>((resolve) => afterPoll(resolve))
          },
          { name: "foreign" },
        )
        await sleep(0)
        task.cancel()
        await sleep(40)
        isOpen = true
        await task.then(swallow, swallow)
      },
      { handleSignals: false, patience: 10, onProblem: (problem) => problems.push(problem) },
    )
    expect(problems).toMatchObject([{ location: "a foreign await" }])
  })

  it("C8: what is withdrawn after it was told again meets no wait any more, whoever was told", async () => {
    const problems = await problemsOf(async () => {
      const task = createTask(async () => {
        await sleep(1000).catch(swallow)
        await sleep(1000).catch(swallow)
        return taskGroup(async (group) => {
          const child = group.createTask(() => sleep(10, "child"))
          currentTask()?.uncancel()
          await sleep(1)
          return child
        })
      })
      await sleep(0)
      task.cancel()
      expect(await task).toBe("child")
      expect(now()).toBe(110)
    })
    expect(problems).toHaveLength(1)
  })

  it("C8: a task that was told again by a block, and later by its own request, is reported for each", async () => {
    const problems = await problemsOf(async () => {
      const deaf = async (): Promise<void> => {
        await sleep(1000).catch(swallow)
        await sleep(1000).catch(swallow)
      }
      const task = createTask(async () => {
        const body = (scope: CancelScope): Promise<void> => {
          scope.cancel()
          return deaf()
        }
        await cancelScope(body, { patience: 5 })
        await deaf()
        return now()
      })
      await sleep(10)
      task.cancel()
      expect(await task).toBe(110)
    })
    expect(problems.map(({ message }) => /still alive (\S+ s)/.exec(message)?.[1])).toEqual([
      "0.005 s",
      "0.1 s",
    ])
  })

  it("C8: the other branches of a task that was given up go no further than their next wait", async () => {
    let open: () => void = () => {}
    const log: string[] = []
    const problems = await problemsOf(async () => {
      const task = createTask(async () => {
        const branch = async (): Promise<void> => {
          await new Promise<void>((resolve) => (open = resolve))
          log.push("goes on")
          await sleep(1)
          log.push("not reached")
        }
        void branch()
        for (let rounds = 0; ; rounds += 1) await sleep(rounds < 2 ? 1000 : 0).catch(swallow)
      })
      await sleep(0)
      task.cancel("enough")
      expect(await errorOf(task)).toMatchObject({ reason: "enough" })
      open()
      await sleep(100)
    })
    expect(log).toEqual(["goes on"])
    expect(problems.at(-1)?.message).toContain("was given up")
  })
})

describe("a program that catches and retries for ever", () => {
  const loop = `for (;;) try { await sleep(10) } catch {}`

  it("C8: ends after patience when it is a leftover", async () => {
    const end = await runProgram(`
      await run(async () => {
        void createTask(async () => { ${loop} }, { name: "retries" })
        await sleep(1)
      }, { patience: 50 })
      console.log("over")
    `)
    expect([end.code, end.stdout]).toEqual([0, "over\n"])
    expect(end.stderr).toContain('task "retries" is still alive')
    expect(end.stderr).toContain("was given up")
  })

  it("C8: ends after patience when it is main, told by a signal", async () => {
    const end = await runProgram(
      `await run(async () => { console.log("ready"); ${loop} }, { patience: 50 })`,
      async (child) => {
        await child.says("ready")
        child.kill("SIGTERM")
      },
    )
    expect(end.code).toBe(143)
    expect(end.stderr).toContain('task "main" swallowed 10000 requests to end and was given up')
  })
})
