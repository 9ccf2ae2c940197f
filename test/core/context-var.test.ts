// Context variables: seen by callees and children, not by siblings or the creator.
import { describe, expect, it } from "vitest"
import {
  Context,
  ContextVar,
  copyContext,
  createTask,
  getRunningLoop,
  sleep,
  taskGroup,
  timeout,
} from "../../src/index.ts"
import { runVirtual } from "../../src/testing/index.ts"

describe("a context variable", () => {
  it("gives its value, the fallback, the default, or an error, in that order", () =>
    runVirtual(async () => {
      const plain = new ContextVar<number>("plain")
      const withDefault = new ContextVar("default", { default: 1 })
      expect(() => plain.get()).toThrow('Cannot read variable "plain": it has no value here and no default')
      expect(plain.get(7)).toBe(7)
      expect([withDefault.get(), withDefault.get(2)]).toEqual([1, 2])
      withDefault.set(3)
      expect([withDefault.get(), withDefault.get(2)]).toEqual([3, 3])
      expect(String(plain)).toBe('<ContextVar "plain">')
      expect(() => new ContextVar(undefined as never)).toThrow(TypeError)
    }))

  it("TASK-68: is each task's own across its waits, and the default outside", () =>
    runVirtual(async () => {
      const variable = new ContextVar("v", { default: -1 })
      await taskGroup((group) => {
        for (let i = 0; i < 100; i += 1) {
          group.createTask(async () => {
            variable.set(i)
            for (let round = 0; round < 5; round += 1) {
              await sleep(i % 3)
              expect(variable.get()).toBe(i)
            }
          })
        }
      })
      expect(variable.get()).toBe(-1)
    }))

  it("TASK-69: callbacks see the value from when they were registered, and change nobody's", () =>
    runVirtual(async () => {
      const variable = new ContextVar("v", { default: "none" })
      const seen: string[] = []
      const future = getRunningLoop().createFuture<void>()
      variable.set("a")
      getRunningLoop().callSoon(() => seen.push(`soon ${variable.get()}`))
      future.addDoneCallback(() => {
        seen.push(`done ${variable.get()}`)
        variable.set("from the callback")
      })
      variable.set("b")
      future.setResult()
      await sleep(0)
      expect(seen).toEqual(["soon a", "done a"])
      expect(variable.get()).toBe("b")
    }))

  it("is inherited by children as it was when they were made", () =>
    runVirtual(async () => {
      const variable = new ContextVar("v", { default: "none" })
      variable.set("before")
      const child = createTask(async () => variable.get())
      variable.set("after")
      expect(await child).toBe("before")
    }))

  it("set in a block is seen after it, in the same task", () =>
    runVirtual(async () => {
      const variable = new ContextVar("v", { default: "none" })
      await timeout(100, async () => {
        variable.set("inside")
        await sleep(1)
      })
      expect(variable.get()).toBe("inside")
    }))

  it("TASK-62: an eager body's changes do not reach its creator", () =>
    runVirtual(async () => {
      const variable = new ContextVar("v", { default: "none" })
      const task = createTask(async () => void variable.set("eager"), { eager: true })
      expect(variable.get()).toBe("none")
      await task
    }))

  it("reset() brings the value from before back, once, in the same task and for the same variable", () =>
    runVirtual(async () => {
      const variable = new ContextVar<string>("v")
      const first = variable.set("one")
      const second = variable.set("two")
      variable.reset(second)
      expect(variable.get()).toBe("one")
      expect(() => variable.reset(second)).toThrow("the token was used already")
      expect(() => new ContextVar<string>("w").reset(first)).toThrow(TypeError)
      const stranger = createTask(async () => variable.reset(first))
      await expect(stranger.join()).rejects.toThrow("the token is another task's")
      variable.reset(first)
      expect(() => variable.get()).toThrow("has no value")
    }))
})

describe("a context", () => {
  it("is a copy: later changes are not in it, and what runs in it changes it alone", () =>
    runVirtual(async () => {
      const variable = new ContextVar("v", { default: "none" })
      variable.set("a")
      const context = copyContext()
      variable.set("b")
      expect(context.get(variable)).toBe("a")
      expect(context.run(() => `${variable.get()} ${variable.set("c").variable.name}`)).toBe("a v")
      expect([variable.get(), context.get(variable)]).toEqual(["b", "c"])
    }))

  it("gives null and undefined where they were set, and the value that came by name only where nothing was", () => {
    const variable = new ContextVar<string | null | undefined>("v")
    for (const value of [null, undefined]) {
      const values = new Map<ContextVar<never> | string, unknown>([
        [variable as unknown as ContextVar<never>, value],
        ["v", "by name"],
      ])
      expect(new Context(values).get(variable)).toBe(value)
    }
    expect(new Context(new Map([["v", "by name"]])).get(variable)).toBe("by name")
  })

  it("given to tasks is shared by them, one after the other", () =>
    runVirtual(async () => {
      const variable = new ContextVar("v", { default: 0 })
      const context = copyContext()
      const count = async (): Promise<number> => {
        variable.set(variable.get() + 1)
        return variable.get()
      }
      expect(await createTask(count, { context })).toBe(1)
      expect(await createTask(count, { context })).toBe(2)
      expect([variable.get(), context.get(variable)]).toEqual([0, 2])
    }))
})
