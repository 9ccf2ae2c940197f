// Signals: odd reasons, aborted before, in the turn of being served, listeners that throw or call back; and the one
// long-lived signal that everything hangs on for an hour.
import { EventEmitter, getEventListeners } from "node:events"
import { AsyncLocalStorage } from "node:async_hooks"
import { afterAll, describe, expect, it } from "vitest"
import {
  cancelScope,
  createTask,
  currentTask,
  isCancelled,
  joinOnly,
  sleep,
  taskGroup,
  timeout,
} from "../../src/index.ts"
import { schedule } from "../../src/core/lowlevel.ts"
import { expectCount, holds, injected, noise, oddValues, playFault } from "./fault-rig.ts"
import { libraryWaits } from "./library-waits.ts"

/** Plays a wait in a task of its own; `disturb` is called with what can be done to it once it waits. */
async function playWait(
  name: string,
  limits: { signal?: AbortSignal },
  disturb: (
    thing: ReturnType<(typeof libraryWaits)[string]>,
    cancel: (reason?: unknown) => boolean,
  ) => unknown,
): Promise<{ readonly value: unknown } | { readonly error: unknown }> {
  let end: { readonly value: unknown } | { readonly error: unknown } = { error: "none" }
  const { errors } = await playFault(async () => {
    const thing = libraryWaits[name]?.()
    if (thing === undefined) throw new Error(`there is no wait ${name}`)
    let got: { readonly value: unknown } | null = null
    const task = createTask(async () => {
      got = { value: await thing.wait(limits) }
    })
    await disturb(thing, (reason) => task.cancel(reason))
    try {
      await joinOnly(task)
      end = { value: null }
    } catch (error) {
      end = { error }
    }
    await thing.settle(got)
  })
  if (errors.length > 0) throw new Error(`${name} is not whole afterwards`, { cause: errors[0] })
  return end
}

/** Lets a wait begin, and what it needs before that. */
const begun = (): Promise<void> => sleep(1)

describe.each(Object.keys(libraryWaits))("%s", (name) => {
  it("throws what its signal was aborted with, whatever that is and whenever it comes", async () => {
    const heard = await noise(async () => {
      for (const [kind, make] of Object.entries(oddValues)) {
        if (kind === "undefined") continue
        for (const moment of ["before", "while it waits", "served before", "served after"] as const) {
          const controller = new AbortController()
          const { signal } = controller
          const reason = make()
          if (moment === "before") controller.abort(reason)
          const end = await playWait(name, { signal }, async (thing) => {
            await begun()
            if (moment === "served before") thing.serve()
            controller.abort(reason)
            if (moment !== "served before") thing.serve()
            await sleep(10)
          })
          const text = `${kind}, ${moment}`
          // A wait that was served before it was aborted keeps what it got.
          const mayKeep = moment === "served before" || name === "sleep(0)"
          expect("error" in end ? holds(end.error, reason) : mayKeep, text).toBe(true)
          expect(getEventListeners(signal, "abort"), text).toHaveLength(0)
        }
      }
    })
    expect(heard).toEqual([])
  })

  it("carries any reason of cancel() to its CancelledError", async () => {
    for (const [kind, make] of Object.entries(oddValues)) {
      const reason = make()
      const end = await playWait(name, {}, async (_thing, cancel) => {
        if (name !== "sleep(0)") await begun()
        cancel(reason)
      })
      const error = "error" in end ? end.error : null
      expect(isCancelled(error) && Object.is(error.reason, reason), kind).toBe(true)
    }
  })

  it("survives whoever calls back in while it is being cancelled", async () => {
    for (const [act, calls] of Object.entries(callingBack)) {
      for (const isServed of [false, true]) {
        const end = await playWait(name, {}, async (thing, cancel) => {
          await begun()
          const task = createTask(() => sleep(0))
          task.signal.addEventListener("abort", () => calls(thing, cancel))
          if (isServed) thing.serve()
          task.cancel()
          cancel("stop")
          if (!isServed) thing.serve()
        })
        expect("value" in end || isCancelled(end.error), `${act}, served: ${isServed}`).toBe(true)
      }
    }
  })

  it("keeps the async context of whoever waits, however it is woken", async () => {
    for (const way of wakers) {
      const store = new AsyncLocalStorage<string>()
      const seen: unknown[] = []
      const { errors } = await playFault(async () => {
        const thing = libraryWaits[name]?.()
        if (thing === undefined) throw new Error("no wait")
        const task = store.run("of the waiter", () =>
          createTask(async () => {
            const self = currentTask()
            const value = await thing.wait()
            seen.push(store.getStore(), currentTask() === self)
            return value
          }),
        )
        await begun()
        await store.run("of the waker", () => way(() => thing.serve()))
        await thing.settle({ value: await joinOnly(task) })
      })
      expect(errors).toEqual([])
      expect(seen).toEqual(["of the waiter", true])
    }
  })

  it("leaves nothing when it was called and not awaited, in any block", async () => {
    const blocks = [
      (body: () => void) => cancelScope(body),
      (body: () => void) => timeout(100, body),
      (body: () => void) => taskGroup(body),
      (body: () => void) => createTask(body).join(),
      (body: () => void) => cancelScope(body, { shield: true }),
    ]
    for (const block of blocks) {
      for (const isServed of [false, true]) {
        let ends = 0
        const { errors, problems } = await playFault(async () => {
          const thing = libraryWaits[name]?.()
          if (thing === undefined) throw new Error("no wait")
          let got: { readonly value: unknown } | null = null
          await block(() => {
            thing.wait().then(
              (value) => {
                ends += 1
                got = { value }
              },
              () => (ends += 1),
            )
            if (isServed) thing.serve()
          })
          if (!isServed) thing.serve()
          await sleep(20)
          expect(ends).toBe(1)
          await thing.settle(got)
        })
        // Who begins a further wait when its block has ended is taken over by the one above, and named (P4).
        const floating = problems.filter(({ message }) =>
          message.startsWith("A call that nobody awaited waits"),
        )
        expect(errors.filter((error) => error !== undefined)).toEqual([])
        expect(problems).toEqual(floating)
      }
    }
  })
})

/** What a listener may do while somebody is being cancelled. */
const callingBack: Readonly<
  Record<
    string,
    (thing: ReturnType<(typeof libraryWaits)[string]>, cancel: (reason?: unknown) => boolean) => unknown
  >
> = {
  "serves it": (thing) => thing.serve(),
  "cancels it": (_thing, cancel) => cancel("from the listener"),
  "cancels it and serves it": (thing, cancel) => {
    cancel("from the listener")
    thing.serve()
  },
  "serves it and cancels it": (thing, cancel) => {
    thing.serve()
    cancel("from the listener")
  },
  "starts a task": () => void createTask(() => sleep(1)),
}

const wakers: ((serve: () => void) => unknown)[] = [
  (serve) => serve(),
  (serve) => createTask(serve).join(),
  (serve) => schedule({ runEntry: serve }),
  (serve) => new EventEmitter().on("x", serve).emit("x"),
  async (serve) => {
    await new Promise((resolve) => setImmediate(resolve))
    serve()
  },
]

describe("one long-lived signal", () => {
  it("has one listener while many wait, none afterwards, and no warning is given", async () => {
    const { signal } = new AbortController()
    const heard = await noise(async () => {
      for (let round = 0; round < 20; round += 1) {
        for (const name of Object.keys(libraryWaits)) {
          await playWait(name, { signal }, async (thing) => {
            await begun()
            expect(getEventListeners(signal, "abort").length).toBeLessThanOrEqual(1)
            thing.serve()
          })
          expect(getEventListeners(signal, "abort")).toHaveLength(0)
        }
      }
    })
    expect(heard).toEqual([])
  })
})

describe("a listener that throws", () => {
  it("is the platform's to report: who is cancelled beside it hears of the request", async () => {
    const original = process.listeners("uncaughtException")
    const thrown: unknown[] = []
    process.removeAllListeners("uncaughtException")
    process.on("uncaughtException", (error) => thrown.push(error))
    try {
      const failure = new Error("from the listener")
      let cleaned = 0
      for (let listeners = 1; listeners <= 3; listeners += 1) {
        await playFault(async () => {
          const work = async (): Promise<void> => {
            const { signal } = currentTask() ?? {}
            for (let i = 0; i < listeners; i += 1) signal?.addEventListener("abort", () => raise(failure))
            try {
              await sleep(1000)
            } finally {
              cleaned += 1
            }
          }
          await taskGroup(async (group) => {
            group.createTask(work)
            group.createTask(work)
            await sleep(1)
            group.cancel()
          })
          await new Promise((resolve) => setImmediate(resolve))
        })
        injected.count += listeners * 2
      }
      expect(cleaned).toBe(6)
      expect(thrown).toHaveLength(12)
      expect(new Set(thrown)).toEqual(new Set([failure]))
    } finally {
      process.removeAllListeners("uncaughtException")
      for (const listener of original) process.on("uncaughtException", listener)
    }
  })
})

function raise(error: Error): never {
  throw error
}

afterAll(() => expectCount(3000))
