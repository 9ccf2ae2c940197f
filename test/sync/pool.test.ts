// Things that are dear to make: who gets them, what becomes of them, and a model.
import { AsyncLocalStorage } from "node:async_hooks"
import { getEventListeners } from "node:events"
import fc from "fast-check"
import { afterEach, describe, expect, it } from "vitest"
import { timerCount } from "../../src/core/lowlevel.ts"
import type { PoolLease, PoolOptions, Problem, Task } from "../../src/index.ts"
import {
  CancelledError,
  Future,
  InvalidStateError,
  Pool,
  TimeoutError,
  createTask,
  currentTask,
  gather,
  joinOnly,
  moveOnAfter,
  run,
  sleep,
  timeout,
} from "../../src/index.ts"
import { now, runVirtual, steps } from "../../src/testing/index.ts"

interface Thing {
  readonly id: number
  isSound: boolean
}

/** A maker of things that keeps count of them. */
class Maker {
  made = 0
  readonly alive = new Set<number>()
  readonly log: string[] = []
  most = 0
  /** What the next creations do instead of making something. */
  readonly failures: Error[] = []

  /** Settings of a pool that takes 10 ms to make a thing and 5 to destroy one. */
  options(more: Partial<PoolOptions<Thing>> = {}): PoolOptions<Thing> {
    return { create: () => this.create(), destroy: (thing) => this.destroy(thing), max: 2, ...more }
  }
  async create(): Promise<Thing> {
    await sleep(10)
    const failure = this.failures.shift()
    if (failure !== undefined) throw failure
    this.made += 1
    this.alive.add(this.made)
    this.most = Math.max(this.most, this.alive.size)
    return { id: this.made, isSound: true }
  }
  async destroy(thing: Thing): Promise<void> {
    await sleep(5)
    this.alive.delete(thing.id)
    this.log.push(`destroyed ${thing.id}`)
  }
}

afterEach(() => {
  expect(timerCount()).toBe(0)
})

describe("Pool", () => {
  it("lends a thing again that came back, the one used last first", () =>
    runVirtual(async () => {
      const maker = new Maker()
      const pool = new Pool(maker.options())
      const [a, b] = await gather([() => pool.acquire(), () => pool.acquire()])
      expect([a.value.id, b.value.id]).toEqual([1, 2])
      expect(pool.statistics()).toEqual({ open: 2, idle: 0, lent: 2, preparing: 0, waiting: 0 })
      a.release()
      b.release()
      expect(pool.statistics()).toEqual({ open: 2, idle: 2, lent: 0, preparing: 0, waiting: 0 })
      expect(await pool.run((thing) => thing.id)).toBe(2)
      expect(maker.made).toBe(2)
      expect(now()).toBe(10)
      await pool.close()
    }))

  it("a thing that rests is lent without letting anybody in between", () =>
    runVirtual(async () => {
      const { step, finish } = steps()
      const pool = new Pool(new Maker().options())
      await pool.run(() => {})
      const other = createTask(async () => step(2))
      const lease = await pool.acquire()
      step(1)
      lease.release()
      await other
      finish(3)
      await pool.close()
    }))

  it("never has more than `max`, and serves those who wait in order of arrival", () =>
    runVirtual(async () => {
      const maker = new Maker()
      const pool = new Pool(maker.options({ max: 3 }))
      const log: number[] = []
      await gather(
        Array.from(
          { length: 10 },
          (_, id) => () =>
            pool.run(async () => {
              log.push(id)
              await sleep(20)
            }),
        ),
      )
      expect(log).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
      expect([maker.made, maker.most]).toEqual([3, 3])
      expect(now()).toBe(90)
      await pool.close()
    }))

  it("a newcomer does not take what was handed to a requester", () =>
    runVirtual(async () => {
      const pool = new Pool(new Maker().options({ max: 1 }))
      const held = await pool.acquire()
      const log: string[] = []
      const waiter = createTask(() => pool.run(() => log.push("waiter")))
      await sleep(0)
      held.release()
      expect(pool.statistics()).toMatchObject({ lent: 1, idle: 0, waiting: 0 })
      await pool.run(() => log.push("newcomer"))
      expect(log).toEqual(["waiter", "newcomer"])
      await waiter
      await pool.close()
    }))

  it("a requester that is cancelled leaves; what was made for it goes to the next in line", () =>
    runVirtual(async () => {
      const maker = new Maker()
      const pool = new Pool(maker.options({ max: 1 }))
      const first = createTask(() => pool.acquire())
      const second = createTask(() => pool.acquire())
      await sleep(5)
      first.cancel()
      expect(pool.statistics()).toEqual({ open: 1, idle: 0, lent: 0, preparing: 1, waiting: 1 })
      await expect(joinOnly(first)).rejects.toBeInstanceOf(CancelledError)
      const lease = await second
      expect([lease.value.id, now()]).toEqual([1, 10])
      lease.release()
      await pool.close()
    }))

  it("what was made for a requester that left rests, when nobody waits", () =>
    runVirtual(async () => {
      const maker = new Maker()
      const pool = new Pool(maker.options())
      await expect(pool.acquire({ timeout: 5 })).rejects.toBeInstanceOf(TimeoutError)
      await sleep(10)
      expect(pool.statistics()).toEqual({ open: 1, idle: 1, lent: 0, preparing: 0, waiting: 0 })
      await pool.close()
      expect(maker.log).toEqual(["destroyed 1"])
    }))

  it("a requester cancelled in the turn it was served hands over to the next, or the thing rests", () =>
    runVirtual(async () => {
      const pool = new Pool(new Maker().options({ max: 1 }))
      const held = await pool.acquire()
      const [first, second] = [createTask(() => pool.acquire()), createTask(() => pool.acquire())]
      await sleep(0)
      held.release()
      first.cancel()
      expect(pool.statistics()).toEqual({ open: 1, idle: 0, lent: 1, preparing: 0, waiting: 0 })
      second.cancel()
      expect(pool.statistics()).toEqual({ open: 1, idle: 1, lent: 0, preparing: 0, waiting: 0 })
      await gather([first, second], { returnExceptions: true })
      await pool.close()
    }))

  it("a creation that hangs for one who has left does not hold up a newcomer", () =>
    runVirtual(async () => {
      const hung = new Future<Thing>()
      const works = [() => hung.join(), () => sleep(10, { id: 2, isSound: true })]
      const pool = new Pool<Thing>({
        create: () => (works.shift() as () => Promise<Thing>)(),
        destroy: () => {},
        max: 2,
      })
      await expect(pool.acquire({ timeout: 100 })).rejects.toBeInstanceOf(TimeoutError)
      expect(await pool.run((thing) => thing.id)).toBe(2)
      expect(now()).toBe(110)
      hung.setResult({ id: 1, isSound: true })
      await pool.close()
    }))

  it("a failure to make one reaches one requester, the next gets a try of its own", () =>
    runVirtual(async () => {
      const maker = new Maker()
      maker.failures.push(new Error("first"), new Error("second"))
      const pool = new Pool(maker.options({ max: 1 }))
      const tasks = [0, 1, 2].map(() => createTask(() => pool.run((thing) => thing.id)))
      const results = await gather(tasks, { returnExceptions: true })
      expect(results).toEqual([new Error("first"), new Error("second"), 1])
      expect(now()).toBe(30)
      expect(pool.statistics()).toEqual({ open: 1, idle: 1, lent: 0, preparing: 0, waiting: 0 })
      await pool.close()
    }))

  it("a failure to make one that nobody waits for is reported", async () => {
    const problems: Problem[] = []
    await runVirtual(
      async () => {
        const maker = new Maker()
        maker.failures.push(new Error("refused"))
        const pool = new Pool(maker.options())
        await expect(pool.acquire({ timeout: 5 })).rejects.toBeInstanceOf(TimeoutError)
        await sleep(10)
        expect(pool.statistics().open).toBe(0)
        await pool.close()
      },
      { onProblem: (problem) => void problems.push(problem) },
    )
    expect(problems).toEqual([
      { message: "A pool could not make a thing that nobody waits for", error: new Error("refused") },
    ])
  })

  it("things are made outside of the task that asks, and of its context", () =>
    runVirtual(async () => {
      const storage = new AsyncLocalStorage<string>()
      const seen: unknown[] = []
      const pool = new Pool({
        create: async () => {
          await sleep(1)
          seen.push(storage.getStore(), currentTask()?.name)
        },
        destroy: () => {
          seen.push(storage.getStore())
        },
        max: 1,
      })
      await storage.run("request", () => pool.run(() => {}))
      await storage.run("request", () => pool.close())
      expect(seen).toEqual([undefined, "pool", undefined])
    }))

  it("create and destroy need not be asynchronous", () =>
    runVirtual(async () => {
      const log: string[] = []
      const pool = new Pool({ create: () => "thing", destroy: (thing) => void log.push(thing), max: 1 })
      expect(await pool.run((thing) => thing)).toBe("thing")
      await pool.close()
      expect(log).toEqual(["thing"])
    }))

  it("run() brings the thing back when the function fails or is cancelled", () =>
    runVirtual(async () => {
      const pool = new Pool(new Maker().options({ max: 1 }))
      await expect(pool.run(() => Promise.reject(new Error("inside")))).rejects.toThrow("inside")
      expect(await moveOnAfter(5, () => pool.run(() => sleep(1000)))).toEqual({ timedOut: true })
      await expect(pool.run(1 as never)).rejects.toThrow(TypeError)
      expect(pool.statistics()).toMatchObject({ idle: 1, lent: 0 })
      await pool.close()
    }))

  it("tells its state", () =>
    runVirtual(async () => {
      const pool = new Pool(new Maker().options({ max: 1 }))
      const lease = await pool.acquire()
      const task = createTask(() => pool.acquire())
      await sleep(0)
      expect(String(pool)).toBe("<Pool open=1/1 idle=0 lent=1 waiting=1>")
      task.cancel()
      lease.release()
      await pool.close()
      expect(String(pool)).toBe("<Pool open=0/1 idle=0 lent=0 waiting=0 closed>")
    }))

  it("works outside a run", async () => {
    await using pool = new Pool(new Maker().options({ max: 1 }))
    expect(await Promise.all([1, 2].map(() => pool.run((thing) => thing.id)))).toEqual([1, 1])
  })

  it("a loop that never has to wait keeps nobody else from running, and loses nothing (T3)", async () => {
    await run(async () => {
      const pool = new Pool({ create: () => 1, destroy: () => {}, max: 1 })
      await pool.run(() => {})
      const busy = createTask(async () => {
        for (;;) await pool.run(() => {})
      })
      await sleep(20)
      busy.cancel("enough")
      await expect(joinOnly(busy)).rejects.toMatchObject({ reason: "enough" })
      expect(pool.statistics()).toEqual({ open: 1, idle: 1, lent: 0, preparing: 0, waiting: 0 })
      await pool.close()
    })
  })
})

describe("Pool with a check", () => {
  const check = (thing: Thing): boolean => thing.isSound

  it("a thing that is sound is lent again, a broken one is destroyed and another made", () =>
    runVirtual(async () => {
      const maker = new Maker()
      const pool = new Pool(maker.options({ check, max: 1 }))
      const first = await pool.acquire()
      first.release()
      const second = await pool.acquire()
      expect(second.value.id).toBe(1)
      second.value.isSound = false
      second.release()
      const third = await pool.acquire()
      expect(third.value.id).toBe(2)
      expect(maker.log).toEqual(["destroyed 1"])
      expect(maker.most).toBe(1)
      third.release()
      await pool.close()
    }))

  it("a check that throws counts as broken; a new thing is not checked", () =>
    runVirtual(async () => {
      const maker = new Maker()
      const checked: number[] = []
      const pool = new Pool(
        maker.options({
          max: 1,
          check: async (thing) => {
            checked.push(thing.id)
            await sleep(1)
            throw new Error("connection reset")
          },
        }),
      )
      for (const id of [1, 2, 3]) expect(await pool.run((thing) => thing.id)).toBe(id)
      expect(checked).toEqual([1, 2])
      await pool.close()
    }))

  it("what comes back is checked before the next in line gets it", () =>
    runVirtual(async () => {
      const maker = new Maker()
      const pool = new Pool(maker.options({ check, max: 1 }))
      const held = await pool.acquire()
      const waiter = createTask(() => pool.run((thing) => thing.id))
      await sleep(0)
      held.value.isSound = false
      held.release()
      expect(pool.statistics()).toMatchObject({ open: 1, preparing: 1, waiting: 1 })
      expect(await waiter).toBe(2)
      await pool.close()
    }))

  it("a requester that leaves during the check loses nothing", () =>
    runVirtual(async () => {
      const maker = new Maker()
      const pool = new Pool(maker.options({ max: 1, check: () => sleep(10, true) }))
      await pool.run(() => {})
      await expect(pool.acquire({ timeout: 5 })).rejects.toBeInstanceOf(TimeoutError)
      expect(pool.statistics()).toMatchObject({ open: 1, idle: 0, preparing: 1 })
      await sleep(10)
      expect(pool.statistics()).toMatchObject({ open: 1, idle: 1, preparing: 0 })
      await pool.close()
      expect(maker.made).toBe(1)
    }))
})

describe("Pool with an idle limit", () => {
  it("destroys what nobody has used for that long, down to `min`", () =>
    runVirtual(async () => {
      const maker = new Maker()
      const pool = new Pool(maker.options({ max: 4, min: 1, idle: 100 }))
      const leases = await gather([1, 2, 3].map(() => () => pool.acquire()))
      for (const lease of leases) {
        lease.release()
        await sleep(10)
      }
      await sleep(75)
      expect(maker.log).toEqual([])
      await sleep(10)
      expect(maker.log).toEqual(["destroyed 1"])
      await sleep(10)
      expect(maker.log).toEqual(["destroyed 1", "destroyed 2"])
      await sleep(1000)
      expect(pool.statistics()).toMatchObject({ open: 1, idle: 1 })
      await pool.close()
    }))

  it("keeps `min` when several are due together", () =>
    runVirtual(async () => {
      const maker = new Maker()
      const pool = new Pool(maker.options({ max: 4, min: 1, idle: 100 }))
      const leases = await gather([1, 2, 3].map(() => () => pool.acquire()))
      for (const lease of leases) lease.release()
      await sleep(1000)
      expect(maker.log).toEqual(["destroyed 1", "destroyed 2"])
      expect(pool.statistics()).toMatchObject({ open: 1, idle: 1 })
      await pool.close()
    }))

  it("a thing that is used in between rests anew", () =>
    runVirtual(async () => {
      const maker = new Maker()
      const pool = new Pool(maker.options({ idle: 100 }))
      for (let i = 0; i < 5; i += 1) {
        await pool.run(() => {})
        await sleep(80)
      }
      expect(maker.log).toEqual([])
      await sleep(100)
      expect([maker.log, maker.made]).toEqual([["destroyed 1"], 1])
      expect(pool.statistics().open).toBe(0)
      await pool.close()
    }))

  it("what was kept by `min` goes when there are more again", () =>
    runVirtual(async () => {
      const maker = new Maker()
      const pool = new Pool(maker.options({ min: 1, idle: 100 }))
      await pool.run(() => {})
      await sleep(500)
      expect(pool.statistics().open).toBe(1)
      await gather([1, 2].map(() => () => pool.run(() => sleep(10))))
      expect(pool.statistics().open).toBe(2)
      await sleep(110)
      expect(pool.statistics().open).toBe(1)
      await pool.close()
    }))

  it("a place that is being cleared is not free before it is", () =>
    runVirtual(async () => {
      const maker = new Maker()
      const pool = new Pool(maker.options({ max: 1, idle: 10 }))
      await pool.run(() => {})
      await sleep(12)
      expect(pool.statistics()).toMatchObject({ open: 1, idle: 0 })
      expect(await pool.run((thing) => thing.id)).toBe(2)
      expect(maker.most).toBe(1)
      await pool.close()
    }))

  it("does not keep a timer when it is closed", () =>
    runVirtual(async () => {
      const pool = new Pool(new Maker().options({ idle: 1000 }))
      await pool.run(() => {})
      expect(timerCount()).toBe(1)
      await pool.close()
      expect(timerCount()).toBe(0)
    }))
})

describe("close()", () => {
  it("waits for what is lent, destroys everything, and refuses newcomers", () =>
    runVirtual(async () => {
      const maker = new Maker()
      const pool = new Pool(maker.options())
      const [lease] = await gather([() => pool.acquire(), () => pool.run(() => {})])
      const closing = createTask(() => pool.close())
      await sleep(100)
      expect(closing.done()).toBe(false)
      expect(maker.log).toEqual(["destroyed 2"])
      await expect(pool.acquire()).rejects.toThrow(
        new InvalidStateError("Cannot acquire from pool: it was closed"),
      )
      await expect(pool.run(() => {})).rejects.toBeInstanceOf(InvalidStateError)
      lease.release()
      await closing
      expect(maker.alive.size).toBe(0)
      expect(pool.statistics()).toEqual({ open: 0, idle: 0, lent: 0, preparing: 0, waiting: 0 })
    }))

  it("who stands in line is still served", () =>
    runVirtual(async () => {
      const maker = new Maker()
      const pool = new Pool(maker.options({ max: 1 }))
      const held = await pool.acquire()
      const waiters = [0, 1].map(() => createTask(() => pool.run((thing) => sleep(5, thing.id))))
      await sleep(0)
      const closing = createTask(() => pool.close())
      await sleep(0)
      held.release()
      expect(await gather(waiters)).toEqual([1, 1])
      await closing
      expect(maker.made).toBe(1)
    }))

  it("gives up what is being made and nobody waits for", () =>
    runVirtual(async () => {
      const log: string[] = []
      const pool = new Pool({
        create: async () => {
          try {
            await sleep(1000)
          } finally {
            log.push("given up")
          }
        },
        destroy: () => {},
        max: 1,
      })
      await expect(pool.acquire({ timeout: 5 })).rejects.toBeInstanceOf(TimeoutError)
      await pool.close()
      expect(log).toEqual(["given up"])
      expect(now()).toBe(5)
      expect(pool.statistics().open).toBe(0)
    }))

  it("a thing whose check is given up is destroyed", () =>
    runVirtual(async () => {
      const maker = new Maker()
      const pool = new Pool(maker.options({ check: () => sleep(1000, true) }))
      await pool.run(() => {})
      await expect(pool.acquire({ timeout: 5 })).rejects.toBeInstanceOf(TimeoutError)
      await pool.close()
      expect(maker.log).toEqual(["destroyed 1"])
      expect(now()).toBe(20)
    }))

  it("several may close, and again later", () =>
    runVirtual(async () => {
      const maker = new Maker()
      const pool = new Pool(maker.options())
      const lease = await pool.acquire()
      const closers = [0, 1].map(() => createTask(() => pool.close()))
      await sleep(0)
      lease.release()
      await gather(closers)
      await pool.close()
      expect(maker.log).toEqual(["destroyed 1"])
    }))

  it("destroys the thing of one who stood in line, was served, and was cancelled in that turn", () =>
    runVirtual(async () => {
      const maker = new Maker()
      const pool = new Pool(maker.options({ max: 1 }))
      const lease = await pool.acquire()
      const waiting = createTask(() => pool.acquire())
      await sleep(0)
      const closing = createTask(() => pool.close())
      await sleep(0)
      lease.release()
      waiting.cancel()
      await expect(waiting).rejects.toBeInstanceOf(CancelledError)
      await timeout(100, () => closing)
      expect(maker.log).toEqual(["destroyed 1"])
    }))

  it("a closer that is cancelled or out of time leaves the pool closed, and it goes on emptying itself", () =>
    runVirtual(async () => {
      const maker = new Maker()
      const pool = new Pool(maker.options())
      const lease = await pool.acquire()
      await expect(pool.close({ timeout: 5 })).rejects.toBeInstanceOf(TimeoutError)
      await expect(timeout(5, () => pool.close())).rejects.toBeInstanceOf(TimeoutError)
      lease.release()
      await sleep(10)
      expect(maker.log).toEqual(["destroyed 1"])
    }))

  it("what cannot be destroyed is reported, and counts as gone", async () => {
    const problems: Problem[] = []
    await runVirtual(
      async () => {
        const pool = new Pool({
          create: () => 1,
          destroy: () => {
            throw new Error("will not go")
          },
          max: 1,
        })
        await pool.run(() => {})
        await pool.close()
        expect(pool.statistics().open).toBe(0)
      },
      { onProblem: (problem) => void problems.push(problem) },
    )
    expect(problems).toEqual([
      { message: "A pool could not destroy a thing", error: new Error("will not go") },
    ])
  })

  it("`await using` closes", () =>
    runVirtual(async () => {
      const maker = new Maker()
      {
        await using pool = new Pool(maker.options())
        await pool.run(() => {})
      }
      expect(maker.log).toEqual(["destroyed 1"])
    }))
})

describe("nobody passes a waiter of a pool that was served", () => {
  it("a newcomer goes on after it, though a thing rests", () =>
    runVirtual(async () => {
      const pool = new Pool(new Maker().options())
      const held = [await pool.acquire(), await pool.acquire()]
      const log: string[] = []
      const waiter = createTask(() => pool.run(() => log.push("waiter")))
      await sleep(0)
      for (const lease of held) lease.release()
      expect(pool.statistics()).toMatchObject({ idle: 1, lent: 1, waiting: 0 })
      await pool.run(() => log.push("newcomer"))
      await waiter
      expect(log).toEqual(["waiter", "newcomer"])
      await pool.close()
    }))
})

describe("Pool with a signal or a limit", () => {
  it("refuses a signal that has aborted and a limit that is none, and takes nothing", () =>
    runVirtual(async () => {
      const maker = new Maker()
      const pool = new Pool(maker.options())
      await expect(pool.acquire({ signal: AbortSignal.abort("gone") })).rejects.toBe("gone")
      await expect(pool.acquire({ timeout: NaN })).rejects.toThrow(RangeError)
      expect(pool.statistics()).toEqual({ open: 0, idle: 0, lent: 0, preparing: 0, waiting: 0 })
      await pool.close()
    }))

  it("leaves the line when the signal aborts meanwhile, and no listener behind", () =>
    runVirtual(async () => {
      const pool = new Pool(new Maker().options({ max: 1 }))
      const held = await pool.acquire()
      const controller = new AbortController()
      const { signal } = controller
      const tasks = [1, 2].map(() => createTask(() => pool.acquire({ signal })))
      await sleep(0)
      controller.abort("reason")
      for (const task of tasks) await expect(joinOnly(task)).rejects.toBe("reason")
      expect(pool.statistics()).toMatchObject({ lent: 1, waiting: 0 })
      expect(getEventListeners(signal, "abort")).toHaveLength(0)
      held.release()
      await pool.close()
    }))

  it("a task with a pending request asks for nothing", () =>
    runVirtual(async () => {
      const maker = new Maker()
      const pool = new Pool(maker.options())
      const task = createTask(async () => {
        currentTask()?.cancel()
        await pool.acquire()
      })
      await expect(joinOnly(task)).rejects.toBeInstanceOf(CancelledError)
      expect(pool.statistics().open).toBe(0)
      await pool.close()
    }))
})

const kinds = ["acquire", "acquire", "release", "release", "cancel", "break", "fail", "wait", "turn"] as const

interface Step {
  readonly kind: (typeof kinds)[number]
  readonly pick: number
}

const anyStep: fc.Arbitrary<Step> = fc.record({ kind: fc.constantFrom(...kinds), pick: fc.nat(20) })

describe("Pool against a model", () => {
  it("serves in order, never has too many, loses nothing and leaves nothing, whatever happens when", () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 3 }),
        fc.boolean(),
        fc.constantFrom(Infinity, 30),
        fc.array(anyStep, { maxLength: 60 }),
        (max, hasCheck, idle, plan) =>
          runVirtual(() => check(max, hasCheck, idle, plan), { onProblem: () => {} }),
      ),
      {
        numRuns: 200,
        // A thing rests beside a requester who was served: the newcomer must not pass.
        examples: [
          [
            2,
            false,
            Infinity,
            [
              ...Array<Step>(3).fill({ kind: "acquire", pick: 0 }),
              { kind: "wait", pick: 11 },
              { kind: "acquire", pick: 0 },
            ],
          ],
        ],
      },
    ))
})

// The model: requesters in order of arrival. Whoever is served or fails is the first of those who are
// left; a thing is with one of them at a time; and every number of the statistics adds up.
async function check(max: number, hasCheck: boolean, idle: number, plan: readonly Step[]): Promise<void> {
  const maker = new Maker()
  const isSound = (thing: Thing): Promise<boolean> => sleep(2, thing.isSound)
  const pool = new Pool(maker.options({ max, idle, ...(hasCheck ? { check: isSound } : {}) }))
  const tasks: Task<void>[] = []
  const line: number[] = []
  const inside = new Map<number, PoolLease<Thing>>()
  const settled = (id: number): void => {
    expect(line.shift()).toBe(id)
  }
  const request = (id: number) => async (): Promise<void> => {
    let lease: PoolLease<Thing>
    try {
      lease = await pool.acquire()
    } catch (error) {
      if (!(error instanceof CancelledError)) settled(id)
      throw error
    }
    settled(id)
    expect([...inside.values()].some((other) => other.value === lease.value)).toBe(false)
    expect(maker.alive.has(lease.value.id)).toBe(true)
    expect(lease.value.isSound || !hasCheck).toBe(true)
    inside.set(id, lease)
  }
  const pickOf = (pick: number): [number, PoolLease<Thing>] | undefined => [...inside][pick % inside.size]

  for (const { kind, pick } of plan) {
    if (kind === "acquire") {
      const id = tasks.length
      line.push(id)
      tasks.push(createTask(request(id)))
    } else if (kind === "release" || kind === "break") {
      const [id, lease] = pickOf(pick) ?? []
      if (id === undefined || lease === undefined) continue
      if (kind === "break") lease.value.isSound = false
      inside.delete(id)
      lease.release()
    } else if (kind === "cancel") {
      const id = line[pick % line.length]
      if (id === undefined) continue
      line.splice(line.indexOf(id), 1)
      tasks[id]?.cancel()
    } else if (kind === "fail") maker.failures.push(new Error("made to fail"))
    else await sleep(kind === "wait" ? pick : 0)
    const { open, idle: resting, lent, preparing, waiting } = pool.statistics()
    expect(open).toBeLessThanOrEqual(max)
    expect(resting + lent + preparing).toBeLessThanOrEqual(open)
    expect(lent).toBeGreaterThanOrEqual(inside.size)
    expect(waiting).toBeLessThanOrEqual(line.length)
    // Nobody waits while something could be had.
    const couldRest = waiting === 0 || hasCheck
    expect(resting === 0 || couldRest).toBe(true)
    expect(waiting === 0 || open === max || preparing > 0).toBe(true)
  }

  maker.failures.length = 0
  for (let round = 0; line.length > 0; round += 1) {
    expect(round).toBeLessThan(1000)
    for (const [id, lease] of inside) {
      inside.delete(id)
      lease.release()
    }
    await sleep(10)
  }
  for (const lease of inside.values()) lease.release()
  await gather(tasks, { returnExceptions: true })
  expect(pool.statistics()).toMatchObject({ lent: 0, waiting: 0 })
  await pool.close()
  expect(maker.alive.size).toBe(0)
  expect(maker.most).toBeLessThanOrEqual(max)
  expect(pool.statistics()).toEqual({ open: 0, idle: 0, lent: 0, preparing: 0, waiting: 0 })
  expect(timerCount()).toBe(0)
}

describe("a `create` that throws null", () => {
  it("is told to one requester, and not tried for ever", () =>
    runVirtual(async () => {
      let tries = 0
      const pool = new Pool({
        create: (): Promise<number> => {
          tries += 1
          if (tries > 5) throw new Error("tried for ever")
          return Promise.reject(null)
        },
        destroy: () => {},
        max: 1,
      })
      expect(await pool.acquire().catch((error: unknown) => error)).toBe(null)
      expect(tries).toBe(1)
      await pool.close()
    }))
})

describe("a pool that is closed in between", () => {
  it("a closer that is cancelled in the turn in which the last thing is gone is cancelled, the others are not", () =>
    runVirtual(async () => {
      const gone = new Future<void>()
      const pool = new Pool({ create: () => 1, destroy: () => gone.setResult(), max: 1 })
      const lease = await pool.acquire()
      const closers = [0, 1].map((id) => createTask(() => pool.close().then(() => id)))
      const canceller = createTask(async () => {
        await gone
        closers[0]?.cancel("too late")
      })
      await sleep(0)
      lease.release()
      await canceller
      const ends = await gather(closers, { returnExceptions: true })
      expect(ends).toMatchObject([{ reason: "too late" }, 1])
    }))

  it("makes nothing in the place of a broken thing when nobody waits for it any more", () =>
    runVirtual(async () => {
      const maker = new Maker()
      const pool = new Pool(maker.options({ check: (thing) => thing.isSound, max: 1 }))
      const lease = await pool.acquire()
      lease.value.isSound = false
      lease.release()
      const task = createTask(() => pool.acquire())
      await sleep(1)
      task.cancel()
      await pool.close()
      expect([maker.made, maker.alive.size, maker.log]).toEqual([1, 0, ["destroyed 1"]])
      expect(now()).toBe(15)
    }))

  it("goes on making what somebody in line waits for, and gives the rest up", () =>
    runVirtual(async () => {
      const maker = new Maker()
      const pool = new Pool(maker.options())
      const stays = createTask(() => pool.run((thing) => thing.id))
      const leaves = createTask(() => pool.acquire())
      await sleep(5)
      leaves.cancel()
      await gather([() => pool.close(), () => pool.close()])
      expect([await stays, maker.made, maker.alive.size]).toEqual([1, 1, 0])
      expect(now()).toBe(15)
    }))
})
