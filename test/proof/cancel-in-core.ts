// Tasks, groups, scopes, futures and bridges: small programs around each public function that waits.
import { expect } from "vitest"
import {
  Future,
  cancelScope,
  cancellable,
  coroutine,
  createTask,
  ensureFuture,
  getRunningLoop,
  sleep,
  taskGroup,
  wrapFuture,
} from "../../src/index.ts"
import type { Executor, Task } from "../../src/index.ts"
import type { Scenario, World } from "./cancel-rig.ts"

/** Work with a finalizer, for a task that is awaited. */
function working(world: World, ms = 2): () => Promise<string> {
  return () => world.finalizing(() => sleep(ms, "worked"))
}

/** A promise that is not ours, and its switch. */
function deferred<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve!: (value: T) => void
  const promise = new Promise<T>((done) => (resolve = done))
  return { promise, resolve }
}

/** Ways to a task whose awaiter passes a request on. */
function starters(): Scenario[] {
  const ways: Record<string, (fn: () => Promise<string>, limits: object) => Future<string>> = {
    createTask: (fn, limits) => createTask(fn, limits),
    ensureFuture: (fn) => ensureFuture(fn),
    "EventLoop.createTask": (fn, limits) => getRunningLoop().createTask(fn, limits),
    "EventLoop.makeTask": (fn, limits) => getRunningLoop().makeTask(fn, limits),
    "EventLoop.runCoroutineThreadsafe": (fn) => getRunningLoop().runCoroutineThreadsafe(fn),
    "EventLoop.runInExecutor": (fn) => getRunningLoop().runInExecutor(inline, fn),
  }
  const takingSignal = new Set(["createTask", "EventLoop.createTask", "EventLoop.makeTask"])
  return Object.entries(ways).map(([name, start]) => ({
    title: `${name}: await what it gives`,
    names: name === "EventLoop.runInExecutor" ? [name, "Executor.submit"] : [name],
    ...(takingSignal.has(name) ? { onSignal: "cancelled" as const } : {}),
    stage: (world) => {
      let task: Future<string> | null = null
      return {
        victim: async (limits) => {
          task = start(working(world), limits)
          return await task
        },
        after: () => expect(task?.done() ?? true).toBe(true),
      }
    },
  }))
}

const inline: Executor = {
  submit: (fn, ...args) => ensureFuture(async () => fn(...args)) as Future<Awaited<ReturnType<typeof fn>>>,
}

/** The end of a loop's own executor, which takes its time. */
function executorShutdown(): Scenario {
  return {
    title: "EventLoop.shutdownDefaultExecutor",
    names: ["EventLoop.shutdownDefaultExecutor", "Executor.shutdown"],
    onSignal: "reason",
    stage: () => ({
      victim: async (limits) => {
        const loop = getRunningLoop()
        loop.setDefaultExecutor({ ...inline, shutdown: (options) => sleep(3, undefined, options) })
        await loop.shutdownDefaultExecutor(limits)
        return "shut down"
      },
    }),
  }
}

/** Ways to wait for a future that somebody else sets. */
function futures(): Scenario[] {
  const ways: Record<string, (future: Future<string>) => Promise<string>> = {
    "Future.then": async (future) => await future,
    "Future.join": (future) => future.join(),
    "EventLoop.createFuture": async (future) => await future,
  }
  const plain = Object.entries(ways).map(([name, waits]): Scenario => ({
    title: name,
    names: [name],
    stage: () => {
      const future =
        name === "EventLoop.createFuture" ? getRunningLoop().createFuture<string>() : new Future<string>()
      const passesOn = name !== "Future.join"
      return {
        victim: () => waits(future),
        beside: [
          async () => {
            await sleep(3)
            if (!future.done()) future.setResult("set")
          },
        ],
        after: ({ outcome }) => {
          expect(future.done()).toBe(true)
          if (!passesOn) expect(future.result()).toBe("set")
          if (outcome === "value" && !future.cancelled()) expect(future.result()).toBe("set")
          expect([...future.awaiters()]).toEqual([])
        },
      }
    },
  }))
  const ofTasks = (["then", "join"] as const).map((method): Scenario => ({
    title: `Task.${method}`,
    names: [`Task.${method}`],
    stage: (world) => {
      let task: Task<string> | null = null
      return {
        victim: async () => {
          const started = createTask(working(world))
          task = started
          return method === "then" ? await started : started.join()
        },
        after: async () => {
          if (task === null) return
          if (method === "join") expect(await task).toBe("worked")
          expect([task.done(), ...task.awaiters()]).toEqual([true])
        },
      }
    },
  }))
  return [...plain, ...ofTasks]
}

const groups: Scenario[] = [
  {
    title: "taskGroup: body and children",
    names: ["taskGroup", "TaskGroup.createTask"],
    onSignal: "undefined",
    stage: (world) => {
      let living = 0
      const child = async (): Promise<void> => {
        living += 1
        try {
          await world.finalizing(() => sleep(2))
        } finally {
          living -= 1
        }
      }
      return {
        victim: (limits) =>
          taskGroup(async (group) => {
            group.createTask(child)
            group.createTask(() => taskGroup(async (inner) => void inner.createTask(child)))
            group.createTask(() => world.finalizing(() => sleep(1000)), { background: true })
            await world.finalizing(() => sleep(1))
            return "all there"
          }, limits),
        after: () => expect(living).toBe(0),
      }
    },
  },
  {
    title: "TaskGroup.start: ready, then at work",
    names: ["TaskGroup.start"],
    stage: (world) => {
      let living = 0
      const serve = async (ready: (port: number) => void): Promise<void> => {
        living += 1
        try {
          await world.finalizing(async () => {
            await sleep(2)
            ready(80)
            await sleep(2)
          })
        } finally {
          living -= 1
        }
      }
      return {
        victim: () => taskGroup((group) => group.start(serve)),
        after: () => expect(living).toBe(0),
      }
    },
  },
  {
    title: "group.createTask: awaited by the body",
    names: ["TaskGroup.createTask"],
    stage: (world) => ({
      victim: () =>
        taskGroup(async (group) => {
          const child = group.createTask(working(world))
          return await child
        }),
    }),
  },
]

const scopes: Scenario[] = [
  {
    title: "cancelScope",
    names: ["cancelScope"],
    onSignal: "undefined",
    stage: (world) => ({
      victim: (limits) => cancelScope(() => world.finalizing(() => sleep(2, "left")), limits),
    }),
  },
  {
    title: "cancelScope with a shield",
    names: ["cancelScope"],
    stage: () => {
      let begun = 0
      let ended = 0
      return {
        victim: () =>
          cancelScope(
            async () => {
              begun += 1
              await sleep(2)
              await sleep(1)
              ended += 1
              return "undisturbed"
            },
            { shield: true },
          ),
        after: () => expect(ended).toBe(begun),
      }
    },
  },
]

const bridges: Scenario[] = [
  {
    title: "cancellable",
    names: ["cancellable"],
    onSignal: "reason",
    stage: () => {
      const { promise, resolve } = deferred<string>()
      return {
        victim: (limits) => cancellable(promise, limits),
        beside: [() => sleep(2).then(() => resolve("there"))],
        after: async () => expect(await promise).toBe("there"),
      }
    },
  },
  {
    title: "cancellable with onCancel",
    names: ["cancellable"],
    onSignal: "reason",
    stage: () => {
      let calls = 0
      const { promise, resolve } = deferred<string>()
      return {
        victim: (limits) =>
          cancellable(promise, {
            ...limits,
            onCancel: async () => {
              calls += 1
              await sleep(1)
            },
          }),
        beside: [() => sleep(3).then(() => resolve("there"))],
        after: () => expect(calls).toBeLessThanOrEqual(1),
      }
    },
  },
  {
    title: "wrapFuture",
    names: ["wrapFuture"],
    stage: () => {
      const { promise, resolve } = deferred<string>()
      return {
        victim: async () => await wrapFuture(promise),
        beside: [() => sleep(2).then(() => resolve("there"))],
        after: async () => expect(await promise).toBe("there"),
      }
    },
  },
  {
    title: "coroutine",
    names: ["coroutine"],
    stage: (world) => {
      let finalizers = 0
      let begun = 0
      const { promise, resolve } = deferred<number>()
      const body = coroutine(function* () {
        begun += 1
        try {
          const first = yield* createTask(working(world))
          return [first, yield promise, yield sleep(1, "slept")]
        } finally {
          finalizers += 1
          yield sleep(1)
        }
      })
      return {
        victim: () => body(),
        beside: [() => sleep(6).then(() => resolve(7))],
        after: () => expect(finalizers).toBe(begun),
      }
    },
  },
]

/** Scenarios of the room core. */
export const cancelInCore: readonly Scenario[] = [
  executorShutdown(),
  ...starters(),
  ...futures(),
  ...groups,
  ...scopes,
  ...bridges,
]
