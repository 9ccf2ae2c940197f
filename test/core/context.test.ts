import { AsyncLocalStorage, AsyncResource } from "node:async_hooks"
import { EventEmitter } from "node:events"
import { describe, expect, it } from "vitest"
import { Future, createTask, currentTask, run, taskGroup } from "../../src/core/index.ts"
import { captureContext, enter, runOutsideTasks, runningTask } from "../../src/core/lowlevel.ts"
import { captureForeign, currentStore, enterIn } from "../../src/core/context.ts"
import { sleep, timeout } from "../../src/time/index.ts"
import { runVirtual } from "../../src/testing/index.ts"
import { runProgram } from "./child.ts"
import { thenable } from "./outcomes.ts"

describe("the one context", () => {
  it("is the store for a call and all that it awaits, and nothing else", async () => {
    const store = {}
    expect(currentStore()).toBeUndefined()
    const inside = enter(
      store,
      async (argument: number) => {
        expect([argument, currentStore()]).toEqual([5, store])
        await Promise.resolve()
        return currentStore()
      },
      5,
    )
    expect(currentStore()).toBeUndefined()
    expect(await inside).toBe(store)
  })

  it("runOutsideTasks: what it opens belongs to nobody, other people's stores included", () =>
    runVirtual(async () => {
      const storage = new AsyncLocalStorage<string>()
      await storage.run("mine", async () => {
        expect(runOutsideTasks(() => [runningTask(), storage.getStore()])).toEqual([null, undefined])
        const later = runOutsideTasks(async () => {
          await Promise.resolve()
          return runningTask()
        })
        expect(await later).toBe(null)
        expect([currentTask()?.name, storage.getStore()]).toEqual(["main", "mine"])
      })
    }))

  it("captureContext brings back all stores of the moment", () => {
    const storage = new AsyncLocalStorage<string>()
    const resource = storage.run("then", () => captureContext("test"))
    expect(resource.runInAsyncScope(() => storage.getStore())).toBe("then")
    expect(storage.getStore()).toBeUndefined()
  })

  it("captureForeign and enterIn: other people's stores of the moment, ours as it is given", async () => {
    const storage = new AsyncLocalStorage<string>()
    const [outer, inner] = [{}, {}]
    const seen = (): unknown[] => [currentStore(), storage.getStore()]
    const plain = enter(outer, () => captureForeign("test"), undefined)
    const foreign = storage.run("then", () => enter(outer, () => captureForeign("test"), undefined))
    const inPlain = storage.run("now", () =>
      enterIn(plain, inner, async () => [seen(), await Promise.resolve(), seen()], undefined),
    )
    expect(await inPlain).toEqual([[inner, undefined], undefined, [inner, undefined]])
    expect(storage.run("now", () => enterIn(foreign, inner, seen, undefined))).toEqual([inner, "then"])
    expect(enter(outer, () => [enterIn(plain, inner, seen, undefined), seen()], undefined)).toEqual([
      [inner, undefined],
      [outer, undefined],
    ])
  })

  it("is not touched before the first task or scope", async () => {
    // On Node 20 and 22 each promise of the process pays once a store was entered.
    const end = await runProgram(`
      import { createHook, executionAsyncResource } from "node:async_hooks"
      const future = new Future()
      future.setResult(1)
      const stores = Object.getOwnPropertySymbols(executionAsyncResource()).length
      console.log(stores)
      await run(() => sleep(1))
    `)
    expect([end.code, end.stdout]).toEqual([0, "0\n"])
  })

  it("two copies of the package see each other's tasks' scopes", async () => {
    const end = await runProgram(`
      const copy = await import(dist + "/core/context.js?copy")
      await run(async () => {
        console.log(copy.currentStore() === lowlevel.currentScope())
      })
    `)
    expect(end.stdout).toBe("true\n")
  })
})

describe("stores of other people", () => {
  const storage = new AsyncLocalStorage<string>()

  it("of the creator are seen in tasks, groups, timeouts and done callbacks", () =>
    run(
      async () => {
        const seen: Record<string, string | undefined> = {}
        const future = new Future<void>()
        await storage.run("creator", async () => {
          const task = createTask(async () => {
            seen["task"] = storage.getStore()
            await sleep(1)
            seen["task after a wait"] = storage.getStore()
          })
          future.addDoneCallback(() => (seen["callback"] = storage.getStore()))
          await taskGroup(async (group) => {
            void group.createTask(async () => {
              await task
              seen["child"] = storage.getStore()
            })
            seen["body"] = storage.getStore()
          })
          seen["after the group"] = storage.getStore()
          await timeout(100, async () => {
            await sleep(1)
            seen["timeout"] = storage.getStore()
          })
        })
        storage.run("other", () => future.setResult())
        await sleep(0)
        expect(seen).toEqual({
          task: "creator",
          "task after a wait": "creator",
          callback: "creator",
          child: "creator",
          body: "creator",
          "after the group": "creator",
          timeout: "creator",
        })
      },
      { handleSignals: false },
    ))

  it("of a waiter are its own when somebody else wakes it", () =>
    run(
      async () => {
        const box = new Future<string>()
        const waiter = storage.run("waiter", () =>
          createTask(
            async () => {
              await box
              return [storage.getStore(), currentTask()?.name]
            },
            { name: "waiter" },
          ),
        )
        await sleep(0)
        await storage.run("waker", async () => {
          box.setResult("v")
          await sleep(0)
          expect(storage.getStore()).toBe("waker")
        })
        expect(await waiter).toEqual(["waiter", "waiter"])
      },
      { handleSignals: false },
    ))

  it("currentTask() is right after every kind of await", () =>
    run(
      async () => {
        const emitter = new EventEmitter()
        const kinds: Record<string, () => PromiseLike<unknown>> = {
          value: () => Promise.resolve(1),
          "native promise": () => new Promise((resolve) => setTimeout(resolve, 1)),
          immediate: () => new Promise((resolve) => setImmediate(resolve)),
          tick: () => new Promise((resolve) => process.nextTick(resolve)),
          thenable: () => thenable((resolve) => void setTimeout(resolve, 1)),
          future: () => {
            const future = new Future<void>()
            void createTask(() => future.setResult())
            return future
          },
          task: () => createTask(() => sleep(1)),
          "promise of a task": () => Promise.all([createTask(() => sleep(1)), createTask(() => 1)]),
          race: () => Promise.race([sleep(1), createTask(() => sleep(2)).join()]),
          emitter: () => {
            void createTask(() => void emitter.emit("go"))
            return new Promise((resolve) => emitter.once("go", resolve))
          },
          generator: async () => {
            for await (const n of (async function* () {
              yield await sleep(1, 1)
              yield createTask(() => 2)
            })())
              expect(n).toBeGreaterThan(0)
          },
          "rejected future": async () => {
            const future = new Future<void>()
            void createTask(() => future.setException(new Error("E")))
            await future.then(null, () => {})
          },
          group: () => taskGroup((group) => void group.createTask(() => sleep(1))),
        }
        const check = async (name: string): Promise<void> => {
          for (const [kind, make] of Object.entries(kinds)) {
            await make()
            expect([kind, currentTask()?.name]).toEqual([kind, name])
            await Promise.resolve()
            expect([kind, currentTask()?.name]).toEqual([kind, name])
          }
        }
        await taskGroup(async (group) => {
          for (const name of ["a", "b", "c"]) void group.createTask(() => check(name), { name })
        })
        expect(currentTask()?.name).toBe("main")
      },
      { handleSignals: false },
    ))

  it("an AsyncResource made in a task belongs to it", () =>
    runVirtual(async () => {
      const resource = await createTask(async () => new AsyncResource("r"), { name: "maker" })
      expect(resource.runInAsyncScope(() => runningTask())).toBe(null)
      expect(currentTask()?.name).toBe("main")
    }))
})
