import { describe, expect, it } from "vitest"
import {
  Future,
  allTasks,
  cancelScope,
  createTask,
  dumpTasks,
  formatTaskTree,
  taskGroup,
} from "../../src/core/index.ts"
import { currentScope, describeTasks, tasksBelow } from "../../src/core/lowlevel.ts"
import type { Scope } from "../../src/core/lowlevel.ts"
import { afterPoll } from "../../src/core/lowlevel.ts"
import { sleep } from "../../src/time/index.ts"
import { runVirtual } from "../../src/testing/index.ts"

function topOf(scope: Scope): Scope {
  let top = scope
  while (top.parent !== null) top = top.parent
  return top
}

describe("the tree of tasks", () => {
  it("lists the living in order of creation, whoever owns them", () =>
    runVirtual(async () => {
      await taskGroup(async (group) => {
        void group.createTask(() => sleep(10), { name: "a" })
        void createTask(() => sleep(10), { name: "b" })
        void group.createTask(
          () => taskGroup((inner) => void inner.createTask(() => sleep(5), { name: "d" })),
          {
            name: "c",
          },
        )
        await sleep(1)
        expect([...allTasks()].map(({ name }) => name)).toEqual(["main", "a", "b", "c", "d"])
        expect(tasksBelow(currentScope()).map(({ name }) => name)).toEqual(["a", "c", "d"])
      })
      await sleep(10)
      expect([...allTasks()].map(({ name }) => name)).toEqual(["main"])
    }))

  it("prints each under its owner, with what it waits for", () =>
    runVirtual(async () => {
      let open = (): void => {}
      await taskGroup(async (group) => {
        void group.createTask(
          () =>
            cancelScope(() =>
              taskGroup((inner) => void inner.createTask(() => new Future<void>(), { name: "deep" })),
            ),
          { name: "child" },
        )
        void group.createTask(() => new Promise<void>((resolve) => (open = resolve)), { name: "foreign" })
        void createTask(() => sleep(100), { name: "beside" })
        await new Promise<void>((resolve) => afterPoll(resolve))
        expect(describeTasks(topOf(currentScope()))).toBe(
          [
            '  task "main" is running',
            '    task "child" waits for task group',
            '      task "deep" waits for future',
            '    task "foreign" is in a foreign await',
            '  task "beside" waits for sleep',
          ].join("\n"),
        )
        open()
        group.cancel()
      })
    }))

  it("a record tells who is running, and in debug mode the line of each wait", () =>
    runVirtual(
      async () => {
        const child = createTask(() => sleep(10), { name: "child" })
        let settle: () => void = () => {}
        const foreign = createTask(() => new Promise<void>((resolve) => (settle = resolve)), {
          name: "foreign",
        })
        await sleep(0)
        const location = expect.stringContaining("all-tasks.test.ts") as string
        expect(dumpTasks().tasks).toMatchObject([
          { name: "main", state: "running", waitingOn: null },
          { name: "child", state: "waiting", waitingOn: { kind: "sleep", location } },
          { name: "foreign", state: "foreign", waitingOn: null },
        ])
        settle()
        await foreign
        expect(formatTaskTree()).toMatch(/task "child" waits for sleep at .*all-tasks\.test\.ts/)
        await child
      },
      { debug: true },
    ))
})
