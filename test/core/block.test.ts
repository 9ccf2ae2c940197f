import { describe, expect, it } from "vitest"
import { CancelledError, Future, createTask, currentTask } from "../../src/core/index.ts"
import { currentScope, openBlock, runBlock } from "../../src/core/lowlevel.ts"
import { enterBody } from "../../src/core/block.ts"
import { sleep } from "../../src/time/index.ts"
import { runVirtual } from "../../src/testing/index.ts"
import { errorOf } from "./outcomes.ts"

const owner = { describe: () => "a block" }

describe("a block", () => {
  it("runs its body at once, in its scope and the same task", () =>
    runVirtual(async () => {
      const task = currentTask()
      const scope = openBlock(owner, false)
      let isCalled = false
      const end = runBlock(
        scope,
        async (argument: number) => {
          isCalled = true
          expect([argument, currentScope(), currentTask()]).toEqual([5, scope, task])
          await sleep(1)
          expect(currentScope()).toBe(scope)
          return "v"
        },
        5,
      )
      expect(isCalled).toBe(true)
      expect(await end).toEqual({ absorbed: false, value: "v" })
      expect([scope.state, currentTask()]).toEqual(["ended", task])
    }))

  it("absorbs a CancelledError only when it was cancelled itself, and gives every other error back", () =>
    runVirtual(async () => {
      const own = openBlock(owner, false)
      const error = new CancelledError("m")
      own.cancel(error)
      expect(await runBlock(own, () => sleep(10), null)).toEqual({ absorbed: true, error })
      const other = openBlock(owner, false)
      expect(
        await errorOf(runBlock(other, () => Promise.reject(new CancelledError("foreign")), null)),
      ).toMatchObject({
        reason: "foreign",
      })
      const failed = openBlock(owner, false)
      failed.cancel(new CancelledError())
      const thrown = runBlock(
        failed,
        () => {
          throw new RangeError("at once")
        },
        null,
      )
      expect(await errorOf(thrown)).toBeInstanceOf(RangeError)
      expect([own.state, other.state, failed.state]).toEqual(["stopped", "stopped", "stopped"])
    }))

  it("C3: throws a request from above that is pending when its own leaves", () =>
    runVirtual(async () => {
      const task = createTask(async () => {
        const scope = openBlock(owner, false)
        await runBlock(
          scope,
          async () => {
            scope.cancel(new CancelledError("own"))
            const error = await errorOf(sleep(10))
            task.cancel("above")
            throw error
          },
          null,
        )
      })
      expect(await errorOf(task)).toMatchObject({ reason: "above" })
    }))

  it("awaits a task or future that the body gives in its own scope", () =>
    runVirtual(async () => {
      const scope = openBlock(owner, false)
      const future = new Future<void>()
      const end = runBlock(scope, () => future, null)
      scope.cancel(new CancelledError("m"))
      expect(future.cancelled()).toBe(true)
      expect(await end).toMatchObject({ absorbed: true })
      const other = openBlock(owner, false)
      expect(enterBody(other, () => 5, null)).toBe(5)
      other.end("ended")
    }))
})
