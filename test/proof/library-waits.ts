// Each wait of the library as a thing: how to begin it, how it is served, and whether all is whole afterwards.
import { expect } from "vitest"
import type { Task, WaitOptions } from "../../src/index.ts"
import {
  Barrier,
  CapacityLimiter,
  Condition,
  Event,
  Future,
  LifoQueue,
  Lock,
  Pool,
  PriorityQueue,
  Queue,
  RateLimiter,
  Semaphore,
  asCompleted,
  cancellable,
  createTask,
  map,
  once,
  retry,
  sleep,
  sleepUntil,
  wait,
} from "../../src/index.ts"
import { now } from "../../src/testing/index.ts"

/** One wait that has begun somewhere. */
export interface LibraryWait {
  /** Begins to wait. */
  readonly wait: (limits?: WaitOptions) => Promise<unknown>
  /** Lets it go on, in this very step, if it is still there. */
  readonly serve: () => void
  /** Uses the thing once more, and asserts that nothing was lost; `got` is what the wait gave, or null. */
  readonly settle: (got: { readonly value: unknown } | null) => unknown
}

/** By name, each made anew. */
export const libraryWaits: Readonly<Record<string, () => LibraryWait>> = {
  sleep: () => ({ wait: (limits) => sleep(5, "awake", limits), serve: () => {}, settle: () => {} }),
  "sleep(0)": () => ({ wait: (limits) => sleep(0, "awake", limits), serve: () => {}, settle: () => {} }),
  sleepUntil: () => ({ wait: (limits) => sleepUntil(now() + 5, limits), serve: () => {}, settle: () => {} }),
  "Lock.acquire": () => gated(new Lock()),
  "Semaphore.acquire": () => gated(new Semaphore(1)),
  "CapacityLimiter.acquire": () => {
    const limiter = new CapacityLimiter(1)
    return gated({
      acquire: (limits) => limiter.acquire({ borrower: {}, ...limits }),
      locked: () => limiter.locked(),
    })
  },
  "RateLimiter.acquire": () => {
    const limiter = new RateLimiter({ budgets: { calls: { limit: 1, per: 1 } }, concurrency: 1 })
    return gated({
      acquire: (limits) => limiter.acquire(undefined, limits),
      locked: () => limiter.statistics().running > 0 || limiter.statistics().waiting > 0,
    })
  },
  "Event.wait": () => {
    const event = new Event()
    return {
      wait: (limits) => event.wait(limits),
      serve: () => event.set(),
      settle: () => expect(event.statistics().waiting).toBe(0),
    }
  },
  "Barrier.wait": () => {
    const barrier = new Barrier(2)
    const others: Task<unknown>[] = []
    return {
      wait: (limits) => barrier.wait(limits),
      serve: () => void others.push(createTask(() => barrier.wait())),
      // Whoever came to serve and met nobody is met now.
      settle: async () => {
        await sleep(1)
        while (barrier.waiting > 0) await barrier.wait()
        for (const other of others) await other
        expect(barrier.statistics()).toEqual({ parties: 2, waiting: 0, broken: false })
      },
    }
  },
  "Condition.wait": () => conditional((condition, limits) => condition.wait(limits)),
  "Condition.waitFor": () => {
    let isReady = false
    return conditional(
      (condition, limits) => condition.waitFor(() => isReady, limits),
      () => (isReady = true),
    )
  },
  "Queue.get": () => gotten(new Queue<string>()),
  "LifoQueue.get": () => gotten(new LifoQueue<string>()),
  "PriorityQueue.get": () => gotten(new PriorityQueue<string>()),
  "Queue.put": () => {
    const queue = new Queue<string>(1)
    queue.putNowait("before")
    const taken: string[] = []
    return {
      wait: (limits) => queue.put("item", limits),
      serve: () => {
        if (!queue.empty()) taken.push(queue.getNowait())
      },
      settle: (got) => {
        while (!queue.empty()) taken.push(queue.getNowait())
        expect(taken).toEqual(got === null ? ["before"] : ["before", "item"])
        expect(queue.statistics()).toMatchObject({ putters: 0, unfinished: taken.length })
      },
    }
  },
  "Queue.join": () => {
    const queue = new Queue<string>()
    queue.putNowait("item")
    return {
      wait: (limits) => queue.join(limits),
      serve: () => {
        if (queue.statistics().unfinished > 0) queue.taskDone()
      },
      settle: () => expect(queue.statistics().joiners).toBe(0),
    }
  },
  "Pool.acquire": () => {
    const pool = new Pool<object>({ max: 1, create: () => ({}), destroy: () => {} })
    const gate = gated({
      acquire: (limits) => pool.acquire(limits),
      locked: () => pool.statistics().lent > 0,
    })
    return {
      ...gate,
      settle: async (got) => {
        await gate.settle(got)
        await pool.close()
        expect(pool.statistics().open).toBe(0)
      },
    }
  },
  once: () => {
    const future = new Future<string>()
    const load = once(() => future.join())
    return {
      wait: (limits) => load(limits),
      serve: () => void (future.done() || future.setResult("loaded")),
      settle: async () => {
        if (!future.done()) future.setResult("loaded")
        expect(await load()).toBe("loaded")
      },
    }
  },
  cancellable: () => {
    let resolve!: (value: string) => void
    const promise = new Promise<string>((done) => (resolve = done))
    return { wait: (limits) => cancellable(promise, limits), serve: () => resolve("there"), settle: () => {} }
  },
  "wait for a future": () => {
    const future = new Future<string>()
    return {
      wait: (limits) => wait([future], { signal: limits?.signal }),
      serve: () => void (future.done() || future.setResult("set")),
      settle: () => expect([...future.awaiters()]).toEqual([]),
    }
  },
  "asCompleted: next": () => {
    const future = new Future<string>()
    let outcomes: AsyncIterableIterator<unknown> | null = null
    return {
      wait: (limits) => (outcomes ??= asCompleted([future], limits)).next(),
      serve: () => void (future.done() || future.setResult("set")),
      settle: () => {},
    }
  },
  "map: next": () => {
    const future = new Future<string>()
    return {
      wait: async (limits) => {
        await using results = map([1], () => future.join(), { concurrency: 1, signal: limits?.signal })
        return await results.next()
      },
      serve: () => void (future.done() || future.setResult("set")),
      settle: () => expect([...future.awaiters()]).toEqual([]),
    }
  },
  "retry: the pause": () => ({
    wait: (limits) => {
      let attempts = 0
      return retry(
        async () => {
          attempts += 1
          if (attempts === 1) throw new Error("not yet")
          return "at last"
        },
        { attempts: 2, delay: 5, jitter: false, signal: limits?.signal },
      )
    },
    serve: () => {},
    settle: () => {},
  }),
}

interface Gate {
  acquire(limits?: WaitOptions): Promise<{ release(): void }>
  locked(): boolean
}

/** Somebody is inside from the start; to serve is to leave. */
function gated(gate: Gate): LibraryWait {
  const inside = gate.acquire()
  let holder: { release(): void } | null = null
  void inside.then((permit) => (holder = permit))
  return {
    wait: (limits) => gate.acquire(limits),
    serve: () => holder?.release(),
    settle: async (got) => {
      holder?.release()
      if (got !== null) (got.value as { release(): void }).release()
      const next = await gate.acquire()
      next.release()
      expect(gate.locked()).toBe(false)
    },
  }
}

function conditional(
  waits: (condition: Condition, limits: WaitOptions | undefined) => Promise<unknown>,
  change: () => void = () => {},
): LibraryWait {
  const condition = new Condition()
  const bells: Task<unknown>[] = []
  return {
    wait: (limits) => condition.run(() => waits(condition, limits)),
    serve: () => {
      change()
      bells.push(createTask(() => condition.run(() => condition.notify())))
    },
    settle: async () => {
      for (const bell of bells) await bell
      expect(condition.statistics()).toEqual({ locked: false, waiting: 0 })
    },
  }
}

function gotten(queue: Queue<string>): LibraryWait {
  let put = 0
  return {
    wait: (limits) => queue.get(limits),
    serve: () => {
      put += 1
      queue.putNowait("item")
    },
    settle: (got) => {
      expect(queue.size).toBe(put - (got === null ? 0 : 1))
      expect(queue.statistics().getters).toBe(0)
    },
  }
}
