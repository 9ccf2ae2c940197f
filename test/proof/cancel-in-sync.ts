// What tasks wait in line for: each of its waits in a small program, with others who want the same thing.
import { expect } from "vitest"
import type { Queue } from "../../src/index.ts"
import {
  Barrier,
  BoundedSemaphore,
  CapacityLimiter,
  Condition,
  Event,
  LifoQueue,
  Lock,
  Pool,
  PriorityQueue,
  RateLimiter,
  Semaphore,
  Queue as FifoQueue,
  once,
  sleep,
} from "../../src/index.ts"
import type { Scenario, World } from "./cancel-rig.ts"

/** A holder that is inside from the start and leaves after a while. */
function holding(acquire: () => Promise<{ release(): void }>, ms = 3): () => Promise<void> {
  return async () => {
    const permit = await acquire()
    await sleep(ms)
    permit.release()
  }
}

function gates(): Scenario[] {
  const kinds = [
    { name: "Semaphore", make: () => new Semaphore(1) },
    { name: "BoundedSemaphore", make: () => new BoundedSemaphore(1) },
    { name: "Lock", make: () => new Lock() },
    { name: "CapacityLimiter", make: () => new CapacityLimiter(1) },
  ]
  return kinds.flatMap(({ name, make }): Scenario[] => [
    {
      title: `${name}: acquire`,
      names: [`${name}.acquire`],
      onSignal: "reason",
      stage: () => {
        const gate = make()
        const hold = holding(() => gate.acquire())
        return {
          before: [hold, hold],
          victim: async (limits) => {
            using _permit = await gate.acquire(limits)
            await sleep(2)
            return "was in"
          },
          beside: [hold, hold],
          after: () => {
            expect(gate.locked()).toBe(false)
            expect(gate.statistics().waiting).toBe(0)
          },
        }
      },
    },
    {
      title: `${name}: run`,
      names: [`${name}.run`],
      onSignal: "reason",
      stage: (world) => {
        const gate = make()
        let inside = 0
        const enter = async (): Promise<void> => {
          expect((inside += 1)).toBe(1)
          try {
            await sleep(2)
          } finally {
            inside -= 1
          }
        }
        return {
          before: [() => gate.run(enter)],
          victim: async (limits) => {
            await gate.run(() => world.finalizing(enter), limits)
            return "was in"
          },
          beside: [() => gate.run(enter), () => gate.run(enter)],
          after: () => expect([inside, gate.locked(), gate.statistics().waiting]).toEqual([0, false, 0]),
        }
      },
    },
  ])
}

const events: Scenario[] = [
  {
    title: "Event: wait",
    names: ["Event.wait"],
    onSignal: "reason",
    stage: () => {
      const event = new Event()
      return {
        before: [() => event.wait()],
        victim: (limits) => event.wait(limits),
        beside: [() => event.wait(), () => sleep(3).then(() => event.set())],
        after: () => expect(event.statistics()).toEqual({ isSet: true, waiting: 0 }),
      }
    },
  },
  ...(["wait", "run"] as const).map((method): Scenario => ({
    title: `Barrier: ${method}`,
    names: [`Barrier.${method}`],
    onSignal: "reason",
    stage: (world) => {
      const barrier = new Barrier(2)
      let hasCome = false
      const come = async (): Promise<void> => {
        await sleep(2)
        await barrier.wait()
        hasCome = true
      }
      return {
        victim: async (limits) => {
          if (method === "wait") await barrier.wait(limits)
          else await barrier.run(() => world.finalizing(() => sleep(1)), limits)
          return "all had come"
        },
        beside: [come],
        // Who was let down by the victim is met by whoever comes next.
        after: () => undefined,
        before: [
          async () => {
            await sleep(20)
            if (!hasCome) await barrier.wait()
            expect(barrier.statistics()).toEqual({ parties: 2, waiting: 0, broken: false })
          },
        ],
      }
    },
  })),
]

function conditions(): Scenario[] {
  const acquireOrRun = (["acquire", "run"] as const).map((method): Scenario => ({
    title: `Condition: ${method}`,
    names: [`Condition.${method}`],
    onSignal: "reason",
    stage: (world) => {
      const condition = new Condition()
      const use = (): Promise<void> => condition.run(() => sleep(2))
      return {
        before: [use],
        victim: async (limits) => {
          if (method === "run") {
            await condition.run(() => world.finalizing(() => sleep(1)), limits)
            return "was in"
          }
          using _permit = await condition.acquire(limits)
          await sleep(1)
          return "was in"
        },
        beside: [use, use],
        after: () => expect(condition.statistics()).toEqual({ locked: false, waiting: 0 }),
      }
    },
  }))
  const wait: Scenario = {
    title: "Condition: wait",
    names: ["Condition.wait"],
    onSignal: "reason",
    stage: (world) => {
      const condition = new Condition()
      // One notice for each of three waiters, the last two rung for by whoever is woken.
      const waiter = (): Promise<boolean> => condition.run(() => condition.wait())
      return {
        victim: (limits) =>
          condition.run(async () => {
            try {
              return await world.finalizing(() => condition.wait(limits))
            } finally {
              expect(condition.locked()).toBe(true)
            }
          }),
        beside: [
          waiter,
          waiter,
          async () => {
            await sleep(2)
            await condition.run(async () => {
              condition.notify(2)
              await sleep(2)
            })
            await sleep(10)
            await condition.run(() => condition.notifyAll())
          },
        ],
        after: () => expect(condition.statistics()).toEqual({ locked: false, waiting: 0 }),
      }
    },
  }
  const noticeIsPassedOn: Scenario = {
    title: "Condition: a notice goes to the next",
    names: ["Condition.wait"],
    onSignal: "reason",
    stage: () => {
      const condition = new Condition()
      let woken = 0
      let rings = 0
      return {
        victim: (limits) =>
          condition.run(async () => {
            await condition.wait(limits)
            woken += 1
            return "woken"
          }),
        beside: [
          () =>
            condition.run(async () => {
              await condition.wait()
              woken += 1
            }),
          async () => {
            await sleep(2)
            await condition.run(() => {
              rings = Math.min(1, condition.statistics().waiting)
              condition.notify()
            })
            await sleep(5)
            expect(woken).toBe(rings)
            await condition.run(() => condition.notifyAll())
          },
        ],
        after: () => expect(condition.statistics()).toEqual({ locked: false, waiting: 0 }),
      }
    },
  }
  const waitFor: Scenario = {
    title: "Condition: waitFor",
    names: ["Condition.waitFor"],
    onSignal: "reason",
    stage: (world) => {
      const condition = new Condition()
      let items = 0
      let taken = 0
      const take = async (limits = {}): Promise<string> =>
        condition.run(async () => {
          await condition.waitFor(() => items > 0, limits)
          items -= 1
          taken += 1
          return "took one"
        })
      return {
        victim: (limits) => world.finalizing(() => take(limits)),
        beside: [
          take,
          async () => {
            for (let i = 0; i < 2; i += 1) {
              await sleep(2)
              await condition.run(() => {
                items += 1
                condition.notify()
              })
            }
          },
        ],
        after: () => {
          expect(items + taken).toBe(2)
          expect(condition.statistics()).toEqual({ locked: false, waiting: 0 })
        },
      }
    },
  }
  return [...acquireOrRun, wait, noticeIsPassedOn, waitFor]
}

function queues(): Scenario[] {
  const kinds: { name: string; make: (maxSize?: number) => Queue<number> }[] = [
    { name: "Queue", make: (maxSize) => new FifoQueue(maxSize) },
    { name: "LifoQueue", make: (maxSize) => new LifoQueue(maxSize) },
    { name: "PriorityQueue", make: (maxSize) => new PriorityQueue(maxSize) },
  ]
  return kinds.flatMap(({ name, make }): Scenario[] => [
    {
      title: `${name}: get`,
      names: [`${name}.get`],
      onSignal: "reason",
      stage: () => {
        const queue = make()
        const got: number[] = []
        const get = async (limits = {}): Promise<void> => void got.push(await queue.get(limits))
        return {
          before: [get],
          victim: async (limits) => {
            await get(limits)
            return "got one"
          },
          beside: [
            get,
            async () => {
              await sleep(2)
              for (const item of [1, 2, 3]) await queue.put(item)
            },
          ],
          after: () => {
            while (!queue.empty()) got.push(queue.getNowait())
            expect(got.toSorted((a, b) => a - b)).toEqual([1, 2, 3])
            expect(queue.statistics()).toMatchObject({ getters: 0, putters: 0, size: 0 })
          },
        }
      },
    },
    {
      title: `${name}: put`,
      names: [`${name}.put`],
      onSignal: "reason",
      stage: () => {
        const queue = make(1)
        queue.putNowait(0)
        let put = 1
        const got: number[] = []
        const add = async (item: number, limits = {}): Promise<void> => {
          await queue.put(item, limits)
          put += 1
        }
        return {
          before: [() => add(1)],
          victim: async (limits) => {
            await add(2, limits)
            return "put one"
          },
          beside: [
            () => add(3),
            async () => {
              await sleep(2)
              got.push(await queue.get())
              await sleep(2)
              got.push(await queue.get(), await queue.get())
            },
          ],
          after: () => {
            while (!queue.empty()) got.push(queue.getNowait())
            expect(new Set(got).size).toBe(got.length)
            expect(got).toHaveLength(put)
            expect(queue.statistics()).toMatchObject({ getters: 0, putters: 0, unfinished: put })
          },
        }
      },
    },
    {
      title: `${name}: join`,
      names: [`${name}.join`],
      onSignal: "reason",
      stage: () => {
        const queue = make()
        queue.putNowait(1)
        return {
          before: [() => queue.join()],
          victim: async (limits) => {
            await queue.join(limits)
            return "all done"
          },
          beside: [
            () => queue.join(),
            async () => {
              await sleep(2)
              queue.getNowait()
              queue.taskDone()
            },
          ],
          after: () => expect(queue.statistics()).toMatchObject({ joiners: 0, unfinished: 0 }),
        }
      },
    },
    {
      title: `${name}: for await`,
      names: [`${name}.[Symbol.asyncIterator]`],
      stage: (world) => {
        const queue = make(1)
        const got: number[] = []
        return {
          victim: async () => {
            for await (const item of queue) {
              got.push(item)
              await world.finalizing(() => sleep(1))
            }
            return "to the end"
          },
          beside: [
            async () => {
              for (const item of [1, 2, 3]) await queue.put(item)
              queue.shutdown()
            },
            async () => {
              await sleep(30)
              for await (const item of queue) got.push(item)
            },
          ],
          after: () => expect(got.toSorted((a, b) => a - b)).toEqual([1, 2, 3]),
        }
      },
    },
  ])
}

interface Counts {
  made: number
  destroyed: number
  lent: number
}

function pooled(counts: Counts, check = false): Pool<{ id: number }> {
  return new Pool({
    max: 1,
    create: async () => {
      await sleep(1)
      counts.made += 1
      return { id: counts.made }
    },
    destroy: async () => {
      await sleep(1)
      counts.destroyed += 1
    },
    ...(check ? { check: () => sleep(1, true) } : {}),
  })
}

async function settlePool(pool: Pool<{ id: number }>, counts: Counts): Promise<void> {
  await pool.close()
  expect(counts.destroyed).toBe(counts.made)
  expect(pool.statistics()).toEqual({ open: 0, idle: 0, lent: 0, preparing: 0, waiting: 0 })
}

function pools(): Scenario[] {
  const borrow = [false, true].flatMap((hasCheck) =>
    (["acquire", "run"] as const).map((method): Scenario => ({
      title: `Pool${hasCheck ? " with a check" : ""}: ${method}`,
      names: method === "run" ? ["Pool.run"] : ["Pool.acquire", "PoolLease.[Symbol.asyncDispose]"],
      onSignal: "reason",
      stage: (world) => {
        const counts: Counts = { made: 0, destroyed: 0, lent: 0 }
        const pool = pooled(counts, hasCheck)
        const use = async (): Promise<void> => {
          expect((counts.lent += 1)).toBe(1)
          try {
            await sleep(2)
          } finally {
            counts.lent -= 1
          }
        }
        return {
          before: [() => pool.run(use)],
          victim: async (limits) => {
            if (method === "run") await pool.run(() => world.finalizing(use), limits)
            else {
              await using _lease = await pool.acquire(limits)
              await use()
            }
            return "had it"
          },
          beside: [() => pool.run(use)],
          after: () => settlePool(pool, counts),
        }
      },
    })),
  )
  const close = (["close", "[Symbol.asyncDispose]"] as const).map((method): Scenario => ({
    title: `Pool: ${method}`,
    names: [`Pool.${method}`],
    ...(method === "close" ? { onSignal: "reason" as const } : {}),
    stage: () => {
      const counts: Counts = { made: 0, destroyed: 0, lent: 0 }
      const pool = pooled(counts)
      return {
        before: [() => pool.run(() => sleep(3)), () => pool.run(() => sleep(1))],
        victim: async (limits) => {
          await (method === "close" ? pool.close(limits) : pool[Symbol.asyncDispose]())
          return "closed"
        },
        after: () => settlePool(pool, counts),
      }
    },
  }))
  return [...borrow, ...close]
}

const limiters: Scenario[] = (["acquire", "run"] as const).map((method) => ({
  title: `RateLimiter: ${method}`,
  names: [`RateLimiter.${method}`],
  onSignal: "reason",
  stage: (world: World) => {
    const limiter = new RateLimiter({
      budgets: { requests: { limit: 1, per: 4 } },
      burst: 1,
      concurrency: 1,
    })
    let starts = 0
    const use = async (): Promise<void> => {
      starts += 1
      await sleep(1)
    }
    return {
      before: [() => limiter.run(use)],
      victim: async (limits) => {
        if (method === "run") await limiter.run(() => world.finalizing(use), undefined, limits)
        else {
          using _permit = await limiter.acquire(undefined, limits)
          await use()
        }
        return "went"
      },
      beside: [() => limiter.run(use)],
      // What a cancelled one had been handed is given back: the bucket is full again when the time has come.
      after: async () => {
        expect(limiter.statistics()).toMatchObject({ waiting: 0, running: 0 })
        await sleep(4)
        expect(limiter.statistics().available).toEqual({ requests: 1 })
        expect(starts).toBeGreaterThanOrEqual(2)
      },
    }
  },
}))

const onces: Scenario[] = [
  {
    title: "once: the last caller takes the work along",
    names: ["once"],
    onSignal: "reason",
    stage: (world) => {
      let running = 0
      const load = once(async () => {
        expect((running += 1)).toBe(1)
        try {
          return await world.finalizing(() => sleep(2, "loaded"))
        } finally {
          running -= 1
        }
      })
      return {
        victim: (limits) => load(limits),
        after: async () => {
          expect(await load()).toBe("loaded")
          expect(running).toBe(0)
        },
      }
    },
  },
  {
    title: "once: others go on waiting",
    names: ["once"],
    onSignal: "reason",
    stage: () => {
      let loads = 0
      const load = once(async () => {
        loads += 1
        return sleep(2, "loaded")
      })
      return {
        before: [async () => expect(await load()).toBe("loaded")],
        victim: (limits) => load(limits),
        beside: [async () => expect(await load()).toBe("loaded")],
        after: () => expect(loads).toBe(1),
      }
    },
  },
]

/** Scenarios of the room sync. */
export const cancelInSync: readonly Scenario[] = [
  ...gates(),
  ...events,
  ...conditions(),
  ...queues(),
  ...pools(),
  ...limiters,
  ...onces,
]
