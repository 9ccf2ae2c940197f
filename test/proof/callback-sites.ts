// Every place where somebody else's function is called: what it throws must arrive, and what it used must be whole.
import { expect } from "vitest"
import {
  Barrier,
  CapacityLimiter,
  Condition,
  Future,
  Lock,
  Pool,
  PriorityQueue,
  RateLimiter,
  Semaphore,
  asCompleted,
  cancelAndWait,
  cancelScope,
  cancellable,
  collect,
  copyContext,
  coroutine,
  createTask,
  dual,
  ensureFuture,
  every,
  gather,
  getRunningLoop,
  map,
  matchErrors,
  moveOnAfter,
  once,
  race,
  resource,
  retry,
  shield,
  sleep,
  staggeredRace,
  taskGroup,
  timeout,
  timeoutAt,
  wait,
  waitFor,
  wrapFuture,
  TaskGroupError,
} from "../../src/index.ts"
import { now } from "../../src/testing/index.ts"

/** A place where a function of the user is called. */
export interface CallbackSite {
  readonly title: string
  /** Runs a program in which `fault` is called once; gives what that came to, if the program can tell. */
  readonly run: (fault: () => unknown) => unknown
  /** The function has to give its value at once. */
  readonly isSync?: true
  /** What it gives is no matter, or something else comes of it. */
  readonly isDropped?: true
  /** That it throws is an answer like another. */
  readonly isAnswer?: true
  /** It is awaited by a wait of the library: the virtual clock does not stand still for what is foreign in it. */
  readonly isBridge?: true
}

type Fault = () => unknown
type Pending = () => Promise<unknown>

const hour = (): Promise<void> => sleep(3_600_000)

const later = new Error("later")

/** Uses a thing after the fault: a follow-up that hangs shows what was lost. */
async function thenUse(program: () => unknown, use: () => unknown): Promise<unknown> {
  try {
    return await program()
  } finally {
    await cancelScope(() => use(), { shield: true })
  }
}

const works: CallbackSite[] = [
  { title: "createTask", run: (fault) => createTask(fault).join() },
  { title: "createTask, eager", run: (fault) => createTask(fault, { eager: true }).join() },
  {
    title: "createTask, never awaited",
    run: (fault) => {
      void createTask(fault)
      return sleep(10)
    },
    isDropped: true,
  },
  { title: "ensureFuture", run: (fault) => ensureFuture(fault as Pending).join() },
  { title: "the body of a group", run: (fault) => taskGroup(() => fault()) },
  {
    title: "a child of a group, beside siblings",
    run: (fault) =>
      taskGroup(async (group) => {
        group.createTask(() => sleep(1))
        const child = group.createTask(fault)
        group.createTask(() => hour().catch(() => sleep(1)))
        const value = await child
        group.cancel()
        return value
      }),
    isDropped: true,
  },
  {
    title: "group.start",
    run: (fault) =>
      taskGroup((group) =>
        group.start(async (ready) => {
          ready(await fault())
        }),
      ),
  },
  { title: "cancelScope", run: (fault) => cancelScope(() => fault()) },
  { title: "cancelScope with a shield", run: (fault) => cancelScope(() => fault(), { shield: true }) },
  { title: "timeout", run: (fault) => timeout(1000, () => fault()) },
  { title: "timeoutAt", run: (fault) => timeoutAt(now() + 1000, () => fault()) },
  {
    title: "moveOnAfter",
    run: async (fault) => {
      const end = await moveOnAfter(1000, () => fault())
      return end.timedOut ? undefined : end.value
    },
  },
  { title: "every", run: (fault) => moveOnAfter(50, () => every(20, () => fault())), isDropped: true },
  { title: "gather", run: async (fault) => (await gather([() => sleep(1), fault as Pending]))[1] },
  {
    title: "gather, beside a work that fails later",
    run: async (fault) => {
      const failsLater = async (): Promise<never> => {
        await sleep(5)
        throw later
      }
      try {
        await gather([fault as Pending, failsLater])
      } catch (error) {
        if (error !== later) throw error
      } finally {
        await sleep(10)
      }
    },
    isDropped: true,
  },
  {
    title: "gather that gives exceptions",
    run: async (fault) => {
      const [end] = await gather([fault as Pending], { returnExceptions: true }).join()
      if (end !== "first") throw end
      return end
    },
  },
  {
    title: "wait",
    run: async (fault) => {
      const { done } = await wait([fault as Pending])
      return [...done][0]?.result()
    },
  },
  {
    title: "wait for the first exception",
    run: async (fault) => {
      const { done, pending } = await wait([fault as Pending, () => sleep(20)], {
        returnWhen: "first-exception",
      })
      await gather([...pending])
      return [...done][0]?.result()
    },
  },
  { title: "waitFor", run: (fault) => waitFor(fault as Pending, 1000) },
  {
    title: "asCompleted",
    run: async (fault) => {
      for await (const outcome of asCompleted([fault as Pending])) {
        if (!outcome.ok) throw outcome.error
        return outcome.value
      }
      throw new Error("no outcome")
    },
  },
  { title: "race", run: (fault) => race([fault as Pending, () => hour()]) },
  {
    title: "race, as a loser",
    run: (fault) =>
      race([
        () => sleep(1, "won"),
        async () => {
          try {
            await hour()
          } finally {
            await fault()
          }
        },
      ]),
    isDropped: true,
  },
  {
    title: "staggeredRace",
    run: async (fault) => {
      const { errors, value } = await staggeredRace([fault as Pending], null)
      if (value === null) throw errors[0]
      return value
    },
  },
  { title: "shield", run: (fault) => shield(fault as Pending).join() },
  {
    title: "retry",
    run: (fault) =>
      retry((attempt) => (attempt === 2 ? fault() : Promise.reject(new Error("first"))), {
        attempts: 2,
        delay: 1,
      }),
  },
  {
    title: "retry: when",
    run: (fault) =>
      retry(() => Promise.reject(new Error("E")), { attempts: 2, delay: 1, when: fault as () => boolean }),
    isSync: true,
    isDropped: true,
  },
  {
    title: "retry: delay",
    run: (fault) =>
      retry(() => Promise.reject(new Error("E")), { attempts: 2, delay: fault as () => number }),
    isSync: true,
    isDropped: true,
  },
  { title: "map", run: async (fault) => (await collect.array(map([1], fault, { concurrency: 2 })))[0] },
  {
    title: "map, beside others",
    run: (fault) =>
      collect.array(
        map([1, 2, 3, 4], (n) => (n === 2 ? fault() : sleep(n)), { concurrency: 2, ordered: false }),
      ),
    isDropped: true,
  },
  {
    title: "cancelAndWait",
    run: async (fault) => {
      const task = createTask(async () => {
        try {
          await hour()
        } finally {
          await fault()
        }
      })
      await sleep(1)
      await cancelAndWait(task)
    },
    isDropped: true,
  },
]

const blocks: CallbackSite[] = [
  {
    title: "Lock.run",
    run: (fault) => {
      const lock = new Lock()
      return thenUse(
        () => lock.run(fault),
        () => lock.run(() => expect(lock.statistics().waiting).toBe(0)),
      )
    },
  },
  {
    title: "Semaphore.run",
    run: (fault) => {
      const gate = new Semaphore(1)
      return thenUse(
        () => gate.run(fault),
        () => gate.run(() => expect(gate.statistics()).toEqual({ free: 0, waiting: 0 })),
      )
    },
  },
  {
    title: "CapacityLimiter.run",
    run: (fault) => {
      const limiter = new CapacityLimiter(1)
      return thenUse(
        () => limiter.run(fault),
        () => limiter.run(() => expect(limiter.statistics().borrowed).toBe(1)),
      )
    },
  },
  {
    title: "RateLimiter.run",
    run: (fault) => {
      const limiter = new RateLimiter({ budgets: { calls: { limit: 1, per: 1 } }, concurrency: 1 })
      return thenUse(
        () => limiter.run(fault),
        () => limiter.run(() => expect(limiter.statistics().running).toBe(1)),
      )
    },
  },
  { title: "Barrier.run", run: (fault) => new Barrier(1).run(() => fault()) },
  {
    title: "Condition.run",
    run: (fault) => {
      const condition = new Condition()
      return thenUse(
        () => condition.run(fault),
        () => condition.run(() => expect(condition.locked()).toBe(true)),
      )
    },
  },
  {
    title: "Condition.waitFor: the predicate",
    run: (fault) => {
      const condition = new Condition()
      return thenUse(
        () => condition.run(() => condition.waitFor(fault)),
        () => condition.run(() => expect(condition.statistics().waiting).toBe(0)),
      )
    },
    isSync: true,
    isDropped: true,
  },
  {
    title: "once",
    run: (fault) => {
      const load = once(fault)
      return gather([load, load])
        .join()
        .then(([first]) => first)
    },
  },
  ...(["create", "check", "destroy", "run"] as const).map((place): CallbackSite => ({
    title: `Pool: ${place}`,
    run: async (fault) => {
      let calls = 0
      const once = (): unknown => ((calls += 1) === 1 ? fault() : undefined)
      const pool = new Pool<unknown>({
        max: 1,
        create: () => (place === "create" ? once() : "made"),
        destroy: async () => {
          if (place === "destroy") await once()
        },
        check: async () => {
          if (place === "check") await once()
          return true
        },
      })
      return thenUse(
        async () => {
          if (place === "check") await pool.run(() => {})
          return await pool.run((value) => (place === "run" ? once() : value))
        },
        async () => {
          await pool.run(() => expect(pool.statistics()).toMatchObject({ open: 1, lent: 1 }))
          await pool.close()
          expect(pool.statistics()).toEqual({ open: 0, idle: 0, lent: 0, preparing: 0, waiting: 0 })
        },
      )
    },
    ...(place === "check" ? { isAnswer: true as const } : {}),
    ...(place === "check" || place === "destroy" ? { isDropped: true as const } : {}),
  })),
]

const generators: CallbackSite[] = [
  {
    title: "resource: on the way in",
    run: (fault) =>
      resource(async function* () {
        yield await fault()
      }).use((value) => value),
  },
  {
    title: "resource: in the block",
    run: (fault) =>
      resource(async function* () {
        yield "open"
      }).use(() => fault()),
  },
  {
    title: "resource: on the way out",
    run: (fault) =>
      resource(async function* () {
        try {
          yield "open"
        } finally {
          await fault()
        }
      }).use(() => "used"),
    isDropped: true,
  },
  {
    title: "a step of dual",
    run: (fault) => {
      const step = dual({ sync: () => "first", async: fault })
      return dual(function* () {
        return yield* step()
      }).async()
    },
  },
  {
    title: "the body of a coroutine",
    run: (fault) =>
      coroutine(function* () {
        return yield (async () => await fault())()
      })(),
    isBridge: true,
  },
  {
    title: "matchErrors: a handler",
    run: (fault) => matchErrors(new TaskGroupError([new RangeError("r")]), [[RangeError, () => fault()]]),
    isDropped: true,
  },
  ...(["next", "return"] as const).map((place): CallbackSite => ({
    title: `map: ${place} of the source`,
    run: async (fault) => {
      const source = {
        [Symbol.asyncIterator]: () => ({
          next: async () => {
            if (place === "next") await fault()
            return { done: false as const, value: 1 }
          },
          return: async () => {
            if (place === "return") await fault()
            return { done: true as const, value: undefined }
          },
        }),
      }
      for await (const value of map(source, (n) => sleep(1, n), { concurrency: 2 })) return value
      return 0
    },
    isDropped: true,
  })),
  ...(["next", "finally"] as const).map((place): CallbackSite => ({
    title: `collect: ${place} of the source`,
    run: (fault) =>
      collect.array(
        (async function* () {
          try {
            if (place === "next") yield await fault()
            yield "last"
          } finally {
            if (place === "finally") await fault()
          }
        })(),
      ),
    isDropped: true,
  })),
]

const bridges: CallbackSite[] = [
  { title: "cancellable", run: (fault) => cancellable((async () => await fault())()), isBridge: true },
  {
    title: "cancellable, as it is",
    run: (fault) => cancellable(fault() as Promise<unknown>),
    isBridge: true,
  },
  { title: "wrapFuture", run: (fault) => wrapFuture(fault() as Promise<unknown>).join(), isBridge: true },
  {
    title: "cancellable: onCancel",
    run: async (fault) => {
      const never = new Promise<never>(() => {})
      await moveOnAfter(1, () => cancellable(never, { onCancel: fault as () => Promise<void> }))
    },
    isDropped: true,
    isBridge: true,
  },
  {
    title: "Future.setException",
    run: async (fault) => {
      const future = new Future<unknown>()
      void createTask(async () => {
        try {
          future.setResult(await fault())
        } catch (error) {
          if (typeof error === "function") future.setException(new Error("a class", { cause: error }))
          else future.setException(error)
        }
      })
      return future.join()
    },
  },
]

const callbacks: CallbackSite[] = [
  {
    title: "a done callback",
    run: async (fault) => {
      const future = new Future<string>()
      let later = ""
      future.addDoneCallback(() => fault())
      future.addDoneCallback(() => (later = "called"))
      future.setResult("set")
      await sleep(1)
      expect(later).toBe("called")
    },
    isSync: true,
    isDropped: true,
  },
  ...(["callSoon", "callLater"] as const).map((way): CallbackSite => ({
    title: `loop.${way}`,
    run: async (fault) => {
      const loop = getRunningLoop()
      let later = ""
      if (way === "callSoon") loop.callSoon(fault)
      else loop.callLater(1, fault)
      loop.callLater(1, () => (later = "called"))
      await sleep(2)
      expect(later).toBe("called")
    },
    isSync: true,
    isDropped: true,
  })),
  {
    title: "a task factory",
    run: async (fault) => {
      const loop = getRunningLoop()
      loop.setTaskFactory((running, fn, options) => {
        fault()
        return running.makeTask(fn, options)
      })
      try {
        await taskGroup((group) => void group.createTask(() => sleep(1)))
      } finally {
        loop.setTaskFactory(null)
      }
    },
    isSync: true,
    isDropped: true,
  },
  { title: "Context.run", run: (fault) => copyContext().run(() => fault()) },
  {
    title: "PriorityQueue: the order",
    run: async (fault) => {
      let calls = 0
      const order = (a: number, b: number): number => {
        if ((calls += 1) === 2) fault()
        return a - b
      }
      const queue = new PriorityQueue<number>(0, order)
      for (const item of [2, 3, 1]) await queue.put(item)
    },
    isSync: true,
    isDropped: true,
  },
]

/** All of them. */
export const callbackSites: readonly CallbackSite[] = [
  ...works,
  ...blocks,
  ...generators,
  ...bridges,
  ...callbacks,
]

export type { Fault }
