// Who waits for whom, and where each task stands.
import { describe, expect, it } from "vitest"
import type { FutureGraph, Task } from "../../src/index.ts"
import {
  Future,
  TimeoutError,
  callGraph,
  createTask,
  dumpTasks,
  formatCallGraph,
  formatTaskTree,
  gather,
  getRunningLoop,
  shield,
  sleep,
  taskGroup,
  timeout,
} from "../../src/index.ts"
import { now, runVirtual } from "../../src/testing/index.ts"

const namesOf = (graph: FutureGraph | null): string[] =>
  (graph?.awaitedBy ?? []).map(({ future }) => (future as Task<unknown>).name).sort()

describe("callGraph()", () => {
  it("GRAPH-01: gives where a parked task stands and, upwards, who waits for it", () =>
    runVirtual(async () => {
      const child = createTask(() => sleep(10), { name: "child" })
      const parent = createTask(async () => child, { name: "parent" })
      const top = createTask(async () => parent, { name: "top" })
      await sleep(0)
      const graph = callGraph(child)
      expect(graph?.future).toBe(child)
      expect(graph?.callStack).toEqual(["waits for sleep"])
      expect(namesOf(graph)).toEqual(["parent"])
      expect(namesOf(graph?.awaitedBy[0] ?? null)).toEqual(["top"])
      await top
      expect(namesOf(callGraph(child))).toEqual([])
    }))

  it("GRAPH-02: group children are awaited by the parent task, and by siblings that await them", () =>
    runVirtual(async () => {
      const parent = createTask(
        () =>
          taskGroup((group) => {
            const child = group.createTask(() => sleep(10), { name: "child" })
            group.createTask(async () => child, { name: "a" })
            group.createTask(async () => child, { name: "b" })
            getRunningLoop().callLater(5, () =>
              expect(namesOf(callGraph(child))).toEqual(["a", "b", "parent"]),
            )
          }),
        { name: "parent" },
      )
      await parent
    }))

  it("GRAPH-03: a gather and a shield are looked through", () =>
    runVirtual(async () => {
      const child = createTask(() => sleep(10), { name: "child" })
      const gatherer = createTask(async () => gather([child]), { name: "gatherer" })
      const shielder = createTask(async () => shield(child), { name: "shielder" })
      await sleep(0)
      await sleep(0)
      expect(namesOf(callGraph(child))).toEqual(["gatherer", "shielder"])
      await gatherer
      await shielder
    }))

  it("GRAPH-04: a plain future has no stack and is awaited by its awaiters", () =>
    runVirtual(async () => {
      const future = new Future<void>()
      const tasks = ["a", "b"].map((name) => createTask(async () => future, { name }))
      await sleep(0)
      const graph = callGraph(future)
      expect([graph?.callStack, namesOf(graph)]).toEqual([[], ["a", "b"]])
      future.setResult()
      await gather(tasks)
    }))

  it("ends on a cycle, and gives lines in debug mode", () =>
    runVirtual(
      async () => {
        const both: Task<unknown>[] = []
        const wait = async (index: number): Promise<void> => {
          await sleep(0)
          await both[index]
        }
        both.push(
          createTask(() => wait(1), { name: "x" }),
          createTask(() => wait(0), { name: "y" }),
        )
        await sleep(5)
        const graph = callGraph(both[0])
        expect(namesOf(graph)).toEqual(["y"])
        expect(namesOf(graph?.awaitedBy[0] ?? null)).toEqual([])
        expect(graph?.callStack.join()).toContain("call-graph.test.ts")
        expect(both[0]?.waitingOn?.location).toContain("call-graph.test.ts")
        expect(both[0]?.location).toContain("call-graph.test.ts")
        expect(callGraph(both[0], { limit: 0 })?.callStack).toEqual([])
        for (const task of both) task.cancel()
      },
      // The circle is told as well.
      { debug: true, onProblem: () => {} },
    ))

  it("GRAPH-07: as text, with the task's id, where it stands, and who waits, indented; futures by their kind", () =>
    runVirtual(async () => {
      const future = new Future<void>()
      const child = createTask(async () => future, { name: "child" })
      const parent = createTask(async () => child, { name: "parent" })
      await sleep(0)
      await sleep(0)
      expect(formatCallGraph(future).split("\n")).toEqual([
        "* a future",
        "  awaited by",
        `  * task "child" (id ${child.id})`,
        "    waits for future",
        "    awaited by",
        `    * task "parent" (id ${parent.id})`,
        "      waits for future",
      ])
      expect(formatCallGraph(child, { limit: 0 })).not.toContain("waits for")
      future.setResult()
      await parent
      expect(formatCallGraph(null)).toBe("")
    }))

  it("GRAPH-11, FUT-22: stacks are recorded in debug mode only", async () => {
    const locations = async (debug: boolean): Promise<unknown> =>
      runVirtual(
        async () => {
          const task = createTask(() => sleep(1))
          await sleep(0)
          const found = [task.location === undefined, task.waitingOn?.location === undefined]
          await task
          return found
        },
        { debug },
      )
    expect(await locations(false)).toEqual([true, true])
    expect(await locations(true)).toEqual([false, false])
  })

  it("without a target and outside a run is null", () => {
    expect(callGraph()).toBeNull()
  })
})

describe("the tree of tasks", () => {
  it("as text, each under its owner, and as JSON with a version", () =>
    runVirtual(async () => {
      const group = createTask(
        () =>
          taskGroup((children) => void children.createTask(() => sleep(20), { name: "inner" }), {
            name: "g",
          }),
        { name: "outer" },
      )
      await sleep(10)
      expect(formatTaskTree().split("\n").slice(1)).toEqual([
        '  task "outer" waits for task group (g)',
        '    task "inner" waits for sleep',
      ])
      const { formatVersion, tasks } = dumpTasks()
      const inner = tasks.find(({ name }) => name === "inner")
      expect(formatVersion).toBe(1)
      expect(inner).toMatchObject({
        parent: group.id,
        state: "waiting",
        awaitedBy: [group.id],
        cancelling: 0,
      })
      expect(inner?.waitingOn?.kind).toBe("sleep")
      expect(JSON.parse(JSON.stringify(tasks))).toHaveLength(3)
      await group
    }))

  it("JSX-04: (E3) in debug mode a body that swallows its cancel is reported with the line that was told", async () => {
    const problems: string[] = []
    await runVirtual(
      async () => {
        const task = createTask(
          async () => {
            await sleep(1000).catch(() => {})
            return "went on"
          },
          { name: "deaf" },
        )
        await sleep(1)
        task.cancel()
        expect(await task).toBe("went on")
      },
      { debug: true, onProblem: ({ message, location }) => problems.push(`${message} | ${location}`) },
    )
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(/^task "deaf" swallowed a CancelledError .*call-graph\.test\.ts/)
  })
})

describe("a group", () => {
  it("start() waits until the child says that it is ready, with a value; the child runs on", () =>
    runVirtual(async () => {
      const log: string[] = []
      await taskGroup(async (group) => {
        const port = await group.start<number>(async (ready) => {
          await sleep(10)
          ready(8080)
          await sleep(10)
          log.push("ended")
        })
        log.push(`ready ${port}`)
      })
      expect(log).toEqual(["ready 8080", "ended"])
    }))

  it("start() throws what the child failed with before it was ready, and the group goes on", () =>
    runVirtual(async () => {
      await taskGroup(async (group) => {
        await expect(group.start(() => Promise.reject(new Error("early")))).rejects.toThrow("early")
        await expect(group.start(async () => {})).rejects.toThrow("it ended without being ready")
      })
      const late = taskGroup(async (group) => {
        await group.start(async (ready: (value: number) => void) => {
          ready(1)
          throw new Error("late")
        })
        await sleep(1)
      })
      await expect(late).rejects.toThrow("1 error in a task group: late")
    }))

  it("start() cancels the child if the starter is cancelled before", () =>
    runVirtual(async () => {
      let isGone = false
      const task = createTask(() =>
        taskGroup(async (group) => {
          await group.start(async () => {
            try {
              await sleep(1000)
            } finally {
              isGone = true
            }
          })
        }),
      )
      await sleep(1)
      task.cancel()
      await task.join().catch(() => {})
      expect(isGone).toBe(true)
    }))

  it("start() that runs out of time cancels its child, and the group goes on", () =>
    runVirtual(async () => {
      let isGone = false
      await taskGroup(async (group) => {
        const child = async (): Promise<void> => {
          try {
            await sleep(1000)
          } finally {
            isGone = true
          }
        }
        await expect(timeout(10, () => group.start(child))).rejects.toBeInstanceOf(TimeoutError)
        await sleep(1)
        expect(isGone).toBe(true)
      })
      expect(now()).toBe(11)
    }))

  it("background children are cancelled once the body and all others have ended", () =>
    runVirtual(async () => {
      const log: string[] = []
      await taskGroup((group) => {
        group.createTask(
          async () => {
            try {
              await sleep(1_000_000)
            } finally {
              await sleep(5)
              log.push("background cleaned up")
            }
          },
          { background: true },
        )
        group.createTask(async () => {
          await sleep(10)
          log.push("worker done")
        })
      })
      expect(log).toEqual(["worker done", "background cleaned up"])
      expect(now()).toBe(15)
    }))

  it("a background child that fails aborts the group like any other", () =>
    runVirtual(async () => {
      const failed = taskGroup(async (group) => {
        group.createTask(() => Promise.reject(new Error("background")), { background: true })
        await sleep(1000)
      })
      await expect(failed).rejects.toThrow("background")
    }))

  it("the current task stands at the line that asks", () =>
    runVirtual(() => {
      expect(formatCallGraph()).toMatch(/^\* task "main" \(id \d+\)\n +at .*call-graph\.test\.ts/)
    }))

  it("who waits by two ways is there once, and code outside a run is nobody's task", async () => {
    const future = new Future<number>()
    const outside = future.join()
    await runVirtual(async () => {
      const task = createTask(async () => gather([gather([future]), gather([future])]), { name: "both" })
      await sleep(0)
      expect(namesOf(callGraph(future))).toEqual(["both"])
      future.setResult(1)
      await task
    })
    expect(await outside).toBe(1)
  })
})
