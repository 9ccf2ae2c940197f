// `except*`: who sees which errors, and what is thrown again.
import { describe, expect, it } from "vitest"
import {
  CancelledError,
  TaskGroupError,
  createTask,
  joinOnly,
  matchErrors,
  sleep,
  taskGroup,
} from "../../src/index.ts"
import { runVirtual } from "../../src/testing/index.ts"

const caught = (promise: Promise<void>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  )

/** Messages of a group, nested as it is. */
function shape(error: unknown): unknown {
  return error instanceof TaskGroupError ? error.errors.map(shape) : (error as Error).message
}

const a = new RangeError("a")
const b = new TypeError("b")
const c = new RangeError("c")
const nested = (): TaskGroupError =>
  new TaskGroupError([a, new TaskGroupError([b, new TaskGroupError([c])]), new SyntaxError("d")])

describe("matchErrors()", () => {
  it("calls each row once with a group of what matched, in their shape, and throws nothing if nothing is left", () =>
    runVirtual(async () => {
      const seen: unknown[] = []
      await matchErrors(nested(), [
        [RangeError, (group) => seen.push(["range", shape(group)])],
        [TypeError, (group) => seen.push(["type", shape(group)])],
        [Error, (group) => seen.push(["rest", shape(group)])],
        [Error, () => expect.unreachable("nothing is left")],
      ])
      expect(seen).toEqual([
        ["range", ["a", [["c"]]]],
        ["type", [["b"]]],
        ["rest", ["d"]],
      ])
    }))

  it("throws the rest again, in its shape", () =>
    runVirtual(async () => {
      const rest = await caught(matchErrors(nested(), [[RangeError, () => {}]]))
      expect(rest).toBeInstanceOf(TaskGroupError)
      expect(shape(rest)).toEqual([["b"], "d"])
      expect((rest as TaskGroupError).find(TypeError)).toBe(b)
    }))

  it("parts a nested group of which only a part matches", () =>
    runVirtual(async () => {
      const seen: unknown[] = []
      const group = new TaskGroupError([new TaskGroupError([a, b])])
      const rest = await caught(matchErrors(group, [[RangeError, (matched) => seen.push(shape(matched))]]))
      expect(seen).toEqual([[["a"]]])
      expect(shape(rest)).toEqual([["b"]])
    }))

  it("hands out and throws the very groups of which nothing was taken", () =>
    runVirtual(async () => {
      const group = nested()
      expect(await caught(matchErrors(group, []))).toBe(group)
      expect(await caught(matchErrors(group, [[EvalError, () => expect.unreachable("no match")]]))).toBe(
        group,
      )
      await matchErrors(group, [[Error, (matched) => expect(matched).toBe(group)]])
      const rest = await caught(matchErrors(group, [[SyntaxError, () => {}]]))
      expect((rest as TaskGroupError).errors[1]).toBe(group.errors[1])
    }))

  it("an error that is no group counts as a group of one; unmatched it is thrown as it is", () =>
    runVirtual(async () => {
      const seen: unknown[] = []
      await matchErrors(a, [[RangeError, (group) => seen.push(group.errors)]])
      expect(seen).toEqual([[a]])
      expect(await caught(matchErrors(a, [[TypeError, () => {}]]))).toBe(a)
      expect(await caught(matchErrors("thrown text", [[TypeError, () => {}]]))).toBe("thrown text")
    }))

  it("awaits handlers, and collects what they throw with the rest", () =>
    runVirtual(async () => {
      const log: string[] = []
      const mine = new Error("handler of range")
      const error = await caught(
        matchErrors(nested(), [
          [RangeError, () => Promise.reject(mine)],
          [
            TypeError,
            async () => {
              await sleep(5)
              log.push("awaited")
            },
          ],
        ]),
      )
      expect(log).toEqual(["awaited"])
      expect(shape(error)).toEqual(["handler of range", ["d"]])
      expect((error as TaskGroupError).errors[0]).toBe(mine)
      const alone = await caught(matchErrors(a, [[RangeError, () => Promise.reject(mine)]]))
      expect(alone).toMatchObject({ errors: [mine] })
    }))

  it("a handler that throws its group again puts the errors back in their place", () =>
    runVirtual(async () => {
      const again = (group: TaskGroupError): never => {
        throw group
      }
      const error = await caught(
        matchErrors(nested(), [
          [TypeError, () => {}],
          [RangeError, again],
        ]),
      )
      expect(shape(error)).toEqual(["a", [["c"]], "d"])
      const group = nested()
      expect(await caught(matchErrors(group, [[Error, again]]))).toBe(group)
      expect(await caught(matchErrors(a, [[Error, again]]))).toBe(a)
    }))

  it("the same error in two places is handled in both", () =>
    runVirtual(async () => {
      const group = new TaskGroupError([a, new TaskGroupError([a, b])])
      const rest = await caught(
        matchErrors(group, [[RangeError, (matched) => expect(shape(matched)).toEqual(["a", ["a"]])]]),
      )
      expect(shape(rest)).toEqual([["b"]])
    }))

  it("throws a CancelledError untouched, also one of a handler's waits", () =>
    runVirtual(async () => {
      const cancelled = new CancelledError("mine")
      expect(await caught(matchErrors(cancelled, [[Error, () => expect.unreachable("not handled")]]))).toBe(
        cancelled,
      )
      const task = createTask(() => matchErrors(nested(), [[RangeError, () => sleep(1000)]]))
      await sleep(5)
      task.cancel("while handling")
      await expect(joinOnly(task)).rejects.toMatchObject({ reason: "while handling" })
    }))

  it("takes what a task group throws", () =>
    runVirtual(async () => {
      const seen: unknown[] = []
      try {
        await taskGroup(async (group) => {
          void group.createTask(() => Promise.reject(a))
          void group.createTask(() => Promise.reject(b))
        })
      } catch (error) {
        await matchErrors(error, [
          [RangeError, (group) => seen.push(shape(group))],
          [TypeError, (group) => seen.push(shape(group))],
        ])
      }
      expect(seen).toEqual([["a"], ["b"]])
    }))

  it("refuses rows that are none, before any handler is called", () =>
    runVirtual(async () => {
      const never = (): never => expect.unreachable("not called")
      await expect(
        matchErrors(a, [
          [Error, never],
          [Error, undefined as never],
        ]),
      ).rejects.toThrow(new TypeError("Expected each row to be `[Class, handler]`"))
      await expect(matchErrors(a, [[TaskGroupError, never]])).rejects.toThrow("rows see what is inside")
    }))
})
