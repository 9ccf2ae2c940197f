// Bound functions run in the scope of whoever bound them.
import { AsyncLocalStorage } from "node:async_hooks"
import { expect, it } from "vitest"
import { bind, createTask, currentTask, sleep } from "../../src/index.ts"
import { runVirtual } from "../../src/testing/index.ts"

it("a bound function runs in the scope and context where it was bound, with `this` and arguments", () =>
  runVirtual(async () => {
    const storage = new AsyncLocalStorage<string>()
    let handler = (_n: number): string => ""
    const task = createTask(
      () =>
        storage.run("mine", async () => {
          handler = bind((n: number) => `${currentTask()?.name} ${storage.getStore()} ${n}`)
          await sleep(10)
        }),
      { name: "binder" },
    )
    await sleep(1)
    expect(handler(1)).toBe("binder mine 1")
    expect(currentTask()?.name).toBe("main")
    await task
    expect(() => bind(1 as never)).toThrow(TypeError)
  }))
